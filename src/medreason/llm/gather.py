"""Puts journals of replies together: what one shard of a run paid for is known to another, and counted once."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from medreason.errors import of_sqlite
from medreason.llm.journal import SCHEMA, VERSION

_FRESH = """
SELECT a.id FROM other.attempt a
WHERE NOT EXISTS (SELECT 1 FROM main.attempt m WHERE m.request_sha = a.request_sha AND m.started = a.started)
ORDER BY a.started, a.id
"""
_COLUMNS = (
    "request_sha, stage, item, sample, status, http_status, error_class, prompt_tokens, completion_tokens, cost, "
    "started, ended, model, bound_tokens, bound_cost"
)


def gather(into: Path, journals: Sequence[Path]) -> int:
    """Copies all attempts with their requests and replies into a journal; an attempt that is there is left.

    Attempts are the same if they are of the same request and began at the same time.

    Args:
        into: A journal; made, if there is none.
        journals: Journals of shards; they are read alone.

    Returns:
        Attempts that were copied.

    Raises:
        RunFolderError: a file is damaged, of another version, or a run holds it.
    """
    copied = 0
    if not journals:
        return copied
    try:
        os.close(os.open(into, os.O_RDWR | os.O_CREAT, 0o600))
        db = sqlite3.connect(into, timeout=1.0, isolation_level=None)
        try:
            db.executescript(SCHEMA)
            db.execute(f"PRAGMA user_version={VERSION}")
            for path in journals:
                copied += _one(db, path)
        finally:
            db.close()
    except sqlite3.Error as error:
        raise of_sqlite(error, into.name) from error
    return copied


def _one(db: sqlite3.Connection, path: Path) -> int:
    db.execute("ATTACH DATABASE ? AS other", (str(path),))
    try:
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT OR IGNORE INTO main.request SELECT * FROM other.request")
        first = 1 + (db.execute("SELECT MAX(id) FROM main.attempt").fetchone()[0] or 0)
        fresh = [number for (number,) in db.execute(_FRESH)]
        for new, old in enumerate(fresh, first):
            db.execute(
                f"INSERT INTO main.attempt (id, {_COLUMNS}) SELECT ?, {_COLUMNS} FROM other.attempt WHERE id = ?",
                (new, old),
            )
            db.execute("INSERT INTO main.reply SELECT ?, body, detail FROM other.reply WHERE attempt = ?", (new, old))
        db.execute("INSERT INTO main.pace SELECT * FROM other.pace EXCEPT SELECT * FROM main.pace")
        db.execute("COMMIT")
        return len(fresh)
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    finally:
        db.execute("DETACH DATABASE other")
