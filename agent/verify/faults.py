"""What is wrong with the checks that a user gave: a candidate must never pass one that is none."""

import ast
from collections.abc import Iterator
from keyword import iskeyword

from agent.verify import statement
from agent.verify.source import FUNCTION, bound, parse, syntax_fault
from agent.verify.statement import OF_CLASS
from agent.verify.verify import Problem
from tools import harness


def faults(problem: Problem) -> Iterator[tuple[str, str]]:
    """Field and reason for what was given and could verify nothing."""
    if problem.tests is not None and (fault := _tests_fault(problem, problem.tests)):
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


def _tests_fault(problem: Problem, tests: str) -> str | None:
    if fault := syntax_fault(tests):
        return f"not Python: {fault}"
    if not has_a_test(tests, problem):
        return "no test is in it"
    return next(_idle(parse(tests)), None)


def has_a_test(tests: str, problem: Problem) -> bool:
    """Whether something in them could fail: other than names that are bound, and texts. Of a `check(candidate)` that nothing
    calls it must be known on what.
    """
    body = parse(tests).body
    checked = harness.has_uncalled_check(tests) and statement.read(problem.text, problem.entry_point).called
    return bool(checked) or not all(map(_only_binds, body))


def _only_binds(node: ast.stmt) -> bool:
    if isinstance(node, FUNCTION):
        return not node.name.startswith(("test", "runTest"))
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.ClassDef):
        return all(map(_only_binds, node.body))
    if isinstance(node, ast.Assign):
        return not any(isinstance(name, ast.Name) and name.id.lower().startswith("test") for name in node.targets)
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Pass | ast.AnnAssign | ast.AugAssign)


def _idle(tree: ast.Module) -> Iterator[str]:
    """Statements that look like tests and cannot fail, each in words. What is compared in a `with` or `try`, or for a mark or
    a function of the tests' own, may be meant to raise.
    """
    own = {node.name for node in tree.body if isinstance(node, FUNCTION | ast.ClassDef)}
    own |= {name for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) for name in bound(node)}
    tests = (node for node in tree.body if isinstance(node, FUNCTION) and node.name.startswith("test"))
    methods = (part for node in tree.body if isinstance(node, ast.ClassDef) for part in node.body if isinstance(part, FUNCTION))
    bodies = [node.body for node in (*tests, *methods) if not node.decorator_list]
    for node in (*tree.body, *(part for body in bodies for part in body)):
        yield from _idle_in(node, own)


def _idle_in(node: ast.stmt, own: set[str]) -> Iterator[str]:
    if isinstance(node, ast.For | ast.While | ast.If):
        for part in (*node.body, *node.orelse):
            yield from _idle_in(part, own)
    elif isinstance(node, ast.Expr) and _only_compares(node.value, own):
        yield f"line {node.lineno} compares and asserts nothing: {ast.unparse(node)}"
    elif isinstance(node, ast.Return) and node.value and _only_compares(node.value, own):
        yield f"line {node.lineno} returns what it should assert: {ast.unparse(node)}"
    elif isinstance(node, ast.Assert) and isinstance(node.test, ast.Tuple | ast.List) and node.test.elts:
        yield f"line {node.lineno} asserts a collection, which is always true: {ast.unparse(node)}"


def _only_compares(value: ast.expr, own: set[str]) -> bool:
    if isinstance(value, ast.BoolOp):
        return all(_only_compares(part, own) for part in value.values)
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not):
        return _only_compares(value.operand, own)
    names = {part.id for part in ast.walk(value) if isinstance(part, ast.Name)}
    return isinstance(value, ast.Compare) and not names & own
