"""``medreason judge calibrate`` from files to tables, JSON and queue."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from medreason.statistics import Confusion, true_share
from tests.runs import medreason

ROOT = Path(__file__).resolve().parents[2]


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


def rows(tp: int, fn: int, fp: int, tn: int) -> list[dict[str, Any]]:
    kinds = [(True, True)] * tp + [(True, False)] * fn + [(False, True)] * fp + [(False, False)] * tn
    return [
        {"id": f"q{i}", "human": human, "judge": judge, "source": f"s{i % 3}"} for i, (human, judge) in enumerate(kinds)
    ]


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    odd = [{"id": "tie", "human": [True, False], "judge": True, "source": "s0"}, {"id": "none", "human": True}]
    return written(tmp_path / "labels.jsonl", rows(90, 10, 20, 80) + odd)


@pytest.fixture
def verdicts(tmp_path: Path) -> Path:
    return written(tmp_path / "verdicts.jsonl", [{"id": f"v{i}", "judge": i < 620} for i in range(1000)])


def test_the_json_holds_everything(labels: Path, verdicts: Path) -> None:
    done = medreason("judge", "calibrate", labels, "--verdicts", verdicts, "--by", "source", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["confusion"] == {"tp": 90, "fn": 10, "fp": 20, "tn": 80}
    assert (found["items"], found["compared"], found["missing_ids"], found["tied_ids"]) == (202, 200, ["none"], ["tie"])
    assert found["sensitivity"] == {"value": 0.9, "low": 0.8256, "high": 0.9448, "n": 100}
    assert found["kappa"]["value"] == 0.7
    assert sum(g["items"] for g in found["by"]["source"].values()) == 202
    assert len(found["queue"]) == 31
    assert found["corrected"]["truly_good"]["value"] == 0.6
    assert found["corrected"]["truly_good"]["low"] < 0.6 < found["corrected"]["truly_good"]["high"]


@pytest.mark.parametrize("columns", ["80", "120"])
def test_the_tables_fit_and_say_what_counts(labels: Path, verdicts: Path, columns: str, tmp_path: Path) -> None:
    queue = tmp_path / "queue.jsonl"
    done = medreason(
        "judge", "calibrate", labels, "--verdicts", verdicts, "--by", "source", "--queue", queue, COLUMNS=columns
    )
    assert done.returncode == 0, done.stderr
    assert max(len(line) for line in done.stdout.splitlines() if "─" in line) <= int(columns)
    for words in ("200 compared, 1 without a verdict, 1 with tied raters", "90.0 % (82.6–94.5)", "4 subgroups",
                  "truly good, corrected for errors  60.0 %", "30 disagreements, 1 tie\n"):  # fmt: skip
        assert words in done.stdout
    assert json.loads(queue.read_text().splitlines()[0])["id"] == "tie"


def test_a_class_that_is_missing_is_said_and_shown_as_a_dash(tmp_path: Path) -> None:
    path = written(tmp_path / "l.jsonl", rows(9, 1, 0, 0))
    done = medreason("judge", "calibrate", path, "--verdicts", path)
    assert done.returncode == 0, done.stderr
    assert "the specificity cannot be estimated" in done.stdout
    assert "truly good: cannot be estimated" in done.stdout
    found = json.loads(medreason("judge", "calibrate", path, "--verdicts", path, "--json").stdout)
    assert found["specificity"]["value"] is None
    assert found["corrected"]["truly_good"]["value"] is None
    assert found["corrected"]["also_labelled"] == 10


def test_a_judge_at_chance_corrects_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "l.jsonl", rows(5, 5, 5, 5))
    done = medreason("judge", "calibrate", path, "--verdicts", path)
    assert "no better than chance" in done.stdout


@pytest.mark.parametrize(
    ("text", "words", "code"),
    [
        ('{"id": "a", "human": true, "judge": true}\n{"id"', "l.jsonl:2: this line is no JSON", 3),
        ('{"id": "a", "human": true}\n', "no line has both", 3),
        ("", "there is no line", 3),
    ],
)
def test_bad_files_end_with_one_message(tmp_path: Path, text: str, words: str, code: int) -> None:
    path = tmp_path / "l.jsonl"
    path.write_text(text)
    done = medreason("judge", "calibrate", path)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "what to do" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_field_and_a_queue_that_cannot_be_written(labels: Path, tmp_path: Path) -> None:
    done = medreason("judge", "calibrate", labels, "--by", "organ")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there are: source" in done.stderr
    done = medreason("judge", "calibrate", labels, "--queue", tmp_path / "no folder" / "q.jsonl")
    assert done.returncode == 3
    assert "cannot be written" in done.stderr


def test_what_data_say_does_not_steer_the_terminal(tmp_path: Path) -> None:
    path = written(tmp_path / "l.jsonl", [{**r, "source": "\x1b[31m[bold]red"} for r in rows(3, 1, 1, 3)])
    done = medreason("judge", "calibrate", path, "--by", "source")
    assert "\x1b" not in done.stdout
    assert "[bold]red" in done.stdout


def test_the_worked_example_of_the_docs(tmp_path: Path) -> None:
    """Every figure of the example in docs/judge.md, from its counts."""
    page = (ROOT / "docs" / "judge.md").read_text(encoding="utf-8")
    example = page.split("## A worked example")[1].split("\n## ")[0]
    (tp, fn), (fp, tn) = ((int(a), int(b)) for a, b in re.findall(r"\|\s*(\d+)\s*\|\s*(\d+)\s*\|\n", example))
    good, of = (int(n.replace(",", "")) for n in re.findall(r"calls ([\d,]+) of ([\d,]+) items", example)[0])
    path = written(tmp_path / "l.jsonl", rows(tp, fn, fp, tn))
    more = written(tmp_path / "v.jsonl", [{"id": f"v{i}", "judge": i < good} for i in range(of)])
    share = json.loads(medreason("judge", "calibrate", path, "--verdicts", more, "--json").stdout)
    truly = true_share(good, of, Confusion(tp, fn, fp, tn))
    assert share["corrected"]["truly_good"]["value"] == round(truly.value, 4)
    told = [f"{100 * e:.1f} %" for e in (truly.value, truly.low, truly.high)]
    told += [f"{100 * share['sensitivity']['value']:.1f} %", f"{100 * share['specificity']['value']:.1f} %"]
    told += [f"{100 * share['corrected']['called_good']['value']:.1f} %"]
    for figure in told:
        assert figure in example, figure
    widths = [
        true_share(good, of, Confusion(tp, fn, fp, tn)),
        true_share(good, of, Confusion(tp, fn, 2 * fp, 2 * tn)),
        true_share(2 * good, 2 * of, Confusion(tp, fn, fp, tn)),
    ]
    now, labelled, judged = (f"{100 * (e.high - e.low):.1f}" for e in widths)
    assert f"from {now} to {labelled} points" in example
    assert f"to {judged}." in example
