"""Puzzles that ask for an expression: given numbers, each used once, make a target. Read from the text, checked exactly."""

import ast
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import permutations

from agent.verify.source import parse

BETWEEN = r"(?:\s*+,\s*+(?:and\s++)?|\s++and\s++|\s++)"
NUMBERS = re.compile(
    rf"\bnumbers?:?\s*+[\[(]?((?>(?:\d{{1,6}}{BETWEEN})+\d{{1,6}}))\b(?![.,/:^%]\d|%|\s*+(?:,|and\b)?\s*+(?:and\s++)?[-+−(]?\d)",
    re.IGNORECASE,
)
"""All of them whole numbers: a list that goes on with `3.5`, `-5` or `1/2` is none."""
TARGET = re.compile(
    r"\b(?:makes?|gets?|reach(?:es)?|obtain|equals?|forms?|gives?|totals?|comes? to|value (?:is|of))\s++"
    r"(?:exactly |the (?:number|value|target|result) (?:of )?)?(\d{1,9})\b(?![.,/:^]\d|\s*+[-+*/×÷^]\s*+[\d(]|%|!)",
    re.IGNORECASE,
)
ONCE = re.compile(r"\b(?:exactly|only|at most|no more than|used) once\b|\bonce each\b|\beach (?:of them )?once\b", re.I)
AT_MOST = re.compile(r"\b(?:at most|no more than) once\b", re.I)
CALCULATES = re.compile(r"\b(?:expressions?|equations?|arithmetic|operat(?:ions?|ors?))\b|\+[\s,]*-[\s,]*\*", re.I)
RESTRICTED = re.compile(
    r"\bhow many\b|\bnumber of\b|\bcount\b|\b(?:two|three|four|five|\d) of\b"
    r"|\bleft to right\b|\b(?:starts?|begins?|ends?) with\b|(?<!any )\border\b(?! to\b)"
    r"|\b(?:without|no) (?:using )?(?:any )?(?:parenthes|bracket|operat|negative|fraction|add|subtract|multipl|divi)"
    r"|\beach operat|\boperat(?:or|ion)s?,? (?:each |used |exactly |only |may be used )*once\b"
    r"|\b(?:largest|smallest|shortest|longest|fewest|fewer|all|every|different|impossible)"
    r" (?:possible )?(?:expression|way|result|solution|operat)"
    r"|\b(?:whole|integer|positive|negative)\b[^.]{0,40}\b(?:only|at every|at each|along)|\bintermediate\b"
    r"|\b(?:only|operations?|operators?)(?: the)? (?:operat\w+ |signs? |symbols? )?[-+*/×÷](?![\s,]*+(?:and |or )?[-+*/×÷])"
    r"|\b(?:twice|at least (?:two|three|\d)|no more than (?:two|three|\d))\b",
    re.IGNORECASE,
)
"""A condition that is not checked here, or a question that no expression answers."""
SYMBOLS = re.compile(r"[-+*/×÷](?:[\s,]*+(?:(?:and|or)\s++)?[-+*/×÷])+")
NAMES = re.compile(r"\b(add|subtract|multipl|divi)(?:ition|ion|ication|sion|de|y)?\b", re.IGNORECASE)
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


def read_puzzle(text: str) -> Puzzle | None:
    """None where the text does not plainly say all of it."""
    numbers = NUMBERS.search(text)
    if not (numbers and ONCE.search(text) and CALCULATES.search(text)) or RESTRICTED.search(text) or _some_operations(text):
        return None
    targets = {int(found) for found in TARGET.findall(text[numbers.end() :])}
    if len(targets) != 1:
        return None
    return Puzzle(tuple(map(int, re.findall(r"\d+", numbers[1]))), targets.pop(), AT_MOST.search(text) is None)


def _some_operations(text: str) -> bool:
    """Whether the text lists some of the four operations, but not all."""
    signs = {
        sign.replace("×", "*").replace("÷", "/") for listed in SYMBOLS.findall(text) for sign in re.findall(r"[-+*/×÷]", listed)
    }
    names = {name.lower() for name in NAMES.findall(text)}
    return any(0 < len(listed) < len(OPERATIONS) for listed in (signs, names))


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
    text = answer.split("=")[0].strip().strip("`$").replace("×", "*").replace("·", "*").replace("÷", "/").strip()
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
    return None if value == puzzle.target else (0.5, f"{text} makes {value} and not {puzzle.target}")


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
