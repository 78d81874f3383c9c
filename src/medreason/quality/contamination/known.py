"""Public evaluation sets that are known here: facts only, no text. Print them with ``medreason contamination sets``."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import NamedTuple


class KnownSet(NamedTuple):
    """A public set of questions, or the part of it that is for evaluation.

    Attributes:
        name: As its authors call it.
        source: Where its authors publish it.
        reader: Name of the question source of this program that reads it; empty where none does.
        splits: Splits that are for evaluation.
        rows: Split → number of questions, where that is known here; other splits are left out.
        licence: As the source states it, or that it states none.
        note: What else is to be known.
    """

    name: str
    source: str
    reader: str
    splits: tuple[str, ...]
    rows: dict[str, int]
    licence: str
    note: str


def known_sets() -> list[KnownSet]:
    """The list that comes with the program, in the order of names."""
    text = files("medreason").joinpath("data/evaluation/sets.json").read_text(encoding="utf-8")
    return [KnownSet(**{**row, "splits": tuple(row["splits"])}) for row in json.loads(text)["sets"]]
