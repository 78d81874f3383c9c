"""The file itself: its tables, transactions that are on disk when they return, and the log that can only grow."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from medreason.errors import InputError, MedReasonError
from medreason.review.store.rows import AuditRow

# Marks the file as ours ("MRst").
APPLICATION = 0x4D527374
FORMAT = 1
# Seconds that a writer waits for another process.
PATIENCE = 20.0

TABLES = """
CREATE TABLE study(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE cases(n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, content TEXT NOT NULL) STRICT;
CREATE TABLE people(
    id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, specialties TEXT NOT NULL, token TEXT UNIQUE,
    revoked INTEGER NOT NULL DEFAULT 0, consented_at TEXT NOT NULL DEFAULT '', erased INTEGER NOT NULL DEFAULT 0
    ) STRICT;
CREATE TABLE sessions(
    cookie TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES people(id), csrf TEXT NOT NULL, expires REAL NOT NULL
    ) STRICT;
CREATE TABLE tasks(
    key TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES people(id), case_n INTEGER NOT NULL REFERENCES cases(n),
    swapped INTEGER NOT NULL, position INTEGER NOT NULL, repeat_of TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'new') STRICT;
CREATE INDEX tasks_of ON tasks(person, position);
CREATE INDEX tasks_on ON tasks(case_n);
CREATE TABLE answers(
    task TEXT NOT NULL REFERENCES tasks(key), revision INTEGER NOT NULL, body TEXT NOT NULL, done INTEGER NOT NULL,
    at TEXT NOT NULL, undid INTEGER, PRIMARY KEY(task, revision)) STRICT, WITHOUT ROWID;
CREATE TABLE guesses(person TEXT PRIMARY KEY REFERENCES people(id), body TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE TABLE disputes(
    key TEXT PRIMARY KEY, case_n INTEGER NOT NULL, side TEXT NOT NULL, step INTEGER NOT NULL,
    UNIQUE(case_n, side, step)) STRICT;
CREATE TABLE decisions(
    n INTEGER PRIMARY KEY, dispute TEXT NOT NULL REFERENCES disputes(key), person TEXT NOT NULL, label TEXT NOT NULL,
    comment TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE TABLE log(
    n INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, detail TEXT NOT NULL,
    hash TEXT NOT NULL) STRICT;
CREATE TRIGGER log_grows BEFORE INSERT ON log WHEN NEW.n != (SELECT coalesce(max(n), 0) + 1 FROM log)
    BEGIN SELECT RAISE(ABORT, 'the log can only grow'); END;
CREATE TRIGGER log_stays BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log can only grow'); END;
CREATE TRIGGER log_keeps BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log can only grow'); END;
"""


def now() -> str:
    """The moment, UTC, ISO 8601 to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def digest(secret: str) -> str:
    """What of a token or cookie is kept: its SHA-256. They are 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def chained(before: str, at: str, who: str, what: str, detail: str) -> str:
    """The hash of a row of the log: over the row and the hash of the row before."""
    return hashlib.sha256(json.dumps([before, at, who, what, detail]).encode()).hexdigest()


def _of_sqlite(error: sqlite3.Error, path: Path) -> MedReasonError:
    text = str(error)
    if "full" in text:
        return InputError("the disk is full", fix="free some space; what was saved is safe", item=path.name)
    if "locked" in text:
        return InputError("another process holds the study file", fix="try again", item=path.name)
    return InputError(
        f"cannot use the study file: {text}", fix="check the file and its folder's rights", item=path.name
    )


class File:
    """Connections and transactions of one study file; a connection a thread.

    Args:
        path: The file; it must be there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._own = threading.local()
        self._writing = threading.RLock()

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if found is None:
            found = self._own.connection = connect(self.path)
        return found

    def read(self, query: str, *values: Any) -> list[Any]:
        """All rows of a query.

        Raises:
            InputError: the file cannot be read.
        """
        try:
            return self._connection().execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise _of_sqlite(error, self.path) from error

    def one(self, query: str, *values: Any) -> Any:
        """The first row, or ``None``."""
        rows = self.read(query, *values)
        return rows[0] if rows else None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Several queries on one state of the file."""
        found = self._connection()
        if found.in_transaction:
            yield found
            return
        try:
            found.execute("BEGIN")
            yield found
        except sqlite3.Error as error:
            raise _of_sqlite(error, self.path) from error
        finally:
            if found.in_transaction:
                found.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is on disk when the block ends, and undone when it raises.

        Raises:
            InputError: the disk is full, or the file cannot be written.
        """
        with self._writing:
            found = self._connection()
            try:
                found.execute("BEGIN IMMEDIATE")
                yield found
                found.execute("COMMIT")
            except sqlite3.Error as error:
                raise _of_sqlite(error, self.path) from error
            finally:
                if found.in_transaction:
                    found.execute("ROLLBACK")

    def close(self) -> None:
        """Closes this thread's connection; the last one to close writes the write-ahead log into the file."""
        found: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if found is not None:
            found.close()
            self._own.connection = None

    def flushed(self) -> bool:
        """Writes the write-ahead log into the file and empties it; false where somebody is reading."""
        return not self.read("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]

    def backup(self, target: Path) -> None:
        """Copies the file as it is at this moment, while others write (SQLite's online backup).

        Raises:
            InputError: the target is there already, or cannot be written.
        """
        if target.exists():
            raise InputError("there is a file already", fix="give a new name", item=target.name)
        unfinished = target.with_name(target.name + ".part")
        try:
            # As the study itself: for its owner alone.
            os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
            with sqlite3.connect(unfinished) as copy:
                self._connection().backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
            copy.close()
            unfinished.replace(target)
        except (sqlite3.Error, OSError) as error:
            unfinished.unlink(missing_ok=True)
            raise InputError(
                f"cannot write the backup: {error}", fix="check disk and rights", item=target.name
            ) from error


def connect(path: Path) -> sqlite3.Connection:
    """A connection; every commit is flushed to the disk before it returns."""
    found = sqlite3.connect(path.resolve().as_uri() + "?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None)
    found.execute("PRAGMA journal_mode=WAL")
    found.execute("PRAGMA synchronous=FULL")
    found.execute("PRAGMA foreign_keys=ON")
    found.execute("PRAGMA secure_delete=ON")
    return found


def make(path: Path) -> None:
    """Makes an empty study file.

    Raises:
        InputError: there is a file already, or it cannot be written.
    """
    if path.exists():
        raise InputError(
            "there is a file already", fix="give a new name: a study is never written over", item=path.name
        )
    try:
        path.touch(mode=0o600)
        with sqlite3.connect(path) as made:
            made.execute(f"PRAGMA application_id={APPLICATION}")
            made.execute(f"PRAGMA user_version={FORMAT}")
            made.executescript(TABLES)
        made.close()
    except (sqlite3.Error, OSError) as error:
        raise InputError(
            f"cannot make the study file: {error}", fix="check folder and rights", item=path.name
        ) from error


def check(path: Path) -> None:
    """Whether a file is a study of this version.

    Raises:
        InputError: it is not.
    """
    fix = "give a file made by medreason review create"
    if not path.is_file():
        raise InputError("there is no such study file", fix=fix, item=path.name)
    try:
        with sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True) as found:
            ours = found.execute("PRAGMA application_id").fetchone()[0] == APPLICATION
            version = found.execute("PRAGMA user_version").fetchone()[0]
        found.close()
    except sqlite3.Error as error:
        raise InputError(f"this is no study file ({error})", fix=fix, item=path.name) from error
    if not ours:
        raise InputError("this is no study file", fix=fix, item=path.name)
    if version != FORMAT:
        raise InputError(
            f"the study file has format {version}, this version reads {FORMAT}",
            fix="use the version that made it",
            item=path.name,
        )


def log(base: sqlite3.Connection, who: str, what: str, detail: str = "") -> None:
    """Adds a row to the log, within a transaction."""
    n, before = base.execute("SELECT n, hash FROM log ORDER BY n DESC LIMIT 1").fetchone() or (0, "")
    at = now()
    row = (n + 1, at, who, what, detail, chained(before, at, who, what, detail))
    base.execute("INSERT INTO log(n, at, who, what, detail, hash) VALUES(?,?,?,?,?,?)", row)


def read_log(rows: list[Any]) -> list[AuditRow]:
    """Rows of the log, oldest first."""
    return [AuditRow(*row) for row in rows]


def broken(rows: list[AuditRow]) -> int:
    """Number of the first row of a log that does not follow from the row before; 0 where all do.

    Rows that were cut off its end leave no trace in it: compare number and hash of the last row with a note of them.
    """
    before = ""
    for place, row in enumerate(rows, 1):
        if row.n != place or row.hash != chained(before, row.at, row.who, row.what, row.detail):
            return place
        before = row.hash
    return 0
