"""Findings counted in several diseases: which shares differ clearly, which lie close; what an answer would tell.

Both kinds of question that compare diseases (``distinguish`` and ``next``) stand on these definitions; they are given
in docs/synthesis.md, and the checker has its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import combinations

from medreason.synth.world import Fact, World

FAR, FAR_P = 0.4, 0.01
NEAR, NEAR_P = 0.15, 0.2
MIN_SHARED = 4


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


@cache
def fisher(k1: int, n1: int, k2: int, n2: int) -> float:
    """Two-sided p of Fisher's exact test: all tables with these margins that are no likelier than this one."""
    total = k1 + k2
    low, high = max(0, total - n2), min(n1, total)
    whole = _log_choose(n1 + n2, total)
    logs = [_log_choose(n1, i) + _log_choose(n2, total - i) - whole for i in range(low, high + 1)]
    own = logs[k1 - low] + 1e-7
    return min(1.0, sum(math.exp(p) for p in logs if p <= own))


def far(a: Fact, b: Fact) -> bool:
    """Whether two counts differ clearly: by 0.4 or more of the patients, with p below 0.01."""
    return abs(a.share - b.share) >= FAR and fisher(a.k, a.n, b.k, b.n) < FAR_P


def near(a: Fact, b: Fact) -> bool:
    """Whether two counts are alike: both seen, within 0.15, with p of 0.2 or more."""
    both = a.present and b.present and a.k > 0 and b.k > 0
    return both and abs(a.share - b.share) <= NEAR and fisher(a.k, a.n, b.k, b.n) >= NEAR_P


def entropy(p: float) -> float:
    """Of a finding that is there with probability ``p``, in bits."""
    return 0.0 if p <= 0 or p >= 1 else -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def gain(shares: Sequence[float]) -> float:
    """Expected information, in bits, about which of equally likely diseases it is, from asking for a finding."""
    return max(0.0, entropy(sum(shares) / len(shares)) - sum(entropy(s) for s in shares) / len(shares))


def bits(value: float) -> str:
    """Bits with two decimals; a value on the edge of rounding goes up, however it was added up."""
    return f"{value + 1e-9:.2f}"


def clean(world: World, diseases: Sequence[int], term: int) -> bool:
    """Whether no disease that has the finding at a low share has a narrower one on record, which would contradict."""
    shares = [world.facts[d][term].share for d in diseases]
    middle = (max(shares) + min(shares)) / 2
    return not any(s < middle and world.present_below(d, term) for d, s in zip(diseases, shares, strict=True))


def alike_pairs(world: World) -> list[tuple[int, int]]:
    """Pairs of diseases that have at least four counted findings in common and bear no equal name."""
    owners: dict[int, list[int]] = {}
    for disease in world.diseases:
        for term in world.counted(disease):
            owners.setdefault(term, []).append(disease)
    shared: dict[tuple[int, int], int] = {}
    for diseases in owners.values():
        for pair in combinations(diseases, 2):
            shared[pair] = shared.get(pair, 0) + 1
    many = sorted(pair for pair, count in shared.items() if count >= MIN_SHARED)
    folded = {d: world.name(d).casefold() for pair in many for d in pair}
    return [(a, b) for a, b in many if world.space[a] == world.space[b] and folded[a] != folded[b]]
