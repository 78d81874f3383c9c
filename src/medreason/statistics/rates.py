"""Proportions with their uncertainty: per item (Wilson) and macro over groups (bootstrap over groups).

What it is: a few formulas on plain numbers. What it is not: a test of anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

Z95 = 1.959963984540054
RESAMPLES = 2000


class Estimate(NamedTuple):
    """A proportion or mean with a 95 % interval; ``n`` counts items (or groups, for a macro average)."""

    value: float
    low: float
    high: float
    n: int


def wilson(successes: float, n: int) -> Estimate:
    """Wilson score interval of a proportion (Wilson, JASA 1927;22:209). ``n`` = 0 gives 0 to 1."""
    if n == 0:
        return Estimate(math.nan, 0.0, 1.0, 0)
    p = successes / n
    centre = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 * math.sqrt(p * (1 - p) / n + Z95**2 / (4 * n**2)) / (1 + Z95**2 / n)
    return Estimate(p, max(0.0, centre - half), min(1.0, centre + half), n)


def macro(groups: Mapping[str, Sequence[float]], *, seed: int = 0) -> Estimate:
    """Mean of group means, each group weighing the same, with a percentile bootstrap over groups.

    Where all group means are equal the interval is Wilson's over the groups.

    Args:
        groups: Group (e.g. disease) → values of its items.
        seed: Seed of the bootstrap; the result depends on it and on the values alone.
    """
    means = np.asarray([sum(groups[g]) / len(groups[g]) for g in sorted(groups) if groups[g]], dtype=np.float64)
    if not len(means):
        return Estimate(math.nan, 0.0, 1.0, 0)
    if np.all(means == means[0]):
        # A bootstrap of equal values has no width; with so many groups the value is not that certain.
        return wilson(float(means.sum()), len(means))
    rng = np.random.Generator(np.random.PCG64(seed))
    draws = means[rng.integers(0, len(means), size=(RESAMPLES, len(means)))].mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return Estimate(float(means.mean()), float(low), float(high), len(means))


def mean(values: Sequence[float], *, seed: int = 0) -> Estimate:
    """Mean of values of any size with a percentile bootstrap over them; equal values give an interval without width."""
    found = np.asarray(values, dtype=np.float64)
    if not len(found):
        return Estimate(math.nan, math.nan, math.nan, 0)
    rng = np.random.Generator(np.random.PCG64(seed))
    draws = found[rng.integers(0, len(found), size=(RESAMPLES, len(found)))].mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return Estimate(float(found.mean()), float(low), float(high), len(found))


def clustered(pairs: Iterable[tuple[str, float]], *, seed: int = 0) -> Estimate:
    """Mean of values that come in groups (items of one disease), each value weighing the same; ``n`` counts values.

    Interval: percentile bootstrap over whole groups (Cameron, Gelbach and Miller 2008, pairs cluster bootstrap). Equal
    values give an interval without width. O(2,000 x groups).
    """
    groups = by_group(pairs)
    sums = np.asarray([math.fsum(groups[g]) for g in sorted(groups)], dtype=np.float64)
    counts = np.asarray([len(groups[g]) for g in sorted(groups)], dtype=np.float64)
    if not len(sums):
        return Estimate(math.nan, math.nan, math.nan, 0)
    rng = np.random.Generator(np.random.PCG64(seed))
    drawn = rng.integers(0, len(sums), size=(RESAMPLES, len(sums)))
    low, high = np.quantile(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), [0.025, 0.975])
    return Estimate(float(sums.sum() / counts.sum()), float(low), float(high), int(counts.sum()))


def by_group(pairs: Iterable[tuple[str, float]]) -> dict[str, list[float]]:
    """Collects (group, value) pairs."""
    groups: dict[str, list[float]] = {}
    for group, value in pairs:
        groups.setdefault(group, []).append(value)
    return groups
