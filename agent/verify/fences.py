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
QUOTE_MARKS = "#> "
"""What a line of a comment or a quotation begins with."""
CODE = re.compile(
    r"[ \t]*+(?:(?:async |def |class |for |while |if |with |try\b)[^\n]*:[ \t]*(?:#[^\n]*)?$"
    r"|import \w|from \S+ import\b|print\b|return\b|@\w|>>> |[\w.]+ *[-+*/]?=|[\w.]+[(\[])",
    re.MULTILINE,
)
"""How Python begins, be it right or not."""
DEFINES = ("def ", "class ", "import ", "from ")
"""How a program begins that was cut off."""
WITHIN = 16
"""Fences in the texts of a program behind which its block is read on."""
PATIENCE = 16
"""Openings in a text that turn out to be none, and blocks that are read on for nothing, before nothing is tried any more."""


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
class Fenced:
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
    """Those marked as Python or not marked, in Markdown that is shown, too; a fence that is never closed reaches to the end."""
    shown = (inner for one in fenced(text) for inner in (fenced(one.code) if one.language in HOLDS_FENCES else (one,)))
    return [
        Block(one.code.strip("\n"), bool(one.language), one.closed)
        for one in shown
        if one.language in ("", *PYTHON) and one.code.strip()
    ]


def outside(text: str) -> str:
    """The text without its fenced blocks, in whatever language."""
    lines, at, kept = _lines(text), 0, list[str]()
    for one in fenced(text):
        kept += [*lines[at : one.opened], *(words for words in (one.before, one.after) if words)]
        at = one.behind
    return "\n".join([*kept, *lines[at:]])


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


@lru_cache(maxsize=16)
def fenced(text: str) -> tuple[Fenced, ...]:
    """The blocks of a text, in any language and in order. Kept, for a statement is asked for blocks and prose several times."""
    lines, at, found, patience = _lines(text), 0, list[Fenced](), PATIENCE
    while at < len(lines):
        opening = FENCE.fullmatch(lines[at])
        one = _read(lines, at, opening, WITHIN if patience else 1) if opening and (patience or _is_plain(opening)) else None
        if one and opening and _is_meant(one, opening, lines[at - 1].strip() if at else ""):
            found.append(one)
            at = one.behind
            in_vain = one.closed and _may_hold_fences(one.code) and syntax_fault(one.code) is not None
        else:
            at += 1
            in_vain = one is not None
        patience = max(0, patience - in_vain)
    return tuple(found)


def _is_plain(opening: re.Match[str]) -> bool:
    """Whether nothing but a block can be meant."""
    return opening["fence"][0] == "`" and not opening["before"].strip()


def _is_meant(one: Fenced, opening: re.Match[str], line_before: str) -> bool:
    """Whether it is a block: sentences name fences, too, and tildes underline headings."""
    if one.before:
        return one.language in PYTHON and one.before.strip(QUOTE_MARKS) != "" and _is_python(one)
    tells = one.language != "" or opening["fence"][0] == "`"
    return tells or (line_before[-1:] in ("", ":") and _is_python(one))


def _is_python(one: Fenced) -> bool:
    begins = CODE.match(one.code) if one.closed else one.code.startswith(DEFINES)
    return bool(one.code.strip()) and (bool(begins) or not syntax_fault(one.code))


def _read(lines: Sequence[str], at: int, opening: re.Match[str], within: int) -> Fenced:
    """The block that a line opens. A fence in a program's own text does not close it: up to `within` are read over."""
    language, before = opening["language"].lower(), opening["before"].strip()
    ends = islice(_ends(lines, at + 1, opening["fence"], nests=language in HOLDS_FENCES), within)
    read = (
        Fenced(language, textwrap.dedent("\n".join([*lines[at + 1 : end], *last])), True, at, behind, before, after)
        for end, last, behind, after in ends
    )
    nearest = next(read, None)
    if nearest is None:
        return Fenced(language, textwrap.dedent("\n".join(lines[at + 1 :])), False, at, len(lines), before)
    if not _may_hold_fences(nearest.code):
        return nearest
    return next((one for one in chain((nearest,), read) if not syntax_fault(one.code)), nearest)


def _may_hold_fences(code: str) -> bool:
    """Whether there are texts of several lines in it."""
    return any(quotes in code for quotes in ('"""', "'''"))


def _ends(lines: Sequence[str], first: int, fence: str, *, nests: bool) -> Iterator[tuple[int, list[str], int, str]]:
    """Where a block may end, what that line still has of it, where the text goes on (another block may open there), and the
    words behind the fence. `nests`: blocks in it are a part of it.
    """
    depth = 0
    for at in range(first, len(lines)):
        line = lines[at].strip()
        if line.startswith(fence):
            opens = FENCE.fullmatch(line)
            marked = opens is not None and (
                opens["language"].lower() in PYTHON or bool(opens["language"] and not opens["info"])
            )
            if nests and (marked or depth):
                depth += 1 if marked else -1
            elif marked:
                yield at, [], at, ""
            else:
                yield at, [], at + 1, line.lstrip(fence[0]).strip()
        elif line.endswith(fence) and line.count(fence) == 1:
            yield at, [lines[at].rstrip().removesuffix(fence)], at + 1, ""
