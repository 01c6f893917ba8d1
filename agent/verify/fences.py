"""Fenced blocks of code in a text, be it a statement or a reply."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from agent.verify.source import syntax_fault

FENCE = re.compile(r"(.*?)(?<![`~])(`{3,}+|~{3,}+)[ \t]*+([\w+-]*+)(?:[ :{=][^`\n]*+)?[ \t]*+")
PYTHON = ("", "python", "py", "python3")
WITHIN = 16
"""Fences in the texts of a program behind which its block is read on."""


@dataclass(frozen=True, slots=True)
class Block:
    """What stands in a fence, dedented. `marked`: as Python; otherwise not at all."""

    code: str
    marked: bool
    closed: bool

    @property
    def parses(self) -> bool:
        return not syntax_fault(self.code)

    def binds(self, name: str) -> bool:
        """Whether it gives what is asked for under a name, at its top level."""
        named = re.escape(name)
        return re.search(rf"^(?:(?:async def|def|class) {named}\b|{named} *(?::[^=\n]++)?=(?!=))", self.code, re.M) is not None


def blocks(text: str) -> list[Block]:
    """Those marked as Python or not marked; a fence that is never closed reaches to the end."""
    fenced = _fenced(text.replace("\r\n", "\n").split("\n"))
    return [Block(body.strip("\n"), bool(of), closed) for of, body, closed, _, _ in fenced if of in PYTHON and body.strip()]


def outside(text: str) -> str:
    """The text without its fenced blocks, in whatever language."""
    lines, at, kept = text.split("\n"), 0, list[str]()
    for _, _, _, opened, behind in _fenced(lines):
        kept += lines[at:opened]
        at = behind
    return "\n".join([*kept, *lines[at:]])


def _fenced(lines: Sequence[str]) -> Iterator[tuple[str, str, bool, int, int]]:
    """The language of each block, what stands in it, whether it was closed, the line that opens it and the one behind it."""
    at = 0
    while at < len(lines):
        opened = FENCE.fullmatch(lines[at])
        at += 1
        if opened is None or (opened[1].strip() and opened[3].lower() not in PYTHON[1:]):
            continue
        first, (body, behind, closed) = at - 1, _body(lines, at, opened[2])
        if closed or opened[2].startswith("`"):  # a line of tildes alone underlines a heading
            yield opened[3].lower(), body, closed, first, behind
            at = behind


def _body(lines: Sequence[str], first: int, fence: str) -> tuple[str, int, bool]:
    """With the line behind it, and whether it was closed. A fence in a program's own text does not close its block."""
    ends = islice(_ends(lines, first, fence), WITHIN)
    read = ((textwrap.dedent("\n".join([*lines[first:end], *last])), behind, True) for end, last, behind in ends)
    nearest = next(read, None)
    if nearest is None:
        return textwrap.dedent("\n".join(lines[first:])), len(lines), False
    if not any(quotes in nearest[0] for quotes in ('"""', "'''")):
        return nearest
    return next((one for one in chain((nearest,), read) if not syntax_fault(one[0])), nearest)


def _ends(lines: Sequence[str], first: int, fence: str) -> Iterator[tuple[int, list[str], int]]:
    """Where a block may end, what that line still has of it, and where the text goes on: another block may open there."""
    for at in range(first, len(lines)):
        line = lines[at].rstrip()
        if line.lstrip().startswith(fence):
            opens = FENCE.fullmatch(line)
            yield at, [], at if opens and opens[3] else at + 1
        elif line.endswith(fence) and line.count(fence) == 1:
            yield at, [line.removesuffix(fence)], at + 1
