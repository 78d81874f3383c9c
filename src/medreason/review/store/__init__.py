"""The study file: one SQLite database that holds the protocol, the cases, the people, every answer, and the log.

    rows.py      what it hands out
    base.py      the file itself: tables, transactions, the log
    people.py    people, tokens, web sessions, assignment
    answering.py tasks and answers; finals.py  the answers that count; disputes.py  what they disagree on
    progress.py  how far the study is
    study.py     the study as a whole

Every public method is one transaction, on disk before it returns (WAL, ``synchronous=FULL``), and may be called from
any thread.
"""

from medreason.review.store.rows import (
    Adjudicated,
    AnswerRow,
    AuditRow,
    BlindError,
    Conflict,
    Dashboard,
    Disagreement,
    Flow,
    GuessRow,
    Person,
    PersonRow,
    Progress,
    Role,
    Saved,
    SessionRow,
    State,
    TaskRow,
)
from medreason.review.store.study import StudyFile

__all__ = [
    "Adjudicated",
    "AnswerRow",
    "AuditRow",
    "BlindError",
    "Conflict",
    "Dashboard",
    "Disagreement",
    "Flow",
    "GuessRow",
    "Person",
    "PersonRow",
    "Progress",
    "Role",
    "Saved",
    "SessionRow",
    "State",
    "StudyFile",
    "TaskRow",
]
