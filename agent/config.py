"""Settings: flags over environment over ./ponder.toml over the user's config file over defaults; each knows its origin."""

import difflib
import os
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tomli
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import UsageError
from agent.places import expanded

PREFIX = "PONDER_"
BUDGETS = ("time", "tokens", "attempts")
"""What an effort is a preset of."""
Effort = Literal["low", "medium", "high"]
Mode = Literal["auto", "live", "plain", "quiet"]
"""How the reasoning is shown."""


@dataclass(frozen=True, slots=True)
class Preset:
    """Budgets of one effort: wall seconds, generated tokens, attempts; and the votes by which an answer must lead
    where nothing can be checked.

    The seconds are what an effort means. Tokens and attempts hold on a slow machine; on one whose measured speed fits more
    of them into the seconds, they grow as far (`Budget.fit`).
    """

    seconds: float
    tokens: int
    attempts: int
    lead: float = 2.0


LONGEST = 1e9
"""Seconds that a time budget may have: what the system's timers take."""
PRESETS: dict[Effort, Preset] = {
    "low": Preset(seconds=60, tokens=2_048, attempts=32),
    "medium": Preset(seconds=240, tokens=8_192, attempts=128),
    "high": Preset(seconds=1_200, tokens=40_960, attempts=640, lead=3.0),
}
"""An attempt for every 64 tokens: as many as the shortest ways take. What ends a search are seconds and tokens."""


class Settings(BaseModel):
    """What a solve is run with. `None` for a budget means: what `effort` says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = "auto"
    gpu_layers: Annotated[int, Field(ge=-1)] | Literal["auto"] = "auto"
    effort: Effort = "medium"
    time: Annotated[float, Field(gt=0, le=LONGEST)] | None = None
    tokens: Annotated[int, Field(gt=0)] | None = None
    attempts: Annotated[int, Field(gt=0)] | None = None
    width: Annotated[int, Field(ge=1, le=64)] = 4
    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    sandbox: Literal["auto", "docker", "bubblewrap"] = "auto"
    view: Mode = "auto"
    registry: str | None = None
    """`host/path` from which Docker may pull the sandbox's image by its tag, instead of building it."""
    runs_limit_mb: Annotated[int, Field(ge=1)] = 500
    """Megabytes that past runs may take; above it the oldest are removed."""

    @property
    def budget(self) -> Preset:
        preset = PRESETS[self.effort]
        return Preset(
            seconds=self.time or preset.seconds,
            tokens=self.tokens or preset.tokens,
            attempts=self.attempts or preset.attempts,
            lead=preset.lead,
        )


@dataclass(frozen=True, slots=True)
class Configured:
    settings: Settings
    origins: Mapping[str, str]
    """For each setting: `default`, a file, `$PONDER_…` or a flag."""


@dataclass(frozen=True, slots=True)
class _Layer:
    values: Mapping[str, Any]
    origin: str
    """Names the place in front of the key, for origins and for errors."""
    unread: str | None = None
    """Why nothing of it can be used."""

    def place(self, key: str) -> str:
        if self.origin == "flag":
            return "--" + key.replace("_", "-")
        return f"${PREFIX}{key.upper()}" if self.origin == "environment" else self.origin

    @property
    def typed(self) -> bool:
        """Whether values have types of their own, as in a file; elsewhere all are text."""
        return self.origin not in ("flag", "environment")

    def where(self, key: str) -> str:
        """The place down to the key."""
        return self.place(key) if not self.typed else f"{self.origin}{self.line(key)}: {key}"

    def line(self, key: str) -> str:
        """`, line 3` where the layer is a file."""
        if not self.typed:
            return ""
        number = line_of(key, Path(self.origin).read_text(encoding="utf-8-sig"))
        return f", line {number}" if number else ""

    def faults(self) -> dict[str, str]:
        """A line for each key that cannot be used, naming the place its value came from, or one for the whole."""
        if self.unread:
            return {"": self.unread}
        try:
            Settings.model_validate(self.values, strict=self.typed)
        except ValidationError as error:
            return {key: self._told(key, wrong) for key, wrong in _wrong(error, self.values).items()}
        return {}

    def _told(self, key: str, wrong: str) -> str:
        if key in Settings.model_fields:
            return f"{self.where(key)}: {wrong}"
        near = difflib.get_close_matches(key, Settings.model_fields, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(Settings.model_fields)}"
        return f"{self.origin}{self.line(key)}: unknown setting {key!r}; {hint}"


def line_of(key: str, text: str) -> int | None:
    """The line of TOML that gives a top-level key its value or opens the table of that name: the parser does not say.

    Lines within a text of several lines, or of another table, are none of it.
    """
    name = rf"[\"']?{re.escape(key)}[\"']?"
    within, table = "", ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not within:
            if re.match(rf"\s*\[{{1,2}}\s*{name}\s*[.\]]", line) or (not table and re.match(rf"\s*{name}\s*[.=]", line)):
                return number
            table = table or ("other" if re.match(r"\s*\[", line) else "")
        for mark in re.findall("\"{3}|'{3}", line):
            within = "" if within == mark else within or mark
    return None


def version() -> str:
    from importlib.metadata import version as installed

    return installed("ponder-cli")


def versions() -> dict[str, str]:
    """What a run's outcome depends on, besides its model and settings."""
    from importlib.metadata import version as installed

    named = {name: installed(name) for name in ("ponder-cli", "llama-cpp-python")}
    return named | {"python": platform.python_version(), "system": platform.platform()}


def user_file(environ: Mapping[str, str] = os.environ) -> Path:
    own = environ.get("XDG_CONFIG_HOME")
    return (Path(own) if own else expanded(environ.get("HOME", "~")) / ".config") / "ponder" / "config.toml"


def load(flags: Mapping[str, Any], *, environ: Mapping[str, str] = os.environ, folder: Path | None = None) -> Configured:
    """Merges the layers; a flag that is None was not given. Raises `UsageError` naming place, line and nearest right key.

    An effort is a preset of the three budgets: it takes the place of those that the layers below it give.
    """
    configured, faults = survey(flags, environ=environ, folder=folder)
    if faults:
        raise UsageError(faults[0])
    return configured


def survey(
    flags: Mapping[str, Any], *, environ: Mapping[str, str] = os.environ, folder: Path | None = None
) -> tuple[Configured, list[str]]:
    """As `load`, but what cannot be used is left out, and told in a line each."""
    named = {key: f"{PREFIX}{key.upper()}" for key in Settings.model_fields}
    layers = [
        _file_layer(user_file(environ)),
        _file_layer((folder or Path()) / "ponder.toml"),
        _Layer({key: environ[name] for key, name in named.items() if name in environ}, "environment"),
        _Layer({key: value for key, value in flags.items() if value is not None}, "flag"),
    ]
    merged: dict[str, Any] = {}
    origins = dict.fromkeys(Settings.model_fields, "default")
    told: list[str] = []
    for layer in layers:
        faults = layer.faults()
        told += faults.values()
        usable = {key: value for key, value in layer.values.items() if key not in faults}
        if "effort" in usable:
            preset = [key for key in BUDGETS if merged.pop(key, None) is not None]
            origins.update(dict.fromkeys(preset, layer.place("effort")))
        merged.update(usable)
        origins.update({key: layer.place(key) for key in usable})
    return Configured(Settings(**merged), origins), told


def changed(settings: Settings, values: Mapping[str, object]) -> Settings:
    """The settings with other values. Raises `UsageError`."""
    try:
        return Settings.model_validate({**settings.model_dump(), **values})
    except ValidationError as error:
        key, wrong = next(iter(_wrong(error, values).items()))
        raise UsageError(f"{key}: {wrong}") from None


def _file_layer(path: Path) -> _Layer:
    try:
        path = path.absolute()  # of a working folder that was removed there is none, as there is no file in it
        return _Layer(tomli.loads(path.read_text(encoding="utf-8-sig")), str(path))
    except FileNotFoundError:
        return _Layer({}, str(path))
    except (OSError, ValueError, RecursionError) as error:
        return _Layer({}, str(path), unread=f"{path}: {error}")


def _wrong(error: ValidationError, values: Mapping[str, object]) -> dict[str, str]:
    """By key what its value should be and is not; of one that may be of several kinds all of them are named."""
    should: dict[str, list[str]] = {}
    for fault in error.errors():
        should.setdefault(str(fault["loc"][0]), []).append(fault["msg"].removeprefix("Input should be "))
    return {key: f"input should be {', or '.join(kinds)}, not {values[key]!r}" for key, kinds in should.items()}
