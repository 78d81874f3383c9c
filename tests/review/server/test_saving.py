"""Answers over HTTP: autosave, revisions, lost replies, done, undo, and shapes that do not fit."""

from pathlib import Path
from typing import Any

import pytest

from tests.review.server.guests import Guest
from tests.review.server.made import Made, make


@pytest.fixture
def ada(made: Made) -> Guest:
    return Guest(made, "ada")


def sent(base: int, **body: Any) -> dict[str, Any]:
    return {"base": base, "body": body}


def test_a_save_is_acknowledged_with_its_revision(made: Made, ada: Guest) -> None:
    key = made.task("ada")
    reply = ada.put(f"/task/{key}/answer", sent(0, comment="one"))
    assert reply.status_code == 200
    assert set(reply.json()) == {"revision", "at", "done"}
    saved = made.study.answer(key)
    assert saved
    assert (saved.revision, saved.body.comment, saved.done) == (reply.json()["revision"], "one", False)


def test_a_save_on_an_old_revision_is_refused(made: Made, ada: Guest) -> None:
    key = made.task("ada")
    first = ada.put(f"/task/{key}/answer", sent(0, comment="one")).json()["revision"]
    reply = ada.put(f"/task/{key}/answer", sent(0, comment="two"))
    assert (reply.status_code, reply.json()["error"], reply.json()["revision"]) == (409, "conflict", first)
    now = made.study.answer(key)
    assert now
    assert now.body.comment == "one"


def test_the_same_save_again_is_acknowledged_again(made: Made, ada: Guest) -> None:
    key = made.task("ada")
    first = ada.put(f"/task/{key}/answer", sent(0, comment="one")).json()
    again = ada.put(f"/task/{key}/answer", sent(0, comment="one"))
    assert (again.status_code, again.json()) == (200, first)
    saved = made.study.answer(key)
    assert saved
    assert saved.revision == first["revision"]


def test_done_by_script(made: Made, ada: Guest) -> None:
    key = made.task("ada")
    lacking = ada.script(f"/task/{key}/done", sent(0, comment="half"))
    assert lacking.status_code == 422
    assert lacking.json()["missing"]
    saved = made.study.answer(key)
    assert saved
    assert (saved.done, saved.body.comment) == (False, "half")
    done = ada.script(f"/task/{key}/done", sent(saved.revision, outside_specialty=True))
    assert done.status_code == 200
    assert done.json()["next"].startswith("/task/")
    ended = made.study.answer(key)
    assert ended
    assert ended.done
    assert {task.state for task in made.study.tasks(made.ids["ada"]) if task.key == key} == {"outside"}


def test_a_done_case_that_is_changed_stays_done_while_nothing_is_missing(made: Made, ada: Guest) -> None:
    key = made.task("ada")
    ada.script(f"/task/{key}/done", sent(0, outside_specialty=True))
    base = ada.get(f"/task/{key}/answer").json()["revision"]
    more = ada.put(f"/task/{key}/answer", sent(base, outside_specialty=True, comment="not mine")).json()
    assert more["done"] is True
    less = ada.put(f"/task/{key}/answer", sent(more["revision"], comment="after all")).json()
    assert less["done"] is False


def test_the_last_case_leads_to_the_last_questions(made: Made, ada: Guest) -> None:
    keys = [task.key for task in made.study.tasks(made.ids["ada"])]
    where = [ada.script(f"/task/{key}/done", sent(0, outside_specialty=True)).json()["next"] for key in keys]
    assert where == [f"/task/{key}" for key in keys[1:]] + ["/end"]
    assert 'href="/end"' in ada.get("/study").text


def test_undo(made: Made, ada: Guest) -> None:
    key = made.task("ada")
    assert ada.script(f"/task/{key}/undo", {"base": 0}).status_code == 409
    one = ada.put(f"/task/{key}/answer", sent(0, comment="one")).json()["revision"]
    two = ada.put(f"/task/{key}/answer", sent(one, comment="two")).json()["revision"]
    assert ada.script(f"/task/{key}/undo", {"base": one}).status_code == 409
    back = ada.script(f"/task/{key}/undo", {"base": two}).json()
    assert back["body"]["comment"] == "one"
    assert back["revision"] > two


def test_a_form_on_an_old_revision_shows_what_was_entered(made: Made, ada: Guest) -> None:
    key = made.task("ada")
    ada.put(f"/task/{key}/answer", sent(0, comment="from the phone"))
    reply = ada.post(f"/task/{key}", base="0", comment="from the desk")
    assert reply.status_code == 409
    assert "from the desk" in reply.text
    saved = made.study.answer(key)
    assert saved
    assert saved.body.comment == "from the phone"
    assert ada.post(f"/task/{key}", base=str(saved.revision), comment="from the desk").status_code == 303


def test_time_without_script_is_counted_from_the_page(made: Made, ada: Guest) -> None:
    import time

    key = made.task("ada")
    ada.post(f"/task/{key}", base="0", opened=str(int(time.time()) - 90), comment="x")
    saved = made.study.answer(key)
    assert saved
    assert 89 <= saved.body.seconds <= 120


@pytest.mark.parametrize(
    "body",
    [
        {"steps": {"left": []}},
        {"steps": {"left": ["correct"] * 50}},
        {"steps": {"middle": []}},
        {"steps": {"left": ["fine"]}},
        {"scales": {"left": {"accuracy": 9}}},
        {"scales": {"left": {"beauty": 3}}},
        {"preference": "a"},
        {"confidence": 0},
        {"confidence": 6},
        {"comment": "x" * 2_001},
        {"comment": 3},
        {"seconds": -1},
        {"seconds": 1e9},
        {"arm": "x"},
        {"done": True},
        [],
        None,
        "x",
    ],
)
def test_what_does_not_fit_is_refused(made: Made, ada: Guest, body: Any) -> None:
    key = made.task("ada")
    for path, ask in ((f"/task/{key}/answer", ada.put), (f"/task/{key}/done", ada.script)):
        assert ask(path, {"base": 0, "body": body}).status_code == 400
    assert made.study.answer(key) is None


RAW = [
    b"", b"{", b"null", b"[1]", b'{"base": 1e999, "body": {}}', b'{"base": -1, "body": {}}', b'{"base": 0}',
    b'{"base": 99999999999999999999, "body": {}}', b'{"base": NaN, "body": {}}', b"\xff\xfe", b"[" * 60_000,
    b'{"base": 0, "body": {"seconds": NaN}}', b'{"base": 0, "body": {"comment": "\\ud800"}}',
    b'{"base": 0, "body": {"seconds": Infinity}}',
]  # fmt: skip


@pytest.mark.parametrize("raw", RAW)
def test_broken_json_is_refused(made: Made, ada: Guest, raw: bytes) -> None:
    key = made.task("ada")
    headers = {"X-CSRF-Token": ada.csrf, "content-type": "application/json", "accept": "application/json"}
    assert ada.client.put(f"/task/{key}/answer", content=raw, headers=headers).status_code == 400
    assert ada.client.post(f"/task/{key}/done", content=raw, headers=headers).status_code == 400
    if raw != b'{"base": 0}':
        assert ada.client.post(f"/task/{key}/undo", content=raw, headers=headers).status_code == 400
    assert made.study.answer(key) is None


def test_only_plain_forms_are_read(made: Made, ada: Guest) -> None:
    key = made.task("ada")
    reply = ada.client.post(f"/task/{key}", data={"base": "0"}, files={"x": b"y"}, headers={"X-CSRF-Token": ada.csrf})
    assert reply.status_code == 415
    many = "&".join(f"f{n}=1" for n in range(2_000))
    headers = {"X-CSRF-Token": ada.csrf, "content-type": "application/x-www-form-urlencoded"}
    assert ada.client.post(f"/task/{key}", content=many, headers=headers).status_code == 400


def test_a_closed_study_takes_no_answer(made: Made, ada: Guest) -> None:
    key = made.task("ada")
    made.study.freeze("dee")
    assert ada.put(f"/task/{key}/answer", sent(0, comment="late")).status_code == 423
    assert ada.script(f"/task/{key}/done", sent(0, outside_specialty=True)).status_code == 423
    assert ada.script(f"/task/{key}/undo", {"base": 0}).status_code == 423
    assert ada.post(f"/task/{key}", base="0", comment="late").status_code == 423
    assert ada.post(f"/task/{key}/done", base="0", outside_specialty="yes").status_code == 423
    assert made.study.answer(key) is None
    assert ada.get(f"/task/{key}").status_code == 200


def test_one_arm_at_a_time_has_no_left(tmp_path: Path) -> None:
    made = make(tmp_path, items=4, asked={"pairwise": False})
    page = Guest(made, "ada").get(f"/task/{made.task('ada')}").text
    assert "Reasoning, step 1" in page
    assert "Left" not in page
    made.dispute()
    assert "Reasoning, step 1" in Guest(made, "cyd").get("/adjudicate").text
