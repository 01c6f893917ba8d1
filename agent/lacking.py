"""What a reply's program lacks and needs no guess: imports of the standard library, and the name that was asked for. Pure."""

import ast
import builtins
import keyword
import re
from collections.abc import Collection, Sequence
from importlib import import_module

from agent.programs import missing, with_prelude
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


def under_its_name(code: str, asked: str | None) -> str:
    """The program with its function under the name that was asked for, where nothing bears that.

    Meant is the one whose name differs in a slip (`isPrime`, `cummulative_sum`), or else the only one.
    """
    if asked is None or syntax_fault(code) or (meant := _meant(parse(code), asked)) is None:
        return code
    renamed = re.sub(rf"(?<![\w.]){re.escape(meant)}(?!\w)", asked, code)
    return code if syntax_fault(renamed) else renamed


def with_imports(code: str) -> str:
    """The program with the imports that it forgot. Nothing that is bound anywhere in it becomes something else."""
    return code if syntax_fault(code) else with_prelude("\n".join(_forgotten(parse(code))), code)


def _forgotten(tree: ast.Module) -> list[str]:
    """Imports of the names that it uses and nothing binds."""
    nodes, modules, names = list(ast.walk(tree)), list[str](), dict[str, list[str]]()
    for name in () if "*" in bound(tree) else sorted(missing(tree) & (MODULES | HOME.keys())):
        parts = {node.attr for node in nodes if isinstance(node, ast.Attribute) and _is_name(node.value, name)}
        if name in MODULES and parts and all(hasattr(import_module(name), part) for part in parts):
            modules.append(f"import {name}")
        elif name in HOME and _is_used_so(nodes, name, parts):
            names.setdefault(HOME[name], []).append(name)
    return [*modules, *(f"from {module} import {', '.join(some)}" for module, some in sorted(names.items()))]


def _is_used_so(nodes: Sequence[ast.AST], name: str, parts: Collection[str]) -> bool:
    """Whether a bare name is used as what it means at home: a function or class is called, or given to one, and is no list."""
    meant = getattr(import_module(HOME[name]), name)
    if HOME[name] == "typing" or not callable(meant):
        return True
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    places = [call.func for call in calls]
    places += [given for call in calls if isinstance(call.func, ast.Name) for given in call.args]
    places += [mark for node in nodes if isinstance(node, FUNCTION | ast.ClassDef) for mark in node.decorator_list]
    return (bool(parts) or any(_is_name(place, name) for place in places)) and all(hasattr(meant, part) for part in parts)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _meant(tree: ast.Module, asked: str) -> str | None:
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    own = hasattr(builtins, asked) and asked in used  # it would call itself
    if own or not asked.isidentifier() or keyword.iskeyword(asked) or {asked, "*"} & set(bound(tree)):
        return None
    functions = [node for node in tree.body if isinstance(node, FUNCTION)]
    found = [node for node in functions if _plain(node.name) == _plain(asked)]
    alone = len(functions) == 1 and _is_of_use(functions[0]) and not any(isinstance(node, ast.ClassDef) for node in tree.body)
    if not found and alone and not asked[0].isupper() and not hasattr(builtins, asked):
        found = functions
    return found[0].name if len(found) == 1 else None


def _is_of_use(function: FUNCTION) -> bool:
    """Whether it takes and gives something, and does not only run others."""
    given = any(isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) and node.value for node in ast.walk(function))
    return given and bool(function.args.args or function.args.vararg)


def _plain(name: str) -> str:
    return re.sub(r"(.)\1", r"\1", name.replace("_", "").lower())
