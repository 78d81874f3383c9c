"""People of a study: their tokens and sessions, of which only hashes are kept, and the cases that they are given."""

from __future__ import annotations

import json
import random
import secrets
import sqlite3
import time
from collections.abc import Sequence
from typing import Any

from medreason.errors import InputError, UsageError
from medreason.review.assign import Had, assign
from medreason.review.protocol import Protocol
from medreason.review.store.base import File, digest, log, now
from medreason.review.store.rows import Person, PersonRow, SessionRow

ENDED = ("done", "outside")
_PERSON = """
SELECT p.id, p.name, p.role, p.specialties, p.revoked, p.consented_at, p.erased,
    (SELECT count(*) FROM tasks WHERE person = p.id AND state IN ('done', 'outside')),
    (SELECT count(*) FROM tasks WHERE person = p.id)
FROM people p
"""


def _row(values: Sequence[Any]) -> PersonRow:
    return PersonRow(
        values[0], values[1], values[2], tuple(json.loads(values[3])), bool(values[4]), values[5], bool(values[6]),
        values[7], values[8],
    )  # fmt: skip


def everybody(file: File) -> list[PersonRow]:
    """All people, in the order in which they were added."""
    return [_row(values) for values in file.read(_PERSON + "ORDER BY p.rowid")]


def of_token(file: File, token: str) -> PersonRow | None:
    """Whose token it is; ``None`` if nobody's, or if it was revoked or erased. The hash is what is compared."""
    found = file.one(_PERSON + "WHERE p.token = ? AND p.revoked = 0 AND p.erased = 0", digest(token))
    return _row(found) if found else None


def add(file: File, protocol: Protocol, fingerprint: str, state: str, rows: Sequence[Person]) -> list[tuple[str, str]]:
    """Adds people and gives the reviewers among them their cases; ids and tokens, in the order of the rows.

    Raises:
        UsageError: a name is there already, or reviewers are to be added to a study that is closed.
    """
    if state != "open" and any(row.role == "reviewer" for row in rows):
        raise UsageError("the study is closed: no reviewer can be added", fix="make a new study")
    added = []
    with file.writing() as base:
        known = {name for (name,) in base.execute("SELECT name FROM people WHERE erased = 0")}
        for row in rows:
            if row.name in known:
                raise UsageError(f"{row.name} is in the study already", fix="leave the row out; links gives a new link")
            known.add(row.name)
            person, token = secrets.token_hex(6), secrets.token_urlsafe(32)
            base.execute(
                "INSERT INTO people(id, name, role, specialties, token) VALUES(?,?,?,?,?)",
                (person, row.name, row.role, json.dumps(row.specialties, ensure_ascii=False), digest(token)),
            )
            log(base, "command line", "person added", person)
            added.append((person, token))
        new = [person for (person, _), row in zip(added, rows, strict=True) if row.role == "reviewer"]
        _give(base, protocol, fingerprint, new)
    return added


def _give(base: sqlite3.Connection, protocol: Protocol, fingerprint: str, new: Sequence[str]) -> None:
    """Draws and writes the tasks of new reviewers. Unanswered tasks of those who are gone do not count as covered."""
    counting = base.execute(
        "SELECT t.person, t.case_n, t.swapped FROM tasks t JOIN people p ON p.id = t.person WHERE t.repeat_of = '' "
        "AND p.erased = 0 AND (p.revoked = 0 OR t.state IN ('done', 'outside'))"
    )
    had = [Had(person, case, bool(swapped)) for person, case, swapped in counting]
    people = base.execute("SELECT count(*) FROM people").fetchone()[0]
    cases = base.execute("SELECT count(*) FROM cases").fetchone()[0]
    rng = random.Random(f"{fingerprint} {people}")
    for person, slots in assign(cases, protocol.overlap, new, had, protocol.repeats, rng).items():
        firsts: dict[int, str] = {}
        for position, slot in enumerate(slots, 1):
            key = secrets.token_urlsafe(16)
            again = firsts[slot.case] if slot.repeat else ""
            firsts.setdefault(slot.case, key)
            base.execute(
                "INSERT INTO tasks(key, person, case_n, swapped, position, repeat_of) VALUES(?,?,?,?,?,?)",
                (key, person, slot.case, slot.swapped, position, again),
            )


def present(base: sqlite3.Connection, person: str) -> None:
    """Checks, within a transaction, that a person may still write: a save may have waited while they were erased.

    Raises:
        UsageError: the link was revoked, or what was theirs is erased.
    """
    if not base.execute("SELECT 1 FROM people WHERE id = ? AND erased = 0 AND revoked = 0", (person,)).fetchone():
        raise UsageError("the link was revoked", fix="ask the coordinator for a new one")


def _known(base: sqlite3.Connection, person: str) -> None:
    if not base.execute("SELECT 1 FROM people WHERE id = ? AND erased = 0", (person,)).fetchone():
        raise InputError("there is no such person in the study, or what was theirs is erased", item=person)


def renew(file: File, person: str, who: str) -> str:
    """A new token; the one before and all sessions end. It also takes a revocation back.

    Raises:
        InputError: there is no such person.
    """
    token = secrets.token_urlsafe(32)
    with file.writing() as base:
        _known(base, person)
        base.execute("UPDATE people SET token = ?, revoked = 0 WHERE id = ?", (digest(token), person))
        base.execute("DELETE FROM sessions WHERE person = ?", (person,))
        log(base, who, "new link", person)
    return token


def revoke(file: File, person: str, who: str) -> None:
    """Ends a person's token and sessions; answers stay.

    Raises:
        InputError: there is no such person.
    """
    with file.writing() as base:
        _known(base, person)
        base.execute("UPDATE people SET revoked = 1 WHERE id = ?", (person,))
        base.execute("DELETE FROM sessions WHERE person = ?", (person,))
        log(base, who, "link revoked", person)


def consent(file: File, person: str) -> None:
    """Records that a person agreed; the first time counts."""
    with file.writing() as base:
        _known(base, person)
        if base.execute(
            "UPDATE people SET consented_at = ? WHERE id = ? AND consented_at = ''", (now(), person)
        ).rowcount:
            log(base, person, "consented")


def erase(file: File, person: str, who: str) -> None:
    """Removes a person's name, specialties, link, answers, comments and decisions; the log keeps that it was done.

    Deleted content is overwritten in the file and in its write-ahead log. Copies made before are not reached.

    Raises:
        InputError: there is no such person; or all is done, but somebody is reading, so that the write-ahead log could
            not be emptied.
    """
    with file.writing() as base:
        _known(base, person)
        removed = base.execute(
            "DELETE FROM answers WHERE task IN (SELECT key FROM tasks WHERE person = ?)", (person,)
        ).rowcount
        base.execute("UPDATE tasks SET state = 'erased' WHERE person = ? AND state != 'new'", (person,))
        base.execute("DELETE FROM guesses WHERE person = ?", (person,))
        base.execute("DELETE FROM decisions WHERE person = ?", (person,))
        base.execute("DELETE FROM sessions WHERE person = ?", (person,))
        base.execute(
            "UPDATE people SET name = '', specialties = '[]', token = NULL, revoked = 1, consented_at = '', erased = 1 "
            "WHERE id = ?",
            (person,),
        )
        log(base, who, "person erased", f"{person} ({removed} revisions of answers)")
    if not file.flushed():
        raise InputError(
            "the person is erased, but the write-ahead log beside the file still holds what was theirs",
            fix="stop the server: when the last process has closed the file, that log is written over and removed",
            item=person,
        )


# -- web sessions ------------------------------------------------------------------------------------------


def begin_session(file: File, person: str, hours: float) -> tuple[str, str]:
    """A cookie and the token for forms; sessions that have ended are swept away.

    Raises:
        InputError: there is no such person.
    """
    cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    with file.writing() as base:
        _known(base, person)
        base.execute("DELETE FROM sessions WHERE expires <= ?", (time.time(),))
        base.execute(
            "INSERT INTO sessions(cookie, person, csrf, expires) VALUES(?,?,?,?)",
            (digest(cookie), person, csrf, time.time() + 3600 * hours),
        )
        log(base, person, "signed in")
    return cookie, csrf


def session(file: File, cookie: str) -> SessionRow | None:
    """The session of a cookie; ``None`` if there is none, or it has ended, or its person is gone."""
    found = file.one(
        "SELECT s.csrf, s.expires, s.person FROM sessions s WHERE s.cookie = ? AND s.expires > ?",
        digest(cookie),
        time.time(),
    )
    if not found:
        return None
    person = file.one(_PERSON + "WHERE p.id = ? AND p.revoked = 0 AND p.erased = 0", found[2])
    return SessionRow(_row(person), found[0], found[1]) if person else None


def end_session(file: File, cookie: str) -> None:
    """Ends a session, if there is one."""
    with file.writing() as base:
        base.execute("DELETE FROM sessions WHERE cookie = ?", (digest(cookie),))
