"""The actor of a run with the offline teacher: blocks of items in, parts of outcomes out."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

from medreason.config import RunConfig
from medreason.engine import make_pipeline, outcome_of
from medreason.engine_ray.parts import write_part
from medreason.kg.store import open_graph


class Work:
    """Opens the graph once; it is mapped into memory, so that processes of one node share its pages."""

    def __init__(self, config: RunConfig, folder: str) -> None:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        self._pipeline = make_pipeline(open_graph(config.kg), config)
        self._folder = Path(folder)

    def __call__(self, rows: dict[str, Any]) -> dict[str, Any]:
        """Takes blocks of pickled items to parts; returns their names and numbers of rows."""
        told: dict[str, list[Any]] = {"part": [], "rows": [], "error": []}
        for block in rows["items"]:
            items = pickle.loads(block)
            outcomes = [outcome_of(self._pipeline, item) for _, item in items]
            told["part"].append(write_part(self._folder, [number for number, _ in items], outcomes))
            told["rows"].append(len(items))
            told["error"].append(b"")
        return told
