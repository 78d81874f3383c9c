"""Without the libraries the command says what to install."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from medreason.cli import app
from medreason.errors import UsageError
from medreason.training.tiny import study


def test_without_torch_the_error_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "find_spec", lambda name: None if name == "torch" else object())
    arguments = ["train", "tiny", "--kg", str(tmp_path), "--out", str(tmp_path / "x"), "--quick"]
    with pytest.raises(UsageError, match="needs torch") as caught:
        CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert "medreason[train]" in caught.value.fix
    assert not (tmp_path / "x").exists()
