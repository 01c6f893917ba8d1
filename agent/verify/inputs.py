"""Shared inputs: what every candidate for a problem is run on, made of the examples and of the types, within what is meant."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import cast

from agent.verify.domain import Arguments, Domain, domain
from agent.verify.signature import Annotations, Signature
from agent.verify.source import NO_LITERAL, parse
from agent.verify.variation import FORMED, changed

NUMBERS = ("0", "1", "2", "3", "5", "10", "17", "-4")
COUNTS = tuple(map(str, (*range(31), 36, 40, 49, 64, 90, 100, 121, 365, 400, 900, 999, -1, -7)))
"""What a function of one whole number is tried on: squares of primes, both sides of tens."""
TEXTS = ("''", "'a'", "'abc'", "'Hello World'", "'abba'", "'3 12 7'")
NUMBER_LISTS = ("[]", "[1]", "[3, 1, 2]", "[5, -2, 5, 0, 8, 13]", "[4, 4, 1]", "[2, 7, 1, 8, 2, 8]", "[-3, -1, -2]")
TEXT_LISTS = ("[]", "['a']", "['b', 'abc', 'a']", "['xx', 'y', 'xx']", "['b', 'a', 'a', 'b']", "['ab', 'B', 'aB', 'c']")
MATRICES = (
    "[[1, 2], [3, 4]]",
    "[[5]]",
    "[[1, 2, 3], [4, 5, 6]]",
    "[[1, 2], [3, 4], [5, 6]]",
    "[[2, 0, 1], [1, 1, 1], [0, 3, -5]]",
)
PAIRS = ("(1, 3)", "(2, 5)", "(0, 9)", "(4, 4)", "(-2, 2)", "(5, 8)", "(3, 4)", "(7, 1)")
TRUTHS = ("[]", "[True]", "[False]", "[True, True, False]", "[False, True, True, True, False]", "[False, False, True]")
SETS = ("set()", "{1, 2, 3}", "{3, 4}", "{10, 9, -2}", "{1}")
DICTS = ("{}", "{'a': 1}", "{'b': 2, 'a': 1}", "{'c': 2, 'a': 1, 'b': 2}", "{'a': -3, 'b': 0}")
POOLS: dict[str, tuple[str, ...]] = {
    "int": NUMBERS,
    "float": (*NUMBERS, "2.5", "-0.25"),
    "bool": ("True", "False"),
    "str": TEXTS,
    "list[int]": NUMBER_LISTS,
    "list[float]": (*NUMBER_LISTS, "[1.5, -2.25, 0.0]"),
    "list[str]": TEXT_LISTS,
    "list[bool]": TRUTHS,
    "list[list[int]]": MATRICES,
    "list[list[float]]": MATRICES,
    "tuple[int,int]": PAIRS,
    "tuple[float,float]": PAIRS,
    "set[int]": SETS,
    "list": (*NUMBER_LISTS, *TEXT_LISTS[1:]),
    "dict": DICTS,
}
GENERAL = re.compile(r"\b(?:sequence|iterable|collection)\b")
OPTIONAL = re.compile(r"^optional\[(.*)\]$|\|none$|^none\|")
EMPTY = {"list": "[]", "set": "set()", "tuple": "()"}
OF_MANY = re.compile(r"(list|set|tuple)\[(.*)\]")
LIST_WORDS = frozenset(("nums", "numbers", "arr", "array", "lst", "list", "values", "items", "elements", "prices"))
TEXT_WORDS = frozenset(("word", "text", "string", "sentence", "str", "s", "s1", "s2", "str1", "str2"))
NAMED = (
    (frozenset(("matrix", "grid", "board")), "list[list[int]]"),
    (frozenset(("intervals", "ranges", "pairs", "points", "edges")), "list[tuple[int,int]]"),
    (frozenset(("words", "strings", "strs", "names", "texts")), "list[str]"),
    (LIST_WORDS, "list[int]"),
    (TEXT_WORDS, "str"),
    (frozenset(("n", "k", "m", "i", "x", "y", "num", "number", "count", "size", "limit", "index", "target")), "int"),
)
"""What parameters are whose names end so, where nothing else tells."""
UNKNOWN = (*NUMBERS[:5], *TEXTS[1:4], *NUMBER_LISTS[:4], *TEXT_LISTS[2:3])
UNKNOWN_KIND, FORM = "unknown", "form"
MOST_INPUTS, NEAR_EXAMPLES, NEAR_COUNTS, MOST_FURTHER = 64, 44, 24, 16
FEW_INPUTS = 40
"""With no more than these, what pools hold is changed, too."""
AGAIN = 0.3
"""How often what was changed is changed once more."""
MOST_USES, CALLS, FEW_VALUES = 32, (6, 32), 4
"""Uses of a class's objects at first; how often one is asked; the values of a kind in every second use, so that some come
again.
"""
SMALL = ("2", "3")
"""What an object is then made of, where that is a number: soon full, at its end, or through its round."""
ODD = frozenset(("0", "''", "[]", "{}"))
LONGEST = 400
"""Characters of an argument tuple."""
ANY = Domain()


def meant(of: Signature, examples: Sequence[str], statement: str) -> Domain:
    """The arguments that a function is meant for."""
    return domain(statement, of.names, _shown(of, examples))


def shared(of: Signature, examples: Sequence[str] = (), within: Domain = ANY) -> tuple[str, ...]:
    """Argument tuples in Python's spelling, the same for the same signature and examples.

    Those of the examples (assertions) come first, then what is made of them by small changes, which is most like what the
    function is meant for; then draws from the pools of their types. What no example has and a number below one comes last: what
    counts up to it may never end, and has shown by then what it does elsewhere. For a class, of which `within` says nothing:
    what its objects are made of, and what they are asked in turn.
    """
    draw = Random(0)
    if of.methods:
        return _uses(of, draw)
    given = _shown(of, examples)
    near = _made([*given, *_near(given, draw, 8 * MOST_INPUTS)], within)
    pools = [_pool(kind) for kind in _kinds(of, given)]
    if not all(pools):
        return near[:MOST_INPUTS]
    if len(pools) == 1:
        drawn, most = [(value,) for value in (COUNTS if pools[0] is NUMBERS else pools[0])], NEAR_COUNTS
    else:
        drawn, most = [tuple(draw.choice(pool) for pool in pools) for _ in range(8 * MOST_INPUTS)], NEAR_EXAMPLES
    far = [_read(_joined(values)) for values in drawn]
    made = dict.fromkeys([*near[:most], *_made(far, within), *near])
    more = () if len(made) > FEW_INPUTS else _made(_near(far, draw, MOST_INPUTS), within)
    drawn_up = list(dict.fromkeys([*made, *more]))[:MOST_INPUTS]
    shown = set(_made(given, within))
    return tuple(sorted(drawn_up, key=lambda arguments: arguments not in shown and _is_below_one(arguments)))


def further(of: Signature, known: Sequence[str], near: Sequence[str], draw: int, within: Domain = ANY) -> tuple[str, ...]:
    """Argument tuples that are not known yet, made of those in `near` by small changes, or more uses of an object; the same
    for the same `draw`. Empty where `near` is.
    """
    random = Random(draw)
    given = [arguments for text in near if (arguments := _read(text))]
    if not given:
        return ()
    made = _uses(of, random) if of.methods else _made(_near(given, random, 8 * MOST_FURTHER), within)
    seen = set(known)
    return tuple(text for text in made if text not in seen)[:MOST_FURTHER]


def _shown(of: Signature, examples: Sequence[str]) -> list[Arguments]:
    """The arguments of the examples that can be written down and read back."""
    given = [arguments for source in examples for arguments in _given(source, of)]
    return [] if of.methods else [arguments for arguments in given if _is_plain(arguments)]


def _is_plain(arguments: Arguments) -> bool:
    try:
        return len(text := _written(arguments)) <= LONGEST and _read(text) == arguments
    except ValueError:  # a number of more digits than Python writes
        return False


def _near(given: Sequence[Arguments], draw: Random, count: int) -> Iterator[Arguments]:
    """So many changes of arguments, some of them twice."""
    for _ in range(count if given else 0):
        arguments = changed(draw.choice(given), draw)
        yield changed(arguments, draw) if draw.random() < AGAIN else arguments


def _made(arguments: Iterable[Arguments], within: Domain) -> tuple[str, ...]:
    """Those that are meant, written down, each once."""
    fitted = (fit for one in arguments if (fit := within.fitted(one)) is not None)
    return tuple(dict.fromkeys(text for fit in fitted if len(text := _written(fit)) <= LONGEST))


def _kinds(of: Signature, given: Sequence[Arguments]) -> Iterator[str | None]:
    """What examples show of each argument, or else what its annotation says. None: a pool would be a guess, and the examples
    are none.
    """
    for place, said in enumerate(of.annotations):
        kinds = [kind for arguments in given if (kind := _kind(arguments[place]))]
        guessed = None if given else _named(of.names[place]) if of.names else UNKNOWN_KIND
        yield max(kinds, key=len) if kinds else said or guessed  # the longest name says most: list[int], not list


def _named(name: str) -> str:
    """What a parameter of that name is, most often."""
    *before, last = name.casefold().strip("_").split("_")
    if last in LIST_WORDS and TEXT_WORDS & {*before}:
        return "list[str]"
    return next((kind for names, kind in NAMED if last in names), UNKNOWN_KIND)


def _kind(value: object) -> str | None:
    """The name of a pool. None where a value tells too little, or what has none like it."""
    if isinstance(value, str):
        return FORM if FORMED.fullmatch(value) else "str"
    if isinstance(value, list | set) and (items := list(cast(Iterable[object], value))):
        kinds = set(map(_kind, items))
        kind = f"{'list' if isinstance(value, list) else 'set'}[{kinds.pop()}]" if len(kinds) == 1 else ""
        return kind if kind in POOLS else FORM if FORM in kind else None
    return next((kind.__name__ for kind in (bool, int, float, list, set, dict) if isinstance(value, kind)), None)


def _uses(of: Signature, draw: Random) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_use(of, draw, few=bool(number % 2)) for number in range(MOST_USES)))


def _use(of: Signature, draw: Random, *, few: bool) -> str:
    """What an object is made of, and what it is asked in turn.

    It is not asked more often with no argument than with some before: of taking from what is empty right programs think
    differently, as of adding nothing, or less.
    """
    kinds = dict.fromkeys([*of.annotations, *(kind for method in of.methods for kind in method.annotations)])
    pools = {kind: [text for text in (_pool(kind) or NUMBERS) if not _is_odd(text)] for kind in kinds}
    if few:
        pools = {kind: draw.sample(pool, min(FEW_VALUES, len(pool))) for kind, pool in pools.items()}

    def arguments(annotations: Annotations) -> str:
        return _joined(tuple(draw.choice(pools[kind]) for kind in annotations))

    sizes = {kind: SMALL if few and NUMBERS[1] in pool else pool for kind, pool in pools.items()}
    made = _joined(tuple(draw.choice(sizes[kind]) for kind in of.annotations))
    calls, given = list[str](), 0
    giving = [method for method in of.methods if method.annotations]
    for _ in range(draw.randint(*CALLS)):
        method = draw.choice(of.methods if given > 0 or not giving else giving)
        given += 1 if method.annotations else -1
        calls.append(f"({method.name!r}, {arguments(method.annotations)})")
    return _joined((made, _joined(tuple(calls))))


def _is_odd(value: str) -> bool:
    return value in ODD or value.startswith("-")


def _is_below_one(arguments: str) -> bool:
    return any(type(value) is int and value < 1 for value in _read(arguments))


def _read(arguments: str) -> tuple[object, ...]:
    try:
        return cast(tuple[object, ...], ast.literal_eval(arguments))
    except NO_LITERAL:
        return ()


def _given(source: str, of: Signature) -> Iterator[tuple[object, ...]]:
    """The arguments of the calls of the function in an assertion, where they are literals and as many as it needs."""
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.Call) and not node.keywords and _calls(node.func, of.name):
            try:
                arguments = tuple(cast(object, ast.literal_eval(value)) for value in node.args)
            except NO_LITERAL:
                continue
            if len(arguments) >= len(of.annotations):
                yield arguments


def _calls(function: ast.expr, name: str) -> bool:
    return isinstance(function, ast.Name | ast.Attribute) and ast.unparse(function) == name


def _written(arguments: tuple[object, ...]) -> str:
    return _joined(tuple(map(_spelt, arguments)))


def _spelt(value: object) -> str:
    """As `repr`, but the items of sets in an order of their own, not of this process."""
    if isinstance(value, set):
        items = sorted(map(_spelt, cast(set[object], value)))
        return f"{{{', '.join(items)}}}" if items else "set()"
    if isinstance(value, list):
        return f"[{', '.join(map(_spelt, cast(list[object], value)))}]"
    if isinstance(value, tuple):
        return _joined(tuple(map(_spelt, cast(tuple[object, ...], value))))
    if isinstance(value, dict):
        entries = cast(dict[object, object], value).items()
        return f"{{{', '.join(f'{_spelt(key)}: {_spelt(item)}' for key, item in entries)}}}"
    return repr(value)


def _joined(values: tuple[str, ...]) -> str:
    return f"({', '.join(values)},)" if values else "()"


def _pool(kind: str | None) -> tuple[str, ...]:
    if kind is None or kind == FORM:
        return ()
    plain = GENERAL.sub("list", kind.lower().replace("typing.", "").replace(" ", ""))
    wanted = OPTIONAL.sub(r"\1", plain)
    return POOLS.get(wanted) or _of_many(wanted) or POOLS.get(wanted.split("[")[0], UNKNOWN)


def _of_many(kind: str) -> tuple[str, ...]:
    """Lists, sets and tuples of what there is a pool of: empty, of one, of several, with one of them twice."""
    found = OF_MANY.fullmatch(kind)
    if found is None:
        return ()
    outer, inner = found.groups()
    if outer == "tuple" and not inner.endswith(",..."):
        parts = [_pool(part) for part in _parts(inner)]
        return tuple(_joined(values) for values in zip(*parts, strict=False)) if all(parts) else ()
    pool = _pool(inner.removesuffix(",..."))
    first, *others = [value for value in pool if outer != "set" or not value.startswith(("{", "["))] or NUMBERS
    rows = ([first], [*others[:2], first], [*others[:3], *others[:1]], others[1:5], others[::-1][:4])
    written = {"list": "[{}]", "set": "{{{}}}", "tuple": "({},)"}[outer]
    return (EMPTY[outer], *(written.format(", ".join(row)) for row in rows if row))


def _parts(inner: str) -> list[str]:
    """The kinds between the commas outside of brackets."""
    parts, depth = [""], 0
    for character in inner:
        depth += (character == "[") - (character == "]")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts
