"""The durable memory of a run that is under way: one SQLite file, a row an item.

A result is committed before it counts as done, so that a run killed at any moment goes on where it was. The
file is removed when the final files stand. One writer at a time: a second run in the folder is refused.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from medreason.errors import of_sqlite

JOURNAL = "work.sqlite"


class Journal:
    """Results of a run by item number.

    Raises:
        RunFolderError: the file cannot be opened or written, or another run holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / JOURNAL
        try:
            self._db = sqlite3.connect(self._path, timeout=1.0, isolation_level=None)
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("CREATE TABLE IF NOT EXISTS run (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
            self._db.execute("CREATE TABLE IF NOT EXISTS item (number INTEGER PRIMARY KEY, outcome TEXT NOT NULL)")
        except sqlite3.Error as error:
            raise of_sqlite(error, JOURNAL) from error

    def identity(self) -> dict[str, Any] | None:
        """What the run in this file is of, or ``None`` for a fresh file."""
        try:
            row = self._db.execute("SELECT value FROM run WHERE key = 'identity'").fetchone()
            return None if row is None else dict(json.loads(row[0]))
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise of_sqlite(sqlite3.DatabaseError(f"malformed identity: {error}"), JOURNAL) from error

    def begin(self, identity: dict[str, Any]) -> None:
        """Notes what the run is of."""
        try:
            self._db.execute("INSERT OR REPLACE INTO run VALUES ('identity', ?)", (json.dumps(identity),))
        except sqlite3.Error as error:
            raise of_sqlite(error, JOURNAL) from error

    def note(self, key: str, value: int) -> None:
        """Notes a number beside the identity."""
        try:
            self._db.execute("INSERT OR REPLACE INTO run VALUES (?, ?)", (key, str(value)))
        except sqlite3.Error as error:
            raise of_sqlite(error, JOURNAL) from error

    def noted(self, key: str) -> int | None:
        """A number that was noted; ``None`` where none was."""
        try:
            row = self._db.execute("SELECT value FROM run WHERE key = ?", (key,)).fetchone()
            return None if row is None else int(row[0])
        except (sqlite3.Error, ValueError) as error:
            raise of_sqlite(sqlite3.DatabaseError(f"malformed {key}: {error}"), JOURNAL) from error

    def restart(self, identity: dict[str, Any]) -> None:
        """Notes what the run is of now and forgets all results: they follow anew from the journalled replies."""
        try:
            self._db.execute("BEGIN")
            self._db.execute("DELETE FROM item")
            self._db.execute("INSERT OR REPLACE INTO run VALUES ('identity', ?)", (json.dumps(identity),))
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise of_sqlite(error, JOURNAL) from error

    def done(self) -> set[int]:
        """Numbers of the items that have a result."""
        try:
            return {number for (number,) in self._db.execute("SELECT number FROM item")}
        except sqlite3.Error as error:
            raise of_sqlite(error, JOURNAL) from error

    def add(self, outcomes: Iterable[tuple[int, str]]) -> None:
        """Commits results (item number, JSON) together."""
        try:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT OR REPLACE INTO item VALUES (?, ?)", outcomes)
            self._db.execute("COMMIT")
        except BaseException as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise of_sqlite(error, JOURNAL) from error
            raise

    def rows(self) -> Iterator[tuple[int, str]]:
        """Number and result (JSON) of every item that has one, in the order of the items."""
        yield from self._db.execute("SELECT number, outcome FROM item ORDER BY number")

    def outcomes(self) -> Iterator[dict[str, Any]]:
        """All results in the order of the items."""
        for _, text in self.rows():
            yield json.loads(text)

    def close(self) -> None:
        """Closes the file; results stay."""
        self._db.close()

    def remove(self) -> None:
        """Closes and deletes the file: the final files hold everything."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
