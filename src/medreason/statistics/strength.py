"""Strengths of several arms from comparisons of two, with ties: the model of Bradley and Terry as Davidson extended it.

    P(i preferred) : P(tie) : P(j preferred) = s_i : nu * sqrt(s_i * s_j) : s_j

Bradley and Terry, Biometrika 1952;39:324; Davidson, Journal of the American Statistical Association 1970;65:317.
What it is: the likelihood fit, and a plain word where there is none. What it is not: a model of reviewers, of items, or
of a habit of the left side; and one strength an arm cannot show that A beats B, B beats C and C beats A.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from medreason.statistics.cluster import LOST, percentiles, resample, ways_of
from medreason.statistics.davidson_fit import Fits, Game, fit_tables, game, obstacle
from medreason.statistics.preference import Comparison
from medreason.statistics.rates import RESAMPLES, Z95

Array = npt.NDArray[np.float64]


class Strength(NamedTuple):
    """An arm: the natural logarithm of its strength, all arms together averaging 0, with a 95 % interval."""

    arm: str
    value: float
    low: float
    high: float


class Versus(NamedTuple):
    """Two arms: the log odds that the first is preferred, where one is.

    Attributes:
        first: An arm.
        second: Another arm.
        value: Difference of their log strengths; its ``1 / (1 + exp(-value))`` is the chance.
        error: Large-sample standard error of independent comparisons.
        low: Lower end of the 95 % interval.
        high: Upper end.
    """

    first: str
    second: str
    value: float
    error: float
    low: float
    high: float


class Ranking(NamedTuple):
    """A fit.

    Attributes:
        strengths: Of each arm, in the order of their names; ``nan`` without bounds where there is no fit.
        versus: Of each two arms.
        tie: Davidson's nu: two equal arms tie in nu / (2 + nu) of their comparisons; 0 where nobody ever tied.
        comparisons: Their number, without the penalty's.
        penalty: Comparisons of each outcome that were added for each two arms that were compared.
        log_likelihood: Of the fit, without constants, penalty included.
        gradient: Largest slope left at the fit, a comparison: what says that it is one.
        steps: Newton's steps.
        over: What the intervals are over.
        lost: Share of bootstrap draws without a fit.
        why: Why there is no fit, or no interval; empty where there are both.
    """

    strengths: tuple[Strength, ...]
    versus: tuple[Versus, ...]
    tie: float
    comparisons: float
    penalty: float
    log_likelihood: float
    gradient: float
    steps: int
    over: str
    lost: float = 0.0
    why: str = ""


def davidson(counts: Mapping[tuple[str, str], Sequence[float]], *, penalty: float = 0.0) -> Ranking:
    """Strengths from counts, with large-sample intervals: every comparison counts as independent of the others.

    Where no fit is finite (an arm never lost, say) it is refused with the reason in ``why``, unless a penalty is given:
    then so many comparisons of each outcome are added for each two arms that met, which draws them together. Arms that
    no chain of comparisons joins are refused always.

    Args:
        counts: Two arms → how often the first was preferred, they tied, the second was preferred; in either order.
        penalty: 0 for the maximum of the likelihood; one half is a weak pull.

    Raises:
        ValueError: a count or the penalty is negative, or an arm is compared with itself.
    """
    arms = sorted({arm for pair in counts for arm in pair})
    place = {arm: i for i, arm in enumerate(arms)}
    pairs: dict[tuple[int, int], Array] = {}
    for (first, second), row in counts.items():
        table = np.asarray(row, dtype=np.float64)
        if first == second or table.shape != (3,) or (table < 0).any():
            raise ValueError(
                f"{first!r} against {second!r} needs two arms and three counts of 0 or more, not {list(row)}"
            )
        i, j = place[first], place[second]
        key, table = ((i, j), table) if i < j else ((j, i), table[::-1])
        if table.any():
            pairs[key] = pairs.get(key, np.zeros(3)) + table
    if penalty < 0:
        raise ValueError(f"a penalty of {penalty:g} comparisons cannot be added")
    n = float(sum(table.sum() for table in pairs.values()))
    met = sorted(pairs)
    table = np.asarray([pairs[pair] for pair in met]).reshape(-1, 3) + penalty
    why = obstacle(arms, met, table)
    if why:
        return _refused(arms, n, penalty, why)
    setup = game(arms, met, ties=bool(table[:, 1].any()))
    fits = fit_tables(setup, table[None])
    if not fits.fine[0]:
        return _refused(arms, n, penalty, f"no fit in {fits.steps} steps: the likelihood is too flat")
    return _told(setup, fits, n, penalty)


def ranking(
    comparisons: Iterable[Comparison], *, penalty: float = 0.0, draws: int = RESAMPLES, seed: int = 0
) -> Ranking:
    """Strengths from comparisons, with percentile intervals over reviewers and items (:mod:`.cluster`).

    Draws without a fit are left out; where they are more than one in twenty there is no interval, and ``why`` says so.

    Args:
        comparisons: At least one of two arms; only the sign of their result counts.
        penalty: As in :func:`davidson`, in every draw.
        draws: Number of draws.
        seed: Of the draws.
    """
    rows = list(comparisons)
    counts: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        counts.setdefault((row.first, row.second), [0.0, 0.0, 0.0])[1 - _sign(row.result)] += 1
    own = davidson(counts, penalty=penalty)
    if own.why:
        return own
    over, ways = ways_of([c.reviewer for c in rows], [c.item for c in rows])
    if not over:
        return _unbounded(own, 0.0, "no interval: one reviewer judged one item")
    arms = [s.arm for s in own.strengths]
    met = sorted({(min(p), max(p)) for p in ((arms.index(c.first), arms.index(c.second)) for c in rows)})
    setup = game(arms, met, ties=own.tie > 0)
    cells = np.zeros((len(rows), 3 * len(met)))
    for i, row in enumerate(rows):
        first, second = arms.index(row.first), arms.index(row.second)
        result = _sign(row.result) if first < second else -_sign(row.result)
        cells[i, 3 * met.index((min(first, second), max(first, second))) + 1 - result] = 1

    def drawn(weights: Array) -> Array:
        fits = fit_tables(setup, (weights @ cells).reshape(len(weights), len(met), 3) + penalty)
        strengths = fits.parameters[:, : len(arms) - 1] @ setup.basis.T
        return np.where(fits.fine[:, None], strengths, math.nan)

    found = resample(ways, drawn, draws=draws, seed=seed)
    lost = percentiles(found[:, 0]).lost
    if lost > LOST:
        why = f"no interval: {100 * lost:.0f} % of the draws have no finite fit; a penalty of 0.5 would give them one"
        return _unbounded(own, lost, why)
    strengths, versus = [], []
    for i, strength in enumerate(own.strengths):
        low, high = percentiles(found[:, i])[:2]
        strengths.append(strength._replace(low=low, high=high))
    for pair in own.versus:
        low, high = percentiles(found[:, arms.index(pair.first)] - found[:, arms.index(pair.second)])[:2]
        versus.append(pair._replace(low=low, high=high))
    return own._replace(strengths=tuple(strengths), versus=tuple(versus), over=over, lost=lost)


def _sign(result: float) -> int:
    return (result > 0) - (result < 0)


def _unbounded(own: Ranking, lost: float, why: str) -> Ranking:
    return own._replace(
        strengths=tuple(s._replace(low=-math.inf, high=math.inf) for s in own.strengths),
        versus=tuple(v._replace(low=-math.inf, high=math.inf) for v in own.versus),
        over="",
        lost=lost,
        why=why,
    )


def _refused(arms: list[str], n: float, penalty: float, why: str) -> Ranking:
    nothing = math.nan, -math.inf, math.inf
    strengths = tuple(Strength(arm, *nothing) for arm in arms)
    versus = tuple(Versus(a, b, math.nan, *nothing) for a, b in combinations(arms, 2))
    return Ranking(strengths, versus, math.nan, n, penalty, math.nan, math.nan, 0, "", why=why)


def _told(setup: Game, fits: Fits, n: float, penalty: float) -> Ranking:
    free = len(setup.arms) - 1
    values = setup.basis @ fits.parameters[0, :free]
    spread = setup.basis @ np.linalg.inv(fits.curvature[0])[:free, :free] @ setup.basis.T
    errors = np.sqrt(np.diag(spread))
    strengths = tuple(
        Strength(arm, float(x), float(x - Z95 * e), float(x + Z95 * e))
        for arm, x, e in zip(setup.arms, values, errors, strict=True)
    )
    versus = []
    for i, j in combinations(range(len(setup.arms)), 2):
        apart, error = float(values[i] - values[j]), math.sqrt(spread[i, i] + spread[j, j] - 2 * spread[i, j])
        versus.append(Versus(setup.arms[i], setup.arms[j], apart, error, apart - Z95 * error, apart + Z95 * error))
    tie = math.exp(fits.parameters[0, free]) if setup.ties else 0.0
    likelihood, gradient = float(fits.likelihood[0]), float(fits.gradient[0])
    return Ranking(
        strengths, tuple(versus), tie, n, penalty, likelihood, gradient, fits.steps, "independent comparisons"
    )
