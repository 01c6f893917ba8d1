"""Fenced blocks of code in a text, be it a statement or a reply."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice

from agent.verify.source import syntax_fault

FENCE = re.compile(
    r"(?P<before>.*?)(?<![`~])(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?:\{\.?)?(?P<language>[\w+-]*+)"
    r"(?P<info>[ :{}=][^`\n]*+)?[ \t]*+"
)
PYTHON = ("python", "py", "python3")
HOLDS_FENCES = ("markdown", "md")
QUOTED = ("#", ">")
"""How lines of comments and quotations begin."""
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


@dataclass(frozen=True, slots=True)
class _Fenced:
    """A block of some language, with the words on its first and last line that are not its own."""

    language: str
    code: str
    closed: bool
    opened: int
    """The line that opens it."""
    behind: int
    """The line where the text goes on."""
    before: str = ""
    after: str = ""


def blocks(text: str) -> list[Block]:
    """Those marked as Python or not marked; a fence that is never closed reaches to the end."""
    return [
        Block(one.code.strip("\n"), bool(one.language), one.closed)
        for one in _fenced(text)
        if one.language in ("", *PYTHON) and one.code.strip()
    ]


def outside(text: str) -> str:
    """The text without its fenced blocks, in whatever language."""
    lines, at, kept = _lines(text), 0, list[str]()
    for one in _fenced(text):
        kept += [*lines[at : one.opened], *(words for words in (one.before, one.after) if words)]
        at = one.behind
    return "\n".join([*kept, *lines[at:]])


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


@lru_cache(maxsize=4)
def _fenced(text: str) -> tuple[_Fenced, ...]:
    """A statement is asked for its blocks and for its prose several times."""
    lines, at, found, endless = _lines(text), 0, list[_Fenced](), set[str]()
    while at < len(lines):
        opening = FENCE.fullmatch(lines[at])
        if opening and opening["fence"] not in endless:
            one = _read(lines, at, opening)
            if _is_meant(one, opening, lines[at - 1] if at else ""):
                found.append(one)
                at = one.behind
                continue
            if not one.closed:
                endless.add(opening["fence"])
        at += 1
    return tuple(found)


def _is_meant(one: _Fenced, opening: re.Match[str], line_before: str) -> bool:
    """Whether it is a block: sentences name fences, too, and tildes underline headings."""
    if one.before:
        named = one.language in PYTHON and not opening["info"] and not one.before.startswith(QUOTED)
        return named and not syntax_fault(one.code)
    return one.language != "" or opening["fence"][0] == "`" or (one.closed and not line_before.strip())


def _read(lines: Sequence[str], at: int, opening: re.Match[str]) -> _Fenced:
    """The block that a line opens. A fence in a program's own text does not close it."""
    language, before = opening["language"].lower(), opening["before"].strip()
    ends = islice(_ends(lines, at + 1, opening["fence"], nests=language in HOLDS_FENCES), WITHIN)
    read = (
        _Fenced(language, textwrap.dedent("\n".join([*lines[at + 1 : end], *last])), True, at, behind, before, after)
        for end, last, behind, after in ends
    )
    nearest = next(read, None)
    if nearest is None:
        return _Fenced(language, textwrap.dedent("\n".join(lines[at + 1 :])), False, at, len(lines), before)
    if not any(nearest.code.count(quotes) % 2 for quotes in ('"""', "'''")):
        return nearest
    return next((one for one in chain((nearest,), read) if not syntax_fault(one.code)), nearest)


def _ends(lines: Sequence[str], first: int, fence: str, *, nests: bool) -> Iterator[tuple[int, list[str], int, str]]:
    """Where a block may end, what that line still has of it, where the text goes on (another block may open there), and the
    words behind the fence. `nests`: blocks in it are a part of it.
    """
    depth = 0
    for at in range(first, len(lines)):
        line = lines[at].strip()
        if line.startswith(fence):
            opens = FENCE.fullmatch(line)
            marked = opens is not None and opens["language"] != "" and not opens["info"]
            if nests and (marked or depth):
                depth += 1 if marked else -1
            elif marked:
                yield at, [], at, ""
            else:
                yield at, [], at + 1, line.lstrip(fence[0]).strip()
        elif line.endswith(fence) and line.count(fence) == 1:
            yield at, [lines[at].rstrip().removesuffix(fence)], at + 1, ""
