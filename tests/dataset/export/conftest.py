"""Runs to export: of the offline teacher, of authored chains, and of questions made from the graph."""

from pathlib import Path

import pytest

from medreason.cli._export_graph import ExportGraph
from medreason.config import RunConfig
from medreason.engine import run
from tests.runs import medreason

VIGNETTES = Path(__file__).parents[3] / "src" / "medreason" / "data" / "vignettes.jsonl"


@pytest.fixture(scope="session")
def knowledge(hpo_dir: Path) -> ExportGraph:
    return ExportGraph(hpo_dir)


@pytest.fixture(scope="session")
def offline_run(hpo_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("offline") / "run"
    run(RunConfig(questions=VIGNETTES, source="jsonl", kg=hpo_dir, out=out))
    return out


@pytest.fixture(scope="session")
def authored_run(hpo_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("authored")
    (base / "cache").mkdir()
    (base / "cache" / "hpo").symlink_to(hpo_dir)
    out = base / "run"
    done = medreason("demo", "--chains", "authored", "--out", out, "--json", MEDREASON_CACHE=str(base / "cache"))
    assert done.returncode == 0, done.stderr
    return out
