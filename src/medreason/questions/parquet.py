"""Reads the rows of a Parquet file (hub data sets are stored so) as JSON-like objects, through polars."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medreason.questions.reading import RawRow
from medreason.records import Rejection

BINARY = "<binary>"
BATCH = 4096


def plain(value: Any) -> Any:
    """A value as JSON could hold it: binary (an image) becomes :data:`BINARY`, a date or decimal its text."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return BINARY
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return str(value)


def parquet_rows(label: str, path: Path) -> Iterator[RawRow | Rejection]:
    """The rows of one file with file name and row number, read in batches; no Parquet: one rejection."""
    import polars as pl

    try:
        frame = pl.read_parquet(path, memory_map=True)
        for start in range(0, frame.height, BATCH):
            for number, row in enumerate(frame.slice(start, BATCH).iter_rows(named=True), start + 1):
                yield RawRow(f"{label}:{number}", plain(row))
    except (pl.exceptions.PolarsError, OSError) as error:
        cause = " ".join(str(error).split())[:200]
        yield Rejection(label, "read", "unreadable", f"{label}: the file breaks off or is not Parquet ({cause})")
