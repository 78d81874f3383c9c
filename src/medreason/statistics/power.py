"""What a set of questions can show at all: the smallest difference it would find, and what guessing reaches.

What it is: planning formulas with normal approximations, good to about a tenth of their value. What it is not: a test
(:mod:`medreason.statistics.paired`), or a statement on a difference that was found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from statistics import NormalDist

POWER, LEVEL = 0.8, 0.05
_NORMAL = NormalDist()


def chance_level(options: Iterable[int]) -> float:
    """Share that guessing gets right: the mean of 1 / options over the questions; ``nan`` without questions."""
    shares = [1 / k for k in options]
    return math.fsum(shares) / len(shares) if shares else math.nan


def paired_difference(n: int, discordant: float, *, power: float = POWER, level: float = LEVEL) -> float:
    """Smallest difference between two on the same questions that a two-sided test finds with the given power.

    Connor, Biometrics 1987;43:207 (formula for McNemar's test), solved for the difference. The exact test finds a
    little less.

    Args:
        n: Questions.
        discordant: Share of them on which the two are expected to differ, 0 to 1; a difference cannot be larger, so
            where the share is too small it grows with the difference.
        power: Chance to find it.
        level: Level of the test.

    Returns:
        A difference of shares, 0 to 1; ``nan`` where even 1 would not be found.
    """
    quantile = _NORMAL.inv_cdf(1 - level / 2)

    def found(difference: float) -> float:
        share = max(discordant, difference)
        spread = math.sqrt(max(share - difference**2, 1e-12))
        return _NORMAL.cdf((difference * math.sqrt(n) - quantile * math.sqrt(share)) / spread)

    return _smallest(found, power, 1.0)


def unpaired_difference(first: int, second: int, share: float, *, power: float = POWER, level: float = LEVEL) -> float:
    """Smallest difference, upwards from a share, between two on different questions that a two-sided test finds.

    Fleiss, Statistical Methods for Rates and Proportions, 1981, chapter 3, without correction for continuity.

    Args:
        first: Questions of the first.
        second: Questions of the second.
        share: Share right of the first, 0 to 1.
        power: Chance to find it.
        level: Level of the test.

    Returns:
        A difference of shares; ``nan`` where even a second who is always right would not be found better.
    """
    quantile = _NORMAL.inv_cdf(1 - level / 2)

    def found(difference: float) -> float:
        other = share + difference
        pooled = (first * share + second * other) / (first + second)
        equal = math.sqrt(pooled * (1 - pooled) * (1 / first + 1 / second))
        spread = math.sqrt(max(share * (1 - share) / first + other * (1 - other) / second, 1e-12))
        return _NORMAL.cdf((difference - quantile * equal) / spread)

    return _smallest(found, power, 1.0 - share) if first and second else math.nan


def difference_of_error(error: float, *, power: float = POWER, level: float = LEVEL) -> float:
    """Smallest difference that is found where its standard error is known, as with several answers a question."""
    return (_NORMAL.inv_cdf(1 - level / 2) + _NORMAL.inv_cdf(power)) * error


def _smallest(found: Callable[[float], float], power: float, most: float) -> float:
    """Where a growing function reaches a power, by bisection; ``nan`` where it does not."""
    if most <= 0 or found(most) < power:
        return math.nan
    low, high = 0.0, most
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) >= power else (middle, high)
    return high
