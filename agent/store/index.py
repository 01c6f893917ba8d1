"""Values by key on disk, for the ids of a batch: a million of them take no memory to speak of."""

import json
from typing import Any, Self

from agent.store.database import Database

SCHEMA = "CREATE TABLE entries(key TEXT PRIMARY KEY, value) WITHOUT ROWID"


class Index:
    """A mapping that lives in a nameless file. Keys are what JSON can write, and are told apart by their type: 1 is not "1"."""

    def __init__(self) -> None:
        """Raises `DatabaseError` where no temporary file can be made."""
        self._database = Database.temporary(SCHEMA)

    def __setitem__(self, key: str | int, value: str | int) -> None:
        self._database.query("INSERT OR REPLACE INTO entries VALUES (?, ?)", json.dumps(key), value)

    def get(self, key: str | int | None) -> Any:
        """The value, or None, as there is of no key."""
        rows = self._database.query("SELECT value FROM entries WHERE key = ?", json.dumps(key))
        return rows[0][0] if rows else None

    def setdefault(self, key: str | int, value: str | int) -> Any:
        """The value that was there first, which may be this one."""
        self._database.query("INSERT OR IGNORE INTO entries VALUES (?, ?)", json.dumps(key), value)
        return self.get(key)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
