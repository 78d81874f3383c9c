"""Which classes raters use, which they take for which, and whether a reviewer says the same twice.

What it is: the tables to read before a coefficient of :mod:`medreason.statistics.raters` is believed. What it is not: a
ranking of raters.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from medreason.statistics.agreement import Weights
from medreason.statistics.cluster import percentiles, resample, weighted_means
from medreason.statistics.raters import cohen
from medreason.statistics.rates import Estimate, clustered, wilson
from medreason.statistics.ratings import Agreement, Label, Ratings, classes_of, counted

Answer = TypeVar("Answer", str, int)


class Used(NamedTuple):
    """How often a class is used.

    Attributes:
        label: The class.
        ratings: Ratings of this class.
        share: Share of the ratings, each item counting once, with an interval over items; ``n`` counts items.
    """

    label: Label
    ratings: int
    share: Estimate


def prevalence(
    ratings: Ratings, classes: Sequence[Label] | None = None, *, clusters: Sequence[str] | None = None, seed: int = 0
) -> list[Used]:
    """How often each class is used, by all raters together.

    Interval: percentile bootstrap over items; Wilson's over the items where a class is used always or never.

    Args:
        ratings: One list of labels an item, ``None`` where a rater gave none.
        classes: The classes to tell of; those in use if left out.
        clusters: The item of each list, where several are of one item.
        seed: Of the bootstrap.

    Returns:
        One entry a class; its share is ``nan`` from 0 to 1 without ratings.
    """
    known = classes or classes_of(ratings)
    counts = counted(ratings, known)
    rated = counts.sum(axis=1) > 0
    names = [str(c) for c, is_rated in zip(clusters or range(len(counts)), rated, strict=True) if is_rated]
    counts = counts[rated]
    n = len(set(names))
    if not n:
        return [Used(label, 0, Estimate(math.nan, 0.0, 1.0, 0)) for label in known]
    share = counts / counts.sum(axis=1, keepdims=True)
    drawn = resample([names], lambda weights: weighted_means(weights, share), seed=seed)
    found = []
    for label, count, value, column in zip(known, counts.sum(axis=0), share.mean(axis=0), drawn.T, strict=True):
        low, high = wilson(value * n, n)[1:3] if value in (0.0, 1.0) or n == 1 else percentiles(column)[:2]
        found.append(Used(label, int(count), Estimate(float(value), low, high, n)))
    return found


class CrossTable(NamedTuple):
    """Which class meets which.

    Attributes:
        classes: Of the rows and of the columns.
        counts: First rater by row, second by column; or pairs of ratings of one item, both ways round.
        left_out: Items (or ratings) that met no other.
    """

    classes: tuple[Label, ...]
    counts: tuple[tuple[float, ...], ...]
    left_out: int


def cross_table(first: Sequence[Label], second: Sequence[Label], classes: Sequence[Label] | None = None) -> CrossTable:
    """Two raters' labels against each other; items that one of both did not rate are counted as left out.

    Raises:
        ValueError: the raters have not equally many labels, or a label is none of the classes.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} labels of one rater cannot be paired with {len(second)} of the other")
    pairs: Ratings = list(zip(first, second, strict=True))
    known = classes or classes_of(pairs)
    left, right = counted([[x] for x in first], known), counted([[x] for x in second], known)
    table = left.T @ right
    return CrossTable(tuple(known), _rows(table), len(pairs) - round(float(table.sum())))


def coincidences(ratings: Ratings, classes: Sequence[Label] | None = None) -> CrossTable:
    """Pairs of ratings of the same item by class, of any number of raters (Krippendorff 2011, the coincidence matrix).

    Each pair counts both ways round, those of an item with m ratings 1 / (m - 1) each, so that the table adds up to
    the ratings that have a partner.
    """
    known = classes or classes_of(ratings)
    counts = counted(ratings, known)
    raters = counts.sum(axis=1)
    counts, alone = counts[raters > 1], int((raters == 1).sum())
    scaled = counts / (counts.sum(axis=1, keepdims=True) - 1)
    return CrossTable(tuple(known), _rows(scaled.T @ counts - np.diag(scaled.sum(axis=0))), alone)


def _rows(table: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(round(x, 9)) for x in row) for row in table)


class Consistency(NamedTuple):
    """Whether reviewers say the same when an item comes again with its sides swapped.

    Attributes:
        same: Share of the repeats with the same answer of the same arm; interval over reviewers if there are several,
            else (or where all are the same, or none) Wilson's over repeats.
        kappa: Cohen's kappa of the first and the second answer, weighted if asked for; interval over reviewers if there
            are several, else over repeats.
        same_side: Of the repeats whose two answers both name a side, the share that names the same *side* twice, and so
            the other arm: 0 of a reviewer who judges the arms, 1 of one who judges the sides. Wilson's interval.
        repeats: All repeats.
        reviewers: Reviewers with a repeat.
    """

    same: Estimate
    kappa: Agreement
    same_side: Estimate
    repeats: int
    reviewers: int


def consistency(
    repeats: Iterable[tuple[str, Answer, Answer]],
    mirror: Mapping[Answer, Answer],
    weights: Weights = "none",
    *,
    seed: int = 0,
) -> Consistency:
    """Agreement of reviewers with themselves.

    Args:
        repeats: Reviewer, answer at the first sight, answer at the second with the sides swapped; both as they were
            given, by side.
        mirror: Every answer, in its order if there are weights, with what it says once the sides are swapped:
            ``{"left": "right", "tie": "tie", "right": "left"}``. An answer that is its own mirror names no side; of two
            that mirror each other the earlier is the one side, the later the other.
        weights: ``linear`` or ``quadratic`` give near answers a part of the agreement in kappa.
        seed: Of the bootstrap.

    Raises:
        ValueError: an answer has no mirror, or the mirror of the mirror is another answer.
    """
    if any(mirror.get(other) != answer for answer, other in mirror.items()):
        raise ValueError(f"swapped twice, every answer must be itself again, which does not hold of {dict(mirror)}")
    rows = list(repeats)
    unknown = [answer for _, *answers in rows for answer in answers if answer not in mirror]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is none of the answers {list(mirror)}")
    reviewers = [reviewer for reviewer, _, _ in rows]
    first, second = [a for _, a, _ in rows], [mirror[b] for _, _, b in rows]
    equal = [a == b for a, b in zip(first, second, strict=True)]
    several = len(set(reviewers)) > 1
    same = wilson(sum(equal), len(rows))
    if several and 0 < sum(equal) < len(rows):
        same = clustered(zip(reviewers, map(float, equal), strict=True), seed=seed)._replace(n=len(rows))
    place = {answer: i for i, answer in enumerate(mirror)}
    side = {answer: (place[other] > place[answer]) - (place[other] < place[answer]) for answer, other in mirror.items()}
    sided = [side[a] == side[b] for _, a, b in rows if side[a] and side[b]]
    return Consistency(
        same,
        cohen(first, second, list(mirror), weights, clusters=reviewers if several else None, seed=seed),
        wilson(sum(sided), len(sided)),
        len(rows),
        len(set(reviewers)),
    )
