"""What a reply in words calculates, `12 * 3 = 35`: each equation whose result can be told is calculated. Pure.

A result is called wrong only where there is no other reading of it: units, roundings, and what words say beside the numbers
are given the benefit of the doubt.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal, cast

Kind = Literal["number", "percent", "sign", "fraction", "open", "close", "word", "money", "equals", "end", "other"]

NUMBER = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
WORD = r"[^\W\d_](?:[\w'’-]*[^\W_])?"
TOKEN = re.compile(
    r"(?P<blank>\s+|\\[()\[\],;:! ]|\\(?:left|right|quad|qquad|displaystyle|boxed|mathbf)(?![A-Za-z])|\*\*|[`&_])"
    rf"|(?P<number>{NUMBER})"
    r"|(?P<percent>\\?%)"
    r"|(?P<sign>\\(?:times|cdot|div)(?![A-Za-z])|[-+*/×÷∗∙⋅·−–]|(?<=[\d)\s])[xX](?=[\s\d($\\]))"
    r"|(?P<fraction>\\[dt]?frac(?![A-Za-z]))"
    r"|(?P<open>[({\[])"
    r"|(?P<close>[)}\]])"
    rf"|(?P<word>\\(?:text|textbf|textit|mathrm|mbox)\s*\{{[^{{}}\d]*\}}|{WORD})"
    r"|(?P<money>\\?[$€£])"
    r"|(?P<equals>=)"
    r"|(?P<end>[.:;,!?](?=\s|\Z)|≈|\\approx(?![A-Za-z]))"
    r"|(?P<other>.)",
    re.DOTALL,
)
SIGNS = {"\\times": "*", "\\cdot": "*", "\\div": "/", "−": "-", "–": "-", "÷": "/", "+": "+", "-": "-", "/": "/"}
"""Of any other sign it is `*`."""
CONNECTING = re.compile("of|and|or|by|from|to")
"""Words that may lead to a calculation, but are a part of it between its numbers."""
MEANING = re.compile(
    r"times|twice|hal(?:f|ves)|doubled?|tripled?|thrice|(?:third|fourth|fifth)s?|squared?|cubed?|root|less|more|fewer|than|plus"
    r"|minus|mod(?:ulo)?|(?:dozen|pair|couple|hundred|thousand|million|billion)s?|k"
)
"""Words that are a part of the calculation, or of a number."""
MEASURE = re.compile(
    r"(sec(?:ond)?|min(?:ute)?|h(?:ou)?r|day|week|month|year|yr|decade|[mck]m|m|(?:milli|centi|kilo)?met(?:er|re)|foot|feet|ft|yard|mile"
    r"|inch|[mk]?g|(?:milli|kilo)?gram|ton|ounce|oz|pound|lb|m?l|(?:milli)?lit(?:er|re)|gallon|quart|pint|cup|(?:table|tea)spoon"
    r"|cent|dollar|penn|nickel|dime|quarter)(?:e?s|y|ies)?"
)
"""Units between which there is a factor that an equation need not write."""
ROUNDED = re.compile(r"(?:11|14|16|17|22|29|33|43|44|56|57|66|67|71|78|83|86|88|89)$")
"""How decimals end that were rounded from thirds, sixths, sevenths and ninths."""
LONGEST = 400
"""Characters of a line that are looked at."""
DIGITS = 15
MEANT = 3
"""Tokens behind a result in which its unit may stand."""
NEAR = Fraction(1, 100)
"""By so much of it two calculations may differ for their roundings."""
PLACES = 4
"""Decimals of a result that is written out; where it has more, it is rounded to two."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A result that is not what its equation comes to: where its number stands in the text, and what it ought to be."""

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
class _Range:
    """Between what a value lies that was calculated with rounded ones."""

    low: Fraction
    high: Fraction

    def of(self, sign: str, other: "_Range") -> "_Range":
        """Raises `ZeroDivisionError`."""
        if sign in "+-":
            low, high = (other.low, other.high) if sign == "+" else (-other.high, -other.low)
            return _Range(self.low + low, self.high + high)
        if sign == "/":
            if other.low <= 0 <= other.high:
                raise ZeroDivisionError
            other = _Range(1 / other.high, 1 / other.low)
        ends = [one * two for one in (self.low, self.high) for two in (other.low, other.high)]
        return _Range(min(ends), max(ends))


HUNDRED = _Range(Fraction(100), Fraction(100))


class _Unreadable(Exception):
    """It is no calculation, or one that can be read in more than one way."""


@lru_cache(maxsize=4096)
def slip(line: str) -> Slip | None:
    """The first wrong result in a line of prose; None where there is none to be told."""
    if "=" not in line or len(line) > LONGEST:
        return None
    tokens = _tokens(line)
    equals = (place for place, token in enumerate(tokens) if token.kind == "equals")
    return next(filter(None, (_slip_at(tokens, place) for place in equals)), None)


def _tokens(line: str) -> list[_Token]:
    found = ((match.lastgroup or "other", match) for match in TOKEN.finditer(line))
    return [_Token(cast(Kind, kind), match[0], match.start(), match.end()) for kind, match in found if kind != "blank"]


def _slip_at(tokens: Sequence[_Token], place: int) -> Slip | None:
    """Of the equation whose sign stands at `place`."""
    bounds = [-1, *(at for at, token in enumerate(tokens) if token.kind in ("equals", "end")), len(tokens)]
    calculated = tokens[max(at for at in bounds if at < place) + 1 : place]
    said = tokens[place + 1 : min(at for at in bounds if at > place)]
    with suppress(_Unreadable, ZeroDivisionError, RecursionError):
        left = _Sum(calculated)
        if left.signs and len(_units(calculated) | _units(said)) <= 1:
            return _wrong_result(left.value, said)
    return None


def _wrong_result(value: _Range, said: Sequence[_Token]) -> Slip | None:
    """Where what is said is not near the value: a number, or a calculation by itself that ought to come to the same."""
    try:
        result = _Result.read(said)
    except _Unreadable:
        return _wrong_step(value, said)
    return None if result.is_near(value) else result.slip(value)


def _wrong_step(value: _Range, said: Sequence[_Token]) -> Slip | None:
    """`5 * 3 = 15 + 2` is none: it goes on from the result."""
    right = _Sum(said)
    first = next((_read(token.text) for token in said if token.kind == "number"), value)
    near = abs(value.high) * NEAR
    if value == first or said[0].text == "{" or (value.low - near <= right.value.high and right.value.low <= value.high + near):
        return None
    return Slip(said[0].start, said[-1].end, _written(_exactly(value), like=""))


def _words(tokens: Sequence[_Token]) -> list[str]:
    """In lower case, also those that LaTeX has in `\\text{}`."""
    named = (re.sub(r"\\[a-z]+\s*\{", " ", token.text) for token in tokens if token.kind == "word")
    return [word.lower() for text in named for word in re.findall(WORD, text)]


def _units(tokens: Sequence[_Token]) -> set[str]:
    """The measures in which it is calculated."""
    named = {found[1] for word in _words(tokens) if (found := MEASURE.fullmatch(word))}
    return named | {"dollar" for token in tokens if token.kind == "money"}


def _any(words: re.Pattern[str], tokens: Sequence[_Token]) -> bool:
    return any(words.fullmatch(word) for word in _words(tokens))


class _Sum:
    """What stands before a sign of equality, calculated. Raises `_Unreadable`, `ZeroDivisionError`.

    Words may lead to it, and stand behind its numbers as their units.
    """

    def __init__(self, tokens: Sequence[_Token]) -> None:
        first = next((at for at, token in enumerate(tokens) if token.kind not in ("word", "money")), len(tokens))
        if _any(MEANING, tokens) or _any(CONNECTING, tokens[first:]):
            raise _Unreadable
        self._tokens, self._at, self.signs = tokens[first:], 0, 0
        self.value = self._terms()
        if self._at < len(self._tokens):
            raise _Unreadable

    def _kind(self) -> Kind | None:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else None

    def _take(self, kind: Kind) -> _Token:
        if self._kind() != kind:
            raise _Unreadable
        self._at += 1
        return self._tokens[self._at - 1]

    def _sign(self, among: str) -> str | None:
        """The next one, if it is one of these."""
        if self._kind() != "sign":
            return None
        sign = SIGNS.get(self._tokens[self._at].text, "*")
        if sign not in among:
            return None
        self._at += 1
        self.signs += 1
        return sign

    def _terms(self) -> _Range:
        value, percent = self._product()
        while sign := self._sign("+-"):
            other, of_hundred = self._product()
            if percent or of_hundred:  # `100 + 20%` is 120 to most
                raise _Unreadable
            value = value.of(sign, other)
        return value

    def _product(self) -> tuple[_Range, bool]:
        value, percent = self._factor()
        while sign := self._sign("*/"):
            value, percent = value.of(sign, self._factor()[0]), False
        return value, percent

    def _factor(self) -> tuple[_Range, bool]:
        """A value, and whether it is a bare percentage."""
        negative = self._sign("-") is not None
        while self._kind() == "money":
            self._take("money")
        percent = False
        if self._kind() == "fraction":
            self._take("fraction")
            self.signs += 1
            value = self._enclosed().of("/", self._enclosed())
        elif self._kind() == "open":
            value = self._enclosed()
        else:
            value = _read(self._take("number").text)
            percent = self._kind() == "percent"
            if percent:
                self._take("percent")
                value = value.of("/", HUNDRED)
        self._unit()
        return _Range(-value.high, -value.low) if negative else value, percent

    def _enclosed(self) -> _Range:
        self._take("open")
        value = self._terms()
        self._take("close")
        return value

    def _unit(self) -> None:
        while self._kind() == "word" or self._is_per():
            if any(len(word) == 1 for word in _words(self._tokens[self._at : self._at + 1])):  # an unknown: `3 x + 5`
                raise _Unreadable
            self._at += 1

    def _is_per(self) -> bool:
        """Whether a slash comes, and a word behind it: `20 birds/day`."""
        following = self._tokens[self._at + 1 : self._at + 2]
        return self._kind() == "sign" and self._tokens[self._at].text == "/" and bool(following) and following[0].kind == "word"


@dataclass(frozen=True, slots=True)
class _Result:
    """The number that an equation says it comes to."""

    number: _Token
    negative: bool
    percent: bool

    @classmethod
    def read(cls, tokens: Sequence[_Token]) -> "_Result":
        """Raises `_Unreadable` for what is no bare number: `15 + 2`, `2 1/2`, `0.5 million`."""
        at = next((at for at, token in enumerate(tokens) if token.kind not in ("open", "money")), len(tokens))
        negative = [token.text for token in tokens[at : at + 1]] in (["-"], ["−"], ["–"])
        at = next((at for at in range(at + negative, len(tokens)) if tokens[at].kind != "money"), len(tokens))
        if at == len(tokens) or tokens[at].kind != "number":
            raise _Unreadable
        rest = tokens[at + 1 :]
        percent = bool(rest) and rest[0].kind == "percent"
        rest = [token for token in rest[percent:] if token.kind not in ("open", "close", "money") and token.text != "/"]
        if (rest and rest[0].kind != "word") or _any(MEANING, rest[:MEANT]):
            raise _Unreadable
        return cls(tokens[at], negative, percent)

    def is_near(self, value: _Range) -> bool:
        """Whether it may be the value, rounded."""
        said, unit = _exact(self.number.text), Fraction(1, 10 ** len(self.number.text.partition(".")[2]))
        said = -said if self.negative else said
        readings = ((said, unit), (said / 100, unit / 100)) if self.percent else ((said, unit),)
        return any(value.low - unit < reading < value.high + unit for reading, unit in readings)

    def slip(self, value: _Range) -> Slip:
        """Raises `_Unreadable` where the value is not known exactly, or has the other sign."""
        exact = abs(_exactly(value)) * (100 if self.percent else 1)
        if (value.low < 0) != self.negative:
            raise _Unreadable
        return Slip(self.number.start, self.number.end, _written(exact, like=self.number.text))


def _exactly(value: _Range) -> Fraction:
    if value.low != value.high:
        raise _Unreadable
    return value.low


def _exact(number: str) -> Fraction:
    if len(number) > DIGITS:
        raise _Unreadable
    return Fraction(number.replace(",", ""))


def _read(number: str) -> _Range:
    value = _exact(number)
    if "." not in number or not ROUNDED.search(number.replace(".", "")):
        return _Range(value, value)
    half = Fraction(1, 2 * 10 ** len(number.partition(".")[2]))
    return _Range(value - half, value + half)


def _written(value: Fraction, *, like: str) -> str:
    """With as many decimals as it has, and at least those of `like`."""
    shown = len(like.partition(".")[2])
    places = next((places for places in range(shown, PLACES + 1) if (value * 10**places).denominator == 1), max(shown, 2))
    rounded = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{rounded:,.{places}f}" if "," in like else f"{rounded:.{places}f}"
