"""``medreason score`` from a file of outputs to a table, JSON and readings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runs import medreason

OPTIONS = {"A": "lung", "B": "heart", "C": "liver"}
REAL = Path(__file__).parents[3] / "shared" / "data" / "outputs" / "mirage-gpt-35-turbo-16k-cot.jsonl.gz"


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    texts = ["The answer is B.", "B or C", "", "Answer: C", "<think>B", "**heart**"]
    rows = [
        {"id": str(i), "task": task, "options": OPTIONS, "answer": "B", "output": text}
        for task in ("a\x1b[31mred", "b")
        for i, text in enumerate(texts)
    ]
    path = tmp_path / "outputs.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


def test_json(outputs: Path) -> None:
    done = medreason("score", outputs, "--format", "jsonl", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [t["task"] for t in found["tasks"]] == ["a\x1b[31mred", "b"]
    assert found["all"]["right"] == 4
    assert found["all"]["unreadable"] == 6
    assert found["all"]["reasons"] == {"several": 2, "empty": 2, "truncated": 2}
    assert found["all"]["accuracy"]["value"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["all"]["accuracy"]["interval"] == "Wilson"


def test_the_table_fits_and_no_escape_gets_through(outputs: Path) -> None:
    done = medreason("score", outputs, "--format", "jsonl", COLUMNS="80")
    assert done.returncode == 0, done.stderr
    assert "\x1b[31m" not in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80
    for words in ("unreadable", "33.3", "more than one option", "count as wrong", "all"):
        assert words in done.stdout


def test_readings_are_written(outputs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = medreason("score", outputs, "--format", "jsonl", "--out", out)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (out / "readings.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 12
    assert lines[0] == {
        "task": "a\x1b[31mred", "id": "0", "sample": 0, "where": "outputs.jsonl:1", "gold": "B", "key": "B",
        "right": True, "rule": "answer", "why": "", "start": 4, "end": 15, "options": len(OPTIONS), "length": 16,
    }  # fmt: skip
    assert json.loads((out / "score.json").read_text(encoding="utf-8"))["all"]["outputs"] == 12


def test_a_bad_line_is_one_error_with_its_place(outputs: Path) -> None:
    outputs.write_text(outputs.read_text(encoding="utf-8") + "{broken\n", encoding="utf-8")
    done = medreason("score", outputs, "--format", "jsonl")
    assert done.returncode == 3
    assert "outputs.jsonl:13" in done.stderr
    assert "Traceback" not in done.stderr
    wrong = medreason("score", outputs, "--format", "parquet")
    assert wrong.returncode == 2
    assert "mirage, jsonl, lm-eval" in wrong.stderr


@pytest.mark.skipif(not REAL.is_file(), reason="the real MIRAGE outputs are not here")
def test_real_outputs() -> None:
    done = medreason("score", REAL, "--format", "mirage", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    right = {t["task"]: t["right"] for t in found["tasks"]}
    assert right == {"mmlu": 781, "medqa": 819, "medmcqa": 2206, "pubmedqa": 181, "bioasq": 457}
    assert found["all"]["unreadable"] == 372
