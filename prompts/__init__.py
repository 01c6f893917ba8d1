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

Kind = Literal["code", "answer"]
Gives = Literal["program", "output", "answer"]


class PromptError(ValueError):
    """A prompt file that cannot be used: one line naming the file and what is wrong in it."""


@dataclass(frozen=True, slots=True)
class StrategyPrompt:
    """A way of trying: its header and its wording.

    `gives`: `program` (the code block is the answer), `output` (what the code block prints is the answer) or `answer`
    (the line after `Answer:` is). `deepens`: it continues a failed attempt instead of starting from the problem.
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


def strategies(folder: Path = ROOM / "strategies") -> Iterator[StrategyPrompt]:
    """Every strategy file of a folder, by name. Raises `PromptError` at the first faulty one."""
    for path in sorted(folder.glob("*.md")):
        yield read_strategy(path)


def read_strategy(path: Path) -> StrategyPrompt:
    import tomli

    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition(f"{FENCE}\n")
    header, fence, wording = rest.partition(f"\n{FENCE}\n")
    if before.strip() or not fence:
        raise PromptError(f"{path}: starts with a header of TOML between two lines {FENCE!r}")
    try:
        fields = tomli.loads(header)
    except tomli.TOMLDecodeError as error:
        raise PromptError(f"{path}: header: {error}") from None
    return StrategyPrompt(
        name=path.stem,
        summary=_text(path, fields, "summary"),
        kind=cast(Kind, _one_of(path, fields, "for", get_args(Kind))),
        gives=cast(Gives, _one_of(path, fields, "gives", get_args(Gives))),
        deepens=bool(fields.get("deepens", False)),
        wording=wording,
    )


def _text(path: Path, fields: dict[str, object], key: str) -> str:
    value = fields.get(key)
    if not isinstance(value, str) or not value:
        raise PromptError(f"{path}: header: {key!r} must be a text")
    return value


def _one_of(path: Path, fields: dict[str, object], key: str, allowed: tuple[str, ...]) -> str:
    value = _text(path, fields, key)
    if value not in allowed:
        raise PromptError(f"{path}: header: {key!r} is {value!r}; it must be one of {', '.join(allowed)}")
    return value
