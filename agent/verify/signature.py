"""What candidates are called by: a function, the one method of a class, or a class whose objects are used."""

import ast
import re
from dataclasses import dataclass

from agent.verify.source import parse

READS_INPUT = re.compile(r"\binput\s*\(|\bstdin\b|\bargv\b|\bargparse\b|\bgetopt\b|^\s*(?:import|from) click\b", re.MULTILINE)
WORD = re.compile(r"[A-Za-z_]\w*+")
NO_CALL = frozenset(("property", "cached_property", "setter", "getter", "deleter"))
"""Decorators of what looks like a method and is none."""
Annotations = tuple[str | None, ...]
"""One for each argument that is given, where the parameter has one."""


@dataclass(frozen=True, slots=True)
class Method:
    name: str
    annotations: Annotations


@dataclass(frozen=True, slots=True)
class Signature:
    """`name`: `f`, or `Solution().f` where a class has one method and is made of nothing, or `Stack` with its `methods`; then
    the annotations are those of its constructor.
    """

    name: str
    annotations: Annotations
    methods: tuple[Method, ...] = ()

    @property
    def varies(self) -> bool:
        """Whether there are different ways to call it."""
        return bool(self.annotations or self.methods)

    @property
    def takes(self) -> str:
        """What it is called with, in words; results can be compared where that is the same."""
        asked = [f"{method.name} with {len(method.annotations)}" for method in self.methods]
        return ", ".join([f"{len(self.annotations)} arguments", *asked])


def signature(code: str, entry_point: str | None, statement: str = "") -> Signature | None:
    """That of the entry point in a candidate; else of a class that the statement names, or of the last public function or
    only class. None: the program is run as a whole.
    """
    body = parse(code).body
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
    public = [name for name in functions if not name.startswith("_")]
    if entry_point in functions:
        return _of_function(functions[entry_point])
    said = set(WORD.findall(statement))
    named = [name for name in classes if name == entry_point or name in said]
    if named and (entry_point in classes or not said & functions.keys()) and not wants_input(code):
        return _of_class(classes[named[-1]], said)
    if _runs_by_itself(body):
        return None
    if public:
        return _of_function(functions[public[-1]])
    return _of_class(next(iter(classes.values())), said) if len(classes) == 1 else None


def wants_input(code: str) -> bool:
    """Whether a program reads what it was not given here: whatever it then did says nothing of it."""
    return READS_INPUT.search(code) is not None


def _of_function(function: ast.FunctionDef) -> Signature:
    return Signature(function.name, _given(function))


def _of_class(made: ast.ClassDef, said: set[str]) -> Signature | None:
    """`said`: the statement's words. Methods that it does not name are the candidate's own affair, where it names any."""
    functions = {node.name: node for node in made.body if isinstance(node, ast.FunctionDef)}
    public = [function for name, function in functions.items() if not name.startswith("_") and _is_called(function)]
    asked = [function for function in public if function.name in said] or public
    constructor = _given(functions["__init__"], bound=True) if "__init__" in functions else _fields(made)
    methods = tuple(Method(function.name, _given(function, bound=not _is_static(function))) for function in asked)
    if len(methods) == 1 and not constructor:
        return Signature(f"{made.name}().{methods[0].name}", methods[0].annotations)
    return Signature(made.name, constructor, methods) if methods else None


def _given(function: ast.FunctionDef, *, bound: bool = False) -> Annotations:
    """What a call gives: all that has no default. `bound`: the first parameter is the object itself."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args][bound:]
    # What can be called with nothing is still told something: by one call alone, all are soon alike.
    optional = [] if bound else named or [arguments.vararg] * 2
    given = named[: max(0, len(named) - len(arguments.defaults))] or optional
    return tuple(_annotation(argument.annotation) for argument in given if argument)


def _fields(made: ast.ClassDef) -> Annotations:
    """What a class that writes its constructor itself is made of: fields without a default."""
    if "dataclass" not in _decorators(made):
        return ()
    return tuple(_annotation(node.annotation) for node in made.body if isinstance(node, ast.AnnAssign) and node.value is None)


def _annotation(written: ast.expr | None) -> str | None:
    try:
        return ast.unparse(written) if written else None
    except RecursionError:
        return None


def _is_called(function: ast.FunctionDef) -> bool:
    return not _decorators(function) & NO_CALL


def _is_static(function: ast.FunctionDef) -> bool:
    return "staticmethod" in _decorators(function)


def _decorators(node: ast.FunctionDef | ast.ClassDef) -> set[str]:
    """Every name in them."""
    return {part for decorator in node.decorator_list for part in WORD.findall(_annotation(decorator) or "")}


def _runs_by_itself(body: list[ast.stmt]) -> bool:
    """Whether a program prints or reads at its top level, so that running it shows what it does."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
            continue
        called = [call.func.id for call in ast.walk(node) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)]
        if called and not isinstance(node, ast.Assign):
            return True
    return False
