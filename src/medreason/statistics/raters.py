"""How well several raters agree, each with a bootstrap interval over items; ratings may be missing.

What it is: published coefficients on labels. What it is not: a verdict on what agreement is enough, or on which of them
to believe: where one class is rare, kappa and alpha are low and AC1 is high on the same labels, so show the prevalence
(:mod:`medreason.statistics.tables`) beside them.

Every function takes one list of labels an item (or step), ``None`` or ``nan`` where a rater gave none; which rater gave
which label plays no part but in :func:`cohen`, so lists need not be equally long. Intervals draw whole items
(``clusters``: the item of each list, where several are of one item) and take these raters as they are: drawing
raters with replacement would set a rater beside a copy that always agrees.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from medreason.statistics.agreement import Weights, kappa
from medreason.statistics.ratings import (
    ONE_CLASS,
    Agreement,
    Coefficient,
    Label,
    Matrix,
    Ratings,
    Vector,
    agreeing_pairs,
    classes_of,
    counted,
    estimate,
    ratio,
    weight_matrix,
)

Level = Literal["nominal", "ordinal", "interval"]


def percent_agreement(
    ratings: Ratings,
    classes: Sequence[Label] | None = None,
    weights: Weights = "none",
    *,
    clusters: Sequence[str] | None = None,
    seed: int = 0,
) -> Agreement:
    """Share of the pairs of raters of an item who agree, each item counting once; from 0 to 1.

    Args:
        ratings: One list of labels an item.
        classes: All classes, in their order if there are weights; those in use if left out.
        weights: ``linear`` or ``quadratic`` give near classes a part of the agreement.
        clusters: The item of each list, where several are of one item.
        seed: Of the bootstrap.
    """
    counts = counted(ratings, classes or classes_of(ratings, ordered=weights != "none"))
    agreeing, paired = agreeing_pairs(counts, weight_matrix(weights, counts.shape[1]))

    def statistic(drawn: Matrix) -> Matrix:
        observed = ratio(drawn @ (agreeing * paired), drawn @ paired)
        return np.column_stack([observed, observed, np.full(len(drawn), math.nan)])

    found = estimate(counts, statistic, clusters, seed, "")
    return found._replace(low=max(0.0, found.low), expected=math.nan)


def fleiss(
    ratings: Ratings,
    classes: Sequence[Label] | None = None,
    weights: Weights = "none",
    *,
    clusters: Sequence[str] | None = None,
    seed: int = 0,
) -> Agreement:
    """Fleiss' kappa: chance is one distribution of classes that all raters share.

    Fleiss, Psychological Bulletin 1971;76:378. With missing ratings and weights as Gwet, Handbook of Inter-Rater
    Reliability, 2014, chapters 2 and 3: agreement from the items with two ratings or more, the distribution from all
    items with one or more, each item counting once. Not defined where all ratings are of one class.

    Args:
        ratings: One list of labels an item.
        classes: All classes, in their order if there are weights; those in use if left out.
        weights: As in :func:`percent_agreement`.
        clusters: The item of each list, where several are of one item.
        seed: Of the bootstrap.
    """
    return _chance_corrected(ratings, classes, weights, lambda p, w: ((p @ w) * p).sum(axis=1), clusters, seed)


def gwet(
    ratings: Ratings,
    classes: Sequence[Label] | None = None,
    weights: Weights = "none",
    *,
    clusters: Sequence[str] | None = None,
    seed: int = 0,
) -> Agreement:
    """Gwet's AC1, and AC2 with weights: chance is a guess among all classes on items that are hard to tell.

    Gwet, British Journal of Mathematical and Statistical Psychology 2008;61:29; weights and missing ratings after his
    Handbook of Inter-Rater Reliability, 2014. It hangs on how many classes there *are*, so give them all, used or not.
    Where all ratings are of one class the formula gives 1 whatever the raters can do: that is told as not defined.

    Args:
        ratings: One list of labels an item.
        classes: All classes, in their order if there are weights; those in use if left out.
        weights: As in :func:`percent_agreement`.
        clusters: The item of each list, where several are of one item.
        seed: Of the bootstrap.
    """

    def expected(p: Matrix, w: Matrix) -> Vector:
        q = len(w)
        return np.asarray(w.sum() / (q * (q - 1)) * (p * (1 - p)).sum(axis=1))

    return _chance_corrected(ratings, classes, weights, expected, clusters, seed)


def _chance_corrected(
    ratings: Ratings,
    classes: Sequence[Label] | None,
    weights: Weights,
    chance: Callable[[Matrix, Matrix], Vector],
    clusters: Sequence[str] | None,
    seed: int,
) -> Agreement:
    counts = counted(ratings, classes or classes_of(ratings, ordered=weights != "none"))
    weight = weight_matrix(weights, counts.shape[1])
    agreeing, paired = agreeing_pairs(counts, weight)
    raters = counts.sum(axis=1)
    rated = (raters > 0).astype(np.float64)
    share = counts / np.maximum(raters, 1)[:, None]
    if np.count_nonzero(counts.sum(axis=0)) < 2:
        return estimate(counts, lambda w: np.full((len(w), 3), math.nan), clusters, seed, ONE_CLASS)

    def statistic(drawn: Matrix) -> Matrix:
        observed = ratio(drawn @ (agreeing * paired), drawn @ paired)
        expected = chance((drawn @ share) / np.maximum(drawn @ rated, 1)[:, None], weight)
        return np.column_stack([ratio(observed - expected, 1 - expected), observed, expected])

    return estimate(counts, statistic, clusters, seed, "")


def krippendorff(
    ratings: Ratings,
    level: Level = "nominal",
    classes: Sequence[Label] | None = None,
    *,
    clusters: Sequence[str] | None = None,
    seed: int = 0,
) -> Agreement:
    """Krippendorff's alpha: 1 - observed / expected disagreement, the latter among all ratings that can be paired.

    Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011 (University of Pennsylvania), and Content Analysis,
    chapter 11. Disagreement of two ratings: 1 if they differ (nominal), the square of their distance (interval), the
    square of the ratings that lie between them, half of those of both classes counted in (ordinal). An item counts by
    its ratings. Not defined where all paired ratings are of one class.

    Args:
        ratings: One list of labels an item; numbers where the level is ``interval``.
        level: Which differences count.
        classes: All classes, in their order if the level is ``ordinal``; those in use if left out.
        clusters: The item of each list, where several are of one item.
        seed: Of the bootstrap.

    Raises:
        ValueError: the level is ``interval`` and a label is no number, or ``ordinal`` and the order is not known.
    """
    known = classes or classes_of(ratings, ordered=level != "nominal")
    counts = counted(ratings, known)
    counts *= counts.sum(axis=1, keepdims=True) > 1
    if np.count_nonzero(counts.sum(axis=0)) < 2:
        return estimate(counts, lambda w: np.full((len(w), 3), math.nan), clusters, seed, ONE_CLASS)
    if level == "nominal":
        return estimate(counts, _nominal(counts), clusters, seed, "")
    values = None
    if level == "interval":
        if not all(isinstance(label, int | float) for label in known):
            raise ValueError(f"alpha of level interval needs numbers, not {list(known)}")
        values = np.asarray(known, dtype=np.float64)
    return estimate(counts, _squared(counts, values), clusters, seed, "")


def _nominal(counts: Matrix) -> Coefficient:
    raters = counts.sum(axis=1)
    differing = (raters**2 - (counts**2).sum(axis=1)) / np.maximum(raters - 1, 1)

    def statistic(drawn: Matrix) -> Matrix:
        used = drawn @ counts
        n = used.sum(axis=1)
        observed = ratio(drawn @ differing, n)
        expected = ratio(n**2 - (used**2).sum(axis=1), n * (n - 1))
        return np.column_stack([1 - ratio(observed, expected), observed, expected])

    return statistic


def _squared(counts: Matrix, values: Vector | None) -> Coefficient:
    """Squared distances of values; of mid-ranks among the ratings of the draw where there are none (ordinal)."""
    raters = counts.sum(axis=1)
    scale = 2 / np.maximum(raters - 1, 1)

    def statistic(drawn: Matrix) -> Matrix:
        used = drawn @ counts
        n = used.sum(axis=1)
        place = np.cumsum(used, axis=1) - used / 2 if values is None else np.tile(values, (len(drawn), 1))
        place = place - ratio((used * place).sum(axis=1), n)[:, None]
        squares = (drawn * (raters * scale)) @ counts
        within = (squares * place**2).sum(axis=1) - ((place @ counts.T) ** 2 * drawn) @ scale
        observed = ratio(within, n)
        expected = ratio(2 * n * (used * place**2).sum(axis=1), n * (n - 1))
        return np.column_stack([1 - ratio(observed, expected), observed, expected])

    return statistic


def cohen(
    first: Sequence[Label],
    second: Sequence[Label],
    classes: Sequence[Label] | None = None,
    weights: Weights = "none",
    *,
    clusters: Sequence[str] | None = None,
    seed: int = 0,
) -> Agreement:
    """Cohen's kappa of two raters, or weighted kappa, with a bootstrap interval.

    The value is that of :func:`medreason.statistics.kappa`, which has the large-sample interval for independent items.

    Args:
        first: Labels of the first rater, one an item; items that one of both did not rate are left out.
        second: Labels of the second.
        classes: All classes, in their order if there are weights; those in use if left out.
        weights: As in :func:`percent_agreement`.
        clusters: The item of each pair of labels, where several are of one item.
        seed: Of the bootstrap.

    Raises:
        ValueError: the raters have not equally many labels.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} labels of one rater cannot be paired with {len(second)} of the other")
    pairs: Ratings = list(zip(first, second, strict=True))
    known = classes or classes_of(pairs, ordered=weights != "none")
    counts = counted(pairs, known)
    both = (counts.sum(axis=1) == 2)[:, None]
    left, right = counted([[x] for x in first], known) * both, counted([[x] for x in second], known) * both
    weight = weight_matrix(weights, len(known))
    value = kappa((left.T @ right).tolist(), weights).value if known else math.nan
    agreeing, paired = (left @ weight * right).sum(axis=1), both[:, 0].astype(np.float64)

    def statistic(drawn: Matrix) -> Matrix:
        n = drawn @ paired
        observed = ratio(drawn @ agreeing, n)
        expected = ratio(((drawn @ left @ weight) * (drawn @ right)).sum(axis=1), n**2)
        return np.column_stack([ratio(observed - expected, 1 - expected), observed, expected])

    why = ONE_CLASS if math.isnan(value) and both.any() else ""
    return estimate(counts * both, statistic, clusters, seed, why)
