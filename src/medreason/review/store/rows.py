"""What the study file hands out: plain rows."""

from __future__ import annotations

from typing import Literal, NamedTuple

from medreason.errors import MedReasonError
from medreason.review.answers import Body, Side

Role = Literal["reviewer", "adjudicator", "coordinator"]
State = Literal["open", "frozen", "unblinded"]
ROLES: tuple[Role, ...] = ("reviewer", "adjudicator", "coordinator")


class Conflict(MedReasonError):
    """A save builds on a revision that is not the latest."""


class BlindError(MedReasonError):
    """Arms were asked for before the study was unblinded."""


class Person(NamedTuple):
    """Somebody to be added: a row of a roster."""

    name: str
    role: Role = "reviewer"
    specialties: tuple[str, ...] = ()


class PersonRow(NamedTuple):
    """Somebody in the study.

    Attributes:
        id: Random.
        consented_at: Moment (UTC, ISO 8601), or empty.
        done: Cases done or declined as outside the specialty.
        total: Cases, repeats included.
    """

    id: str
    name: str
    role: Role
    specialties: tuple[str, ...]
    revoked: bool
    consented_at: str
    erased: bool
    done: int
    total: int


class SessionRow(NamedTuple):
    """A web session: who, the token for forms, and its end (seconds since 1970)."""

    person: PersonRow
    csrf: str
    expires: float


class TaskRow(NamedTuple):
    """A case of a reviewer: its random key, its place from 1, and how far it is."""

    key: str
    position: int
    state: Literal["new", "begun", "done", "outside"]


class Saved(NamedTuple):
    """An answer as saved; ``revision`` counts from 1."""

    revision: int
    at: str
    body: Body
    done: bool


class Disagreement(NamedTuple):
    """What reviewers of a case judge differently, without names or arms.

    Attributes:
        key: Random, the same for as long as the study lives.
        case: Number of the case in the study, from 1.
        what: A step's label or the preference.
        side: The side of the step as the adjudicator sees the case; ``None`` for a preference.
        step: Counted from 0; -1 for a preference.
        labels: How many reviewers gave which label.
        decided: An adjudicator has decided it.
    """

    key: str
    case: int
    what: Literal["step", "preference"]
    side: Side | None
    step: int
    labels: dict[str, int]
    decided: bool


class Adjudicated(NamedTuple):
    """A decision with its case; ``arm`` is the arm of a step, or of a preference's left side; empty while blinded."""

    case: str
    what: Literal["step", "preference"]
    side: Side | None
    step: int
    origin: int
    arm_left: str
    arm_right: str
    label: str
    comment: str
    person: str
    at: str


class AuditRow(NamedTuple):
    """A row of the log; ``hash`` is the SHA-256 over this row and the hash of the row before."""

    n: int
    at: str
    who: str
    what: str
    detail: str
    hash: str


class Progress(NamedTuple):
    """A reviewer on the coordinator's page.

    Attributes:
        seconds: Median active time of a case done, in seconds; ``None`` before the first.
        rushing: That median is below a quarter of the expected time, after five cases or more.
        inconsistent: Of three repeats or more fewer than half were judged alike.
        repeats: Repeats done, and how many of them were judged alike.
    """

    person: str
    done: int
    total: int
    outside: int
    seconds: float | None
    rushing: bool
    inconsistent: bool
    repeats: tuple[int, int]


class Dashboard(NamedTuple):
    """How far a study is, never by arm.

    Attributes:
        cases: In the study.
        covered: Cases with as many answers as the stopping rule asks for.
        done: Tasks done, of ``total``; ``outside`` of them declined.
        open_disagreements: Waiting for an adjudicator.
        expected_end: Day (UTC) at the pace so far, or empty.
        width: Width of the interval of the preference; ``None`` if it is not asked for or not known.
        stop: Whether the stopping rule is met.
        guesses: Reviewers by what they said at the end: could they tell the arms apart?
    """

    reviewers: tuple[Progress, ...]
    cases: int
    covered: int
    done: int
    total: int
    outside: int
    open_disagreements: int
    expected_end: str
    width: float | None
    stop: bool
    guesses: dict[str, int]


class AnswerRow(NamedTuple):
    """A final answer with all that the statistics need.

    Attributes:
        person: Random id; names are in the roster alone.
        case: The question's id.
        stratum: ``source``, ``organ_system``, ``difficulty`` where known.
        task: The task's key.
        repeat_of: Key of the task that this one repeats with the sides swapped; empty if it is none.
        position: Place in the reviewer's order, from 1.
        arm_left: Empty while blinded.
        arm_right: Empty while blinded, and where one arm is shown at a time.
        origins: By side the number of the record's step behind each shown step (0: none).
        body: The answer; ``body.outside_specialty`` is a declined case.
        revisions: Times it was saved.
        at: Moment of the last one (UTC).
    """

    person: str
    specialties: tuple[str, ...]
    case: str
    stratum: dict[str, str]
    task: str
    repeat_of: str
    position: int
    arm_left: str
    arm_right: str
    origins: dict[Side, tuple[int, ...]]
    body: Body
    revisions: int
    at: str


class GuessRow(NamedTuple):
    """A reviewer's impression at the end."""

    person: str
    could_tell: Literal["yes", "unsure", "no"]
    cue: str
    at: str


class Flow(NamedTuple):
    """Numbers of the flow of cases, people and answers (after the CONSORT diagram).

    Attributes:
        available: Cases that every arm answers; ``left_out`` those that could not be drawn, by reason.
        drawn: Cases in the study.
        invited: Reviewers on the roster; of them ``consented``, ``started`` (one case or more), ``finished`` (all
            cases), ``revoked`` and ``erased``.
        assigned: Tasks, repeats included; of them ``answered``, ``outside`` the specialty, ``begun`` and not done.
        erased_answers: Tasks whose answer was removed with its reviewer.
    """

    available: int
    left_out: dict[str, int]
    drawn: int
    invited: int
    consented: int
    started: int
    finished: int
    revoked: int
    erased: int
    assigned: int
    repeats: int
    answered: int
    outside: int
    begun: int
    untouched: int
    erased_answers: int
