"""Reads data sets in the layout of the Hugging Face hub through ``datasets`` (extra ``sources``), by id or folder.

Rows come undecoded, as the tables hold them: class labels stay numbers, images stay binary. No code of a data set runs.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from typing import Any

from medreason.errors import InputError, UsageError
from medreason.questions.parquet import plain
from medreason.questions.reading import RawRow
from medreason.questions.sources.places import HubPlace

BATCH = 1000


def _library() -> Any:
    for name in ("HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS"):
        os.environ.setdefault(name, "1")
    try:
        datasets: Any = importlib.import_module("datasets")
    except ImportError as error:
        raise UsageError(
            "reading from the hub, or a folder in its layout, needs the package datasets",
            fix="pip install 'medreason[sources]'; Parquet and JSON files are read without it",
        ) from error
    datasets.disable_progress_bars()
    return datasets


def hub_rows(place: HubPlace, split: str) -> Iterator[RawRow]:
    """The rows of one split with data set, split and row number; the split is loaded before the first one is given.

    Raises:
        UsageError: ``datasets`` is not installed.
        InputError: the data set, its configuration or the split cannot be loaded.
    """
    library = _library()
    try:
        data = library.load_dataset(place.name, place.config or None, revision=place.revision or None, split=split)
    except Exception as error:  # the library raises a dozen kinds, of its own, of the network, of pyarrow
        cause = " ".join(str(error).split()).replace(place.name, place.label)[:300]
        raise InputError(
            f"cannot load the split {split}: {type(error).__name__}: {cause}",
            fix="check name, configuration and split, and the network for a hub id",
            item=place.label,
        ) from error
    return _rows(data, f"{place.label}[{split}]")


def _rows(data: Any, label: str) -> Iterator[RawRow]:
    number = 0
    for table in data.with_format("arrow").iter(batch_size=BATCH):
        for row in table.to_pylist():
            number += 1
            yield RawRow(f"{label}:{number}", plain(row))
