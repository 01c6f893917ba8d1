"""What a statement and its examples say of the arguments that a function is given. Pure.

Right programs differ in what they do with other arguments, of which their authors did not think, so that inputs outside of the
domain would part votes that belong together. Where words could be meant otherwise they bind nothing: an input too many parts
votes, a kind of input too few lets a wrong program pass for a right one.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from agent.verify.shapes import (
    Row,
    are_rising,
    as_bits,
    in_order,
    is_flat,
    is_number,
    is_row,
    is_table,
    level,
    numbers_in,
    of_width,
    texts_in,
)

Arguments = tuple[object, ...]
Mend = Callable[[Arguments], Arguments | None]
"""Makes arguments such as a statement means them. None where that cannot be."""
Change = Callable[[Row], Row]


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


OTHERWISE = _words(
    r"(?:\b(?:if|iff|whether|when|while|unless|for an?|as an?|among|otherwise|else|true|false|checks?|so|pad|until|into|do|does"
    r"|not|need|may|results?|outputs?|answers?)\b|n't\b)[^.\n]*$|\bfor $"
)
"""What stands before words that speak of a case or a result, ask for what they say, or deny it: not of what is given."""
RESULT = _words(
    r"\b(?:returns?|gives?|prints?|removes?|makes?|creates?|gets?|keeps?|filters?|builds?|counts?|sums?)"
    r" (?:an? |the )?(?:\w+ )?$"
)
"""What stands directly before a result."""
BEFORE = 60
"""Characters in which it does."""
GIVEN = r"\b(?:given|takes?|accepts?|receives?|in|of|from|for|input(?: is)?:?|two) (?:an? |the |two )?"
LISTS = r"(?:lists?|arrays?|sequences?|tuples?)"
SIGN = r"(?P<sign>positive|natural|non-?negative)"
WHOLE = r"(?:(?:whole|real|even|odd|prime|decimal) )?(?:integer|number|int|value)"
LEAST = {"positive": 1, "natural": 1, "nonnegative": 0}
LISTED = _words(rf"\b{LISTS} of (?:\w+,? ){{0,2}}?{SIGN}\b")
ONE = _words(rf"\b(?:an?|the|given) (?:given |single )?{SIGN} {WHOLE}\b(?: `?(?P<name>[A-Za-z_]\w*)\b)?")
ALL = _words(rf"\b(?:two|three|four|both) {SIGN} {WHOLE}s\b")
NEGATIVE = _words(
    r"(?<!non-)(?<!non)\bnegative|\bsign(?:s|ed)?\b|\babsolute\b|\bopposite\b|\bminus\b|(?:less than|below|under) (?:0|zero)\b"
    r"|< ?0\b|<= ?0\b|(?<![\w)\]])[-−]\d"
)
HIGHEST_FLOOR = 3
"""A number from which on arguments are meant; beyond it stand the cases that are to be told apart."""
SIZED = r"len\(\w{1,40}\)|\|\w{1,40}\||\w{1,40}(?:\[\w{1,9}\]){0,2}\.(?:length|size)\b"
BOUNDED = rf"(?:(?P<sized>{SIZED})|(?P<name>[A-Za-z_]\w{{0,40}})(?P<item>(?:\[\w{{1,9}}\]){{1,2}})?)"
ABOVE = re.compile(rf"(?<![\w.^*-])(?P<number>-?\d+) ?(?P<relation><=|≤|<) ?{BOUNDED}(?![\w(.\[])")
BELOW = re.compile(rf"(?<![\w.<]){BOUNDED} ?(?P<relation>>=|≥|>) ?(?P<number>-?\d+)(?![\w.^*])")
UNDER = r"\b{name} ?(?:<=?|≤) ?(?P<number>-?\d+)\b"
COUNTS = _words(r"n|k|m|num|count|size|length|year|age|index|idx|i|limit")
"""Names of numbers that are seldom meant to be negative."""
FILLED = _words(
    r"\b(?:given|takes?|accepts?|in|of|from|for|is) (?:an? |the )?non-?empty (?:\w+ ){0,2}?"
    r"(?:list|array|string|sequence|text|tuple|dict(?:ionary)?|matrix|word|sentence)\b"
    rf"|\b(?:{LISTS}|string|text) (?:has|have|with|contains?|containing|of) at least (?:one|1)\b"
)
DISTINCT = _words(GIVEN + rf"(?:\w+ )?{LISTS} of (?:\w+ ){{0,2}}?(?:distinct|unique)\b|\bpermutation of\b")
ALL_DISTINCT = _words(
    r"\b(?:elements|numbers|integers|values|items)(?: (?:of|in) \w+)? are (?:all )?(?:distinct|unique)\b"
    rf"|\b(?:{LISTS}|nums|arr|input) (?:contains?|has|have) no duplicates?\b"
)
SORTED = _words(GIVEN + rf"(?:already )?sorted (?:\w+ ){{0,2}}?{LISTS}\b")
IS_SORTED = _words(rf"\b(?:input|given|{LISTS}|nums|arr|lst|numbers)(?: \w+)? (?:is|are) (?:already )?sorted\b(?! by)")
SAME_LENGTH = _words(r"\b(?:of|have|has|with) (?:the )?(?:same|equal|identical) (?:length|size)s?\b")
PLACE = r"\b{name} ?(?P<relation><=?|≤) ?(?:len\(|\w+\.length|\|\w+\||the (?:length|size)\b)|\b{name} is at most the length\b"
INDEX = _words(r"\bvalid (?:index|position)\b")
INDEXES = frozenset(("i", "index", "idx", "pos", "position"))
RANKED = r"(?<!every )\b{name}-?th\b"
MISSING = _words(
    r"\b(?:no such|too short|out of range|greater than|larger than|invalid|fewer|not exist|otherwise|none if|-1 if)\b"
)
TABLE = _words(r"\bmatri(?:x|ces)\b|\bgrid\b")
UNEVEN = _words(r"\b(?:whether|checks?|valid|ragged|jagged|flatten|longest|shortest|sublists?|nested|square)\b")
RANGES = _words(r"\b(?:intervals?|ranges?|starts?|ends?|segments?|meetings?|periods?|spans?)\b")
BINARY = _words(r"\bbinary|\bbits?\b|\bgrid\b|\b0s?,? (?:and|or) 1s?\b|\bzero(?:e?s)? (?:and|or) ones?\b")
MANY_BITS = 8
"""Numbers, all 0 or 1, that are no chance."""
FEWEST_ROWS = 3
"""Rows of one length that are no chance."""
ONE_CASE = (
    r"(?:consists?|consisting|made up|composed) (?:only )?of (?:only )?{case}|\b(?:only|all) {case}"
    r"|\b(?:string|text|word)s? of (?:only )?{case}"
)
CASES = {change: _words(ONE_CASE.format(case=f"{case}-?case")) for case, change in (("lower", str.lower), ("upper", str.upper))}
OTHER_CASE = {str.lower: _words(r"\bupper-?case\b"), str.upper: _words(r"\blower-?case\b")}
SPACES = _words(r"\bspaces?\b|\bwhite ?spaces?\b|\bblanks?\b|\btrim|\bstrip")
QUOTED = re.compile(r"(['\"`‘“])(\S)['\"`’”]")
VALID = _words(r"\b(?:valid|checks?|whether)\b")


@dataclass(frozen=True, slots=True)
class Domain:
    """The arguments that are meant."""

    mends: tuple[Mend, ...] = ()

    def fitted(self, arguments: Arguments) -> Arguments | None:
        """Those arguments where they are meant, else others near them that are. None where none are."""
        for mend in self.mends:
            fit = mend(arguments)
            if fit is None:
                return None
            arguments = fit
        return arguments


@dataclass(frozen=True, slots=True)
class _Said:
    """`shown`: the arguments of each example. `names`: of the parameters."""

    statement: str
    names: Sequence[str]
    shown: Sequence[Arguments]

    def says(self, pattern: re.Pattern[str]) -> bool:
        return pattern.search(self.statement) is not None

    def gives(self, pattern: re.Pattern[str]) -> bool:
        """Whether words speak of what is given, and not of a case."""
        return any(not OTHERWISE.search(self._before(found)) for found in pattern.finditer(self.statement))

    def of_given(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Where they do, and do not name a result either."""
        for found in pattern.finditer(self.statement):
            if not OTHERWISE.search(before := self._before(found)) and not RESULT.search(before):
                yield found

    def _before(self, found: re.Match[str]) -> str:
        return self.statement[max(0, found.start() - BEFORE) : found.start()]


def domain(statement: str, names: Sequence[str], shown: Sequence[Arguments]) -> Domain:
    """`names`: of the parameters. `shown`: the arguments of each example; what one of them contradicts is not said."""
    said = _Said(statement, names, shown)
    mends = chain.from_iterable(rule(said) for rule in RULES)
    return Domain(tuple(mend for mend in mends if all(mend(arguments) == arguments for arguments in shown)))


def _signs(said: _Said) -> Iterator[Mend]:
    """Numbers from which on they are meant. One that counts is not negative where nothing speaks of negative ones."""
    negative = said.says(NEGATIVE)
    alone, items = _floors(said)
    for place, name in enumerate(said.names):
        if name in items:
            yield _items_from(items[name], place)
        if name in alone:
            yield _from(alone[name], place)
        elif COUNTS.fullmatch(name) and not negative:
            yield _from(0, place, whole=True)
    if not negative:
        yield from (_items_from(_least(found)) for found in said.of_given(LISTED))
        yield from (_from(_least(found)) for found in said.of_given(ALL))
        yield from (_only_one_from(_least(found)) for found in said.of_given(ONE) if found["name"] not in said.names)


def _least(found: re.Match[str]) -> int:
    return LEAST[found["sign"].lower().replace("-", "")]


def _floors(said: _Said) -> tuple[dict[str, int], dict[str, int]]:
    """Of parameters that are named where it is said, and of their items."""
    alone = {found["name"]: _least(found) for found in said.of_given(ONE) if found["name"] in said.names}
    items = dict[str, int]()
    for pattern in (ABOVE, BELOW):
        for found in said.of_given(pattern):
            name, floor = found["name"], int(found["number"]) + (found["relation"] in ("<", ">"))
            if name in said.names and 0 <= floor <= HIGHEST_FLOOR:
                floors = items if found["item"] else alone
                floors[name] = min(floor, floors.get(name, floor))
    return {name: floor for name, floor in alone.items() if not _has_cases(said, name, floor)}, items


def _has_cases(said: _Said, name: str, floor: int) -> bool:
    """Whether it is also spoken of as less than that: then these are cases of it."""
    others = re.finditer(UNDER.format(name=re.escape(name)), said.statement)
    return any(int(other["number"]) <= floor for other in others)


def _from(least: int, only: int | None = None, *, whole: bool = False) -> Mend:
    """Numbers that stand by themselves, in one place or all."""

    def raised(place: int, value: object) -> object:
        meant = only in (None, place) and is_number(value) and value < least and not (whole and isinstance(value, float))
        return max(least, abs(value)) if meant and is_number(value) else value

    return lambda arguments: tuple(raised(place, value) for place, value in enumerate(arguments))


def _only_one_from(least: int) -> Mend:
    """Where there is but one number."""
    mend = _from(least)
    return lambda arguments: mend(arguments) if sum(map(is_number, arguments)) == 1 else arguments


def _items_from(least: int, only: int | None = None) -> Mend:
    """Numbers in lists, in one place or all."""

    def raised(value: object) -> object:
        if is_row(value):
            return type(value)(map(raised, value))
        return max(least, abs(value)) if is_number(value) and value < least else value

    return lambda arguments: tuple(
        raised(value) if is_row(value) and only in (None, place) else value for place, value in enumerate(arguments)
    )


def _shapes(said: _Said) -> Iterator[Mend]:
    """What all values share that examples have in one place: rows as long as one another, rising pairs, nothing but 0 and 1."""
    if not said.shown and said.says(TABLE) and not said.says(UNEVEN):
        yield lambda arguments: tuple(level(value) if is_table(value) else value for value in arguments)
    for place in range(min((len(arguments) for arguments in said.shown), default=0)):
        values = [value for arguments in said.shown if is_row(value := arguments[place])]
        if len(values) < len(said.shown):
            continue
        if all(map(is_table, values)):
            yield from (_at(place, change) for change in _of_tables(said, values))
        elif are_rising(values) and said.says(RANGES):
            yield _at(place, in_order)
        numbers = [number for value in values for number in numbers_in(value)]
        if set(numbers) == {0, 1} and (len(numbers) > MANY_BITS or said.says(BINARY)):
            yield _at(place, as_bits)


def _of_tables(said: _Said, tables: Sequence[Row]) -> Iterator[Change]:
    rows = [row for table in tables for row in table if is_row(row)]
    widths = [{len(row) for row in table if is_row(row)} for table in tables]
    if len(rows) >= FEWEST_ROWS and len(set[int]().union(*widths)) == 1 and {len(table) for table in tables} != widths[0]:
        yield lambda value: of_width(value, len(rows[0]))
    if all(len(width) <= 1 for width in widths) and not said.says(UNEVEN):
        square = len(tables) > 1 and all({len(table)} == width for table, width in zip(tables, widths, strict=True) if table)
        yield lambda value: level(value, square=square)
    if are_rising(rows) and said.says(RANGES):
        yield lambda value: type(value)(in_order(row) if is_row(row) else row for row in value)


def _at(place: int, change: Change) -> Mend:
    """Of the list in one place."""

    def mend(arguments: Arguments) -> Arguments:
        value = arguments[place] if place < len(arguments) else None
        return (*arguments[:place], change(value), *arguments[place + 1 :]) if is_row(value) else arguments

    return mend


def _texts(said: _Said) -> Iterator[Mend]:
    """Texts of the signs that are spoken of, in the case that is said, and words with one space between them."""
    texts = [text for arguments in said.shown for text in texts_in(arguments)]
    written = set("".join(texts))
    signs = written | {quoted for _, quoted in QUOTED.findall(said.statement)}
    closed = not any(character.isalnum() for character in written) or (written == {"0", "1"} and not said.says(VALID))
    if len(texts) > 1 and written and closed:
        yield _each_text(lambda text: "".join(filter(signs.__contains__, text)))
    for change, case in CASES.items():
        if said.gives(case) and not said.says(OTHER_CASE[change]):
            yield _each_text(change)
    if not said.says(SPACES):
        yield _each_text(lambda text: re.sub(" {2,}", " ", text).strip(" "))


def _each_text(change: Callable[[str], str]) -> Mend:
    def of(value: object) -> object:
        if is_row(value):
            return type(value)(map(of, value))
        return change(value) if isinstance(value, str) else value

    return lambda arguments: tuple(map(of, arguments))


def _order(said: _Said) -> Iterator[Mend]:
    """Lists in which nothing comes twice, and sorted ones."""
    if said.gives(DISTINCT) or said.gives(ALL_DISTINCT):
        yield lambda arguments: tuple(type(value)(dict.fromkeys(value)) if is_flat(value) else value for value in arguments)
    if said.gives(SORTED) or said.gives(IS_SORTED):
        yield lambda arguments: tuple(in_order(value) if is_row(value) else value for value in arguments)


def _together(said: _Said) -> Iterator[Mend]:
    """Arguments of the same length, and numbers that are a place in the list or text beside them."""
    if said.gives(SAME_LENGTH):
        yield _cut_alike
    alone, _ = _floors(said)
    for place, name in enumerate(said.names):
        bound = re.search(PLACE.format(name=re.escape(name)), said.statement)
        if bound or (re.search(RANKED.format(name=re.escape(name)), said.statement) and not said.says(MISSING)):
            yield _placed(place, alone.get(name, 1), below=bool(bound and bound["relation"] == "<"))
        elif name in INDEXES and said.gives(INDEX):
            yield _placed(place, 0, below=True)


def _cut_alike(arguments: Arguments) -> Arguments:
    plain = [value for value in arguments if is_flat(value) or isinstance(value, str)]
    if len(plain) < 2 or len(set(map(type, plain))) > 1:
        return arguments
    least = min(map(len, plain))
    return tuple(value[:least] if is_flat(value) or isinstance(value, str) else value for value in arguments)


def _placed(place: int, first: int, *, below: bool) -> Mend:
    """A number from `first` to the length of the one list or text beside it, or to below it."""

    def mend(arguments: Arguments) -> Arguments | None:
        lengths = [len(value) for value in arguments if is_row(value) or isinstance(value, str)]
        number = arguments[place] if place < len(arguments) else None
        if len(lengths) != 1 or not isinstance(number, int):
            return arguments
        count = lengths[0] + (not below) - first
        return (*arguments[:place], first + (number - first) % count, *arguments[place + 1 :]) if count > 0 else None

    return mend


def _filled(said: _Said) -> Iterator[Mend]:
    """Lists and texts that are not empty."""
    sizes = [int(found["number"]) + (found["relation"] == "<") for found in said.of_given(ABOVE) if found["sized"]]
    if max(sizes, default=0) > 0 or said.gives(FILLED):
        yield lambda arguments: None if any(isinstance(value, SIZES) and not value for value in arguments) else arguments


SIZES = (list, tuple, str, dict, set)
RULES = (_signs, _shapes, _texts, _order, _together, _filled)
"""What leaves something out comes before what counts what is there."""
