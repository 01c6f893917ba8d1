"""The programs in replies: which of a reply's blocks is meant, what it needs of the others, and how it says what it found."""

import ast
import builtins
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal

from agent.verify.fences import Block, blocks
from agent.verify.source import DEFINITION, bound, is_left_open, parse, syntax_fault, tree_of

BARE = re.compile(r"^(?:def|import|from|class|print)\b", re.MULTILINE)
WITHOUT_EFFECT = DEFINITION | ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign
WRITERS = frozenset(("print", "pprint", "stdout"))
"""By these names a program says itself what it found."""
EXITS = frozenset(("exit", "quit"))

Lines = Literal["one", "ended", "many"]
"""What a print comes to: one line, one line in a loop that it ends, or one in each round."""
Printing = Mapping[str, Lines | None]
"""What the functions of a program print last."""
CALLS_WITHIN = 4
"""Functions that call one another of which this is known."""


def extract_code(text: str, entry_point: str | None) -> str | None:
    """The program in a reply: the last fenced block that gives the entry point, else the longest of what is marked as Python;
    rather one without a syntax fault, with what it needs of the blocks before it. Else bare Python.
    """
    found = blocks(text)
    sound = [block for block in found if block.parses or not block.closed] or found
    given = [[block for block in some if entry_point and block.binds(entry_point)] for some in (sound, found)]
    given.insert(0, [block for block in given[0] if entry_point and not leaves_open(block.code, entry_point)])
    for defining in given:
        if defining:
            return _with_helpers(defining[-1], found)
    if sound:
        return _with_helpers(max(sound, key=lambda block: (block.marked, len(block.code))), found)
    bare = text.strip()
    return bare if BARE.search(bare) and not syntax_fault(bare) else None


def holds_program(text: str, entry_point: str | None, known: Sequence[str] = ()) -> bool:
    """Whether a closed block has the wanted program: no stub, no data, no plan, and none that is known."""
    whole = [block for block in blocks(text) if block.closed and block.parses and block.code not in known]
    if entry_point is None:
        return any(block.code.strip().count("\n") and (block.marked or _does_something(block.code)) for block in whole)
    return any(block.binds(entry_point) and not leaves_open(block.code, entry_point) for block in whole)


def leaves_open(code: str, name: str) -> bool:
    """Whether the function of that name, or each method of the class, is yet to be filled in."""
    named = [one for one in tree_of(code).body if isinstance(one, DEFINITION) and one.name == name]
    return bool(named) and is_left_open(named[-1]) and not getattr(named[-1], "bases", ())


def _does_something(code: str) -> bool:
    return any(isinstance(node, ast.Call | DEFINITION) for node in ast.walk(parse(code)))


def _with_helpers(chosen: Block, found: Sequence[Block]) -> str:
    """With the blocks before it that define or import what it uses and does not bind."""
    code = chosen.code
    before = next(place for place, block in enumerate(found) if block is chosen)
    for block in reversed(found[:before]):
        if syntax_fault(code):
            break
        if block.parses and missing(parse(code)) & _helps(parse(block.code)):
            code = with_prelude(block.code, code)
    return code


def _helps(tree: ast.Module) -> set[str]:
    """The names that a block gives to others; none where it does more."""
    if not all(isinstance(one, WITHOUT_EFFECT) for one in tree.body):
        return set()
    return {name for node in tree.body for name in ((node.name,) if isinstance(node, DEFINITION) else bound(node))}


def missing(tree: ast.Module) -> set[str]:
    """The names that it uses and nothing binds."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return used - set(bound(tree)) - set(dir(builtins))


def with_prelude(prelude: str, code: str) -> str:
    """The statement's helper code in front of the candidate, unless the candidate repeats it; `__future__` stays first."""
    repeated = {line.rstrip() for line in code.splitlines()}
    if not any(line.strip() and line.rstrip() not in repeated for line in prelude.splitlines()):
        return code
    lines = f"{prelude}\n\n\n{code}".split("\n")
    first = [line for line in lines if line.startswith("from __future__ ")]
    return "\n".join([*dict.fromkeys(first), *(line for line in lines if line not in first)])


def printing(code: str) -> str:
    """The program with a `print` of its last value, if it writes nothing: small models end with `total = …` or `total`."""
    if syntax_fault(code):
        return code
    tree = parse(code)
    last = tree.body[-1] if tree.body else None
    if any(_writes(node) for node in ast.walk(tree)):
        return code
    if isinstance(last, ast.Expr) and any(isinstance(node, ast.Call | ast.NamedExpr) for node in ast.walk(last)):
        return _printed_in_place(code, last)
    value = _value(last)
    try:
        return f"{code}\nprint({ast.unparse(value)})" if value else code
    except RecursionError:
        return code


def _writes(node: ast.AST) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    if name == "stdout" and isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and node.value.id == "sys"
    return name in WRITERS


def _value(last: ast.stmt | None) -> ast.expr | None:
    """What the last statement is about, where it can be looked at again."""
    if isinstance(last, ast.AugAssign) or (isinstance(last, ast.AnnAssign) and last.value):
        return last.target
    if isinstance(last, ast.Assign):
        return last.targets[0]
    return last.value if isinstance(last, ast.Expr) else None


def _printed_in_place(code: str, last: ast.Expr) -> str:
    """A call that was made twice would give the second item of an iterator."""
    said = ast.get_source_segment(code, last)
    lines = code.encode().split(b"\n")
    if said is None or "\r" in code or "\f" in code or last.end_lineno is None or last.end_col_offset is None:
        return code
    before = b"\n".join([*lines[: last.lineno - 1], lines[last.lineno - 1][: last.col_offset]]).decode()
    after = b"\n".join([lines[last.end_lineno - 1][last.end_col_offset :], *lines[last.end_lineno :]]).decode()
    printed = f"{before}print(({said})){after}" if isinstance(last.value, ast.Tuple) else f"{before}print({said}){after}"
    return code if syntax_fault(printed) else printed


def ends_in_one_line(code: str) -> bool:
    """Whether the lines that a program prints lead to the last: it prints more than once, and that one in no loop."""
    tree = tree_of(code)
    nodes = tuple(ast.walk(tree))
    if sum(isinstance(node, ast.Call) and _called(node) == "print" for node in nodes) < 2:
        return False
    known: Printing = {}
    for _ in range(CALLS_WITHIN):
        known = {node.name: _last_print(node.body, known) for node in nodes if isinstance(node, ast.FunctionDef)}
    return _last_print(tree.body, known) != "many"


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _last_print(body: Sequence[ast.stmt], known: Printing) -> Lines | None:
    """Of the last print that a body comes to; None: it comes to none."""
    for place in range(len(body) - 1, -1, -1):
        lines = _prints(body[place], known)
        if lines == "one" and any(_leaves(after) for after in body[place + 1 :]):
            return "ended"
        if lines:
            return lines
    return None


def _leaves(statement: ast.stmt) -> bool:
    called = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) and _called(statement.value) in EXITS
    return called or isinstance(statement, ast.Break | ast.Return)


def _prints(statement: ast.stmt, known: Printing) -> Lines | None:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return None
        case ast.For() | ast.While():
            inside = _last_print(statement.body, known)
            rounds: Lines | None = "one" if inside == "ended" else "many" if inside else None
            return _last_print(statement.orelse, known) or rounds
        case ast.If():
            return _worst(_last_print(statement.body, known), _last_print(statement.orelse, known))
        case ast.With():
            return _last_print(statement.body, known)
        case ast.Try():
            return _last_print([*statement.body, *statement.orelse, *statement.finalbody], known)
        case _:
            calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
            return _worst(*map(partial(_prints_in_call, statement, known), calls))


def _prints_in_call(statement: ast.stmt, known: Printing, call: ast.Call) -> Lines | None:
    name = _called(call)
    lines: Lines | None = "one" if name == "print" else known.get(name)
    each = (part for part in ast.walk(statement) if isinstance(part, ast.ListComp | ast.SetComp | ast.GeneratorExp))
    if lines and any(call is inner for part in each for inner in ast.walk(part)):
        return "many"
    return "one" if lines == "ended" else lines


def _worst(*lines: Lines | None) -> Lines | None:
    order: tuple[Lines, ...] = ("many", "one", "ended")
    return next((one for one in order if one in lines), None)
