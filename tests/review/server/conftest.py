"""A small study with two reviewers, an adjudicator and a coordinator."""

from pathlib import Path

import pytest

from tests.review.server.made import Made, make


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make(tmp_path, items=4)
