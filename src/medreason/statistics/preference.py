"""Which of two answers reviewers prefer: shares of wins, ties and losses, with intervals over reviewers and items.

What it is: shares of comparisons of two arms. What it is not: a strength of each of several
(:mod:`medreason.statistics.strength`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from medreason.statistics.cluster import Clustered, means, shares


class Comparison(NamedTuple):
    """One reviewer's verdict on two arms of one item.

    Attributes:
        reviewer: Who judged.
        item: What was judged, e.g. the vignette.
        first: An arm.
        second: Another arm.
        result: Above 0 where the first is preferred, below 0 where the second is, 0 for a tie. Only the sign counts.
            What is neither (both unsafe) is for the caller to leave out or to count as a tie, and to say so.
    """

    reviewer: str
    item: str
    first: str
    second: str
    result: float


class WinTieLoss(NamedTuple):
    """How an arm fares against another; shares of the comparisons, each with a 95 % interval.

    Attributes:
        win: Share in which it is preferred.
        tie: Share of ties.
        loss: Share in which the other is.
        rate: Wins and half of the ties: one half where no arm is better.
        net: Wins minus losses, -1 to 1: 0 where no arm is better.
    """

    win: Clustered
    tie: Clustered
    loss: Clustered
    rate: Clustered
    net: Clustered


def win_tie_loss(comparisons: Iterable[Comparison], arm: str, other: str, *, seed: int = 0) -> WinTieLoss:
    """Wins, ties and losses of an arm against another, whichever of both stands first in a comparison.

    Intervals: :func:`medreason.statistics.cluster.shares`, over reviewers and items. All are drawn together, so wins,
    ties and losses belong to the same draws.

    Args:
        comparisons: All comparisons; those of other arms are passed over.
        arm: The arm.
        other: The arm that it is compared with.
        seed: Of the bootstrap.

    Returns:
        ``nan`` from 0 to 1 (net: -1 to 1) where the two were never compared.

    Raises:
        ValueError: the two are one arm.
    """
    if arm == other:
        raise ValueError(f"{arm!r} cannot be compared with itself")
    rows = [c for c in comparisons if {c.first, c.second} == {arm, other}]
    results = [c.result if c.first == arm else -c.result for c in rows]
    reviewers, items = [c.reviewer for c in rows], [c.item for c in rows]
    table = [[float(r > 0), float(r == 0), float(r < 0), (r > 0) + (r == 0) / 2] for r in results]
    if not rows:
        empty = means([], [], [])[0]
        share = empty._replace(low=0.0, high=1.0)
        return WinTieLoss(share, share, share, share, empty._replace(low=-1.0, high=1.0))
    win, tie, loss, rate = shares(reviewers, items, table, seed=seed)
    net = rate._replace(value=2 * rate.value - 1, low=2 * rate.low - 1, high=2 * rate.high - 1, error=2 * rate.error)
    return WinTieLoss(win, tie, loss, rate, net)
