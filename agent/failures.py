"""What goes wrong with an attempt, and what to try next: one table from failure and size of model to the next moves."""

import re
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Literal, cast, get_args

from agent.engine.request import TAIL, Branch

FailureKind = Literal[
    "no code", "no answer", "syntax", "exception", "wrong", "timeout", "memory", "output", "repetition", "cut off", "unsure",
    "impossible",
]  # fmt: skip
"""`unsure`: the model lost confidence in what it wrote. `impossible`: calculation showed that nothing can be right."""
Size = Literal["tiny", "small", "large"]
"""Of a model: below 1.5, below 4, and from 4 billion parameters."""
Move = Literal[
    "fresh", "hotter", "another way", "decompose", "repair", "refine-by-counter-example", "simplify", "backtrack"
]  # fmt: skip
"""`fresh`: the same way once more. `hotter`: likewise, at a higher temperature. `another way`: any other. `backtrack`: back
to the failure that it continued, in another move (where the table has several). The others are strategies; those that continue
a failed attempt are `CONTINUING`.
"""
CONTINUING: tuple[Move, ...] = ("repair", "refine-by-counter-example", "simplify")


@dataclass(frozen=True, slots=True)
class Failure:
    """What the model did wrong, as execution showed it. `message` is for the reader and for the repairing model."""

    kind: FailureKind
    message: str


# Repair from the error text hardly helps below 1.5 billion parameters and grows with size (Aider, first try and second: 0.5B
# 14.3 and 14.3, 1.5B 28.6 and 31.6, 32B 59.4 and 71.4): a tiny model samples afresh, a small one mends beside fresh samples.
TABLE = """
failure    | tiny                           | small                                         | large
no code    | fresh, another way             | fresh, another way                            | fresh, another way
no answer  | fresh, another way             | fresh, another way                            | fresh, another way
syntax     | fresh, another way             | fresh, repair                                 | repair, fresh
exception  | fresh, another way             | fresh, another way, repair                    | repair, fresh
wrong      | fresh, another way             | fresh, another way, refine-by-counter-example | refine-by-counter-example, repair
timeout    | another way, fresh             | another way, simplify                         | simplify, repair, another way
memory     | another way, fresh             | another way, simplify                         | simplify, repair, another way
output     | fresh, another way             | fresh, another way                            | repair, another way
cut off    | another way, fresh             | another way, decompose                        | decompose, another way
repetition | hotter, another way            | hotter, another way                           | another way, hotter, backtrack
unsure     | another way, fresh             | another way, fresh                            | another way, fresh
"""


def next_moves(failure: Failure | None, size: Size) -> tuple[Move, ...]:
    """The best first; none where nothing failed, or nothing can succeed."""
    return _rows()[failure.kind, size] if failure and failure.kind != "impossible" else ()


def favour(moves: tuple[Move, ...], strategy: str, failed: str) -> float:
    """How much the moves speak for a new attempt in the way of `strategy` after one in the way of `failed` did: 0 to 1.5."""
    same = strategy == failed
    fits = (move == strategy or (same if move in ("fresh", "hotter") else move == "another way" and not same) for move in moves)
    return sum(1 / (1 + place) for place, fit in enumerate(fits) if fit)


def mendable(failure: Failure | None) -> bool:
    """Whether there is a failed program that a model, if it were large enough, could mend."""
    return any(move in CONTINUING for move in next_moves(failure, "large"))


@cache
def _rows() -> dict[tuple[FailureKind, Size], tuple[Move, ...]]:
    """The table's cells. Raises `KeyError` for a failure or a move that is none."""
    moves, kinds = {move: move for move in get_args(Move)}, {kind: kind for kind in get_args(FailureKind)}
    head, *lines = ([cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines())
    return {
        (kinds[kind], size): tuple(moves[move.strip()] for move in cell.split(","))
        for kind, *cells in lines
        for size, cell in zip(cast(list[Size], head[1:]), cells, strict=True)
    }


def size_class(parameters: float | None) -> Size:
    """Of a model with so many parameters; `small` where that is not known."""
    if parameters is None:
        return "small"
    return "tiny" if parameters < 1.5e9 else "small" if parameters < 4e9 else "large"


def size_of(model: str) -> Size:
    """By the model's name, in which its makers say how many parameters it has: `qwen2.5-coder-1.5b-…`, `smollm2-135m-…`."""
    found = NAMED_SIZE.search(model.lower())
    return size_class(float(found[1]) * (1e9 if found[2] == "b" else 1e6) if found else None)


def goes_round(text: str) -> bool:
    """Whether a reply has come into a loop: its last lines are a few lines over and over, or its end a short text repeated.

    Conservative, for a program may hold tables: eight equal lines that say something, or as many equal groups of up to
    four and `OF_GROUPS` characters; four are enough of `ENOUGH` characters. Or 200 characters with a period of at most 50.
    Three times as much where there is no letter in it, for boards and mazes begin with equal rows. Blank lines do not count.
    """
    lines = [said for line in text[-LOOKED_AT:].split("\n")[1:-1] if (said := line.strip())]
    if any(_ends_alike(lines, size) for size in range(1, LONGEST_GROUP + 1)):
        return True
    length = PERIODIC * _patience(text[-PERIODIC:])
    tail = text[-length:]
    if len(tail) < length or len(set(tail)) <= 2:
        return False
    return any(tail[period:] == tail[:-period] for period in range(1, LONGEST_PERIOD + 1))


def _ends_alike(lines: list[str], size: int) -> bool:
    """Whether the last lines are one group of so many over and over."""
    group = lines[-size:]
    if group != lines[-2 * size : -size] or max(map(len, group), default=0) <= TRIVIAL:
        return False
    length = sum(map(len, group))
    wanted = max(SAME, ceil(OF_GROUPS / length)) if size > 1 else SAME
    times = min(wanted, max(FEWEST, ceil(ENOUGH / length))) * _patience("".join(group))
    return lines[-size * times :] == group * times


def _patience(repeated: str) -> int:
    """How many times the usual length a repetition of this may have."""
    return 1 if any(map(str.isalpha, repeated)) else WITHOUT_LETTERS


def is_lost(branch: Branch) -> bool:
    """Whether the model lost confidence while it wrote: over the last `TAIL` tokens it gave what came next hardly a chance.

    Conservative, and an estimate until it is measured: at -3 nats a token, each was one of some twenty that were as likely,
    sixty-four times in a row.
    """
    return branch.generated >= TAIL and branch.tail_confidence < LOST


LOST = -3.0
"""Nats: mean log-probability of a token."""

NAMED_SIZE = re.compile(r"(?<![a-z0-9.])(\d++(?:\.\d++)?)([bm])(?![a-z0-9])")
LOOKED_AT = 5_000
SAME, FEWEST = 8, 4
"""Times that lines stand in a loop, and the fewest where they are long."""
LONGEST_GROUP = 4
OF_GROUPS, ENOUGH = 600, 2_000
"""Characters of a loop of several lines, and those of one that is plain before it has come round eight times."""
TRIVIAL = 4
"""Characters of a line that may stand any number of times, such as brackets and zeros."""
PERIODIC, LONGEST_PERIOD = 200, 50
WITHOUT_LETTERS = 3
