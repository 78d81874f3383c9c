"""Every command and the library example of the README are run as they stand there."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runs import command

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, hpo_dir: Path) -> Path:
    """An empty folder with the README's question in it."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "question.json").write_text(blocks("json")[0], encoding="utf-8")
    (folder / "questions.jsonl").write_text(blocks("json")[0], encoding="utf-8")
    return folder


def test_the_commands_run_as_written(place: Path) -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith(".venv/bin/medreason")]
    assert len(lines) >= 7
    for line in lines:
        words = shlex.split(line.split("#")[0])[1:]
        done = subprocess.run(command(*words), cwd=place, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, (line, done.stderr)
        assert done.stdout.strip(), line
    assert (place / "runs/first/report.html").is_file()
    summary = json.loads((place / "runs/first/manifest.json").read_text())["summary"]
    assert summary["items"] == 1


def test_the_library_example_runs(place: Path) -> None:
    (code,) = blocks("python")
    done = subprocess.run([sys.executable, "-c", code], cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "observed arachnodactyly → Arachnodactyly" in done.stdout
    assert "excluded seizures → Seizure" in done.stdout
    assert re.search(r"^A \d+\.\d+ True$", done.stdout, flags=re.MULTILINE)


def test_the_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", README, flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_demo_runs_as_written(tmp_path: Path, hpo_dir: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "hpo").symlink_to(hpo_dir)
    done = subprocess.run(
        command("demo"), capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "MEDREASON_CACHE": str(cache)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "One chain in full" in done.stdout
    assert "Citations" in done.stdout
    assert "every step holds" in done.stdout
    assert "Not medical advice" in done.stdout
    assert (cache / "demo-run" / "report.html").is_file()


def test_the_chain_shown_is_the_one_the_demo_writes(hpo_dir: Path, tmp_path: Path) -> None:
    from medreason.config import RunConfig
    from medreason.engine import run

    vignettes = ROOT / "src" / "medreason" / "data" / "vignettes.jsonl"
    run(RunConfig(questions=vignettes, source="jsonl", kg=hpo_dir, out=tmp_path / "run", limit=10))
    rows = [json.loads(line) for line in (tmp_path / "run" / "dataset.jsonl").open(encoding="utf-8")]
    record = next(r for r in rows if r["id"] == "mr-0006")
    for step in record["steps"][1:]:
        assert f"> {step['n']}\\. {step['text']}" in README
    cited = set(re.findall(r"`(E[0-9a-f]{16})`", README))
    assert cited
    assert cited <= {e for s in record["steps"] for e in s["edges"]}
