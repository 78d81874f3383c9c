"""The study as a whole: made once, opened often, frozen, unblinded; what pages and statistics ask of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from medreason.errors import InputError, UsageError
from medreason.review.answers import AdjudicationBody, Body, GuessBody
from medreason.review.material import Case, Material, ShownItem, case_of
from medreason.review.protocol import Protocol, plain, protocol_hash
from medreason.review.store import answering, disputes, people, progress
from medreason.review.store.base import File, broken, check, log, make, now, read_log
from medreason.review.store.finals import Final, arranged, finals
from medreason.review.store.rows import (
    Adjudicated,
    AnswerRow,
    AuditRow,
    BlindError,
    Dashboard,
    Disagreement,
    Flow,
    GuessRow,
    Person,
    PersonRow,
    Saved,
    SessionRow,
    State,
    TaskRow,
)

SHELL = "command line"


class StudyFile:
    """A study. Make one with :meth:`create`, open it with :meth:`open`; safe to share between threads.

    Attributes:
        path: The file.
        protocol: As frozen at creation.
        hash: SHA-256 over protocol and cases; every export shows it.
        created: Moment (UTC).
        graph: Source, version and SHA-256 of the graph that steps cite; empty without.
    """

    def __init__(self, path: Path) -> None:
        check(path)
        self.path = path
        self._file = File(path)
        told = dict(self._file.read("SELECT key, value FROM study"))
        if "state" not in told:
            raise InputError("the study was not made to its end", fix="make it anew", item=path.name)
        self.protocol = Protocol.model_validate_json(told["protocol"])
        self.hash = told["hash"]
        self.created = told["created"]
        self.graph = told["graph"]
        self._available, self._left_out = int(told["available"]), json.loads(told["left_out"])
        self._cases: dict[int, Case] = {}
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: Path, protocol: Protocol, material: Material) -> StudyFile:
        """Makes a study; from here on protocol and cases never change.

        Raises:
            InputError: there is a file already, or it cannot be written.
        """
        if path.exists():
            raise InputError("there is a file already", fix="give a new name: no study is written over", item=path.name)
        unfinished = path.with_name(path.name + ".part")
        unfinished.unlink(missing_ok=True)
        make(unfinished)
        file = File(unfinished)
        told = {
            "protocol": json.dumps(plain(protocol), ensure_ascii=False),
            "hash": protocol_hash(protocol, material),
            "created": now(),
            "graph": material.graph,
            "available": str(material.available),
            "left_out": json.dumps(material.left_out),
            "state": "open",
        }
        with file.writing() as base:
            base.executemany("INSERT INTO study VALUES(?,?)", told.items())
            rows = [(n, c.id, json.dumps(c.plain(), ensure_ascii=False)) for n, c in enumerate(material.cases)]
            base.executemany("INSERT INTO cases VALUES(?,?,?)", rows)
            log(base, SHELL, "study created", told["hash"])
        file.close()
        unfinished.replace(path)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> StudyFile:
        """Opens a study.

        Raises:
            InputError: the file is no study, or of another version.
        """
        return cls(path)

    @property
    def state(self) -> State:
        """``open``, ``frozen`` or ``unblinded``; read anew each time."""
        found: State = self._file.one("SELECT value FROM study WHERE key = 'state'")[0]
        return found

    @cached_property
    def size(self) -> int:
        """Number of cases."""
        return int(self._file.one("SELECT count(*) FROM cases")[0])

    # -- people ------------------------------------------------------------------------------------------

    def add_people(self, rows: Sequence[Person]) -> list[tuple[str, str]]:
        """Adds people, draws the cases of the reviewers among them: id and token of each, shown this once.

        Raises:
            UsageError: a name is there already, or the study is closed.
        """
        return people.add(self._file, self.protocol, self.hash, self.state, rows)

    def people(self) -> list[PersonRow]:
        """All people."""
        return people.everybody(self._file)

    def person_of(self, token: str) -> PersonRow | None:
        """Whose link it is, if it is valid."""
        return people.of_token(self._file, token)

    def new_token(self, person: str, who: str = SHELL) -> str:
        """A new link; the one before ends, with all sessions."""
        return people.renew(self._file, person, who)

    def revoke(self, person: str, who: str = SHELL) -> None:
        """Ends a person's link and sessions."""
        people.revoke(self._file, person, who)

    def consent(self, person: str) -> None:
        """Records consent."""
        people.consent(self._file, person)

    def erase(self, person: str, who: str = SHELL) -> None:
        """Removes all that is a person's, in whatever state the study is (see :func:`.people.erase`)."""
        people.erase(self._file, person, who)

    def begin_session(self, person: str, hours: float) -> tuple[str, str]:
        """Cookie and form token of a new web session."""
        return people.begin_session(self._file, person, hours)

    def session(self, cookie: str) -> SessionRow | None:
        """The session of a cookie, if it is valid."""
        return people.session(self._file, cookie)

    def end_session(self, cookie: str) -> None:
        """Ends a session."""
        people.end_session(self._file, cookie)

    # -- reviewing -----------------------------------------------------------------------------------------

    def _case(self, n: int) -> Case:
        with self._lock:
            if n not in self._cases:
                self._cases[n] = case_of(json.loads(self._file.one("SELECT content FROM cases WHERE n = ?", n)[0]))
            return self._cases[n]

    def tasks(self, person: str) -> list[TaskRow]:
        """A reviewer's tasks in their order."""
        return answering.tasks(self._file, person)

    def item(self, key: str) -> ShownItem:
        """What a task shows.

        Raises:
            InputError: there is no such task.
        """
        n, swapped = answering.place(self._file, key)
        case = self._case(n)
        return case.shown(arranged(case, swapped=swapped))

    def owner(self, key: str) -> str | None:
        """Whose task it is."""
        return answering.owner(self._file, key)

    def answer(self, key: str) -> Saved | None:
        """The answer as it stands."""
        return answering.latest(self._file, key)

    def save(self, key: str, body: Body, *, base: int, done: bool) -> int:
        """Adds a revision (see :func:`.answering.save`)."""
        return answering.save(self._file, key, body, base=base, done=done)

    def undo(self, key: str, *, base: int) -> Saved:
        """Takes the latest change back (see :func:`.answering.undo`)."""
        return answering.undo(self._file, key, self.item(key), base=base)

    def guess(self, person: str, body: GuessBody) -> None:
        """Records a reviewer's impression at the end."""
        answering.guess(self._file, person, body)

    def guesses(self) -> list[GuessRow]:
        """What reviewers said at the end."""
        return answering.guesses(self._file)

    # -- adjudication ----------------------------------------------------------------------------------------

    def _finals(self, *, blind: bool = True) -> list[Final]:
        return finals(self._file, self._case, blind=blind)

    def disagreements(self) -> list[Disagreement]:
        """What reviewers judge differently."""
        return [found for _, found in disputes.disagreements(self._file, self._finals())]

    def dispute(self, key: str) -> tuple[Disagreement, ShownItem]:
        """One disagreement with its case.

        Raises:
            InputError: there is none.
        """
        n, found = disputes.named(self._file, self._finals(), key)
        case = self._case(n)
        return found, case.shown(case.arms)

    def adjudicate(self, key: str, person: str, body: AdjudicationBody) -> None:
        """Decides a disagreement.

        Raises:
            InputError: there is none of this key.
            UsageError: the label does not fit, or the study is closed.
        """
        _, found = disputes.named(self._file, self._finals(), key)
        disputes.adjudicate(self._file, found, person, body)

    # -- the coordinator -------------------------------------------------------------------------------------

    def dashboard(self) -> Dashboard:
        """How far the study is, never by arm."""
        rows = self._finals(blind=False)
        waiting = sum(not found.decided for found in self.disagreements())
        return progress.dashboard(self._file, self.protocol, self.size, rows, waiting)

    def flow(self) -> Flow:
        """Numbers of the flow of cases, people and answers."""
        return progress.flow(self._file, self._available, self._left_out, self.size)

    def _step(self, before: State, after: State, who: str, told: str, fix: str) -> None:
        with self._file.writing() as base:
            state = base.execute("SELECT value FROM study WHERE key = 'state'").fetchone()[0]
            if state != before:
                raise UsageError(f"the study is {state}", fix=fix)
            base.execute("UPDATE study SET value = ? WHERE key = 'state'", (after,))
            log(base, who, told, self.hash)

    def freeze(self, who: str = SHELL) -> None:
        """Closes the study: no answer can be given, changed or decided on any more.

        Raises:
            UsageError: it is closed already.
        """
        self._step("open", "frozen", who, "study frozen", "a study is frozen once")

    def unblind(self, who: str = SHELL) -> None:
        """Lets the arms be read, after the study was frozen.

        Raises:
            UsageError: it is open, or unblinded already.
        """
        self._step("frozen", "unblinded", who, "study unblinded", "freeze it first, with medreason review freeze")

    def audit(self) -> list[AuditRow]:
        """The log, oldest first; people by name, as far as they have one."""
        names = {p.id: p.name or "erased person" for p in self.people()}
        rows = read_log(self._file.read("SELECT n, at, who, what, detail, hash FROM log ORDER BY n"))
        return [row._replace(who=names.get(row.who, row.who), detail=names.get(row.detail, row.detail)) for row in rows]

    def audit_broken(self) -> int:
        """Number of the first row of the log that was tampered with; 0 where none was."""
        return broken(read_log(self._file.read("SELECT n, at, who, what, detail, hash FROM log ORDER BY n")))

    def backup(self, target: Path) -> None:
        """Copies the file while it is in use (see :meth:`.base.File.backup`)."""
        self._file.backup(target)

    # -- what statistics read --------------------------------------------------------------------------------

    def _seen(self, what: str) -> None:
        if self.state != "unblinded":
            raise BlindError(f"{what} cannot be read: the study is blinded", fix="freeze the study, then unblind it")

    def answers(self, *, blind: bool) -> list[AnswerRow]:
        """Final answers, by reviewer and position.

        Args:
            blind: Leaves the names of arms empty.

        Raises:
            BlindError: ``blind`` is false and the study is not unblinded.
        """
        if not blind:
            self._seen("arms")
        return [final.row for final in self._finals(blind=blind)]

    def oriented(self) -> list[tuple[AnswerRow, bool]]:
        """Final answers without arms, and whether the sides of each are swapped against its case's own order."""
        return [(final.row, final.swapped) for final in self._finals()]

    def adjudications(self, *, blind: bool) -> list[Adjudicated]:
        """The decisions that count; sides are those of the case's own order.

        Raises:
            BlindError: as :meth:`answers`.
        """
        if not blind:
            self._seen("arms")
        return disputes.decisions(self._file, [self._case(n) for n in range(self.size)], blind=blind)

    def cases(self) -> list[Case]:
        """All cases with their arms, each in its own order.

        Raises:
            BlindError: the study is not unblinded.
        """
        self._seen("cases")
        return [self._case(n) for n in range(self.size)]

    def case(self, name: str) -> Case:
        """A case by the id of its question.

        Raises:
            BlindError: the study is not unblinded.
            InputError: there is none.
        """
        self._seen("cases")
        found = self._file.one("SELECT n FROM cases WHERE id = ?", name)
        if not found:
            raise InputError("there is no such case in the study", item=name)
        return self._case(found[0])
