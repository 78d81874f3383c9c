"""Files of outputs: three formats, samples, and lines that cannot be used."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from medreason.errors import InputError, UsageError
from medreason.evaluation.outputs import read_outputs
from medreason.evaluation.score import score_outputs, score_task, score_tasks

OPTIONS = {"A": "lung", "B": "heart", "C": "liver"}


def written(path: Path, *rows: Any) -> Path:
    text = "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def test_mirage(tmp_path: Path) -> None:
    rows = [
        {"dataset": "organs", "id": "1", "options": OPTIONS, "gold": "B", "outputs": ["B", "C"]},
        {"dataset": "organs", "id": "2", "options": OPTIONS, "gold": "A", "outputs": []},
    ]
    found = list(read_outputs(written(tmp_path / "m.jsonl.gz", *rows), "mirage"))
    assert [(o.task, o.question, o.sample, o.text, o.gold, o.where) for o in found] == [
        ("organs", "1", 0, "B", "B", "m.jsonl.gz:1"),
        ("organs", "1", 1, "C", "B", "m.jsonl.gz:1"),
        ("organs", "2", 0, "", "A", "m.jsonl.gz:2"),
    ]


def test_jsonl_in_its_spellings(tmp_path: Path) -> None:
    rows = [
        {"id": 1, "options": OPTIONS, "answer": "B", "output": "B"},
        {"id": "2", "options": ["lung", "heart"], "answer_idx": "b", "response": None},
        {"id": "3", "options": [{"key": "A", "text": "lung"}, {"key": "B", "text": "heart"}],
         "gold": "heart", "output": "A"},
        {"id": "4", "options": ["lung", "heart"], "label": 1, "output": "A", "task": "own"},
        {"id": "1", "options": OPTIONS, "answer": "B", "output": "C"},
    ]  # fmt: skip
    found = list(read_outputs(written(tmp_path / "mine.jsonl", *rows), "jsonl"))
    assert [(o.task, o.question, o.sample, o.gold) for o in found] == [
        ("mine", "1", 0, "B"), ("mine", "2", 0, "B"), ("mine", "3", 0, "B"), ("own", "4", 0, "B"),
        ("mine", "1", 1, "B"),
    ]  # fmt: skip
    assert found[1].text == ""


def test_logs_of_lm_eval(tmp_path: Path) -> None:
    rows = [
        {"doc_id": 0, "doc": {"choices": ["lung", "heart"]}, "target": "1", "resps": [["The answer is B."]]},
        {"doc_id": 1, "doc": {"opa": "lung", "opb": "heart", "cop": 0}, "target": "", "resps": [["A", "B"]]},
        {
            "doc_id": 2,
            "doc": {"choices": {"text": ["x", "y"], "label": ["A", "B"]}},
            "target": " (B)",
            "resps": [["B"]],
        },
        {"doc_id": 3, "doc": {"ending0": "x", "ending1": "y", "ending2": "z", "label": 2}, "resps": [["C"]]},
    ]
    path = written(tmp_path / "samples_organs_2025-01-02T03-04-05.123456.jsonl", *rows)
    found = list(read_outputs(path, "lm-eval"))
    assert [(o.task, o.question, o.sample, o.gold) for o in found] == [
        ("organs", "0", 0, "B"), ("organs", "1", 0, "A"), ("organs", "1", 1, "A"), ("organs", "2", 0, "B"),
        ("organs", "3", 0, "C"),
    ]  # fmt: skip
    assert score_task("organs", score_outputs(found)).right == 4


GOOD = {"id": "1", "options": OPTIONS, "answer": "B", "output": "B"}


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("{", "not valid JSON"),
        ("[1]", "a JSON object is expected"),
        ({**GOOD, "options": {"A": "lung"}}, "options must be"),
        ({**GOOD, "answer": "D"}, "is none of the keys A, B, C"),
        ({**GOOD, "answer": None}, "the right key is missing"),
        ({**GOOD, "answer": 7}, "no place among 3 options"),
        ({**GOOD, "output": 3}, "the output must be a text"),
        ({k: v for k, v in GOOD.items() if k != "output"}, "none of the fields outputs, output"),
        ({**GOOD, "id": ""}, "the field id is missing"),
    ],
)
def test_a_line_that_cannot_be_used_is_one_error_with_its_place(tmp_path: Path, bad: Any, told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        list(read_outputs(written(tmp_path / "x.jsonl", GOOD, bad), "jsonl"))
    assert caught.value.item == "x.jsonl:2"
    assert caught.value.fix


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not known"):
        list(read_outputs(tmp_path / "x", "csv"))
    with pytest.raises(InputError, match="no such file"):
        list(read_outputs(tmp_path / "x", "jsonl"))
    with pytest.raises(InputError, match="no output"):
        list(read_outputs(written(tmp_path / "x.jsonl"), "jsonl"))
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(json.dumps(GOOD).encode() * 50)[:-20])
    with pytest.raises(InputError, match="breaks off"):
        list(read_outputs(cut, "jsonl"))
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "\xe9"}\n')
    with pytest.raises(InputError, match="UTF-8"):
        list(read_outputs(tmp_path / "latin.jsonl", "jsonl"))
    numbers = {"doc_id": 0, "doc": {"choices": ["a", "b"]}, "target": 0, "resps": [[[-1.5, False]], [[-2.5, True]]]}
    with pytest.raises(InputError, match="log-likelihoods"):
        list(read_outputs(written(tmp_path / "ll.jsonl", numbers), "lm-eval"))


def test_unreadable_counts_as_wrong_and_samples_are_clustered(tmp_path: Path) -> None:
    rows = [{**GOOD, "id": str(i), "output": text} for i, text in enumerate(["B", "A", "", "B or C"])]
    [score] = score_tasks(score_outputs(read_outputs(written(tmp_path / "x.jsonl", *rows), "jsonl")))
    assert (score.outputs, score.questions, score.right, score.unreadable) == (4, 4, 1, {"empty": 1, "several": 1})
    # Wilson, 1 of 4: Wilson (1927), worked out by hand.
    assert [round(v, 4) for v in score.accuracy[:3]] == [0.25, 0.0456, 0.6994]
    assert score.chance == pytest.approx(1 / 3)
    many = [{**GOOD, "id": str(i), "output": None, "outputs": ["B", "B"] if i < 5 else ["A", "A"]} for i in range(10)]
    [twice] = score_tasks(score_outputs(read_outputs(written(tmp_path / "y.jsonl", *many), "jsonl")))
    once = score_task("once", score_outputs(o for o in read_outputs(tmp_path / "y.jsonl", "jsonl") if o.sample == 0))
    assert (twice.outputs, twice.questions, twice.accuracy.value, once.accuracy.value) == (20, 10, 0.5, 0.5)
    # Two samples that always agree tell no more than one: as wide as ten questions, not as narrow as twenty.
    assert twice.accuracy.high - twice.accuracy.low > 0.5
