"""Numbers behind the criteria: Fisher's exact test in whole numbers, expected information, what counts as alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

LEAST_PATIENTS = 10
FAR, FAR_P = Fraction(2, 5), Fraction(1, 100)
NEAR, NEAR_P = Fraction(3, 20), Fraction(1, 5)
MUCH, LITTLE = 0.15, 0.03


class Count(NamedTuple):
    """So many of so many patients."""

    k: int
    n: int

    @property
    def share(self) -> Fraction:
        """Share of patients, exact."""
        return Fraction(self.k, self.n)


@lru_cache(maxsize=65536)
def fisher(a: Count, b: Count) -> Fraction:
    """Two-sided p of Fisher's exact test, in exact arithmetic."""
    total = a.k + b.k
    ways = {i: math.comb(a.n, i) * math.comb(b.n, total - i) for i in range(max(0, total - b.n), min(a.n, total) + 1)}
    return Fraction(sum(w for w in ways.values() if w <= ways[a.k]), math.comb(a.n + b.n, total))


def far(a: Count, b: Count) -> bool:
    """Two counts differ clearly."""
    return abs(a.share - b.share) >= FAR and fisher(a, b) < FAR_P


def near(a: Count, b: Count) -> bool:
    """Two counts, both above zero, are alike."""
    return a.k > 0 and b.k > 0 and abs(a.share - b.share) <= NEAR and fisher(a, b) >= NEAR_P


def bits(counts: Sequence[Count]) -> float:
    """Expected information from asking for the finding, the diseases equally likely: entropy of the mean less the mean
    entropy, in bits."""
    shares = [float(c.share) for c in counts]
    return _entropy(sum(shares) / len(shares)) - math.fsum(map(_entropy, shares)) / len(shares)


def _entropy(p: float) -> float:
    return -math.fsum(q * math.log2(q) for q in (p, 1 - p) if q > 0)
