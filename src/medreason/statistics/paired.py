"""Two ways of answering the same questions: tests and intervals of their difference.

What it is: formulas on the four counts of a pair, and an exact test for questions with several answers each. What it is
not: a correction for many comparisons (:mod:`medreason.statistics.several`). Questions count as independent, but in
:func:`sign_flip`, which can be given the sums of whole clusters.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from medreason.statistics.chance import DRAWS
from medreason.statistics.rates import Z95, Estimate, wilson

Vector = npt.NDArray[np.float64]
# Above this sum of differences the exact distribution gives way to draws.
MOST_EXACT = 50_000


class Pairs(NamedTuple):
    """Questions by who answers them right.

    Attributes:
        both: Both do.
        first: The first alone.
        second: The second alone.
        neither: Neither does.
    """

    both: int
    first: int
    second: int
    neither: int

    @property
    def n(self) -> int:
        """All questions."""
        return self.both + self.first + self.second + self.neither


class McNemar(NamedTuple):
    """Whether the first is right where the second is wrong as often as the other way round.

    Attributes:
        p: Exact conditional test, two-sided: never anti-conservative.
        mid_p: The same with half of the probability of what was seen: closer to its level, may exceed it a little.
    """

    p: float
    mid_p: float


def mcnemar(found: Pairs) -> McNemar:
    """McNemar's test, exact and mid-p (McNemar, Psychometrika 1947;12:153; Fagerland, Lydersen and Laake, BMC Medical
    Research Methodology 2013;13:91). O(discordant questions)."""
    b, c = found.first, found.second
    n, least = b + c, min(b, c)
    if n == 0:
        return McNemar(1.0, 1.0)
    ways, total = 1, 1
    for k in range(1, least + 1):
        ways = ways * (n - k + 1) // k
        total += ways
    tail, own = total / 2**n, ways / 2**n  # whole numbers: exact to the last digit
    return McNemar(min(1.0, 2 * tail), 1.0 if b == c else 2 * tail - own)


def odds_ratio(found: Pairs) -> Estimate:
    """Questions that the first alone gets right for one that the second alone does; ``n`` counts both.

    ``inf`` where the second has none, ``nan`` where neither has. Interval: exact (Clopper and Pearson, Biometrika
    1934;26:404), so that it leaves 1 out where the exact test finds a difference. O(60 x discordant questions).
    """
    b, n = found.first, found.first + found.second
    if n == 0:
        return Estimate(math.nan, 0.0, math.inf, 0)
    low, high = _clopper_pearson(b, n)
    value = b / found.second if found.second else math.inf
    return Estimate(value, low / (1 - low), high / (1 - high) if high < 1 else math.inf, n)


def _upper_tail(k: int, n: int, p: float) -> float:
    """Probability of k or more of n."""
    if p <= 0 or p >= 1:
        return float(p >= 1 or k == 0)
    logs = [
        math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p) + (n - i) * math.log1p(-p)
        for i in range(k, n + 1)
    ]
    return math.fsum(map(math.exp, logs))


def _clopper_pearson(k: int, n: int) -> tuple[float, float]:
    """The exact 95 % interval of a share, by bisection."""

    def at(k: int, tail: float) -> float:
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if _upper_tail(k, n, middle) < tail else (low, middle)
        return (low + high) / 2

    return (at(k, 0.025) if k else 0.0), (at(k + 1, 0.975) if k < n else 1.0)


def newcombe(found: Pairs) -> Estimate:
    """Difference of the shares right, first minus second, from -1 to 1.

    Interval: both Wilson intervals joined with the correlation of the pair (Newcombe, Statistics in Medicine
    1998;17:2635, method 10). It stays within -1 and 1, and has a width where nobody disagrees. ``nan`` from -1 to 1
    without questions.
    """
    a, b, c, d = found
    n = found.n
    if n == 0:
        return Estimate(math.nan, -1.0, 1.0, 0)
    value = (b - c) / n
    one, two = wilson(a + b, n), wilson(a + c, n)
    phi = _correlation(a, b, c, d)
    return Estimate(
        value,
        max(-1.0, value - _joined(one.value - one.low, two.high - two.value, phi)),
        min(1.0, value + _joined(one.high - one.value, two.value - two.low, phi)),
        n,
    )


def _joined(x: float, y: float, phi: float) -> float:
    return math.sqrt(max(0.0, x * x - 2 * phi * x * y + y * y))


def _correlation(a: int, b: int, c: int, d: int) -> float:
    """Correlation of both answers with Newcombe's correction for continuity; 0 where one is always right or wrong."""
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    if not margins:
        return 0.0
    cross = a * d - b * c
    if cross > 0:
        cross = max(cross - (a + b + c + d) / 2, 0)  # type: ignore[assignment]
    return cross / math.sqrt(margins)


def agresti_min(found: Pairs) -> Estimate:
    """The same difference with the simplest good interval: half a question added to each count, then the usual formula
    (Agresti and Min, Statistics in Medicine 2005;24:729)."""
    b, c, n = found.first, found.second, found.n
    if n == 0:
        return Estimate(math.nan, -1.0, 1.0, 0)
    middle = (b - c) / (n + 2)
    half = Z95 * math.sqrt((b + c + 1) / (n + 2) - middle**2) / math.sqrt(n + 2)
    return Estimate((b - c) / n, max(-1.0, middle - half), min(1.0, middle + half), n)


def sign_flip(differences: Sequence[int], *, seed: int = 0) -> float:
    """Two-sided p of differences whose signs would be heads or tails if there were no difference (Fisher 1935).

    Of differences of -1, 0 and 1 this is McNemar's exact test; with several answers a question, or whole clusters of
    questions, it is the same test on their sums. Exact up to a sum of 50,000; above by 100,000 draws.

    Args:
        differences: Right answers of the first minus those of the second, one number a question or cluster.
        seed: Seed of the draws, where there are any.
    """
    sizes = Counter(abs(d) for d in differences if d)
    far = abs(sum(differences))
    if far == 0:
        return 1.0
    if sum(size * n for size, n in sizes.items()) > MOST_EXACT:
        rng = np.random.Generator(np.random.PCG64(seed))
        drawn = np.zeros(DRAWS)
        for size, n in sorted(sizes.items()):
            drawn += size * (2.0 * rng.binomial(n, 0.5, size=DRAWS) - n)
        return (1 + int(np.count_nonzero(np.abs(drawn) >= far - 1e-9))) / (1 + DRAWS)
    spread = np.ones(1)
    for size, n in sorted(sizes.items()):
        spread = np.convolve(spread, _steps(size, n))
    away = np.abs(np.arange(len(spread)) - len(spread) // 2)
    return min(1.0, float(spread[away >= far].sum()))


def _steps(size: int, n: int) -> Vector:
    """Distribution of the sum of n differences of one size, over -n*size … n*size."""
    chances = [math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2))
               for k in range(n + 1)]  # fmt: skip
    spread = np.zeros(2 * n * size + 1)
    spread[:: 2 * size] = chances
    return spread
