"""What programs that read their standard input do, seen from outside, on inputs like the samples', the same for every one."""

from collections.abc import Generator, Mapping, Sequence
from random import Random

from agent.verify.behaviour import FEWEST_DIFFERENT, FEWEST_TELLING, RAISES
from agent.verify.samples import Sample
from tools.sandbox import Limits, Outcome, Run

MOST_INPUTS = 16
SECONDS = 2.0
LONGEST = 2_000
"""Characters of an output that are compared."""
Line = list[str]


def inputs(samples: Sequence[Sample]) -> tuple[str, ...]:
    """The samples' own, then what is made of them by small changes that leave their shape; the same for the same samples."""
    draw = Random(0)
    made = dict.fromkeys(sample.stdin for sample in samples)
    for _ in range(8 * MOST_INPUTS):
        made.setdefault(_changed(draw.choice(samples).stdin, draw))
    return tuple(made)[:MOST_INPUTS]


def observed(
    code: str, inputs: Sequence[str], files: Mapping[str, bytes]
) -> Generator[Run, Outcome, tuple[tuple[str, ...] | None, Outcome]]:
    """One text for each input, None where they tell too little; and how the first run ended.

    What is too slow for one input is not tried on the rest.
    """
    seen, first = list[str](), None
    for stdin in inputs:
        outcome = yield Run(code, stdin=stdin, files=files, limits=Limits(seconds=SECONDS))
        first = first or outcome
        seen.append(_said(outcome))
        if outcome.ended not in ("exit", "output_limit"):
            seen += [outcome.ended] * (len(inputs) - len(seen))
            break
    assert first is not None
    telling = [said for said in seen if said.startswith("reads")]
    enough = len(telling) >= FEWEST_TELLING and len(set(telling)) >= FEWEST_DIFFERENT
    return (tuple(seen) if enough else None), first


def _said(outcome: Outcome) -> str:
    if outcome.ended != "exit":
        return outcome.ended
    return f"reads: {' '.join(outcome.stdout.split())[:LONGEST]}" if outcome.succeeded else RAISES


def _changed(stdin: str, draw: Random) -> str:
    """Some words and numbers other ones; a number that counts lines, or what is on a line, stays."""
    lines = [line.split(" ") for line in stdin.rstrip("\n").split("\n")]
    places = [(row, place) for row, line in enumerate(lines) for place in range(len(line)) if not _counts(lines, row, place)]
    for row, place in draw.sample(places, draw.randint(1, min(4, len(places)))) if places else ():
        lines[row][place] = _other(lines[row][place], draw)
    if draw.random() < 0.5 and (several := [line for row, line in enumerate(lines) if len(line) > 1 and row]):
        draw.shuffle(draw.choice(several))
    return "\n".join(" ".join(line) for line in lines) + "\n"


def _counts(lines: Sequence[Line], row: int, place: int) -> bool:
    word = lines[row][place]
    if not word.isdigit():
        return False
    below = lines[row + 1 :]
    return int(word) in {len(below), *(len(line) for line in below), *(len(word) for line in below for word in line)}


def _other(word: str, draw: Random) -> str:
    """A number near a given one, of the same sign; a word of the same letters and length."""
    if word.lstrip("-").isdigit():
        size = int(word.lstrip("-"))
        near = draw.choice((size + 1, max(size - 1, min(size, 1)), 2 * size, draw.randint(min(size, 1), 2 * size + 3)))
        return ("-" if word.startswith("-") else "") + str(near)
    return "".join(draw.choice(word) for _ in word)
