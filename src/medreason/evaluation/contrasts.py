"""How one run did, and how two differ, on one list of questions: numbers alone, before any correction.

Single answers to questions that stand for themselves are counted (Wilson, Newcombe, McNemar). Where questions have
several samples or hang together in clusters, whole clusters are drawn (bootstrap) or turned round (sign-flip test).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from medreason.evaluation.runs import Asked
from medreason.statistics import Estimate, wilson
from medreason.statistics.bootstrap import paired_bootstrap
from medreason.statistics.paired import Pairs, mcnemar, newcombe, sign_flip
from medreason.statistics.power import difference_of_error, paired_difference

FULL, CLEAN = "full", "clean"
POOLED, MACRO = "pooled", "macro"
LEVEL = 0.05
# Below so many questions or clusters a bootstrap interval is too narrow, and says so.
FEW = 20


class Score(NamedTuple):
    """How one run did on one scope.

    Attributes:
        scope: Task, :data:`POOLED` or :data:`MACRO`.
        subset: :data:`FULL` or :data:`CLEAN`.
        run: Its name.
        accuracy: Share right, of all questions; unreadable outputs are wrong.
        outputs: Outputs behind it.
        unread: Of them, those that could not be read.
        reasons: Why, with counts.
    """

    scope: str
    subset: str
    run: str
    accuracy: Estimate
    outputs: int
    unread: int
    reasons: dict[str, int]


class Contrast(NamedTuple):
    """The difference of two runs on one scope: ``second`` minus ``first``, in shares.

    Attributes:
        scope: Task, :data:`POOLED` or :data:`MACRO`.
        subset: :data:`FULL` or :data:`CLEAN`.
        first: Name of the run that the other is compared with.
        second: Name of the other.
        difference: With Newcombe's interval; with samples or clusters the bootstrap's; over tasks joined (macro).
        only_first: Questions on which the first does better.
        only_second: Questions on which the second does better.
        bootstrap: Interval of the paired bootstrap over clusters; None for the macro average.
        p: McNemar's exact test; with samples or clusters the sign-flip test, which is the same for single answers;
            None for the macro average.
        corrected: p corrected by Holm over all tasks and pairs of the subset (pooled: over pairs).
        smallest: Smallest difference that these questions show with a chance of 80 %; ``nan`` where there is none.
        clusters: What was drawn from.
    """

    scope: str
    subset: str
    first: str
    second: str
    difference: Estimate
    only_first: int
    only_second: int
    bootstrap: Estimate | None
    p: float | None
    corrected: float | None
    smallest: float
    clusters: int

    @property
    def shown(self) -> bool:
        """Whether a difference is shown: after correction, or by its interval where there is no test."""
        if self.corrected is None:
            return not self.difference.low <= 0 <= self.difference.high
        return self.corrected < LEVEL


def single(asked: Sequence[Asked]) -> bool:
    """Whether every question has one output and stands for itself, so that counts say everything."""
    return all(a.samples == 1 for a in asked) and len({a.cluster for a in asked}) == len(asked)


def accuracy_of(asked: Sequence[Asked], *, seed: int = 0) -> Estimate:
    """Share right: Wilson's interval for single answers, else a bootstrap over clusters; ``n`` counts questions.

    Where all clusters score alike the bootstrap has no width; the interval is then Wilson's over the clusters.
    """
    if single(asked):
        return wilson(sum(a.right for a in asked), len(asked))
    found = paired_bootstrap([(a.cluster, a.score) for a in asked], seed=seed)
    if found.low == found.high:
        return wilson(found.value * found.n, found.n)._replace(n=len(asked))
    return Estimate(found.value, found.low, found.high, len(asked))


def joined(parts: Sequence[Estimate], least: float) -> Estimate:
    """Mean of independent estimates, each weighing the same, with their intervals joined (Zou and Donner 2008).

    Args:
        parts: At least one.
        least: The lowest value there can be, 0 for shares and -1 for differences; the highest is 1.
    """
    n, value = len(parts), math.fsum(e.value for e in parts) / len(parts)
    below = math.sqrt(math.fsum((e.value - e.low) ** 2 for e in parts)) / n
    above = math.sqrt(math.fsum((e.high - e.value) ** 2 for e in parts)) / n
    return Estimate(value, max(least, value - below), min(1.0, value + above), n)


def macro_contrast(told: tuple[str, str, str, str], parts: Sequence[Contrast]) -> Contrast:
    """The mean difference over tasks: no single test, so its interval decides."""
    smallest = math.sqrt(math.fsum(c.smallest**2 for c in parts)) / len(parts)
    only = (sum(c.only_first for c in parts), sum(c.only_second for c in parts))
    difference = joined([c.difference for c in parts], -1.0)
    return Contrast(*told, difference, *only, None, None, None, smallest, sum(c.clusters for c in parts))


def contrast(told: tuple[str, str, str, str], pairs: Sequence[tuple[Asked, Asked]], *, seed: int = 0) -> Contrast:
    """The difference of two runs on the same questions, before correction.

    Args:
        told: Scope, subset, name of the first, name of the second.
        pairs: Each question as the first and as the second answered it; at least one.
        seed: Of the bootstrap.
    """
    drawn = paired_bootstrap([(a.cluster, b.score - a.score) for a, b in pairs], seed=seed)
    bootstrap = Estimate(drawn.value, drawn.low, drawn.high, len(pairs))
    table = Pairs(
        both=sum(a.score == b.score and a.right > 0 for a, b in pairs),
        first=sum(b.score > a.score for a, b in pairs),
        second=sum(a.score > b.score for a, b in pairs),
        neither=sum(a.score == b.score and a.right == 0 for a, b in pairs),
    )
    if all(single([pair[side] for pair in pairs]) for side in (0, 1)):
        difference, p = newcombe(table), mcnemar(table).p
        smallest = paired_difference(len(pairs), (table.first + table.second + 1) / (len(pairs) + 2))
    else:
        sums = _cluster_sums(pairs)
        p = sign_flip(list(sums.values()), seed=seed)
        difference = bootstrap if drawn.low < drawn.high else newcombe(_alike(drawn.n, drawn.value))
        smallest = _smallest_of_clusters(pairs, sums)
    return Contrast(
        *told, difference, table.second, table.first, bootstrap, p, None, smallest, len({a.cluster for a, _ in pairs})
    )  # fmt: skip


def _alike(clusters: int, value: float) -> Pairs:
    """A table of clusters that all show one difference, for an interval that is not without width."""
    ahead = round(abs(value) * clusters)
    rest = clusters - ahead
    return Pairs(rest // 2, ahead if value > 0 else 0, ahead if value < 0 else 0, rest - rest // 2)


def _unit(pairs: Sequence[tuple[Asked, Asked]]) -> int:
    """Into how many parts a question is cut so that every score is a whole number of them."""
    return math.lcm(*{asked.samples for pair in pairs for asked in pair})


def _cluster_sums(pairs: Sequence[tuple[Asked, Asked]]) -> dict[str, int]:
    unit = _unit(pairs)
    sums: Counter[str] = Counter()
    for a, b in pairs:
        sums[a.cluster] += b.right * unit // b.samples - a.right * unit // a.samples
    return dict(sums)


def _smallest_of_clusters(pairs: Sequence[tuple[Asked, Asked]], sums: Mapping[str, int]) -> float:
    """From the spread of the cluster sums if there were no difference; one question more is taken to differ."""
    unit = _unit(pairs)
    error = math.sqrt(math.fsum((s / unit) ** 2 for s in sums.values()) + 1) / (len(pairs) + 2)
    found = difference_of_error(error)
    return found if found <= 1 else math.nan
