"""Runs on disk: every event of every run in one SQLite file, written while it happens, read back for lists and replay."""

import json
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from agent.errors import MachineError, UsageError
from agent.events import (
    Event,
    Finished,
    Notice,
    Progressed,
    Sink,
    Spent,
    Started,
    Status,
    Streamed,
    from_json,
    result_record,
    to_json,
)

FLUSH = 0.3
"""Seconds that streamed text and spent budget may wait for their commit; everything else is committed at once."""
BUSY = 5.0
"""Seconds to wait for another ponder that is writing."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS runs(
    run TEXT PRIMARY KEY, started REAL NOT NULL, problem TEXT NOT NULL, status TEXT, seconds REAL, model TEXT, attempts INTEGER,
    result TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS runs_by_time ON runs(started);
CREATE TABLE IF NOT EXISTS events(
    run TEXT NOT NULL, sequence INTEGER NOT NULL, at REAL NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY(run, sequence)) WITHOUT ROWID;
"""


class StoreError(MachineError):
    """Runs cannot be kept or read here."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One row of `ponder runs`. `status` is None for a run that was cut off before it finished."""

    run: str
    started: float
    """Seconds since the epoch."""
    problem: str
    status: Status | None
    seconds: float | None
    model: str | None
    attempts: int | None


def new_run_id(now: datetime) -> str:
    """`20261123-151203-a1b2`: sorts by time, and does not collide with what starts in the same second."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def data_folder() -> Path:
    """`$PONDER_DATA`, else `ponder` in the user's data folder."""
    own = os.environ.get("PONDER_DATA")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "ponder"


class Store:
    """The SQLite file. Several processes may write side by side; one `Store` may be used from several threads."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path | None = None) -> Self:
        """Opens or creates the file, `runs.sqlite3` in `data_folder()` by default. Raises `StoreError`."""
        path = path or data_folder() / "runs.sqlite3"
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.executescript(SCHEMA)
            except sqlite3.Error:
                connection.close()
                raise
        return cls(path, connection)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def record(self, run: str, tell: Sink | None = None) -> Generator[Sink]:
        """A sink that keeps the events of `run`. It never raises: when the disk fails, `tell` gets one `Notice`."""
        recording = Recording(self, run, tell)
        try:
            yield recording
        finally:
            recording.flush()

    def runs(self, limit: int = 50) -> list[RunSummary]:
        """The latest runs, newest first."""
        rows = self._query(
            "SELECT run, started, problem, status, seconds, model, attempts FROM runs ORDER BY started DESC, run DESC LIMIT ?",
            limit,
        )
        return [RunSummary(*row) for row in rows]

    def find(self, prefix: str | None = None) -> str:
        """The run whose id starts so; None: the latest. Raises `UsageError` with the runs there are."""
        if prefix is None:
            found = [summary.run for summary in self.runs(1)]
            if not found:
                raise UsageError(f"no runs are recorded yet in {self.path}")
            return found[0]
        prefix = _encodable(prefix)
        rows = self._query("SELECT run FROM runs WHERE substr(run, 1, ?) = ? ORDER BY started DESC", len(prefix), prefix)
        found = [run for (run,) in rows]
        if prefix in found or len(found) == 1:
            return prefix if prefix in found else found[0]
        if found:
            raise UsageError(f"{len(found)} runs start with {prefix!r}: {_listed(found)}")
        latest = [summary.run for summary in self.runs(5)]
        raise UsageError(
            f"no run starts with {prefix!r}; " + (f"the latest are {_listed(latest)}" if latest else "none are recorded")
        )

    def events(self, prefix: str | None = None) -> Iterator[tuple[float, Event]]:
        """The events of a run (as in `find`) with the seconds since its start. What cannot be read becomes a `Notice`."""
        run = self.find(prefix)
        for at, text in self._query("SELECT at, json FROM events WHERE run = ? ORDER BY sequence", run):
            try:
                yield at, from_json(text)
            except ValueError:
                yield at, Notice("an event of this run cannot be read: damaged, or from another version of ponder")

    def _query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock, _explained(self.path):
            return self._connection.execute(statement, values).fetchall()

    def transact(self, statements: list[tuple[str, tuple[object, ...]]]) -> None:
        """All of them or none. Raises `StoreError`."""
        with self._lock, _explained(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                for statement, values in statements:
                    self._connection.execute(statement, values)
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


class Recording:
    """The sink that `Store.record` gives. Streamed text is gathered by attempt, so that a token does not cost a row."""

    def __init__(self, store: Store, run: str, tell: Sink | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._run, self._tell, self._clock = store, run, tell, clock
        self._began = self._flushed = clock()
        self._sequence = 0
        self._gathered: dict[tuple[str, object], tuple[float, Event]] = {}
        self._failed = False

    def __call__(self, event: Event) -> None:
        if self._failed:
            return
        now = self._clock()
        if isinstance(event, Started):
            self._began = now
        key = _gathering(event)
        if key is None:
            self._gathered[event.type, self._sequence] = now - self._began, event
            self.flush(event)
            return
        at, before = self._gathered.get(key, (now - self._began, None))
        if isinstance(event, Streamed) and isinstance(before, Streamed):
            event = replace(before, text=before.text + event.text)
        self._gathered[key] = at, event
        if now - self._flushed >= FLUSH:
            self.flush()

    def flush(self, event: Event | None = None) -> None:
        """Commits what is gathered. `event` is the one that caused it."""
        if self._failed or not self._gathered:
            return
        rows = [
            (self._run, self._sequence + number, at, _written(kept))
            for number, (at, kept) in enumerate(self._gathered.values())
        ]
        statements: list[tuple[str, tuple[object, ...]]] = [("INSERT INTO events VALUES (?, ?, ?, ?)", row) for row in rows]
        try:
            self._store.transact(statements + _summary(self._run, event))
        except StoreError as error:
            self._failed = True
            if self._tell:
                self._tell(Notice(f"this run is no longer recorded: {error}"))
        self._sequence += len(rows)
        self._gathered.clear()
        self._flushed = self._clock()


@contextmanager
def recording(run: str, tell: Sink, path: Path | None = None) -> Generator[Sink]:
    """A sink that records into the user's store if that can be opened, and else says so once and swallows events."""
    try:
        store = Store.open(path)
    except StoreError as error:
        tell(Notice(f"this run is not recorded: {error}"))
        yield lambda event: None
        return
    with store, store.record(run, tell) as sink:
        yield sink


def _gathering(event: Event) -> tuple[str, object] | None:
    """What may wait, and what it is merged with."""
    match event:
        case Streamed(node):
            return "streamed", node
        case Progressed(what):
            return "progressed", what
        case Spent():
            return "spent", None
        case _:
            return None


def _written(event: Event) -> str:
    """JSON; characters that no encoding can carry (lone surrogates, as in odd file names) become question marks."""
    try:
        return to_json(event)
    except ValueError:
        return json.dumps(asdict(event), ensure_ascii=False).encode("utf-8", "replace").decode()


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _summary(run: str, event: Event | None) -> list[tuple[str, tuple[object, ...]]]:
    """What `event` changes in the list of runs."""
    match event:
        case Started():
            row = (run, time.time(), _encodable(event.problem), _encodable(event.model))
            return [("INSERT INTO runs(run, started, problem, model) VALUES (?, ?, ?, ?)", row)]
        case Finished(result):
            text = _encodable(json.dumps(result_record(result), ensure_ascii=False))
            changes = (result.status, result.seconds.total, result.attempts, text, run)
            return [("UPDATE runs SET status = ?, seconds = ?, attempts = ?, result = ? WHERE run = ?", changes)]
        case _:
            return []


def _listed(runs: list[str]) -> str:
    return ", ".join(runs[:5]) + (", …" if len(runs) > 5 else "")


@contextmanager
def _explained(path: Path) -> Generator[None]:
    try:
        yield
    except sqlite3.Error as error:
        broken = "not a database" in str(error) or "malformed" in str(error)
        mend = (
            "move the file away and a new one is made" if broken else "set PONDER_DATA to a folder with room that you can write"
        )
        raise StoreError(f"{path}: {error}; {mend}") from None
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}; set PONDER_DATA to a folder that you can write") from None
