"""Puts the trainings of a study together: by test and arm, effects, and the files of the report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from medreason.training.tiny.arms import BOOKS, size_of
from medreason.training.tiny.data import load
from medreason.training.tiny.effects import Effect, Runs, effects, reached, share_right
from medreason.training.tiny.figures import curves
from medreason.training.tiny.report import curve_table, markdown


def together(found: Sequence[Mapping[str, Any]], out: Path) -> dict[str, Any]:
    """Runs, what each arm reached, and effects, by test and arm.

    Args:
        found: Results of all trainings.
        out: Folder of the study, which holds the questions.
    """
    books = [b for b in BOOKS if any(r["book"] == b for r in found)]
    runs: dict[str, dict[str, Runs]] = {
        b: {a: sorted((r for r in found if (r["book"], r["arm"]) == (b, a)), key=lambda r: int(r["seed"]))
            for a in BOOKS[b]}
        for b in books
    }  # fmt: skip
    return {
        "runs": runs,
        "arms": {b: {a: reached(of) for a, of in arms.items()} for b, arms in runs.items()},
        "effects": {b: effects(arms) for b, arms in runs.items()},
        "facts": {b: load(out / f"{b}.json")[1] for b in books},
    }


def write(results: Mapping[str, Any], out: Path, size: str) -> list[str]:
    """Writes ``results.json``, ``curves.csv``, ``report.md``, and where matplotlib is installed the figures.

    Returns:
        Names of the files.
    """
    files: dict[str, bytes] = {
        "results.json": (json.dumps(_plain(results), ensure_ascii=False, indent=1) + "\n").encode(),
        "curves.csv": curve_table(results["runs"]).encode(),
        "report.md": markdown(results, size_of(size)).encode(),
    }
    if find_spec("matplotlib"):
        for book, runs in results["runs"].items():
            files |= {f"curves-{book}.{form}": data for form, data in curves(runs, book).items()}
    for name, data in files.items():
        temporary = out / f".{name}.part"
        temporary.write_bytes(data)
        temporary.replace(out / name)
    return list(files)


def _plain(results: Mapping[str, Any]) -> dict[str, Any]:
    """Everything but single answers, which stay in ``runs/``."""

    def named(effect: Effect) -> dict[str, Any]:
        return {
            **effect._asdict(),
            "over_seeds": effect.over_seeds._asdict(),
            "over_items": effect.over_items._asdict(),
        }

    plain: dict[str, Any] = _finite(
        {
            "facts": results["facts"],
            "arms": {b: {a: {**r._asdict(), "right": r.right._asdict()} for a, r in arms.items()}
                     for b, arms in results["arms"].items()},
            "effects": {b: [named(e) for e in of] for b, of in results["effects"].items()},
            "runs": [
                {**{k: v for k, v in run.items() if k not in {"items", "curve"}}, "right": share_right(run)}
                for arms in results["runs"].values() for of in arms.values() for run in of
            ],
        }
    )  # fmt: skip
    return plain


def _finite(value: Any) -> Any:
    """The same with null for what JSON has no number for."""
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    return [_finite(v) for v in value] if isinstance(value, list | tuple) else value
