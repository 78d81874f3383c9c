"""Reads the tables of this room (``medreason/data/linking/*.tsv``): a header, then one row a line."""

from __future__ import annotations

import csv
from functools import cache
from hashlib import sha256
from importlib.resources import files

_FOLDER = files("medreason") / "data" / "linking"
NAMES = ("equivalents", "phrases", "names", "ranges")


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of one table by column; lines that begin with ``#`` are remarks."""
    text = (_FOLDER / f"{name}.tsv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def fingerprint() -> str:
    """SHA-256 over all tables: part of the key under which a compiled recogniser is stored."""
    digest = sha256()
    for name in NAMES:
        digest.update((_FOLDER / f"{name}.tsv").read_bytes())
    return digest.hexdigest()
