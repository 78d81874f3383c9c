"""``medreason evaluate``: what it prints, and its errors, with and without Inspect."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from medreason.evaluation.catalogue import KNOWN
from tests.evaluation.served import Script, Server, knows, write_questions
from tests.runs import medreason

WITH_INSPECT = find_spec("inspect_ai") is not None
needed = pytest.mark.skipif(not WITH_INSPECT, reason="the extra [eval] is not installed")
GONE = "http://127.0.0.1:9/v1"


def run(folder: Path, *more: object, tasks: str = "questions", url: str = GONE, data: str = "") -> tuple[int, str, str]:
    file = folder / "q.jsonl"
    if not file.exists():
        write_questions(file)
    done = medreason(
        "evaluate", "--model", "openai/m", "--base-url", url, "--tasks", tasks, "--data", data or f"questions={file}",
        "--out", folder / "out", *more, cwd=folder, COLUMNS="80",
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


@needed
def test_the_table_states_intervals_chance_and_what_was_unreadable(tmp_path: Path) -> None:
    with Server(Script(content=knows("q1", "q2", "q3"))) as server:
        code, told, errors = run(tmp_path, "--variant", "wrong-hint", "--samples", 2, url=server.url)
        assert code == 0, errors
        assert "questions: 4 questions of q.jsonl (SHA-256 " in told and f"asking openai/m at {server.url}" in told
        assert "75.0" in told and "25.0" in told and "unreadable, counted as wrong: refusal 2" in told
        assert "questions: a wrong hint" in told and "written to" in told
        assert all(len(line) <= 80 for line in told.splitlines() if "│" in line or "─" in line)
        before = server.calls
        code, again, errors = run(tmp_path, "--variant", "wrong-hint", "--samples", 2, "--json", url=server.url)
        assert code == 0 and server.calls == before
    document = json.loads(again)
    (score,) = document["scores"]
    assert score["accuracy"]["value"] == 0.75 and score["questions"] == 4 and score["outputs"] == 8
    assert score["chance"] == 0.25 and score["unreadable"] == {"refusal": 2}
    assert [c["condition"] for c in document["changes"]] == ["resampled", "hinted"]
    assert len(document["sets"]["questions"]["files"]) == 1
    assert "pumps" not in again and "Heart" not in again


@needed
def test_several_tasks_have_a_mean(tmp_path: Path) -> None:
    file = write_questions(tmp_path / "mirage.jsonl")
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    whole = {r["id"]: {"question": r["question"], "options": r["options"], "answer": r["answer_key"]} for r in rows}
    place = tmp_path / "benchmark.json"
    place.write_text(json.dumps({"mmlu": whole, "medqa": {"q1": whole["q1"]}}))
    with Server(Script(content=knows("q1"))) as server:
        code, told, errors = run(
            tmp_path, "--json", tasks="mirage-mmlu,mirage_medqa", url=server.url, data=f"mirage={place}"
        )
    assert code == 0, errors
    document = json.loads(told)
    scores = {s["scope"]: s["accuracy"]["value"] for s in document["scores"]}
    assert scores == {"mirage_mmlu": 0.25, "mirage_medqa": 1.0, "pooled": 0.4, "macro": 0.625}
    assert "4 rows, where 1,089 are published" in document["sets"]["mirage_mmlu"]["notes"][0]


@needed
def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    code, _, errors = run(tmp_path)
    assert code == 4 and "nothing answers at 127.0.0.1:9" in errors and "it goes on" in errors


@pytest.mark.skipif(WITH_INSPECT, reason="Inspect is installed")
def test_without_inspect_the_hint_is_how_to_install_it(tmp_path: Path) -> None:
    code, _, errors = run(tmp_path)
    assert code == 2 and "pip install 'medreason[eval]'" in errors


@pytest.mark.parametrize(
    ("more", "tasks", "data", "code", "words"),
    [
        ((), "medq", "", 2, "did you mean medqa?"),
        ((), "medqa", "questions=q.jsonl", 2, "no data for medqa"),
        ((), "medqa", "nowhere", 3, "nowhere: no such file or folder"),
        (("--local-only",), "questions", "", 2, "is not this machine"),
        (("--clean", "x.txt"), "questions", "", 2, "names no task"),
        (("--clean", "questions=none.txt"), "questions", "", 3, "none.txt: cannot be read"),
        (("--most-failed", "2"), "questions", "", 2, "a share"),
        (("--variant", "corrupt-evidence", "--no-evidence"), "questions", "", 2, "changes nothing"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_clear_error(
    tmp_path: Path, more: tuple[str, ...], tasks: str, data: str, code: int, words: str
) -> None:
    got, _, errors = run(tmp_path, *more, tasks=tasks, data=data, url="http://192.0.2.1/v1" if more else GONE)
    if not WITH_INSPECT and "medreason[eval]" in errors:
        pytest.skip("Inspect is asked for first")
    assert (got, words in errors) == (code, True), errors


@needed
def test_a_file_of_other_rows_says_which(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"a": 1}\n{broken\n')
    code, _, errors = run(tmp_path, data="questions=bad.jsonl")
    assert code == 3 and "bad.jsonl: 0 of 2 rows can be asked" in errors and "bad.jsonl:1" in errors


def test_help_lists_the_ways() -> None:
    told = medreason("evaluate", "--help", COLUMNS="200").stdout
    assert all(word in told for word in ("--variant", "--shuffle-seed", "--few-shot", "--limit", "--samples"))
    assert set(KNOWN) >= {"medqa", "medmcqa", "pubmedqa", "mmlu_medical", "mmlu_pro_medical", "medxpertqa", "hle"}
