"""What is wrong with the checks that a user or a suite gave: a candidate must never pass one that is none."""

import ast
from collections.abc import Collection, Iterator, Sequence
from keyword import iskeyword

from agent.verify import statement
from agent.verify.source import FUNCTION, bound, parse, syntax_fault
from agent.verify.statement import OF_CLASS
from agent.verify.verify import Problem
from tools.statements import has_uncalled_check, is_test


def faults(problem: Problem) -> Iterator[tuple[str, str]]:
    """Field and reason for what was given and could verify nothing."""
    entry = problem.entry_point
    if entry is not None and not (_is_name(entry) or OF_CLASS.fullmatch(entry)):
        yield "entry_point", f"{entry!r} cannot be a function's name"
    elif problem.tests is not None and (fault := _tests_fault(problem.tests, problem)):
        yield "tests", fault
    if problem.check is not None and not _commands(problem.check):
        yield "check", "an empty command checks nothing"


def _is_name(text: str) -> bool:
    return text.isidentifier() and not iskeyword(text)


def _commands(check: str) -> list[str]:
    lines = (line.strip("\0 \t\r") for line in check.split("\n"))
    return [line for line in lines if line and not line.startswith("#")]


def _tests_fault(tests: str, problem: Problem) -> str | None:
    """As `tests_fault`, and why a single statement tests nothing: who has written it can mend it."""
    return tests_fault(tests, problem) or next((why for _, why in _idle(parse(tests))), None)


def tests_fault(tests: str, problem: Problem) -> str | None:
    """Why every program would pass them, or none could; None where one statement at least may tell programs apart."""
    if fault := syntax_fault(tests):
        return f"not Python: {fault}"
    tree = parse(tests)
    idle = dict(_idle(tree))
    tried = [node for node in tree.body if not _only_binds(node) and not _is_idle(node, idle)]
    return None if _is_tried(tests, problem, tried) else next(iter(idle.values()), "no test is in it")


def _is_tried(tests: str, problem: Problem, tried: Sequence[ast.stmt]) -> bool:
    """Whether there is something that could fail. Of a `check(candidate)` that nothing calls it must be known on what."""
    if not has_uncalled_check(tests):
        return bool(tried)
    called = statement.read(problem.text, problem.entry_point).called
    return called is not None or any(isinstance(node, ast.Assert | FUNCTION | ast.ClassDef) for node in tried)


def _only_binds(node: ast.stmt) -> bool:
    if isinstance(node, FUNCTION):
        return not node.name.startswith(("test", "runTest"))
    if isinstance(node, ast.Expr):
        return not is_test(node)
    if isinstance(node, ast.ClassDef):
        return not node.bases and all(map(_only_binds, node.body))
    if isinstance(node, ast.Assign):
        return all(isinstance(name, ast.Name) and not name.id.lower().startswith("test") for name in node.targets)
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Pass | ast.AnnAssign | ast.AugAssign | ast.Delete)


def _is_idle(node: ast.stmt, idle: Collection[ast.stmt]) -> bool:
    """Whether all that is in it is, or only binds names."""
    parts = [part for part in ast.walk(node) if isinstance(part, ast.stmt) and not hasattr(part, "body")]
    return any(part in idle for part in parts) and all(part in idle or _only_binds(part) for part in parts)


def _idle(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """Statements that look like tests and cannot fail, each with why. What is compared in a `with` or `try`, in a test with a
    mark, or with something of the tests' own, may be meant to raise.
    """
    own = {node.name for node in tree.body if isinstance(node, FUNCTION | ast.ClassDef)}
    own |= {name for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) for name in bound(node)}
    yield from _idle_in(tree.body, own)
    owners = (tree, *(node for node in tree.body if isinstance(node, ast.ClassDef)))
    for test in (part for owner in owners for part in owner.body if isinstance(part, FUNCTION)):
        if test.name.startswith("test") and not test.decorator_list:
            yield from _idle_in(test.body, own | {parameter.arg for parameter in test.args.args})


def _idle_in(body: Sequence[ast.stmt], own: set[str]) -> Iterator[tuple[ast.stmt, str]]:
    for node in body:
        if isinstance(node, ast.For | ast.While | ast.If):
            yield from _idle_in((*node.body, *node.orelse), own)
        elif isinstance(node, ast.Expr) and _only_compares(node.value, own):
            yield node, f"line {node.lineno} compares and asserts nothing"
        elif isinstance(node, ast.Return) and node.value and _only_compares(node.value, own):
            yield node, f"line {node.lineno} returns what it should assert"
        elif isinstance(node, ast.Assert) and _is_collection(node.test):
            yield node, f"line {node.lineno} asserts a collection, which is always true"


def _is_collection(value: ast.expr) -> bool:
    return isinstance(value, ast.Tuple | ast.List) and any(not isinstance(part, ast.Starred) for part in value.elts)


def _only_compares(value: ast.expr, own: set[str]) -> bool:
    if isinstance(value, ast.BoolOp):
        return all(_only_compares(part, own) for part in value.values)
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not):
        return _only_compares(value.operand, own)
    names = {part.id for part in ast.walk(value) if isinstance(part, ast.Name)}
    return isinstance(value, ast.Compare) and not names & own
