"""What goes wrong is said in one line before any step; what a full disk interrupts goes on later and ends alike."""

import errno
import hashlib
import importlib.util
import json
import os
import resource
import shutil
import subprocess
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from medreason.errors import InputError, MedReasonError, RunFolderError, UsageError
from medreason.training import train_dpo, train_sft
from medreason.training.checks import drop_broken, need_bytes, whole_checkpoints
from tests.runs import command
from tests.training import small

pytest.importorskip("trl", reason="the extra train is not installed (make test-train)")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("errors")
    small.sft_export(base / "data")
    small.model_folder(base / "model")
    return base


def refused(made: Path, out: Path, train: Any = train_sft, **changes: Any) -> MedReasonError:
    """The error of a training that must end before its first step and leave nothing behind."""
    there = sorted(out.rglob("*"))
    with pytest.raises(MedReasonError) as caught:
        train(small.recipe(made, **{"out": out, **changes}), progress=lambda *_: pytest.fail("a step was made"))
    assert "\n" not in caught.value.cause and caught.value.fix
    assert [p for p in sorted(out.rglob("*")) if p.is_file()] == [p for p in there if p.is_file()]
    return caught.value


# -- before any step ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["torch", "trl", "tensorboard"])
def test_a_missing_package_is_named_with_its_cure(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else found(name))
    error = refused(made, tmp_path / "out")
    assert isinstance(error, UsageError)
    assert error.cause == f"training needs the package {package}, which is not installed"
    assert error.fix == "pip install 'medreason[train]'"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"log_to": ["trackio"]}, "the package trackio"),
        ({"lora": {"quantize": "4bit"}}, "the package bitsandbytes|4-bit weights need a GPU"),
        ({"attention": "flash_attention_2"}, "the package flash_attn|flash_attention_2 needs a GPU"),
        ({"batch": {"devices": 8}}, "the recipe is for 8 devices, and 1 run"),
        ({"method": "dpo"}, "the recipe is for dpo"),
        ({"data_sha256": "0" * 64}, "other rows than the recipe"),
    ],
)
def test_what_the_recipe_asks_for_and_cannot_have(
    made: Path, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    import re

    assert re.search(words, refused(made, tmp_path / "out", **changes).cause)


def test_an_export_of_conversations_is_no_preference_data(made: Path, tmp_path: Path) -> None:
    error = refused(made, tmp_path / "out", train_dpo, method="dpo")
    assert "an export of format sft, and the recipe trains dpo" in error.cause


def test_a_model_without_template_and_one_that_is_none(made: Path, tmp_path: Path) -> None:
    small.model_folder(tmp_path / "bare", template="")
    error = refused(made, tmp_path / "out", model=str(tmp_path / "bare"))
    assert error.cause == "the model has no chat template"
    (tmp_path / "chat.jinja").write_text(small.TEMPLATES["llama3"], encoding="utf-8")
    mended = small.recipe(
        made, out=tmp_path / "mended", model=str(tmp_path / "bare"), chat_template=tmp_path / "chat.jinja",
        optimizer={"max_steps": 1},
    )  # fmt: skip
    assert (train_sft(mended).last / "chat_template.jinja").read_text(encoding="utf-8") == small.TEMPLATES["llama3"]
    assert refused(made, tmp_path / "out", chat_template=tmp_path / "none.jinja").item == "none.jinja"
    (tmp_path / "empty").mkdir()
    error = refused(made, tmp_path / "out", model=str(tmp_path / "empty"))
    assert isinstance(error, InputError) and error.cause.startswith("the tokenizer cannot be opened")
    small.tokenizer().save_pretrained(tmp_path / "empty")
    assert refused(made, tmp_path / "out", model=str(tmp_path / "empty")).cause.startswith("the model cannot be opened")


def test_a_row_that_is_too_long_is_named_or_left_out_and_never_cut(made: Path, tmp_path: Path) -> None:
    probe = train_sft(small.recipe(made, out=tmp_path / "all", optimizer={"max_steps": 1}))
    longest = probe.told["max_length"]
    error = refused(made, tmp_path / "out", max_length=longest - 1)
    assert isinstance(error, InputError) and error.item.startswith("r")
    assert (
        f"has {longest:,} tokens, and max_length is {longest - 1:,}" in error.cause and "nothing is cut" in error.cause
    )
    told = small.recipe(
        made, out=tmp_path / "short", max_length=longest - 1, drop_long=True, optimizer={"max_steps": 1}
    )
    left = train_sft(told).told
    assert left["dropped"] and all(one["tokens"] == longest for one in left["dropped"])
    assert sum(left["rows"].values()) + len(left["dropped"]) == 12
    assert train_sft(small.recipe(made, out=tmp_path / "fits", max_length=longest, optimizer={"max_steps": 1}))
    error = refused(made, tmp_path / "out", max_length=10, drop_long=True)
    assert "every row to train on is longer" in error.cause


def test_a_folder_of_something_else_is_not_touched(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "letter.txt").write_text("mine", encoding="utf-8")
    error = refused(made, out)
    assert isinstance(error, RunFolderError) and "is not empty and holds no training" in error.cause
    assert [p.name for p in out.iterdir()] == ["letter.txt"]


def test_a_folder_of_another_recipe_other_data_or_another_model_is_refused(made: Path, tmp_path: Path) -> None:
    out, short = tmp_path / "out", {"max_steps": 1}
    train_sft(small.recipe(made, out=out, optimizer=short))
    small.sft_export(tmp_path / "other", n=9)
    shutil.copytree(made / "model", tmp_path / "model")
    small.model_folder(tmp_path / "model", seed=5)
    for changes, what in (
        ({"seed": 3}, "recipe"), ({"data": tmp_path / "other"}, "data"), ({"model": str(tmp_path / "model")}, "model"),
    ):  # fmt: skip
        with pytest.raises(RunFolderError, match=f"holds the training of another {what}"):
            train_sft(small.recipe(made, **{"out": out, "optimizer": short, **changes}))
    (out / "train.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunFolderError, match=r"train.json cannot be read"):
        train_sft(small.recipe(made, out=out, optimizer=short))


# -- the disk ----------------------------------------------------------------------------------------------


def test_room_is_looked_for_before_the_first_step(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 1000))
        error = refused(made, tmp_path / "out")
    assert isinstance(error, RunFolderError) and "the checkpoints need 0.0 GB, and 0.0 GB are free" in error.cause
    # Eight thousand million weights, all trained, two checkpoints and a third while it is written: 288 GB.
    assert need_bytes(8 * 10**9, 8 * 10**9, 4, 2) == 288 * 10**9
    assert train_sft(small.recipe(made, out=tmp_path / "out", optimizer={"max_steps": 1})).told["steps"] == 1


def test_a_disk_that_fills_loses_nothing(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    whole = train_sft(small.recipe(made, out=tmp_path / "whole"))
    recipe, save, calls = small.recipe(made, out=tmp_path / "out"), torch.save, []

    def full(*arguments: Any, **options: Any) -> None:
        calls.append(1)
        if len(calls) > 5:  # in the middle of the second checkpoint
            raise OSError(errno.ENOSPC, "No space left on device")
        save(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full)
        with pytest.raises(RunFolderError) as caught:
            train_sft(recipe)
    assert caught.value.cause == "checkpoint-4 could not be written: the disk is full"
    assert "the same command: it goes on" in caught.value.fix
    assert [p.name for p in (tmp_path / "out" / "checkpoints").iterdir()] == ["checkpoint-2"]
    done = train_sft(recipe)
    assert done.told["sessions"][1]["from_step"] == 2
    digests = [hashlib.sha256((d.last / "model.safetensors").read_bytes()).hexdigest() for d in (done, whole)]
    assert digests[0] == digests[1]


def test_files_that_cannot_be_written_are_one_error_of_the_command(made: Path, tmp_path: Path) -> None:
    """Not simulated: the system refuses every file beyond 60,000 bytes, which the weights are."""
    file = tmp_path / "r.yaml"
    file.write_text(
        f"name: small\nmodel: {made / 'model'}\ndata: {made / 'data'}\nout: {tmp_path / 'out'}\nprecision: fp32\n"
        "optimizer: {max_steps: 4}\nsave: {every: 2}\nbatch: {accumulate: 1}\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        command("train", "sft", file), capture_output=True, text=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),
    )  # fmt: skip
    assert done.returncode == 3 and "Traceback" not in done.stderr
    assert "checkpoint-2 could not be written" in done.stderr and done.stderr.count("\n") == 2
    assert not list((tmp_path / "out" / "checkpoints").iterdir())
    assert json.loads((tmp_path / "out" / "train.json").read_text(encoding="utf-8"))["status"] == "running"


def test_only_checkpoints_written_to_the_end_count(tmp_path: Path) -> None:
    for step, text in ((2, "{}"), (10, "{}"), (4, '{"a": '), (6, None)):
        folder = tmp_path / "checkpoints" / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        if text is not None:
            (folder / "trainer_state.json").write_text(text, encoding="utf-8")
    assert [p.name for p in whole_checkpoints(tmp_path)] == ["checkpoint-2", "checkpoint-10"]
    drop_broken(tmp_path)
    assert {p.name for p in (tmp_path / "checkpoints").iterdir()} == {"checkpoint-2", "checkpoint-10"}


# -- quiet -------------------------------------------------------------------------------------------------


def test_nothing_is_told_to_anyone(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import trl.trainer.base_trainer as theirs

    monkeypatch.setattr(theirs, "send_telemetry", lambda *_, **__: pytest.fail("telemetry was sent"))
    monkeypatch.delenv("HF_HUB_DISABLE_TELEMETRY", raising=False)
    monkeypatch.delenv("CI", raising=False)
    train_sft(small.recipe(made, out=tmp_path / "out", optimizer={"max_steps": 1}))
    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] == "1"
