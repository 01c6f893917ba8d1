"""What a reply in words calculates, `12 * 3 = 35`: each equation whose result can be told is calculated. Pure.

A result is called wrong only where there is no other reading of it: unknowns, units, roundings, and what words say beside the
numbers are given the benefit of the doubt.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import dropwhile, pairwise

from agent.verify.calculation import (
    DIGITS,
    LEADING,
    MEANING,
    MEASURE,
    SIGNS,
    UNKNOWN,
    WORD,
    Calculation,
    Token,
    Unreadable,
    Value,
    has_products_of_unknowns,
    read,
    tokens_of,
    words_of,
)

BULLET = re.compile(r"\s*+(?:[-*•–]|\d+[.)])\s+")
VERB = re.compile("is|are|was|were|be|equals|makes?|gives?|gets?|totals?|has|have|had|so|then", re.IGNORECASE)
"""Behind the last of these a calculation begins, whatever numbers a sentence has before it."""
UNSAID = re.compile(
    r"\b(?:not|no|false|wrong|incorrect|negative|suppose|assum\w*|if|let(?!['’]s)|impossible|contradict\w*|instead|should"
    r"|round\w*|approx\w*|about|around|roughly|nearly|nearest|almost|per cent|defin\w*|operation"
    r"|base|binary|octal|hexadecimal|bitwise|xor|boolean|parity|mod(?:ulo|ular)?|congruent|cyclic|remainder|carry|ends? in"
    r"|(?:digit|factor|divisor)s?|(?:unit|one|ten|hundred)s place|[ZF]_\w+|GF|clock|[ap]m)\b|\?|\d!|\d, \d{3}\b"
    r"|\b(?:average|mean|median|product|squares)\b(?!.*(?:/|÷|frac|div))"
    r"|\b(?:step|part|case|day|question|problem|example)\s*\d+\s*[-–]|^\s*\d+[-–]\s|^\W*(?-i:[A-Z])\w* \d+ [-–] "
    r"|^\s*[-–]\s+[$(]*[\d.,^²³]+\s*[-+]",
    re.IGNORECASE,
)
"""In a line that has them, an equation may say something else, or nothing."""
FACTORS = (3, 7, 9, 12, 16, 24, 30, 36, 60, 100, 144, 365, 1000, 2000, 3600, 5280, 10_000, 1_000_000)
"""Between units that are in use; a result may be in another than what it is calculated from."""
CYCLIC = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:janu|febru)ary|march|april|june|july|august|(?:septem|octo|novem|decem)ber"
    r"|morning|afternoon|evening|noon|midnight|degrees?",
    re.IGNORECASE,
)
"""Behind a result: it may have begun anew."""
MATH_MARKS = re.compile(r"(?<!\\)\$")
LATEX = re.compile(r"\\(?:\$|times|cdot|d?frac|div|sqrt|text|left)")
"""In a line that has it, bare dollar signs are marks around mathematics."""
LONGEST = 400
"""Characters of a line that is looked at."""
MOST_OF_ONE = 2
"""What comes to more, and is called per cent, is a percentage already."""
NEAR = Fraction(1, 100)
"""By so much of it two calculations may differ for their roundings."""
PLACES = 4
"""Decimals of a result that is written out; where it has more, it is rounded to two."""
BEHIND = 3
"""Tokens behind a result in which its unit may stand."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A result that is not what its equation comes to: where it stands in the line, and what it ought to be."""

    start: int
    end: int
    value: str


@lru_cache(maxsize=4096)
def slips(line: str) -> tuple[Slip, ...]:
    """The wrong results in a line of prose, in order."""
    if "=" not in line or len(line) > LONGEST or UNSAID.search(line):
        return ()
    if LATEX.search(line) and len(MATH_MARKS.findall(line)) % 2 == 0:
        line = MATH_MARKS.sub(" ", line)
    bullet = BULLET.match(line)
    return tuple(_slips(tokens_of(line, bullet.end() if bullet else 0)))


def _slips(tokens: Sequence[Token]) -> Iterator[Slip]:
    bounds = [at for at, token in enumerate(tokens) if token.kind in ("equals", "end")]
    for before, place, after in zip([-1, *bounds], bounds, [*bounds[1:], len(tokens)], strict=False):
        if tokens[place].kind == "equals":
            with suppress(Unreadable, ZeroDivisionError, RecursionError):
                yield from _slip(tokens[before + 1 : place], tokens[place + 1 : after])


def _slip(calculated: Sequence[Token], said: Sequence[Token]) -> Iterator[Slip]:
    """Of one equation. Raises `Unreadable`, `ZeroDivisionError`."""
    verbs = [at for at, token in enumerate(calculated) if token.kind == "word" and VERB.fullmatch(token.text)]
    calculated = calculated[verbs[-1] + 1 :] if verbs else calculated
    left, measures = Calculation(calculated), (_measures(calculated), _measures(said))
    if not left.signs or len(measures[0] | measures[1]) > 1 or not _is_of_one_kind(calculated, said):
        return
    try:
        result = _Result.read(said)
    except Unreadable:
        yield from _wrong_step(calculated, left.value, said)
    else:
        if not result.is_near(left.value, FACTORS if bool(measures[0]) != bool(measures[1]) else ()):
            yield result.slip(left.value)


def _is_of_one_kind(calculated: Sequence[Token], said: Sequence[Token]) -> bool:
    """Whether a sum may be one of numbers: `3 shirts + 2 pants = $85` is one of prices. Its terms have the same words, or the
    result has one of them.
    """
    terms = [set[str]()]
    for token in dropwhile(lambda token: token.kind in ("word", "money"), calculated):
        if SIGNS.get(token.text) in ("+", "-"):
            terms.append(set())
        terms[-1] |= {word.casefold().removesuffix("s") for word in words_of([token])}
    worded, kinds = [term for term in terms if term], {word.casefold().removesuffix("s") for word in words_of(said)}
    if any(kinds & term for term in worded):
        return True
    measured = any(MEASURE.fullmatch(word) for term in worded for word in term)
    return all(term & worded[0] for term in worded) and not (measured and len(worded) < len(terms))


def _wrong_step(calculated: Sequence[Token], value: Value, said: Sequence[Token]) -> Iterator[Slip]:
    """Of a calculation that ought to come to the same. `5 * 3 = 15 + 2` goes on from the result, and is none; nor is
    `3 * 4 = 3 + 2 * 4`, by which a sign may be defined.
    """
    right = Calculation(said)
    marks = [token for token in said if token.kind not in ("money", "word")]
    numbers, others = ({token.text for token in side if token.kind == "number"} for side in (calculated, said))
    goes_on = marks[0].kind == "number" and read(marks[0].text).exact == value.exact
    rounded = any(one.text == "10" and two.kind == "power" for one, two in pairwise(said))
    if not right.signs or goes_on or rounded or numbers <= others or marks[0].kind == "open" or said[0].kind == "word":
        return
    near = abs(value.exact) * NEAR
    if value.low - near <= right.value.high and right.value.low <= value.high + near:
        return
    if value.exact.denominator == 1 or not any(token.text == "/" or token.kind == "fraction" for token in said):
        yield Slip(marks[0].start, marks[-1].end, _written(value.exact, like=""))


def _measures(tokens: Sequence[Token]) -> set[str]:
    """In what it is calculated: `5 hours * $15/hour` is dollars."""
    said = " ".join(token.text for token in tokens)
    named = re.findall(rf"(\bper\s+|/\s*)?({WORD})|[$€£]", re.sub(r"\\[a-z]+\s*\{|[²³]", " ", said))
    plain, per = set[str](), set[str]()
    for divides, word in named:
        if found := MEASURE.fullmatch(word or "dollar"):
            (per if divides else plain).add(found[1].lower())
    return plain ^ per


@dataclass(frozen=True, slots=True)
class _Result:
    """The number that an equation says it comes to."""

    number: Token
    negative: bool
    percent: bool

    @classmethod
    def read(cls, tokens: Sequence[Token]) -> "_Result":
        """Raises `Unreadable` for what is no bare number: `15 + 2`, `2 1/2`, `4x`, `0.5 million`."""
        marks = [token for token in tokens if token.kind != "money"]
        at = next((at for at, token in enumerate(marks) if token.kind != "open"), len(marks))
        if not marks or marks[0].text.endswith("("):  # (132) may be a cycle
            raise Unreadable
        negative = at == 0 and SIGNS.get(marks[0].text) == "-"
        number, rest = marks[at + negative : at + negative + 1], marks[at + negative + 1 :]
        if not number or number[0].kind != "number":
            raise Unreadable
        percent = bool(rest) and rest[0].kind == "percent"
        rest = [token for token in rest[percent:] if token.kind != "close"]
        said = [token for token in rest if token.text not in ("/", "(")]
        if (said and said[0].kind != "word") or (rest and rest[0].kind == "open" and rest[0].text != "("):
            raise Unreadable
        words = [word for word in words_of(said[:BEHIND]) if not LEADING.fullmatch(word)]
        if has_products_of_unknowns(tokens):
            raise Unreadable
        joined = any(one.kind == "word" and two.kind == "number" for one, two in pairwise(said[:BEHIND]))
        if joined or any(map(_is_no_unit, words)):
            raise Unreadable
        return cls(number[0], negative, percent)

    def is_near(self, value: Value, factors: Sequence[int]) -> bool:
        """Whether it may be the value, rounded. `factors`: by which the units of both may differ."""
        said, unit = self._said, Fraction(1, 10 ** len(self.number.text.partition(".")[2]))
        unsaid = 0 < value.exact < 1 <= said  # 15/20 = 75
        scales = [Fraction(1), *([Fraction(1, 100)] if self.percent or unsaid else [])]
        scales += [scale for factor in factors for scale in (Fraction(factor), Fraction(1, factor))]
        return any(value.low < (said + unit) * scale and (said - unit) * scale < value.high for scale in scales)

    @property
    def _said(self) -> Fraction:
        return read(self.number.text).exact * (-1 if self.negative else 1)

    def slip(self, value: Value) -> Slip:
        """Raises `Unreadable` where the value has the other sign."""
        if (value.exact < 0) != self.negative:
            raise Unreadable
        of_hundred = self.percent and abs(value.exact) <= MOST_OF_ONE
        meant = abs(value.exact) * (100 if of_hundred else 1)
        return Slip(self.number.start, self.number.end, _written(meant, like=self.number.text))


def _is_no_unit(word: str) -> bool:
    return len(word.rstrip("²³")) == 1 or bool(MEANING.fullmatch(word) or CYCLIC.fullmatch(word) or UNKNOWN.match(word))


def _written(value: Fraction, *, like: str) -> str:
    """With as many decimals as it has, and at least those of `like`. Raises `Unreadable` where that is no short number."""
    shown = len(like.partition(".")[2])
    places = next((places for places in range(shown, PLACES + 1) if (value * 10**places).denominator == 1), max(shown, 2))
    rounded = round(value, places)
    if abs(rounded - value) > abs(value) * NEAR or abs(value) >= 10**DIGITS:
        raise Unreadable
    decimal = Decimal(rounded.numerator) / Decimal(rounded.denominator)
    return f"{decimal:,.{places}f}" if "," in like else f"{decimal:.{places}f}"
