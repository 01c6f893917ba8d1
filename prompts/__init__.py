"""Wording only: every text that the model is given lies here as a file; a missing variable is an error."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

if TYPE_CHECKING:
    from jinja2 import Environment

ROOM = Path(__file__).parent
FENCE = "+++"
HEADER = ("summary", "for", "gives", "deepens")
VARIABLES = ("problem", "failure")
"""What the wording of a strategy may use."""

Kind = Literal["code", "answer"]
Gives = Literal["program", "output", "answer", "session", "moves"]


class PromptError(ValueError):
    """A prompt file that cannot be used: one line naming the file and what is wrong in it."""


@dataclass(frozen=True, slots=True)
class StrategyPrompt:
    """A way of trying: its header and its wording.

    `gives`: `program` (the code block is the answer), `output` (what the code block prints is the answer), `answer` (the line
    after `Answer:` is), `session` (likewise, after cells of Python in a live interpreter, each with its output shown) or
    `moves` (one move of a puzzle at a time, each calculated).
    `deepens`: it continues a failed attempt instead of starting from the problem.
    """

    name: str
    summary: str
    kind: Kind
    gives: Gives
    deepens: bool
    wording: str


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


def strategies(folder: Path = ROOM / "strategies") -> Iterator[StrategyPrompt | PromptError]:
    """Every strategy file of a folder, by name; for a faulty one its error, so that the others still serve."""
    for path in sorted(folder.glob("*.md")):
        try:
            yield read_strategy(path)
        except PromptError as error:
            yield error


def read_strategy(path: Path) -> StrategyPrompt:
    """Raises `PromptError`, which names file and line."""
    import tomli

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{path}: {error}") from None
    before, _, rest = text.partition(f"{FENCE}\n")
    header, fence, wording = rest.partition(f"\n{FENCE}\n")
    if before.strip() or not fence:
        raise PromptError(f"{path}, line 1: starts with a header of TOML between two lines {FENCE!r}")
    try:
        fields = tomli.loads("\n" * (before.count("\n") + 1) + header)
    except tomli.TOMLDecodeError as error:
        raise PromptError(f"{path}: header: {error}") from None
    unknown = [key for key in fields if key not in HEADER]
    if unknown:
        raise _header_error(path, text, unknown[0], f"is no key; the keys are {', '.join(HEADER)}")
    if not isinstance(fields.get("deepens", False), bool):
        raise _header_error(path, text, "deepens", "must be true or false")
    _check_wording(path, wording, first_line=text[: len(text) - len(wording)].count("\n"))
    return StrategyPrompt(
        name=path.stem,
        summary=_text(path, text, fields, "summary"),
        kind=cast(Kind, _one_of(path, text, fields, "for", get_args(Kind))),
        gives=cast(Gives, _one_of(path, text, fields, "gives", get_args(Gives))),
        deepens=bool(fields.get("deepens", False)),
        wording=wording,
    )


def _check_wording(path: Path, wording: str, first_line: int) -> None:
    from jinja2 import TemplateSyntaxError, nodes
    from jinja2.meta import find_undeclared_variables

    try:
        tree = _environment().parse(wording)
    except TemplateSyntaxError as error:
        raise PromptError(f"{path}, line {first_line + error.lineno}: {error.message}") from None
    unknown = find_undeclared_variables(tree) - set(VARIABLES)
    for name in tree.find_all(nodes.Name):
        if name.name in unknown:
            there = " and ".join(VARIABLES)
            raise PromptError(f"{path}, line {first_line + name.lineno}: no variable {name.name!r}; there are {there}")


def _header_error(path: Path, text: str, key: str, says: str) -> PromptError:
    """`says` what is wrong with a key, and the line says where it stands, or the header's where it is missing."""
    lines = text.partition(f"\n{FENCE}\n")[0].splitlines()
    line = next((number for number, line in enumerate(lines, 1) if line.split("=")[0].strip(" \t\"'") == key), 1)
    return PromptError(f"{path}, line {line}: header: {key!r} {says}")


def _text(path: Path, text: str, fields: dict[str, object], key: str) -> str:
    value = fields.get(key)
    if not isinstance(value, str) or not value:
        raise _header_error(path, text, key, "must be a text")
    return value


def _one_of(path: Path, text: str, fields: dict[str, object], key: str, allowed: tuple[str, ...]) -> str:
    value = _text(path, text, fields, key)
    if value not in allowed:
        raise _header_error(path, text, key, f"is {value!r}; it must be one of {', '.join(allowed)}")
    return value
