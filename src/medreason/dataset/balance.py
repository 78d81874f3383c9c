"""How a dataset is spread: near duplicates, letters, organ systems, sources, answers, difficulty, blind guesses.

What it is: counts and tests on the records alone; no graph, no model. What it is not: a verdict. A dataset of one
clinic is rightly one-sided; what matters is that it is known.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from medreason.dataset.guesses import Rule, guesses
from medreason.errors import InputError
from medreason.quality.near import groups as near_groups
from medreason.quality.problem import Problem
from medreason.quality.verify import read_lines
from medreason.records import Option, Record
from medreason.statistics import fit
from medreason.statistics.chance import Fit

LEVELS = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
BINS = (0.0, 5.0, 10.0, 20.0, 40.0)
NONE = "(none)"


class Spread(NamedTuple):
    """How items fall into categories.

    Attributes:
        counts: Category → items, most first.
        effective: Number of equally large categories of the same entropy: exp of the entropy in nats, 0 without items.
        items: Items counted; where one may be in several categories, each category counts.
    """

    counts: dict[str, int]
    effective: float
    items: int

    @property
    def most(self) -> float:
        """Share of the largest category, 0 to 1; NaN without items."""
        total = sum(self.counts.values())
        return max(self.counts.values()) / total if total else math.nan


class Numbers(NamedTuple):
    """Quantiles of a number (share below it → value) and counts by bin or value; empty without items."""

    quantiles: dict[float, float]
    counts: dict[str, int]


class Near(NamedTuple):
    """Records whose questions are nearly the same; ``answers`` are the texts of their answers, each once."""

    ids: list[str]
    answers: list[str]


class Letters(NamedTuple):
    """Answers by key against chance."""

    counts: dict[str, int]
    fit: Fit


class Balance(NamedTuple):
    """Everything about a dataset's spread.

    Attributes:
        records: Records.
        answered: Of them, those whose answer is one of their options.
        letters: Of those with at least two options.
        near: Groups of near duplicates, largest first.
        threshold: Jaccard index from which questions are near duplicates.
        rules: What can be guessed without the case.
        answers: Diseases (or answer texts) that are the answer.
        systems: Organ systems; a record with several counts in each.
        sources: Where the questions come from.
        kinds: Kind of question and how many options.
        teachers: Who wrote the chains.
        margin: Lead of the best option in bits: the smaller, the harder.
        steps: Steps a chain.
    """

    records: int
    answered: int
    letters: Letters
    near: list[Near]
    threshold: float
    rules: dict[str, Rule]
    answers: Spread
    systems: Spread
    sources: Spread
    kinds: Spread
    teachers: Spread
    margin: Numbers
    steps: Numbers


def read_records(dataset: Path) -> list[Record]:
    """The records of a dataset.

    Raises:
        InputError: there is no such file, it holds no record, or a line is none or repeats an id; names the line.
    """
    found: list[Record] = []
    for where, record in read_lines(dataset):
        if isinstance(record, Problem):
            raise InputError(record.message, fix="mend or drop this line", item=where)
        found.append(record)
    if not found:
        raise InputError("there is no record", fix="give a dataset.jsonl of medreason run", item=dataset.name)
    return found


def spread(values: Iterable[str], items: int | None = None) -> Spread:
    """Counts of categories and their effective number."""
    counts = Counter(values)
    total = sum(counts.values())
    ranked = dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
    entropy = -math.fsum(n / total * math.log(n / total) for n in counts.values())
    return Spread(ranked, math.exp(entropy) if total else 0.0, total if items is None else items)


def _quantiles(values: Sequence[float]) -> dict[float, float]:
    known = [v for v in values if math.isfinite(v)]
    return dict(zip(LEVELS, map(float, np.quantile(known, LEVELS)), strict=True)) if known else {}


def _binned(values: Sequence[float]) -> dict[str, int]:
    """Counts of margins: below the first edge, between edges (the lower one included), from the last."""
    edges = [f"{edge:g}" for edge in BINS]
    names = [f"below {edges[0]}", *(f"{a} to {b}" for a, b in pairwise(edges)), f"from {edges[-1]}"]
    counts = Counter(names[int(np.searchsorted(BINS, v, side="right"))] for v in values if math.isfinite(v))
    return {name: counts[name] for name in names}


def _answer(record: Record) -> Option | None:
    return next((o for o in record.options if o.key == record.answer_key), None)


def letters(records: Iterable[Record], *, seed: int = 0) -> Letters:
    """The answers' letters against chance."""
    items = [
        (tuple(o.key for o in r.options), r.answer_key)
        for r in records
        if len(r.options) > 1 and _answer(r) is not None
    ]
    counts = Counter(key for _, key in items)
    found = fit(items, seed=seed)
    return Letters({key: counts[key] for key in found.expected}, found)


def _near(records: Sequence[Record], threshold: float, seed: int) -> list[Near]:
    found = []
    for members in near_groups([r.question for r in records], threshold=threshold, seed=seed):
        answers = [a.text for i in members if (a := _answer(records[i])) is not None]
        found.append(Near([records[i].id for i in members], list(dict.fromkeys(answers))))
    return sorted(found, key=lambda group: (-len(group.ids), group.ids))


def balance(records: Sequence[Record], *, threshold: float = 0.8, seed: int = 0) -> Balance:
    """The spread of a dataset.

    Args:
        records: The dataset.
        threshold: Jaccard index of word shingles from which two questions are near duplicates, above 0, at most 1.
        seed: Seed of the tests, of the bootstrap, and of the search for near duplicates.

    Raises:
        UsageError: the threshold cannot be.
    """
    known = [a for r in records if (a := _answer(r)) is not None]
    systems = [name for r in records for name in r.organ_systems or (NONE,)]
    margins = [r.margin for r in records]
    steps = [len(r.steps) for r in records]
    counted = Counter(steps)
    return Balance(
        records=len(records),
        answered=len(known),
        letters=letters(records, seed=seed),
        near=_near(records, threshold, seed),
        threshold=threshold,
        rules=guesses(records, seed=seed),
        answers=spread(a.text for a in known),
        systems=spread(systems, len(records)),
        sources=spread(r.source or NONE for r in records),
        kinds=spread(f"{r.kind}, {len(r.options)} options" for r in records),
        teachers=spread(r.teacher or NONE for r in records),
        margin=Numbers(_quantiles(margins), _binned(margins)),
        steps=Numbers(_quantiles(steps), {str(n): counted[n] for n in sorted(counted)}),
    )
