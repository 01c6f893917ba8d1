"""Rewrites `assert` so that a failure tells the values, each expression evaluated once. Runs inside the box.

What is told is worked out when an assertion fails; one that holds costs little more than its expression.
"""

import ast
import inspect
import operator
import types
from collections.abc import Callable, Mapping
from typing import Any

_VALUE = 200
_OPERATORS: dict[str, Callable[[Any, Any], object]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
}
_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_Message = Callable[[], object]
_SUSPENDS = (ast.Await, ast.Yield, ast.YieldFrom)


class Failed(AssertionError):
    """Its text is a whole line for the reader."""


class Assertions:
    """The rewriting of one text's assertions. `names` is what rewritten code refers to."""

    def __init__(self) -> None:
        self._tests: list[ast.expr] = []
        self.names: Mapping[str, object] = {"__ponder_compare__": self._compare, "__ponder_check__": self._check}

    def rewritten(self, tree: ast.Module) -> ast.Module:
        return _Rewriter(self._tests).visit(tree)

    def _compare(self, left: Any, right: Any, sign: str, number: int, message: "_Message | None" = None) -> None:
        if _OPERATORS[sign](left, right):
            return
        test, here = self._tests[number], inspect.currentframe()
        sides = [test.left, *test.comparators] if isinstance(test, ast.Compare) else [test, test]
        if _literal(sides[1]):
            got = f"got {_text(left)}"
        elif _literal(sides[0]):
            got = f"got {_text(right)}"
        else:
            got = f"got {_text(left)}, expected {_text(right)}" if sign == "==" else f"got {_text(left)} and {_text(right)}"
        raise Failed(f"assert {_source(test)}: {got}{_rest(test, here, message)}")

    def _check(self, value: Any, wanted: bool, number: int, message: "_Message | None" = None) -> None:
        if bool(value) is not wanted:
            test, here = self._tests[number], inspect.currentframe()
            raise Failed(f"assert {_source(test)}: got {_text(value)}{_rest(test, here, message)}")


def _source(test: ast.expr) -> str:
    return " ".join(ast.unparse(test).splitlines())


def _rest(test: ast.expr, here: "types.FrameType | None", message: "_Message | None") -> str:
    """The plain variables that the test reads, and its message. The test stands in the frame behind `here`."""
    parts: list[str] = []
    place = here.f_back if here else None
    values = {**place.f_globals, **place.f_locals} if place else {}
    for name in _names(test):
        value = values.get(name, _rest)
        if not callable(value):
            parts.append(f"{name} = {_text(value)}")
    if message is not None:
        # Only the reader's comfort hangs on it; what goes wrong here must not hide the failure.
        try:
            found = message()
            parts.append(found[:_VALUE] if isinstance(found, str) else _text(found))
        except Exception:
            pass
    return f" ({'; '.join(parts)})" if parts else ""


def _text(value: object) -> str:
    try:
        text = repr(value)
    except Exception as error:
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= _VALUE else f"{text[: _VALUE - 3]}..."


class _Rewriter(ast.NodeTransformer):
    def __init__(self, tests: "list[ast.expr]") -> None:
        self._tests = tests

    def visit_Assert(self, node: ast.Assert) -> "list[ast.stmt]":
        # `assert a and b` is `assert a` and then `assert b`.
        tests = node.test.values if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.And) else [node.test]
        return [self._call(test, node.msg) for test in tests]

    def _call(self, test: ast.expr, message: "ast.expr | None") -> ast.stmt:
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            name, values = "__ponder_compare__", [test.left, test.comparators[0], _constant(_SIGNS[type(test.ops[0])], test)]
        elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            name, values = "__ponder_check__", [test.operand, _constant(False, test)]
        else:
            name, values = "__ponder_check__", [test, _constant(True, test)]
        self._tests.append(test)
        values.append(_constant(len(self._tests) - 1, test))
        if message is not None and not any(isinstance(part, _SUSPENDS) for part in ast.walk(message)):
            nothing = ast.arguments([], [], None, [], [], None, [])
            values.append(ast.copy_location(ast.Lambda(nothing, message), message))
        function = ast.copy_location(ast.Name(name, ast.Load()), test)
        return ast.copy_location(ast.Expr(ast.copy_location(ast.Call(function, values, []), test)), test)


def _constant(value: "str | int", place: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Constant(value), place)


def _literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _names(test: ast.expr) -> "list[str]":
    """Of the plain variables that the expression reads, but not of the functions it calls, nor of those it shows whole."""
    called = {id(node.func) for node in ast.walk(test) if isinstance(node, ast.Call)}
    bound = {node.id for node in ast.walk(test) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    read = [
        node.id for node in ast.walk(test) if isinstance(node, ast.Name) and id(node) not in called and node.id not in bound
    ]
    whole = {test.left, *test.comparators} if isinstance(test, ast.Compare) else {test}
    shown = {part.id for part in whole if isinstance(part, ast.Name)}
    return [name for name in list(dict.fromkeys(read))[:4] if name not in shown]
