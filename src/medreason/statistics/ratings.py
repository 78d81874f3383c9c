"""Labels of several raters as counts, and the bootstrap interval of any coefficient of them.

What it is: what the coefficients of :mod:`medreason.statistics.raters` share. What it is not: a coefficient.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from medreason.statistics.agreement import Weights
from medreason.statistics.cluster import LOST, percentiles, resample
from medreason.statistics.rates import RESAMPLES, wilson

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Label = str | int | float | None
# One list of labels an item; None or nan where a rater gave none.
Ratings = Sequence[Sequence[Label]]
# Weights (draws x units) → coefficient, observed and expected of each draw.
Coefficient = Callable[[Matrix], Matrix]

NO_PAIR = "no item has two ratings"
ONE_CLASS = "all ratings are of one class, so raters cannot be seen to tell classes apart"
ONE_ITEM = "no interval: all ratings are of one item"


class Agreement(NamedTuple):
    """A coefficient of agreement with its 95 % interval.

    Attributes:
        value: The coefficient; 1 is full agreement, 0 (but for the percent agreement) what chance gives; ``nan`` where
            it is not defined.
        low: Lower end of the interval; the least the coefficient can be said to be where it is not known.
        high: Upper end.
        observed: Agreement seen (for alpha: disagreement in its own measure).
        expected: Agreement expected by chance (for alpha: disagreement); ``nan`` for the percent agreement.
        items: Items (clusters) with two ratings or more, which the interval rests on.
        ratings: Ratings of those items that share a list with another.
        lost: Share of bootstrap draws in which the coefficient is not defined.
        why: Why the value, or its interval, is not known; empty where both are.
    """

    value: float
    low: float
    high: float
    observed: float
    expected: float
    items: int
    ratings: int
    lost: float = 0.0
    why: str = ""


def missing(label: Label) -> bool:
    """Whether a rater gave no label."""
    return label is None or (isinstance(label, float) and math.isnan(label))


def classes_of(ratings: Ratings, *, ordered: bool = False) -> list[Label]:
    """The classes in use: numbers by size, else by name.

    Raises:
        ValueError: their order matters and cannot be read from names.
    """
    found = {label for row in ratings for label in row if not missing(label)}
    if all(isinstance(label, int | float) for label in found):
        return sorted(found)  # type: ignore[type-var]
    if ordered:
        raise ValueError("the order of the classes matters here and names do not tell it: give classes, least first")
    return sorted(found, key=str)


def counted(ratings: Ratings, classes: Sequence[Label]) -> Matrix:
    """How many raters gave each item each class: one row a list, one column a class.

    Raises:
        ValueError: a class is given twice, or a label is none of the classes.
    """
    place = {label: i for i, label in enumerate(classes)}
    if len(place) != len(classes):
        raise ValueError(f"a class is given twice in {list(classes)}")
    counts = np.zeros((len(ratings), len(classes)))
    for i, row in enumerate(ratings):
        for label in row:
            if not missing(label):
                if label not in place:
                    raise ValueError(f"{label!r} in list {i} is none of the classes {list(classes)}")
                counts[i, place[label]] += 1
    return counts


def weight_matrix(kind: Weights, classes: int) -> Matrix:
    """How much two classes agree, 1 (the same) to 0; classes in their order, equally far apart (Cohen 1968)."""
    if kind == "none" or classes < 2:
        return np.eye(classes)
    apart = np.abs(np.subtract.outer(np.arange(classes), np.arange(classes))) / (classes - 1)
    return np.asarray(1 - (apart if kind == "linear" else apart**2), dtype=np.float64)


def agreeing_pairs(counts: Matrix, weight: Matrix) -> tuple[Vector, Vector]:
    """Of each item the share of its pairs of ratings that agree, and 1 where it has a pair."""
    raters = counts.sum(axis=1)
    agreeing = (counts * (counts @ weight - 1)).sum(axis=1) / np.maximum(raters * (raters - 1), 1)
    return agreeing, (raters > 1).astype(np.float64)


def ratio(above: Vector, below: Vector) -> Vector:
    """A quotient, ``nan`` where nothing is below."""
    fine = np.abs(below) > 1e-12
    return np.where(fine, above / np.where(fine, below, 1), math.nan)


def estimate(counts: Matrix, statistic: Coefficient, clusters: Sequence[str] | None, seed: int, why: str) -> Agreement:
    """The coefficient of the data and its interval.

    Where all agree no draw disagrees: the lower end is then Wilson's of "all of so many items", the coefficient if the
    rest were rated at random.
    """
    if clusters is not None and len(clusters) != len(counts):
        raise ValueError(f"{len(clusters)} clusters are not one for each of {len(counts)} lists")
    raters = counts.sum(axis=1)
    names = [str(i) for i in range(len(counts))] if clusters is None else [str(c) for c in clusters]
    items = len({name for name, n in zip(names, raters, strict=True) if n > 1})
    ratings = int(raters[raters > 1].sum())
    if not items or why:
        return Agreement(math.nan, -1.0, 1.0, math.nan, math.nan, items, ratings, why=why if items else NO_PAIR)
    value, observed, expected = (float(x) for x in statistic(np.ones((1, len(counts))))[0])
    if items == 1:
        return Agreement(value, -1.0, 1.0, observed, expected, items, ratings, why=ONE_ITEM)
    if math.isclose(value, 1.0):
        return Agreement(1.0, wilson(items, items).low, 1.0, observed, expected, items, ratings)
    low, high, _, lost = percentiles(resample([names], lambda w: statistic(w)[:, :1], draws=RESAMPLES, seed=seed)[:, 0])
    if lost > LOST:
        why = f"no interval: {100 * lost:.0f} % of the draws are of one class, or hold no pair"
        return Agreement(value, -1.0, 1.0, observed, expected, items, ratings, lost, why)
    return Agreement(value, max(-1.0, low), min(1.0, high), observed, expected, items, ratings, lost)
