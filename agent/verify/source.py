"""Python that others wrote, read without running it and without a warning on the terminal."""

import ast
import builtins
import sys
import warnings
from collections.abc import Collection, Iterator

LONGEST = 2_000
"""Characters of an example that are still looked at."""
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
DEFINITION = FUNCTION | ast.ClassDef
NO_LITERAL = (ValueError, TypeError, SyntaxError, RecursionError, MemoryError)
"""What `ast.literal_eval` raises."""
DEEPEST = 100
"""Levels of its syntax tree."""

RUNNING = frozenset(("input", "open", "print", "exit", "quit", "breakpoint", "stdin", "argv"))
"""Names of what a module that is only imported has no use for."""


def parse(source: str) -> ast.Module:
    """Raises `SyntaxError`, also for what is nested too deeply or holds NUL."""
    with warnings.catch_warnings():
        # A candidate's invalid escapes are its own affair.
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(f"cannot be parsed: {type(error).__name__}") from None


def syntax_fault(source: str) -> str | None:
    """One line on why it is not Python, or None."""
    try:
        parse(source)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}: {(error.text or '').strip()}" if error.lineno else error.msg
    return None


def tree_of(source: str) -> ast.Module:
    """Empty for what is no Python."""
    try:
        return parse(source)
    except SyntaxError:
        return ast.Module([], [])


def unwritten(block: str, name: str) -> str:
    """Of code that leaves a function to be written, or the one method of a class: all up to its body, which is the code's end.

    Empty where something else stands last, the body is there, other functions are open, too, or the rest cannot be imported.
    """
    source = next((one for one in _with_a_body(block) if not syntax_fault(one)), "")
    tree = parse(source)
    *others, last = tree.body or [ast.Pass()]
    node = last if getattr(last, "name", None) == name else None
    if isinstance(node, ast.ClassDef):
        methods = [part for part in node.body if isinstance(part, FUNCTION)]
        node = node.body[-1] if len(methods) == 1 else None
    if "\r" in source or not _is_shallow(tree) or not isinstance(node, FUNCTION) or not is_left_open(node):
        return ""
    if any(isinstance(one, FUNCTION) and is_left_open(one) and not one.decorator_list for one in others):
        return ""
    if _importable(others) != others:
        return ""
    lines, first = source.split("\n"), node.body[0]
    before = lines[first.lineno - 1].encode()[: first.col_offset].decode()
    if ast.get_docstring(node) is not None:
        return "" if before.strip() else "\n".join(lines[: first.end_lineno])
    return "\n".join([*lines[: first.lineno - 1], before]).rstrip()


def is_written(block: str, name: str) -> bool:
    """Whether code defines a function with all of its body."""
    body = tree_of(block).body
    return any(isinstance(node, FUNCTION) and node.name == name and not is_left_open(node) for node in body)


def _with_a_body(block: str) -> tuple[str, ...]:
    """As it stands, or with what may be lacking behind it."""
    last = block.rstrip().rpartition("\n")[2]
    margin = last[: len(last) - len(last.lstrip())]
    return block, *(f"{block.rstrip()}\n{margin}{more}pass" for more in ("", "    "))


def is_left_open(node: ast.stmt) -> bool:
    """Whether a statement does nothing yet: `pass`, `...`, `raise NotImplementedError`, or a definition of such."""
    if isinstance(node, DEFINITION):
        return all(map(is_left_open, node.body))
    if isinstance(node, ast.Raise):
        return any(isinstance(part, ast.Name) and part.id == "NotImplementedError" for part in ast.walk(node))
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def without_own_tests(source: str) -> str:
    """A program of functions without the assertions at its top level, the calls of functions that do nothing but assert, and
    the comments above these.

    What a model writes to test its own program is wrong too often to decide on it, and one
    that fails would keep a right function from being imported.
    """
    if "\r" in source or syntax_fault(source):
        return source
    body, lines = parse(source).body, source.split("\n")
    if not any(isinstance(node, DEFINITION) for node in body):
        return source
    tests = {node.name for node in body if isinstance(node, ast.FunctionDef) and _only_asserts(node)}
    dropped, before = set[int](), 0
    for node, after in zip(body, [*(following.lineno for following in body[1:]), len(lines) + 1], strict=True):
        last = node.end_lineno or node.lineno
        named = any(isinstance(part, ast.NamedExpr) for part in ast.walk(node))
        if _tests(node, tests) and not named and before < node.lineno and last < after:
            first = node.lineno
            while first - 1 > before and lines[first - 2].lstrip().startswith("#"):
                first -= 1
            dropped.update(range(first, last + 1))
        before = last
    kept = "\n".join(line for number, line in enumerate(lines, 1) if number not in dropped).rstrip()
    return source if not dropped or syntax_fault(kept) else kept


def _tests(node: ast.stmt, functions: Collection[str]) -> bool:
    """Whether it is an assertion, or calls one of these functions for nothing but what that asserts."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return isinstance(node, ast.Assert)
    call = node.value
    return isinstance(call.func, ast.Name) and call.func.id in functions and all(isinstance(one, ast.Name) for one in call.args)


def _only_asserts(function: ast.FunctionDef) -> bool:
    """Whether it asserts, on what it makes up itself, and does nothing else; that all is well it may print."""
    inside = [node for statement in function.body for node in ast.walk(statement)]
    read = {
        node.id if isinstance(node, ast.Name) else node.attr for node in inside if isinstance(node, ast.Name | ast.Attribute)
    }
    plain = all(
        isinstance(node, ast.Assert | ast.Assign | ast.For) or _is_said(node) for node in inside if isinstance(node, ast.stmt)
    )
    return plain and any(isinstance(node, ast.Assert) for node in inside) and not read & (RUNNING - {"print"})


def _is_said(node: ast.AST) -> bool:
    """A docstring, or a fixed text printed."""
    value = node.value if isinstance(node, ast.Expr) else None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print":
        return all(isinstance(one, ast.Constant) for one in value.args)
    return isinstance(value, ast.Constant)


def same_program(code: str) -> str:
    """A program's normal form: equal for programs that differ in comments, layout, docstrings and names of locals only."""
    if syntax_fault(code):
        return code
    tree = parse(code)
    for node in ast.walk(tree):
        if isinstance(node, DEFINITION) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    try:
        for statement in tree.body:
            if isinstance(statement, FUNCTION):
                _name_locals_alike(statement)
        return ast.dump(tree)
    except RecursionError:
        return code


def _name_locals_alike(function: FUNCTION) -> None:
    """In the order of their appearance. Those keep their names which stand elsewhere, too: parameters and what a class binds,
    for calls and attributes may use them, and what an import, an inner function or a handler binds.
    """
    parts = list(ast.walk(function))
    names = [node for node in parts if isinstance(node, ast.Name)]
    kept = {name for node in parts if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    kept |= {name for node in parts if not isinstance(node, ast.Name) for name in _bound_by(node)}
    kept |= {name for node in parts if isinstance(node, ast.ClassDef) for name in bound(node)}
    stored = dict.fromkeys(node.id for node in names if isinstance(node.ctx, ast.Store) and node.id not in kept)
    alike = {name: f"local {place}" for place, name in enumerate(stored)}
    for node in names:
        node.id = alike.get(node.id, node.id)


def parsed(source: str) -> ast.Module | None:
    """An example in Python; None for what is no Python, or too much of it."""
    if not 0 < len(source) <= LONGEST:
        return None
    try:
        tree = parse(source)
    except SyntaxError:
        return None
    return tree if tree.body and _is_shallow(tree) else None


def _is_shallow(tree: ast.Module) -> bool:
    """Whether it can be written down again, which goes by recursion."""
    level, depth = list[ast.AST]([tree]), 0
    while level and depth < DEEPEST:
        level, depth = [child for node in level for child in ast.iter_child_nodes(node)], depth + 1
    return not level


def importable(source: str) -> str:
    """Without what cannot be imported, or would wait for an input, and without what needs that."""
    tree = parse(source)
    if not _is_shallow(tree):
        return source
    kept = _importable(tree.body)
    return source if len(kept) == len(tree.body) else "\n\n".join(map(ast.unparse, kept))


def _importable(body: list[ast.stmt]) -> list[ast.stmt]:
    known, kept = set(dir(builtins)) - RUNNING, list[ast.stmt]()
    for node in body:
        own = set(bound(node))
        if _is_at_hand(node) and ("*" in known or set(_used_at_once(node)) <= known | own):
            kept.append(node)
            known |= own
    return kept


def _is_at_hand(node: ast.stmt) -> bool:
    """Of the standard library, and not waiting for anybody."""
    match node:
        case ast.Import(names=names):
            return all(name.name.partition(".")[0] in sys.stdlib_module_names for name in names)
        case ast.ImportFrom(module=module, level=level):
            return level == 0 and (module or "").partition(".")[0] in sys.stdlib_module_names
        case _:
            return not RUNNING.intersection(_used_at_once(node))


def bound(node: ast.AST) -> Iterator[str]:
    """The names that it binds, wherever in it."""
    return (name for part in ast.walk(node) for name in _bound_by(part))


def _bound_by(part: ast.AST) -> Iterator[str]:
    """The names that it binds itself."""
    match part:
        case ast.alias(name=name, asname=other):
            yield other or name.partition(".")[0]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
            yield name
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name
        case _:
            pass


def _used_at_once(node: ast.AST) -> Iterator[str]:
    """The names that are looked up when it is imported: not those in a function's body."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node.id
    if isinstance(node, ast.Attribute):
        yield from RUNNING.intersection((node.attr,))
    inside = isinstance(node, FUNCTION | ast.Lambda)
    body = (node.body if isinstance(node.body, list) else [node.body]) if inside else []
    for part in ast.iter_child_nodes(node):
        if part not in body:
            yield from _used_at_once(part)
