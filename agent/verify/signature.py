"""What candidates are called by: a function, the one method of a class, or a class whose objects are used."""

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from agent.verify.source import parse

READS_INPUT = re.compile(r"\binput\s*\(|\bstdin\b|\bargv\b|\bargparse\b|\bgetopt\b|^\s*(?:import|from) click\b", re.MULTILINE)
WORD = re.compile(r"[A-Za-z_]\w*+")
CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
SETTERS = frozenset(("setter", "deleter"))
PLAIN_BASES = frozenset(("object", "ABC", "abc", "Generic", "T"))
UNSEEN = frozenset(("__init__", "__repr__", "__str__", "__len__", "__eq__", "__hash__"))
"""Special methods that do not matter where nobody asks for them. A class with others is used in ways that are not tried."""
STEM = 4
"""Letters by which a method is known in a statement: `deposit` in `deposits`."""
FEWEST_ASKED = 2
Annotations = tuple[str | None, ...]
"""One for each argument that is given, where the parameter has one."""


@dataclass(frozen=True, slots=True)
class Method:
    """Of an object, or a property of it."""

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

    def asked_like(self, other: "Signature") -> "Signature":
        """A class with all the methods of another is asked no more than that one."""
        known = {(method.name, len(method.annotations)) for method in self.methods}
        wanted = {(method.name, len(method.annotations)) for method in other.methods}
        return replace(self, methods=other.methods) if wanted and wanted <= known else self


def signature(code: str, entry_point: str | None, statement: str = "") -> Signature | None:
    """That of the entry point in a candidate; else of the class that the statement asks for, or of the last public function.
    None: the program is run as a whole.
    """
    body = parse(code).body
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
    if entry_point in functions:
        return _of_function(functions[entry_point])
    made = classes.get(entry_point or "") or _class_asked(classes, functions, statement)
    if made and not wants_input(code) and (found := _of_class(made, classes, statement)):
        return found
    public = [name for name in functions if not name.startswith("_")]
    return _of_function(functions[public[-1]]) if public and entry_point not in classes and not _runs_by_itself(body) else None


def wants_input(code: str) -> bool:
    """Whether a program reads what it was not given here: whatever it then did says nothing of it."""
    return READS_INPUT.search(code) is not None


def _class_asked(classes: Mapping[str, ast.ClassDef], functions: Collection[str], statement: str) -> ast.ClassDef | None:
    """The one class that the statement names, `LinkedList` or `linked list`; or, where it names none and asks for a class,
    the only one. Those without a public method are there for others.
    """
    said, asks = set(WORD.findall(statement)), re.search(r"\bclass\b", statement, re.IGNORECASE)
    if said & set(functions) or not (asks or not functions):
        return None
    usable = {name: made for name, made in classes.items() if not name.startswith("Test") and _public(made)}
    named = [name for name in usable if name in said or CAPITAL.sub(" ", name).casefold() in statement.casefold()]
    found = named or (list(usable) if asks else [])
    return usable[found[0]] if len(found) == 1 else None


def _of_function(function: ast.FunctionDef) -> Signature:
    return Signature(function.name, _annotations(_given(function, optional=True)))


def _of_class(made: ast.ClassDef, classes: Collection[str], statement: str) -> Signature | None:
    """None where using it would show less than there is: operators, other objects as arguments, what a base class does."""
    said = {word.casefold() for word in WORD.findall(statement)}
    functions = [node for node in made.body if isinstance(node, ast.FunctionDef)]
    special = {function.name for function in functions if function.name.startswith("__")}
    constructor = next((function for function in functions if function.name == "__init__"), None)
    made_of = _given(constructor, bound=True) if constructor else _fields(made)
    public = _public(made)
    alone = len(public) == 1 and not made_of
    given = {one.name: _given(one, bound=not _is_static(one), optional=alone) for one in _asked(public, said)}
    arguments = [*made_of, *(argument for each in given.values() for argument in each)]
    others = any(argument.arg == "other" or _words(argument.annotation) & set(classes) for argument in arguments)
    if not given or others or special - UNSEEN or special & said - {"__init__"} or _words(*made.bases) - PLAIN_BASES:
        return None
    methods = tuple(Method(name, _annotations(given[name])) for name in sorted(given))
    if alone:
        return Signature(f"{made.name}().{methods[0].name}", methods[0].annotations)
    return Signature(made.name, _annotations(made_of), methods)


def _public(made: ast.ClassDef) -> list[ast.FunctionDef]:
    """The methods and properties that others may use."""
    functions = [node for node in made.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    return [function for function in functions if not _words(*function.decorator_list) & SETTERS]


def _asked(public: list[ast.FunctionDef], said: set[str]) -> list[ast.FunctionDef]:
    """The methods that a statement speaks of, all of them where those are too few to go by: others are the candidate's own
    affair, and one that only looks shows nothing of what is done.
    """
    named = [function for function in public if _is_said(function.name.casefold(), said)]
    return named if len(named) >= FEWEST_ASKED else public


def _is_said(name: str, said: set[str]) -> bool:
    """Whether a name, or a part of it, is a word of those, or how one begins."""
    parts = {name, *name.split("_")}
    return bool(parts & said) or any(word.startswith(part) for part in parts if len(part) >= STEM for word in said)


def _given(function: ast.FunctionDef, *, bound: bool = False, optional: bool = False) -> list[ast.arg]:
    """What a call must be given, two of what may be any number, or else, if wanted, what it can be given: by one call
    without anything, all are soon alike. `bound`: the first parameter is the object itself.
    """
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args][bound:]
    needed = named[: max(0, len(named) - len(arguments.defaults))]
    many = [arguments.vararg] * 2 if arguments.vararg and not named else []
    return needed or many or (named if optional else [])


def _fields(made: ast.ClassDef) -> list[ast.arg]:
    """What a class that writes its constructor itself is made of: fields without a default."""
    fields = [node for node in made.body if isinstance(node, ast.AnnAssign) and node.value is None]
    named = [ast.arg(node.target.id, node.annotation) for node in fields if isinstance(node.target, ast.Name)]
    return named if "dataclass" in _words(*made.decorator_list) else []


def _annotations(arguments: list[ast.arg]) -> Annotations:
    return tuple(_written(argument.annotation) for argument in arguments)


def _written(node: ast.expr | None) -> str | None:
    try:
        return ast.unparse(node) if node else None
    except RecursionError:
        return None


def _words(*nodes: ast.expr | None) -> set[str]:
    """Every name in them."""
    return {word for node in nodes for word in WORD.findall(_written(node) or "")}


def _is_static(function: ast.FunctionDef) -> bool:
    return "staticmethod" in _words(*function.decorator_list)


def _runs_by_itself(body: list[ast.stmt]) -> bool:
    """Whether a program prints or reads at its top level, so that running it shows what it does."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
            continue
        called = [call.func.id for call in ast.walk(node) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)]
        if called and not isinstance(node, ast.Assign):
            return True
    return False
