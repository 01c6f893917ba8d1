"""What a reply in words calculates, `12 * 3 = 35`: each equation whose result can be told is calculated. Pure.

A result is called wrong only where there is no other reading of it: unknowns, units, roundings, and what words say beside the
numbers are given the benefit of the doubt.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Literal, cast

from agent.verify.notation import FUNCTIONS

Kind = Literal["number", "percent", "sign", "fraction", "open", "close", "word", "money", "equals", "end", "other"]

NUMBER = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
WORD = r"[^\W\d_](?:[\w'’-]*[^\W_])?"
TOKEN = re.compile(
    r"(?P<blank>\s+|\\[(\[,;:! ]|\\(?:left|right|quad|qquad|displaystyle|boxed|mathbf)(?![A-Za-z])|\*\*|[`&])"
    rf"|(?P<number>{NUMBER})"
    r"|(?P<percent>\\?%)"
    r"|(?P<sign>\\(?:times|cdot|div)(?![A-Za-z])|[-+*/×÷∗∙⋅·−–]|(?<=[\d)\s])[xX](?=[\s\d($\\]))"
    r"|(?P<fraction>\\[dt]?frac(?![A-Za-z]))"
    r"|(?P<open>[({\[])"
    r"|(?P<close>[)}\]])"
    rf"|(?P<word>\\(?:text|textbf|textit|mathrm|mbox)\s*\{{[^{{}}\d]*\}}|{WORD})"
    r"|(?P<money>\\?[$€£])"
    r"|(?P<equals>=)"
    r"|(?P<end>(?<!\d )[.:;,](?=\s|\Z)|[.:;,](?=\s*\Z)|≈|\\approx(?![A-Za-z])|\\[)\]\\]|\|)"
    r"|(?P<other>.)",
    re.DOTALL,
)
SIGNS = {"\\div": "/", "−": "-", "–": "-", "÷": "/", "+": "+", "-": "-", "/": "/"}
"""Of any other sign it is `*`."""
BULLET = re.compile(r"\s*+(?:[-*•–]|\d+[.)])\s+")
VERB = re.compile("is|are|was|were|be|equals|makes?|gives?|gets?|totals?|has|have|had|so|then", re.IGNORECASE)
"""Behind the last of these a calculation begins, whatever numbers a sentence has before it."""
UNSAID = re.compile(
    r"\b(?:not|no|false|wrong|incorrect|suppose|assum\w*|if|let(?!['’]s)|impossible|contradict\w*|instead|should|round\w*|approx\w*|about|around|roughly|nearly|nearest|almost"
    r"|base|binary|mod(?:ulo)?|remainder|clock|[ap]m)\b|\?|\d!"
    r"|\b(?:step|part|case|day|question|problem|example)\s*\d+\s*[-–]|^\s*\d+[-–]\s",
    re.IGNORECASE,
)
"""In a line that has them, an equation may say something else, or nothing."""
MEANING = re.compile(
    r"of|and|or|by|from|to|times|twice|hal(?:f|ves)|doubled?|tripled?|thrice|(?:\w+-)?(?:third|fourth|fifth|quarter)s?"
    rf"|squared?|cubed?|root|{'|'.join(FUNCTIONS)}"
    r"|less|more|fewer|than|over|plus|minus|average|mean|percent(?:age)?|pct|out"
    r"|(?:dozen|pair|couple|hundred|thousand|million|billion)s?",
    re.IGNORECASE,
)
"""Words that are a part of the calculation, or of a number."""
LEADING = re.compile("of|and|or|by|from|to|over|than|average|mean", re.IGNORECASE)
"""Those of them that may also lead to a calculation, or away from it."""
MEASURE = re.compile(
    r"(sec(?:ond)?|min(?:ute)?|h(?:ou)?r|day|week|month|year|yr|decade|[mck]m|(?:milli|centi|kilo)?met(?:er|re)|foot|feet|ft|yard"
    r"|mile|inch|[mk]?g|(?:milli|kilo)?gram|ton|ounce|oz|pound|lb|ml|(?:milli)?lit(?:er|re)|gallon|quart|pint|cup|[kmgt]b"
    r"|(?:table|tea)spoon|cent|dollar|penn|nickel|dime)(?:e?s|y|ies)?",
    re.IGNORECASE,
)
"""Units between which there is a factor that an equation need not write."""
FACTORS = (7, 12, 16, 24, 60, 100, 1000)
"""Between units that are in use; a result may be in another than what it is calculated from."""
ROUNDED = re.compile(r"\.\d|(?:33|66|67)$")
"""Numbers that may have been rounded by half a unit of their last digit."""
ELSEWHERE = re.compile(r"\d{1,3}\.\d{3}|0\d*,\d+")
"""What is one and a half elsewhere and 1500 here, or the other way round."""
LONGEST, DIGITS = 400, 15
"""Characters of a line, and digits of a number, that are looked at."""
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


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Kind
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Value:
    """What numbers come to, and between what it lies if they were rounded."""

    exact: Fraction
    low: Fraction
    high: Fraction

    def of(self, sign: str, other: "_Value") -> "_Value":
        """Raises `ZeroDivisionError`."""
        if sign == "-":
            other = _Value(-other.exact, -other.high, -other.low)
        if sign in "+-":
            return _Value(self.exact + other.exact, self.low + other.low, self.high + other.high)
        if sign == "/":
            if other.low <= 0 <= other.high:
                raise ZeroDivisionError
            other = _Value(1 / other.exact, 1 / other.high, 1 / other.low)
        ends = [one * two for one in (self.low, self.high) for two in (other.low, other.high)]
        return _Value(self.exact * other.exact, min(ends), max(ends))


ZERO, HUNDRED = (_Value(Fraction(number), Fraction(number), Fraction(number)) for number in (0, 100))


class _Unreadable(Exception):
    """It is no calculation, or one that can be read in more than one way."""


@lru_cache(maxsize=4096)
def slips(line: str) -> tuple[Slip, ...]:
    """The wrong results in a line of prose, in order."""
    if "=" not in line or len(line) > LONGEST or UNSAID.search(line):
        return ()
    bullet = BULLET.match(line)
    return tuple(_slips(_tokens(line, bullet.end() if bullet else 0)))


def _tokens(line: str, start: int) -> list[_Token]:
    found = ((match.lastgroup or "other", match) for match in TOKEN.finditer(line, start))
    tokens = [_Token(cast(Kind, kind), match[0], match.start(), match.end()) for kind, match in found if kind != "blank"]
    return [replace(token, kind="sign") if _is_product(tokens, at) else token for at, token in enumerate(tokens)]


def _is_product(tokens: Sequence[_Token], at: int) -> bool:
    """Whether it is the `of` in `20% of 150`, `1/2 of 30`."""
    before = "".join("n" if token.kind == "number" else token.text[-1] for token in tokens[max(0, at - 3) : at])
    return tokens[at].text == "of" and (before.endswith("%") or before == "n/n")


def _slips(tokens: Sequence[_Token]) -> Iterator[Slip]:
    bounds = [at for at, token in enumerate(tokens) if token.kind in ("equals", "end")]
    for before, place, after in zip([-1, *bounds], bounds, [*bounds[1:], len(tokens)], strict=False):
        if tokens[place].kind == "equals":
            with suppress(_Unreadable, ZeroDivisionError, RecursionError):
                yield from _slip(tokens[before + 1 : place], tokens[place + 1 : after])


def _slip(calculated: Sequence[_Token], said: Sequence[_Token]) -> Iterator[Slip]:
    """Of one equation. Raises `_Unreadable`, `ZeroDivisionError`."""
    verbs = [at for at, token in enumerate(calculated) if token.kind == "word" and VERB.fullmatch(token.text)]
    calculated = calculated[verbs[-1] + 1 :] if verbs else calculated
    left = _Sum(calculated)
    if not left.signs or len(_measures(calculated) | _measures(said)) > 1:
        return
    try:
        result = _Result.read(said)
    except _Unreadable:
        yield from _wrong_step(left.value, said)
    else:
        if not result.is_near(left.value, FACTORS if _measures(said) and not _measures(calculated) else ()):
            yield result.slip(left.value)


def _wrong_step(value: _Value, said: Sequence[_Token]) -> Iterator[Slip]:
    """Of a calculation that ought to come to the same. `5 * 3 = 15 + 2` goes on from the result, and is none."""
    right = _Sum(said)
    first = next((token for token in said if token.kind not in ("money", "word")), said[0])
    goes_on = first.kind == "number" and _read(first.text).exact == value.exact
    near = abs(value.exact) * NEAR
    if not right.signs or goes_on or first.kind == "open" or said[0].kind == "word":
        return
    if value.low - near <= right.value.high and right.value.low <= value.high + near:
        return
    if value.exact.denominator == 1 or not any(token.text == "/" or token.kind == "fraction" for token in said):
        yield Slip(first.start, said[-1].end, _written(value.exact, like=""))


def _words(tokens: Sequence[_Token]) -> list[str]:
    """Also those that LaTeX has in `\\text{}`."""
    named = (re.sub(r"\\[a-z]+\s*\{", " ", token.text) for token in tokens if token.kind == "word")
    return [word for text in named for word in re.findall(WORD, text)]


def _measures(tokens: Sequence[_Token]) -> set[str]:
    """In what it is calculated: `5 hours * $15/hour` is dollars."""
    said = " ".join(token.text for token in tokens)
    named = re.findall(rf"(\bper\s+|/\s*)?({WORD})|\$", re.sub(r"\\[a-z]+\s*\{", " ", said))
    plain, per = set[str](), set[str]()
    for divides, word in named:
        if found := MEASURE.fullmatch(word or "dollar"):
            (per if divides else plain).add(found[1].lower())
    return plain ^ per


def _any(words: re.Pattern[str], tokens: Sequence[_Token]) -> bool:
    return any(words.fullmatch(word) for word in _words(tokens))


class _Sum:
    """What stands on a side of an equation, calculated. Raises `_Unreadable`, `ZeroDivisionError`.

    Words may lead to it, and stand behind its numbers as their units; unknowns are neither.
    """

    def __init__(self, tokens: Sequence[_Token]) -> None:
        first = next((at for at, token in enumerate(tokens) if token.kind not in ("word", "money")), len(tokens))
        lead, self._tokens = tokens[:first], tokens[first:]
        means = [word for word in _words(lead) if MEANING.fullmatch(word) and not LEADING.fullmatch(word)]
        if means or _any(MEANING, self._tokens):
            raise _Unreadable
        unknown = [word for word in _words(lead) if len(word) == 1 and word not in "aAI"]
        if unknown or any(len(word) == 1 for word in _words(self._tokens)):
            raise _Unreadable
        if any(token.kind == "word" for token in lead) and self._kind_at(0) in ("open", "sign"):  # f(3), y - 8
            raise _Unreadable
        self._at, self.signs = 0, 0
        self.value = self._terms()
        if self._at < len(self._tokens):
            raise _Unreadable

    def _kind_at(self, at: int) -> Kind | None:
        return self._tokens[at].kind if at < len(self._tokens) else None

    @property
    def _kind(self) -> Kind | None:
        return self._kind_at(self._at)

    def _take(self, kind: Kind) -> _Token:
        if self._kind != kind:
            raise _Unreadable
        self._at += 1
        return self._tokens[self._at - 1]

    def _sign(self, among: str) -> str | None:
        """The next one, if it is one of these."""
        sign = SIGNS.get(self._tokens[self._at].text, "*") if self._kind == "sign" else ""
        if not sign or sign not in among:
            return None
        self._at += 1
        self.signs += 1
        return sign

    def _terms(self) -> _Value:
        value, percent = self._product()
        while sign := self._sign("+-"):
            other, of_hundred = self._product()
            if percent or of_hundred:  # `100 + 20%` is 120 to most
                raise _Unreadable
            value = value.of(sign, other)
        return value

    def _product(self) -> tuple[_Value, bool]:
        value, percent = self._factor()
        while sign := self._sign("*/"):
            value, percent = value.of(sign, self._factor()[0]), False
        return value, percent

    def _factor(self) -> tuple[_Value, bool]:
        """A value, and whether it is a bare percentage."""
        negative = self._sign("-") is not None
        while self._kind == "money":
            self._take("money")
        percent = False
        if self._kind == "fraction":
            self._take("fraction")
            self.signs += 1
            value = self._enclosed().of("/", self._enclosed())
        elif self._kind == "open":
            value = self._enclosed()
        else:
            value = _read(self._take("number").text)
            percent = self._kind == "percent"
            if percent:
                self._take("percent")
                value = value.of("/", HUNDRED)
        while self._kind == "word" or (self._kind == "sign" and self._is_per()):
            self._at += 1
        return ZERO.of("-", value) if negative else value, percent

    def _enclosed(self) -> _Value:
        self._take("open")
        value = self._terms()
        self._take("close")
        return value

    def _is_per(self) -> bool:
        """Whether a unit is divided by another: `20 birds/day`."""
        return self._tokens[self._at].text == "/" and self._kind_at(self._at + 1) == "word"


@dataclass(frozen=True, slots=True)
class _Result:
    """The number that an equation says it comes to."""

    number: _Token
    negative: bool
    percent: bool

    @classmethod
    def read(cls, tokens: Sequence[_Token]) -> "_Result":
        """Raises `_Unreadable` for what is no bare number: `15 + 2`, `2 1/2`, `4x`, `0.5 million`."""
        marks = [token for token in tokens if token.kind != "money"]
        at = next((at for at, token in enumerate(marks) if token.kind != "open"), len(marks))
        negative = at == 0 and marks[:1] != [] and SIGNS.get(marks[0].text) == "-"
        number, rest = marks[at + negative : at + negative + 1], marks[at + negative + 1 :]
        if not number or number[0].kind != "number":
            raise _Unreadable
        percent = rest[:1] != [] and rest[0].kind == "percent"
        rest = [token for token in rest[percent:] if token.kind != "close"]
        said = [token for token in rest if token.text not in "/("]
        if (said and said[0].kind != "word") or (rest and rest[0].kind == "open" and rest[0].text != "("):
            raise _Unreadable
        words = [word for word in _words(said[:BEHIND]) if not LEADING.fullmatch(word)]
        joined = any(one.kind == "word" and two.kind == "number" for one, two in pairwise(said[:BEHIND]))
        if joined or any(len(word) == 1 or MEANING.fullmatch(word) for word in words):
            raise _Unreadable
        return cls(number[0], negative, percent)

    def is_near(self, value: _Value, factors: Sequence[int]) -> bool:
        """Whether it may be the value, rounded. `factors`: by which the units of both may differ."""
        said, unit = self._said, Fraction(1, 10 ** len(self.number.text.partition(".")[2]))
        scales = [Fraction(1), *([Fraction(1, 100)] if self.percent else [])]
        scales += [scale for factor in factors for scale in (Fraction(factor), Fraction(1, factor))]
        return any(value.low < (said + unit) * scale and (said - unit) * scale < value.high for scale in scales)

    @property
    def _said(self) -> Fraction:
        return _read(self.number.text).exact * (-1 if self.negative else 1)

    def slip(self, value: _Value) -> Slip:
        """Raises `_Unreadable` where the value has the other sign."""
        if (value.exact < 0) != self.negative:
            raise _Unreadable
        readings = [abs(value.exact), *([abs(value.exact) * 100] if self.percent else [])]
        nearest = min(readings, key=lambda reading: abs(reading - abs(self._said)))
        return Slip(self.number.start, self.number.end, _written(nearest, like=self.number.text))


def _read(number: str) -> _Value:
    if len(number) > DIGITS or ELSEWHERE.fullmatch(number):
        raise _Unreadable
    exact = Fraction(number.replace(",", ""))
    half = Fraction(1, 2 * 10 ** len(number.partition(".")[2])) if ROUNDED.search(number) else 0
    return _Value(exact, exact - half, exact + half)


def _written(value: Fraction, *, like: str) -> str:
    """With as many decimals as it has, and at least those of `like`. Raises `_Unreadable` where that is no short number."""
    shown = len(like.partition(".")[2])
    places = next((places for places in range(shown, PLACES + 1) if (value * 10**places).denominator == 1), max(shown, 2))
    rounded = round(value, places)
    if abs(rounded - value) > abs(value) * NEAR or abs(value) >= 10**DIGITS:
        raise _Unreadable
    decimal = Decimal(rounded.numerator) / Decimal(rounded.denominator)
    return f"{decimal:,.{places}f}" if "," in like else f"{decimal:.{places}f}"
