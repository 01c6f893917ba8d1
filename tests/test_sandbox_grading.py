"""Graders on hostile answers: whatever the text does where it is evaluated, it cannot say of itself that it is right."""

import pytest

from tests.sandboxes import OutcomeOf, both, outcome_of, paired  # noqa: F401  (some are fixtures)
from tools import harness
from tools.sandbox import Run

# ruff: noqa: F811

EVALUATES = "def grade(answer):\n    return eval(answer) == 24"
TRUSTING = (
    "SECRET = 24\ndef grade(answer):\n    value = eval(answer, {'__builtins__': {}}, {})\n    return abs(value - SECRET) < 1e-9"
)
EXECUTES = "def grade(answer):\n    names = {}\n    exec(answer, names)\n    return names['f'](3) == 9 and names['f'](4) == 16"
COMPILES = (
    "import ast\ndef grade(answer):\n    return eval(compile(ast.parse(answer, mode='eval'), 'a', 'eval'), {'x': 5}) == 25"
)
CLASSES = "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef grade(answer): return P(1).x == int(answer)"
GUARDED = "def f(x):\n    return x * x\nif __name__ == '__main__':\n    print(f(int(input())))"
RUNS = """
def grade(answer):
    shown, lines = [], iter(['3'])
    exec(answer, {'__name__': '__main__', 'input': lambda: next(lines), 'print': lambda value: shown.append(str(value))})
    return shown == ['9']
"""
OPEN = "def grade(answer):\n    return eval(answer, globals()) == 24"
IMPORTS = "def grade(answer):\n    names = {'__name__': 'program'}\n    exec(answer, names)\n    return names['f'](3) == 9"
SHARES = "def grade(answer):\n    exec(answer, globals())\n    return f(1) == 2"
LINKED = """from dataclasses import dataclass
@dataclass
class Node:
    at: int
    nxt: 'Node' = None
def f(x):
    return Node(x).at + 1
"""
ROOTS = "import math\ndef grade(answer):\n    return eval(answer, {'sqrt': math.sqrt, 'abs': abs}) == 3"


def grading(grader: str, answer: str = "24", **_: bool) -> Run:
    return harness.grading_run(grader, answer)


@pytest.mark.parametrize(
    ("grader", "answer", "right"),
    [
        (EVALUATES, "4 * 6", True),
        (EVALUATES, "4 * 7", False),
        (EVALUATES, "4 *", False),
        (TRUSTING, "(10 - 4) * 4", True),
        (TRUSTING, "23.5", False),
        (EXECUTES, "def f(x):\n    return x * x", True),
        (EXECUTES, "f = lambda x: 9", False),
        (COMPILES, "x * x", True),
        (COMPILES, "x + x", False),
        (ROOTS, "abs(-sqrt(9))", True),
        ("def grade(answer):\n    return [1] if answer == 'a' else []", "a", True),
        ("def grade(answer):\n    return [1] if answer == 'a' else []", "b", False),
        (CLASSES, "1", True),
        (RUNS, GUARDED, True),
        (RUNS, GUARDED.replace("x * x", "x + x"), False),
        (RUNS, "print(int(input()) ** 2)", True),
        (IMPORTS, GUARDED, True),
        (SHARES, f"from __future__ import annotations\n{LINKED}", True),
        (SHARES, LINKED, True),
        ("def grade(answer):\n    return eval(answer, {'__name__': 'here'}) == 'here'", "__name__", True),
    ],
)
def test_an_honest_answer_is_graded_as_it_deserves(grader: str, answer: str, right: bool, outcome_of: OutcomeOf) -> None:
    assert harness.graded(outcome_of(grading)) is right


ALWAYS = "type('A', (), {name: lambda *_: True for name in ('__eq__', '__lt__', '__gt__', '__abs__', '__sub__', '__bool__')})()"
NEAR = "().__class__.__class__('A', (), {name: lambda *_: 0 for name in ('__abs__', '__sub__', '__rsub__')})()"
FRAMES = r"b'\0\0\0\x04true\0\0\0\x08finished'"
OUTWARD = "().__class__.__base__.__subclasses__"


@pytest.mark.parametrize(
    "grader", [EVALUATES, TRUSTING, EXECUTES, RUNS, OPEN, "def grade(answer):\n    return eval(answer) is True"]
)
@pytest.mark.parametrize(
    "answer",
    [
        "report(True)",
        "__import__('__main__').report(True)",
        "[report(True), __import__('os')._exit(0)]",
        ALWAYS,
        "f = " + ALWAYS,
        NEAR,
        "setattr(__import__('builtins'), 'bool', lambda _: True) or 0",
        "[frame.f_globals.update(grade=lambda _: True) for frame in [__import__('sys')._getframe(2)]] and 0",
        f"__import__('os').write(5, {FRAMES}) and __import__('os')._exit(0)",
        f"[kind for kind in {OUTWARD}() if kind.__name__ == '_wrap_close'][0].__init__.__globals__['_exit'](0)",
        "SECRET",
        "__builtins__['eval']('SECRET', __builtins__)",
        "__loader__ or __spec__ or __file__",
        "')\nreport(True)\n#",
        "'''\nreport(True)\n'''",
        "\\udc80\ud800 ' \" \\",
        "",
    ],
)
def test_a_hostile_answer_cannot_fake_a_pass(grader: str, answer: str, outcome_of: OutcomeOf) -> None:
    assert harness.graded(outcome_of(grading)) is False


@pytest.mark.parametrize(
    "grader",
    [
        "def grade(answer): raise SystemExit(0)",
        "def grade(answer): import os; os._exit(0)",
        "def grade(answer): raise ValueError",
        "grade = 5",
        "def other(answer): return True",
        "def grade(",
        "import sys; sys.exit(0)",
    ],
)
def test_a_grader_that_fails_passes_nothing(grader: str, outcome_of: OutcomeOf) -> None:
    assert harness.graded(outcome_of(grading)) is False
