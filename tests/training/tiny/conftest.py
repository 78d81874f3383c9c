"""One table of the HPO graph for all tests of the miniature."""

from pathlib import Path

import pytest

from medreason.training.tiny.table import Table


@pytest.fixture(scope="session")
def table(hpo_dir: Path) -> Table:
    return Table(hpo_dir, 128)
