"""The other side of the comparison with FastHPOCR, with a stand-in for the package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from benchmarks.fasthpocr import FastHPOCR

STAND_IN = """
class Found:
    def __init__(self, uri):
        self.hpoUri = uri

class HPOAnnotator:
    def __init__(self, index):
        self.index = index

    def annotate(self, text):
        return [Found("HP:0001250"), Found("HP:0001250")] if "seizures" in text else []
"""


def test_ids_and_seconds_come_back_for_every_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("FastHPOCR", "FastHPOCR-0.0.dist-info"):
        (tmp_path / folder).mkdir()
    (tmp_path / "FastHPOCR/__init__.py").touch()
    (tmp_path / "FastHPOCR/HPOAnnotator.py").write_text(STAND_IN)
    (tmp_path / "FastHPOCR-0.0.dist-info/METADATA").write_text("Name: FastHPOCR\nVersion: 0.0\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with FastHPOCR(sys.executable, tmp_path / "hp.index", ["seizures …", "a\nline"]) as other:
        for _ in range(2):
            ids, seconds = other.annotate()
            assert ids == [{"HP:0001250"}, set()]
            assert seconds >= 0
    assert other.version == "0.0"


def test_a_missing_package_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="without an answer"):
        FastHPOCR(sys.executable, tmp_path / "hp.index", [])
    assert "No module named" in capfd.readouterr().err
