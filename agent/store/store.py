"""Runs on disk: every event of every run in one SQLite file, written while it happens, read back for lists and replay."""

import json
import secrets
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from agent.config import Settings, versions
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
from agent.places import data_folder
from agent.store.database import BusyError, Database, DatabaseError, TakenError
from agent.store.filter import EVERY, Filter

FLUSH = 0.3
"""Seconds that streamed text and spent budget may wait for their commit; everything else is committed at once."""
MIGRATIONS = (
    """
CREATE TABLE IF NOT EXISTS runs(
    run TEXT PRIMARY KEY, started REAL NOT NULL, problem TEXT NOT NULL, status TEXT, seconds REAL, model TEXT, attempts INTEGER,
    result TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS runs_by_time ON runs(started);
CREATE TABLE IF NOT EXISTS events(
    run TEXT NOT NULL, sequence INTEGER NOT NULL, at REAL NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY(run, sequence)) WITHOUT ROWID""",
    """
ALTER TABLE runs ADD COLUMN seed INTEGER;
ALTER TABLE runs ADD COLUMN versions TEXT;
ALTER TABLE runs ADD COLUMN settings TEXT;
CREATE VIEW verdicts AS
    SELECT run, json_extract(json, '$.node') AS node, json_extract(json, '$.ruling') AS ruling,
        json_extract(json, '$.score') AS score, json_extract(json, '$.failure') AS failure,
        json_extract(json, '$.answer') AS candidate
    FROM events WHERE json_extract(json, '$.type') = 'judged'""",
    "ALTER TABLE runs ADD COLUMN continues TEXT",
)
"""What makes each version of the file from the one before; `PRAGMA user_version` counts them."""
MEGABYTE = 1_000_000
SUMMARY = "run, started, problem, status, seconds, model, attempts"
"""The columns of a `RunSummary`."""
ROOM_MADE = 0.9
"""The part of the limit that is left filled when the oldest runs go."""
UNDER_WAY = 24 * 3600.0
"""Seconds for which a run without an end is taken to go on, and is not removed to make room."""


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


@dataclass(frozen=True, slots=True)
class RunDetails:
    """All of a run but its events. What an older ponder did not keep is empty."""

    summary: RunSummary
    seed: int | None
    versions: Mapping[str, str]
    settings: Mapping[str, Any]
    result: Mapping[str, Any] | None
    """As `result_record` makes it."""


def new_run_id(now: datetime) -> str:
    """`20261123-151203-a1b2c3d4e5`: sorts by time, and is no other's of the thousands that one second may start."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(5)}"


class Store:
    """The file of runs. Several processes may write side by side; one `Store` may be used from several threads."""

    def __init__(self, database: Database, path: Path) -> None:
        self.path = path
        self.failed = False
        """Set when a run could not be kept, and another could not either: nothing more is tried, and nothing more is said."""
        self._database = database

    @classmethod
    def open(cls, path: Path | None = None) -> Self:
        """Opens or creates the file, `runs.sqlite3` in `data_folder()` by default. Raises `DatabaseError`, and `MachineError`
        where there is no such folder.
        """
        path = path or data_folder() / "runs.sqlite3"
        return cls(Database.open(path, MIGRATIONS), path)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def runs(self, limit: int = 50, wanted: Filter = EVERY) -> list[RunSummary]:
        """The latest of the runs that are wanted, newest first."""
        conditions = wanted.conditions()
        where = " AND ".join(["TRUE", *(condition for condition, _ in conditions)])
        values = [value for _, value in conditions]
        rows = self._database.query(
            f"SELECT {SUMMARY} FROM runs WHERE {where} ORDER BY started DESC, run DESC LIMIT ?", *values, limit
        )
        return [RunSummary(*row) for row in rows]

    def details(self, prefix: str | None = None) -> RunDetails:
        """A run (as in `find`) with what it was run with."""
        run = self.find(prefix)
        (row,) = self._database.query(f"SELECT {SUMMARY}, seed, versions, settings, result FROM runs WHERE run = ?", run)
        seed, *texts = row[-4:]
        made_with, settings, result = (json.loads(text) if text else None for text in texts)
        return RunDetails(RunSummary(*row[:-4]), seed, made_with or {}, settings or {}, result)

    def remove(self, runs: Sequence[str]) -> None:
        """Those runs with all their events; the room goes back to the disk."""
        for table in ("events", "runs"):
            self.transact([(f"DELETE FROM {table} WHERE run = ?", (run,)) for run in runs])
        self._database.query("PRAGMA incremental_vacuum")

    @property
    def size(self) -> int:
        """Bytes that the runs take."""
        return self._database.size

    def make_room(self, limit: int, keep: str) -> None:
        """Where the runs take more than `limit` bytes, the oldest go first; neither `keep` nor one that is under way goes."""
        if self.size <= limit:
            return
        while self.size > limit * ROOM_MADE:
            oldest = self._database.query(
                "SELECT run FROM runs WHERE run != ? AND (status IS NOT NULL OR started < ?) ORDER BY started, run LIMIT 1",
                keep,
                time.time() - UNDER_WAY,
            )
            if not oldest:
                return
            self.remove([run for (run,) in oldest])

    def find(self, prefix: str | None = None) -> str:
        """The run whose id starts so; None: the latest. Raises `UsageError` with the runs there are."""
        if prefix is None:
            found = [summary.run for summary in self.runs(1)]
            if not found:
                raise UsageError(f"no runs are recorded yet in {self.path}")
            return found[0]
        if not prefix:
            raise UsageError("the name of a run is empty; `ponder runs` lists them")
        rows = self._database.query(
            "SELECT run FROM runs WHERE substr(run, 1, ?) = ? ORDER BY started DESC", len(prefix), prefix
        )
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
        for at, text in self._database.query("SELECT at, json FROM events WHERE run = ? ORDER BY sequence", run):
            try:
                yield at, from_json(text)
            except ValueError:
                yield at, Notice("an event of this run cannot be read: damaged, or from another version of ponder")

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of what is asked of the tables `runs`, `events` and `verdicts`. Raises `DatabaseError`."""
        return self._database.query(statement, *values)

    def transact(self, statements: Sequence[tuple[str, tuple[object, ...]]]) -> None:
        """All of them or none. Raises `DatabaseError`, and `TakenError` where a key is there already."""
        self._database.transact(statements)


class Recording:
    """A sink that keeps the events of a run. It never raises: where they cannot be kept, `tell` gets one `Notice`.

    Streamed text is gathered by attempt, so that a token does not cost a row.
    """

    def __init__(
        self,
        store: Store,
        run: str,
        tell: Sink | None,
        settings: Settings | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._run, self._tell, self._settings, self._clock = store, run, tell, settings, clock
        self._began = self._flushed = clock()
        self._sequence, self._refused = 0, False
        self._continues: str | None = None
        """The first of the runs that this one goes on with; it holds all that they said."""
        self._gathered: dict[tuple[str, object], tuple[float, Event]] = {}

    def __call__(self, event: Event) -> None:
        now = self._clock()
        if isinstance(event, Started):
            self._began = now
        if isinstance(event, Spent):
            self._began = now - event.seconds  # the run's own clock stands still in a pause
        self._keep(now - self._began, event)

    def take_up(self, before: Iterable[tuple[float, Event]]) -> None:
        """What was said before by a run that this one goes on with; its time goes on, too."""
        at = 0.0
        for at, event in before:
            if isinstance(event, Started):
                self._continues, event = event.run, replace(event, run=self._run)
            self._keep(at, event)
        self._began = self._clock() - at

    def _keep(self, at: float, event: Event) -> None:
        if self._store.failed or self._refused:
            return
        key = _gathering(event)
        if key is None:
            self._gathered[event.type, self._sequence] = at, event
            self.flush(event)
            return
        at, before = self._gathered.get(key, (at, None))
        if isinstance(event, Streamed) and isinstance(before, Streamed):
            event = replace(before, text=before.text + event.text)
        self._gathered[key] = at, event
        if self._clock() - self._flushed >= FLUSH:
            self.flush()

    def flush(self, event: Event | None = None) -> None:
        """Commits what is gathered. `event` is the one that caused it."""
        if self._store.failed or self._refused or not self._gathered:
            return
        rows = [
            (self._run, self._sequence + number, at, _written(kept))
            for number, (at, kept) in enumerate(self._gathered.values())
        ]
        statements: list[tuple[str, tuple[object, ...]]] = [("INSERT INTO events VALUES (?, ?, ?, ?)", row) for row in rows]
        try:
            self._store.transact(statements + self._summary(event))
            if isinstance(event, Finished) and self._settings:
                self._store.make_room(self._settings.runs_limit_mb * MEGABYTE, keep=self._run)
        except DatabaseError as error:
            self._refused, self._store.failed = True, not isinstance(error, BusyError | TakenError)
            if self._tell:
                why = "another has its id" if isinstance(error, TakenError) else error
                self._tell(Notice(f"this run is no longer recorded: {why}"))
        self._sequence += len(rows)
        self._gathered.clear()
        self._flushed = self._clock()

    def _summary(self, event: Event | None) -> list[tuple[str, tuple[object, ...]]]:
        """What `event` changes in the list of runs."""
        match event:
            case Started():
                row = (self._run, time.time(), event.problem, event.model, event.seed)
                about = json.dumps(versions()), json.dumps(self._settings.model_dump()) if self._settings else None
                columns = "run, started, problem, model, seed, versions, settings, continues"
                return [(f"INSERT INTO runs({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, *about, self._continues))]
            case Finished(result):
                text = json.dumps(result_record(result), ensure_ascii=False)
                changes = (result.status, result.seconds.total, result.attempts, text, self._run)
                return [("UPDATE runs SET status = ?, seconds = ?, attempts = ?, result = ? WHERE run = ?", changes)]
            case _:
                return []


@contextmanager
def recording(
    run: str,
    tell: Sink,
    path: Path | None = None,
    *,
    settings: Settings | None = None,
    before: Iterable[tuple[float, Event]] = (),
) -> Generator[Sink]:
    """A sink that records into the user's store if that can be opened, and else says so once and swallows events.

    `before`: what a run said that this one goes on with, as `Store.events` gives it.
    """
    with recorder(tell, path, settings=settings) as recording_of:
        sink = recording_of(run)
        if isinstance(sink, Recording):
            sink.take_up(before)
        try:
            yield sink
        finally:
            if isinstance(sink, Recording):
                sink.flush()


@contextmanager
def recorder(tell: Sink, path: Path | None = None, *, settings: Settings | None = None) -> Generator[Callable[[str], Sink]]:
    """As `recording`, for many runs side by side: a sink for each run that is named."""
    try:
        store = Store.open(path)
    except MachineError as error:
        tell(Notice(f"this run is not recorded: {error}"))
        yield lambda run: lambda event: None
        return
    with store:
        yield lambda run: Recording(store, run, tell, settings)


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
    """JSON, also of what no encoding can carry."""
    try:
        return to_json(event)
    except ValueError:
        return json.dumps(asdict(event), ensure_ascii=False)


def _listed(runs: list[str]) -> str:
    return ", ".join(runs[:5]) + (", …" if len(runs) > 5 else "")
