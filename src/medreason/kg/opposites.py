"""Findings that are each other's opposite by name: a long and a short philtrum are no kin for evidence.

A rule on words (docs/scoring.md), on purpose a coarse one: where it is wrong, a weak link is not used.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Two sides of a scale; a hyphen marks the beginning of a word.
SCALES = (
    ("long tall", "short"),
    ("large macro- big", "small micro-"),
    ("hyper- increased elevated high excessive excess", "hypo- decreased reduced low diminished deficient deficiency"),
    ("advanced accelerated precocious early", "delayed late"),
    ("thick full dense", "thin sparse"),
    ("wide broad", "narrow"),
    ("deep deeply", "shallow"),
    ("prominent protruding", "depressed flat"),
    ("upslanted", "downslanted"),
    ("poly-", "oligo-"),
    ("tachy-", "brady-"),
    ("brachy-", "dolicho-"),
    ("varus vara varum", "valgus valga valgum"),
    ("alkalosis", "acidosis"),
    ("obesity overweight", "underweight cachexia"),
    ("gain", "loss"),
    ("prognathia", "retrognathia micrognathia"),
    ("hypermobility laxity", "contracture contractures limitation limited stiffness"),
)


def _side(words: str) -> re.Pattern[str]:
    forms = (w.removesuffix("-") if w.endswith("-") else rf"{w}\b" for w in words.split())
    return re.compile(rf"\b(?:{'|'.join(forms)})")


_SCALES = tuple((_side(one), _side(other)) for one, other in SCALES)


@lru_cache(maxsize=65536)
def _sides(name: str) -> tuple[int, ...]:
    """For each scale 1, -1 or 0: which side a name stands on (0: neither, or both)."""
    lowered = name.lower()
    return tuple(bool(one.search(lowered)) - bool(other.search(lowered)) for one, other in _SCALES)


def opposed(name: str, other: str) -> bool:
    """Whether two names stand on opposite sides of one scale."""
    return any(a * b < 0 for a, b in zip(_sides(name), _sides(other), strict=True))
