"""What is found out before the first step: packages, devices, room on the disk, whose folder it is."""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from medreason.errors import RunFolderError, UsageError
from medreason.training.recipe import Recipe

MANIFEST = "train.json"
CHECKPOINTS = "checkpoints"
STATE = "trainer_state.json"
_NEEDED = ("torch", "transformers", "trl", "accelerate", "datasets", "tensorboard")
# Bytes a parameter: weights as saved, and what AdamW keeps of a trained one (two moments).
_MOMENTS = 2
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Place(NamedTuple):
    """Where a training runs.

    Attributes:
        device: ``cuda`` or ``cpu``.
        name: Name of the GPU, or of the processor's kind.
        bf16: Computes in bfloat16; weights that are trained stay in 32 bits.
        attention: Implementation of attention.
        first: This process is the one that writes and prints.
    """

    device: str
    name: str
    bf16: bool
    attention: str
    first: bool


def require_packages(recipe: Recipe) -> None:
    """Refuses to begin without the packages that the recipe needs.

    Raises:
        UsageError: one is missing.
    """
    hints = dict.fromkeys(_NEEDED, "pip install 'medreason[train]'")
    if recipe.lora is not None:
        hints["peft"] = "pip install 'medreason[train]'"
        if recipe.lora.quantize == "4bit":
            hints["bitsandbytes"] = "pip install bitsandbytes"
    if recipe.distributed == "zero3":
        hints["deepspeed"] = "pip install deepspeed"
    if recipe.attention == "flash_attention_2":
        hints["flash_attn"] = "pip install flash-attn --no-build-isolation"
    hints |= {name: f"pip install {name}" for name in recipe.log_to}
    for name, hint in hints.items():
        if importlib.util.find_spec(name) is None:
            raise UsageError(f"training needs the package {name}, which is not installed", fix=hint)


def place_of(recipe: Recipe) -> Place:
    """Device, precision and attention of this process.

    Raises:
        UsageError: what the recipe asks for is not here, or it is for another number of devices.
    """
    import torch

    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if processes != recipe.batch.devices:
        start = f"torchrun --nproc-per-node {recipe.batch.devices} --no-python medreason train {recipe.method} …"
        raise UsageError(
            f"the recipe is for {recipe.batch.devices} devices, and {processes} run",
            fix="set batch.devices to 1" if recipe.batch.devices == 1 else f"start it with {start}",
        )
    cuda = torch.cuda.is_available()
    if cuda and processes == 1 and torch.cuda.device_count() > 1:
        raise UsageError(
            f"{torch.cuda.device_count()} GPUs are visible and the recipe is for one",
            fix="show one: CUDA_VISIBLE_DEVICES=0 medreason train …",
        )
    if recipe.lora is not None and recipe.lora.quantize == "4bit" and not cuda:
        raise UsageError("4-bit weights need a GPU, and there is none", fix="set lora.quantize to none")
    if recipe.distributed != "none" and not cuda:
        # Accelerate would fall back to a whole copy on each process without a word.
        raise UsageError(f"{recipe.distributed} needs GPUs, and there is none", fix="set distributed to none")
    has_bf16 = cuda and torch.cuda.is_bf16_supported()
    if recipe.precision == "bf16" and cuda and not has_bf16:
        raise UsageError("this GPU does not compute in bf16", fix="set precision to fp32")
    flash = cuda and importlib.util.find_spec("flash_attn") is not None
    attention = ("flash_attention_2" if flash else "sdpa") if recipe.attention == "auto" else recipe.attention
    if attention == "flash_attention_2" and not cuda:
        raise UsageError("flash_attention_2 needs a GPU, and there is none", fix="set attention to auto")
    return Place(
        "cuda" if cuda else "cpu",
        torch.cuda.get_device_name() if cuda else "CPU",
        recipe.precision == "bf16" or (recipe.precision == "auto" and has_bf16),
        attention,
        os.environ.get("RANK", "0") == "0",
    )


# -- the folder --------------------------------------------------------------------------------------------


def open_folder(recipe: Recipe, identity: dict[str, str]) -> dict[str, Any] | None:
    """What an earlier start left in ``out``; None where nothing did.

    Args:
        recipe: The recipe.
        identity: What must be equal to go on: keys of the manifest with their values.

    Raises:
        RunFolderError: it holds another training, or something else.
    """
    out, other = recipe.out, "give another out, or move the folder away"
    if not out.exists():
        return None
    file = out / MANIFEST
    if not file.is_file():
        if not out.is_dir() or any(p.name != CHECKPOINTS or any(p.iterdir()) for p in out.iterdir()):
            raise RunFolderError("is not empty and holds no training", fix=other, item=out.name)
        return None
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        found = {key: str(told[key]) for key in identity}
    except (OSError, ValueError, KeyError, TypeError):
        raise RunFolderError(f"{MANIFEST} cannot be read", fix=other, item=out.name) from None
    for key, value in identity.items():
        if found[key] != value:
            what = key.removesuffix("_sha256")
            raise RunFolderError(f"holds the training of another {what}", fix=other, item=out.name)
    return dict(told)


def whole_checkpoints(out: Path) -> list[Path]:
    """Checkpoints that were written to the end, by step. Their state is written last."""
    found = []
    for folder in (out / CHECKPOINTS).glob("checkpoint-*"):
        try:
            json.loads((folder / STATE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        found.append(folder)
    return sorted(found, key=lambda p: int(p.name.rpartition("-")[2]))


def drop_broken(out: Path) -> None:
    """Removes checkpoints whose writing was interrupted, so that none of them is counted or gone on from."""
    whole = set(whole_checkpoints(out))
    for folder in (out / CHECKPOINTS).glob("checkpoint-*"):
        if folder not in whole:
            shutil.rmtree(folder, ignore_errors=True)


# -- the disk ----------------------------------------------------------------------------------------------


def need_bytes(weights: int, trained: int, width: int, keep: int) -> int:
    """Bytes that a training writes at most at one time.

    Args:
        weights: Parameters that a checkpoint holds.
        trained: Parameters that are trained; AdamW keeps two moments of each.
        width: Bytes a parameter.
        keep: Checkpoints kept; one more lies there while it is written.
    """
    return (keep + 1) * (weights + _MOMENTS * trained) * width


def check_disk(out: Path, needed: int) -> None:
    """Refuses to begin where the checkpoints do not fit.

    Raises:
        RunFolderError: there is less room than needed.
    """
    there = next(p for p in (out.absolute(), *out.absolute().parents) if p.exists())
    held = sum(f.stat().st_size for f in (out / CHECKPOINTS).rglob("*") if f.is_file())
    free = shutil.disk_usage(there).free + held
    if free < needed:
        raise RunFolderError(
            f"the checkpoints need {needed / 1e9:,.1f} GB, and {free / 1e9:,.1f} GB are free",
            fix="free some space, keep fewer (save.keep), or give another out",
            item=out.name,
        )


@contextmanager
def writing(out: Path, what: str) -> Iterator[None]:
    """Turns a failed write into one clear error; what was written before stays.

    Raises:
        RunFolderError: instead of what the libraries raise.
    """
    try:
        yield
    except OSError as error:
        full = error.errno in _FULL
        cause = "the disk is full" if full else f"cannot write ({error.strerror or error})"
        raise _lost(out, what, cause) from error
    except Exception as error:
        # safetensors and torch raise their own: only the words tell that a file could not be written.
        if not any(word in str(error) for word in ("os error", "PytorchStreamWriter", "No space left")):
            raise
        raise _lost(out, what, "the disk is full" if shutil.disk_usage(out).free < 1_000_000 else str(error)) from error


def _lost(out: Path, what: str, cause: str) -> RunFolderError:
    line = " ".join(cause.split())
    return RunFolderError(
        f"{what} could not be written: {line}",
        fix="free some space and run the same command: it goes on from the last checkpoint",
        item=out.name,
    )
