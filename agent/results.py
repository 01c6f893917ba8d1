"""Results as JSON lines on disk: written a whole line at a time, never lost, never doubled, replaced all at once."""

import fcntl
import json
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Self

from agent.errors import MachineError, UsageError
from agent.events import Result, result_record
from agent.records import NAMES_LINE, PRIVATE, BadLine, Id, Unread, inherit, whole
from agent.store.index import Index

BEGINNING = b'{"id": '
"""How every line of results begins."""
OURS = {"id", "status", "tokens", "seconds", "run"}
"""Keys that every line of results has."""
NEWER = ".newer"
"""Ends the name of the file that holds the records which will take the place of older ones."""
AT_FAULT = "at fault"
"""What the status of a line is, by its id, whose material or checks could not be used."""


class ResultFile:
    """The results of a batch, each on disk before `add` returns; exactly one for each id.

    One process at a time holds the file. A record that replaces another waits in a file beside it; when the results are closed,
    all that wait take their places at once, and what was said of lines that have another fault by now, or none, goes. A killed
    run leaves them waiting, for the next to go on with.
    """

    def __init__(self, path: Path, retry: Collection[str] = ()) -> None:
        """`retry`: the statuses whose records are to be replaced.

        Raises `UsageError` when it cannot be written, another process holds it, or it holds something else.
        """
        self.path = path
        self._retry = frozenset(retry)
        self._lines = Lines(path)
        self._newer: Lines | None = None
        self._statuses, self._waiting = Index(), Index()
        self._faults = Index()
        """What is wrong with a line that has no id, by its number, in words; empty where nothing is any more."""
        self._has_faults = self._outdated = False
        try:
            for number, (_, line) in enumerate(self._lines.read(), start=1):
                self._note(line, number)
            self._go_on()
        except OSError as error:
            self._let_go()
            raise UsageError(f"{path}: {error.strerror}") from None
        except BaseException:
            self._let_go()
            raise

    def _note(self, line: bytes, number: int) -> Id:
        """The id of a result, once its status is known by it; that of a line at fault is by its error."""
        name, status, error = self._fields(line, number)
        if place := NAMES_LINE.match(error):
            self._statuses[_bad(error)], status = status, AT_FAULT
            if name is None:
                self._compare(int(place[1]), error)
                self._faults[int(place[1])], self._has_faults = error, True
        if name is not None:
            self._statuses[name] = status
        return name

    def _fields(self, line: bytes, number: int) -> tuple[Id, str, str]:
        """Id, status and error of a result."""
        try:
            fields = json.loads(line)
            return fields["id"], fields["status"], str(fields.get("error"))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UsageError(f"{self.path}, line {number}: not a result; is this the right output file?") from None

    def _go_on(self) -> None:
        """What an earlier run left waiting counts as tried again; without `retry` it takes its place now.

        Where the older record is gone, as in a file that was begun anew, it is a result like any other.
        """
        self._draft_path.unlink(missing_ok=True)
        if not os.path.exists(self._newer_path):
            return
        self._newer = Lines(self._newer_path, PRIVATE)
        for number, (offset, line) in enumerate(self._newer.read(), start=1):
            is_there = self._statuses.get(self._fields(line, number)[0]) is not None
            if (name := self._note(line, number)) is not None:
                self._waiting[name] = offset
            if not is_there:
                self._lines.append(line)
        if not self._retry:
            self._put_in_place()

    @property
    def _newer_path(self) -> Path:
        return self.path.with_name(self.path.name + NEWER)

    @property
    def _draft_path(self) -> Path:
        """The same for every process: whoever holds the results may take it over from one that was killed."""
        return self.path.with_name(f".{self.path.name}.part")

    def status_of(self, line: Unread | BadLine) -> str | None:
        """What was there at opening for a line of the batch; None for one that is still to be tried, or tried again.

        A line that was at fault, of which alone the material is read here, is tried once it is not, and told of anew where the
        fault is another.
        """
        if self._has_faults:
            self._compare(line.line, line.why if isinstance(line, BadLine) else "")
        if isinstance(line, BadLine):
            return self._statuses.get(_bad(line.why))
        status = self._statuses.get(line.id)
        if status == AT_FAULT:
            now = whole(line)
            return self._statuses.get(_bad(now.why)) if isinstance(now, BadLine) else None
        again = status in self._retry and self._waiting.get(line.id) is None
        return None if again else status

    def _compare(self, number: int, why: str) -> None:
        """What is wrong with a line, with what was said of it before."""
        if self._faults.get(number) not in (None, why):
            self._faults[number], self._outdated = why, True

    def add(self, record: dict[str, object]) -> None:
        """Raises `MachineError` when the disk takes no more; what was there stays whole."""
        line = json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        name = record["id"]
        if not isinstance(name, str | int) or self._statuses.get(name) is None:
            self._lines.append(line)
            return
        self._newer = self._newer or Lines(self._newer_path, PRIVATE)
        self._waiting[name] = self._newer.append(line)

    def _put_in_place(self) -> None:
        """The whole file anew, each record that waits in the place of the older one; whole or not at all.

        The new file is locked before it gets its name, so that nobody comes in between.
        """
        if self._newer is None and not self._outdated:
            return
        anew = Lines(self._draft_path, PRIVATE)
        try:
            anew.write(self._renewed())
            anew.inherit(self._lines)
            os.replace(anew.path, self.path)
            if self._newer:
                self._newer.remove()
        except OSError as error:
            anew.remove()
            raise MachineError(f"{self.path}: {error.strerror}; free some space and run the same command again") from None
        self._lines.close()
        anew.path = self.path
        self._lines, self._newer, self._outdated = anew, None, False

    def _renewed(self) -> Iterator[bytes]:
        for number, (_, line) in enumerate(self._lines.read(), start=1):
            name, _, error = self._fields(line, number)
            place = NAMES_LINE.match(error) if name is None else None
            if place and self._faults.get(int(place[1])) not in (None, error):
                continue
            offset = self._waiting.get(name)
            yield line if offset is None or self._newer is None else self._newer.at(offset)

    def close(self) -> None:
        """What waits takes its place. Raises `MachineError`."""
        try:
            self._put_in_place()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        for held in (self._lines, self._newer, self._statuses, self._waiting, self._faults):
            if held is not None:
                held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class Lines:
    """A file of results held by this process alone. A line that a killed run tore is cut off: it was never finished."""

    def __init__(self, path: Path, rights: int = 0o644) -> None:
        """`rights`: those that a new file gets, less the umask. Raises `UsageError`."""
        self.path, self._granted = path, rights
        self.torn: int | None = None
        """Number of the line that `read` found torn, where there was one."""
        self._descriptor = self._held()

    def _held(self) -> int:
        """Opened and locked; once more where the one who held it has put another in its place meanwhile."""
        while True:
            descriptor = self._opened()
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(descriptor)
                raise UsageError(f"{self.path}: another ponder is writing it") from None
            try:
                if os.path.samestat(os.fstat(descriptor), os.stat(self.path)):
                    return descriptor
            except FileNotFoundError:
                pass
            os.close(descriptor)

    def _opened(self) -> int:
        """A file on disk: a device or a pipe would be read without end, or not at all."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, self._granted)
        except OSError as error:
            raise UsageError(f"{self.path}: {error.strerror}") from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise UsageError(f"{self.path}: not a file on disk, which results must be: they are read, too")
        return descriptor

    def inherit(self, replaced: "Lines") -> None:
        """Raises `OSError`."""
        inherit(self._descriptor, os.fstat(replaced._descriptor))

    def read(self) -> Iterator[tuple[int, bytes]]:
        """Every whole line with its offset; afterwards what comes next is appended behind the last of them."""
        whole = 0
        with os.fdopen(os.dup(self._descriptor), "rb") as lines:
            lines.seek(0)
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    if line[: len(BEGINNING)] != BEGINNING[: len(line)] or _is_anothers(line):
                        raise UsageError(f"{self.path}, line {number}: not a result; is this the right output file?")
                    self.torn = number
                    break
                yield whole, line
                whole += len(line)
        os.ftruncate(self._descriptor, whole)
        os.lseek(self._descriptor, whole, os.SEEK_SET)

    def at(self, offset: int) -> bytes:
        with os.fdopen(os.dup(self._descriptor), "rb") as lines:
            lines.seek(offset)
            return lines.readline()

    def append(self, line: bytes) -> int:
        """Its offset, once it is on disk. Raises `MachineError`; what was there stays whole."""
        before = os.lseek(self._descriptor, 0, os.SEEK_END)
        try:
            written = 0
            while written < len(line):
                written += os.write(self._descriptor, line[written:])
            os.fsync(self._descriptor)
        except OSError as error:
            os.ftruncate(self._descriptor, before)
            raise MachineError(f"{self.path}: {error.strerror}; free some space and run the same command again") from None
        return before

    def write(self, lines: Iterable[bytes]) -> None:
        """Those lines and no others, on disk. Raises `OSError`."""
        with os.fdopen(os.dup(self._descriptor), "wb") as file:
            file.truncate(0)
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _is_anothers(line: bytes) -> bool:
    """Whether a line without an end is a whole record all the same, and no result: a file that somebody else has written."""
    try:
        return bool(OURS - json.loads(line).keys())
    except (ValueError, RecursionError):
        return False


def _bad(why: str) -> str:
    """The key of a bad line, which no id can be: ids come from JSON text, which holds no lone surrogate."""
    return f"\udcff{why}"


def error_record(why: str, name: str | int | None = None) -> dict[str, object]:
    """What becomes of a line that could not be tried."""
    return result_record(Result(id=name, status="error", error=why))
