"""Python that others wrote, read without running it and without a warning on the terminal."""

import ast
import warnings

LONGEST = 2_000
"""Characters of an example that are still looked at."""
DEEPEST = 100
"""Levels of its syntax tree."""


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


def unwritten(block: str, name: str) -> str:
    """Of code that leaves a function to be written, or the one method of a class: all up to its body, which is the code's end.

    Empty where something else stands last, or the body is there.
    """
    source = next((one for one in (block, f"{block.rstrip()} pass") if not syntax_fault(one)), "")
    last = parse(source).body[-1:]
    node = last[0] if last and getattr(last[0], "name", None) == name else None
    if isinstance(node, ast.ClassDef):
        methods = [part for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
        node = node.body[-1] if len(methods) == 1 else None
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return ""
    explained = ast.get_docstring(node) is not None
    if not all(_is_left_open(part) for part in node.body[explained:]):
        return ""
    lines, first = source.splitlines(), node.body[0]
    before = lines[first.lineno - 1].encode()[: first.col_offset].decode()
    if explained:
        return "" if before.strip() else "\n".join(lines[: first.end_lineno])
    return "\n".join([*lines[: first.lineno - 1], before]).rstrip()


def _is_left_open(node: ast.stmt) -> bool:
    """`pass`, `...`, `raise NotImplementedError`."""
    if isinstance(node, ast.Raise):
        return "NotImplementedError" in ast.dump(node)
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def without_own_tests(source: str) -> str:
    """A program of functions without the assertions at its top level, and without the comments above these.

    What a model writes to test its own program is wrong too often to decide on it, and one
    that fails would keep a right function from being imported.
    """
    if "\r" in source or syntax_fault(source):
        return source
    body, lines = parse(source).body, source.split("\n")
    if not any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in body):
        return source
    dropped, before = set[int](), 0
    for node, after in zip(body, [*(following.lineno for following in body[1:]), len(lines) + 1], strict=True):
        last = node.end_lineno or node.lineno
        named = any(isinstance(part, ast.NamedExpr) for part in ast.walk(node))
        if isinstance(node, ast.Assert) and not named and before < node.lineno and last < after:
            first = node.lineno
            while first - 1 > before and lines[first - 2].lstrip().startswith("#"):
                first -= 1
            dropped.update(range(first, last + 1))
        before = last
    kept = "\n".join(line for number, line in enumerate(lines, 1) if number not in dropped).rstrip()
    return source if not dropped or syntax_fault(kept) else kept


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
