"""Assertions as checks: which of a statement's hold something that a function gives against what is known."""

import ast
import builtins
import re
from collections.abc import Iterator
from itertools import islice

from agent.verify.source import LONGEST, parsed

FOLDED = re.compile(r"^[ \t]*+(assert\b[^\n]*[(\[{])[ \t]*+$", re.MULTILINE)
MOST = 100
"""Assertions of several lines that are looked at, each up to `MOST_LINES`."""
MOST_LINES = 40


def asserted(line: str) -> ast.expr | None:
    """What a line asserts; None for any other line."""
    tree = parsed(line.strip()) if line.lstrip().startswith("assert") else None
    asserted = tree.body[0] if tree and len(tree.body) == 1 else None
    return asserted.test if isinstance(asserted, ast.Assert) else None


def unfolded(text: str) -> str:
    """With each assertion that stands on several lines on one."""
    pieces, position = list[str](), 0
    for match in islice(FOLDED.finditer(text), MOST):
        lines = text[match.start(1) : match.start(1) + LONGEST].split("\n")[:MOST_LINES]
        sources = ("\n".join(lines[:count]) for count in range(2, len(lines) + 1))
        whole = next((source for source in sources if asserted(source) is not None), None)
        if match.start() >= position and whole and (test := asserted(whole)):
            pieces += text[position : match.start(1)], f"assert {ast.unparse(test)}"
            position = match.start(1) + len(whole)
    return "".join((*pieces, text[position:]))


def holding(test: ast.expr) -> Iterator[tuple[str, str, str]]:
    """The one unknown function that it calls, the test, and nothing, for there is no value beside it."""
    if isinstance(test, ast.Tuple) and len(test.elts) == 2:  # `assert (f(1) == 2, "message")` was meant to say something
        test = test.elts[0]
    names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name) and not hasattr(builtins, node.id)} - {"math"}
    called = {node.func.id for node in ast.walk(test) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    if len(names) == 1 and names <= called and _says_something(test, *names):
        yield names.pop(), ast.unparse(test), ""


def _says_something(test: ast.expr, name: str) -> bool:
    """Whether it holds what a function gives against what is known: not each program passes it."""
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_says_something(value, name) for value in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _says_something(operand, name)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is() | ast.In()], comparators=[right]):
            return _calls_it(left, name) != _calls_it(right, name)
        case ast.Compare(left=ast.Call(func=ast.Name(id="abs")), ops=[ast.Lt() | ast.LtE()], comparators=[ast.Constant()]):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="math"), attr="isclose"), args=[left, right]):
            return _calls_it(left, name) != _calls_it(right, name)
        case ast.Call(func=ast.Name(id=called)):
            return called == name
        case _:
            return False


def _calls_it(part: ast.expr, name: str) -> bool:
    """Whether the function's result is looked at, and not only its type."""
    named = {node.id for node in ast.walk(part) if isinstance(node, ast.Name)}
    return name in named and not named & {"type", "isinstance", "callable", "hasattr", "id"}
