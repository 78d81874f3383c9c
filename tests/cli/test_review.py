"""``medreason review`` from protocol to log, as a coordinator uses it."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from medreason.cli import app
from medreason.errors import MedReasonError
from medreason.review.store import StudyFile
from tests.review.test_sampling import dataset, outputs, record

PROTOCOL = """
title: Reasoning on short cases
consent: You agree to take part.
arms:
  graph: {path: graph.jsonl}
  plain: {path: plain.jsonl, label: Another source}
sample: {items: 8}
stopping: {width: 0.3}
specialties: [genetics]
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["review", *map(str, words)])


@contextmanager
def refused(cause: str, *words: object) -> Iterator[None]:
    """The command ends with an error of ours, one sentence and what to do."""
    found = run(*words)
    assert isinstance(found.exception, MedReasonError), found.output
    assert cause in str(found.exception)
    yield


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    names = [f"q{n}" for n in range(10)]
    dataset(tmp_path / "graph.jsonl", [record(n) for n in names])
    outputs(tmp_path / "plain.jsonl", [{"id": n, "text": f"Reason {n}. It is anaemia."} for n in names[:9]])
    (tmp_path / "STUDY.yaml").write_text(PROTOCOL, encoding="utf-8")
    people = "name,role,specialties\nAda,,genetics\n=Ben,reviewer,\nCyd,adjudicator,\nDee,coordinator,\n"
    (tmp_path / "people.csv").write_text(people, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def study(place: Path) -> Path:
    assert run("create", "STUDY.yaml", "--out", "study.db").exit_code == 0
    assert (
        run("roster", "study.db", "people.csv", "--out", "links.csv", "--public-url", "https://r.example/").exit_code
        == 0
    )
    return place


def test_a_plan_says_what_it_assumes(place: Path) -> None:
    told = " ".join(run("plan", "STUDY.yaml", "--reviewers", "2", "--width", "0.05").output.split())
    assert "16 8" not in told
    assert "Assumed: 25 % ties" in told
    assert "no number of cases is enough: ask more reviewers" in told
    told = run("plan", "STUDY.yaml", "--reviewers", "30", "--width", "0.4").output
    assert "cases." in told


def test_create_counts_what_is_left_out_and_writes_over_nothing(place: Path) -> None:
    told = run("create", "STUDY.yaml", "--out", "study.db").output
    assert "8 of 9 cases drawn" in told
    assert "left out: 1 not answered by every arm" in told
    before = StudyFile.open(place / "study.db")
    with refused("a file already", "create", "STUDY.yaml", "--out", "study.db"):
        assert StudyFile.open(place / "study.db").created == before.created


def test_links_are_for_their_owners_eyes(study: Path) -> None:
    links = study / "links.csv"
    assert links.stat().st_mode & 0o077 == 0
    rows = list(csv.DictReader(links.open(encoding="utf-8")))
    assert [row["name"] for row in rows] == ["Ada", "'=Ben", "Cyd", "Dee"]
    found = StudyFile.open(study / "study.db")
    for row, name in zip(rows, ["Ada", "=Ben", "Cyd", "Dee"], strict=True):
        address, _, token = row["link"].rpartition("/r/")
        person = found.person_of(token)
        assert address == "https://r.example"
        assert person
        assert person.name == name
    with refused("a file already", "links", "study.db", "Ada", "--out", "links.csv"):
        assert found.person_of(rows[0]["link"].rpartition("/")[2])
    assert run("links", "study.db", "Ada", "--out", "new.csv").exit_code == 0
    assert found.person_of(rows[0]["link"].rpartition("/")[2]) is None


def test_the_roster_knows_the_protocols_specialties(study: Path) -> None:
    (study / "more.csv").write_text("name,specialties\nEve,surgery\n", encoding="utf-8")
    with refused("does not know surgery", "roster", "study.db", "more.csv", "--out", "more-links.csv"):
        assert not (study / "more-links.csv").exists()


def test_status_names_no_arm(study: Path) -> None:
    told = run("status", "study.db").output
    assert "Ada" in told
    assert "0 of 8" in told
    assert "graph" not in told
    assert "Another source" not in told


def test_the_end_of_a_study(study: Path) -> None:
    with refused("the study is open", "unblind", "study.db"):
        pass
    assert run("backup", "study.db", "copy.db").exit_code == 0
    assert "cannot be given" not in run("freeze", "study.db").output
    told = run("unblind", "study.db").output
    assert "plain: Another source" in told
    assert run("revoke", "study.db", "Ada").exit_code == 0
    with refused("removes 0 answers of Ada", "erase", "study.db", "Ada"):
        pass
    assert run("erase", "study.db", "Ada", "--yes").exit_code == 0
    with refused("no such person", "erase", "study.db", "Ada", "--yes"):
        pass
    told = run("audit", "study.db").output
    for step in (
        "study created",
        "person added",
        "study frozen",
        "study unblinded",
        "person erased",
        "each row follows",
    ):
        assert step in told
    assert "Ada" not in told
    assert StudyFile.open(study / "study.db").audit()[-1].hash in told.replace("\n", "")
    assert run("restore", "copy.db", "again.db").exit_code == 0
    found = StudyFile.open(study / "again.db")
    assert found.state == "open"
    assert "Ada" in {p.name for p in found.people()}


@pytest.mark.parametrize("command", ["status", "freeze", "unblind", "audit"])
def test_another_file_is_no_study(place: Path, command: str) -> None:
    with refused("no study file", command, "people.csv"):
        pass
    with refused("there is no such study file", command, "missing.db"):
        pass


def test_nobody_is_added_whose_link_cannot_be_written(place: Path) -> None:
    assert run("create", "STUDY.yaml", "--out", "study.db").exit_code == 0
    with refused("cannot write the links", "roster", "study.db", "people.csv", "--out", "missing/links.csv"):
        assert StudyFile.open(place / "study.db").people() == []
    (place / "twice.csv").write_text("name\nEve\n", encoding="utf-8")
    assert run("roster", "study.db", "twice.csv", "--out", "first.csv").exit_code == 0
    with refused("in the study already", "roster", "study.db", "twice.csv", "--out", "second.csv"):
        assert not (place / "second.csv").exists()
