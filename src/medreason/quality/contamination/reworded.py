"""Questions that were reworded: a word or two changed in a short one, or a long one told anew.

Both leave too little of the runs of 13 words and of the shingles of five. Here runs of two words are compared, each
weighing by its rarity as in :mod:`.overlap`, without those that only measure. In a short text the options help: the
less is left of its words, the more they must agree. Long texts told anew by a language model keep a tenth to a third of
their weight; with half of the options shared a tenth is enough, else it takes a quarter. They are for a human to look
at. Bounds were set on the files of docs/contamination.md.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from medreason.quality.contamination.items import Features
from medreason.quality.contamination.overlap import Floats, Weighed, holders, row_numbers
from medreason.quality.near import Hashes, Numbers, Rows, joined, mixed, shared

# Smallest weighted Jaccard index of the runs of two words: where all options agree, at least half do, none can be told.
ALL_OPTIONS, HALF_OPTIONS, NO_OPTIONS = 0.1, 0.4, 0.3
SHORT = 80  # words up to which two changed words can hide a text from the runs of 13 and of five
# Smallest weighted Jaccard index of a long text told anew: where half of the options are shared, and else.
RETOLD_HALF, RETOLD = 0.1, 0.25
LONG = 40  # words from which on a text told anew can be told from one of its subject
RARE = 50  # questions of the sets that may hold a run of two words which still makes a candidate
FEWEST_RARE = 2
TOGETHER = 2000  # questions whose candidates are sought at a time
# An option of more than so many questions (or of one in a hundred) tells nothing: "yes", "all of the above".
COMMON_OPTION = 20


class Options(NamedTuple):
    """How the options of pairs agree, counting only those that tell something.

    Attributes:
        fewest: Telling options of the side that has fewer; 0: nothing to compare.
        most: Of the side that has more.
        shared: Shared by both.
    """

    fewest: Numbers
    most: Numbers
    shared: Numbers

    @property
    def alike(self) -> npt.NDArray[np.bool_]:
        """At least half of the shorter list is shared."""
        return np.asarray((self.fewest > 0) & (2 * self.shared >= self.fewest))

    @property
    def other(self) -> npt.NDArray[np.bool_]:
        """Both have options, and less than half of the shorter list is shared."""
        return np.asarray((self.fewest > 0) & (2 * self.shared < self.fewest))

    @property
    def same(self) -> npt.NDArray[np.bool_]:
        """Both have the same telling options, two or more."""
        return np.asarray((self.fewest > 1) & (self.shared == self.most))


class Telling(NamedTuple):
    """The options of questions and evaluation questions that tell something."""

    ours: Rows
    theirs: Rows

    def of(self, pairs: Numbers) -> Options:
        """How the options of pairs agree."""
        a, b = np.diff(self.ours.starts)[pairs[:, 0]], np.diff(self.theirs.starts)[pairs[:, 1]]
        both = shared(self.ours, self.theirs, pairs).astype(np.int64)
        return Options(np.minimum(a, b), np.maximum(a, b), both)


def telling_options(ours: Features, theirs: Features) -> Telling:
    """The options that at most 20 questions, or one in a hundred, have."""
    most = max(COMMON_OPTION, (len(ours) + len(theirs)) // 100)
    a, b = holders(ours.options, theirs.options)
    return Telling(_kept(ours.options, a <= most), _kept(theirs.options, b <= most))


def _kept(rows: Rows, kept: npt.NDArray[np.bool_]) -> Rows:
    before = np.concatenate(([0], np.cumsum(kept)))
    return Rows(rows.flat[kept], before[rows.starts].astype(np.int64))


def _option_sets(rows: Rows) -> Hashes:
    """One hash for each row of two or more; equal ones for equal rows."""
    sums = np.zeros(len(rows), np.uint64)
    np.add.at(sums, row_numbers(rows), mixed(rows.flat))
    return np.where(np.diff(rows.starts) > 1, sums, np.uint64(0))


def _same_options(telling: Telling) -> Numbers:
    """Pairs that have the same telling options, two or more."""
    a, b = _option_sets(telling.ours), _option_sets(telling.theirs)
    left, right = np.flatnonzero(a), np.flatnonzero(b)
    met = joined(a[left], b[right])
    return np.stack((left[met[:, 0]], right[met[:, 1]]), axis=1)


def _sharing(ours: Rows, theirs: Rows) -> Numbers:
    """Pairs that share two rare runs of two words, found for some questions at a time."""
    size = 1 + int(max((r.flat.max() for r in (ours, theirs) if len(r.flat)), default=np.uint64(0)))
    held = np.bincount(theirs.flat.astype(np.int64), minlength=size)
    rare = (held > 0) & (held <= RARE)
    ours, theirs = _kept(ours, rare[ours.flat]), _kept(theirs, rare[theirs.flat])
    order = np.argsort(theirs.flat, kind="stable")
    flat, owner = theirs.flat[order], row_numbers(theirs)[order]
    found = [np.empty((0, 2), np.int64)]
    for first in range(0, len(ours), TOGETHER):
        bounds = ours.starts[first : first + TOGETHER + 1]
        met = joined(ours.flat[bounds[0] : bounds[-1]], flat)
        row = np.searchsorted(bounds, met[:, 0] + bounds[0], side="right") - 1
        keys, count = np.unique(row * len(theirs) + owner[met[:, 1]], return_counts=True)
        rows, others = np.divmod(keys[count >= FEWEST_RARE], max(len(theirs), 1))
        found.append(np.stack((rows + first, others), axis=1))
    return np.concatenate(found)


def likeness(ours: Features, theirs: Features, weighed: Weighed, pairs: Numbers) -> Floats:
    """The Jaccard index of the runs of two words of each pair, weighed by rarity, 0 to 1."""
    both = shared(ours.couples, theirs.couples, pairs, weighed.ours)
    every = weighed.our_sums[pairs[:, 0]] + weighed.their_sums[pairs[:, 1]] - both
    return both / np.maximum(every, 1e-12)


def reworded(ours: Features, theirs: Features, weighed: Weighed, telling: Telling) -> tuple[Numbers, Numbers]:
    """Pairs of short questions that differ in a word or two, and pairs of long ones of which one is told anew.

    Args:
        ours: The questions.
        theirs: The evaluation questions.
        weighed: Weights of their runs of two words.
        telling: Their options.
    """
    pairs = np.unique(np.concatenate((_sharing(ours.couples, theirs.couples), _same_options(telling))), axis=0)
    alike = likeness(ours, theirs, weighed, pairs)
    shorter = np.minimum(ours.lengths[pairs[:, 0]], theirs.lengths[pairs[:, 1]])
    some = (alike >= min(ALL_OPTIONS, RETOLD_HALF)) & (shorter > 0)
    pairs, alike, shorter = pairs[some], alike[some], shorter[some]
    options = telling.of(pairs)
    least = np.select([options.same, options.alike, options.fewest == 0], [ALL_OPTIONS, HALF_OPTIONS, NO_OPTIONS], 2.0)
    changed = (alike >= least) & (shorter <= SHORT)
    retold = (alike >= np.where(options.alike, RETOLD_HALF, RETOLD)) & (shorter >= LONG)
    return pairs[changed], pairs[retold]
