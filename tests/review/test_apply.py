"""The way back into a dataset: what is dropped, flagged, left alone, and what is said of it."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from medreason.cli import app
from medreason.errors import UsageError
from medreason.records import Record, Step, from_json
from medreason.review.answers import AdjudicationBody, Body
from medreason.review.apply import Rule, apply
from medreason.review.protocol import read_protocol
from medreason.review.sampling import gather
from medreason.review.store import BlindError, Person, StudyFile
from tests.review.test_sampling import dataset, outputs, record

STEPS = (Step(1, "Ferritin is low.", ()), Step(2, "Red cells are **small**.", ()), Step(3, "It fits.", ()))
PROTOCOL = """
title: Reasoning on short cases
consent: You agree.
arms:
  graph: {path: graph.jsonl, label: Graph alone}
  plain: {path: plain.jsonl}
sample: {items: 4}
overlap: 3
repeats: 0
"""


class Study:
    """Four cases of six, three reviewers, an adjudicator."""

    def __init__(self, folder: Path, plain: str = "1. One thing.\n2. Another.") -> None:
        self.folder = folder
        names = [f"q{n}" for n in range(6)]
        steps = STEPS if plain.startswith("1.") else (Step(1, " ".join(step.text for step in STEPS), ()),)
        self.dataset = dataset(folder / "graph.jsonl", [record(n, steps=steps, flags=("made",)) for n in names])
        outputs(folder / "plain.jsonl", [{"id": n, "text": plain} for n in names[:4]])
        (folder / "study.yaml").write_text(PROTOCOL, encoding="utf-8")
        protocol = read_protocol(folder / "study.yaml")
        self.study = StudyFile.create(folder / "study.db", protocol, gather(protocol))
        people = [Person("ada"), Person("ben"), Person("eve"), Person("cyd", "adjudicator")]
        added = self.study.add_people(people)
        self.ids = {p.name: i for p, (i, _) in zip(people, added, strict=True)}

    def judge(self, said: dict[str, dict[str, list[str]]]) -> None:
        """By reviewer and case the labels of the dataset's three steps; the rest is correct, or declined if missing."""
        for name in ("ada", "ben", "eve"):
            for task in self.study.tasks(self.ids[name]):
                item = self.study.item(task.key)
                case = item.vignette.split()[1].rstrip(":")
                side = next(s for s, one in item.sides.items() if len(one.steps) == 3)
                other = "right" if side == "left" else "left"
                labels = said.get(name, {}).get(case)
                body: dict[str, Any] = {"outside_specialty": True}
                if labels:
                    body = {
                        "steps": {side: labels, other: ["harmful", "harmful"]},
                        "preference": "tie",
                        "confidence": 3,
                    }
                self.study.save(task.key, Body.model_validate(body), base=0, done=True)

    def decide(self, case: int, label: str) -> None:
        """Decides every disagreement on a case's step in favour of a label."""
        for found in self.study.disagreements():
            if found.case == case and found.what == "step":
                body = AdjudicationBody.model_validate({"label": label})
                self.study.adjudicate(found.key, self.ids["cyd"], body)

    def unblind(self) -> None:
        self.study.freeze()
        self.study.unblind()

    def apply(self, **rule: Any) -> tuple[dict[str, Record], dict[str, Any], list[dict[str, Any]]]:
        out = self.folder / "out"
        apply(self.study, self.dataset, out, "graph", Rule(**rule))
        records = [from_json(Record, line) for line in (out / "dataset.jsonl").read_bytes().splitlines()]
        removed = [json.loads(line) for line in (out / "removed.jsonl").read_text(encoding="utf-8").splitlines()]
        return {r.id: r for r in records}, json.loads((out / "review.json").read_text(encoding="utf-8")), removed


FINE = ["correct", "correct", "correct"]
BAD = ["correct", "incorrect", "correct"]
WORSE = ["correct", "harmful", "correct"]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path)


def everybody(labels: dict[str, list[list[str]]]) -> dict[str, dict[str, list[str]]]:
    """Labels of the first, second and third reviewer by case."""
    people = ("ada", "ben", "eve")
    return {p: {case: given[n] for case, given in labels.items() if n < len(given)} for n, p in enumerate(people)}


def test_a_majority_drops_a_record_and_says_why(study: Study) -> None:
    study.judge(everybody({"q0": [FINE, BAD, WORSE], "q1": [FINE, FINE, WORSE], "q2": [FINE, FINE, FINE]}))
    study.unblind()
    kept, told, removed = study.apply()
    assert [row["id"] for row in removed] == ["q0"]
    assert removed[0]["reason"] == "review_harmful"
    assert removed[0]["steps"] == [
        {"step": 2, "label": "harmful", "labels": {"correct": 1, "harmful": 1, "incorrect": 1}, "decided": False}
    ]
    assert set(kept) == {"q1", "q2", "q3", "q4", "q5"}
    assert [name for name, r in kept.items() if r.clinician_reviewed] == ["q1", "q2"]
    assert (told["input"]["records"], told["output"]["records"], told["reviewed"]) == (6, 5, 3)
    assert told["reviewed_by"] == {"3": 3}
    assert told["protocol"] == study.study.hash
    out = study.folder / "out" / "dataset.jsonl"
    assert told["output"]["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()


def test_records_that_nobody_reviewed_stay_byte_for_byte(study: Study) -> None:
    study.judge(everybody({"q0": [BAD, BAD, BAD]}))
    study.unblind()
    study.apply()
    before = study.dataset.read_bytes().splitlines()
    assert (study.folder / "out" / "dataset.jsonl").read_bytes().splitlines() == before[1:]


def test_flags_keep_the_record_and_name_the_step(study: Study) -> None:
    study.judge(everybody({"q0": [BAD, BAD, FINE], "q1": [BAD, FINE]}))
    study.unblind()
    kept, told, removed = study.apply(policy="flag")
    assert removed == []
    assert kept["q0"].flags == ("made", "review_incorrect_step_2")
    assert kept["q1"].flags == ("made", "review_disputed_step_2")
    assert told["flagged"] == 2


def test_fewer_reviewers_than_asked_say_nothing(study: Study) -> None:
    study.judge(everybody({"q0": [BAD], "q1": [BAD, BAD]}))
    study.unblind()
    kept, _, removed = study.apply(reviewers=2)
    assert [row["id"] for row in removed] == ["q1"]
    assert not kept["q0"].clinician_reviewed
    assert kept["q0"].flags == ("made",)


def test_one_who_says_harmful_is_enough_where_asked(study: Study) -> None:
    study.judge(everybody({"q0": [FINE, FINE, WORSE], "q1": [FINE, FINE, BAD]}))
    study.unblind()
    _, _, removed = study.apply(any_harmful=True)
    assert [(row["id"], row["reason"]) for row in removed] == [("q0", "review_harmful")]


def test_an_adjudicator_decides_both_ways(study: Study) -> None:
    cases = {study.study._case(n).id: n + 1 for n in range(4)}
    study.judge(everybody({"q0": [BAD, BAD, FINE], "q1": [WORSE, FINE, FINE]}))
    study.decide(cases["q0"], "correct")
    study.decide(cases["q1"], "incorrect")
    study.unblind()
    kept, _, removed = study.apply(any_harmful=True)
    assert [(row["id"], row["reason"], row["steps"][0]["decided"]) for row in removed] == [
        ("q1", "review_incorrect", True)
    ]
    assert kept["q0"].clinician_reviewed


def test_a_decision_stands_when_its_reviewers_are_erased(study: Study) -> None:
    cases = {study.study._case(n).id: n + 1 for n in range(4)}
    study.judge(everybody({"q0": [BAD, FINE]}))
    study.decide(cases["q0"], "incorrect")
    for name in ("ada", "ben", "eve"):
        study.study.erase(study.ids[name])
    study.unblind()
    kept, told, removed = study.apply()
    assert [(row["id"], row["reviewers"], row["protocol"]) for row in removed] == [("q0", 0, study.study.hash)]
    assert len(kept) == 5
    assert told["reviewed"] == 0


def test_flags_of_an_earlier_review_stay(study: Study) -> None:
    records = [record(f"q{n}", steps=STEPS, flags=("review_incorrect_step_1",)) for n in range(6)]
    dataset(study.dataset, records)
    study.judge(everybody({"q0": [BAD, BAD, FINE], "q1": [FINE]}))
    study.unblind()
    before = study.dataset.read_bytes().splitlines()
    kept, _, _ = study.apply(policy="flag", reviewers=2)
    assert kept["q0"].flags == ("review_incorrect_step_1", "review_incorrect_step_2")
    assert (study.folder / "out" / "dataset.jsonl").read_bytes().splitlines()[1] == before[1]


def test_a_record_that_changed_since_is_left_alone(study: Study) -> None:
    study.judge(everybody({"q0": [BAD, BAD, BAD], "q1": [BAD, BAD, BAD]}))
    study.unblind()
    records = [record(f"q{n}", steps=STEPS, flags=("made",)) for n in range(6)]
    records[0] = replace(records[0], steps=(*STEPS[:2], Step(3, "It does not fit.", ())))
    dataset(study.dataset, records)
    kept, told, removed = study.apply()
    assert told["changed_since_the_review"] == ["q0"]
    assert not kept["q0"].clinician_reviewed
    assert [row["id"] for row in removed] == ["q1"]


def test_labels_calibrate_a_judge(study: Study) -> None:
    study.judge(
        everybody({"q0": [BAD, BAD, FINE], "q1": [FINE, FINE, FINE], "q2": [FINE, FINE, FINE], "q3": [WORSE] * 3})
    )
    study.unblind()
    study.apply()
    file = study.folder / "out" / "labels.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    human = {row["id"]: row["human"] for row in rows}
    assert human == {"q0": [False, False, True], "q1": [True] * 3, "q2": [True] * 3, "q3": [False] * 3}
    # A judge who calls all but q3 good, read by the command that calibrates judges.
    file.write_text("".join(json.dumps({**row, "judge": row["id"] != "q3"}) + "\n" for row in rows), encoding="utf-8")
    done = CliRunner().invoke(app, ["judge", "calibrate", str(file), "--by", "source", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert told["accuracy"]["value"] == 0.75


def test_what_cannot_be(study: Study) -> None:
    study.judge(everybody({"q0": [FINE, FINE, FINE]}))
    with pytest.raises(BlindError, match="blinded"):
        study.apply()
    study.unblind()
    with pytest.raises(UsageError, match="no arm nobody"):
        apply(study.study, study.dataset, study.folder / "x", "nobody", Rule())
    with pytest.raises(UsageError, match="no dataset but outputs"):
        apply(study.study, study.dataset, study.folder / "x", "plain", Rule())
    other = dataset(study.folder / "other.jsonl", [record("else")])
    with pytest.raises(UsageError, match="no case of the study"):
        apply(study.study, other, study.folder / "x", "Graph alone", Rule())
    study.apply()
    with pytest.raises(UsageError, match=r"a dataset\.jsonl already"):
        study.apply()


def test_the_commands(study: Study) -> None:
    study.judge(everybody({"q0": [BAD, BAD, FINE]}))
    words = [
        str(study.folder / "study.db"),
        str(study.dataset),
        "--arm",
        "Graph alone",
        "--out",
        str(study.folder / "new"),
    ]
    runner = CliRunner()
    report = runner.invoke(app, ["review", "report", words[0], "--out", str(study.folder / "report")])
    assert "the study is blinded" in report.output
    assert isinstance(runner.invoke(app, ["review", "apply", *words]).exception, BlindError)
    study.unblind()
    done = runner.invoke(app, ["review", "apply", *words])
    assert "6 records, 5 after; 1 reviewed: 1 dropped, 0 flagged" in " ".join(done.output.split())
    wrong = runner.invoke(app, ["review", "apply", *words[:-1], str(study.folder / "newer"), "--policy", "burn"])
    assert isinstance(wrong.exception, UsageError)


def test_of_a_step_in_sentences_each_reviewers_worst_label_counts(tmp_path: Path) -> None:
    """Three reviewers who refuse three different sentences of one step refuse the step."""
    study = Study(tmp_path, plain="One block. Of two sentences.")
    labels = [[("incorrect" if n == bad else "correct") for n in range(3)] for bad in (0, 1, 2)]
    study.judge(everybody({"q0": labels}))
    study.unblind()
    _, _, removed = study.apply()
    assert [(row["id"], row["steps"][0]["labels"]) for row in removed] == [("q0", {"incorrect": 3})]
