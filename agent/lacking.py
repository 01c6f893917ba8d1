"""What a reply's program lacks and needs no guess: imports of the standard library, and the name that was asked for. Pure."""

import ast
import builtins
from collections.abc import Sequence
from importlib import import_module

from agent.programs import gives, with_prelude
from agent.verify.source import FUNCTION, bound, parse, syntax_fault

MODULES = frozenset(
    "bisect collections copy datetime decimal fractions functools hashlib heapq itertools json math operator os random re"
    " statistics string sys time typing".split()
)
"""Of the standard library; a name among them that has another module's attributes is not meant as one."""
KEPT_IN = {
    "bisect": "bisect_left bisect_right insort",
    "collections": "ChainMap Counter OrderedDict defaultdict deque namedtuple",
    "copy": "deepcopy",
    "dataclasses": "dataclass",
    "datetime": "date datetime timedelta",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "functools": "cache cmp_to_key lru_cache partial reduce",
    "hashlib": "md5 sha256",
    "heapq": "heapify heappop heappush nlargest nsmallest",
    "itertools": "accumulate chain combinations groupby pairwise permutations product zip_longest",
    "math": "ceil comb factorial floor gcd inf isqrt lcm perm pi prod sqrt",
    "string": "ascii_letters ascii_lowercase ascii_uppercase punctuation",
    "typing": "Any Callable Dict Generator Iterable Iterator List Optional Sequence Set Tuple Union",
}
HOME = {name: module for module, names in KEPT_IN.items() for name in names.split()}
"""Where a bare name comes from that means one thing in nearly all programs."""


def completed(code: str, entry_point: str | None) -> str:
    """The program with the imports that it forgot, and with its function under the name that was asked for, too.

    Nothing is changed that is bound anywhere in it, so that only a `NameError` can become something else.
    """
    if syntax_fault(code):
        return code
    tree = parse(code)
    meant = _meant(tree, entry_point) if entry_point else None
    named = f"{code.rstrip()}\n\n\n{entry_point} = {meant}" if meant else code
    return with_prelude("\n".join(_forgotten(tree)), named)


def _forgotten(tree: ast.Module) -> list[str]:
    """Imports of the names that it uses and nothing binds."""
    known, nodes = set(bound(tree)), list(ast.walk(tree))
    used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    modules, names = list[str](), dict[str, list[str]]()
    for name in () if "*" in known else sorted(used - known - set(dir(builtins))):
        parts = {node.attr for node in nodes if isinstance(node, ast.Attribute) and _is_called(node.value, name)}
        if name in MODULES and parts and all(hasattr(import_module(name), part) for part in parts):
            modules.append(f"import {name}")
        elif name in HOME:
            names.setdefault(HOME[name], []).append(name)
    return [*modules, *(f"from {module} import {', '.join(some)}" for module, some in sorted(names.items()))]


def _is_called(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _meant(tree: ast.Module, asked: str) -> str | None:
    """The function that is meant by a name which nothing bears: spelt nearly so, or else the one that no other one uses."""
    if not asked.isidentifier() or {asked, "*"} & set(gives(tree)):
        return None
    functions = [node for node in tree.body if isinstance(node, FUNCTION)]
    near = [node.name for node in functions if _plain(node.name) == _plain(asked)]
    apart = [] if any(isinstance(node, ast.ClassDef) for node in tree.body) else _apart(functions)
    found = near or apart
    return found[0] if len(found) == 1 else None


def _apart(functions: Sequence[FUNCTION]) -> list[str]:
    """Those that are given something and that no other one names."""
    inside = {node: {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} for node in functions}
    named = {name for node, names in inside.items() for name in names - {node.name}}
    return [node.name for node in functions if node.name not in named and (node.args.args or node.args.vararg)]


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
