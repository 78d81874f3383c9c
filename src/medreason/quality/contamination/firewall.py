"""Keeps evaluation questions out of training data: compares questions with evaluation sets; refuse, review or clean.

What leads to which verdict is in :data:`KINDS` and :class:`Limits`. What it is not: it finds wording, not meaning. A
question that a language model has told anew, or that was translated, passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from medreason.errors import UsageError
from medreason.quality.contamination.items import GRAM, Features, Item, combined, features
from medreason.quality.contamination.overlap import Floats, SetShares, Weighed, pair_overlaps, weigh
from medreason.quality.contamination.reworded import Options, likeness, reworded, telling_options
from medreason.quality.contamination.sets import EvaluationSet, check_together
from medreason.quality.near import Hashes, Numbers, banding, candidates, jaccards, joined, signatures

CLEAN, REVIEW, REFUSE = "clean", "review", "refuse"
VERDICTS = (CLEAN, REVIEW, REFUSE)
# Kinds of a pair, the strongest first: what it means.
KINDS = {
    "identical": "the same text and options, character by character",
    "equal": "the same but for case, punctuation and spaces",
    "reordered": "the same, with the options in another order",
    "same_text": "the same text; options added, left out or changed",
    "near": "texts that share most runs of five words",
    "reworded": "a short text in which a word or two was changed",
    "shared_vignette": "the same case; another question is asked about it, with other options",
    "overlap": "parts of the text are the same",
    "retold": "a long text that shares many pairs of words: perhaps the same case, told anew",
    "other_options": "the same short text with other options: mostly another question",
}
_NAMES = tuple(KINDS)
_RANK = {kind: rank for rank, kind in enumerate(_NAMES)}
_LEVEL = {kind: 1 if kind in {"retold", "other_options"} else 2 for kind in KINDS}
MOST_PAIRS = 20


class Limits(NamedTuple):
    """From where on an overlap or a likeness counts, 0 to 1.

    Attributes:
        refuse: Overlap with a set from which a question is refused.
        review: Overlap from which a human should look.
        near: Jaccard index of runs of five words from which two texts are near duplicates.
    """

    refuse: float = 0.5
    review: float = 0.1
    near: float = 0.8


LIMITS = Limits()


class Pair(NamedTuple):
    """A question and an evaluation question.

    Attributes:
        evaluation: Id of the evaluation question.
        kind: One of :data:`KINDS`.
        verdict: ``refuse`` or ``review``.
        overlap: Share of the question's runs of 13 words, weighed by rarity, that stand in the evaluation question.
        covered: The same share of the evaluation question's runs that stand in the question.
        jaccard: Jaccard index of the runs of five words of both texts.
        couples: The same of the runs of two words, weighed by rarity.
        options: ``same``, ``half`` (at least half of the shorter list), ``other``, or ``none`` to compare.
    """

    evaluation: str
    kind: str
    verdict: str
    overlap: float
    covered: float
    jaccard: float
    couples: float
    options: str


class Match(NamedTuple):
    """What a question has in common with one set; listed where it is anything.

    Attributes:
        set: Name of the set.
        verdict: ``clean``, ``review`` or ``refuse``.
        reasons: Kinds that led to it; ``overlap`` also where it comes from several evaluation questions together.
        overlap: Share of the question's runs of 13 words that stand in the set, weighed by rarity, without panels.
        runs: Number of these runs.
        panels: Number of its panels of values that stand in the set; they never lead to a verdict.
        pairs: Evaluation questions, the strongest first, at most 20.
        more: How many further ones there are.
    """

    set: str
    verdict: str
    reasons: tuple[str, ...]
    overlap: float
    runs: int
    panels: int
    pairs: tuple[Pair, ...]
    more: int = 0


class Verdict(NamedTuple):
    """The outcome for one question: the worst of its matches.

    Attributes:
        item: Id of the question.
        verdict: ``clean``, ``review`` or ``refuse``.
        short: Fewer than 13 words: there is no overlap, only whole texts were compared.
        matches: Sets with which it has something in common.
    """

    item: str
    verdict: str
    short: bool
    matches: tuple[Match, ...]


class _Found(NamedTuple):
    """Pairs of row numbers with what is known of each; all columns have one length."""

    pairs: Numbers
    kinds: Numbers
    levels: Numbers
    overlap: Floats
    covered: Floats
    jaccard: Floats
    couples: Floats
    options: Options


class Firewall:
    """Evaluation sets, ready for any number of questions. Construction costs O(hashes of the sets).

    Args:
        sets: The sets, of one salt.
        limits: From where on what counts.

    Raises:
        UsageError: no sets, sets that cannot be compared together, or limits that contradict each other.
    """

    def __init__(self, sets: Sequence[EvaluationSet], limits: Limits = LIMITS) -> None:
        check_together(sets)
        if not 0 < limits.review <= limits.refuse <= 1 or not 0 < limits.near <= 1:
            raise UsageError(
                f"the limits {limits.review} for review, {limits.refuse} to refuse and {limits.near} cannot be",
                fix="give 0 < review <= refuse <= 1 and 0 < near <= 1",
            )
        self._sets = tuple(sets)
        self._limits = limits
        self._ids = [name for one in sets for name in one.ids]
        self._bounds = np.cumsum([0, *(len(one.ids) for one in sets)])
        self._told = combined([one.features for one in sets])
        self._signed = signatures(self._told.shingles)
        self._runs = [np.unique(one.features.grams.flat) for one in sets]
        self._panels = [np.unique(one.features.panels.flat) for one in sets]

    def check(self, items: Sequence[Item]) -> list[Verdict]:
        """One verdict for each question, in their order.

        How rare a run of words is, is counted over these questions and the sets together: give all questions of a
        dataset in one call. Cost: about 0.2 ms a question of 120 words, and 25 KB of memory.
        """
        if not items:
            return []
        ours = features(items, self._sets[0].salt)
        weighed = weigh(ours.grams, self._told.grams)
        found, shares = self._pairs(ours, weighed), self._shares(ours, weighed)
        order = np.lexsort((found.pairs[:, 1], -found.overlap, found.kinds, -found.levels, found.pairs[:, 0]))
        places: dict[tuple[int, int], list[int]] = {}
        owner = np.searchsorted(self._bounds, found.pairs[:, 1], side="right") - 1
        for n in order.tolist():
            places.setdefault((int(found.pairs[n, 0]), int(owner[n])), []).append(n)
        matches: dict[int, list[Match]] = {}
        for number, (share, runs, panels) in enumerate(shares):
            met = set(np.flatnonzero((runs > 0) | (panels > 0)).tolist())
            for i in sorted(met | {i for i, s in places if s == number}):
                known = (float(share[i]), int(runs[i]), int(panels[i]))
                matches.setdefault(i, []).append(self._match(number, known, found, places.get((i, number), [])))
        return [self._verdict(item, int(ours.lengths[i]), matches.get(i, [])) for i, item in enumerate(items)]

    def _verdict(self, item: Item, length: int, matches: list[Match]) -> Verdict:
        worst = max((VERDICTS.index(m.verdict) for m in matches), default=0)
        return Verdict(item.id, VERDICTS[worst], length < GRAM, tuple(matches))

    def _match(self, number: int, known: tuple[float, int, int], found: _Found, places: list[int]) -> Match:
        share, runs, panels = known
        level = 2 if share >= self._limits.refuse else 1 if share >= self._limits.review else 0
        worst = max([level, *(int(found.levels[n]) for n in places)])
        kinds = {int(found.kinds[n]) for n in places if found.levels[n] == worst}
        if worst and level == worst and not kinds:
            kinds = {_RANK["overlap"]}
        told = tuple(self._pair(found, n) for n in places[:MOST_PAIRS])
        reasons = tuple(_NAMES[k] for k in sorted(kinds))
        more = max(len(places) - MOST_PAIRS, 0)
        return Match(self._sets[number].name, VERDICTS[worst], reasons, share, runs, panels, told, more)

    def _pair(self, found: _Found, n: int) -> Pair:
        options = found.options
        told = "same" if options.same[n] else "half" if options.alike[n] else "other" if options.other[n] else "none"
        return Pair(
            self._ids[int(found.pairs[n, 1])], _NAMES[int(found.kinds[n])], VERDICTS[int(found.levels[n])],
            float(found.overlap[n]), float(found.covered[n]), float(found.jaccard[n]), float(found.couples[n]), told,
        )  # fmt: skip

    def _shares(self, ours: Features, weighed: Weighed) -> list[tuple[Floats, Numbers, Numbers]]:
        """Of each set: share and number of each question's runs in it, and number of its panels."""
        runs = SetShares(ours.grams, weighed.ours, weighed.our_sums, np.sort(self._told.grams.flat))
        ones, zeros = np.ones(len(ours.panels.flat)), np.zeros(len(ours))
        panels = SetShares(ours.panels, ones, zeros, np.sort(self._told.panels.flat))
        return [
            (*runs.share(own), panels.share(values)[1]) for own, values in zip(self._runs, self._panels, strict=True)
        ]

    def _pairs(self, ours: Features, weighed: Weighed) -> _Found:
        """Every pair that has a kind, each once."""
        theirs, count = self._told, max(len(self._told), 1)
        telling = telling_options(ours, theirs)
        met = pair_overlaps(ours, theirs, weighed)
        much = (met.overlap >= self._limits.review) | (met.covered >= self._limits.refuse)
        near = candidates(signatures(ours.shingles), self._signed, banding(self._limits.near))
        near = near[(ours.lengths[near[:, 0]] > 0) & (theirs.lengths[near[:, 1]] > 0)]
        near = near[jaccards(ours.shingles, theirs.shingles, near) >= self._limits.near]
        couples = weigh(ours.couples, theirs.couples)
        changed, retold = reworded(ours, theirs, couples, telling)
        parts = {
            "identical": joined(ours.exact, theirs.exact),
            "equal": joined(ours.plain, theirs.plain),
            "reordered": joined(ours.whole, theirs.whole),
            "same_text": _joined_but_empty(ours.stem, theirs.stem),
            "near": near,
            "reworded": changed,
            "overlap": met.pairs[much],
            "retold": retold,
        }
        keys = np.concatenate([p[:, 0] * count + p[:, 1] for p in parts.values()])
        ranks = np.concatenate([np.full(len(p), _RANK[kind]) for kind, p in parts.items()])
        order = np.lexsort((ranks, keys))
        keys, first = np.unique(keys[order], return_index=True)
        kinds = ranks[order][first]
        worded = ours.lengths[keys // count] > 0
        keys, kinds = keys[worded], kinds[worded]
        pairs = np.stack(np.divmod(keys, count), axis=1)
        overlap, covered = _looked_up(keys, met.pairs[:, 0] * count + met.pairs[:, 1], (met.overlap, met.covered))
        options = telling.of(pairs)
        kinds = self._renamed(ours, pairs, kinds, np.maximum(overlap, covered), options)
        levels = np.array([_LEVEL[kind] for kind in _NAMES])[kinds]
        partial = (kinds == _RANK["overlap"]) & (np.maximum(overlap, covered) < self._limits.refuse)
        levels = np.where(partial, 1, levels)
        jaccard = jaccards(ours.shingles, theirs.shingles, pairs)
        alike = likeness(ours, theirs, couples, pairs)
        return _Found(pairs, kinds, levels, overlap, covered, jaccard, alike, options)

    def _renamed(self, ours: Features, pairs: Numbers, kinds: Numbers, most: Floats, options: Options) -> Numbers:
        """Kinds of pairs once their options are looked at."""
        short = np.minimum(ours.lengths[pairs[:, 0]], self._told.lengths[pairs[:, 1]]) < GRAM
        same_asked = ours.asked[pairs[:, 0]] == self._told.asked[pairs[:, 1]]
        textual = (kinds == _RANK["same_text"]) | (kinds == _RANK["near"])
        kinds = np.where(textual & short & options.other, _RANK["other_options"], kinds)
        shared_case = (kinds == _RANK["near"]) | ((kinds == _RANK["overlap"]) & (most >= self._limits.refuse))
        return np.where(shared_case & options.other & ~same_asked, _RANK["shared_vignette"], kinds)


def _joined_but_empty(left: Hashes, right: Hashes) -> Numbers:
    mine, other = np.flatnonzero(left), np.flatnonzero(right)
    met = joined(left[mine], right[other])
    return np.stack((mine[met[:, 0]], other[met[:, 1]]), axis=1)


def _looked_up(keys: Numbers, known: Numbers, values: tuple[Floats, ...]) -> list[Floats]:
    """The values of keys in a sorted list of keys; 0 where a key is not known."""
    if not len(known):
        return [np.zeros(len(keys)) for _ in values]
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return [np.where(known[place] == keys, column[place], 0.0) for column in values]
