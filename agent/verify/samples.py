"""What a statement shows of a whole program: what it is given and what it must print, under their labels."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile, pairwise, takewhile

LABELLED = re.compile(
    r"[\s*#-]*+(?:sample |example )?(input|output)[ \t]*+\d*+[ \t]*+(?:(?:\*\*)?:(?:\*\*)?[ \t]*+(.*)|[*#\s-]*+\Z)",
    re.IGNORECASE,
)
"""`Input: 3`, `**Output:** 7`, or a heading of its own: `-----Input-----`, `### Sample Output 1`."""
SAMPLE_ENDS = re.compile(
    r"[\s*#-]*+(?:```|\"\"\"|\'\'\'|(?:examples?|explanation|notes?|constraints)\b|test\W{0,3}:)", re.IGNORECASE
)
PROSE = re.compile(r"[^\W\d_]{2,}\W++(?:\w++\W++)?[^\W\d_]{2,}|[<>≤≥]")
"""Words beside one another, or bounds: no more of a sample."""
DESCRIBED = re.compile(
    r"\b(?:integers?|numbers?|strings?|lists?|arrays?|lines?|contains?|consists?|single|print|denot\w+|their)\b|^\s*+\w+\s*+="
    r"|^\s*+(?:an?|the)\b",
    re.IGNORECASE,
)
"""A format, or arguments by name: not what a program reads."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A whole program's standard input and the standard output that it must give, compared token by token."""

    stdin: str
    stdout: str


def find_samples(text: str) -> tuple[Sample, ...]:
    """Those that are data: a format in words, or arguments by name, are none."""
    return tuple(
        Sample(textwrap.dedent(given).strip() + "\n", textwrap.dedent(wanted).strip())
        for given, wanted in labelled(text)
        if wanted.strip() and not DESCRIBED.search(given) and not DESCRIBED.search(wanted)
    )


def sections(text: str) -> list[tuple[str, list[str]]]:
    """`input` or `output`, and the lines behind each such label."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if label := LABELLED.match(line):
            found.append((label[1].lower(), [label[2] or ""]))
        elif found:
            found[-1][1].append(line)
    return found


def labelled(text: str) -> Iterator[tuple[str, str]]:
    """What stands behind each `Input:` and the `Output:` that follows it."""
    for (first, given), (second, wanted) in pairwise(sections(text)):
        if (first, second) == ("input", "output"):
            yield _block(given), _block(wanted)


def _block(lines: list[str]) -> str:
    """What a fence holds, or else the lines up to what explains them. Empty lines may be within; prose behind one ends it."""
    lines = list(dropwhile(lambda line: not line.strip(), lines))
    if lines and lines[0].strip().startswith("```"):
        return "\n".join(takewhile(lambda line: not line.strip().startswith("```"), lines[1:]))
    block = list[str]()
    for line in lines:
        behind_gap = bool(block) and not block[-1].strip()
        if line.strip() and (SAMPLE_ENDS.match(line) or (behind_gap and PROSE.search(line))):
            break
        block.append(line)
    return "\n".join(block).rstrip()
