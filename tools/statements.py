"""Which statements of a user's tests are tests, and how many there are, by their text alone. On both sides of the box."""

import ast
from collections.abc import Iterator

_RUNNERS = ("unittest.main", "pytest.main")
_AS_MAIN = ("__name__ == '__main__'", "'__main__' == __name__")


def flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements, with the body of `if __name__ == "__main__"` in its place, but for what starts a test runner."""
    for statement in body:
        if isinstance(statement, ast.If) and ast.unparse(statement.test).replace('"', "'") in _AS_MAIN:
            yield from (one for one in statement.body if not any(runner in ast.unparse(one) for runner in _RUNNERS))
        else:
            yield statement


def is_test(statement: ast.stmt) -> bool:
    """Whether it can find a fault: what only binds names is no test, or a text of mere definitions would pass everything, nor
    is an expression that calls nothing, or data would.
    """
    if isinstance(statement, ast.Expr):
        return any(isinstance(node, ast.Call) for node in ast.walk(statement))
    if isinstance(statement, (ast.For, ast.While, ast.With, ast.Try, ast.If, ast.Match)):
        return any(isinstance(node, (ast.Assert, ast.Raise, ast.Call)) for node in ast.walk(statement))
    return isinstance(statement, ast.Assert)


def called(tests: str, entry_point: str | None) -> str:
    """A `check(candidate)` that nothing in the text calls, as in HumanEval's own files, is called on the entry point."""
    return f"{tests}\n\ncheck({entry_point})\n" if entry_point and has_uncalled_check(tests) else tests


def has_uncalled_check(tests: str) -> bool:
    """Whether there is a `check` that calls what it is given, and nothing that calls it."""
    tree = _parsed(tests)
    checks = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check"]
    used = any(_names(node, "check") for node in tree.body if node not in checks)
    return any(map(_calls_its_argument, checks)) and not used


def _calls_its_argument(check: ast.FunctionDef) -> bool:
    wanted = [*check.args.posonlyargs, *check.args.args][: -len(check.args.defaults) or None]
    called = [node.func for node in ast.walk(check) if isinstance(node, ast.Call)]
    return len(wanted) == 1 and not check.decorator_list and any(_names(one, wanted[0].arg) for one in called)


def _names(node: ast.AST, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))


def fewest_tests(tests: str) -> int:
    """How many tests are in the text at the least: parameters make several of one, and a base class may have more."""
    return sum(map(_tests_in, flat(_parsed(tests).body))) + has_uncalled_check(tests)


def _parsed(tests: str) -> ast.Module:
    """Empty for what is no Python."""
    try:
        return ast.parse(tests)
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])


def _tests_in(statement: ast.stmt) -> int:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        marks = [ast.unparse(mark) for mark in statement.decorator_list]
        return int(statement.name.startswith("test") and not any("skip" in mark or "fixture" in mark for mark in marks))
    if isinstance(statement, ast.ClassDef):
        tried = statement.name.startswith("Test") or bool(statement.bases)
        return sum(_tests_in(part) for part in statement.body if tried and not is_test(part))
    return int(is_test(statement))
