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
from itertools import pairwise

from agent.verify.calculation import (
    DIGITS,
    LEADING,
    MEANING,
    SIGNS,
    WORD,
    Calculation,
    Token,
    Unreadable,
    Value,
    read,
    tokens_of,
    words_of,
)

BULLET = re.compile(r"\s*+(?:[-*•–]|\d+[.)])\s+")
VERB = re.compile("is|are|was|were|be|equals|makes?|gives?|gets?|totals?|has|have|had|so|then", re.IGNORECASE)
"""Behind the last of these a calculation begins, whatever numbers a sentence has before it."""
UNSAID = re.compile(
    r"\b(?:not|no|false|wrong|incorrect|suppose|assum\w*|if|let(?!['’]s)|impossible|contradict\w*|instead|should|round\w*|approx\w*|about|around|roughly|nearly|nearest|almost"
    r"|base|binary|xor|mod(?:ulo)?|remainder|(?:digit|factor|divisor)s?|clock|[ap]m)\b|\?|\d!"
    r"|\b(?:step|part|case|day|question|problem|example)\s*\d+\s*[-–]|^\s*\d+[-–]\s",
    re.IGNORECASE,
)
"""In a line that has them, an equation may say something else, or nothing."""
MEASURE = re.compile(
    r"(sec(?:ond)?|min(?:ute)?|h(?:ou)?r|day|week|month|year|yr|decade|[mck]m|(?:milli|centi|kilo)?met(?:er|re)|foot|feet|ft|yard"
    r"|mile|inch|[mk]?g|(?:milli|kilo)?gram|ton|ounce|oz|pound|lb|ml|(?:milli)?lit(?:er|re)|gallon|quart|pint|cup|[kmgt]b"
    r"|(?:table|tea)spoon|cent|dollar|penn|nickel|dime)(?:e?s|y|ies)?",
    re.IGNORECASE,
)
"""Units between which there is a factor that an equation need not write."""
FACTORS = (7, 12, 16, 24, 60, 100, 1000)
"""Between units that are in use; a result may be in another than what it is calculated from."""
LONGEST = 400
"""Characters of a line that is looked at."""
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
    left = Calculation(calculated)
    if not left.signs or len(_measures(calculated) | _measures(said)) > 1:
        return
    try:
        result = _Result.read(said)
    except Unreadable:
        yield from _wrong_step(left.value, said)
    else:
        if not result.is_near(left.value, FACTORS if _measures(said) and not _measures(calculated) else ()):
            yield result.slip(left.value)


def _wrong_step(value: Value, said: Sequence[Token]) -> Iterator[Slip]:
    """Of a calculation that ought to come to the same. `5 * 3 = 15 + 2` goes on from the result, and is none."""
    right = Calculation(said)
    first = next((token for token in said if token.kind not in ("money", "word")), said[0])
    goes_on = first.kind == "number" and read(first.text).exact == value.exact
    near = abs(value.exact) * NEAR
    rounded = any(token.kind == "power" for token in said)  # 2 * 10^5
    if not right.signs or goes_on or rounded or first.kind == "open" or said[0].kind == "word":
        return
    if value.low - near <= right.value.high and right.value.low <= value.high + near:
        return
    if value.exact.denominator == 1 or not any(token.text == "/" or token.kind == "fraction" for token in said):
        yield Slip(first.start, said[-1].end, _written(value.exact, like=""))


def _measures(tokens: Sequence[Token]) -> set[str]:
    """In what it is calculated: `5 hours * $15/hour` is dollars."""
    said = " ".join(token.text for token in tokens)
    named = re.findall(rf"(\bper\s+|/\s*)?({WORD})|\$", re.sub(r"\\[a-z]+\s*\{", " ", said))
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
        negative = at == 0 and marks[:1] != [] and SIGNS.get(marks[0].text) == "-"
        number, rest = marks[at + negative : at + negative + 1], marks[at + negative + 1 :]
        if not number or number[0].kind != "number":
            raise Unreadable
        percent = rest[:1] != [] and rest[0].kind == "percent"
        rest = [token for token in rest[percent:] if token.kind != "close"]
        said = [token for token in rest if token.text not in "/("]
        if (said and said[0].kind != "word") or (rest and rest[0].kind == "open" and rest[0].text != "("):
            raise Unreadable
        words = [word for word in words_of(said[:BEHIND]) if not LEADING.fullmatch(word)]
        joined = any(one.kind == "word" and two.kind == "number" for one, two in pairwise(said[:BEHIND]))
        if joined or any(len(word) == 1 or MEANING.fullmatch(word) for word in words):
            raise Unreadable
        return cls(number[0], negative, percent)

    def is_near(self, value: Value, factors: Sequence[int]) -> bool:
        """Whether it may be the value, rounded. `factors`: by which the units of both may differ."""
        said, unit = self._said, Fraction(1, 10 ** len(self.number.text.partition(".")[2]))
        scales = [Fraction(1), *([Fraction(1, 100)] if self.percent else [])]
        scales += [scale for factor in factors for scale in (Fraction(factor), Fraction(1, factor))]
        return any(value.low < (said + unit) * scale and (said - unit) * scale < value.high for scale in scales)

    @property
    def _said(self) -> Fraction:
        return read(self.number.text).exact * (-1 if self.negative else 1)

    def slip(self, value: Value) -> Slip:
        """Raises `Unreadable` where the value has the other sign."""
        if (value.exact < 0) != self.negative:
            raise Unreadable
        readings = [abs(value.exact), *([abs(value.exact) * 100] if self.percent else [])]
        nearest = min(readings, key=lambda reading: abs(reading - abs(self._said)))
        return Slip(self.number.start, self.number.end, _written(nearest, like=self.number.text))


def _written(value: Fraction, *, like: str) -> str:
    """With as many decimals as it has, and at least those of `like`. Raises `Unreadable` where that is no short number."""
    shown = len(like.partition(".")[2])
    places = next((places for places in range(shown, PLACES + 1) if (value * 10**places).denominator == 1), max(shown, 2))
    rounded = round(value, places)
    if abs(rounded - value) > abs(value) * NEAR or abs(value) >= 10**DIGITS:
        raise Unreadable
    decimal = Decimal(rounded.numerator) / Decimal(rounded.denominator)
    return f"{decimal:,.{places}f}" if "," in like else f"{decimal:.{places}f}"
