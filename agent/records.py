"""Problems from files, read leniently, and answers written to files, whole or not at all."""

import errno
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Protocol, cast

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from agent.errors import MachineError, UsageError
from agent.verify.faults import faults
from agent.verify.verify import Problem
from tools.sandbox import LARGEST_FILES

RESERVED = "solution.py"
LARGEST_FILE = 16 * 1024 * 1024
"""Bytes of one file of material, of tests, or of what comes on standard input."""
LARGEST_MATERIAL = LARGEST_FILES - (1 << 20)
"""Bytes of all material of a problem, what is piped in included: what the sandbox takes, with room for the candidate beside."""
Id = str | int | None
BOM = b"\xef\xbb\xbf"
PRIVATE = 0o600
"""The rights of a draft, until it has those of what it replaces."""
NAMES_LINE = re.compile(r"line (\d{1,15}): ")
"""How every `BadLine.why` begins, and nothing that is said of a problem itself: with the line's number."""


@dataclass(frozen=True, slots=True)
class Record:
    """A line that is a problem. `hidden` is for scoring alone: it never reaches a solver."""

    problem: Problem
    hidden: dict[str, Any]
    line: int = 0
    """Counted from 1."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that reads as a problem, before its material is read and its checks are looked at: `whole` does both."""

    problem: Problem
    hidden: dict[str, Any]
    line: int = 0
    files: tuple[Path, ...] = ()

    @property
    def id(self) -> Id:
        return self.problem.id


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is not: why, beginning with its number."""

    why: str
    line: int = 0
    id: Id = None
    """Where it is a problem's, and only its material or its checks are at fault."""


def read_material(paths: Iterable[Path], piped: str = "") -> dict[str, bytes]:
    """The files by their own names, under which they will lie in one folder, beside what is piped in. Raises `UsageError`."""
    found: dict[str, bytes] = {}
    room = LARGEST_MATERIAL - len(piped.encode())
    for path in paths:
        content = _content(path)
        if path.name == RESERVED:
            raise UsageError(f"{path}: the name {RESERVED} is kept for the candidate; give the file another")
        if path.name in found:
            raise UsageError(f"two files of material are called {path.name!r}; they would lie in one folder")
        room -= len(content)
        if room < 0:
            raise UsageError(f"{path}: with it the material is more than {LARGEST_MATERIAL >> 20} MiB, the most that is taken")
        found[path.name] = content
    return found


def read_text(path: Path) -> str:
    """Raises `UsageError` for what cannot be read as UTF-8."""
    return decode_text(_content(path), str(path))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return read_bounded(file, str(path))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{str(path)!r}: {error}") from None  # a NUL in the name


def read_bounded(file: BinaryIO, source: str) -> bytes:
    """All of it. Raises `UsageError` naming the source where that is too much, as it is of a device that never ends."""
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise UsageError(f"{source}: more than {LARGEST_FILE >> 20} MiB, the most that is taken")
    return content


def decode_text(content: bytes, source: str) -> str:
    """UTF-8 text without NUL. Raises `UsageError` naming the source and the byte."""
    at = content.find(b"\0")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = error.start if at < 0 else at
        text = ""
    if at >= 0:
        raise UsageError(f"{source}: not UTF-8 text (byte 0x{content[at]:02x} at offset {at})")
    return text


def require_file(path: Path, what: str) -> None:
    """Raises `UsageError` where `what` lies there is no file on disk: a device may never end, and a pipe is read just once."""
    try:
        if _is_special(path):
            raise UsageError(f"{path}: not a file on disk, which {what} must be")
        path.open("rb").close()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


class Seen(Protocol):
    """The first line of each id. A `dict` is one; `Index` is one for any number of ids, and may serve one file repeatedly."""

    def setdefault(self, key: str | int, default: int, /) -> int: ...


def read(path: Path) -> Iterator[Record | BadLine]:
    """Every line of a file in order, streamed; blank lines are passed over. Raises `UsageError` if it cannot be opened."""
    return map(whole, scan(path, {}))


def scan(path: Path, seen: Seen) -> Iterator[Unread | BadLine]:
    """As `read`, of the file of problems alone."""
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if text := line.removeprefix(BOM if number == 1 else b"").strip():
                    yield _scanned(text, number, seen, path.parent)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def whole(line: Unread | BadLine) -> Record | BadLine:
    """The line with its material as it is now."""
    if isinstance(line, BadLine):
        return line
    try:
        problem = replace(line.problem, files=read_material(line.files))
    except UsageError as error:
        return BadLine(f"line {line.line}: {error}", line.line, line.id)
    for field, why in faults(problem):
        return BadLine(f"line {line.line}: {field}: {why}", line.line, line.id)
    return Record(problem, line.hidden, line.line)


class _Fields(BaseModel):
    """A record as it comes from outside; other keys are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)

    problem: Annotated[str, Field(pattern=r"\S")]
    id: StrictStr | StrictInt | None = None
    tests: str | None = None
    check: str | None = None
    entry_point: str | None = None
    files: list[str] | None = None
    hidden: Any = None
    """Of any kind: a batch has no use for it, and a suite says what is wrong with it."""


def _scanned(line: bytes, number: int, seen: Seen, folder: Path) -> Unread | BadLine:
    try:
        fields = _Fields.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return BadLine(f"line {number}: {where + ': ' if where else ''}{first['msg']}", number)
    name = f"line-{number}" if fields.id is None else fields.id
    if (first_line := seen.setdefault(name, number)) != number:
        return BadLine(f"line {number}: duplicate id {name!r} (first on line {first_line})", number)
    problem = Problem(fields.problem, "", fields.tests, fields.check, fields.entry_point, id=name)
    return Unread(problem, _hidden(fields.hidden), number, tuple(folder / file for file in fields.files or ()))


def _hidden(given: object) -> dict[str, Any]:
    """What is given there: a null hides nothing, as is usual where every record has every key."""
    found = cast(dict[str, Any], given) if isinstance(given, dict) else {}
    return {key: value for key, value in found.items() if value is not None}


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def require_writable(path: Path) -> None:
    """Raises `UsageError` where `write_whole` could not put a file: better now than after the work."""
    try:
        path = _place(path)
        if path.is_dir():
            raise UsageError(f"{path}: Is a directory")
        if not _is_special(path):
            _draft(path).touch()
            _draft(path).unlink()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def _is_special(path: Path) -> bool:
    """A device or a pipe, which must be written to and never replaced."""
    return os.path.exists(path) and not os.path.isfile(path)


def _place(path: Path) -> Path:
    """Where links lead, but a device or a pipe by its own name: what is behind `/dev/stdout` may have none on disk.

    Raises `OSError`.
    """
    try:
        return path if _is_special(path) and not path.is_dir() else path.resolve()
    except RuntimeError:  # of links that lead in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None


def inherit(draft: int, replaced: os.stat_result) -> None:
    """Gives a draft, made `PRIVATE`, the owner, the group and the rights of the file that it replaces. Raises `OSError`.

    Where it cannot have them, its own group gets no rights: they were another's.
    """
    kept = replaced.st_mode & 0o777
    try:
        os.fchown(draft, replaced.st_uid, replaced.st_gid)
    except OSError:
        kept &= 0o707 if os.fstat(draft).st_gid != replaced.st_gid else 0o777
    os.fchmod(draft, kept)


def write_whole(path: Path, content: str | bytes) -> None:
    """The content in that file, whole or not at all; a link stays one, and a file's rights stay. Raises `MachineError`."""
    try:
        path = _place(path)
        _put(path, content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content)
    except OSError as error:
        raise MachineError(f"{path}: {error.strerror}") from None


def _put(path: Path, content: bytes) -> None:
    """Raises `OSError`, and nothing of a draft is left."""
    if _is_special(path):
        path.write_bytes(content)
        return
    draft = _draft(path)
    try:
        replaced = path.stat() if path.exists() else None
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE if replaced else 0o666), "wb") as file:
            if replaced:
                inherit(file.fileno(), replaced)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
