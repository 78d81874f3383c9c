"""The durable memory of all calls: one SQLite file, a row an attempt, and the bodies.

A row is committed before a request is sent (``sent``) and before its reply is given to anyone (``ok``, ``failed``).
A row that is found as ``sent`` when the file is opened belongs to a call that was cut off by the end of the process:
it becomes ``lost``, is sent again, and counts with its bound. One thread writes; what comes together is committed
together. The file is readable by its owner alone and holds no key. One run at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from medreason.errors import RunFolderError, of_sqlite
from medreason.llm.budget import Bound
from medreason.llm.parse import Usage
from medreason.llm.request import Canonical, Request

JOURNAL = "journal.sqlite"
VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS attempt (
  id INTEGER PRIMARY KEY, request_sha TEXT NOT NULL, stage TEXT NOT NULL, item TEXT NOT NULL, sample INTEGER NOT NULL,
  status TEXT NOT NULL, http_status INTEGER, error_class TEXT, prompt_tokens INTEGER, completion_tokens INTEGER,
  cost REAL, started REAL NOT NULL, ended REAL, model TEXT NOT NULL, bound_tokens INTEGER, bound_cost REAL);
CREATE INDEX IF NOT EXISTS attempt_sha ON attempt (request_sha);
CREATE TABLE IF NOT EXISTS request (sha TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reply (attempt INTEGER PRIMARY KEY, body TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pace (at REAL NOT NULL, slots REAL NOT NULL, reason TEXT NOT NULL);
"""
WRITES = {
    "request": "INSERT OR IGNORE INTO request VALUES (?, ?)",
    "attempt": f"INSERT OR REPLACE INTO attempt VALUES ({', '.join('?' * 16)})",
    "reply": "INSERT OR REPLACE INTO reply VALUES (?, ?, ?)",
    "pace": "INSERT INTO pace VALUES (?, ?, ?)",
}
# Commits that wait are written together, at most this many.
BATCH = 2000

# Places in a row of ``attempt``.
STARTED, MODEL = 11, 13
Rows = dict[str, tuple[Any, ...]]
Work = Callable[[sqlite3.Connection], Any]


class Result(NamedTuple):
    """How an attempt ended; ``unknown`` is its bound where the bill is not known, else zero."""

    status: str
    http_status: int | None
    error_class: str | None
    usage: Usage | None
    cost: float | None
    ended: float
    unknown: Bound
    body: str
    detail: str = ""


class Stored(NamedTuple):
    """The last attempt of a request."""

    status: str
    http_status: int | None
    error_class: str | None
    body: str
    detail: str


class Totals(NamedTuple):
    """Sums over all sessions; ``unknown_calls`` are calls of unknown bill, which cost at most ``bound``."""

    calls: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    cost: float
    unknown_calls: int
    bound: Bound


class Journal:
    """The journal of a run.

    Raises:
        RunFolderError: the file cannot be opened or written, is of another version, or another run holds it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            path.chmod(0o600)
            self._db = sqlite3.connect(path, timeout=1.0, isolation_level=None, check_same_thread=False)
            self._prepare()
        except OSError as error:
            raise RunFolderError(
                f"cannot open {path.name}: {error.strerror}", fix="check the rights of --out"
            ) from None
        except sqlite3.Error as error:
            raise of_sqlite(error, path.name) from error
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()
        self._closed = False

    def _prepare(self) -> None:
        db = self._db
        db.execute("PRAGMA locking_mode=EXCLUSIVE")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            db.close()
            raise RunFolderError(f"{self.path.name} is of version {version}", fix="use the program that wrote it")
        db.executescript(SCHEMA)
        db.execute(f"PRAGMA user_version={VERSION}")
        db.execute("UPDATE attempt SET status = 'lost' WHERE status = 'sent'")
        self._open: dict[int, tuple[Any, ...]] = {}
        self._next = 1 + (db.execute("SELECT MAX(id) FROM attempt").fetchone()[0] or 0)
        shas = db.execute("SELECT request_sha FROM attempt WHERE status = 'ok'")
        self._known = {bytes.fromhex(sha) for (sha,) in shas}

    # -- for the client ----------------------------------------------------------------------------------

    def begin(self, request: Request, key: Canonical, bound: Bound, started: float) -> tuple[int, asyncio.Future[Any]]:
        """Notes an attempt that is about to be sent: its number, and what to await before sending."""
        number = self._next
        self._next += 1
        head = (number, key.sha, request.stage, request.item, request.sample)
        empty = (None, None, None, None, None)
        row = (*head, "sent", *empty, started, None, request.model, *bound)
        self._open[number] = row
        return number, self._submit({"request": tuple(key), "attempt": row})

    async def end(self, number: int, sha: str, result: Result) -> None:
        """Commits how an attempt ended."""
        row = self._open.pop(number)
        ended = _ended(row[:5], row[STARTED], row[MODEL], result)
        await self._submit({"attempt": ended, "reply": (number, result.body, result.detail)})
        if result.status == "ok":
            self._known.add(bytes.fromhex(sha))

    async def take(self, request: Request, key: Canonical, started: float, result: Result) -> None:
        """Commits an attempt that was made elsewhere: request, row and reply at once."""
        number = self._next
        self._next += 1
        row = _ended((number, key.sha, request.stage, request.item, request.sample), started, request.model, result)
        await self._submit({"request": tuple(key), "attempt": row, "reply": (number, result.body, result.detail)})
        if result.status == "ok":
            self._known.add(bytes.fromhex(key.sha))

    def pace(self, at: float, slots: float, reason: str) -> None:
        """Notes how many calls may be in flight from now on, and why; nobody waits for it."""
        if not self._closed:
            # An error of this commit is one of the calls' commits too; whoever waits for those hears of it.
            self._submit({"pace": (at, slots, reason)}).add_done_callback(lambda f: f.cancelled() or f.exception())

    def knows(self, sha: str) -> bool:
        """Whether a request has its final reply."""
        return bytes.fromhex(sha) in self._known

    async def last(self, sha: str) -> Stored | None:
        """The last ended attempt of a request, one that brought a reply before all others."""
        stored: Stored | None = await self._submit(lambda db: last_attempt(db, sha, final=False))
        return stored

    async def reply(self, sha: str) -> Stored | None:
        """The final reply of a request, if there is one."""
        if not self.knows(sha):
            return None
        stored: Stored | None = await self._submit(lambda db: last_attempt(db, sha, final=True))
        return stored

    async def totals(self) -> Totals:
        """Sums over all attempts."""
        found: Totals = await self._submit(sums)
        return found

    async def tokens_without_cost(self) -> list[tuple[str, Usage]]:
        """Model and tokens of the calls that were made before their model had a price."""
        rows = await self._submit(
            lambda db: db.execute(
                "SELECT model, SUM(prompt_tokens), SUM(completion_tokens) FROM attempt "
                "WHERE cost IS NULL AND prompt_tokens IS NOT NULL GROUP BY model"
            ).fetchall()
        )
        return [(model, Usage(prompt, completion)) for model, prompt, completion in rows]

    def close(self) -> None:
        """Commits what waits and closes the file."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            self._thread.join()
            self._db.close()

    # -- the writing thread ------------------------------------------------------------------------------

    def _submit(self, work: Work | Rows) -> asyncio.Future[Any]:
        if self._closed:
            raise RunFolderError(f"{self.path.name} is closed", fix="please report this")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        self._jobs.put(_Job(work, done, loop))
        return done

    def _write(self) -> None:
        stop = False
        while not stop:
            jobs = [self._jobs.get()]
            while len(jobs) < BATCH and not self._jobs.empty():
                jobs.append(self._jobs.get())
            stop = None in jobs
            batch = [job for job in jobs if job is not None]
            if batch:
                _deliver(batch, *self._commit(batch))

    def _commit(self, batch: list[_Job]) -> tuple[list[Any], RunFolderError | None]:
        try:
            self._db.execute("BEGIN")
            for table, statement in WRITES.items():
                rows = [job.work[table] for job in batch if isinstance(job.work, dict) and table in job.work]
                if rows:
                    self._db.executemany(statement, rows)
            results = [None if isinstance(job.work, dict) else job.work(self._db) for job in batch]
            self._db.execute("COMMIT")
            return results, None
        except Exception as error:  # whoever waits for the commit must hear of it
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            known = error if isinstance(error, sqlite3.Error) else sqlite3.Error(f"{type(error).__name__}: {error}")
            return [], of_sqlite(known, self.path.name)


class _Job(NamedTuple):
    work: Work | Rows
    done: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


def _deliver(batch: list[_Job], results: list[Any], error: RunFolderError | None) -> None:
    def resolve() -> None:
        for i, job in enumerate(batch):
            if job.done.done():
                continue
            if error is not None:
                job.done.set_exception(error)
            else:
                job.done.set_result(results[i])

    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
        batch[0].loop.call_soon_threadsafe(resolve)


def _ended(head: tuple[Any, ...], started: float, model: str, result: Result) -> tuple[Any, ...]:
    """The row of an attempt that has ended."""
    tokens = (None, None) if result.usage is None else result.usage[:2]
    what = (result.status, result.http_status, result.error_class, *tokens, result.cost)
    return (*head, *what, started, result.ended, model, *result.unknown)


def last_attempt(db: sqlite3.Connection, sha: str, *, final: bool) -> Stored | None:
    """The last ended attempt of a request; with ``final`` the last that brought a reply."""
    row = db.execute(
        "SELECT status, http_status, error_class, body, detail FROM attempt JOIN reply ON attempt = id "
        "WHERE request_sha = ? AND status IN ('ok', ?) ORDER BY status = 'ok' DESC, id DESC LIMIT 1",
        (sha, "ok" if final else "failed"),
    ).fetchone()
    return None if row is None else Stored(*row)


def sums(db: sqlite3.Connection) -> Totals:
    """Sums over all attempts."""
    row = db.execute(
        "SELECT COUNT(*), COALESCE(SUM(status IN ('failed', 'lost')), 0), COALESCE(SUM(prompt_tokens), 0), "
        "COALESCE(SUM(completion_tokens), 0), COALESCE(SUM(cost), 0), COALESCE(SUM(bound_tokens > 0), 0), "
        "COALESCE(SUM(bound_tokens), 0), COALESCE(SUM(bound_cost), 0) FROM attempt"
    ).fetchone()
    calls, failed, prompt, completion, cost, unknown, *bound = row
    return Totals(calls, failed, prompt, completion, cost, unknown, Bound(*bound))


def purge(path: Path, *, bodies_only: bool = False) -> None:
    """Deletes a journal, or only what was sent and received, keeping the accounts.

    Raises:
        RunFolderError: a run holds the file, or it cannot be written.
    """
    if not path.exists():
        return
    try:
        db = sqlite3.connect(path, timeout=1.0, isolation_level=None)
        try:
            db.execute("BEGIN EXCLUSIVE")
            if bodies_only:
                db.execute("DELETE FROM request")
                db.execute("DELETE FROM reply")
                db.execute("UPDATE attempt SET status = 'purged' WHERE status = 'ok'")
            db.execute("COMMIT")
            if bodies_only:
                db.execute("VACUUM")
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            db.close()
    except sqlite3.Error as error:
        if bodies_only or "locked" in str(error):
            raise of_sqlite(error, path.name) from error
    if not bodies_only:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
