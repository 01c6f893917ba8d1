"""What a statement says besides its question: the function it asks for, the helper code it gives, the examples it shows."""

import re
import textwrap
from dataclasses import dataclass

from agent.verify.examples import Example, find_examples, labelled
from agent.verify.source import syntax_fault

FENCED = re.compile(r"^[ \t]*+```[ \t]*+([\w+-]*+)[ \t]*+\n(.*?)(?:^[ \t]*+```|\Z)", re.DOTALL | re.MULTILINE)
PYTHON = ("", "python", "py", "python3")
NAMED = re.compile(
    r"\b(?:call|name) (?:it|the function|this function) [`'\"]?([A-Za-z_]\w*+)"
    r"|\b(?:function|method|class),? (?:(?:that|which) )?(?:(?:is|should be|must be) )?(?:called|named) [`'\"]?([A-Za-z_]\w*+)"
    r"|\b(?:called|named) [`'\"]?([A-Za-z_]\w*+)\(",
    re.IGNORECASE,
)
NO_NAMES = frozenset(
    ("a", "again", "and", "as", "at", "by", "for", "from", "in", "like", "on", "the", "this", "to", "using", "with")
)
"""What may follow `call it` without being its name."""
FUNCTION_NAMED = re.compile(
    r"\b(?:function|[Ww]rite|[Ii]mplement)\s++[`'\"]?([A-Za-z_]\w*+)[`'\"]?\s*+\(|\b(?:function|def)\s++`([A-Za-z_]\w*+)`"
)
CODE_WANTED = re.compile(
    r"\b(?:write|implement|create|complete|define|fix|debug|refactor|build|make|give|code|program)\b[^.?!\n]{0,80}?"
    r"\b(functions?|programs?|scripts?|class|method|code|module|regex|implementation|algorithm|snippet)\b"
    r"|\b(?:write|implement)\s++[`'\"]?[a-z_]\w*+\(",
    re.IGNORECASE,
)
CODE_SHOWN = re.compile(r"^[ \t]*+(?:>>> |assert )", re.MULTILINE)
QUESTION = re.compile(r"\b(?:how|what|which|who|when|where)\b[^?]{0,300}\?\s*+\Z", re.IGNORECASE)
SOUGHT = re.compile(r"\b(?:find|compute|calculate|determine|evaluate|solve)\b", re.IGNORECASE)
EVERYDAY = ("program", "programs", "class", "method", "module", "code")
"""Nouns that a question means otherwise: how many children are in the class?"""
DESCRIBED = re.compile(
    r"\b(?:integers?|numbers?|strings?|lists?|arrays?|lines?|contains?|consists?|single|print|denot\w+|their)\b|^\s*+\w+\s*+=",
    re.IGNORECASE,
)
"""A format, or arguments by name: not what a program reads."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A whole program's standard input and the standard output that it must give, compared token by token."""

    stdin: str
    stdout: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What was read out of a problem's text."""

    wants_code: bool
    entry_point: str | None
    prelude: str
    """Helper code that the statement puts before the function it asks for; belongs in front of every candidate."""
    examples: tuple[Example, ...]
    samples: tuple[Sample, ...]


def read(text: str, entry_point: str | None = None) -> Statement:
    """`entry_point`, where the user gave it, wins over what the text says."""
    stub, prelude = _stub(python_blocks(text), entry_point)
    asked = _code_asked(text)
    entry = entry_point or stub or (_named(text) if asked else None)
    examples, name = find_examples(text, entry)
    if not (asked or entry or CODE_SHOWN.search(text)) and is_question(text):
        return Statement(False, None, "", (), ())
    entry = entry or name
    samples = () if entry or (asked and asked.startswith(("function", "method", "class"))) else _samples(text)
    return Statement(bool(asked or entry or examples or samples), entry, prelude, examples, samples)


def is_question(text: str) -> bool:
    """Whether the text wants to know something, rather than to have something made."""
    return bool(QUESTION.search(text) or SOUGHT.search(text))


def _code_asked(text: str) -> str | None:
    """What kind of code the text asks for, in its own word."""
    asked = CODE_WANTED.search(text)
    noun = (asked[1] or "function").lower() if asked else None
    return None if noun in EVERYDAY and QUESTION.search(text) else noun


def python_blocks(text: str) -> list[str]:
    """What stands in fences marked as Python or not marked, dedented; a fence that is never closed reaches to the end."""
    return [textwrap.dedent(body) for language, body in FENCED.findall(text) if language.lower() in PYTHON and body.strip()]


def _stub(blocks: list[str], wanted: str | None) -> tuple[str | None, str]:
    """The function that a code block leaves to be completed (the last one, or the wanted one), and the code before it."""
    for block in reversed(blocks):
        heads = [match for match in re.finditer(r"^(?:async )?def (\w+)", block, re.MULTILINE) if wanted in (None, match[1])]
        if heads:
            return heads[-1][1], _prelude(block[: heads[-1].start()])
    return None, ""


def _prelude(source: str) -> str:
    """The code before a function, without its decorators; empty where that is no Python, which would spoil every candidate."""
    lines = source.rstrip().splitlines()
    while lines and lines[-1].startswith("@"):
        lines.pop()
    prelude = "\n".join(lines).rstrip()
    return "" if syntax_fault(prelude) else prelude


def _named(text: str) -> str | None:
    for match in (*NAMED.finditer(text), *FUNCTION_NAMED.finditer(text)):
        name = next(group for group in match.groups() if group)
        if name.lower() not in NO_NAMES:
            return name
    return None


def _samples(text: str) -> tuple[Sample, ...]:
    return tuple(
        Sample(textwrap.dedent(given).strip() + "\n", textwrap.dedent(wanted).strip())
        for given, wanted in labelled(text)
        if wanted.strip() and not DESCRIBED.search(given) and not DESCRIBED.search(wanted)
    )
