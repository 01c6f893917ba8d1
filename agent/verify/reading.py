"""What programs that read their standard input do, seen from outside, on inputs like the samples', the same for every one.

For arms of a bench that are blind to the samples' outputs: whoever sees these has checks, and needs no votes.
"""

import re
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from itertools import chain
from random import Random

from agent.agreement import OUT_OF_TIME, RAISED
from agent.verify.behaviour import FEWEST_DIFFERENT, FEWEST_TELLING
from agent.verify.samples import Sample
from tools.sandbox import Limits, Outcome, Run

MOST_INPUTS = 16
SECONDS, ALL_SECONDS = 2.0, 8.0
"""Of one run, and of all of a program's; what is not reached then counts as out of time."""
LONGEST = 2_000
"""Characters of an input that is changed, and of an output that are compared."""
INTEGER = re.compile(r"-?[0-9]{1,15}")
DIGITS = re.compile(r"[0-9]{1,15}")
Lines = list[list[str]]
Place = tuple[int, int]
"""Line and word."""


def inputs(samples: Sequence[Sample]) -> tuple[str, ...]:
    """The samples' own, then what is made of them by small changes that leave their shape; the same for the same samples."""
    draw, made = Random(0), dict.fromkeys(sample.stdin for sample in samples)
    short = [_words(stdin) for stdin in made if len(stdin) <= LONGEST]
    changeable = [(lines, _places(lines)) for lines in short]
    for _ in range(8 * MOST_INPUTS if changeable else 0):
        made.setdefault(_changed(*draw.choice(changeable), draw))
        if len(made) >= MOST_INPUTS:
            break
    return tuple(made)[:MOST_INPUTS]


def observed(
    code: str, inputs: Sequence[str], files: Mapping[str, bytes]
) -> Generator[Run, Outcome, tuple[tuple[str, ...] | None, Outcome]]:
    """One text for each input, None where they tell too little; and how the first run ended.

    What is too slow for one input is not tried on the rest.
    """
    seen, runs = list[str](), list[Outcome]()
    for stdin in inputs:
        outcome = yield Run(code, stdin=stdin, files=files, limits=Limits(seconds=SECONDS))
        runs.append(outcome)
        seen.append(_said(outcome))
        if outcome.ended == "timeout" or sum(run.seconds for run in runs) > ALL_SECONDS:
            seen += [OUT_OF_TIME] * (len(inputs) - len(seen))
            break
    telling = [said for said in seen if said.startswith("reads")]
    enough = len(telling) >= FEWEST_TELLING and len(set(telling)) >= FEWEST_DIFFERENT
    return (tuple(seen) if enough else None), runs[0]


def _said(outcome: Outcome) -> str:
    if outcome.ended != "exit":
        return outcome.ended
    return f"reads: {' '.join(outcome.stdout.split())[:LONGEST]}" if outcome.succeeded else RAISED


def _words(stdin: str) -> Lines:
    return [line.split(" ") for line in stdin.rstrip("\n").split("\n")]


def _places(lines: Lines) -> list[Place]:
    """Of the words that may be others: no number that counts lines, words or letters below it, no word that is a command or a
    mark, none of a permutation.
    """
    often, heads = Counter(chain.from_iterable(lines)), [line for line in lines if line[0].isalpha()]
    commands = any(len(line) > 1 or often[line[0]] > 1 for line in heads)
    found, counted = list[Place](), set[int]()
    for below, row in enumerate(reversed(range(len(lines)))):
        line = lines[row]
        fixed = counted | {below}
        for place, word in enumerate(line):
            number = INTEGER.fullmatch(word) is not None
            command = word.isalpha() and (often[word] > 1 or (commands and place == 0))
            if not command and not (number and int(word) in fixed) and not _is_permutation(line):
                found.append((row, place))
        counted |= {len(line), *map(len, line)}
    return found


def _is_permutation(line: Sequence[str]) -> bool:
    return len(line) > 1 and sorted(line) == sorted(map(str, range(1, len(line) + 1)))


def _changed(lines: Lines, places: Sequence[Place], draw: Random) -> str:
    """Some words other ones, or those of a line in another order."""
    lines = [list(line) for line in lines]
    several = [line for line in lines[1:] if len(line) > 1 and len({word.isalpha() for word in line}) == 1]
    if several and (not places or draw.random() < 0.5):
        draw.shuffle(draw.choice(several))
    elif places:
        bound = _bound(lines)
        for row, place in draw.sample(places, draw.randint(1, min(4, len(places)))):
            lines[row][place] = _other(lines[row][place], bound if row else None, draw)
    return "\n".join(" ".join(line) for line in lines) + "\n"


def _bound(lines: Lines) -> int | None:
    """The greatest number of the first line, where all below it are positive and none is greater: nodes, places, moves."""
    numbers = [[int(word) for word in line if INTEGER.fullmatch(word)] for line in lines]
    below = list(chain.from_iterable(numbers[1:]))
    return max(numbers[0]) if numbers[0] and below and 1 <= min(below) <= max(below) <= max(numbers[0]) else None


def _other(word: str, bound: int | None, draw: Random) -> str:
    """A number near a given one, of the same sign; a word of the same letters and length; in a mixed one, smaller numbers."""
    if INTEGER.fullmatch(word):
        size = abs(int(word))
        near = draw.choice((size + 1, max(size - 1, min(size, 1)), 2 * size, draw.randint(min(size, 1), 2 * size + 3)))
        near = near if bound is None else draw.randint(1, bound)
        return ("-" if word.startswith("-") else "") + str(near)
    if DIGITS.search(word):
        return DIGITS.sub(lambda found: str(draw.randint(min(1, int(found[0])), int(found[0]))).zfill(len(found[0])), word)
    return "".join(draw.choice(word) for _ in word) if word.isalpha() else word
