"""``medreason compare`` from files of readings to tables, JSON and report, and every wrong call."""

import json
from pathlib import Path

import pytest

from medreason.evaluation.results import Row, write_rows
from tests.evaluation.made import answers, changed, drawn
from tests.runs import medreason

# Questions of our own, long enough to be told apart.
STEMS = [
    "A gardener of fifty years has had a dry cough since spring and coughs most when he turns the compost heap.",
    "A baker who rises at three each morning reports that both hands turn white and numb when the shop is cold.",
    "A schoolboy limps after football; his left knee hurts below the cap and a firm lump can be felt there.",
    "A retired sailor sees double when she reads in the evening, and her lids droop until she has slept.",
    "A cook has noticed for a year that wedding rings no longer fit and that his hats have become too small.",
    "A violinist wakes at night with tingling in three fingers of the bow hand, which shaking it relieves.",
]


def options(n: int) -> dict[str, str]:
    return {key: f"condition {word} {n}" for key, word in zip("ABCD", ("one", "two", "three", "four"), strict=True)}


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    a = [*drawn("medqa", 120, 0.4, seed=1, unread=0.1), *drawn("own", 60, 0.4, seed=2)]
    b = [*drawn("medqa", 120, 0.75, seed=3), *drawn("own", 60, 0.75, seed=4)]
    b += changed(b[:30], "hinted", "B" * 30, "B" * 30)
    for name, rows in (("base", a), ("better", b)):
        write_rows(tmp_path / name, rows)
    return tmp_path / "base", tmp_path / "better"


def test_tables_and_words(runs: tuple[Path, Path]) -> None:
    done = medreason("compare", *runs, COLUMNS="120")
    assert done.returncode == 0, done.stderr
    for words in ("2 runs on the same questions: base, better. 180 questions of 2 sets: medqa, own.", "unreadable",
                  "better is better than base by", "p < 0.001 after correction", "mean of the tasks", "no statement",
                  "a wrong option suggested", "can show"):  # fmt: skip
        assert words in " ".join(done.stdout.split()), words


@pytest.mark.parametrize("columns", ["80", "120"])
def test_tables_fit_the_terminal(runs: tuple[Path, Path], columns: str) -> None:
    done = medreason("compare", *runs, "--published", "MedReason-8B", COLUMNS=columns)
    assert done.returncode == 0, done.stderr
    assert max(len(line.rstrip()) for line in done.stdout.splitlines()) <= int(columns)
    assert "outside" in done.stdout


def test_the_json_says_who_is_better_and_by_how_much(runs: tuple[Path, Path]) -> None:
    done = medreason("compare", *runs, "--json", "--seed", 4)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["runs"], found["seed"]) == (["base", "better"], 4)
    pooled = next(c for c in found["contrasts"] if c["scope"] == "pooled")
    assert pooled["shown"]
    assert pooled["difference"]["low"] > 0.1
    assert pooled["bootstrap"]["low"] == pytest.approx(pooled["difference"]["low"], abs=0.03)
    assert pooled["only_second"] > pooled["only_first"]
    assert found["changed"]["better"][0]["condition"] == "hinted"
    assert medreason("compare", *runs, "--json", "--seed", 4).stdout == done.stdout
    turned = json.loads(medreason("compare", *reversed(runs), "--json").stdout)
    back = next(c for c in turned["contrasts"] if c["scope"] == "pooled")
    assert back["difference"]["value"] == pytest.approx(-pooled["difference"]["value"], abs=1e-6)


def test_the_report_is_written_in_three_forms(runs: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "new" / "report"
    done = medreason("compare", *runs, "--out", out, "--names", "alt,neu", "--published", "neu=medreason-8b")
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in out.iterdir()) == ["comparison.html", "comparison.json", "comparison.md"]
    for name in ("comparison.html", "comparison.md"):
        text = (out / name).read_text(encoding="utf-8")
        assert "neu is better than alt" in text
        assert "71.8 %" in text
    assert json.loads((out / "comparison.json").read_text(encoding="utf-8"))["published"][0]["run"] == "neu"


def test_what_only_one_has(runs: tuple[Path, Path], tmp_path: Path) -> None:
    write_rows(tmp_path / "less", drawn("medqa", 100, 0.5, seed=9)[:90])
    done = medreason("compare", runs[0], tmp_path / "less", COLUMNS="120")
    # The 120 questions of the one and the 90 of the other have golds that fit: the keys go round by number.
    assert done.returncode == 0, done.stderr
    assert "less lacks 30 of medqa: q100, q101, q102, q103, q104 and 25 more" in done.stdout
    assert "less lacks the task own (60 questions)" in done.stdout
    strict = medreason("compare", runs[0], tmp_path / "less", "--strict")
    assert strict.returncode == 3
    assert "did not answer the same questions" in strict.stderr


def test_clean_questions_by_the_report_of_contamination(tmp_path: Path) -> None:
    rows = [{"id": f"q{n}", "question": stem, "options": options(n), "answer_idx": "A"} for n, stem in enumerate(STEMS)]
    exam, training = tmp_path / "exam.jsonl", tmp_path / "training.jsonl"
    exam.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    training.write_text("".join(json.dumps({**r, "id": f"t{r['id']}"}) + "\n" for r in rows[1:3]), encoding="utf-8")
    told = medreason("contamination", exam, "--against", training, "--json")
    assert told.returncode == 0, told.stderr
    report = tmp_path / "found.json"
    report.write_text(told.stdout, encoding="utf-8")
    write_rows(tmp_path / "a", answers("exam", "AAABBB"))
    write_rows(tmp_path / "b", answers("exam", "ABBAAA"))
    done = medreason("compare", tmp_path / "a", tmp_path / "b", "--contamination", f"exam={report}", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    asked = {s["subset"]: s["questions"] for s in found["scopes"]}
    assert asked == {"full": 6, "clean": 4}
    values = {c["subset"]: c["difference"]["value"] for c in found["contrasts"]}
    assert values == pytest.approx({"full": 1 / 6, "clean": 0.75}, abs=1e-6)
    shown = medreason("compare", tmp_path / "a", tmp_path / "b", "--contamination", report, COLUMNS="120")
    assert "Clean: exam 4 of 6." in shown.stdout


def test_steps_are_checked_against_a_graph(runs: tuple[Path, Path], hpo_dir: Path) -> None:
    text = "1. Marfan syndrome is associated with ectopia lentis.\n2. Nothing is said here."
    row = {"task": "medqa", "id": "q0", "sample": 0, "output": text}
    (runs[1] / "outputs.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    done = medreason("compare", *runs, "--kg", hpo_dir, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["grounded"]
    assert list(found) == ["better"]
    assert found["better"]["steps"] == {"contradicted": 0, "unsupported": 0, "grounded": 1, "silent": 1}
    (runs[1] / "outputs.jsonl").unlink()
    assert "no run has an outputs.jsonl" in medreason("compare", *runs, "--kg", hpo_dir).stderr


def test_one_run_alone(runs: tuple[Path, Path]) -> None:
    done = medreason("compare", runs[0], COLUMNS="100")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("One run: base. 180 questions")
    assert "minus" not in done.stdout


def test_names_from_data_cannot_steer_the_terminal(tmp_path: Path) -> None:
    rows = [Row("t[bold]\x1b[31m", "q", 4, "A", "A"), Row("u", "q", 4, "A", None, why="\x1b[2J[red]odd")]
    for name in ("a", "b"):
        write_rows(tmp_path / name, rows)
    done = medreason("compare", tmp_path / "a", tmp_path / "b", COLUMNS="120")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert "t[bold]" in done.stdout
    assert "[red]odd" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--names", "one"], 2, "--names gives 1 names for 2 runs"),
        (["--published", "GPT-9"], 2, "no numbers are published for the model 'GPT-9'"),
        (["--published", "x=MedReason-8B"], 2, "there is no run 'x'"),
        (["--contamination", "report.json"], 2, "--contamination names no task"),
        (["--contamination", "other=report.json"], 2, "there is no task 'other'"),
        (["--contamination", "own=none.json"], 3, "cannot be read as JSON"),
        (["--contamination", "own=list.json"], 3, "no contamination report"),
        (["--contamination", "own=few.json"], 3, "are not those of own"),
        (["--contamination", "own=others.json"], 3, "are not those of own"),
        (["--kg", "none"], 3, "none"),
        (["--out", "few.json"], 3, "cannot be written"),
    ],
)
def test_wrong_calls_say_what_to_do(
    runs: tuple[Path, Path], tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    (tmp_path / "few.json").write_text('{"items": 3, "found": []}', encoding="utf-8")
    others = {"items": 60, "found": [{"id": "z1", "verdict": "refuse"}]}
    (tmp_path / "others.json").write_text(json.dumps(others), encoding="utf-8")
    done = medreason("compare", *runs, *arguments, cwd=tmp_path)
    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "what to do:" in done.stderr


def test_bad_runs(runs: tuple[Path, Path], tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"task": "t"}\n', encoding="utf-8")
    assert "bad.jsonl:1: the field key is missing" in medreason("compare", runs[0], bad).stderr
    assert "no such file or folder" in medreason("compare", runs[0], tmp_path / "none").stderr
    assert "two runs have one name" in medreason("compare", runs[0], runs[0]).stderr
