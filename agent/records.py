"""Problems and results as JSON lines on disk: read leniently, written a whole line at a time, never lost, never doubled."""

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from agent.errors import MachineError, UsageError
from agent.events import Result, result_record
from agent.verify import Problem, faults

RESERVED = "solution.py"
LARGEST_FILE = 16 * 1024 * 1024
"""Bytes of one file of material, of tests, or of what comes on standard input."""
Id = str | int | None
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Record:
    """A line that is a problem. `hidden` is for scoring alone: it never reaches a solver."""

    problem: Problem
    hidden: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is not: why, beginning with its number."""

    why: str


def read_material(path: Path) -> tuple[str, bytes]:
    """A file of material under its own name. Raises `UsageError`."""
    content = _content(path)
    if path.name == RESERVED:
        raise UsageError(f"{path}: the name {RESERVED} is kept for the candidate; give the file another")
    return path.name, content


def read_text(path: Path) -> str:
    """Raises `UsageError` for what cannot be read as UTF-8."""
    return decode_text(_content(path), str(path))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return read_bounded(file, str(path))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


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


def read(path: Path) -> Iterator[Record | BadLine]:
    """Every line of a file in order, streamed; blank lines are passed over. Raises `UsageError` if it cannot be opened."""
    seen: dict[Id, int] = {}
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if text := line.removeprefix(BOM if number == 1 else b"").strip():
                    yield _record(text, number, seen, path.parent)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


class _Line(BaseModel):
    """A record as it comes from outside; other keys are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)

    problem: Annotated[str, Field(pattern=r"\S")]
    id: StrictStr | StrictInt | None = None
    tests: str | None = None
    check: str | None = None
    entry_point: str | None = None
    files: list[str] = []
    hidden: dict[str, Any] = {}


def _record(line: bytes, number: int, seen: dict[Id, int], folder: Path) -> Record | BadLine:
    try:
        fields = _Line.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return BadLine(f"line {number}: {where + ': ' if where else ''}{first['msg']}")
    name = f"line-{number}" if fields.id is None else fields.id
    if name in seen:
        return BadLine(f"line {number}: duplicate id {name!r} (first on line {seen[name]})")
    seen[name] = number
    try:
        files = dict(read_material(folder / path) for path in fields.files)
    except UsageError as error:
        return BadLine(f"line {number}: {error}")
    problem = Problem(fields.problem, "", fields.tests, fields.check, fields.entry_point, files, name)
    for field, why in faults(problem):
        return BadLine(f"line {number}: {field}: {why}")
    return Record(problem, fields.hidden)


BEGINNING = b'{"id": '
"""How every line of results begins."""


class ResultFile:
    """Results appended one whole line at a time, each on disk before `add` returns.

    One process at a time holds the file. A line that a killed run tore is cut off at opening: its record was never finished.
    """

    def __init__(self, path: Path) -> None:
        """Raises `UsageError` when it cannot be written, another process holds it, or it holds something else."""
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise UsageError(f"{path}: another ponder is writing it") from None
        self.done: dict[Id, str] = {}
        """Status by id, of what was there at opening."""
        self.reported: set[str] = set()
        """Errors of bad lines that were there at opening."""
        self.torn: int | None = None
        """Number of the line that a killed run tore, where there was one."""
        try:
            self._read_back()
        except BaseException:
            self.close()
            raise

    def _read_back(self) -> None:
        whole = 0
        with os.fdopen(os.dup(self._descriptor), "rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    self._require(line[: len(BEGINNING)] == BEGINNING[: len(line)], number)
                    self.torn = number
                    break
                whole += len(line)
                self._note(line, number)
        os.ftruncate(self._descriptor, whole)
        os.lseek(self._descriptor, whole, os.SEEK_SET)

    def _note(self, line: bytes, number: int) -> None:
        try:
            fields = json.loads(line)
            name, status, error = fields["id"], fields["status"], fields.get("error")
        except (ValueError, KeyError, TypeError, AttributeError):
            self._require(False, number)
            return
        if name is not None:
            self.done[name] = status
        elif error is not None:
            self.reported.add(error)

    def _require(self, is_result: bool, number: int) -> None:
        if not is_result:
            raise UsageError(f"{self.path}, line {number}: not a result; is this the right output file?")

    def status_of(self, line: Record | BadLine) -> str | None:
        """What was there at opening for a line of the batch."""
        if isinstance(line, BadLine):
            return "error" if line.why in self.reported else None
        return self.done.get(line.problem.id)

    def records(self) -> Iterator[dict[str, Any]]:
        """All that is in the file, in order."""
        with self.path.open("rb") as lines:
            yield from map(json.loads, lines)

    def add(self, record: dict[str, object]) -> None:
        """Raises `MachineError` when the disk takes no more; what was there stays whole."""
        line = json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        before = os.lseek(self._descriptor, 0, os.SEEK_CUR)
        try:
            written = 0
            while written < len(line):
                written += os.write(self._descriptor, line[written:])
            os.fsync(self._descriptor)
        except OSError as error:
            os.ftruncate(self._descriptor, before)
            os.lseek(self._descriptor, before, os.SEEK_SET)
            raise MachineError(f"{self.path}: {error.strerror}; free some space and run the same command again") from None

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def error_record(why: str, name: Id = None) -> dict[str, object]:
    """What becomes of a line that could not be tried."""
    return result_record(Result(id=name, status="error", error=why))


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def require_writable(path: Path) -> None:
    """Raises `UsageError` where `write_whole` could not put a file: better now than after the work."""
    path = path.resolve()
    try:
        if path.is_dir():
            raise UsageError(f"{path}: Is a directory")
        if not _is_special(path):
            _draft(path).touch()
            _draft(path).unlink()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def _is_special(path: Path) -> bool:
    """A device or a pipe, which must be written to and never replaced."""
    return path.exists() and not path.is_file()


def write_whole(path: Path, content: str | bytes) -> None:
    """The content in that file, whole or not at all; a link stays one. Raises `MachineError`."""
    path = path.resolve()
    draft = path if _is_special(path) else _draft(path)
    try:
        with draft.open("wb") as file:
            file.write(content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content)
            file.flush()
            if draft != path:
                os.fsync(file.fileno())
                os.replace(draft, path)
    except OSError as error:
        if draft != path:
            draft.unlink(missing_ok=True)
        raise MachineError(f"{path}: {error.strerror}") from None
