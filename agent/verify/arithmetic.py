"""Expressions of given numbers that make a target: the moves that lead to them, and the exact check of one."""

import ast
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import permutations

from agent.verify import notation
from agent.verify.source import parse

Rules = tuple[tuple[re.Pattern[str], str], ...]


def rules(*rows: tuple[str, str]) -> Rules:
    return tuple((re.compile(pattern), by) for pattern, by in rows)


SAME = rules(
    (r"\\?\$|\\[()\[\],;:! ]|`", " "),  # what only lays out becomes a space: nothing grows together
    (r"[∙⋅✕✖]|(?<=[\d)\s,])x(?=[\s\d(,])", "*"),
    ("–", "-"),
    ("’", "'"),
)
"""What puzzles write differently beside what all mathematics does."""
WRITTEN = rules((r"[•∗]", "*"), ("∕", "/"), (r"(?<!\\)\[", "("), (r"(?<!\\)\]", ")"))
"""What is told only of an answer."""
PRODUCT = re.compile(r"(?:(?<=\))|(?<![\w.])(\d+)) *(?=\([(\d ])|(?<=\)) *(?=\d)")
TORN = re.compile(r"/ *(?:\d+|\(.*\)) *[(\d]")
"""A product under a slash may be meant as the whole divisor."""
BEHIND = re.compile(r"[ (]*[^\d\s.()+*/-].*", re.DOTALL)
"""Words after what a side of an equation calculates."""
EXPLAINED = re.compile(r" \([^()\n]*=[^()\n]*\)")
"""In brackets, how it is calculated."""
DECIMAL = re.compile(r"\d+\.\d+")
ROUNDED = Fraction(1, 100)
"""By so much of it a result may be missed that is calculated with rounded decimals."""
BARE = re.compile(r"[\s(]*[-+]?[\d.,]+[\s)]*")

LONGEST = 200
OPERATIONS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other,
}


@dataclass(frozen=True, slots=True)
class Puzzle:
    """`all_used`: each number must be used; otherwise it may be left out."""

    numbers: tuple[int, ...]
    target: int
    all_used: bool

    @property
    def words(self) -> str:
        return f"an expression of {', '.join(map(str, self.numbers))}, each used once, that makes {self.target}"


def plain(text: str) -> str:
    """Formulas as Python writes them, whether in LaTeX, Markdown or with typographic signs."""
    return notation.plain(rewritten(text, SAME))


def rewritten(text: str, rules: Rules) -> str:
    for pattern, by in rules:
        text = pattern.sub(by, text)
    return text


@dataclass(frozen=True, slots=True)
class Position:
    """Where a puzzle stands after some moves: the numbers that are left, each with the expression that made it."""

    left: tuple[tuple[Fraction, str], ...]
    target: int
    all_used: bool

    @classmethod
    def first(cls, puzzle: Puzzle) -> "Position":
        return cls(tuple((Fraction(number), str(number)) for number in puzzle.numbers), puzzle.target, puzzle.all_used)

    @property
    def numbers(self) -> tuple[str, ...]:
        return tuple(str(value) for value, _ in self.left)

    @property
    def key(self) -> tuple[Fraction, ...]:
        """Equal for positions that leave the same to do."""
        return tuple(sorted(value for value, _ in self.left))

    @property
    def moves(self) -> "dict[str, Position]":
        """What each move comes to: two numbers are replaced by one. Of those that come to the same, the first."""
        found = dict[tuple[Fraction, ...], tuple[str, Position]]()
        for one, other in permutations(range(len(self.left)), 2):
            rest = tuple(number for place, number in enumerate(self.left) if place not in (one, other))
            (first, made_first), (second, made_second) = self.left[one], self.left[other]
            for sign, of in OPERATIONS.items():
                if sign == "/" and second == 0:
                    continue
                made = f"{_enclosed(made_first)} {sign} {_enclosed(made_second)}"
                there = replace(self, left=(*rest, (of(first, second), made)))
                found.setdefault(there.key, (f"{first} {sign} {second}", there))
        return dict(found.values())

    @property
    def solution(self) -> str | None:
        """The expression that makes the target, if it is there or a last move away: that is calculated, not guessed."""
        ends: list[Position] = [self] if len(self.left) == 1 or not self.all_used else []
        if len(self.left) == 2 or not self.all_used:
            ends += self.moves.values()
        return next((made for end in ends for value, made in reversed(end.left) if value == self.target), None)


def _enclosed(made: str) -> str:
    return made if made.isdigit() else f"({made})"


def fault(puzzle: Puzzle, answer: str) -> tuple[float, str] | None:
    """Why an answer is no solution, and how near it comes, from 0 to 1. None: it is one."""
    text = _formula(answer)
    used = list[int]()
    try:
        value = _value(parse(text).body, used) if 0 < len(text) <= LONGEST else None
    except ZeroDivisionError:
        return 0.0, f"{text} divides by zero"
    except (SyntaxError, ValueError, RecursionError):
        value = None
    if value is None:
        return 0.0, f"{answer.strip()[:LONGEST]!r} is not an expression of whole numbers with + - * / and parentheses"
    left, given = Counter(used), Counter(puzzle.numbers)
    if left - given or (puzzle.all_used and given - left):
        return 0.2, f"{text} uses {', '.join(map(str, sorted(used)))} and not each of {puzzle.numbers} once"
    if value != puzzle.target:
        return 0.5, f"{text} makes {value} and not {puzzle.target}"
    wrong = next((side for side in _said_equal(answer) if not _makes(side, puzzle.target)), None)
    return None if wrong is None else (0.5, f"{text} makes {value}, and {wrong} does not")


def _sides(answer: str) -> list[str]:
    """Of an equation, in which products may be written without their sign."""
    text = plain(rewritten(answer, WRITTEN)).rstrip(". \n")
    sides = (side.strip() for side in text.split("="))
    return [side if TORN.search(side) else PRODUCT.sub(lambda found: f"{found[1] or ''}*", side) for side in sides]


def _formula(answer: str) -> str:
    """Of an equation the side that is calculated: the first that is no bare number."""
    sides = _sides(answer)
    return next((side for side in sides if side and not BARE.fullmatch(side)), sides[0])


def _said_equal(answer: str) -> list[str]:
    """What else the first line's equation says to be equal, up to the words behind it: what they explain is no part of it."""
    lines = (line for line in EXPLAINED.sub("", answer).strip().split("\n") if _formula(line) == _formula(answer))
    sides = _sides(next(lines, answer))
    first = next((place for place, side in enumerate(sides) if BEHIND.sub("", side) != side), len(sides) - 1)
    return [BEHIND.sub("", side) for side in sides[: first + 1] if side != _formula(answer)]


def _makes(side: str, target: int) -> bool:
    """Whether another side of the equation is the target, too; one without numbers says nothing, and a decimal is near."""
    with suppress(SyntaxError, ValueError, RecursionError, ZeroDivisionError):
        if not side or BARE.fullmatch(side):
            return not side or Fraction(side.strip(" ()")) == target
        value = _value(parse(DECIMAL.sub(lambda found: f"({Fraction(found[0])})", side)).body, [])
        return abs(value - target) <= (abs(target) * ROUNDED if DECIMAL.search(side) else 0)
    return False


def _value(body: list[ast.stmt], used: list[int]) -> Fraction:
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        raise ValueError("not one expression")
    return _of(body[0].value, used)


def _of(node: ast.expr, used: list[int]) -> Fraction:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        used.append(node.value)
        return Fraction(node.value)
    if not isinstance(node, ast.BinOp):
        raise ValueError("not arithmetic on whole numbers")
    left, right = _of(node.left, used), _of(node.right, used)
    match node.op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case _:
            raise ValueError("not one of + - * /")
