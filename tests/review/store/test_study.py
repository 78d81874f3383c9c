"""The study file: people, answers, undo, adjudication, freezing, erasing, the log, backup, and what a reader gets."""

import sqlite3
import threading
from pathlib import Path

import pytest

from medreason.errors import InputError, MedReasonError, UsageError
from medreason.review.answers import AdjudicationBody, Body, GuessBody
from medreason.review.material import Material
from medreason.review.store import BlindError, Conflict, Person, StudyFile, base
from tests.review.server.made import ARMS, Made, make


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make(tmp_path, items=6)


def note(comment: str, **more: object) -> Body:
    return Body.model_validate({"comment": comment, **more})


def everything(made: Made) -> bytes:
    """All bytes on disk."""
    return b"".join(file.read_bytes() for file in made.path.parent.glob(made.path.name + "*"))


# -- creation and opening ------------------------------------------------------------------------------------


def test_a_study_opens_as_it_was_made(made: Made) -> None:
    found = StudyFile.open(made.path)
    assert (found.hash, found.protocol, found.size, found.state) == (made.study.hash, made.study.protocol, 6, "open")
    assert made.path.stat().st_mode & 0o077 == 0


def test_no_study_is_written_over(made: Made) -> None:
    before = made.path.read_bytes()
    with pytest.raises(InputError, match="a file already"):
        make(made.path.parent, items=2)
    assert made.path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"name,role\n", b"SQLite format 3\x00" + b"\0" * 100])
def test_another_file_is_no_study(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.db"
    file.write_bytes(content)
    with pytest.raises(InputError, match="no study file"):
        StudyFile.open(file)
    with pytest.raises(InputError, match="no such study file"):
        StudyFile.open(tmp_path / "missing.db")


def test_another_version_is_refused(made: Made) -> None:
    with sqlite3.connect(made.path) as file:
        file.execute("PRAGMA user_version=99")
    with pytest.raises(InputError, match="format 99"):
        StudyFile.open(made.path)


def test_what_was_cut_off_while_it_was_made_is_no_study(made: Made, tmp_path: Path) -> None:
    (tmp_path / "new.db.part").write_bytes(b"cut off")
    protocol = made.study.protocol
    found = StudyFile.create(tmp_path / "new.db", protocol, Material((made.study._case(0),)))
    assert found.size == 1
    assert not (tmp_path / "new.db.part").exists()
    broken = tmp_path / "broken.db"
    base.make(broken)
    with pytest.raises(InputError, match="not made to its end"):
        StudyFile.open(broken)


# -- people ------------------------------------------------------------------------------------------------


def test_tokens_are_random_and_only_hashes_are_kept(made: Made) -> None:
    assert len({*made.tokens.values()}) == 4
    assert all(len(token) >= 43 for token in made.tokens.values())
    cookie, csrf = made.study.begin_session(made.ids["ada"], 1)
    assert len(cookie) >= 43
    assert csrf != cookie
    disk = everything(made)
    for secret in (*made.tokens.values(), cookie):
        assert secret.encode() not in disk


def test_a_token_is_its_owners_until_revoked(made: Made) -> None:
    found = made.study.person_of(made.tokens["ada"])
    assert found
    assert found.id == made.ids["ada"]
    assert made.study.person_of(made.tokens["ada"] + "x") is None
    made.study.revoke(made.ids["ada"])
    assert made.study.person_of(made.tokens["ada"]) is None
    new = made.study.new_token(made.ids["ada"])
    assert made.study.person_of(new)
    assert made.study.person_of(made.tokens["ada"]) is None


def test_a_name_twice_adds_nobody(made: Made) -> None:
    with pytest.raises(UsageError, match="in the study already"):
        made.study.add_people([Person("eve"), Person("ada")])
    assert "eve" not in {p.name for p in made.study.people()}


def test_sessions_end(made: Made) -> None:
    cookie, _ = made.study.begin_session(made.ids["ada"], 1)
    assert made.study.session(cookie)
    assert made.study.session("x") is None
    made.study.end_session(cookie)
    assert made.study.session(cookie) is None
    short, _ = made.study.begin_session(made.ids["ada"], -1)
    assert made.study.session(short) is None
    live, _ = made.study.begin_session(made.ids["ada"], 1)
    made.study.revoke(made.ids["ada"])
    assert made.study.session(live) is None


def test_a_later_reviewer_takes_over_what_a_revoked_one_left(made: Made) -> None:
    done = made.study.tasks(made.ids["ben"])[0].key
    made.study.save(done, made.full(done), base=0, done=True)
    made.study.revoke(made.ids["ben"])
    (eve, _), *_ = made.study.add_people([Person("eve")])
    tasks = made.study.tasks(eve)
    shown = {made.study.item(task.key).vignette for task in tasks}
    left = [made.study.item(t.key).vignette for t in made.study.tasks(made.ids["ben"]) if t.key != done]
    assert {made.study.item(done).vignette} | shown >= set(left)


# -- answers -----------------------------------------------------------------------------------------------


def test_revisions_are_only_added(made: Made) -> None:
    key = made.task("ada")
    assert [made.study.save(key, note(str(n)), base=n, done=False) for n in range(3)] == [1, 2, 3]
    with pytest.raises(Conflict, match="revision 3"):
        made.study.save(key, note("late"), base=1, done=False)
    saved = made.study.answer(key)
    assert saved
    assert (saved.revision, saved.body.comment) == (3, "2")
    with sqlite3.connect(made.path) as file:
        assert file.execute("SELECT count(*) FROM answers").fetchone()[0] == 3


def test_undo_goes_back_change_by_change_to_nothing(made: Made) -> None:
    key = made.task("ada")
    for n, body in enumerate([note("a"), note("b"), note("b", seconds=9), note("c", seconds=20)]):
        made.study.save(key, body, base=n, done=False)
    told = []
    for latest in range(4, 7):
        told.append(made.study.undo(key, base=latest).body.comment)
    assert told == ["b", "a", ""]
    saved = made.study.answer(key)
    assert saved
    assert saved.body.seconds == 20
    assert saved.body.steps["left"] == [None, None, None]
    with pytest.raises(InputError, match="nothing to undo"):
        made.study.undo(key, base=7)
    made.study.save(key, note("d"), base=7, done=False)
    assert made.study.undo(key, base=8).body.comment == ""


def test_undo_after_undo_and_a_change(made: Made) -> None:
    key = made.task("ada")
    for n, words in enumerate("abc"):
        made.study.save(key, note(words), base=n, done=False)
    assert made.study.undo(key, base=3).body.comment == "b"
    made.study.save(key, note("d"), base=4, done=False)
    assert made.study.undo(key, base=5).body.comment == "b"
    assert made.study.undo(key, base=6).body.comment == "a"
    with pytest.raises(Conflict):
        made.study.undo(key, base=6)


def test_undo_takes_done_back(made: Made) -> None:
    key = made.task("ada")
    made.study.save(key, made.full(key), base=0, done=False)
    made.study.save(key, made.full(key), base=1, done=True)
    assert made.study.tasks(made.ids["ada"])[0].state == "done"
    assert not made.study.undo(key, base=2).done
    assert made.study.tasks(made.ids["ada"])[0].state == "begun"


def test_many_threads_lose_nothing(made: Made) -> None:
    """Each writes its own tasks; all at once write one: of those that build on the same revision one wins."""
    keys = [t.key for name in ("ada", "ben") for t in made.study.tasks(made.ids[name])]
    won: list[int] = []

    def work(own: str) -> None:
        for n in range(20):
            made.study.save(own, note(str(n)), base=n, done=False)

    def race() -> None:
        try:
            won.append(made.study.save(keys[0], note("race"), base=20, done=False))
        except Conflict:
            won.append(0)

    for target, arguments in ((work, [(key,) for key in keys]), (race, [()] * 8)):
        threads = [threading.Thread(target=target, args=a) for a in arguments]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(won) == [0] * 7 + [21]
    assert all((saved := made.study.answer(key)) and saved.revision == 20 for key in keys[1:])


def test_a_task_that_is_none(made: Made) -> None:
    assert made.study.owner("nothing") is None
    for call in (made.study.item, lambda key: made.study.save(key, note(""), base=0, done=False)):
        with pytest.raises(InputError, match="no such task"):
            call("nothing")


def test_sides_are_swapped_between_reviewers_and_in_repeats(tmp_path: Path) -> None:
    made = make(tmp_path, items=20)
    for name in ("ada", "ben"):
        left = [made.arms(task.key)["left"] for task in made.study.tasks(made.ids[name])]
        assert abs(sum(1 if arm == next(iter(ARMS)) else -1 for arm in left)) <= 6
    with sqlite3.connect(made.path) as file:
        pairs = file.execute(
            "SELECT a.swapped, b.swapped FROM tasks a JOIN tasks b ON a.repeat_of = b.key AND a.case_n = b.case_n"
        ).fetchall()
        both = file.execute("SELECT case_n, sum(swapped) FROM tasks WHERE repeat_of = '' GROUP BY case_n").fetchall()
    assert len(pairs) == 4
    assert all(a != b for a, b in pairs)
    assert all(swapped == 1 for _, swapped in both)


# -- disagreement --------------------------------------------------------------------------------------------


def test_reviewers_are_compared_arm_by_arm(made: Made) -> None:
    """The same label for the same arm is no disagreement though it stands on the other side; another one is."""
    for name, label in (("ada", "harmful"), ("ben", "correct")):
        for task in made.study.tasks(made.ids[name]):
            arms = made.arms(task.key)
            one = next(iter(ARMS))
            side = "left" if arms["left"] == one else "right"
            body = made.full(task.key).model_dump()
            body["steps"][side][0] = label
            body["preference"] = f"much_{side}"
            made.study.save(task.key, Body.model_validate(body), base=0, done=True)
    found = made.study.disagreements()
    assert len(found) == 6
    assert all((d.what, d.step, d.labels) == ("step", 0, {"harmful": 1, "correct": 1}) for d in found)
    disagreement, item = made.study.dispute(found[0].key)
    assert disagreement.side in item.sides
    assert sorted(d.key for d in made.study.disagreements()) == sorted(d.key for d in found)


def test_a_preference_for_different_arms_is_a_disagreement_and_for_one_is_none(tmp_path: Path) -> None:
    made = make(tmp_path, items=4)
    for name, better in (("ada", 0), ("ben", 1)):
        key = {made.study.item(t.key).vignette: t.key for t in made.study.tasks(made.ids[name])}
        assert len(key) == 4
        for n, vignette in enumerate(sorted(key)):
            arms = made.arms(key[vignette])
            wanted = list(ARMS)[better if n == 0 else 0]
            side = "left" if arms["left"] == wanted else "right"
            body = made.full(key[vignette]).model_copy(update={"preference": f"slightly_{side}"})
            made.study.save(key[vignette], body, base=0, done=True)
    found = made.study.disagreements()
    assert [(d.what, d.side, d.step, sum(d.labels.values())) for d in found] == [("preference", None, -1, 2)]


def test_a_decision_is_kept_and_the_latest_counts(made: Made) -> None:
    key = made.dispute()
    with pytest.raises(UsageError, match="no answer to this question"):
        made.study.adjudicate(key, made.ids["cyd"], AdjudicationBody(label="tie"))
    made.study.adjudicate(key, made.ids["cyd"], AdjudicationBody(label="harmful", comment="x"))
    made.study.adjudicate(key, made.ids["cyd"], AdjudicationBody(label="correct"))
    row = made.study.adjudications(blind=True)[0]
    assert (row.label, row.arm_left, row.step) == ("correct", "", 0)
    assert next(d for d in made.study.disagreements() if d.key == key).decided
    with pytest.raises(InputError, match="no such disagreement"):
        made.study.adjudicate("nothing", made.ids["cyd"], AdjudicationBody(label="tie"))


def test_one_arm_at_a_time_is_compared_too(tmp_path: Path) -> None:
    made = make(tmp_path, items=8, asked={"pairwise": False})
    for name, label in (("ada", "harmful"), ("ben", "correct")):
        for task in made.study.tasks(made.ids[name]):
            made.study.save(task.key, made.full(task.key, label), base=0, done=True)
    found = made.study.disagreements()
    assert [(d.side, d.labels) for d in found] == [("left", {"harmful": 1, "correct": 1})] * 24
    made.study.adjudicate(found[0].key, made.ids["cyd"], AdjudicationBody(label="harmful"))
    made.study.freeze("dee")
    made.study.unblind("dee")
    assert made.study.adjudications(blind=False)[0].arm_left in ARMS


def test_outside_the_specialty_and_repeats_do_not_count(tmp_path: Path) -> None:
    made = make(tmp_path, items=20)
    for name, label in (("ada", "harmful"), ("ben", "correct")):
        for task in made.study.tasks(made.ids[name]):
            body = made.full(task.key, label)
            made.study.save(task.key, body.model_copy(update={"outside_specialty": name == "ada"}), base=0, done=True)
    assert made.study.disagreements() == []
    assert made.study.dashboard().outside == 22


# -- the state of the study ----------------------------------------------------------------------------------


def test_frozen_is_frozen(made: Made) -> None:
    key, dispute = made.task("ada"), made.dispute()
    with pytest.raises(UsageError, match="the study is open"):
        made.study.unblind()
    made.study.freeze("dee")
    for call in (
        lambda: made.study.save(key, note(""), base=0, done=False),
        lambda: made.study.undo(key, base=0),
        lambda: made.study.guess(made.ids["ada"], GuessBody(could_tell="no")),
        lambda: made.study.adjudicate(dispute, made.ids["cyd"], AdjudicationBody(label="harmful")),
        lambda: made.study.add_people([Person("eve")]),
    ):
        with pytest.raises(UsageError, match="closed"):
            call()
    with pytest.raises(UsageError, match="the study is frozen"):
        made.study.freeze("dee")
    assert made.study.add_people([Person("fay", "coordinator")])
    assert StudyFile.open(made.path).state == "frozen"


def test_arms_are_read_only_after_unblinding(made: Made) -> None:
    made.dispute()
    for call in (
        lambda: made.study.answers(blind=False), lambda: made.study.adjudications(blind=False), made.study.cases,
        lambda: made.study.case("case-0"),
    ):  # fmt: skip
        with pytest.raises(BlindError):
            call()
    blind = made.study.answers(blind=True)
    assert blind
    assert all((row.arm_left, row.arm_right) == ("", "") for row in blind)
    made.study.freeze("dee")
    made.study.unblind("dee")
    for row in made.study.answers(blind=False):
        assert {"left": row.arm_left, "right": row.arm_right} == made.arms(row.task)
    assert len(made.study.cases()) == 6
    assert made.study.case("case-3").id == "case-3"
    with pytest.raises(InputError, match="no such case"):
        made.study.case("case-99")


def test_oriented_rows_say_when_sides_are_swapped(made: Made) -> None:
    made.dispute()
    rows = made.study.oriented()
    assert len(rows) == 2
    for row, swapped in rows:
        case = next(c for c in (made.study._case(n) for n in range(6)) if c.id == row.case)
        assert tuple(made.arms(row.task).values()) == (case.arms[::-1] if swapped else case.arms)


def test_erasure_leaves_nothing_but_the_bare_fact(made: Made) -> None:
    made.study.add_people([Person("Quintessa Unusualname", "reviewer", ("rheumatology-x",))])
    person = next(p for p in made.study.people() if p.name.startswith("Quint"))
    key = made.study.tasks(person.id)[0].key
    made.study.save(key, made.full(key).model_copy(update={"comment": "very private remark"}), base=0, done=True)
    made.study.guess(person.id, GuessBody(could_tell="yes", cue="private cue"))
    cookie, _ = made.study.begin_session(person.id, 1)
    made.study.erase(person.id)
    found = next(p for p in made.study.people() if p.id == person.id)
    assert (found.name, found.specialties, found.erased, found.consented_at, found.done) == ("", (), True, "", 0)
    assert made.study.session(cookie) is None
    assert made.study.answer(key) is None
    assert made.study.answers(blind=True) == []
    assert made.study.guesses() == []
    disk = everything(made)
    for words in (b"Quintessa", b"rheumatology-x", b"very private remark", b"private cue"):
        assert words not in disk
    assert made.study.audit_broken() == 0
    assert made.study.audit()[-1].what == "person erased"
    assert made.study.flow().erased_answers == 1
    for call in (made.study.erase, made.study.revoke, made.study.new_token):
        with pytest.raises(InputError, match="erased"):
            call(person.id)


def test_a_save_that_waited_while_its_writer_was_erased_is_refused(made: Made) -> None:
    key = made.task("ada")
    made.study.erase(made.ids["ada"])
    made.study.revoke(made.ids["ben"])
    other = made.task("ben")
    for call in (
        lambda: made.study.save(key, note("late"), base=0, done=False),
        lambda: made.study.guess(made.ids["ada"], GuessBody(could_tell="no", cue="late")),
        lambda: made.study.save(other, note("late"), base=0, done=False),
    ):
        with pytest.raises(UsageError, match="revoked"):
            call()
    assert b"late" not in everything(made)


def test_erasing_says_when_the_write_ahead_log_still_holds_it(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "PATIENCE", 0.1)
    study = StudyFile.open(made.path)
    key = made.task("ada")
    study.save(key, note("private remark"), base=0, done=False)
    reader = sqlite3.connect(made.path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM answers").fetchone()
    with pytest.raises(InputError, match="write-ahead log"):
        study.erase(made.ids["ada"])
    assert study.answer(key) is None
    reader.close()


# -- the log -------------------------------------------------------------------------------------------------


def test_the_log_can_only_grow(made: Made) -> None:
    with sqlite3.connect(made.path) as file:
        again = "INSERT OR REPLACE INTO log SELECT n, at, 'x', what, detail, hash FROM log WHERE n = 2"
        for change in ("UPDATE log SET who = 'x'", "DELETE FROM log WHERE n = 1", again):
            with pytest.raises(sqlite3.IntegrityError, match="only grow"):
                file.execute(change)


@pytest.mark.parametrize("change", ["UPDATE log SET detail = 'x' WHERE n = 2", "DELETE FROM log WHERE n = 3"])
def test_tampering_with_the_log_is_seen(made: Made, change: str) -> None:
    made.study.freeze("dee")
    assert made.study.audit_broken() == 0
    with sqlite3.connect(made.path) as file:
        file.execute("DROP TRIGGER log_stays")
        file.execute("DROP TRIGGER log_keeps")
        file.execute(change)
    assert made.study.audit_broken() in {2, 3}


def test_every_step_is_logged_by_name(made: Made) -> None:
    made.study.consent(made.ids["ada"])
    made.dispute()
    made.study.freeze(made.ids["dee"])
    told = [(row.who, row.what) for row in made.study.audit()]
    for step in (
        ("command line", "study created"),
        ("ada", "consented"),
        ("ben", "case done"),
        ("dee", "study frozen"),
    ):
        assert step in told


# -- backup --------------------------------------------------------------------------------------------------


def test_a_backup_while_others_write_is_whole(made: Made) -> None:
    key, stop = made.task("ada"), threading.Event()

    def write() -> None:
        n = 0
        while not stop.is_set():
            n = made.study.save(key, note(str(n)), base=n, done=False)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        copies = [made.path.parent / f"copy{n}.db" for n in range(5)]
        for copy in copies:
            made.study.backup(copy)
    finally:
        stop.set()
        thread.join()
    seen = []
    for copy in copies:
        found = StudyFile.open(copy)
        saved = found.answer(key)
        assert found.audit_broken() == 0
        assert saved is None or saved.body.comment == str(saved.revision - 1)
        seen.append(saved.revision if saved else 0)
    assert seen == sorted(seen)
    assert all(copy.stat().st_mode & 0o077 == 0 for copy in copies)
    with pytest.raises(InputError, match="a file already"):
        made.study.backup(copies[0])


def test_a_backup_that_cannot_be_written_leaves_nothing(made: Made) -> None:
    with pytest.raises(MedReasonError, match="cannot write the backup"):
        made.study.backup(made.path.parent / "missing" / "copy.db")
    assert not list(made.path.parent.glob("*.part"))


# -- progress ------------------------------------------------------------------------------------------------


def test_the_dashboard_counts(tmp_path: Path) -> None:
    made = make(tmp_path, items=20, stopping={"width": 0.9})
    first = made.study.dashboard()
    assert (first.done, first.total, first.cases, first.stop, first.width) == (0, 44, 20, False, None)
    for name, seconds in (("ada", 10), ("ben", 200)):
        for n, task in enumerate(made.study.tasks(made.ids[name])):
            side = "left" if n % 3 else "right"
            body = made.full(task.key).model_copy(update={"seconds": seconds, "preference": f"much_{side}"})
            made.study.save(task.key, body, base=0, done=True)
    found = made.study.dashboard()
    by_name = {
        p.name: next(r for r in found.reviewers if r.person == p.id)
        for p in made.study.people()
        if p.role == "reviewer"
    }
    assert by_name["ada"].rushing
    assert not by_name["ben"].rushing
    assert (by_name["ben"].seconds, by_name["ben"].repeats[0]) == (200, 2)
    assert (found.done, found.covered, found.total) == (44, 20, 44)
    assert found.width is not None
    assert 0 < found.width < 0.9
    assert found.stop
    flow = made.study.flow()
    assert (flow.available, flow.drawn, flow.invited, flow.assigned, flow.repeats, flow.answered, flow.finished) == (
        20, 20, 2, 44, 4, 44, 2,
    )  # fmt: skip


def test_a_reviewer_who_follows_the_side_is_inconsistent(tmp_path: Path) -> None:
    made = make(tmp_path, items=40, reviewers=["ada"], overlap=1)
    for task in made.study.tasks(made.ids["ada"]):
        made.study.save(task.key, made.full(task.key).model_copy(update={"preference": "much_left"}), base=0, done=True)
    found = made.study.dashboard().reviewers[0]
    assert found.repeats == (3, 0)
    assert found.inconsistent


def test_the_dashboard_names_no_arm(made: Made) -> None:
    made.dispute()
    told = repr(made.study.dashboard()) + repr(made.study.disagreements()) + repr(made.study.flow())
    assert not any(word in told for word in made.secrets if not word.startswith("case-"))
