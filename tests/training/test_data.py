"""What training reads of an export: its rows as they are, its hash, and every way in which it can be the wrong one."""

import json
import shutil
from pathlib import Path

import pytest

from medreason.dataset.export import Options, export
from medreason.dataset.export.files import data_sha256, digests
from medreason.errors import InputError, MedReasonError, UsageError
from medreason.training.data import load_data
from tests.training import small


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small.sft_export(tmp_path / "data")


def refused(folder: Path, method: str = "sft", **options: str) -> MedReasonError:
    with pytest.raises(MedReasonError) as caught:
        load_data(folder, method, **options)  # type: ignore[arg-type]
    assert "\n" not in caught.value.cause and caught.value.fix
    return caught.value


@pytest.mark.parametrize("shape", ["messages", "prompt-completion"])
def test_rows_are_read_in_either_shape(shape: str, tmp_path: Path) -> None:
    small.sft_export(tmp_path / "data")
    export(tmp_path / "data.jsonl", tmp_path / "again", Options("sft", shape=shape, shares=(0.7, 0.3)))  # type: ignore[arg-type]
    data = load_data(tmp_path / "again", "sft")
    assert {name: len(rows) for name, rows in data.splits.items()} == {"train": 8, "validation": 4}
    first = data.splits["train"][0]
    assert first.id == "r0" and first.prompt[0]["role"] == "user" and first.prompt[0]["content"].startswith("What has")
    assert first.replies[0].startswith("## Thinking") and first.replies[0].endswith("A. Malady 0")
    assert data.splits == load_data(tmp_path / "data", "sft").splits


def test_the_hash_is_of_all_files_and_as_the_export_says(folder: Path) -> None:
    data, told = load_data(folder, "sft"), json.loads((folder / "export.json").read_text(encoding="utf-8"))
    files = {p.relative_to(folder).as_posix(): None for p in sorted((folder / "data").iterdir())}
    assert told["files_sha256"] == digests(folder, files) and len(files) == 2
    assert data.sha256 == told["data_sha256"] == data_sha256(told["files_sha256"])
    assert load_data(folder, "sft", sha256=data.sha256).sha256 == data.sha256


def test_other_rows_than_the_recipe_means_are_refused(folder: Path) -> None:
    assert "other rows than the recipe's data_sha256" in refused(folder, sha256="0" * 64).cause


def test_a_file_changed_after_the_export_is_refused_by_name(folder: Path) -> None:
    files = sorted((folder / "data").iterdir())
    shutil.copy(files[0], files[1])
    error = refused(folder)
    assert isinstance(error, InputError) and error.cause.startswith(
        f"data/{files[1].name} is not what the export wrote"
    )


def test_a_missing_file_and_a_torn_one_are_refused(folder: Path) -> None:
    file = sorted((folder / "data").iterdir())[0]
    told = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    (folder / "export.json").write_text(json.dumps({**told, "files_sha256": {}}), encoding="utf-8")
    file.write_bytes(file.read_bytes()[:100])
    assert refused(folder).item == f"data/{file.name}"
    file.unlink()
    assert "cannot be read (No such file" in refused(folder).cause


def test_what_is_no_export_is_refused(tmp_path: Path) -> None:
    assert "is no export" in refused(tmp_path / "nowhere").cause
    for text in ("{", "[]", '{"format": "sft", "splits": {"train": 3}}'):
        (tmp_path / "export.json").write_text(text, encoding="utf-8")
        assert "is no export" in refused(tmp_path).cause


def test_another_format_is_refused(folder: Path, tmp_path: Path) -> None:
    error = refused(folder, "dpo")
    assert (
        isinstance(error, UsageError)
        and error.cause == "the data are an export of format sft, and the recipe trains dpo"
    )
    export(tmp_path / "data.jsonl", tmp_path / "hf", Options("hf"))
    assert "format hf" in refused(tmp_path / "hf").cause


def test_nothing_to_train_on_is_refused(tmp_path: Path) -> None:
    small.sft_export(tmp_path / "data", shares=(0.0, 0.0, 1.0))
    assert "no rows to train on (splits: test)" in refused(tmp_path / "data").cause
