"""SQLite, opened the one way: several processes may write side by side, and what goes wrong is told in one line."""

import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from agent.errors import MachineError

BUSY = 5.0
"""Seconds to wait for another ponder that is writing."""
TEMPORARY = ""
"""SQLite's name for a database that is a nameless file: in memory while it is small, gone when it is closed."""


class DatabaseError(MachineError):
    """The file cannot be read or written here."""


class TakenError(DatabaseError):
    """What was to be written is there already, under the same key."""


class BusyError(DatabaseError):
    """Another process has been writing for longer than is waited."""


class Database:
    """One SQLite file, which may be used from several threads."""

    def __init__(self, path: Path | None, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path, migrations: Sequence[str]) -> Self:
        """Opens or creates the file, as a write-ahead log, and brings it up to date. Raises `DatabaseError`.

        `migrations`: the statements that make each version of the file from the one before. A file from a newer ponder is left
        as it is.
        """
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = _connected(str(path))
            try:
                for setting in ("auto_vacuum=INCREMENTAL", "journal_mode=WAL", "synchronous=NORMAL"):
                    connection.execute(f"PRAGMA {setting}")
                connection.create_function("casefold", 1, _casefold, deterministic=True)
                _migrate(connection, migrations)
            except sqlite3.Error:
                connection.close()
                raise
        return cls(path, connection)

    @classmethod
    def temporary(cls, schema: str) -> Self:
        """A scratch database, for what is too much to be held in memory. Nothing of it outlives the process."""
        with _explained(None):
            connection = _connected(TEMPORARY)
            connection.execute("PRAGMA journal_mode=OFF")
            connection.execute(schema)
        return cls(None, connection)

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows. Raises `DatabaseError`."""
        with self._lock, _explained(self.path):
            return self._connection.execute(statement, _carried(values)).fetchall()

    def transact(self, statements: Sequence[tuple[str, tuple[object, ...]]]) -> None:
        """All of them or none. Raises `DatabaseError`, and `TakenError` where a key is there already."""
        with self._lock, _explained(self.path), _transaction(self._connection):
            for statement, values in statements:
                self._connection.execute(statement, _carried(values))

    @property
    def size(self) -> int:
        """Bytes that its content takes, which may be less than the file."""
        pages, free, page = (self.query(f"PRAGMA {name}")[0][0] for name in ("page_count", "freelist_count", "page_size"))
        return (pages - free) * page

    def close(self) -> None:
        self._connection.close()


def _carried(values: Sequence[object]) -> list[object]:
    """Characters that no encoding can carry (lone surrogates, as in odd file names and arguments) become question marks."""
    return [value.encode("utf-8", "replace").decode() if isinstance(value, str) else value for value in values]


def _connected(name: str) -> sqlite3.Connection:
    return sqlite3.connect(name, timeout=BUSY, isolation_level=None, check_same_thread=False)


def _casefold(text: str | None) -> str:
    return (text or "").casefold()


def _migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    def version() -> int:
        return connection.execute("PRAGMA user_version").fetchone()[0]

    if version() < len(migrations):
        with _transaction(connection):
            for script in migrations[version() :]:
                for statement in script.split(";"):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(migrations)}")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Generator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _explained(path: Path | None) -> Generator[None]:
    place = path or "a temporary file"
    home = "PONDER_DATA" if path else "TMPDIR"
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise TakenError(f"{place}: {error}") from None
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:  # the rest of the number says what was busy
            raise BusyError(f"{place}: {error}; try again when the other ponder is done") from None
        broken = "not a database" in str(error) or "malformed" in str(error)
        mend = "move the file away and a new one is made" if broken else f"set {home} to a folder with room that you can write"
        raise DatabaseError(f"{place}: {error}; {mend}") from None
    except OSError as error:
        raise DatabaseError(f"{place}: {error.strerror or error}; set {home} to a folder that you can write") from None
