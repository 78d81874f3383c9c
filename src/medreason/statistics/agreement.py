"""How well two ways of labelling agree, and what share is truly good when the labels of one of them err.

What it is: published formulas on counts. What it is not: a verdict on what agreement is enough. Every interval treats
the items as independent of each other. Items of one disease or of one author are not: their intervals are too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from medreason.statistics.rates import Z95, Estimate, wilson

Weights = Literal["none", "linear", "quadratic"]
Matrix = npt.NDArray[np.float64]


class Confusion(NamedTuple):
    """Items by human label and judge's verdict; "good" is the positive class.

    Attributes:
        tp: Both call it good.
        fn: The human calls it good, the judge does not.
        fp: The judge calls it good, the human does not.
        tn: Neither calls it good.
    """

    tp: int
    fn: int
    fp: int
    tn: int

    @property
    def n(self) -> int:
        """All items."""
        return self.tp + self.fn + self.fp + self.tn

    @property
    def table(self) -> list[list[int]]:
        """Rows: the human's good and not good; columns: the judge's."""
        return [[self.tp, self.fn], [self.fp, self.tn]]


class Rates(NamedTuple):
    """What a confusion table says, each with a 95 % interval; ``nan`` from 0 to 1 where nothing was there to count.

    Attributes:
        accuracy: Share on which both agree.
        sensitivity: Of what the human calls good, the share that the judge calls good.
        specificity: Of what the human calls not good, the share that the judge calls not good.
        ppv: Of what the judge calls good, the share that is good.
        npv: Of what the judge calls not good, the share that is not.
        balanced_accuracy: Mean of sensitivity and specificity.
        prevalence: Share that the human calls good.
        called_good: Share that the judge calls good.
        kappa: Agreement beyond chance, -1 to 1.
    """

    accuracy: Estimate
    sensitivity: Estimate
    specificity: Estimate
    ppv: Estimate
    npv: Estimate
    balanced_accuracy: Estimate
    prevalence: Estimate
    called_good: Estimate
    kappa: Estimate


def rates(found: Confusion) -> Rates:
    """All rates of a confusion table: Wilson intervals, kappa as in :func:`kappa`.

    The interval of the balanced accuracy joins those of its two parts (Zou and Donner, Statistics in Medicine
    2008;27:1693).
    """
    tp, fn, fp, tn = found
    sensitivity, specificity = wilson(tp, tp + fn), wilson(tn, tn + fp)
    return Rates(
        accuracy=wilson(tp + tn, found.n),
        sensitivity=sensitivity,
        specificity=specificity,
        ppv=wilson(tp, tp + fp),
        npv=wilson(tn, tn + fn),
        balanced_accuracy=_half_sum(sensitivity, specificity),
        prevalence=wilson(tp + fn, found.n),
        called_good=wilson(tp + fp, found.n),
        kappa=kappa(found.table),
    )


def _half_sum(a: Estimate, b: Estimate) -> Estimate:
    if math.isnan(a.value) or math.isnan(b.value):
        return Estimate(math.nan, 0.0, 1.0, a.n + b.n)
    value = (a.value + b.value) / 2
    below = math.hypot(a.value - a.low, b.value - b.low) / 2
    above = math.hypot(a.high - a.value, b.high - b.value) / 2
    return Estimate(value, max(0.0, value - below), min(1.0, value + above), a.n + b.n)


def _weights(kind: Weights, classes: int) -> Matrix:
    """How much two labels agree, 1 (the same) to 0; labels are in their order and equally far apart."""
    if kind == "none" or classes == 1:
        return np.eye(classes)
    place = np.arange(classes)
    apart = np.abs(place[:, None] - place) / (classes - 1)
    return np.asarray(1 - (apart if kind == "linear" else apart**2), dtype=np.float64)


def kappa(table: Sequence[Sequence[float]], weights: Weights = "none") -> Estimate:
    """Cohen's kappa, or weighted kappa of ordinal labels, with its large-sample interval.

    Cohen, Educational and Psychological Measurement 1960;20:37 and Psychological Bulletin 1968;70:213; variance for
    intervals after Fleiss, Cohen and Everitt, Psychological Bulletin 1969;72:323. The interval is an approximation for
    large samples and is cut at -1 and 1; where all agree it has no width, however few they are.

    Args:
        table: Counts, first rater by row, second by column, the classes of both in the same order.
        weights: ``linear`` or ``quadratic`` give near labels a part of the agreement.

    Returns:
        The estimate, ``n`` counting items; ``nan`` from -1 to 1 where it is not defined: no items, or both raters used
        one and the same class alone, so that they could not disagree.

    Raises:
        ValueError: the table is not square.
    """
    counts = np.asarray(table, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"a table of agreement is square, not {counts.shape}")
    n = float(counts.sum())
    if n == 0:
        return Estimate(math.nan, -1.0, 1.0, 0)
    share = counts / n
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    weight = _weights(weights, len(share))
    observed = float((weight * share).sum())
    expected = float(rows @ weight @ columns)
    if math.isclose(expected, 1.0):
        return Estimate(math.nan, -1.0, 1.0, round(n))
    value = (observed - expected) / (1 - expected)
    margins = (weight @ columns)[:, None] + (rows @ weight)[None, :]
    spread = float((share * (weight * (1 - expected) - margins * (1 - observed)) ** 2).sum())
    spread -= (observed * expected - 2 * expected + observed) ** 2
    half = Z95 * math.sqrt(max(0.0, spread) / n) / (1 - expected) ** 2
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half), round(n))


class TrueShare(NamedTuple):
    """What share is truly good, estimated from a judge's verdicts and the judge's errors in a labelled sample.

    Attributes:
        called: Share that the judge calls good, uncorrected (Wilson).
        value: Rogan–Gladen estimate, cut to 0 … 1; ``nan`` where it cannot be estimated.
        low: Lower end of the 95 % interval; 0 where it cannot be estimated.
        high: Upper end; 1 where it cannot be estimated.
        cut: The estimate lay outside 0 … 1 before it was cut: the two samples fit together badly.
        why: Why it cannot be estimated; empty where it can.
    """

    called: Estimate
    value: float
    low: float
    high: float
    cut: bool = False
    why: str = ""


def true_share(called_good: int, verdicts: int, found: Confusion) -> TrueShare:
    """The true share of good items behind the verdicts of a judge that errs.

    Estimate: Rogan and Gladen, American Journal of Epidemiology 1978;107:71. Interval: Lang and Reiczigel, Preventive
    Veterinary Medicine 2014;113:13, which counts the uncertainty of sensitivity and specificity too. Both hold where
    the judge errs as often among the verdicts as in the labelled sample, and labels were not given by verdict.

    Args:
        called_good: Verdicts "good" among the items without human labels.
        verdicts: All verdicts there.
        found: The labelled sample.
    """
    called = wilson(called_good, verdicts)
    good, bad = found.tp + found.fn, found.tn + found.fp
    if verdicts == 0:
        return _unknown(called, "there is no verdict")
    if good == 0:
        return _unknown(called, "no human label is good, so the sensitivity is not known")
    if bad == 0:
        return _unknown(called, "every human label is good, so the specificity is not known")
    sensitivity, specificity = found.tp / good, found.tn / bad
    if sensitivity + specificity <= 1 + 1e-12:
        return _unknown(
            called,
            "sensitivity and specificity add up to 1 or less: the judge tells good from bad no better than chance",
        )
    raw = (called.value + specificity - 1) / (sensitivity + specificity - 1)
    low, high = _lang_reiczigel(called_good, verdicts, found)
    value = min(1.0, max(0.0, raw))
    return TrueShare(called, value, min(low, value), max(high, value), cut=not -1e-12 <= raw <= 1 + 1e-12)


def _unknown(called: Estimate, why: str) -> TrueShare:
    return TrueShare(called, math.nan, 0.0, 1.0, why=why)


def _lang_reiczigel(called_good: int, verdicts: int, found: Confusion) -> tuple[float, float]:
    """The 95 % interval; 0 to 1 where the shrunk sensitivity and specificity no longer tell good from bad."""
    square = Z95**2
    good, bad, n = found.tp + found.fn + 2, found.tn + found.fp + 2, verdicts + square
    sensitivity, specificity = (found.tp + 1) / good, (found.tn + 1) / bad
    called = (called_good + square / 2) / n
    youden = sensitivity + specificity - 1
    if youden <= 0:
        return 0.0, 1.0
    share = (called + specificity - 1) / youden
    of_sensitivity = sensitivity * (1 - sensitivity) / good
    of_specificity = specificity * (1 - specificity) / bad
    shift = 2 * square * (share * of_sensitivity - (1 - share) * of_specificity)
    spread = called * (1 - called) / n + share**2 * of_sensitivity + (1 - share) ** 2 * of_specificity
    half = Z95 * math.sqrt(spread) / youden
    return min(1.0, max(0.0, share + shift - half)), max(0.0, min(1.0, share + shift + half))
