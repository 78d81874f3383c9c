"""Tasks and their answers. A save adds a revision and never changes one; so does undo."""

from __future__ import annotations

import sqlite3
from typing import Any

from medreason.errors import InputError, UsageError
from medreason.review.answers import Body, GuessBody
from medreason.review.material import ShownItem
from medreason.review.store.base import File, log, now
from medreason.review.store.people import present
from medreason.review.store.rows import Conflict, GuessRow, Saved, TaskRow

CLOSED = "the study is closed: no answer can be given or changed"


def tasks(file: File, person: str) -> list[TaskRow]:
    """A reviewer's tasks, in their order."""
    rows = file.read("SELECT key, position, state FROM tasks WHERE person = ? ORDER BY position", person)
    return [TaskRow(*row) for row in rows]


def owner(file: File, key: str) -> str | None:
    """Whose task it is; ``None`` if there is no such task."""
    found = file.one("SELECT person FROM tasks WHERE key = ?", key)
    return str(found[0]) if found else None


def place(file: File, key: str) -> tuple[int, bool]:
    """Number of the task's case, and whether its sides are swapped.

    Raises:
        InputError: there is no such task.
    """
    found = file.one("SELECT case_n, swapped FROM tasks WHERE key = ?", key)
    if not found:
        raise InputError("there is no such task", item=key)
    return int(found[0]), bool(found[1])


def _saved(row: Any) -> Saved:
    return Saved(int(row[0]), row[1], Body.model_validate_json(row[2]), bool(row[3]))


def latest(file: File, key: str) -> Saved | None:
    """The answer as it stands."""
    row = file.one("SELECT revision, at, body, done FROM answers WHERE task = ? ORDER BY revision DESC LIMIT 1", key)
    return _saved(row) if row else None


def open_study(base: sqlite3.Connection) -> None:
    """Checks, within a transaction, that the study takes answers.

    Raises:
        UsageError: it is frozen.
    """
    if base.execute("SELECT value FROM study WHERE key = 'state'").fetchone()[0] != "open":
        raise UsageError(CLOSED, fix="ask the coordinator")


def _add(base: sqlite3.Connection, key: str, body: Body, *, base_revision: int, done: bool, undid: int | None) -> Saved:
    row = base.execute("SELECT person, state FROM tasks WHERE key = ?", (key,)).fetchone()
    if not row:
        raise InputError("there is no such task", item=key)
    present(base, row[0])
    last = base.execute("SELECT max(revision) FROM answers WHERE task = ?", (key,)).fetchone()[0] or 0
    if last != base_revision:
        raise Conflict(
            f"the answer has revision {last}, the save builds on {base_revision}", fix="load the answer anew"
        )
    at = now()
    base.execute(
        "INSERT INTO answers(task, revision, body, done, at, undid) VALUES(?,?,?,?,?,?)",
        (key, last + 1, body.model_dump_json(), done, at, undid),
    )
    state = ("outside" if body.outside_specialty else "done") if done else "begun"
    if state != row[1]:
        base.execute("UPDATE tasks SET state = ? WHERE key = ?", (state, key))
        log(base, row[0], f"case {state}", key)
    return Saved(last + 1, at, body, done)


def save(file: File, key: str, body: Body, *, base: int, done: bool) -> int:
    """Adds a revision; its number.

    Args:
        base: The revision that it builds on, 0 for none.
        done: The reviewer is done with the case.

    Raises:
        Conflict: ``base`` is not the latest.
        UsageError: the study is closed.
        InputError: there is no such task.
    """
    with file.writing() as found:
        open_study(found)
        return _add(found, key, body, base_revision=base, done=done, undid=None).revision


def undo(file: File, key: str, item: ShownItem, *, base: int) -> Saved:
    """Adds a revision that holds what stood before the latest change; a second undo goes one change further back.

    Time on the page is not taken back. Saves that changed nothing else are passed over.

    Raises:
        Conflict: ``base`` is not the latest.
        InputError: there is nothing to undo, or no such task.
        UsageError: the study is closed.
    """
    with file.writing() as found:
        open_study(found)
        rows = {
            row[0]: (_saved(row), row[4])
            for row in found.execute("SELECT revision, at, body, done, undid FROM answers WHERE task = ?", (key,))
        }
        if not rows:
            raise InputError("there is nothing to undo", item=key)
        current, undid = rows[max(rows)]
        target = current.revision if undid is None else undid
        now_says = (current.body.model_copy(update={"seconds": 0.0}), current.done)
        while target > 0:
            target -= 1
            if target in rows and rows[target][1] is not None:
                target = rows[target][1] + 1
                continue
            before = (rows[target][0].body, rows[target][0].done) if target else (_empty(item), False)
            if (before[0].model_copy(update={"seconds": 0.0}), before[1]) != now_says:
                body = before[0].model_copy(update={"seconds": current.body.seconds})
                return _add(found, key, body, base_revision=base, done=before[1], undid=target)
        raise InputError("there is nothing to undo", item=key)


def _empty(item: ShownItem) -> Body:
    """An answer that says nothing yet."""
    return Body(
        steps={side: [None] * len(one.steps) for side, one in item.sides.items()},
        scales={side: {} for side in item.sides},
    )


def guess(file: File, person: str, body: GuessBody) -> None:
    """Records a reviewer's impression; a later one takes its place.

    Raises:
        UsageError: the study is closed.
    """
    with file.writing() as base:
        open_study(base)
        present(base, person)
        base.execute(
            "INSERT INTO guesses(person, body, at) VALUES(?,?,?) "
            "ON CONFLICT(person) DO UPDATE SET body = excluded.body, at = excluded.at",
            (person, body.model_dump_json(), now()),
        )
        log(base, person, "impression given")


def guesses(file: File) -> list[GuessRow]:
    """What reviewers said at the end."""
    found = []
    for person, text, at in file.read("SELECT person, body, at FROM guesses ORDER BY at"):
        body = GuessBody.model_validate_json(text)
        found.append(GuessRow(person, body.could_tell, body.cue, at))
    return found
