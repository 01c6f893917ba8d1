"""What programs do, seen from outside: the same inputs for every candidate, and how their results are written down.

Without checks of the problem's own, candidates that behave alike vouch for one another; this room makes them comparable.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import cast

from agent.verify.source import parse
from tools.sandbox import Limits, Outcome, Run

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
HUGE = 1e300
"""Twice as much may be infinite, which no literal is."""
LONGEST = 400
"""Characters of an argument tuple."""
FEWEST_TELLING, FEWEST_DIFFERENT = 3, 2
"""Results, and different ones, that a behaviour must show before it counts: programs that do nothing are all alike."""
READS_INPUT = re.compile(r"\binput\s*\(|\bstdin\b|\bargv\b|\bargparse\b|\bgetopt\b|^\s*(?:import|from) click\b", re.MULTILINE)
SECONDS = 5.0
RAISES, PRINTS, OTHERWISE = "raises", "prints", "called otherwise"

OBSERVER = """
import itertools
import solution
def written(value):
    if hasattr(value, "__next__"):
        return "iterator " + written(list(itertools.islice(value, 100)))
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(written, value))) + "}"
    if isinstance(value, float):
        return repr(float("%.9g" % value))
    if isinstance(value, (list, tuple)):
        return type(value).__name__ + "(" + ", ".join(map(written, value)) + ")"
    if isinstance(value, dict):
        return "{" + ", ".join(sorted(written(key) + ": " + written(item) for key, item in value.items())) + "}"
    text = repr(value)[:2000]
    if " at 0x" in text:
        raise TypeError("an address tells nothing, and forked processes share it")
    return text
for arguments in INPUTS:
    try:
        report(written(getattr(solution, ENTRY)(*arguments)))
    except Exception:
        report(None)
"""


@dataclass(frozen=True, slots=True)
class Signature:
    """The function that candidates are called by, with each parameter's annotation where it has one."""

    name: str
    annotations: tuple[str | None, ...]


def signature(code: str, entry_point: str | None) -> Signature | None:
    """The entry point's signature in a candidate, or that of its last public function. None: the program is run as a whole."""
    functions = {node.name: node for node in parse(code).body if isinstance(node, ast.FunctionDef)}
    public = [name for name in functions if not name.startswith("_")]
    name = entry_point if entry_point in functions else public[-1] if public and not _runs_by_itself(code) else None
    if name is None:
        return None
    arguments = functions[name].args
    named = [*arguments.posonlyargs, *arguments.args]
    # What can be called with nothing is still told something: by one call alone, all are soon alike.
    given = named[: len(named) - len(arguments.defaults)] or named or [arguments.vararg] * 2
    given = [argument for argument in given if argument]
    return Signature(name, tuple(_annotation(argument) for argument in given))


def _annotation(argument: ast.arg) -> str | None:
    try:
        return ast.unparse(argument.annotation) if argument.annotation else None
    except RecursionError:
        return None


def _runs_by_itself(code: str) -> bool:
    """Whether a program prints or reads at its top level, so that running it shows what it does."""
    for node in parse(code).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
            continue
        called = [call.func.id for call in ast.walk(node) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)]
        if called and not isinstance(node, ast.Assign):
            return True
    return False


def inputs(of: Signature, examples: Sequence[str] = ()) -> tuple[str, ...]:
    """Argument tuples in Python's spelling, the same for the same signature and examples.

    Those of the examples (assertions) come first, then what is made of them by small changes, which is most like what the
    function is meant for; then draws from the pools of the annotated types.
    """
    draw = Random(0)
    given = [arguments for source in examples for arguments in _given(source, of)]
    changed = [_changed(draw.choice(given), draw) for _ in range(8 * MOST_INPUTS)] if given else []
    written = dict.fromkeys(text for arguments in (*given, *changed) if len(text := _written(arguments)) <= LONGEST)
    pools = [_pool(annotation) for annotation in of.annotations]
    blind = given and None in of.annotations  # the pools would be a guess, and the examples are none
    drawn = dict.fromkeys(_joined(tuple(draw.choice(pool) for pool in pools)) for _ in range(0 if blind else 8 * MOST_INPUTS))
    near = list(written)[: MOST_INPUTS if blind else NEAR_EXAMPLES]
    return tuple(dict.fromkeys([*near, *drawn]))[:MOST_INPUTS]


def further(known: Sequence[str], near: Sequence[str], draw: int) -> tuple[str, ...]:
    """Argument tuples that are not known yet, made of some that are by small changes; the same for the same `draw`."""
    random = Random(draw)
    given = [arguments for text in near if (arguments := _read(text))]
    changed = [_written(_changed(random.choice(given), random)) for _ in range(8 * MOST_FURTHER)] if given else []
    seen = set(known)
    return tuple(text for text in dict.fromkeys(changed) if text not in seen and len(text) <= LONGEST)[:MOST_FURTHER]


def _read(arguments: str) -> tuple[object, ...]:
    try:
        return cast(tuple[object, ...], ast.literal_eval(arguments))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return ()


def _given(source: str, of: Signature) -> Iterator[tuple[object, ...]]:
    """The arguments of the calls of the function in an assertion, where they are literals and as many as it needs."""
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == of.name and not node.keywords:
            try:
                arguments = tuple(cast(object, ast.literal_eval(value)) for value in node.args)
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                continue
            if len(arguments) >= len(of.annotations):
                yield arguments


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


def observation(code: str, of: Signature | None, arguments: tuple[str, ...], files: Mapping[str, bytes]) -> Run:
    """Calls the candidate on each of the inputs, or runs it as it stands when it has no function to call."""
    limits = Limits(seconds=SECONDS)
    if of is None:
        return Run(code, files=files, limits=limits)
    listed = ", ".join(arguments)
    return Run(f"INPUTS = [{listed}]\nENTRY = {of.name!r}\n{OBSERVER}", files=files, solution=code, limits=limits)


def observed(code: str, outcome: Outcome, of: Signature | None, inputs: int) -> tuple[str, ...] | None:
    """One text for each of so many inputs; equal for candidates that agree. None: too little was seen to tell."""
    if of is None:
        return _prints(code, outcome.stdout) if outcome.succeeded else None
    results = outcome.reports
    telling = [result for result in results if result not in (None, "None")]
    if not telling:
        lines = set(outcome.candidate_output.split("\n"))
        return _prints(code, outcome.candidate_output) if len(lines) > FEWEST_DIFFERENT or not of.annotations else None
    if of.annotations and (len(telling) < FEWEST_TELLING or len(set(map(str, telling))) < FEWEST_DIFFERENT):
        return None
    return results_on(outcome, inputs)


def results_on(outcome: Outcome, inputs: int) -> tuple[str, ...]:
    """One text for each of so many inputs; those never reached say what ended the run."""
    never_reached = (outcome.ended,) * (inputs - len(outcome.reports))
    return (*(RAISES if result is None else f"returns {result}" for result in outcome.reports), *never_reached)


def is_results(seen: tuple[str, ...]) -> bool:
    """Whether it holds one text for each of the inputs that all candidates share."""
    return not seen[0].startswith((PRINTS, OTHERWISE))


def wants_input(code: str) -> bool:
    """Whether a program reads what it was not given here: whatever it then did says nothing of it."""
    return READS_INPUT.search(code) is not None


def _prints(code: str, printed: str) -> tuple[str, ...] | None:
    """A program that was given nothing to read has not shown what it does."""
    return (f"{PRINTS} {printed.strip()}",) if printed.strip() and not wants_input(code) else None
