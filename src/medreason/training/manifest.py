"""``train.json``: what was trained on what, where, by which versions, and what came of it.

Written before the first step (``status`` is then ``running``) and after the last (``done``), whole or not at all.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from medreason.training.checks import MANIFEST, Place
from medreason.training.data import Data
from medreason.training.prepare import Prepared
from medreason.training.recipe import Recipe


def now() -> str:
    """Time of day in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0).isoformat()


def versions() -> dict[str, str]:
    """Name → version of every package that is installed."""
    found = {str(d.metadata["Name"]): d.version for d in distributions() if d.metadata["Name"]}
    return dict(sorted(found.items(), key=lambda pair: pair[0].casefold()))


def described(recipe: Recipe, data: Data, prepared: Prepared, place: Place) -> dict[str, Any]:
    """What is known of a training before it begins."""
    told = data.told
    return {
        "status": "running",
        "recipe": recipe.model_dump(mode="json", exclude={"data", "out", "hardware"}),
        "data": {
            "name": data.folder.name,
            "format": told["format"],
            "form": told.get("form"),
            "dataset_sha256": told.get("dataset_sha256"),
            "parts": told.get("parts", []),
            "graphs": told.get("graphs", []),
            "clinician_reviewed": told.get("clinician_reviewed", 0),
            "exported": told.get("exported", 0),
            "evaluation_split": told.get("evaluation_split", 0),
        },
        "rows": {name: len(rows) for name, rows in prepared.splits.items()},
        "tokens": {name: dict(zip(("all", "trained"), prepared.tokens(name), strict=True)) for name in prepared.splits},
        "max_length": prepared.max_length,
        "dropped": [one._asdict() for one in prepared.dropped],
        "notes": list(prepared.notes),
        "device": {
            "name": place.name,
            "count": recipe.batch.devices,
            "precision": "bf16" if place.bf16 else "fp32",
            "attention": place.attention,
            "platform": platform.platform(),
            "python": platform.python_version(),
        },
        "packages": versions(),
    }


def outcome(out: Path, state: Any, best: int | None, checkpoints: Sequence[Path]) -> dict[str, Any]:
    """What a trainer's state says at the end.

    Args:
        out: The folder.
        state: ``TrainerState`` of transformers.
        best: Step of the lowest validation loss; None without validation.
        checkpoints: Those that are there.
    """
    log = state.log_history
    return {
        "status": "done",
        "steps": state.global_step,
        "epochs": round(float(state.epoch or 0), 4),
        "tokens_seen": int(state.num_input_tokens_seen),
        "best_step": best,
        "losses": {
            "train": [[one["step"], one["loss"]] for one in log if "loss" in one],
            "validation": [[one["step"], one["eval_loss"]] for one in log if "eval_loss" in one],
        },
        "checkpoints": [str(path.relative_to(out)) for path in checkpoints],
    }


def write_manifest(folder: Path, told: Mapping[str, Any]) -> None:
    """Writes ``train.json`` beside its name and renames it."""
    write_text(folder / MANIFEST, json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Writes a text file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    with beside.open("w", encoding="utf-8", newline="\n") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(path)
