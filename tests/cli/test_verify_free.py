"""``medreason verify --free-text`` through the command line: tables, JSON, the file of claims, the page, bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from medreason.cli import app
from medreason.errors import InputError, MedReasonError, RunFolderError, UsageError

ROWS: list[dict[str, object]] = [
    {"dataset_name": "toy", "id_in_dataset": 1, "question": "q", "answer": "a", "options": "",
     "reasoning": "**Finding reasoning paths:**\n1. Marfan syndrome -> Ectopia lentis\n\n**Reasoning Process:**\n"
                  "1. Marfan syndrome causes arachnodactyly.\n\n**Conclusion:**\nWell."},
    {"Question": "q", "Complex_CoT": "Oguchi disease causes dyschromatopsia. Fever?", "Response": "So be it."},
    {"id": "x", "text": "Marfan syndrome \u001b[31mcauses chorea."},
    {"id": "y", "question": "no reasoning"},
]  # fmt: skip


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


def call(*args: str | Path) -> Result:
    return CliRunner().invoke(app, ["verify", *map(str, args)], env={"COLUMNS": "160"})


def failure(result: Result) -> MedReasonError:
    assert isinstance(result.exception, MedReasonError), result.output
    return result.exception


def test_counts_by_dataset_and_what_is_contradicted(rows: Path, hpo_dir: Path) -> None:
    result = call(rows, "--free-text", "--kg", hpo_dir)
    assert result.exit_code == 0, result.output
    out = result.output
    assert "left out: rows.jsonl:4: no field has a reasoning text" in out and "Complex_CoT" in out
    assert "toy: 1 chain, 3 steps" in out and "huatuo: 1 chain," in out and "text: 1 chain, 1 step, 1 sentence" in out
    assert "contradicted: 1" in out and "Oguchi disease has or causes Dyschromatopsia" in out
    assert "not observed" in out and "not in this graph" in out and "no clinical validation" in out
    assert "\u001b[31m" not in out


def test_json_holds_every_claim_with_its_reason(rows: Path, hpo_dir: Path) -> None:
    found = json.loads(call(rows, "--free-text", "--kg", hpo_dir, "--json").stdout)
    assert (found["summary"]["chains"], found["summary"]["rejected"]) == (3, 1)
    assert found["rejected"][0]["reason"] == "no_reasoning"
    first, second, third = found["chains"]
    assert [c["verdict"] for c in first["claims"]] == ["grounded", "grounded"]
    assert [s["section"] for s in first["steps"]] == ["paths", "reasoning", "conclusion"]
    [against] = second["claims"]
    assert (against["verdict"], against["phrase"]) == ("contradicted", "causes")
    assert against["sentence"] == "Oguchi disease causes dyschromatopsia."
    [reason] = against["evidence"]
    assert reason["id"] == against["edges"][0] and "not observed" in reason["says"] and reason["references"]
    assert [c["verdict"] for c in third["claims"]] == ["unsupported"]
    text = str(ROWS[0]["reasoning"])
    (a, b), (c, d) = first["claims"][1]["spans"]
    assert (text[a:b], text[c:d]) == ("Marfan syndrome", "arachnodactyly")


def test_claims_and_page_are_written(rows: Path, hpo_dir: Path, tmp_path: Path) -> None:
    out, page = tmp_path / "claims.jsonl", tmp_path / "page.html"
    assert call(rows, "--free-text", "--kg", hpo_dir, "--out", out, "--page", page).exit_code == 0
    written = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [w["verdict"] for w in written] == ["grounded", "grounded", "contradicted", "unsupported"]
    assert "Oguchi disease has or causes Dyschromatopsia" in page.read_text(encoding="utf-8")
    again = tmp_path / "again.html"
    call(rows, "--free-text", "--kg", hpo_dir, "--page", again)
    assert again.read_bytes() == page.read_bytes()


def test_bad_input_is_one_clear_error(rows: Path, hpo_dir: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"question": "q"}\n', encoding="utf-8")
    error = failure(call(other, "--free-text", "--kg", hpo_dir))
    assert isinstance(error, InputError)
    assert all(word in str(error) for word in ("reasoning", "Complex_CoT", "Response", "steps", "other.jsonl:1"))
    assert isinstance(failure(call(tmp_path / "none.jsonl", "--free-text", "--kg", hpo_dir)), InputError)
    assert isinstance(failure(call(rows, "--kg", hpo_dir, "--page", tmp_path / "p.html")), UsageError)
    assert isinstance(failure(call(rows, "--free-text", "--other-version", "--kg", hpo_dir)), UsageError)
    lost = tmp_path / "no folder" / "p.html"
    assert isinstance(failure(call(rows, "--free-text", "--kg", hpo_dir, "--page", lost)), RunFolderError)
