"""Shared inputs: what every candidate for a problem is run on, made of the examples and of the types."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import cast

from agent.verify.signature import Annotations, Signature
from agent.verify.source import parse

NUMBERS = ("0", "1", "2", "3", "5", "10", "17", "-4")
TEXTS = ("''", "'a'", "'abc'", "'Hello World'", "'abba'", "'3 12 7'")
NUMBER_LISTS = ("[]", "[1]", "[3, 1, 2]", "[5, -2, 5, 0, 8, 13]", "[4, 4, 1]", "[2, 7, 1, 8, 2, 8]")
TEXT_LISTS = ("[]", "['a']", "['b', 'abc', 'a']", "['xx', 'y', 'xx']")
POOLS: dict[str, tuple[str, ...]] = {
    "int": NUMBERS,
    "float": (*NUMBERS, "2.5", "-0.25"),
    "bool": ("True", "False"),
    "str": TEXTS,
    "list[int]": NUMBER_LISTS,
    "list[float]": (*NUMBER_LISTS, "[1.5, -2.25, 0.0]"),
    "list[str]": TEXT_LISTS,
    "list": (*NUMBER_LISTS, *TEXT_LISTS[1:]),
    "dict": ("{}", "{'a': 1}", "{'b': 2, 'a': 1}"),
}
UNKNOWN = (*NUMBERS[:5], *TEXTS[1:4], *NUMBER_LISTS[:4], *TEXT_LISTS[2:3])
MOST_INPUTS, NEAR_EXAMPLES, MOST_FURTHER = 64, 44, 16
MOST_USES, CALLS, FEW_VALUES = 32, (6, 32), 4
"""Uses of a class's objects at first; how often one is asked; the values of a kind in every second use, so that some come
again.
"""
SMALL = ("2", "3")
"""What an object is then made of, where that is a number: soon full, at its end, or through its round."""
ODD = frozenset(("0", "''", "[]", "{}"))
HUGE = 1e300
"""Twice as much may be infinite, which no literal is."""
LONGEST = 400
"""Characters of an argument tuple."""


def shared(of: Signature, examples: Sequence[str] = ()) -> tuple[str, ...]:
    """Argument tuples in Python's spelling, the same for the same signature and examples.

    Those of the examples (assertions) come first, then what is made of them by small changes, which is most like what the
    function is meant for; then draws from the pools of the annotated types. For a class: what its objects are made of, and
    what they are asked in turn.
    """
    draw = Random(0)
    if of.methods:
        return _uses(of, draw)
    given = [arguments for source in examples for arguments in _given(source, of)]
    changed = [_changed(draw.choice(given), draw) for _ in range(8 * MOST_INPUTS)] if given else []
    written = dict.fromkeys(text for arguments in (*given, *changed) if len(text := _written(arguments)) <= LONGEST)
    pools = [_pool(annotation) for annotation in of.annotations]
    blind = given and None in of.annotations  # the pools would be a guess, and the examples are none
    drawn = dict.fromkeys(_joined(tuple(draw.choice(pool) for pool in pools)) for _ in range(0 if blind else 8 * MOST_INPUTS))
    near = list(written)[: MOST_INPUTS if blind else NEAR_EXAMPLES]
    return tuple(dict.fromkeys([*near, *drawn]))[:MOST_INPUTS]


def further(of: Signature, known: Sequence[str], near: Sequence[str], draw: int) -> tuple[str, ...]:
    """Argument tuples that are not known yet, made of those in `near` by small changes, or more uses of an object; the same
    for the same `draw`. Empty where `near` is.
    """
    random = Random(draw)
    given = [arguments for text in near if (arguments := _read(text))]
    if not given:
        return ()
    if of.methods:
        made = _uses(of, random)
    else:
        changed = (_written(_changed(random.choice(given), random)) for _ in range(8 * MOST_FURTHER))
        made = tuple(text for text in changed if len(text) <= LONGEST)
    seen = set(known)
    return tuple(text for text in dict.fromkeys(made) if text not in seen)[:MOST_FURTHER]


def _uses(of: Signature, draw: Random) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_use(of, draw, few=bool(number % 2)) for number in range(MOST_USES)))


def _use(of: Signature, draw: Random, *, few: bool) -> str:
    """What an object is made of, and what it is asked in turn.

    It is not asked more often with no argument than with some before: of taking from what is empty right programs think
    differently, as of adding nothing, or less.
    """
    kinds = dict.fromkeys([*of.annotations, *(kind for method in of.methods for kind in method.annotations)])
    pools = {kind: [text for text in (_pool(kind) if kind else NUMBERS) if not _is_odd(text)] for kind in kinds}
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


def _read(arguments: str) -> tuple[object, ...]:
    try:
        return cast(tuple[object, ...], ast.literal_eval(arguments))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return ()


def _given(source: str, of: Signature) -> Iterator[tuple[object, ...]]:
    """The arguments of the calls of the function in an assertion, where they are literals and as many as it needs."""
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.Call) and not node.keywords and _calls(node.func, of.name):
            try:
                arguments = tuple(cast(object, ast.literal_eval(value)) for value in node.args)
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                continue
            if len(arguments) >= len(of.annotations):
                yield arguments


def _calls(function: ast.expr, name: str) -> bool:
    return isinstance(function, ast.Name | ast.Attribute) and ast.unparse(function) == name


def _changed(arguments: tuple[object, ...], draw: Random) -> tuple[object, ...]:
    """One argument, or each, a little different."""
    if not arguments:
        return arguments
    chosen = draw.randrange(len(arguments) + 1)
    return tuple(_other(value, draw) if chosen in (place, len(arguments)) else value for place, value in enumerate(arguments))


def _other(value: object, draw: Random) -> object:
    """A value of the same kind near a given one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return draw.choice((value + 1, value - 1, 0, 1, value * 2, draw.randint(0, 2 * abs(value) + 3)))
    if isinstance(value, float):
        return round(draw.choice((value + 1, value - 0.5, 0.0, value * 2 if abs(value) < HUGE else value, value / 3)), 3)
    if isinstance(value, str):
        return "".join(cast(list[str], _rearranged(list(value), draw)))
    if isinstance(value, list | tuple):
        items = list(cast(Iterable[object], value))
        if items and draw.random() < 0.5:
            place = draw.randrange(len(items))
            items[place] = _other(items[place], draw)
        else:
            items = _rearranged(items, draw)
        return items if isinstance(value, list) else tuple(items)
    return value


def _rearranged(items: list[object], draw: Random) -> list[object]:
    """One item less or twice, all of them shuffled, turned round or doubled, or only the first ones."""
    if not items:
        return items
    place = draw.randrange(len(items))
    shuffled = draw.sample(items, len(items))
    left, twice = items[:place] + items[place + 1 :], items[: place + 1] + items[place:]
    return draw.choice((left, twice, shuffled, items[::-1], items + items, items[:place], items[:1]))


def _written(arguments: tuple[object, ...]) -> str:
    return _joined(tuple(repr(value) for value in arguments))


def _joined(values: tuple[str, ...]) -> str:
    return f"({', '.join(values)},)" if values else "()"


def _pool(annotation: str | None) -> tuple[str, ...]:
    if annotation is None:
        return UNKNOWN
    plain = annotation.lower().replace("typing.", "").replace(" ", "")
    return POOLS.get(plain) or POOLS.get(plain.split("[")[0], UNKNOWN)
