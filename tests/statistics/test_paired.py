"""Paired comparisons against published examples, enumeration, and simulated coverage."""

import math
from itertools import product

import numpy as np
import pytest

from medreason.statistics.paired import Pairs, agresti_min, mcnemar, newcombe, odds_ratio, sign_flip

# Fagerland, Lydersen and Laake, BMC Medical Research Methodology 2013;13:91, tables 1 and 2 (from Bentur and others
# 2009, airway hyper-responsiveness before and after; Cavo and others 2012, complete response before and after).
AIRWAYS, RESPONSE = Pairs(1, 1, 7, 12), Pairs(59, 6, 16, 80)
# Agresti, Categorical Data Analysis, 1990, section 10.1: approval of a prime minister in two surveys of 1,600.
APPROVAL = Pairs(794, 150, 86, 570)
# Agresti, An Introduction to Categorical Data Analysis, 2nd edition 2007, section 8.1: pay higher taxes, or cut living
# standards, for the environment; 1,144 of the General Social Survey.
ENVIRONMENT = Pairs(227, 132, 107, 678)
# Fisher, The Design of Experiments, 1935, section 21: Darwin's 15 pairs of maize plants, in eighths of an inch.
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


@pytest.mark.parametrize(("table", "exact", "mid"), [(AIRWAYS, 0.070, 0.039), (RESPONSE, 0.052, 0.035)])
def test_exact_and_mid_p_match_fagerland(table: Pairs, exact: float, mid: float) -> None:
    found = mcnemar(table)
    assert (round(found.p, 3), round(found.mid_p, 3)) == (exact, mid)


def test_the_interval_matches_fagerland() -> None:
    # Fagerland, Lydersen and Laake, Statistics in Medicine 2014;33:2850: Newcombe square-and-add for the airways.
    found = newcombe(AIRWAYS)
    assert (round(found.value, 3), round(found.low, 3), round(found.high, 3)) == (-0.286, -0.507, -0.026)


def test_agrestis_surveys() -> None:
    # He gives z² = 17.36 on 236 discordant pairs, the difference 0.04 with (0.02, 0.06).
    table = APPROVAL
    assert round((table.first - table.second) ** 2 / (table.first + table.second), 2) == 17.36
    for found in (newcombe(table), agresti_min(table)):
        assert (round(found.value, 2), round(found.low, 2), round(found.high, 2)) == (0.04, 0.02, 0.06)
    exact = mcnemar(table)
    # z = 4.17: two-sided 3.1e-5 by the normal approximation.
    assert exact.mid_p == pytest.approx(3.1e-5, rel=0.1)
    assert odds_ratio(table).value == pytest.approx(150 / 86)


def test_agrestis_environment() -> None:
    # He gives 0.314 - 0.292 = 0.022 with (-0.004, 0.048), and z = 1.62: two-sided 0.11.
    found = agresti_min(ENVIRONMENT)
    assert (round(found.value, 3), round(found.high, 3)) == (0.022, 0.048)
    assert found.low == pytest.approx(-0.004, abs=0.001)
    assert newcombe(ENVIRONMENT)[:3] == pytest.approx(found[:3], abs=0.001)
    assert round(mcnemar(ENVIRONMENT).mid_p, 2) == 0.11
    assert round(odds_ratio(ENVIRONMENT).value, 2) == 1.23


def test_the_exact_test_and_its_interval_agree() -> None:
    for first, second in [(0, 5), (0, 6), (1, 7), (2, 10), (3, 3), (15, 4), (60, 40), (60, 38)]:
        found, odds = mcnemar(Pairs(9, first, second, 9)), odds_ratio(Pairs(9, first, second, 9))
        assert (found.p < 0.05) == (not odds.low <= 1 <= odds.high), (first, second)
        assert found.mid_p <= found.p
        turned = mcnemar(Pairs(9, second, first, 9))
        assert turned == found
    assert odds_ratio(Pairs(0, 0, 6, 0))[:2] == (0, 0)
    assert odds_ratio(Pairs(0, 6, 0, 0)).high == math.inf
    assert math.isnan(odds_ratio(Pairs(5, 0, 0, 5)).value)
    assert mcnemar(Pairs(5, 0, 0, 5)).p == 1


def test_large_tables_stay_exact() -> None:
    assert mcnemar(Pairs(0, 5000, 5000, 0)).p == 1
    assert 0 < mcnemar(Pairs(0, 2000, 1000, 0)).p < 1e-70


@pytest.mark.parametrize("interval", [newcombe, agresti_min])
def test_edges_of_the_intervals(interval) -> None:  # type: ignore[no-untyped-def]
    assert math.isnan(interval(Pairs(0, 0, 0, 0)).value)
    same = interval(Pairs(20, 0, 0, 10))
    assert same.low < same.value == 0 < same.high
    for table in (Pairs(0, 7, 0, 0), Pairs(0, 0, 7, 0), Pairs(1, 0, 0, 0), Pairs(3, 50, 1, 2)):
        found = interval(table)
        assert -1 <= found.low <= found.value <= found.high <= 1
        turned = interval(Pairs(table.both, table.second, table.first, table.neither))
        assert (turned.value, turned.low, turned.high) == pytest.approx((-found.value, -found.high, -found.low))


def covered(interval, first: float, second: float, overlap: float, n: int) -> float:  # type: ignore[no-untyped-def]
    """Share of 2,000 simulated studies whose interval holds the true difference."""
    rng = np.random.Generator(np.random.PCG64(20261123))
    held = 0
    for row in rng.multinomial(n, [overlap, first - overlap, second - overlap, 1 - first - second + overlap], 2000):
        found = interval(Pairs(*map(int, row)))
        held += found.low <= first - second <= found.high
    return held / 2000


@pytest.mark.parametrize("n", [20, 103, 308])
@pytest.mark.parametrize(
    ("first", "second", "overlap"), [(0.6, 0.6, 0.5), (0.6, 0.5, 0.4), (0.17, 0.15, 0.1), (0.95, 0.9, 0.88)]
)
def test_newcombes_interval_covers_the_truth(first: float, second: float, overlap: float, n: int) -> None:
    # With few discordant pairs it is wider than it need be, never narrower.
    assert 0.935 <= covered(newcombe, first, second, overlap, n) <= (0.985 if n > 20 else 1)


def test_sign_flips_match_fishers_maize() -> None:
    # Fisher counts 863 of 32,768 sums that are as large, 1,726 with the other tail: 5.267 %.
    assert sum(MAIZE) == 314
    assert round(sign_flip(MAIZE) * 2**15) == 1726
    assert round(100 * sign_flip(MAIZE), 3) == 5.267


def test_sign_flips_match_enumeration_and_mcnemar() -> None:
    differences = [3, -1, 2, 0, 5, 2, -4, 1]
    far = abs(sum(differences))
    sums = [sum(s * d for s, d in zip(signs, differences, strict=True)) for signs in product((1, -1), repeat=8)]
    assert sign_flip(differences) == pytest.approx(sum(abs(s) >= far for s in sums) / 2**8)
    for table in (AIRWAYS, RESPONSE, APPROVAL):
        flipped = sign_flip([1] * table.first + [-1] * table.second + [0] * table.both)
        assert flipped == pytest.approx(mcnemar(table).p, rel=1e-9)
    assert sign_flip([]) == sign_flip([0, 0]) == sign_flip([2, -2]) == 1


def test_sign_flips_of_large_sums_are_drawn() -> None:
    rng = np.random.Generator(np.random.PCG64(5))
    small = [int(d) for d in rng.integers(-6, 8, 300)]
    exact = sign_flip(small)
    assert 0.001 < exact < 0.5
    assert sign_flip([1000 * d for d in small]) == pytest.approx(exact, abs=0.01)
    assert sign_flip([1000 * d for d in small]) == sign_flip([1000 * d for d in small])


def test_the_exact_test_keeps_its_level() -> None:
    """Of studies without a difference at most 5 % are called different, by enumeration of 30 discordant pairs."""
    chances = [math.comb(30, k) / 2**30 for k in range(31)]
    wrong = sum(c for k, c in enumerate(chances) if mcnemar(Pairs(0, k, 30 - k, 0)).p < 0.05)
    assert 0.02 < wrong <= 0.05
