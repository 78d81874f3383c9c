"""The fit behind :mod:`medreason.statistics.strength`: when it exists, and how it is found.

What it is: Newton's method on the likelihood of Davidson's model, for many tables of counts at once, and an exact check
of whether the likelihood has a maximum at all. What it is not: an interval.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
# Newton's steps; a fit that exists takes about ten.
_STEPS = 100
# Least curvature a comparison, below which some direction is flat: the fit does not exist.
_FLAT = 1e-7


class Game(NamedTuple):
    """What is to be fitted: arms, the pairs that met, whether ties count, and how much each utility takes of each
    parameter (pairs x outcomes x parameters)."""

    arms: list[str]
    pairs: list[tuple[int, int]]
    ties: bool
    basis: Array
    design: Array


class Fits(NamedTuple):
    """Fits of several tables at once; ``fine`` where the fit exists and was reached."""

    parameters: Array
    curvature: Array
    likelihood: Array
    gradient: Array
    fine: npt.NDArray[np.bool_]
    steps: int


def game(arms: list[str], pairs: list[tuple[int, int]], *, ties: bool) -> Game:
    """Parameters: arms - 1 contrasts that keep the mean strength at 0, and the logarithm of nu where there are ties."""
    k = len(arms)
    basis = np.linalg.svd(np.eye(k) - 1 / k)[0][:, : k - 1]
    design = np.zeros((len(pairs), 3, k - 1 + ties))
    for p, (i, j) in enumerate(pairs):
        design[p, 0, : k - 1] = (basis[i] - basis[j]) / 2
        design[p, 2, : k - 1] = -design[p, 0, : k - 1]
        if ties:
            design[p, 1, k - 1] = 1
    return Game(arms, pairs, ties, basis, design)


def _chances(game: Game, parameters: Array) -> Array:
    utility = np.einsum("pom,bm->bpo", game.design, parameters)
    if not game.ties:
        utility[:, :, 1] = -np.inf
    chances = np.exp(utility - utility.max(axis=2, keepdims=True))
    return np.asarray(chances / chances.sum(axis=2, keepdims=True))


def _likelihood(tables: Array, chances: Array) -> Array:
    logs = np.log(np.maximum(chances, 1e-300))
    return np.asarray((tables * logs).sum(axis=(1, 2)))


def fit_tables(game: Game, tables: Array) -> Fits:
    """Newton's method on a concave likelihood, for many tables at once; a step that climbs nowhere is halved."""
    n = tables.sum(axis=2)
    total = np.maximum(n.sum(axis=1), 1e-12)
    here = np.zeros((len(tables), game.design.shape[2]))
    chances = _chances(game, here)
    likelihood = _likelihood(tables, chances)
    ridge = 1e-9 * np.eye(here.shape[1])
    for steps in range(_STEPS + 1):
        slope = np.einsum("bpo,pom->bm", tables - n[:, :, None] * chances, game.design)
        mean = np.einsum("bpo,pom->bpm", chances, game.design)
        curvature = np.einsum("bp,bpo,pom,pol->bml", n, chances, game.design, game.design, optimize=True)
        curvature -= np.einsum("bp,bpm,bpl->bml", n, mean, mean, optimize=True)
        gradient = np.abs(slope).max(axis=1) / total
        if steps == _STEPS or (gradient < 1e-10).all():
            break
        step = np.linalg.solve(curvature + ridge, slope[:, :, None])[:, :, 0]
        step /= np.maximum(1, np.abs(step).max(axis=1, keepdims=True) / 3)
        for _ in range(30):
            trial = _chances(game, here + step)
            reached = _likelihood(tables, trial)
            worse = reached < likelihood - 1e-9 * np.abs(likelihood)
            if not worse.any():
                break
            step[worse] /= 2
        here, chances, likelihood = here + step, trial, reached
    flat = np.linalg.eigvalsh(curvature)[:, 0] / total < _FLAT
    return Fits(here, curvature, likelihood, gradient, (gradient < 1e-7) & ~flat, steps)


def obstacle(arms: list[str], pairs: list[tuple[int, int]], table: Array) -> str:
    """Why the likelihood has no finite maximum, or nothing. O(arms³).

    The likelihood is concave; it has no maximum where strengths and ties can move so that no outcome that was seen
    becomes less likely. Along such a way either the ties stay as they are (some group of arms never lost to, or tied
    with, the others), or they grow: then every winner is at least 2 above its loser and those who tied at most 2 apart.
    """
    k = len(arms)
    if k < 2:
        return "there are fewer than two arms"
    ahead, level = np.zeros((k, k)), np.zeros((k, k))
    for (i, j), (first, tie, second) in zip(pairs, table, strict=True):
        ahead[i, j], ahead[j, i] = first, second
        level[i, j] = level[j, i] = tie
    met = _reach((ahead + ahead.T + level) > 0)
    if not met.all():
        return f"no comparison, not even through others, joins {_group(arms, met[0])} with {_group(arms, ~met[0])}"
    if not ahead.any():
        return "every comparison is a tie, so strengths and ties cannot be told apart"
    held = _reach((ahead + level) > 0)
    if not held.all():
        top = held[:, int(np.argmin(held.sum(axis=0)))]
        return f"{_group(arms, top)} never lost to, nor tied with, {_group(arms, ~top)}: the difference has no bound"
    if level.any() and not _contradicts(ahead, level):
        return "too few comparisons went against the better arm: the differences and the ties have no bound together"
    return ""


def _reach(edges: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    reach = edges | np.eye(len(edges), dtype=bool)
    for via in range(len(edges)):
        reach |= reach[:, via : via + 1] & reach[via]
    return reach


def _contradicts(ahead: Array, level: Array) -> bool:
    """Whether "each winner 2 or more above, those who tied at most 2 apart" cannot hold: a cycle of negative length."""
    length = np.where(level > 0, 2.0, np.inf)
    length = np.where(ahead > 0, -2.0, length)
    np.fill_diagonal(length, 0.0)
    for via in range(len(length)):
        length = np.minimum(length, length[:, via : via + 1] + length[via])
    return bool((np.diag(length) < 0).any())


def _group(arms: list[str], chosen: npt.NDArray[np.bool_]) -> str:
    return ", ".join(repr(arm) for arm, is_chosen in zip(arms, chosen, strict=True) if is_chosen)
