"""``medreason synth`` from the command line: files, the table, the refusals; and ``verify`` on what it made."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from medreason.cli import app
from medreason.dataset.write import SCHEMA
from medreason.errors import GraphError, RunFolderError, UsageError

RUN = CliRunner()


def synth(hpo_dir: Path, out: Path, *more: str) -> list[str]:
    return ["synth", "--kg", str(hpo_dir), "--n", "60", "--seed", "4", "--out", str(out), "--workers", "1", *more]


@pytest.fixture(scope="module")
def folder(hpo_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("synth") / "out"
    result = RUN.invoke(app, synth(hpo_dir, out), catch_exceptions=False)
    assert result.exit_code == 0
    assert "60 questions from graph hpo" in result.output
    assert "no clinical validation" in result.output
    return out


def test_verify_accepts_the_whole_output(folder: Path, hpo_dir: Path) -> None:
    result = RUN.invoke(app, ["verify", str(folder), "--kg", str(hpo_dir), "--json"], catch_exceptions=False)
    report = json.loads(result.output)
    assert report["holds"]
    assert report["records"] == 60


def test_the_files_agree(folder: Path) -> None:
    lines = [json.loads(line) for line in (folder / "dataset.jsonl").open(encoding="utf-8")]
    table = pl.read_parquet(folder / "dataset.parquet")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert table.schema == pl.Schema(SCHEMA)
    assert table["id"].to_list() == [line["id"] for line in lines]
    assert manifest["made"] == len(lines) == 60
    assert manifest["synthetic"] is True
    assert sum(manifest["letters"].values()) == 60
    assert not any("time" in key or "date" in key for key in manifest)


def test_the_same_command_writes_the_same_bytes(folder: Path, hpo_dir: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    result = RUN.invoke(app, synth(hpo_dir, again, "--json"), catch_exceptions=False)
    assert json.loads(result.output)["made"] == 60
    for name in ("dataset.jsonl", "dataset.parquet", "manifest.json"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_a_folder_with_something_in_it_is_left_alone(folder: Path, hpo_dir: Path) -> None:
    before = (folder / "dataset.jsonl").read_bytes()
    with pytest.raises(RunFolderError, match="something already"):
        RUN.invoke(app, synth(hpo_dir, folder), catch_exceptions=False)
    assert (folder / "dataset.jsonl").read_bytes() == before


def test_bad_input_is_one_clear_error(hpo_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="riddle is no kind"):
        RUN.invoke(app, synth(hpo_dir, tmp_path / "a", "--kinds", "riddle"), catch_exceptions=False)
    with pytest.raises(GraphError, match="not a complete graph"):
        RUN.invoke(app, synth(tmp_path, tmp_path / "b"), catch_exceptions=False)
    assert not (tmp_path / "a").exists()
