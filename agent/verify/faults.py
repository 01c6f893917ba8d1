"""What is wrong with the checks that a user gave: a candidate must never pass one that is none."""

import ast
from collections.abc import Iterator
from keyword import iskeyword

from agent.verify.source import parse, syntax_fault
from agent.verify.statement import OF_CLASS
from agent.verify.verify import Problem
from tools import harness

MAY_RAISE = (ast.With, ast.AsyncWith, ast.Try, ast.TryStar)
"""What is compared there may be meant to raise."""


def faults(problem: Problem) -> Iterator[tuple[str, str]]:
    """Field and reason for what was given and could verify nothing."""
    if problem.tests is not None and (fault := _tests_fault(problem.tests, problem.entry_point)):
        yield "tests", fault
    if problem.check is not None and not _commands(problem.check):
        yield "check", "an empty command checks nothing"
    entry = problem.entry_point
    if entry is not None and not (_is_name(entry) or OF_CLASS.fullmatch(entry)):
        yield "entry_point", f"{entry!r} cannot be a function's name"


def _is_name(text: str) -> bool:
    return text.isidentifier() and not iskeyword(text)


def _commands(check: str) -> list[str]:
    lines = (line.strip("\0 \t\r") for line in check.split("\n"))
    return [line for line in lines if line and not line.startswith("#")]


def _tests_fault(tests: str, entry_point: str | None) -> str | None:
    if fault := syntax_fault(tests):
        return f"not Python: {fault}"
    if not harness.fewest_tests(tests, entry_point):
        return "no test is in it"
    return next(_idle(parse(tests).body), None)


def _idle(body: list[ast.stmt]) -> Iterator[str]:
    """Statements that look like tests and cannot fail, each in words."""
    for statement in body:
        if isinstance(statement, ast.Expr) and _only_compares(statement.value):
            yield f"line {statement.lineno} compares and asserts nothing: {ast.unparse(statement)}"
        elif isinstance(statement, ast.Assert) and isinstance(statement.test, ast.Tuple) and statement.test.elts:
            yield f"line {statement.lineno} asserts a tuple, which is always true: {ast.unparse(statement)}"
        elif not isinstance(statement, MAY_RAISE):
            for inner in ("body", "orelse"):
                yield from _idle(getattr(statement, inner, []))


def _only_compares(value: ast.expr) -> bool:
    if isinstance(value, ast.BoolOp):
        return all(map(_only_compares, value.values))
    return isinstance(value, ast.Compare) or (isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not))
