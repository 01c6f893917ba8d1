"""Wording only: every text that the model is given lies here as a file; a missing variable is an error."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.nodes import Node

ROOM = Path(__file__).parent
FENCE = "+++"
HEADER = ("summary", "for", "gives", "deepens", "begins", "reckons")
VARIABLES = ("problem", "failure")
"""What the wording of a strategy may use."""
STUB = "{{ stub }}"
"""In what a reply begins with: the code that the problem begins."""
DEEPEST = 50
"""Levels of a wording: far fewer than Python, which it becomes, can have."""
LARGEST = 1 << 20
"""Bytes of a strategy's file."""
TOO_MUCH = "nested too deeply, or a number too long"

Kind = Literal["code", "answer"]
Gives = Literal["program", "output", "answer", "session", "moves"]
GIVES: Mapping[Kind, tuple[Gives, ...]] = {"code": ("program", "session"), "answer": ("output", "answer", "session", "moves")}
"""What can come to something, by what is asked for."""


class PromptError(ValueError):
    """A prompt file that cannot be used: one line naming the file and what is wrong in it."""


@dataclass(frozen=True, slots=True)
class StrategyPrompt:
    """A way of trying: its header and its wording.

    `gives`: `program` (the code block is the answer), `output` (what the code block prints is the answer), `answer` (the line
    after `Answer:` is), `session` (that line or, for code, a program, after blocks that are run in a live interpreter and its
    folder, each with its result shown) or `moves` (one move of a puzzle at a time, each calculated).
    `deepens`: it continues a failed attempt instead of starting from the problem. `begins`: what the reply is made to begin
    with, `STUB` in it standing for the function that the problem leaves to be written. `reckons`: while it is
    written, what it calculates in words is put right and the Python in it is run.
    """

    name: str
    summary: str
    kind: Kind
    gives: Gives
    deepens: bool
    begins: str
    reckons: bool
    wording: str

    @property
    def needs_stub(self) -> bool:
        return STUB in self.begins


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, StrictUndefined

    return Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)


def fill(wording: str, **variables: object) -> str:
    """Jinja text with its variables filled in; raises `jinja2.UndefinedError` for one that is missing."""
    return _environment().from_string(wording).render(**variables).strip()


def render(name: str, **variables: object) -> str:
    """The prompt file `name`.md, filled in."""
    return fill((ROOM / f"{name}.md").read_text(encoding="utf-8"), **variables)


def strategies(
    folder: Path = ROOM / "strategies", shipped: Mapping[str, StrategyPrompt] | None = None
) -> Iterator[StrategyPrompt | PromptError]:
    """Every strategy file of a folder, by name; for a faulty one its error, so that the others still serve.

    `shipped`: those whose place a file of the same name takes. Hidden files, such as an editor's, are none.
    """
    for path in sorted(folder.glob("[!.]*.md")):
        try:
            yield read_strategy(path, (shipped or {}).get(path.stem))
        except PromptError as error:
            yield error


def read_strategy(path: Path, replaced: StrategyPrompt | None = None) -> StrategyPrompt:
    """Raises `PromptError`, which names file and line; also where it cannot stand for the strategy that it replaces."""
    source = _taken_apart(path, _text_of(path))
    unknown = [key for key in source.fields if key not in HEADER]
    if unknown:
        raise source.header_fault(unknown[0], f"is no key; the keys are {', '.join(HEADER)}")
    deepens = source.flag("deepens")
    summary = source.text("summary")
    kind = cast(Kind, source.one_of("for", get_args(Kind), "it"))
    gives = cast(Gives, source.one_of("gives", GIVES[kind], f"for {kind} it"))
    if replaced and kind != replaced.kind:
        raise source.header_fault("for", f"is {kind!r}; {replaced.name}, whose place it takes, is for {replaced.kind}")
    if replaced and deepens != replaced.deepens:
        does = "continues a failed attempt" if replaced.deepens else "starts from the problem"
        raise source.header_fault("deepens", f"is wrong: {replaced.name}, whose place it takes, {does}")
    begins = source.text("begins").lstrip("\n") if "begins" in source.fields else ""
    if begins and (deepens or gives not in ("program", "output", "answer")):
        raise source.header_fault("begins", "is for a strategy that starts from the problem and gives its all in one reply")
    if begins and set(re.findall(r"\{\{.*?\}\}", begins)) - ({STUB} if kind == "code" else set()):
        raise source.header_fault("begins", f"has no variables but {STUB}, where it is for code")
    reckons = source.flag("reckons")
    if reckons and (deepens or gives != "answer"):
        raise source.header_fault("reckons", "is for a strategy that starts from the problem and gives an answer in words")
    _check_wording(source, deepens)
    return StrategyPrompt(path.stem, summary, kind, gives, deepens, begins, reckons, source.wording)


@dataclass(frozen=True, slots=True)
class _Source:
    """A strategy's file, taken apart."""

    path: Path
    header: str
    """From the file's first line on."""
    fields: Mapping[str, object]
    wording: str

    def fault(self, line: int, says: str) -> PromptError:
        return PromptError(f"{self.path}, line {line}: {says}")

    def header_fault(self, key: str, says: str) -> PromptError:
        """`says` what is wrong with a key, and the line says where it stands, or the header's where it is missing."""
        named = re.compile(rf"""^[ \t\["']*{re.escape(key)}(?![\w-])""", re.MULTILINE)
        places = (found.start() for found in named.finditer(self.header) if _is_whole(self.header[: found.start()]))
        return self.fault(self.header.count("\n", 0, next(places, 0)) + 1, f"header: {key!r} {says}")

    def text(self, key: str) -> str:
        value = self.fields.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.header_fault(key, "must be a text")
        return value

    def flag(self, key: str) -> bool:
        value = self.fields.get(key, False)
        if not isinstance(value, bool):
            raise self.header_fault(key, "must be true or false")
        return value

    def one_of(self, key: str, allowed: tuple[str, ...], subject: str) -> str:
        value = self.text(key)
        if value not in allowed:
            raise self.header_fault(key, f"is {value!r}; {subject} must be one of {', '.join(allowed)}")
        return value


def _text_of(path: Path) -> str:
    if not os.path.isfile(path):
        raise PromptError(f"{path}: not a file")
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise PromptError(f"{path}: larger than {LARGEST >> 20} MiB")
        text = content.decode("utf-8-sig").replace("\r\n", "\n") + "\n"
        return re.sub(rf"^{re.escape(FENCE)}[ \t]+$", FENCE, text, flags=re.MULTILINE)
    except OSError as error:
        raise PromptError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise PromptError(f"{path}, line {line}: not UTF-8 text (byte 0x{error.object[error.start]:02x})") from None


def _taken_apart(path: Path, text: str) -> _Source:
    import tomli

    before, _, rest = text.partition(f"{FENCE}\n")
    header, fence, wording = rest.partition(f"\n{FENCE}\n")
    if before.strip() or not fence:
        raise PromptError(f"{path}, line 1: starts with a header of TOML between two lines {FENCE!r}")
    header = "\n" * (before.count("\n") + 1) + header
    try:
        # Of a fault in a last line that has no end tomli says only that it is at the document's.
        return _Source(path, header, tomli.loads(header + "\n"), wording)
    except tomli.TOMLDecodeError as error:
        raise PromptError(f"{path}, line {error.lineno}: header: {error.msg}") from None
    except (ValueError, RecursionError):
        raise PromptError(f"{path}, line 1: header: {TOO_MUCH}") from None


def _is_whole(header: str) -> bool:
    """Whether no value is open at the end of a header's first lines, such as a text of several lines."""
    import tomli

    try:
        tomli.loads(header)
    except tomli.TOMLDecodeError:
        return False
    return True


def _check_wording(source: _Source, deepens: bool) -> None:
    """Text, variables and `{% if %}` are all that a wording may be made of: it can be filled in then, whatever the problem."""
    from jinja2 import TemplateSyntaxError, nodes

    before = source.header.count("\n") + 2
    if not source.wording.strip():
        raise source.fault(before, "has no wording below its header")
    try:
        tree = _environment().parse(source.wording)
    except TemplateSyntaxError as error:
        raise source.fault(before + error.lineno, error.message or "cannot be read") from None
    except (ValueError, RecursionError):
        raise source.fault(before + 1, TOO_MUCH) from None
    parts = (nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.And, nodes.Or, nodes.Not)
    variables = VARIABLES if deepens else VARIABLES[:1]
    shown = set[str]()
    for depth, node in _with_depths(tree):
        if depth > DEEPEST:
            raise source.fault(before + node.lineno, TOO_MUCH)
        if not isinstance(node, parts):
            said = "a wording has variables, {% if failure %} and text alone"
            raise source.fault(before + node.lineno, f"{type(node).__name__} is not for here: {said}")
        if isinstance(node, nodes.Name) and node.name not in variables:
            there = "problem, and failure where deepens = true"
            raise source.fault(before + node.lineno, f"no variable {node.name!r} here; there is {there}")
        if isinstance(node, nodes.Output):
            shown |= {part.name for part in node.nodes if isinstance(part, nodes.Name)}
    if not deepens and "problem" not in shown:
        raise source.fault(before + 1, "the wording never shows {{ problem }}")


def _with_depths(tree: "Node") -> Iterator[tuple[int, "Node"]]:
    """All that lies in it, level by level."""
    level, depth = list(tree.iter_child_nodes()), 1
    while level:
        yield from ((depth, node) for node in level)
        level, depth = [child for node in level for child in node.iter_child_nodes()], depth + 1
