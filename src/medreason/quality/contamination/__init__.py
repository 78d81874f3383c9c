"""Contamination: which questions of a dataset stand, whole or in part, in sets that are kept for evaluation."""

from medreason.quality.contamination.firewall import (
    CLEAN,
    KINDS,
    REFUSE,
    REVIEW,
    VERDICTS,
    Firewall,
    Limits,
    Match,
    Pair,
    Verdict,
)
from medreason.quality.contamination.items import Item
from medreason.quality.contamination.known import KnownSet, known_sets
from medreason.quality.contamination.sets import EvaluationSet, Origin, is_index, make_set, read_index, write_index

__all__ = [
    "CLEAN", "KINDS", "REFUSE", "REVIEW", "VERDICTS", "EvaluationSet", "Firewall", "Item", "KnownSet", "Limits",
    "Match", "Origin", "Pair", "Verdict", "is_index", "known_sets", "make_set", "read_index", "write_index",
]  # fmt: skip
