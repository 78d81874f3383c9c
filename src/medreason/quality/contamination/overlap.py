"""How much of a question's runs of 13 words occurs in evaluation sets, the rare ones weighing more.

With N texts in all (the checked questions and the sets) and df(g) of them holding the run g, a run weighs

    w(g) = ln((N + 1) / df(g))

and the overlap of a question with a set is the sum of w over its runs that occur in the set, divided by the sum over
all its runs. So "Which of the following is the most likely diagnosis in this patient …", which hundreds share, counts
for little beside what stands in one text only. Panels of values (:mod:`.panels`) are left out above and below the line.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from medreason.quality.contamination.items import Features
from medreason.quality.near import Hashes, Numbers, Rows, joined

Floats = npt.NDArray[np.float64]
# A run that more than so many questions of the sets hold tells nothing of a single one: it counts for the set's share,
# and is not followed to each of them.
MOST_HOLDERS = 100
TABLE_BITS = 24
MOST_COUNTED = 26  # hashes of so few bits are counted in a table


class PairOverlap(NamedTuple):
    """Questions and evaluation questions that share a run, one line each.

    Attributes:
        pairs: Two columns: question, evaluation question (both as row numbers).
        overlap: Share of the question's weight that stands in this evaluation question, 0 to 1.
        covered: Share of the evaluation question's weight that stands in the question, 0 to 1.
        runs: Number of runs shared.
    """

    pairs: Numbers
    overlap: Floats
    covered: Floats
    runs: Numbers


class Weighed(NamedTuple):
    """Weights of the runs of questions and of evaluation questions, and their sums a row."""

    ours: Floats
    theirs: Floats
    our_sums: Floats
    their_sums: Floats


def row_numbers(rows: Rows) -> Numbers:
    """The row of each hash."""
    return np.repeat(np.arange(len(rows)), np.diff(rows.starts))


def holders(ours: Rows, theirs: Rows) -> tuple[Numbers, Numbers]:
    """Of each hash of both tables, in how many rows of both it stands. O(n log n).

    Args:
        ours: Rows without repeats.
        theirs: Rows without repeats.
    """
    values = np.concatenate((ours.flat, theirs.flat))
    if len(values) and values.max() < 1 << MOST_COUNTED:
        every = np.bincount(values.astype(np.int64))
        return every[ours.flat], every[theirs.flat]
    order = np.argsort(values)
    values = values[order]
    edges = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1], [True])))
    counts = np.empty(len(values), np.int64)
    if len(values):
        counts[order] = np.repeat(np.diff(edges), np.diff(edges))
    return counts[: len(ours.flat)], counts[len(ours.flat) :]


def weigh(ours: Rows, theirs: Rows) -> Weighed:
    """Weighs each hash by its rarity over both tables."""
    texts = len(ours) + len(theirs) + 1
    a, b = (np.log(texts / held) for held in holders(ours, theirs))
    return Weighed(a, b, _sums(ours, a), _sums(theirs, b))


def _sums(rows: Rows, weights: Floats) -> Floats:
    return np.bincount(row_numbers(rows), weights, len(rows)).astype(np.float64)


def known(values: Hashes, sorted_values: Hashes) -> npt.NDArray[np.bool_]:
    """Which values stand in a sorted array. A table of the upper bits settles most of those that do not."""
    found = np.zeros(len(values), bool)
    if not len(sorted_values):
        return found
    shift = np.uint64(64 - TABLE_BITS)
    table = np.zeros(1 << TABLE_BITS, bool)
    table[sorted_values >> shift] = True
    maybe = np.flatnonzero(table[values >> shift])
    places = np.minimum(np.searchsorted(sorted_values, values[maybe]), len(sorted_values) - 1)
    found[maybe] = sorted_values[places] == values[maybe]
    return found


class SetShares:
    """What share of each question stands in each set.

    Args:
        ours: Runs of the questions.
        weights: Of each run of ours.
        sums: Their sums a row.
        every: Runs of all sets, sorted.
    """

    def __init__(self, ours: Rows, weights: Floats, sums: Floats, every: Hashes) -> None:
        self._hits = np.flatnonzero(known(ours.flat, every))
        self._values = ours.flat[self._hits]
        self._rows = np.searchsorted(ours.starts, self._hits, side="right") - 1
        self._weights = weights[self._hits]
        self._sums = sums

    def share(self, runs: Hashes) -> tuple[Floats, Numbers]:
        """Share (0 to 1) and number of the runs of each question that stand in a set's sorted runs."""
        held = known(self._values, runs)
        found = np.bincount(self._rows[held], self._weights[held], len(self._sums))
        count = np.bincount(self._rows[held], minlength=len(self._sums))
        return np.divide(found, self._sums, out=np.zeros(len(found)), where=self._sums > 0), count


def pair_overlaps(ours: Features, theirs: Features, weighed: Weighed) -> PairOverlap:
    """Every question and evaluation question that share a run; O(runs + shared runs x holders)."""
    order = np.sort(theirs.grams.flat)
    hits = np.flatnonzero(known(ours.grams.flat, order))
    values = ours.grams.flat[hits]
    held = np.searchsorted(order, values, "right") - np.searchsorted(order, values, "left")
    hits = hits[held <= MOST_HOLDERS]
    met = joined(ours.grams.flat[hits], theirs.grams.flat)
    mine = np.searchsorted(ours.grams.starts, hits, side="right")[met[:, 0]] - 1
    other = np.searchsorted(theirs.grams.starts, met[:, 1], side="right") - 1
    keys, place = np.unique(mine * len(theirs) + other, return_inverse=True)
    pairs = np.stack(np.divmod(keys, max(len(theirs), 1)), axis=1)
    weight = np.bincount(place, weighed.ours[hits[met[:, 0]]], len(keys))
    return PairOverlap(
        pairs,
        weight / np.maximum(weighed.our_sums[pairs[:, 0]], 1e-12),
        weight / np.maximum(weighed.their_sums[pairs[:, 1]], 1e-12),
        np.bincount(place, minlength=len(keys)),
    )
