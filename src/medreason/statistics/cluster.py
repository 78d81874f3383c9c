"""Intervals of answers that hang together: several reviewers judge the same items, each reviewer judges many.

What it is: a bootstrap that draws whole reviewers and whole items. What it is not: a model of either. Where two to four
reviewers differ much, they say little of those who were not asked, and the intervals are too narrow (docs/agreement.md
has the measured coverage).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from medreason.statistics.rates import RESAMPLES, wilson

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
# Weights (one row a draw, one column an answer) → what is told of each draw (one row a draw).
Statistics = Callable[[Matrix], Matrix]
Over = Literal["reviewers and items", "reviewers", "items", ""]
# Draws times answers held at once: 32 MB.
_CELLS = 4_000_000
# Where more draws than this share leave a statistic undefined, the others no longer stand for all.
LOST = 0.05


class Clustered(NamedTuple):
    """A mean of answers with a 95 % interval over whole reviewers and items.

    Attributes:
        value: Mean over the answers, each weighing the same; ``nan`` without answers.
        low: Lower end of the interval.
        high: Upper end.
        error: Standard deviation of the draws; ``nan`` where nothing could be drawn.
        n: Answers.
        reviewers: Reviewers who gave them.
        items: Items that they are about.
        over: What was drawn; empty where nothing could be.
    """

    value: float
    low: float
    high: float
    error: float
    n: int
    reviewers: int
    items: int
    over: Over


class Interval(NamedTuple):
    """The middle of draws.

    Attributes:
        low: 2.5 % of the defined draws lie below; ``nan`` where none is defined.
        high: 2.5 % lie above.
        error: Their standard deviation.
        lost: Share of draws in which the statistic is not defined, 0 to 1; those are left out.
    """

    low: float
    high: float
    error: float
    lost: float


def percentiles(drawn: Vector, level: float = 0.95) -> Interval:
    """Percentile interval (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).

    Args:
        drawn: The statistic in each draw, ``nan`` where it is not defined.
        level: Share of the draws inside, 0 to 1.
    """
    found = drawn[np.isfinite(drawn)]
    lost = 1 - len(found) / len(drawn) if len(drawn) else 1.0
    if not len(found):
        return Interval(math.nan, math.nan, math.nan, lost)
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    error = float(found.std(ddof=1)) if len(found) > 1 else math.nan
    return Interval(float(low), float(high), error, lost)


def resample(ways: Sequence[Sequence[str]], statistics: Statistics, *, draws: int = RESAMPLES, seed: int = 0) -> Matrix:
    """Statistics of answers in draws of whole clusters, in one way or in several that cross.

    Two ways (reviewers and items): the pigeonhole bootstrap of Owen, Annals of Applied Statistics 2007;1:386. Reviewers
    are drawn with replacement, items are, and an answer counts as often as its reviewer times as often as its item. It
    holds for designs that are not balanced, and errs towards too wide where reviewers and items matter little. One way:
    the cluster bootstrap (Cameron, Gelbach and Miller, Review of Economics and Statistics 2008;90:414).

    Args:
        ways: For each way the cluster of each answer, in the same order of answers.
        statistics: Function of weights; ``nan`` where a draw leaves it undefined.
        draws: Number of draws.
        seed: Of the draws; the result depends on it and on the data alone, not on their order (but for rounding) as
            long as names sort the same.

    Returns:
        One row a draw. O(draws x answers).
    """
    indices = [np.unique(np.asarray(way, dtype=object).astype(str), return_inverse=True) for way in ways]
    answers = len(ways[0])
    rng = np.random.Generator(np.random.PCG64(seed))
    found = []
    for size in _blocks(draws, answers):
        weights = np.ones((size, answers))
        for names, index in indices:
            weights *= rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=size)[:, index]
        found.append(statistics(weights))
    return np.concatenate(found)


def _blocks(draws: int, answers: int) -> Iterator[int]:
    size = max(1, _CELLS // max(1, answers))
    for start in range(0, draws, size):
        yield min(size, draws - start)


def weighted_means(weights: Matrix, values: Matrix) -> Matrix:
    """Means of columns of values in each draw; ``nan`` in draws that hold no answer."""
    total = weights.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((weights @ values) / total, dtype=np.float64)


def ways_of(reviewers: Sequence[str], items: Sequence[str]) -> tuple[Over, list[Sequence[str]]]:
    """Which ways can be drawn: one reviewer, or one item, leaves only the other; one of both leaves none."""
    several, many = len(set(reviewers)) > 1, len(set(items)) > 1
    if several and many:
        return "reviewers and items", [reviewers, items]
    if several:
        return "reviewers", [reviewers]
    return ("items", [items]) if many else ("", [])


def crossed(answers: Iterable[tuple[str, str, float]], *, draws: int = RESAMPLES, seed: int = 0) -> Clustered:
    """Mean of answers of reviewers about items, with an interval over both.

    With one reviewer the interval is over items (a statement on this reviewer alone), with one item over reviewers.
    With one of both, or none, it is without bounds: from minus to plus infinity. Equal answers give an interval without
    width; shares should go through :func:`shares`, which knows better.

    Args:
        answers: Reviewer, item, value.
        draws: Number of draws.
        seed: Of the draws.
    """
    rows = list(answers)
    return means([r for r, _, _ in rows], [i for _, i, _ in rows], [[v] for _, _, v in rows], draws=draws, seed=seed)[0]


def shares(
    reviewers: Sequence[str], items: Sequence[str], values: Sequence[Sequence[float]], *, seed: int = 0
) -> list[Clustered]:
    """As :func:`means`, for values from 0 to 1; intervals have a width even where all answers are 0 or all are 1.

    There the draws know nothing, and the interval is Wilson's, each item counting once: a statement on these reviewers.
    """
    found = []
    for share in means(reviewers, items, values, seed=seed):
        if share.value in (0.0, 1.0):
            low, high = wilson(share.value * share.items, share.items)[1:3]
            found.append(share._replace(low=low, high=high, over="items"))
        else:
            found.append(share._replace(low=max(0.0, share.low), high=min(1.0, share.high)))
    return found


def means(
    reviewers: Sequence[str],
    items: Sequence[str],
    values: Sequence[Sequence[float]],
    *,
    draws: int = RESAMPLES,
    seed: int = 0,
) -> list[Clustered]:
    """Means of several numbers that each answer carries, all from the same draws: see :func:`crossed`.

    Args:
        reviewers: Of each answer.
        items: Of each answer.
        values: Of each answer, the same count of numbers; without answers there is one mean, ``nan``.
        draws: Number of draws.
        seed: Of the draws.

    Raises:
        ValueError: the three are not equally long.
    """
    if not len(reviewers) == len(items) == len(values):
        raise ValueError(
            f"{len(reviewers)} reviewers, {len(items)} items and {len(values)} values are not one answer each"
        )
    table = np.asarray(values, dtype=np.float64)
    if not len(table):
        return [Clustered(math.nan, -math.inf, math.inf, math.nan, 0, 0, 0, "")]
    over, ways = ways_of(reviewers, items)
    counts = len(table), len(set(reviewers)), len(set(items))
    own = table.mean(axis=0)
    if not over:
        return [Clustered(float(value), -math.inf, math.inf, math.nan, *counts, over) for value in own]
    drawn = resample(ways, lambda weights: weighted_means(weights, table), draws=draws, seed=seed)
    found = []
    for value, column in zip(own, drawn.T, strict=True):
        low, high, error, _ = percentiles(column)
        found.append(Clustered(float(value), low, high, error, *counts, over))
    return found
