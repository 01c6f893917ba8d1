"""Rewrites `assert` so that a failure tells the values, each expression evaluated once. Runs inside the box."""

import ast
import operator
from collections.abc import Callable
from typing import Any, cast

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
_Later = Callable[[], Any]


class Failed(AssertionError):
    """Its text is a whole line for the reader."""


def compare(left: Any, sign: str, right: Any, source: str, shown: str, message: _Later, names: _Later) -> None:
    """`shown` says what to tell: the left value, the right one, or both."""
    if _OPERATORS[sign](left, right):
        return
    if shown == "left":
        got = f"got {_text(left)}"
    elif shown == "right":
        got = f"got {_text(right)}"
    else:
        got = f"got {_text(left)}, expected {_text(right)}" if sign == "==" else f"got {_text(left)} and {_text(right)}"
    raise Failed(f"assert {source}: {got}{_rest(message, names)}")


def check(value: Any, wanted: bool, source: str, message: _Later, names: _Later) -> None:
    if bool(value) is not wanted:
        raise Failed(f"assert {source}: got {_text(value)}{_rest(message, names)}")


NAMES: dict[str, object] = {"__ponder_compare__": compare, "__ponder_check__": check}
"""What rewritten code refers to."""


def _rest(message: _Later, names: _Later) -> str:
    parts: list[str] = []
    for later in (names, message):
        # Only the reader's comfort hangs on these; what goes wrong here must not hide the failure.
        try:
            found = later()
        except Exception:
            continue
        if isinstance(found, dict):
            known = cast("dict[str, object]", found)
            parts += [f"{name} = {_text(value)}" for name, value in known.items() if not callable(value)]
        elif found is not None:
            parts.append(_text(found) if not isinstance(found, str) else found[:_VALUE])
    return f" ({'; '.join(parts)})" if parts else ""


def _text(value: object) -> str:
    try:
        text = repr(value)
    except Exception as error:
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= _VALUE else f"{text[: _VALUE - 3]}..."


def rewritten(tree: ast.Module) -> ast.Module:
    return ast.fix_missing_locations(_Rewriter().visit(tree))


class _Rewriter(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> "list[ast.stmt]":
        if any(isinstance(part, (ast.Await, ast.Yield, ast.YieldFrom)) for part in ast.walk(node)):
            return [node]
        # `assert a and b` is `assert a` and then `assert b`.
        tests = node.test.values if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.And) else [node.test]
        return [ast.copy_location(ast.Expr(self._call(test, node.msg)), node) for test in tests]

    def _call(self, test: ast.expr, message: "ast.expr | None") -> ast.expr:
        source = ast.Constant(" ".join(ast.unparse(test).split()))
        later = [_lambda(message or ast.Constant(None)), _lambda(_names(test))]
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            left, right = test.left, test.comparators[0]
            sign = ast.Constant(_SIGNS[type(test.ops[0])])
            return _call("__ponder_compare__", left, sign, right, source, ast.Constant(_shown(left, right)), *later)
        wanted = True
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test, wanted = test.operand, False
        return _call("__ponder_check__", test, ast.Constant(wanted), source, *later)


def _shown(left: ast.expr, right: ast.expr) -> str:
    if _literal(right):
        return "left"
    return "right" if _literal(left) else "both"


def _literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _names(test: ast.expr) -> ast.expr:
    """A dict of the plain variables that the expression reads, but not of the functions it calls."""
    called = {id(node.func) for node in ast.walk(test) if isinstance(node, ast.Call)}
    bound = {node.id for node in ast.walk(test) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    read = [
        node.id for node in ast.walk(test) if isinstance(node, ast.Name) and id(node) not in called and node.id not in bound
    ]
    names = list(dict.fromkeys(read))[:4]
    whole = {test.left, *test.comparators} if isinstance(test, ast.Compare) else {test}
    names = [name for name in names if not any(isinstance(part, ast.Name) and part.id == name for part in whole)]
    keys: list[ast.expr | None] = [ast.Constant(name) for name in names]
    return ast.Dict(keys, [ast.Name(name, ast.Load()) for name in names])


def _lambda(body: ast.expr) -> ast.expr:
    return ast.Lambda(ast.arguments([], [], None, [], [], None, []), body)


def _call(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])
