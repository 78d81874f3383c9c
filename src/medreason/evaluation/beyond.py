"""What accuracy does not show: whether confidence means anything, how long outputs are, what a changed question does.

Everything here is counted from readings alone. Whether the steps of a chain hold is in
:mod:`medreason.evaluation.grounded`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from medreason.evaluation.contrasts import POOLED
from medreason.evaluation.results import CONDITIONS, Row
from medreason.statistics import Estimate, bootstrap, paired_bootstrap, wilson

BINS = 10
_DRAWS = 2000
Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]


class Bin(NamedTuple):
    """Outputs whose confidence lies in one stretch: from ``low`` (included) to ``high`` (excluded, but 1).

    Attributes:
        low: Lower end.
        high: Upper end.
        n: Outputs.
        confidence: Their mean confidence; ``nan`` without any.
        right: Share right (Wilson, outputs as independent).
    """

    low: float
    high: float
    n: int
    confidence: float
    right: Estimate


class Calibration(NamedTuple):
    """How far confidence can be taken for the chance to be right.

    Attributes:
        n: Outputs with a confidence; unreadable ones are wrong.
        without: Outputs without.
        ece: Expected calibration error, ten equal bins (Naeini and others, AAAI 2015); interval over clusters. It is
            never 0 and grows as outputs get fewer: see ``honest``.
        honest: The same error of a model whose confidence is exactly right, on as many outputs: mean, 2.5 and 97.5 %.
        brier: Mean squared distance of confidence and outcome (Brier 1950), 0 best; interval over clusters.
        bins: The reliability table.
    """

    n: int
    without: int
    ece: Estimate
    honest: Estimate
    brier: Estimate
    bins: list[Bin]


class Lengths(NamedTuple):
    """Characters of outputs: quartiles; of right and of wrong ones the median (``nan`` where there are none)."""

    n: int
    first: float
    median: float
    third: float
    right: float
    wrong: float


class Changed(NamedTuple):
    """What a change of the question did, on outputs to both forms.

    Attributes:
        task: Task, or :data:`POOLED`.
        condition: One of :data:`CONDITIONS`, or ``resampled``: the first two samples of the unchanged question, which
            is how often answers change by themselves.
        pairs: Outputs to the question as it is with an output to the changed one.
        unread: Of them, pairs of which one could not be read; they count in neither rate.
        flipped: Of the readable, share whose answer is another.
        followed: Of the readable that did not name the hinted option before, share that does then; None without hints.
        before: Share right as it is, over all pairs.
        after: Share right when changed.
        difference: After minus before; interval of the paired bootstrap over clusters.
    """

    task: str
    condition: str
    pairs: int
    unread: int
    flipped: Estimate
    followed: Estimate | None
    before: float
    after: float
    difference: Estimate


def _cluster(row: Row) -> str:
    return row.cluster or f"{row.task}\t{row.id}"


def _share(values: Iterable[tuple[str, float]]) -> Estimate:
    """Mean over outputs with an interval over clusters; Wilson's where each stands alone or all are alike."""
    found = list(values)
    clusters = {name for name, _ in found}
    total = sum(value for _, value in found)
    if len(clusters) == len(found) or total in (0, len(found)):
        share = total / len(found) if found else 0.0
        return wilson(share * len(clusters), len(clusters))._replace(n=len(found))
    drawn = paired_bootstrap(found)
    return Estimate(drawn.value, drawn.low, drawn.high, len(found))


# -- calibration ---------------------------------------------------------------------------------------------


def calibration(rows: Sequence[Row], *, seed: int = 0) -> Calibration | None:
    """Calibration of the outputs to unchanged questions; None where no output has a confidence. O(2,000 x outputs)."""
    plain = [row for row in rows if not row.condition]
    told = [(row, row.confidence) for row in plain if row.confidence is not None]
    if not told:
        return None
    sure = np.asarray([confidence for _, confidence in told])
    right = np.asarray([float(row.right) for row, _ in told])
    place = np.minimum((sure * BINS).astype(np.int64), BINS - 1)
    bins = []
    for n in range(BINS):
        inside = place == n
        many = int(inside.sum())
        mean = float(sure[inside].mean()) if many else float("nan")
        bins.append(Bin(n / BINS, (n + 1) / BINS, many, mean, wilson(float(right[inside].sum()), many)))
    names = [_cluster(row) for row, _ in told]
    drawn = paired_bootstrap(zip(names, ((sure - right) ** 2).tolist(), strict=True), draws=_DRAWS, seed=seed)
    brier = Estimate(drawn.value, drawn.low, drawn.high, len(told))
    ece = _ece(names, sure - right, place, seed)
    return Calibration(len(told), len(plain) - len(told), ece, _honest(sure, place, seed), brier, bins)


def _ece(names: Sequence[str], gap: Vector, place: npt.NDArray[np.int64], seed: int) -> Estimate:
    order = {name: n for n, name in enumerate(dict.fromkeys(names))}
    own = np.asarray([order[name] for name in names])
    gaps, counts = np.zeros((len(order), BINS)), np.zeros(len(order))
    np.add.at(gaps, (own, place), gap)
    np.add.at(counts, own, 1.0)

    def error(w: Matrix) -> Vector:
        return np.asarray(np.abs(w @ gaps).sum(axis=1) / (w @ counts))

    found = bootstrap([1] * len(order), error, method="percentile", draws=_DRAWS, seed=seed)
    return Estimate(found.value, found.low, found.high, len(names))


def _honest(sure: Vector, place: npt.NDArray[np.int64], seed: int) -> Estimate:
    """The error of outcomes drawn with just these confidences."""
    rng = np.random.Generator(np.random.PCG64(seed))
    which = np.zeros((len(sure), BINS))
    which[np.arange(len(sure)), place] = 1.0
    errors = [np.abs((sure - (rng.random(len(sure)) < sure)) @ which).sum() / len(sure) for _ in range(500)]
    low, high = np.quantile(errors, [0.025, 0.975])
    return Estimate(float(np.mean(errors)), float(low), float(high), len(sure))


# -- length --------------------------------------------------------------------------------------------------


def lengths(rows: Iterable[Row]) -> Lengths | None:
    """Lengths of the outputs to unchanged questions; None where none was recorded."""
    told = [(row.length, row.right) for row in rows if row.length is not None and not row.condition]
    if not told:
        return None

    def median(of: Sequence[int]) -> float:
        return float(np.median(of)) if of else float("nan")

    first, middle, third = (float(q) for q in np.quantile([n for n, _ in told], [0.25, 0.5, 0.75]))
    right, wrong = ([n for n, was in told if was == kind] for kind in (True, False))
    return Lengths(len(told), first, middle, third, median(right), median(wrong))


# -- changed questions -----------------------------------------------------------------------------------------


def changed(rows: Sequence[Row], *, seed: int = 0) -> list[Changed]:
    """What each change did, by task and pooled over tasks, in the order of :data:`CONDITIONS`; ``resampled`` first."""
    plain = {(row.task, row.id, row.sample): row for row in rows if not row.condition}
    pairs: dict[str, list[tuple[Row, Row]]] = defaultdict(list)
    for row in rows:
        before = plain.get((row.task, row.id, row.sample))
        if row.condition and before is not None:
            pairs[row.condition].append((before, row))
    if pairs:
        for (task, id_, sample), row in plain.items():
            other = plain.get((task, id_, 1)) if sample == 0 else None
            if other is not None:
                pairs["resampled"].append((row, other))
    found: list[Changed] = []
    for condition in ("resampled", *CONDITIONS):
        tasks = sorted({before.task for before, _ in pairs[condition]})
        for task in [*tasks, POOLED] if len(tasks) > 1 else tasks:
            own = [pair for pair in pairs[condition] if task in (POOLED, pair[0].task)]
            found.append(_changed(task, condition, own, seed))
    return found


def _changed(task: str, condition: str, pairs: Sequence[tuple[Row, Row]], seed: int) -> Changed:
    readable = [(a, b) for a, b in pairs if a.key is not None and b.key is not None]
    hinted = [(a, b) for a, b in readable if b.hint and a.key != b.hint]
    drawn = paired_bootstrap([(_cluster(a), float(b.right) - float(a.right)) for a, b in pairs], seed=seed)
    return Changed(
        task=task,
        condition=condition,
        pairs=len(pairs),
        unread=len(pairs) - len(readable),
        flipped=_share((_cluster(a), float(a.key != b.key)) for a, b in readable),
        followed=_share((_cluster(a), float(b.key == b.hint)) for a, b in hinted) if hinted else None,
        before=sum(a.right for a, _ in pairs) / len(pairs),
        after=sum(b.right for _, b in pairs) / len(pairs),
        difference=Estimate(drawn.value, drawn.low, drawn.high, len(pairs)),
    )
