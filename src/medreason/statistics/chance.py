"""Whether counts and guessing rules differ from chance: Monte Carlo tests, and a correction for many rules.

Every item may have its own number of options; under chance each of its options is the answer equally often. Items count
as independent of each other.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from medreason.statistics.rates import Estimate, wilson

DRAWS = 100_000


class Fit(NamedTuple):
    """A goodness-of-fit test.

    Attributes:
        expected: What each category would hold under chance.
        statistic: Pearson's sum of (observed - expected)² / expected.
        p: Share of draws that fit no better, (1 + them) / (1 + draws): never below 1e-5.
    """

    expected: dict[str, float]
    statistic: float
    p: float


class Guess(NamedTuple):
    """A rule that names options without the case, against chance.

    Attributes:
        right: Share of items that it gets right, ties shared out, with a Wilson interval.
        chance: The share that chance gets right.
        p: Two-sided, as in :class:`Fit`.
    """

    right: Estimate
    chance: float
    p: float


def fit(items: Iterable[tuple[Sequence[str], str]], *, seed: int = 0) -> Fit:
    """Whether the answers are spread over their options as by chance.

    Args:
        items: The keys of an item's options, and the key of its answer.
        seed: Seed of the draws.
    """
    kinds: Counter[tuple[str, ...]] = Counter()
    seen: Counter[str] = Counter()
    for keys, answer in items:
        kinds[tuple(keys)] += 1
        seen[answer] += 1
    names = sorted({key for keys in kinds for key in keys})
    expected = {name: math.fsum(n / len(keys) for keys, n in kinds.items() if name in keys) for name in names}
    if len(names) < 2:
        return Fit(expected, 0.0, 1.0)
    rng = np.random.Generator(np.random.PCG64(seed))
    drawn = np.zeros((DRAWS, len(names)))
    place = {name: i for i, name in enumerate(names)}
    for keys, n in sorted(kinds.items()):
        drawn[:, [place[key] for key in keys]] += rng.multinomial(n, [1 / len(keys)] * len(keys), size=DRAWS)
    means = np.asarray([expected[name] for name in names])
    own = float(((np.asarray([seen[name] for name in names]) - means) ** 2 / means).sum())
    others = ((drawn - means) ** 2 / means).sum(axis=1)
    return Fit(expected, own, _share(int(np.count_nonzero(others >= own - 1e-9))))


def guess(items: Iterable[tuple[int, int, bool]], *, seed: int = 0) -> Guess:
    """How often a rule names the answer, against an answer that lies anywhere among the options.

    Args:
        items: Options of an item that the rule names (ties), all its options, and whether the answer is among those.
        seed: Seed of the draws.
    """
    kinds: Counter[tuple[int, int]] = Counter()
    right = 0.0
    for named, options, hit in items:
        kinds[named, options] += 1
        right += hit / named
    n = sum(kinds.values())
    chance = math.fsum(count / options for (_, options), count in kinds.items())
    rng = np.random.Generator(np.random.PCG64(seed))
    drawn = np.zeros(DRAWS)
    for (named, options), count in sorted(kinds.items()):
        drawn += rng.binomial(count, named / options, size=DRAWS) / named
    as_far = int(np.count_nonzero(np.abs(drawn - chance) >= abs(right - chance) - 1e-9))
    return Guess(wilson(right, n), chance / n if n else math.nan, _share(as_far) if n else 1.0)


def _share(count: int) -> float:
    return (1 + count) / (1 + DRAWS)


def holm(found: Mapping[str, float]) -> dict[str, float]:
    """p values corrected for their number (Holm, Scandinavian Journal of Statistics 1979;6:65), in the given order."""
    ranked = sorted(found, key=lambda name: found[name])
    corrected: dict[str, float] = {}
    largest = 0.0
    for place, name in enumerate(ranked):
        largest = max(largest, min(1.0, (len(ranked) - place) * found[name]))
        corrected[name] = largest
    return {name: corrected[name] for name in found}
