"""What a run's calls came to, read from its journal: by stage, by kind of failure, by item; and how many went at once.

Sums are over all sessions of a run. A call whose bill is not known (the connection broke after the server began)
counts with its bound, apart.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from medreason.errors import InputError, RunFolderError, of_sqlite


class Attempted(NamedTuple):
    """One attempt of a request, with what was sent and what came."""

    stage: str
    sample: int
    sha: str
    status: str
    http_status: int | None
    error_class: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    started: float
    ended: float | None
    request: dict[str, Any]
    body: str
    detail: str


class Pace(NamedTuple):
    """How many calls could be in flight from a time on (seconds since 1970), and why it changed."""

    at: float
    slots: float
    reason: str


class Spent(NamedTuple):
    """What an item's answered requests took: how many, tokens, cost (``None``: no price), seconds of waiting."""

    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    seconds: float


def opened(path: Path) -> sqlite3.Connection:
    """The journal, for reading only; also while a run writes it is refused with one clear error.

    Raises:
        InputError: there is no journal.
        RunFolderError: it is damaged, or a run holds it.
    """
    if not path.exists():
        raise InputError(f"there is no {path.name}", fix="name the folder of a run with a language model")
    try:
        db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1.0)
        db.execute("SELECT COUNT(*) FROM attempt").fetchone()
        return db
    except sqlite3.Error as error:
        if "locked" in str(error):
            raise RunFolderError(
                "a run is writing this folder, and its journal is for one program at a time",
                fix="wait for it, or stop it with Ctrl-C (what is done is kept) and look then",
            ) from error
        raise of_sqlite(error, path.name) from error


def account(path: Path) -> dict[str, Any]:
    """Totals, and sums by stage and by class of failure.

    Raises:
        InputError, RunFolderError: as :func:`opened`.
    """
    db = opened(path)
    try:
        return {"total": _sums(db, ""), "stages": _stages(db), "failures": _failures(db)}
    finally:
        db.close()


def _sums(db: sqlite3.Connection, where: str, *values: str) -> dict[str, Any]:
    row = db.execute(
        "SELECT COUNT(*), COALESCE(SUM(status IN ('ok', 'purged')), 0), COUNT(DISTINCT request_sha), "
        "COALESCE(SUM(prompt_tokens), 0), COALESCE(SUM(completion_tokens), 0), SUM(cost), "
        "COALESCE(SUM(bound_tokens > 0), 0), COALESCE(SUM(bound_tokens), 0), COALESCE(SUM(bound_cost), 0.0), "
        f"COUNT(DISTINCT item) FROM attempt {where}",
        values,
    ).fetchone()
    names = (
        "attempts", "replies", "requests", "prompt_tokens", "completion_tokens", "cost",
        "unknown_bills", "unknown_tokens_at_most", "unknown_cost_at_most", "items",
    )  # fmt: skip
    sums = dict(zip(names, row, strict=True))
    sums["cost"] = None if sums["cost"] is None else round(sums["cost"], 6)
    sums["unknown_cost_at_most"] = round(sums["unknown_cost_at_most"], 6)
    return sums


def _stages(db: sqlite3.Connection) -> dict[str, Any]:
    stages = [s for (s,) in db.execute("SELECT DISTINCT stage FROM attempt ORDER BY stage")]
    return {stage: {**_sums(db, "WHERE stage = ?", stage), "seconds": _seconds(db, stage)} for stage in stages}


def _seconds(db: sqlite3.Connection, stage: str) -> dict[str, float | None]:
    """Median and 95th percentile of the seconds of a call that brought a reply."""
    taken = sorted(
        e - s
        for s, e in db.execute(
            "SELECT started, ended FROM attempt WHERE stage = ? AND ended IS NOT NULL AND status IN ('ok', 'purged')",
            (stage,),
        )
    )
    if not taken:
        return {"median": None, "p95": None}
    return {"median": round(taken[len(taken) // 2], 3), "p95": round(taken[int(0.95 * (len(taken) - 1))], 3)}


def _failures(db: sqlite3.Connection) -> dict[str, int]:
    # A call that is still "sent" in a journal that nobody holds was cut off by the end of the process.
    rows = db.execute(
        "SELECT COALESCE(error_class, CASE status WHEN 'sent' THEN 'lost' ELSE status END), COUNT(*) FROM attempt "
        "WHERE status NOT IN ('ok', 'purged') OR error_class IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return dict(rows.fetchall())


def history(path: Path) -> list[Pace]:
    """How many calls could be in flight, over all sessions; empty for a journal of before this was kept.

    Raises:
        InputError, RunFolderError: as :func:`opened`.
    """
    db = opened(path)
    try:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'pace'").fetchone():
            return []
        return [Pace._make(row) for row in db.execute("SELECT at, slots, reason FROM pace ORDER BY rowid")]
    except sqlite3.Error as error:
        raise of_sqlite(error, path.name) from error
    finally:
        db.close()


def items(path: Path) -> list[str]:
    """Ids of the items that something was asked for.

    Raises:
        InputError, RunFolderError: as :func:`opened`.
    """
    db = opened(path)
    try:
        return [item for (item,) in db.execute("SELECT DISTINCT item FROM attempt ORDER BY 1")]
    finally:
        db.close()


def spent(path: Path) -> dict[str, Spent]:
    """What each item's answered requests took, by item; what was sent again does not count.

    Raises:
        InputError, RunFolderError: as :func:`opened`.
    """
    db = opened(path)
    try:
        rows = db.execute(
            "SELECT item, COUNT(*), COALESCE(SUM(prompt_tokens), 0), COALESCE(SUM(completion_tokens), 0), SUM(cost), "
            "COALESCE(SUM(ended - started), 0.0) FROM attempt WHERE status IN ('ok', 'purged') GROUP BY item"
        )
        return {item: Spent._make(values) for item, *values in rows}
    finally:
        db.close()


def of_item(path: Path, item: str, requests: Sequence[str] = ()) -> list[Attempted]:
    """Every attempt of an item, in their order, with bodies (empty where purged).

    Args:
        path: The journal.
        item: Id of the item.
        requests: Keys of further requests that it rests on: a request that two items share is kept with the first.

    Raises:
        InputError, RunFolderError: as :func:`opened`.
    """
    db = opened(path)
    marks = ", ".join("?" * len(requests))
    try:
        rows = db.execute(
            "SELECT stage, sample, request_sha, status, http_status, error_class, prompt_tokens, completion_tokens, "
            "cost, started, ended, request.body, reply.body, reply.detail FROM attempt "
            "LEFT JOIN request ON sha = request_sha "
            f"LEFT JOIN reply ON attempt = id WHERE item = ? OR request_sha IN ({marks}) ORDER BY id",
            (item, *requests),
        ).fetchall()
    except sqlite3.Error as error:
        raise of_sqlite(error, path.name) from error
    finally:
        db.close()
    return [
        Attempted._make((*row[:11], json.loads(row[11]) if row[11] else {}, row[12] or "", row[13] or ""))
        for row in rows
    ]


def reopen(path: Path, error_class: str) -> tuple[int, list[str]]:
    """Marks final replies of a class of failure as failed, so that the next session asks again.

    Returns:
        How many, and the items they belong to.

    Raises:
        InputError, RunFolderError: as :func:`opened`.
    """
    opened(path).close()
    try:
        db = sqlite3.connect(path, timeout=1.0)
        with db:
            where = "WHERE status = 'ok' AND error_class = ?"
            items = [i for (i,) in db.execute(f"SELECT DISTINCT item FROM attempt {where}", (error_class,))]
            count = db.execute(f"UPDATE attempt SET status = 'failed' {where}", (error_class,)).rowcount
        db.close()
        return count, items
    except sqlite3.Error as error:
        raise of_sqlite(error, path.name) from error
