"""A heap of byte strings on disk: one data file, one file of offsets, read through the page cache.

``NAME.bin`` holds the items end to end; ``NAME.offsets.npy`` holds ``count + 1`` int64 positions. Reading one
item costs two array look-ups and touches only its own pages; processes share them.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from pathlib import Path

import numpy as np


def write_heap(folder: Path, name: str, items: Iterable[bytes]) -> None:
    """Writes ``items`` in order."""
    offsets = [0]
    with (folder / f"{name}.bin").open("wb") as data:
        for item in items:
            data.write(item)
            offsets.append(offsets[-1] + len(item))
    np.save(folder / f"{name}.offsets.npy", np.asarray(offsets, dtype=np.int64))


class Heap:
    """Read access to a heap written by :func:`write_heap`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._offsets = np.load(folder / f"{name}.offsets.npy", mmap_mode="r")
        with (folder / f"{name}.bin").open("rb") as data:
            size = data.seek(0, 2)
            self._data: mmap.mmap | bytes = mmap.mmap(data.fileno(), 0, access=mmap.ACCESS_READ) if size else b""

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, index: int) -> bytes:
        return self._data[int(self._offsets[index]) : int(self._offsets[index + 1])]
