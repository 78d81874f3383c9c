"""``medreason export`` from a run folder to a folder for training, its card, and every wrong word."""

import json
from pathlib import Path

import pytest
import yaml

from medreason.config import RunConfig
from medreason.engine import run
from medreason.records import Record, to_json
from tests.dataset.small import record
from tests.runs import medreason

VIGNETTES = Path(__file__).parents[2] / "src" / "medreason" / "data" / "vignettes.jsonl"


@pytest.fixture(scope="module")
def offline(hpo_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export") / "run"
    run(RunConfig(questions=VIGNETTES, source="jsonl", kg=hpo_dir, out=out))
    return out


def written(path: Path, *records: Record) -> Path:
    path.write_text("".join(to_json(r) + "\n" for r in records), encoding="utf-8")
    return path


def test_a_run_becomes_a_folder_with_a_card(offline: Path, hpo_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = medreason("export", offline, "--format", "dpo", "--kg", hpo_dir, "--out", out, "--licence", "jsonl=CC0 1.0")
    assert done.returncode == 0, done.stderr
    assert "Rejected chains" in done.stdout and "no licence is stated" not in done.stdout
    assert {p.name for p in out.iterdir()} == {"README.md", "data", "dropped.jsonl", "export.json"}
    told = json.loads((out / "export.json").read_text(encoding="utf-8"))
    text = (out / "README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(text.split("---\n")[1])
    for one in head["configs"][0]["data_files"]:
        assert all((out / name).is_file() for name in one["path"])
    assert {one["split"] for one in head["configs"][0]["data_files"]} == set(told["splits"])
    assert head["license"] == "other" and head["size_categories"] == ["n<1K"]
    assert "| jsonl | " in text and "CC0 1.0" in text and "Not medical advice" in text
    assert f"| rows | {told['rows']} |" in text and told["graphs"][0]["sha256"] in text
    assert "Not checked." in text and "arXiv:2504.00993" in text and "clinician_reviewed` is false" in text


def test_json_is_what_export_json_holds(offline: Path, tmp_path: Path) -> None:
    done = medreason("export", offline, "--format", "sft", "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((tmp_path / "out" / "export.json").read_text(encoding="utf-8"))


def test_a_synthetic_folder_says_that_it_is_one(hpo_dir: Path, tmp_path: Path) -> None:
    done = medreason("synth", "--kg", hpo_dir, "--n", 40, "--out", tmp_path / "syn")
    assert done.returncode == 0, done.stderr
    done = medreason("export", tmp_path / "syn", "--format", "hf", "--kg", hpo_dir, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "| synthetic | 40 | HPO licence" in text and "yes, from the graph" in text
    assert "All questions were made from the graph by a program." in text
    assert "synthetic" in yaml.safe_load(text.split("---\n")[1])["tags"]


def test_text_of_the_data_makes_no_markup_on_the_card_or_terminal(tmp_path: Path) -> None:
    evil = "bad | <script>alert(1)</script>\n# head [x](http://y) \x1b[31m"
    data = written(tmp_path / "dataset.jsonl", record(source=evil, licence=evil, teacher=evil))
    done = medreason("export", data, "--format", "hf", "--splits", "1", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    body = text.split("---\n", 2)[2]
    assert "<script" not in body and "[x](" not in body and "\n# head" not in body
    assert "\x1b[31m" not in done.stdout and "\x1b" not in text
    assert yaml.safe_load(text.split("---\n")[1])["language"] == ["en"]


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["--format", "sft", "--splits", "0.5,0.1"], "are no splits", 2),
        (["--format", "sft", "--licence", "jsonl"], "names no source", 2),
        (["--format", "sft", "--max-tokens", "100"], "nothing to count", 2),
        (["--format", "sft", "--tokenizer", "nowhere"], "no such tokenizer", 3),
        (["--format", "hf", "--contamination", "nowhere"], "cannot be read", 3),
        (["--format", "dpo"], "no rejected chain", 2),
        (["--format", "rl", "--no-citations"], "read citations", 2),
        (["--format", "hf", "--kg", "nowhere"], "what to do", 3),
        (["--format", "csv"], "csv", 2),
    ],
)
def test_what_cannot_be_is_one_clear_error(arguments: list[str], words: str, code: int, tmp_path: Path) -> None:
    data = written(tmp_path / "dataset.jsonl", record())
    done = medreason("export", data, "--out", tmp_path / "out", *arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert words in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_run_is_an_error(tmp_path: Path) -> None:
    done = medreason("export", tmp_path, "--format", "hf", "--out", tmp_path / "out")
    assert done.returncode == 3 and "Traceback" not in done.stderr and "what to do" in done.stderr


@pytest.mark.parametrize("columns", ["80", "120"])
def test_the_tables_fit_the_terminal(columns: str, offline: Path, tmp_path: Path) -> None:
    done = medreason("export", offline, "--format", "sft", "--out", tmp_path / "out", COLUMNS=columns)
    assert done.returncode == 0, done.stderr
    assert max(len(line) for line in done.stdout.splitlines() if "─" in line) <= int(columns)
