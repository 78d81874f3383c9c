"""Poisoned items, damaged folders and markup: one clear word each, nothing lost, no traceback."""

import json
import shutil
from pathlib import Path

import pytest

from tests.runs import medreason

GOOD = {
    "question": "A tall man has arachnodactyly, ectopia lentis and aortic root aneurysm. Which disorder?",
    "options": {"A": "Marfan syndrome", "B": "Cystic fibrosis"},
    "answer_key": "A",
}


@pytest.fixture
def finished(hpo_dir: Path, tmp_path: Path) -> tuple[Path, list[object]]:
    (tmp_path / "q.jsonl").write_text(json.dumps({"id": "a", **GOOD}) + "\n")
    arguments = ["run", "--questions", tmp_path / "q.jsonl", "--source", "jsonl", "--kg", hpo_dir, "--out",
                 tmp_path / "run"]  # fmt: skip
    assert medreason(*arguments).returncode == 0
    return tmp_path / "run", arguments


def test_poisoned_lines_cost_only_themselves(hpo_dir: Path, tmp_path: Path) -> None:
    good = json.dumps({"id": "a", **GOOD})
    lines = [
        good,
        '{"id": "big", "n": ' + "9" * 5000 + "}",
        '{"id": "deep", "n": ' + "[" * 200_000 + "]" * 200_000 + "}",
        '{"id": "half \\ud800"}',
        json.dumps({"id": "twice", **GOOD, "options": {"A": "Marfan syndrome", "B": "Marfan syndrome "}}),
        json.dumps({"id": "b", **GOOD, "answer_key": None}),
    ]
    (tmp_path / "q.jsonl").write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    done = medreason("run", "--questions", tmp_path / "q.jsonl", "--source", "jsonl", "--kg", hpo_dir,
                     "--out", tmp_path / "run", "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["items"] == 6
    assert summary["kept"] == 1
    assert summary["rejected"] == {"accept/no_answer_key": 1, "question/malformed": 1, "read/malformed": 3}


def test_folders_named_like_files_and_broken_links_are_passed_over(hpo_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "x.json").mkdir(parents=True)
    (folder / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    (folder / "q.jsonl").write_text(json.dumps({"id": "a", **GOOD}))
    done = medreason("run", "--questions", folder, "--source", "jsonl", "--kg", hpo_dir, "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b""])
def test_a_damaged_journal_is_named(hpo_dir: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "q.jsonl").write_text(json.dumps({"id": "a", **GOOD}))
    out = tmp_path / "run"
    out.mkdir()
    (out / "work.sqlite").write_bytes(content)
    done = medreason("run", "--questions", tmp_path / "q.jsonl", "--source", "jsonl", "--kg", hpo_dir, "--out", out)
    assert "Traceback" not in done.stderr
    assert done.returncode == (3 if content else 0)
    if content:
        assert "damaged" in done.stderr


def test_a_finished_run_that_lost_a_file_is_not_called_whole(finished: tuple[Path, list[object]]) -> None:
    folder, arguments = finished
    (folder / "dataset.jsonl").unlink()
    done = medreason(*arguments)
    assert done.returncode == 3
    assert "finished run without dataset.jsonl" in done.stderr


@pytest.mark.parametrize("manifest", ['{"identity": []}', "[]", '{"identity": {}}', "{"])
def test_a_strange_manifest_is_refused(finished: tuple[Path, list[object]], manifest: str) -> None:
    folder, arguments = finished
    (folder / "manifest.json").write_text(manifest)
    done = medreason(*arguments)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_markup_and_control_characters_are_shown_literally(hpo_dir: Path, tmp_path: Path) -> None:
    asked = {**GOOD, "options": {"A": "Marfan syndrome", "B": "[/b] <script>x</script> \x1b[31mred"}}
    done = medreason("explain", "-", "--kg", hpo_dir, stdin=json.dumps(asked), COLUMNS="200")
    assert done.returncode == 0, done.stderr
    assert "[/b] <script>" in done.stdout
    assert "\x1b[31m" not in done.stdout
    (tmp_path / "q.jsonl").write_text(json.dumps({"id": "<b>[red]", **asked}))
    out = tmp_path / "out [red]"
    run = medreason("run", "--questions", tmp_path / "q.jsonl", "--source", "jsonl", "--kg", hpo_dir, "--out", out)
    assert run.returncode == 0, run.stderr
    assert "out [red]" in run.stdout
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<script>x" not in page
    assert "&lt;script&gt;" in page


def test_an_infinite_margin_is_refused(hpo_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text(json.dumps({"id": "a", **GOOD}))
    done = medreason("run", "--questions", tmp_path / "q.jsonl", "--source", "jsonl", "--kg", hpo_dir,
                     "--out", tmp_path / "run", "--margin", "inf")  # fmt: skip
    assert done.returncode == 2
    assert "margin" in done.stderr


def test_a_copied_graph_with_a_file_cut_short_is_refused(hpo_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(hpo_dir, tmp_path / "kg")
    victim = next((tmp_path / "kg").glob("edge.head*"))
    victim.write_bytes(victim.read_bytes()[:-8])
    done = medreason("explain", "-", "--kg", tmp_path / "kg", stdin=json.dumps(GOOD))
    assert done.returncode == 3
    assert victim.name in done.stderr
