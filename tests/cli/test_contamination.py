"""``medreason contamination`` through the command line, on made-up questions and, where they lie here, on real ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from medreason.cli import app
from medreason.errors import InputError, MedReasonError, UsageError
from tests.shared import DATA

STEM = "A lighthouse keeper of 61 years hears a hum in one ear since the new lamp was hung. Which nerve is at fault?"
OTHER = "A tailor pricked her thumb on a rusty pin last autumn and now cannot open her jaw. Which toxin is at work?"
OPTIONS = {"A": "The eighth", "B": "The fifth", "C": "The second", "D": "The tenth"}
REAL = DATA / "questions" / "medbullets_op4.dev.jsonl"


def jsonl(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


@pytest.fixture
def evaluation(tmp_path: Path) -> Path:
    rows = (
        {"id": "ev1", "question": STEM, "options": OPTIONS, "answer_idx": "A"},
        {"id": "ev2", "question": "Why salt?"},
    )
    return jsonl(tmp_path / "held.jsonl", *rows)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    published = {
        "dataset_name": "medqa", "id_in_dataset": 7, "question": STEM.upper(), "answer": "The eighth",
        "reasoning": "…", "options": "Answer Choices:\nA. The tenth\nB. The second\nC. The fifth\nD. The eighth",
    }  # fmt: skip
    own = {
        "id": "mr-1",
        "question": OTHER,
        "options": [{"key": "A", "text": "Of moulds"}, {"key": "B", "text": "Of soil"}],
    }
    return jsonl(tmp_path / "dataset.jsonl", published, own)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["contamination", *map(str, arguments)])


def ok(*arguments: object) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def refused(*arguments: object) -> MedReasonError:
    result = run(*arguments)
    assert isinstance(result.exception, MedReasonError), (result.output, result.exception)
    return result.exception


@pytest.mark.parametrize("words", [(), ("check",)])
def test_both_ways_of_calling_it(words: tuple[str, ...], dataset: Path, evaluation: Path) -> None:
    told = json.loads(ok(*words, dataset, "--against", evaluation, "--json"))
    assert told["verdicts"] == {"refuse": 1, "review": 0, "clean": 1}
    (found,) = told["found"]
    assert found["id"] == "medqa:7"
    (match,) = found["matches"]
    assert (match["set"], match["verdict"], match["reasons"]) == ("held", "refuse", ["reordered"])
    assert match["pairs"][0]["evaluation"] == "ev1"
    assert told["sets"][0]["reasons"] == {"refuse: reordered": 1}
    assert len(told["sets"][0]["origins"][0]["sha256"]) == 64


def test_what_is_printed_names_ids_and_no_text(dataset: Path, evaluation: Path) -> None:
    shown = ok(dataset, "--against", evaluation)
    assert "medqa:7" in shown
    assert "of 2 questions: 1 refuse, 0 review, 1 clean" in shown
    for word in ("lighthouse", "LIGHTHOUSE", "tailor", "eighth"):
        assert word not in shown


def test_a_run_folder_and_a_name_that_steers_a_terminal(tmp_path: Path, evaluation: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    jsonl(folder / "dataset.jsonl", {"id": "bad\x1b[31m[bold]id", "question": STEM, "options": OPTIONS})
    shown = ok(folder, "--against", evaluation)
    assert "\x1b" not in shown
    assert "bad[31m[bold]id" in shown.replace("\n", "")


def test_files_that_are_written(dataset: Path, evaluation: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "here"
    ok(dataset, "--against", evaluation, "--out", out)
    assert (out / "clean.txt").read_text(encoding="utf-8") == "mr-1\n"
    assert (out / "review.jsonl").read_text(encoding="utf-8") == ""
    (row,) = (out / "refused.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(row)["id"] == "medqa:7"
    assert "lighthouse" not in row.lower()


def test_an_index_serves_as_the_questions_do(dataset: Path, evaluation: Path, tmp_path: Path) -> None:
    index = tmp_path / "held.npz"
    shown = ok("index", evaluation, "--out", index)
    assert "held: 2 questions" in shown
    direct, by_hash = (json.loads(ok(dataset, "--against", a, "--json")) for a in (evaluation, index))
    assert by_hash == direct
    salted = tmp_path / "salted.npz"
    assert json.loads(ok("index", evaluation, "--out", salted, "--salt", "other", "--json"))["sets"][0]["items"] == 2
    assert json.loads(ok(dataset, "--against", salted, "--json"))["found"] == direct["found"]
    more = jsonl(tmp_path / "more.jsonl", {"id": "x", "question": OTHER})
    both = json.loads(ok(dataset, "--against", salted, "--against", more, "--json"))
    assert both["verdicts"]["refuse"] == 2
    assert json.loads(ok(dataset, "--against", salted, more, "--json")) == both


def test_several_layouts_are_read(tmp_path: Path, evaluation: Path) -> None:
    letters = list(OPTIONS.values())
    rows = [
        {"problem_id": 1, "problem_text": STEM, "choices": letters, "answer": ["a"]},
        {"question": STEM, "opa": letters[0], "opb": letters[1], "opc": letters[2], "opd": letters[3], "cop": 1},
        {"Question": STEM, "Response": "The eighth."},
        {"stem": f"{STEM}\nAnswer Choices: (A) The eighth (B) The fifth (C) The second (D) The tenth", "id": "1"},
        {"QUESTION": STEM, "CONTEXTS": []},
    ]
    told = json.loads(ok(jsonl(tmp_path / "q.jsonl", *rows), "--against", evaluation, "--json"))
    assert told["verdicts"]["refuse"] == 5
    kinds = {f["id"]: f["matches"][0]["reasons"] for f in told["found"]}
    assert kinds == {
        "1": ["identical"], "q.jsonl:2": ["identical"], "q.jsonl:3": ["same_text"], "1#2": ["identical"],
        "q.jsonl:5": ["same_text"],
    }  # fmt: skip


def test_rows_that_are_no_question_are_counted(tmp_path: Path, dataset: Path, evaluation: Path) -> None:
    with evaluation.open("a", encoding="utf-8") as file:
        file.write("{broken\n")
    told = json.loads(ok(dataset, "--against", evaluation, "--json"))
    assert told["sets"][0]["unread"] == 1
    assert "held: 1 rows are no question" in ok(dataset, "--against", evaluation)
    with dataset.open("a", encoding="utf-8") as file:
        file.write('{"id": "no text"}\n')
    assert json.loads(ok(dataset, "--against", evaluation, "--json"))["unread"] == {"no_question": 1}


def test_limits_change_the_verdict(tmp_path: Path, evaluation: Path) -> None:
    half = f"{' '.join(STEM.split()[:16])} one two three four five six seven eight nine ten eleven twelve thirteen"
    items = jsonl(tmp_path / "q.jsonl", {"id": "h", "question": half})
    told = [
        json.loads(ok(items, "--against", evaluation, "--json", *more))["verdicts"]
        for more in ((), ("--refuse", "0.2", "--review", "0.1"), ("--refuse", "1", "--review", "0.9"))
    ]
    assert [next(k for k, n in t.items() if n) for t in told] == ["review", "refuse", "clean"]


def test_mistakes_are_one_clear_error(tmp_path: Path, dataset: Path, evaluation: Path) -> None:
    assert isinstance(error := refused(tmp_path / "none", "--against", evaluation), InputError)
    assert "no such file" in str(error)
    prose = tmp_path / "prose.txt"
    prose.write_text("no\nquestions\n", encoding="utf-8")
    assert "others not: malformed 2" in str(refused(dataset, "--against", prose))
    (tmp_path / "bad.npz").write_bytes(b"PK nothing")
    assert "not an index" in str(refused(dataset, "--against", tmp_path / "bad.npz"))
    assert isinstance(refused(dataset, "--against", evaluation, "--refuse", "0.01"), UsageError)
    twice = tmp_path / "other" / "held.jsonl"
    twice.parent.mkdir()
    twice.write_text(evaluation.read_text(encoding="utf-8"), encoding="utf-8")
    assert "two evaluation sets" in str(refused(dataset, "--against", evaluation, "--against", twice))
    assert "ends in .npz" in str(refused("index", evaluation, "--out", tmp_path / "x.json"))
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    assert "empty" in str(refused(tmp_path / "empty.jsonl", "--against", evaluation))
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "cannot be written" in str(refused(dataset, "--against", evaluation, "--out", tmp_path / "file" / "x"))
    assert run(dataset).exit_code == 2  # --against is missing


def test_the_public_sets_are_listed() -> None:
    shown = ok("sets")
    assert "MedXpertQA" in shown
    assert "308 questions" in shown
    assert {row["name"] for row in json.loads(ok("sets", "--json"))} >= {"MedMCQA", "MIRAGE"}


@pytest.mark.skipif(not REAL.is_file(), reason="the development questions are not on this machine")
def test_medbullets_in_medxpertqa() -> None:
    told = json.loads(ok(REAL, "--against", REAL.with_name("MedXpertQA_test.dev.jsonl"), "--json"))
    found = {
        verdict: {f["id"].rsplit(":", 1)[1] for f in told["found"] if f["verdict"] == verdict}
        for verdict in ("refuse", "review")
    }
    # Read side by side: one question is the same; the others are the same cases told anew.
    assert found == {"refuse": {"18"}, "review": {"16", "39", "48", "49", "91", "143", "149"}}
    assert told["sets"][0]["panels_only"] >= 10
