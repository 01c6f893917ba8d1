"""What a statement and its examples say of the arguments that a function is given. Pure.

Right programs differ in what they do with other arguments, of which their authors did not think, so that inputs outside of the
domain would part votes that belong together.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeGuard

Arguments = tuple[object, ...]
Mend = Callable[[Arguments], Arguments | None]
"""Makes arguments such as a statement means them. None where that cannot be."""
Row = list[object] | tuple[object, ...]
Change = Callable[[Row], object]

SIGN = r"(?P<sign>positive|natural|non-?negative)"
WHOLE = r"(?:(?:whole|real|even|odd|prime|decimal) )?(?:integer|number|int|value)"
LISTED = re.compile(rf"\b(?:lists?|arrays?|sequences?|tuples?|sets?) of (?:\w+,? ){{0,2}}?{SIGN}\b", re.IGNORECASE)
SINGLE = re.compile(rf"\b(?:an?|the|given|two|three|both) (?:given |single )?{SIGN} {WHOLE}s?\b", re.IGNORECASE)
OTHERWISE = re.compile(
    r"\b(?:if|whether|when|while|unless)\b[^.\n]*$"
    r"|\b(?:returns?|gives?|prints?|removes?|makes?|creates?) (?:an? |the )?(?:\w+ )?$",
    re.IGNORECASE,
)
"""What stands before words that speak of a case or a result, not of what is given."""
BEFORE = 40
"""Characters in which it does."""
LEAST = {"positive": 1, "natural": 1, "nonnegative": 0}
SIZED = r"len\(\w+\)|\|\w+\||\w+\.(?:length|size)\b"
ABOVE = re.compile(rf"(?<![\w.^*-])(?P<number>-?\d+) ?(?P<relation><=|≤|<) ?(?:(?P<sized>{SIZED})|[A-Za-z_]\w*(?P<item>\[)?)")
BELOW = re.compile(rf"(?<![\w.])(?:(?P<sized>{SIZED})|[A-Za-z_]\w*(?P<item>\[\w+\])?) ?(?P<relation>>=|≥|>) ?(?P<number>-?\d+)")
NEGATIVE = re.compile(
    r"(?<!non-)(?<!non)\bnegative|\bsign(?:s|ed)?\b|\babsolute\b|\bopposite\b|(?<![\w)\]])[-−]\d", re.IGNORECASE
)
SOME = re.compile(
    r"\bnon-?empty\b|\bat least (?:one|1) (?:\w+ )?(?:element|item|number|integer|character|word|letter)", re.IGNORECASE
)
SORTED_SAID = re.compile(
    r"\bsorted (?:\w+ ){0,2}?(?:list|array|sequence|tuple)s?\b|\b(?:is|are) (?:already )?sorted\b", re.IGNORECASE
)
SORTED_SHOWN = re.compile(r"\bsorted\b|\b(?:ascending|increasing|non-?decreasing) order\b", re.IGNORECASE)
DISTINCT = re.compile(
    r"\b(?:lists?|arrays?|sequences?|tuples?) of (?:\w+ ){0,2}?(?:distinct|unique)\b|\bpermutation of\b|\bno duplicates?\b"
    r"|\b(?:elements|numbers|integers|values|items) are (?:all )?(?:distinct|unique)\b",
    re.IGNORECASE,
)
SAME_LENGTH = re.compile(r"\b(?:same|equal|identical|fitting) (?:length|size)s?\b", re.IGNORECASE)
POSITION = re.compile(
    r"<=? ?(?:len\(|\w+\.length|the (?:length|size|number))|\bat most (?:the|its|their) (?:length|size|number)"
    r"|\b(?:k|n|i)-?th\b|\bvalid (?:index|position)",
    re.IGNORECASE,
)
FROM_NULL = re.compile(r"\b0 ?(?:<=|≤)|\bind(?:ex|ices)\b|\b0-indexed", re.IGNORECASE)
BELOW_LENGTH = re.compile(r"< ?(?:len\(|\w+\.length)|\bind(?:ex|ices)\b|\b0-indexed", re.IGNORECASE)
LOWER, UPPER = (re.compile(rf"\b(?:of|only|contains?) {case}-?case\b", re.IGNORECASE) for case in ("lower", "upper"))
QUOTED = re.compile(r"(['\"`‘“])(\S)['\"`’”]")
SPACES = re.compile(
    r"\bwhite ?spaces?\b|\b(?:multiple|extra|consecutive|leading|trailing|double) (?:\w+ )?spaces?\b", re.IGNORECASE
)
FORMED = re.compile(r"(?=\D*\d)(?=.*[\w ][-:/.][\w ])(?!.*[A-Za-z]{3})[\w:/. -]{3,}")
"""A text of digits between signs, such as a date: what is not of its form is not meant."""
FEWEST_SHOWN = 3
"""Values that must all be alike before what they share is taken for a rule: an order, 0 and 1, a width."""
TABLE = re.compile(r"\bmatri(?:x|ces)\b|\bgrid\b|\b2-?d\b|\btwo-dimensional\b", re.IGNORECASE)
EMPTY: tuple[object, ...] = ([], (), "", {}, set[object]())


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


def domain(statement: str, shown: Sequence[Arguments]) -> Domain:
    """`shown`: the arguments of the examples. What one of them contradicts is not said."""
    mends = chain.from_iterable(rule(statement, shown) for rule in RULES)
    return Domain(tuple(mend for mend in mends if all(repr(mend(arguments)) == repr(arguments) for arguments in shown)))


def _least(statement: str, shown: Sequence[Arguments]) -> Iterator[Mend]:
    """Numbers that are not negative, or not null either. By itself none is where nothing speaks of negative ones."""
    alone, listed = _least_said(statement)
    if alone is None and not NEGATIVE.search(statement):
        alone = 0
    if alone is not None:
        least = alone
        yield lambda arguments: tuple(_raised(value, least) for value in arguments)
    if listed is not None:
        floor = listed
        yield lambda arguments: tuple(_all_raised(value, floor) if _is_row(value) else value for value in arguments)


def _least_said(statement: str) -> tuple[int | None, int | None]:
    """Of numbers by themselves, and of those in lists."""
    alone, listed = ([_named(found) for found in _said(pattern, statement)] for pattern in (SINGLE, LISTED))
    for found in ABOVE.finditer(statement):
        if not found["sized"]:
            (listed if found["item"] else alone).append(int(found["number"]) + (found["relation"] == "<"))
    for found in _said(BELOW, statement):
        if not found["sized"]:
            (listed if found["item"] else alone).append(int(found["number"]) + (found["relation"] == ">"))
    return min(alone, default=None), min(listed, default=None)


def _said(pattern: re.Pattern[str], statement: str) -> list[re.Match[str]]:
    """Where it is said of what is given."""
    every = pattern.finditer(statement)
    return [found for found in every if not OTHERWISE.search(statement[max(0, found.start() - BEFORE) : found.start()])]


def _named(found: re.Match[str]) -> int:
    return LEAST[found["sign"].lower().replace("-", "")]


def _raised(value: object, least: int) -> object:
    return max(least, abs(value)) if _is_number(value) and value < least else value


def _all_raised(value: object, least: int) -> object:
    return type(value)(_all_raised(item, least) for item in value) if _is_row(value) else _raised(value, least)


def _shapes(statement: str, shown: Sequence[Arguments]) -> Iterator[Mend]:
    """What all values share that examples have in one place: rows as long as one another, rising pairs, nothing but 0 and 1."""
    if not shown and TABLE.search(statement):
        yield lambda arguments: tuple(
            _level(value) if _is_row(value) and any(map(_is_row, value)) else value for value in arguments
        )
    for place in range(min((len(arguments) for arguments in shown), default=0)):
        values = [value for arguments in shown if _is_row(value := arguments[place])]
        if len(values) < len(shown):
            continue
        rows = [row for value in values for row in value if _is_row(row)]
        if rows and len(rows) == sum(map(len, values)):
            yield from (_at(place, change) for change in _of_rows(values, rows))
        elif _are_rising(values):
            yield _at(place, _sorted)
        numbers = [number for value in values for number in _numbers(value)]
        if len(numbers) > FEWEST_SHOWN and set(numbers) == {0, 1}:
            yield _at(place, _as_bits)


def _of_rows(values: Sequence[Row], rows: Sequence[Row]) -> Iterator[Change]:
    width = len(rows[0])
    tables = [[row for row in value if _is_row(row)] for value in values]
    if len(rows) >= FEWEST_SHOWN and {len(row) for row in rows} == {width} and any(len(table) != width for table in tables):
        yield lambda value: type(value)(row for row in value if _is_row(row) and len(row) == width)
    if all(len({len(row) for row in table}) <= 1 for table in tables):
        square = len(tables) > 1 and all(len(table) == len(table[0]) for table in tables if table)
        yield lambda value: _level(value, square=square)
    if _are_rising(rows):
        yield lambda value: type(value)(_sorted(row) if _is_row(row) else row for row in value)


def _at(place: int, change: Change) -> Mend:
    """Of the list in one place."""

    def mend(arguments: Arguments) -> Arguments:
        value = arguments[place]
        return (*arguments[:place], change(value), *arguments[place + 1 :]) if _is_row(value) else arguments

    return mend


def _level(value: Row, *, square: bool = False) -> Row:
    """Its rows as long as the shortest that is not empty; `square`: and as many."""
    rows = [row for row in value if _is_row(row) and row]
    width = min((len(row) for row in rows), default=0)
    if square:
        width = min(width, len(rows))
        rows = rows[:width]
    return type(value)(row[:width] for row in rows)


def _are_rising(rows: Sequence[Row]) -> bool:
    """Whether they are pairs of numbers, the lesser one first: ranges."""
    pairs = [[number for number in row if _is_number(number)] for row in rows if len(row) == 2]
    return len(pairs) == len(rows) >= FEWEST_SHOWN - 1 and all(len(pair) == 2 and pair[0] <= pair[1] for pair in pairs)


def _as_bits(value: object) -> object:
    if _is_row(value):
        return type(value)(map(_as_bits, value))
    return abs(value) % 2 if _is_whole(value) else value


def _texts(statement: str, shown: Sequence[Arguments]) -> Iterator[Mend]:
    """Texts of the characters that are spoken of, in the case that is said, and words with one space between them."""
    texts = [text for arguments in shown for text in _texts_in(arguments)]
    written = set("".join(texts))
    if written and not any(map(str.isalpha, written)) and not all(map(FORMED.fullmatch, texts)):
        alphabet = written | {quoted for _, quoted in QUOTED.findall(statement)}
        yield _each_text(lambda text: "".join(filter(alphabet.__contains__, text)))
    if LOWER.search(statement) or UPPER.search(statement):
        yield _each_text(str.lower if LOWER.search(statement) else str.upper)
    if not SPACES.search(statement):
        yield _each_text(lambda text: re.sub(" {2,}", " ", text).strip(" "))


def _each_text(change: Callable[[str], str]) -> Mend:
    def of(value: object) -> object:
        if _is_row(value):
            return type(value)(map(of, value))
        return change(value) if isinstance(value, str) else value

    return lambda arguments: tuple(map(of, arguments))


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif _is_row(value):
        for item in value:
            yield from _texts_in(item)


def _order(statement: str, shown: Sequence[Arguments]) -> Iterator[Mend]:
    """Lists in which nothing comes twice, and sorted ones."""
    long = [value for arguments in shown for value in arguments if _is_row(value) and len(value) >= FEWEST_SHOWN]
    if _said(DISTINCT, statement):
        yield lambda arguments: tuple(type(value)(dict.fromkeys(value)) if _is_flat(value) else value for value in arguments)
    if _said(SORTED_SAID, statement) or (len(long) > 1 and SORTED_SHOWN.search(statement)):
        yield lambda arguments: tuple(_sorted(value) if _is_row(value) else value for value in arguments)


def _sorted(value: Row) -> Row:
    numbers, texts = [item for item in value if _is_number(item)], [item for item in value if isinstance(item, str)]
    if len(value) not in (len(numbers), len(texts)):
        return value
    return type(value)(sorted(numbers) or sorted(texts))


def _together(statement: str, shown: Sequence[Arguments]) -> Iterator[Mend]:
    """Arguments of the same length, and a number that is a place in a list or text beside it."""
    if _said(SAME_LENGTH, statement):
        yield _cut_alike
    if POSITION.search(statement):
        first, beyond = (0 if FROM_NULL.search(statement) else 1), (0 if BELOW_LENGTH.search(statement) else 1)
        yield lambda arguments: _placed(arguments, first, beyond)


def _cut_alike(arguments: Arguments) -> Arguments:
    lengths = [len(value) for value in arguments if _is_plain(value)]
    least = min(lengths, default=0)
    return tuple(value[:least] if _is_plain(value) else value for value in arguments) if len(lengths) > 1 else arguments


def _placed(arguments: Arguments, first: int, beyond: int) -> Arguments | None:
    """Its number from `first` to below the length and `beyond`."""
    lengths = [len(value) for value in arguments if _is_row(value) or isinstance(value, str)]
    if len(lengths) != 1 or sum(map(_is_whole, arguments)) != 1:
        return arguments
    if not lengths[0]:
        return None
    count = lengths[0] + beyond - first
    return tuple(first + (value - first) % count if _is_whole(value) else value for value in arguments)


def _filled(statement: str, shown: Sequence[Arguments]) -> Iterator[Mend]:
    """Lists and texts that are not empty."""
    sizes = [int(found["number"]) + (found["relation"] == "<") for found in ABOVE.finditer(statement) if found["sized"]]
    if max(sizes, default=0) > 0 or _said(SOME, statement):
        yield lambda arguments: None if any(value in EMPTY for value in arguments) else arguments


def _numbers(value: object) -> Iterator[float]:
    if _is_number(value):
        yield value
    elif _is_row(value):
        for item in value:
            yield from _numbers(item)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_row(value: object) -> TypeGuard[Row]:
    return isinstance(value, list | tuple)


def _is_flat(value: object) -> TypeGuard[Row]:
    return _is_row(value) and all(_is_number(item) or isinstance(item, str) for item in value)


def _is_plain(value: object) -> TypeGuard[Row | str]:
    return isinstance(value, str) or _is_flat(value)


RULES = (_least, _shapes, _texts, _order, _together, _filled)
"""What leaves something out comes before what counts what is there."""
