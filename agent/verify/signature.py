"""What candidates are called by: a function, the one method of a class, or a class whose objects are used."""

import ast
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from agent.verify.source import parse

READS_INPUT = re.compile(r"\binput\s*\(|\bstdin\b|\bargv\b|\bargparse\b|\bgetopt\b|^\s*(?:import|from) click\b", re.MULTILINE)
WORD = re.compile(r"[A-Za-z_]\w*+")
CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
CLASS_WANTED = re.compile(
    r"\b(?:write|implement|create|design|define|build|make|develop|code)\b(?:(?!\b(?:function|program|method)s?\b)[^.?!\n]){0,60}?"
    r"\bclass\b",
    re.IGNORECASE,
)
TEXTUAL = re.compile(r"name|title|author|word|text|string|message|key|label|product|symbol|category")
"""Names of parameters that are texts; of others without an annotation numbers are the better guess."""
SETTERS = frozenset(("setter", "deleter"))
PLAIN_BASES = frozenset(("object", "ABC", "Generic", "Protocol", "OrderedDict", "dict", "list"))
UNSEEN = frozenset(
    ("__init__", "__repr__", "__str__", "__len__", "__eq__", "__hash__", "__iter__", "__next__", "__contains__", "__bool__")
)
"""Special methods that do not matter where nobody asks for them. A class with others is used in ways that are not tried."""
STEM = 4
"""Letters by which a method is known in a statement: `deposit` in `deposits`, not `get` in `get_size`."""
FEWEST_ASKED = 2
BINDS = ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Assign
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
    names: tuple[str, ...] = ()
    """Of a function's parameters, as its author calls them."""

    @property
    def of_class(self) -> bool:
        return bool(self.methods) or "(" in self.name

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
    functions, classes = _functions(body), _classes(body)
    if entry_point in functions:
        return _of_function(functions[entry_point])
    made = classes.get(entry_point or "") or _class_asked(body, statement)
    if made and not wants_input(code) and (found := _of_class(made, classes, statement)):
        return found
    public = [name for name in functions if not name.startswith("_")]
    return _of_function(functions[public[-1]]) if public and entry_point not in classes and not _runs_by_itself(body) else None


def wants_input(code: str) -> bool:
    """Whether a program reads what it was not given here: whatever it then did says nothing of it."""
    return READS_INPUT.search(code) is not None


def _functions(body: Sequence[ast.stmt]) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef)}


def _classes(body: Sequence[ast.stmt]) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in body if isinstance(node, ast.ClassDef)}


def _class_asked(body: Sequence[ast.stmt], statement: str) -> ast.ClassDef | None:
    """The one class that the statement names, `LinkedList` or else `linked list`; where it names none, the only one, unless
    the program shows itself what it does. Those without a public method are there for others, and all are where functions are
    there and no class is wanted.
    """
    said, wanted = set(WORD.findall(statement)), CLASS_WANTED.search(statement)
    functions, classes = _functions(body), _classes(body)
    if said & functions.keys() or (functions and not wanted):
        return None
    usable = [made for name, made in classes.items() if not name.startswith("Test") and _public(made)]
    named = [made for made in usable if made.name in said] or [made for made in usable if _is_spelt_out(made.name, statement)]
    found = named or (usable if wanted or not _runs_by_itself(body) else [])
    return found[0] if len(found) == 1 else None


def _is_spelt_out(name: str, statement: str) -> bool:
    return re.search(rf"\b{re.escape(CAPITAL.sub(' ', name))}\b", statement, re.IGNORECASE) is not None


def _of_function(function: ast.FunctionDef) -> Signature:
    given = _given(function, optional=True)
    return Signature(function.name, _annotations(given), names=tuple(argument.arg for argument in given))


def _of_class(made: ast.ClassDef, classes: Collection[str], statement: str) -> Signature | None:
    """None where using it would show less than there is: operators, other objects as arguments, what a base class does."""
    said = {word.casefold() for word in WORD.findall(statement)}
    functions = _functions(made.body)
    special, constructor = {name for name in functions if name.startswith("__")}, functions.get("__init__")
    made_of = _given(constructor, bound=True) if constructor else _fields(made)
    public = _public(made)
    alone = len(public) == 1 and not made_of
    given = {one.name: _given(one, bound=not _is_static(one), optional=alone) for one in _asked(public, said)}
    arguments = [*made_of, *(argument for each in given.values() for argument in each)]
    others = any(argument.arg == "other" or _words(argument.annotation) & set(classes) for argument in arguments)
    unseen = special - UNSEEN | (special & said) - {"__init__"}
    if not given or others or unseen or not all(_is_plain(base) for base in made.bases):
        return None
    if alone:
        alone_given = given[public[0].name]
        names = tuple(argument.arg for argument in alone_given)
        return Signature(f"{made.name}().{public[0].name}", _annotations(alone_given), names=names)
    methods = tuple(Method(name, _kinds(given[name])) for name in sorted(given))
    return Signature(made.name, _kinds(made_of), methods)


def _is_plain(base: ast.expr) -> bool:
    """Whether a base class leaves what its own methods do to the class itself."""
    kind = base.value if isinstance(base, ast.Subscript) else base
    return (_written(kind) or "").rpartition(".")[2] in PLAIN_BASES


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
    parts = [part for part in (name, *name.split("_")) if len(part) >= STEM]
    return name in said or any(word.startswith(part) for part in parts for word in said)


def _given(function: ast.FunctionDef, *, bound: bool = False, optional: bool = False) -> list[ast.arg]:
    """What a call must be given; two of what may be any number. `optional`: where it needs nothing, what it may be given, for
    by one call alone all are soon alike. `bound`: the first parameter is the object itself.
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


def _kinds(arguments: list[ast.arg]) -> Annotations:
    """The annotations, and what a name tells where there is none."""
    guessed = ("str" if TEXTUAL.search(argument.arg.casefold()) else None for argument in arguments)
    return tuple(said or guess for said, guess in zip(_annotations(arguments), guessed, strict=True))


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


def _runs_by_itself(body: Sequence[ast.stmt]) -> bool:
    """Whether a program calls something at its top level but to give it a name, so that running it may show what it does."""
    run = [part for node in body if not isinstance(node, BINDS) for part in ast.walk(node)]
    return any(isinstance(part, ast.Call) and isinstance(part.func, ast.Name) for part in run)
