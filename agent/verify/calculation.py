"""Calculations as they stand in prose: their tokens, and what a side of an equation comes to. Pure.

Numbers may have been rounded, so a value is known within bounds; what can be read in more than one way is not read.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import isqrt
from typing import Literal, cast

from agent.verify.notation import FUNCTIONS

Kind = Literal[
    "number", "percent", "sign", "fraction", "root", "power", "open", "close", "word", "money", "equals", "end", "other"
]

NUMBER = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
WORD = r"[^\W\d_](?:[\w'’-]*[^\W_])?"
TOKEN = re.compile(
    r"(?P<blank>\s+|\\[(\[,;:! ]|\\(?:right|quad|qquad|displaystyle|boxed|mathbf)(?![A-Za-z])|\*\*|[`&])"
    rf"|(?P<number>{NUMBER})"
    r"|(?P<percent>\\?%)"
    r"|(?P<sign>\\(?:times|cdot|div)(?![A-Za-z])|[-+*/×÷∗∙⋅·−–]|(?<=[\d)\s])[xX](?=[\s\d($\\]))"
    r"|(?P<fraction>\\[dt]?frac(?![A-Za-z]))"
    r"|(?P<root>\\sqrt(?![A-Za-z\[])|√)"
    r"|(?P<power>\^(?:\d(?!\d)|\{\d\})|[²³])"
    r"|(?P<open>(?:\\left)?[({\[])"
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
BESIDE = "beside"
"""The sign that is not written."""
MEANING = re.compile(
    r"of|and|or|by|from|to|times|twice|hal(?:f|ves)|doubled?|tripled?|quadrupled?|thrice"
    r"|(?:\w+-)?(?:third|fourth|quarter|(?:fif|six|seven|eigh|nin|ten|hundred|thousand)th)s?|tens|ones|fives|twenties"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|(?:dozen|pair|couple|hundred|thousand|million|billion)s?|gross|grand|lakh|crore"
    rf"|squared?|cubed?|root|factorial|arc\w+|pi|theta|alpha|beta|phi|lambda|delta|{'|'.join(FUNCTIONS)}"
    r"|less|more|fewer|than|over|plus|minus|average|mean|percent(?:age)?|pct|out|discount|off"
    r"|loss|lost|below|up|down|north|south|east|west|parallel",
    re.IGNORECASE,
)
"""Words that are a part of the calculation, or of a number."""
LEADING = re.compile("of|and|or|by|from|to|over|than|average|mean", re.IGNORECASE)
"""Those of them that may also lead to a calculation, or away from it."""
UNKNOWN = re.compile(r"(?!(?:[cmk]?m|ft|in|yd)[²³]).*?[\d_⁰¹²³⁴-⁹₀-₉]", re.IGNORECASE)
"""Words with a digit in them, `x1`, `n²`, `5C2`: no units but for those of areas and volumes."""
MEASURE = re.compile(
    r"(sec(?:ond)?|min(?:ute)?|h(?:ou)?r|day|week|month|year|yr|decade|[mck]m|(?:milli|centi|kilo)?met(?:er|re)|foot|feet|ft|yard|yd"
    r"|mile|inch|[mk]?g|(?:milli|kilo)?gram|ton(?:ne)?|ounce|oz|pound|lb|ml|(?:milli)?lit(?:er|re)|gallon|quart|pint|cup|[kmgt]b"
    r"|acre|hectare|(?:table|tea)spoon|tbsp|tsp|cent|dollar|buck|quid|pence|euro|penn|nickel|dime)(?:e?s|y|ies)?",
    re.IGNORECASE,
)
"""Units between which there is a factor that an equation need not write."""
TOUCHING = 3
"""Letters of a word that stands right behind its number and is a product of unknowns, `2xy`, where it is no unit."""
ROUNDED = re.compile(r"\.\d|(?:33|66|67)$")
"""Numbers that may have been rounded by half a unit of their last digit."""
ELSEWHERE = re.compile(r"\d{1,3}\.\d{3}|0\d*,\d+")
"""What is one and a half elsewhere and 1500 here, or the other way round."""
DIGITS = 15
"""Of a number that is looked at."""


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Value:
    """What numbers come to, and between what it lies if they were rounded."""

    exact: Fraction
    low: Fraction
    high: Fraction

    def of(self, sign: str, other: "Value") -> "Value":
        """Raises `ZeroDivisionError`."""
        if sign == "-":
            other = Value(-other.exact, -other.high, -other.low)
        if sign in "+-":
            return Value(self.exact + other.exact, self.low + other.low, self.high + other.high)
        if sign == "/":
            if other.low <= 0 <= other.high:
                raise ZeroDivisionError
            other = Value(1 / other.exact, 1 / other.high, 1 / other.low)
        ends = [one * two for one in (self.low, self.high) for two in (other.low, other.high)]
        return Value(self.exact * other.exact, min(ends), max(ends))


ZERO, HUNDRED = (Value(Fraction(number), Fraction(number), Fraction(number)) for number in (0, 100))


class Unreadable(Exception):
    """It is no calculation, or one that can be read in more than one way."""


def tokens_of(line: str, start: int) -> list[Token]:
    """What stands in it from `start` on, without blanks and marks of layout."""
    found = ((match.lastgroup or "other", match) for match in TOKEN.finditer(line, start))
    tokens = [Token(cast(Kind, kind), match[0], match.start(), match.end()) for kind, match in found if kind != "blank"]
    return [replace(token, kind="sign") if _is_product(tokens, at) else token for at, token in enumerate(tokens)]


def _is_product(tokens: Sequence[Token], at: int) -> bool:
    """Whether it is the `of` in `20% of 150`, `1/2 of 30`."""
    before = "".join("n" if token.kind == "number" else token.text[-1] for token in tokens[max(0, at - 3) : at])
    return tokens[at].text == "of" and (before.endswith("%") or before == "n/n")


def words_of(tokens: Sequence[Token]) -> list[str]:
    """Also those that LaTeX has in `\\text{}`."""
    named = (re.sub(r"\\[a-z]+\s*\{", " ", token.text) for token in tokens if token.kind == "word")
    return [word for text in named for word in re.findall(WORD, text)]


class Calculation:
    """What stands on a side of an equation, calculated. Raises `Unreadable`, `ZeroDivisionError`.

    Words may lead to it, and stand behind its numbers as their units; unknowns are neither.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        first = next((at for at, token in enumerate(tokens) if token.kind not in ("word", "money")), len(tokens))
        lead, self._tokens = tokens[:first], tokens[first:]
        led, units = words_of(lead), words_of(self._tokens)
        if any(UNKNOWN.match(word) for word in (*led, *units)) or has_products_of_unknowns(self._tokens):
            raise Unreadable
        if any(MEANING.fullmatch(word) for word in (*units, *(word for word in led if not LEADING.fullmatch(word)))):
            raise Unreadable
        if any(len(word) == 1 for word in (*units, *(word for word in led if word not in "aAI"))):
            raise Unreadable
        if any(token.kind == "word" for token in lead) and self._kind_at(0) in ("open", "sign"):  # f(3), y - 8
            raise Unreadable
        self._at, self.signs = 0, 0
        self.value = self._terms()
        if self._at < len(self._tokens):
            raise Unreadable

    def _kind_at(self, at: int) -> Kind | None:
        return self._tokens[at].kind if at < len(self._tokens) else None

    @property
    def _kind(self) -> Kind | None:
        return self._kind_at(self._at)

    def _take(self, kind: Kind) -> Token:
        if self._kind != kind:
            raise Unreadable
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

    def _terms(self) -> Value:
        value, percent = self._product()
        while sign := self._sign("+-"):
            other, of_hundred = self._product()
            if percent or of_hundred:  # `100 + 20%` is 120 to most
                raise Unreadable
            value = value.of(sign, other)
        return value

    def _product(self) -> tuple[Value, bool]:
        value, percent = self._factor()
        divided = False
        while sign := self._sign("*/") or self._beside():
            other = self._factor()[0]
            if sign == BESIDE and (divided or 0 < other.exact < 1):  # 6/2(1 + 2), 3(1/2)
                raise Unreadable
            if divided and self._tokens[self._at - 1].kind == "power":  # 6 * 10^3 / 2 * 10^1
                raise Unreadable
            value, percent, divided = value.of(sign, other), False, divided or sign == "/"
        return value, percent

    def _beside(self) -> str | None:
        """Where a parenthesis stands at the end of a factor, which it multiplies: `2(3 + 4)`. One that holds just a whole
        number may be a base, a mark or a cycle: `101(2)`, `(12)(13)`.
        """
        last, *rest = self._tokens[self._at - 1 : self._at + 3]
        if self._kind != "open" or last.kind not in ("number", "close") or last.end != rest[0].start:
            return None
        if not rest[0].text.endswith("(") or _is_whole_number(rest):
            raise Unreadable
        self.signs += 1
        return BESIDE

    def _factor(self) -> tuple[Value, bool]:
        """A value, and whether it is a bare percentage."""
        negative = self._sign("-") is not None
        while self._kind == "money":
            self._take("money")
        begun = self._at
        value, percent = self._base()
        if self._kind == "power":
            base = self._tokens[begun : self._at]
            if negative or percent or _is_whole_number(base) or any(token.kind == "power" for token in base):  # -3^2, (12)^2
                raise Unreadable
            value = self._raised(value)
        while self._kind == "word" or (self._kind == "sign" and self._is_per()):
            self._at += 1
        return ZERO.of("-", value) if negative else value, percent

    def _base(self) -> tuple[Value, bool]:
        """What a power may stand behind, and whether it is a bare percentage."""
        if self._kind == "fraction":
            self._take("fraction")
            self.signs += 1
            return self._enclosed().of("/", self._enclosed()), False
        if self._kind == "root":
            return self._root(), False
        if self._kind == "open":
            return self._enclosed(), False
        value = read(self._take("number").text)
        if self._kind != "percent":
            return value, False
        self._take("percent")
        return value.of("/", HUNDRED), True

    def _root(self) -> Value:
        """Of what stands in brackets, is not rounded, and has an exact one: how far `√9 + 16` reaches is not said."""
        self._take("root")
        self.signs += 1
        value = self._enclosed()
        if value.low != value.high:
            raise Unreadable
        over, under = (Fraction(isqrt(max(0, part))) for part in value.exact.as_integer_ratio())
        root = over / under
        if root**2 != value.exact:
            raise Unreadable
        return Value(root, root, root)

    def _raised(self, value: Value) -> Value:
        self.signs += 1
        exponent = int(unicodedata.normalize("NFKC", self._take("power").text).strip("^{}"))
        if not exponent:  # 90^0
            raise Unreadable
        raised = value
        for _ in range(exponent - 1):
            raised = raised.of("*", value)
        return raised

    def _enclosed(self) -> Value:
        self._take("open")
        value = self._terms()
        self._take("close")
        return value

    def _is_per(self) -> bool:
        """Whether a unit is divided by another: `20 birds/day`."""
        return self._tokens[self._at].text == "/" and self._kind_at(self._at + 1) == "word"


def has_products_of_unknowns(tokens: Sequence[Token]) -> bool:
    """Whether a short word that is no unit stands right behind its number: `2xy`."""
    touching = (
        two.text for one, two in pairwise(tokens) if one.kind == "number" and two.kind == "word" and one.end == two.start
    )
    return any(len(word) <= TOUCHING and not MEASURE.fullmatch(word) for word in touching)


def _is_whole_number(tokens: Sequence[Token]) -> bool:
    """Whether they are one in parentheses, `(12)`."""
    return [token.kind for token in tokens] == ["open", "number", "close"] and tokens[1].text.isdigit()


def read(number: str) -> Value:
    """Raises `Unreadable` for what is too long, or another number elsewhere."""
    if len(number) > DIGITS or ELSEWHERE.fullmatch(number):
        raise Unreadable
    exact = Fraction(number.replace(",", ""))
    half = Fraction(1, 2 * 10 ** len(number.partition(".")[2])) if ROUNDED.search(number) else 0
    return Value(exact, exact - half, exact + half)
