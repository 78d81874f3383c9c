"""What a set can show, against published values and the exact power by enumeration."""

import math
from functools import cache

import pytest

from medreason.statistics.paired import Pairs, mcnemar
from medreason.statistics.power import chance_level, difference_of_error, paired_difference, unpaired_difference


def exact_power(n: int, discordant: float, difference: float) -> float:
    """Power of the exact test, by enumeration of the discordant pairs and of how they fall."""
    first = (discordant + difference) / (2 * discordant)
    total = 0.0
    for m in range(n + 1):
        weight = math.exp(_log_chance(m, n, discordant))
        if weight < 1e-9:
            continue
        most = _most_for_less(m)
        total += weight * sum(math.exp(_log_chance(k, m, first)) for k in range(m + 1) if min(k, m - k) <= most)
    return total


@cache
def _most_for_less(m: int) -> int:
    """With so many of m discordant pairs on the smaller side the exact test is still below 5 %; -1: never."""
    most = -1
    while most + 1 <= m // 2 and mcnemar(Pairs(0, most + 1, m - most - 1, 0)).p < 0.05:
        most += 1
    return most


def _log_chance(k: int, n: int, p: float) -> float:
    if p >= 1:
        return 0.0 if k == n else -math.inf
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return ways + k * math.log(p) + (n - k) * math.log1p(-p)


@pytest.mark.parametrize(("n", "discordant"), [(103, 0.3), (158, 0.2), (308, 0.1), (308, 0.3)])
def test_the_paired_difference_is_found_with_about_the_power_told(n: int, discordant: float) -> None:
    difference = paired_difference(n, discordant)
    assert 0.70 <= exact_power(n, discordant, difference) <= 0.82
    assert exact_power(n, discordant, 0.5 * difference) < 0.4


def test_the_unpaired_difference_matches_r() -> None:
    # R, help page of power.prop.test: 50 a group from 0.50 with power 0.90 find 0.8026; 76.7 a group find 0.75; 50 a
    # group find 0.75 with power 0.740.
    assert round(0.5 + unpaired_difference(50, 50, 0.5, power=0.9), 4) == 0.8026
    assert 0.5 + unpaired_difference(77, 77, 0.5, power=0.9) < 0.75 < 0.5 + unpaired_difference(76, 76, 0.5, power=0.9)
    assert 0.5 + unpaired_difference(50, 50, 0.5, power=0.740) == pytest.approx(0.75, abs=0.0003)


def test_more_questions_show_smaller_differences() -> None:
    found = [paired_difference(n, 0.3) for n in (50, 103, 308, 1273, 4183)]
    assert found == sorted(found, reverse=True)
    # The large-sample formula: (1.96 + 0.84) sqrt(discordant / n), a little less for the difference itself.
    assert found[-1] == pytest.approx(2.8016 * math.sqrt(0.3 / 4183), rel=0.02)
    assert paired_difference(308, 0.1) < paired_difference(308, 0.4)


def test_a_difference_needs_as_many_discordant_questions() -> None:
    # Where all discordant questions fall one way, the exact test needs six of them: 2 / 2^6 = 0.03.
    few = paired_difference(20, 0.0)
    assert 20 * few > 6
    assert math.isnan(paired_difference(2, 0.1))
    assert math.isnan(unpaired_difference(3, 3, 0.9))
    assert math.isnan(unpaired_difference(0, 3, 0.5))
    assert math.isnan(unpaired_difference(10, 10, 1.0))


def test_chance_counts_each_question_with_its_own_options() -> None:
    assert chance_level([2, 4]) == 0.375
    assert chance_level([5] * 7) == pytest.approx(0.2)
    assert math.isnan(chance_level([]))


def test_a_known_error() -> None:
    assert difference_of_error(0.01) == pytest.approx(0.028016, abs=1e-5)
    assert difference_of_error(0.01, power=0.5) == pytest.approx(0.0196, abs=1e-5)
