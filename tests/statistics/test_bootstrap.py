"""The bootstrap against published examples; draws differ, so published values are met within their spread.

Examples of Efron and Tibshirani, An Introduction to the Bootstrap, 1993 (law school, patch and spatial data; mice). The
data are theirs to the digit. Standard errors and interval ends depend on random draws, theirs on some hundred or
thousand, so they are compared within a tolerance that the tests state.
"""

import math

import numpy as np
import pytest

from medreason.statistics.bootstrap import Matrix, Vector, bootstrap, paired_bootstrap

LSAT = np.asarray([576, 635, 558, 578, 666, 580, 555, 661, 651, 605, 653, 575, 545, 572, 594], dtype=float)
GPA = np.asarray(
    [3.39, 3.30, 2.81, 3.03, 3.44, 3.07, 3.00, 3.43, 3.36, 3.13, 3.12, 2.74, 2.76, 2.88, 2.96], dtype=float
)
# Patch data: old patch minus placebo, and new minus old, of the same eight subjects.
OLD = np.asarray([8406, 2342, 8187, 8459, 4795, 3516, 4796, 10238], dtype=float)
NEW = np.asarray([-1200, 2601, -2705, 1982, -1290, 351, -638, -2719], dtype=float)
# Spatial data, test A, of 26 children.
SPATIAL = np.asarray(
    [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41], dtype=float
)
MICE = np.asarray([94, 197, 16, 38, 99, 141, 23], dtype=float)


def correlation(w: Matrix) -> Vector:
    n = w.sum(axis=1)
    x, y = w @ LSAT / n, w @ GPA / n
    spread = np.sqrt((w @ LSAT**2 / n - x**2) * (w @ GPA**2 / n - y**2))
    return np.asarray((w @ (LSAT * GPA) / n - x * y) / spread)


def test_law_school() -> None:
    # Correlation 0.776 (section 3.3), standard error 0.132 with 3,200 draws (table 6.1); 90 % BCa interval 0.43 to 0.92
    # (Efron and Tibshirani, Statistical Science 1986;1:54, table 5).
    found = bootstrap([1] * 15, correlation, level=0.9)
    assert round(found.value, 3) == 0.776
    assert found.error == pytest.approx(0.132, abs=0.006)
    assert (found.low, found.high) == pytest.approx((0.43, 0.92), abs=0.02)
    assert found.n == 15


def test_the_patch_is_a_ratio_of_paired_differences() -> None:
    # Table 10.1: means 6342 and -452.3, ratio -0.0713; standard error 0.105 with 400 draws (section 10.3).
    assert (round(OLD.mean()), round(NEW.mean(), 1)) == (6342, -452.2)
    found = bootstrap([1] * 8, lambda w: (w @ NEW) / (w @ OLD))
    assert round(found.value, 4) == -0.0713
    assert found.error == pytest.approx(0.105, abs=0.01)
    assert found.low < found.value < found.high


def test_the_spatial_variance_and_what_bca_is_for() -> None:
    # Section 14.2, table 14.2: 171.5; 90 % percentile interval 100.8 to 233.9, BCa 115.8 to 259.6.
    def variance(w: Matrix) -> Vector:
        n = w.sum(axis=1)
        return np.asarray(w @ SPATIAL**2 / n - (w @ SPATIAL / n) ** 2)

    percentile = bootstrap([1] * 26, variance, level=0.9, method="percentile", draws=40_000)
    bca = bootstrap([1] * 26, variance, level=0.9, draws=40_000)
    assert round(bca.value, 1) == 171.5
    assert (percentile.low, percentile.high) == pytest.approx((100.8, 233.9), abs=4)
    assert (bca.low, bca.high) == pytest.approx((115.8, 259.6), abs=4)


def test_the_mean_of_the_mice() -> None:
    # Table 2.1: mean 86.86; with infinitely many draws the standard error of the mean is 23.36.
    found = bootstrap([1] * 7, lambda w: w @ MICE / w.sum(axis=1), draws=40_000)
    assert round(found.value, 2) == 86.86
    assert found.error == pytest.approx(23.36, abs=0.4)


def test_equal_cases_may_be_counted() -> None:
    values = np.asarray([1.0] * 30 + [-1.0] * 12 + [0.0] * 58)
    one_by_one = bootstrap([1] * 100, lambda w: w @ values / 100, method="percentile", draws=40_000)
    kinds = np.asarray([1.0, -1.0, 0.0])
    counted = bootstrap([30, 12, 58], lambda w: w @ kinds / 100, method="percentile", draws=40_000)
    assert counted[:3] == pytest.approx(one_by_one[:3], abs=0.011)
    assert counted.error == pytest.approx(one_by_one.error, rel=0.03)
    bca = bootstrap([30, 12, 58], lambda w: w @ kinds / 100)
    assert bca[:3] == pytest.approx(bootstrap([1] * 100, lambda w: w @ values / 100)[:3], abs=0.011)


def test_paired_differences() -> None:
    pairs = [(f"q{i}", d) for i, d in enumerate([1.0] * 30 + [-1.0] * 12 + [0.0] * 58)]
    found = paired_bootstrap(pairs)
    assert found.value == 0.18
    # The large-sample interval: 0.18 ± 1.96 sqrt(0.42 - 0.18²) / 10.
    half = 1.96 * math.sqrt(0.42 - 0.18**2) / 10
    assert (found.low, found.high) == pytest.approx((0.18 - half, 0.18 + half), abs=0.011)
    assert paired_bootstrap(reversed(pairs)) == found
    assert paired_bootstrap((name.upper(), d) for name, d in pairs) == found
    assert paired_bootstrap(pairs, seed=1) != found
    assert paired_bootstrap(pairs, method="bca")[:3] == pytest.approx(found[:3], abs=0.011)


def test_clusters_widen_the_interval() -> None:
    alone = [(str(i), d) for i, d in enumerate([1.0] * 40 + [0.0] * 60)]
    together = [(str(i // 10), d) for i, d in enumerate([1.0] * 40 + [0.0] * 60)]
    wide, narrow = paired_bootstrap(together), paired_bootstrap(alone)
    assert wide.value == narrow.value == 0.4
    assert (wide.n, narrow.n) == (10, 100)
    assert wide.error == pytest.approx(narrow.error * math.sqrt(10), rel=0.05)


def test_edges() -> None:
    assert math.isnan(paired_bootstrap([]).value)
    one = paired_bootstrap([("a", 0.5), ("a", 0.0)])
    assert (one.value, one.low, one.high, one.n) == (0.25, 0.25, 0.25, 1)
    assert math.isnan(one.error)
    same = paired_bootstrap([("a", 0.5), ("b", 0.5)], method="bca")
    assert (same.low, same.high, same.error) == (0.5, 0.5, 0)
    skewed = paired_bootstrap([("a", 1.0), *((str(i), 0.0) for i in range(40))], method="bca")
    assert 0 <= skewed.low <= skewed.value <= skewed.high <= 1


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_clustered_intervals_cover_the_truth(method) -> None:  # type: ignore[no-untyped-def]
    """60 clusters of one to nine questions that are alike, five samples each; 400 studies, one seed."""
    rng = np.random.Generator(np.random.PCG64(20261123))
    held = naive = 0
    for study in range(400):
        rows = []
        for cluster in range(60):
            shift = rng.normal(0, 0.25)
            for _ in range(int(rng.integers(1, 10))):
                first, second = np.clip([0.5, 0.55 + shift], 0, 1)
                rows.append((str(cluster), float(rng.binomial(5, second) - rng.binomial(5, first)) / 5))
        found = paired_bootstrap(rows, method=method, draws=500, seed=study)
        truth = TRUTH - 0.5
        held += found.low <= truth <= found.high
        apart = paired_bootstrap([(str(i), d) for i, (_, d) in enumerate(rows)], draws=500, seed=study)
        naive += apart.low <= truth <= apart.high
    assert 0.92 <= held / 400 <= 0.98
    assert naive < held - 40, "questions that hang together are not independent"


def clipped(middle: float, spread: float) -> float:
    """Mean of a normal variable cut to 0 … 1."""

    def cdf(x: float) -> float:
        return (1 + math.erf(x / math.sqrt(2))) / 2

    def pdf(x: float) -> float:
        return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)

    low, high = -middle / spread, (1 - middle) / spread
    return middle * (cdf(high) - cdf(low)) + spread * (pdf(low) - pdf(high)) + 1 - cdf(high)


TRUTH = clipped(0.55, 0.25)
