import json
from pathlib import Path

import pytest

from medreason.api import explain
from medreason.kg.store import Graph
from tests.runs import medreason

QUESTION = {
    "id": "q",
    "question": "A tall man has arachnodactyly and ectopia lentis, but no cleft palate. Which disorder fits best?",
    "options": {"A": "Cystic fibrosis", "B": "Marfan syndrome", "C": "A made-up condition"},
}


def test_explain_needs_no_key_and_gives_evidence_and_chain(hpo_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "q.json").write_text(json.dumps(QUESTION))
    done = medreason("explain", tmp_path / "q.json", "--kg", hpo_dir, "--json")
    found = json.loads(done.stdout)
    assert found["chosen_key"] == "B"
    assert found["adequate"] is True
    assert {e["option"] for e in found["evidence"]} == {"B"}
    assert all(e["references"] for e in found["evidence"])
    assert found["steps"][-1]["edges"]
    status = {f["concept"]: f["status"] for f in found["findings"]}
    assert status["HP:0001166"] == "observed"
    assert status["HP:0000175"] == "excluded"


def test_a_key_changes_nothing(hpo: Graph) -> None:
    answers = {repr(explain(hpo, {**QUESTION, "answer_key": key}).chain) for key in ("", "A", "B")}
    assert len(answers) == 1


def test_standard_input_and_plain_output(hpo_dir: Path) -> None:
    done = medreason("explain", "-", "--kg", hpo_dir, stdin=json.dumps(QUESTION), COLUMNS="80")
    assert done.returncode == 0
    assert "Marfan syndrome, ahead by" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_no_adequate_evidence_is_said(hpo_dir: Path) -> None:
    asked = {**QUESTION, "question": "A woman feels well. What is it?"}
    done = medreason("explain", "-", "--kg", hpo_dir, stdin=json.dumps(asked))
    assert done.returncode == 0
    assert "No adequate evidence" in done.stdout


@pytest.mark.parametrize(
    ("text", "says"), [("", "cannot read a question"), ("[]", "JSON object"), ('{"question": "x"}', "options")]
)
def test_bad_questions_are_one_clear_error(hpo_dir: Path, text: str, says: str) -> None:
    done = medreason("explain", "-", "--kg", hpo_dir, stdin=text)
    assert done.returncode == 3
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["nonsense"], ["run", "--nonsense"], ["verify"], ["kg", "build", "nonsense"]])
def test_usage_errors_exit_2(arguments: list[str]) -> None:
    done = medreason(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_dataset_of_another_graph_is_refused(hpo_dir: Path, tmp_path: Path) -> None:
    from tests.teachers.small import small_graph

    graph = small_graph(tmp_path / "small")
    (tmp_path / "q.jsonl").write_text(json.dumps({**QUESTION, "answer_key": "B"}))
    run = medreason("run", "--questions", tmp_path / "q.jsonl", "--source", "jsonl", "--kg", hpo_dir,
                    "--out", tmp_path / "run")  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert medreason("verify", tmp_path / "run", "--kg", hpo_dir).returncode == 0
    other = medreason("verify", tmp_path / "run", "--kg", graph.folder)
    assert other.returncode == 3
    assert "Traceback" not in other.stderr
