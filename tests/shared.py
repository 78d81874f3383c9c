"""Where the shared measurement files lie: beside the repository, never in it."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
CASES = "cases/phenopackets-dev.jsonl.gz"


def shared_file(name: str) -> Path:
    """The path of a shared file; skips the calling test where it is not there."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"shared/data/{name} is not beside this checkout")
    return path
