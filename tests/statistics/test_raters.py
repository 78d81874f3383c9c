"""Coefficients of agreement against published worked examples and against their own definition, pair by pair."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medreason.statistics import cohen, fleiss, gwet, kappa, krippendorff, percent_agreement, wilson

N = None
# Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011: sections A (two observers, two values), B (two
# observers, five values) and C (four observers, twelve units, ratings missing). C is also Gwet, Handbook of Inter-Rater
# Reliability, 4th edition 2014, page 120, and cac.raw4raters of his R package irrCAC.
KRIPPENDORFF_A = list(zip([0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0], strict=True))
KRIPPENDORFF_B = list(zip("aabbdcccedda", "babbbccceddd", strict=True))
FOUR: list[list[int | None]] = [
    [1, 1, N, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4], [1, 1, 2, 1],
    [2, 2, 2, 2], [N, 5, 5, 5], [N, N, 1, 1], [N, N, 3, N],
]  # fmt: skip
# Wikipedia, Krippendorff's alpha, a computational example (after Krippendorff 2011): three coders, fifteen units.
CODERS = [
    [N, N, N, N, N, 3, 4, 1, 2, 1, 1, 3, 3, N, 3],
    [1, N, 2, 1, 3, 3, 4, 3, N, N, N, N, N, N, N],
    [N, N, 2, 1, 3, 4, 4, N, 2, 1, 1, 3, 3, N, 4],
]
THREE: list[tuple[int | None, ...]] = list(zip(*CODERS, strict=True))
# Fleiss, Psychological Bulletin 1971;76:378, table 1: 30 patients, six psychiatrists each. Depression, personality
# disorder, schizophrenia, neurosis, other.
PATIENTS = [
    "00060", "03003", "01401", "00006", "03030", "20400", "00402", "20310", "20040", "00006", "10050", "11040", "03300",
    "10050", "02031", "00501", "30012", "51000", "02040", "10203", "00006", "01050", "02013", "20040", "10041", "05010",
    "40002", "02040", "10500", "00006",
]  # fmt: skip
# Wikipedia, Fleiss' kappa, worked example: ten subjects, fourteen raters, five classes.
SUBJECTS = [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1], [7, 7, 0, 0, 0],
            [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]]  # fmt: skip
# R package irrCAC 1.0 (Gwet), vignettes overview and weighting: cont3x3abstractors, 100 pregnancies by two abstractors.
ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]


def of_counts(counts: list[list[int]]) -> list[list[int]]:
    """Labels of each item from how many raters gave each class."""
    return [[k for k, n in enumerate(row) for _ in range(n)] for row in counts]


def of_table(table: list[list[int]]) -> tuple[list[int], list[int]]:
    """Two raters' labels from a square table."""
    cells = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return [i for i, _ in cells], [j for _, j in cells]


DIAGNOSES = of_counts([[int(n) for n in row] for row in PATIENTS])


def test_alpha_matches_krippendorff() -> None:
    assert round(krippendorff(KRIPPENDORFF_A).value, 3) == 0.095
    assert round(krippendorff(KRIPPENDORFF_B).value, 3) == 0.692
    for level, value in [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]:
        assert round(krippendorff(FOUR, level).value, 3) == value  # type: ignore[arg-type]
    assert krippendorff(FOUR).ratings == 40  # the single rating of the last unit has no partner
    assert krippendorff(FOUR).items == 11


def test_alpha_matches_the_three_coders() -> None:
    assert round(krippendorff(THREE).value, 3) == 0.691
    assert round(krippendorff(THREE, "interval").value, 3) == 0.811


def test_alpha_matches_gwets_package() -> None:
    pairs = list(zip(*of_table(ABSTRACTORS), strict=True))
    assert round(krippendorff(pairs).value, 7) == 0.7972585
    assert round(krippendorff(pairs, "interval").value, 7) == 0.8926487  # quadratic weights
    assert round(krippendorff(DIAGNOSES[:15]).value, 7) == 0.4204384  # distrib.6raters


def test_ac_matches_gwet() -> None:
    pairs = list(zip(*of_table(ABSTRACTORS), strict=True))
    assert round(gwet(pairs).value, 7) == 0.8493305
    assert round(gwet(pairs, weights="quadratic").value, 7) == 0.9402369
    six = gwet(DIAGNOSES[:15])
    assert (round(six.value, 7), round(six.observed, 7), round(six.expected, 7)) == (0.4448007, 0.5511111, 0.1914815)
    four = gwet(FOUR)
    assert (round(four.value, 5), round(four.observed, 7), round(four.expected, 7)) == (0.77544, 0.8181818, 0.1903212)
    four = gwet(FOUR, weights="quadratic")
    assert (round(four.value, 3), round(four.observed, 7), round(four.expected, 7)) == (0.914, 0.9753788, 0.7137044)


def test_ac_hangs_on_the_classes_that_there_are() -> None:
    # Recomputed from Gwet 2008's definition: two classes, expected 2 p (1 - p).
    rare = [[1, 1]] * 118 + [[1, 2]] * 5 + [[2, 1]] * 2
    share = (2 * 118 + 7) / 250
    expected = 2 * share * (1 - share)
    assert gwet(rare).value == pytest.approx((118 / 125 - expected) / (1 - expected))
    assert gwet(rare, classes=[1, 2, 3]).value > gwet(rare).value
    assert fleiss(rare).value < 0  # the paradox: 94 % agree
    assert gwet(rare).value > 0.93
    assert fleiss(rare, classes=[1, 2, 3]).value == fleiss(rare).value


def test_fleiss_matches_fleiss() -> None:
    found = fleiss(DIAGNOSES)
    assert (round(found.value, 3), round(found.observed, 3), round(found.expected, 3)) == (0.430, 0.556, 0.220)
    assert (found.items, found.ratings) == (30, 180)


def test_fleiss_matches_the_ten_subjects() -> None:
    found = fleiss(of_counts(SUBJECTS))
    assert (round(found.value, 3), round(found.observed, 3), round(found.expected, 3)) == (0.210, 0.378, 0.213)


def test_fleiss_matches_gwets_package_with_ratings_missing_and_weights() -> None:
    assert round(fleiss(DIAGNOSES[:15]).value, 7) == 0.4139265
    assert round(fleiss(FOUR).value, 5) == 0.76117
    assert round(fleiss(FOUR, weights="quadratic").value, 5) == 0.86494
    assert round(percent_agreement(FOUR).value, 7) == 0.8181818
    assert round(percent_agreement(FOUR, weights="quadratic").value, 7) == 0.9753788


@pytest.mark.parametrize(
    ("table", "weights", "value", "digits"),
    [
        (ABSTRACTORS, "none", 0.7964094, 7),
        (ABSTRACTORS, "quadratic", 0.8921569, 7),
        # Fleiss, Statistical Methods for Rates and Proportions, 1981, table 13.1.
        ([[75, 1, 4], [5, 4, 1], [0, 0, 10]], "none", 0.68, 2),
        # Artstein and Poesio, Computational Linguistics 2008;34:555: the two coders of section 2.
        ([[20, 20], [10, 50]], "none", 0.348, 3),
        # Altman, Practical Statistics for Medical Research, 1991, section 14.3.
        ([[21, 12, 0, 0], [4, 17, 1, 0], [3, 9, 15, 2], [0, 0, 0, 1]], "linear", 0.57, 2),
    ],
)
def test_cohen_matches_published_tables_and_the_other_kappa(
    table: list[list[int]], weights: str, value: float, digits: int
) -> None:
    found = cohen(*of_table(table), weights=weights)  # type: ignore[arg-type]
    assert round(found.value, digits) == value
    other = kappa(table, weights)  # type: ignore[arg-type]
    assert found.value == pytest.approx(other.value)
    # Two ways to the same interval: draws of items, and the large-sample formula.
    assert found.low == pytest.approx(other.low, abs=0.05)
    assert found.high == pytest.approx(other.high, abs=0.05)


some_ratings = st.lists(st.lists(st.sampled_from([1, 2, 3, None]), min_size=1, max_size=4), min_size=2, max_size=9)


def distance(level: str, a: int, b: int, pairable: list[int]) -> float:
    if level == "nominal":
        return float(a != b)
    if level == "interval":
        return float((a - b) ** 2)
    low, high = min(a, b), max(a, b)
    between = sum(low <= x <= high for x in pairable) - (pairable.count(a) + pairable.count(b)) / 2
    return between**2 if a != b else 0.0


@settings(max_examples=60, deadline=None)
@given(some_ratings, st.sampled_from(["nominal", "ordinal", "interval"]))
def test_alpha_is_its_definition_pair_by_pair(ratings: list[list[int | None]], level: str) -> None:
    units = [unit for row in ratings if len(unit := [x for x in row if x is not None]) > 1]
    pairable = [x for unit in units for x in unit]
    found = krippendorff(ratings, level)  # type: ignore[arg-type]
    if len(set(pairable)) < 2:
        assert math.isnan(found.value)
        return
    n = len(pairable)
    seen = sum(
        sum(distance(level, a, b, pairable) for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in units
    )
    chance = sum(distance(level, a, b, pairable) for a, b in permutations(pairable, 2))
    assert found.value == pytest.approx(1 - (seen / n) / (chance / (n * (n - 1))))
    assert (found.items, found.ratings) == (len(units), n)


@settings(max_examples=40, deadline=None)
@given(some_ratings)
def test_observed_agreement_is_its_definition_pair_by_pair(ratings: list[list[int | None]]) -> None:
    units = [unit for row in ratings if len(unit := [x for x in row if x is not None]) > 1]
    found = percent_agreement(ratings)
    if not units:
        assert math.isnan(found.value)
        return
    shares = [sum(a == b for a, b in permutations(u, 2)) / (len(u) * (len(u) - 1)) for u in units]
    assert found.value == pytest.approx(sum(shares) / len(shares))
    assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize("coefficient", [fleiss, gwet, krippendorff])
def test_one_class_is_not_full_agreement(coefficient) -> None:  # type: ignore[no-untyped-def]
    for found in (coefficient([["a", "a"]] * 9), coefficient([["a", "a"]] * 9, classes=["a", "b"])):
        assert math.isnan(found.value)
        assert (found.low, found.high) == (-1, 1)
        assert "all ratings are of one class" in found.why
        assert found.items == 9


@pytest.mark.parametrize("coefficient", [fleiss, gwet, krippendorff, percent_agreement])
@pytest.mark.parametrize("ratings", [[], [["a"], ["b"]], [["a", None], [None, "b"]], [[math.nan, 1.0], [2.0]]])
def test_no_overlap_is_told(coefficient, ratings) -> None:  # type: ignore[no-untyped-def]
    found = coefficient(ratings)
    assert math.isnan(found.value)
    if len({x for row in ratings for x in row}) > 1:
        assert found.why == "no item has two ratings"
    assert (found.items, found.ratings) == (0, 0)


def test_cohen_says_where_it_is_not_defined() -> None:
    assert math.isnan(cohen(["a"] * 5, ["a"] * 5).value)
    assert "one class" in cohen(["a"] * 5, ["a"] * 5, classes=["a", "b"]).why
    assert "two ratings" in cohen(["a", None], [None, "b"]).why
    assert "two ratings" in cohen([], []).why
    with pytest.raises(ValueError, match="2 labels"):
        cohen(["a", "b"], ["a"])


def test_full_agreement_has_a_width() -> None:
    ratings = [["a", "a", "a"]] * 6 + [["b", "b", "b"]] * 4
    for coefficient in (fleiss, gwet, krippendorff, percent_agreement):
        found = coefficient(ratings)
        assert (found.value, found.high, found.why) == (1, 1, "")
        assert found.low == wilson(10, 10).low
    assert cohen(["a", "b"] * 5, ["a", "b"] * 5).low == wilson(10, 10).low


def test_a_rare_class_leaves_no_interval_rather_than_a_narrow_one() -> None:
    found = fleiss([["a", "a"]] * 14 + [["a", "b"]])
    assert found.lost > 0.3  # in so many draws nobody says b
    assert (found.low, found.high) == (-1, 1)
    assert "of the draws are of one class" in found.why
    assert percent_agreement([["a", "a"]] * 14 + [["a", "b"]]).why == ""
    one = krippendorff([["a", "b", "a"]])
    assert (one.low, one.high, one.why) == (-1, 1, "no interval: all ratings are of one item")


def test_intervals_are_of_items_not_of_lists() -> None:
    names = [str(i) for i in range(len(DIAGNOSES))]
    twice = fleiss(DIAGNOSES * 2, clusters=names * 2)
    once = fleiss(DIAGNOSES, clusters=names)
    assert twice[:3] == pytest.approx(once[:3])
    assert twice.items == 30
    alone = fleiss(DIAGNOSES * 2)
    assert alone.high - alone.low < 0.8 * (once.high - once.low)
    assert fleiss(DIAGNOSES) == fleiss(DIAGNOSES)
    assert fleiss(DIAGNOSES, seed=1) != fleiss(DIAGNOSES)


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="order"):
        krippendorff([["low", "high"]], "ordinal")
    with pytest.raises(ValueError, match="order"):
        gwet([["low", "high"]], weights="linear")
    with pytest.raises(ValueError, match="numbers"):
        krippendorff([["low", "high"]], "interval", classes=["low", "high"])
    with pytest.raises(ValueError, match="none of the classes"):
        fleiss([["low", "hihg"]], classes=["low", "high"])
    with pytest.raises(ValueError, match="twice"):
        fleiss([["low", "high"]], classes=["low", "high", "low"])
    with pytest.raises(ValueError, match="clusters"):
        fleiss([["low", "high"]], clusters=["a", "b"])
    ordered = krippendorff([["low", "mid"], ["high", "mid"]] * 4, "ordinal", classes=["low", "mid", "high"])
    assert ordered.value == pytest.approx(krippendorff([[1, 2], [3, 2]] * 4, "ordinal").value)


def test_the_interval_covers_the_truth() -> None:
    """Raters know the class with chance 0.8 and else guess by prevalence: the expected kappa is 0.64."""
    rng = np.random.Generator(np.random.PCG64(11))
    held = runs = 0
    for _ in range(200):
        truth = rng.choice(2, size=40, p=[0.7, 0.3])[:, None]
        ratings = np.where(rng.random((40, 3)) < 0.8, truth, rng.choice(2, size=(40, 3), p=[0.7, 0.3])).tolist()
        found = fleiss(ratings)
        held += found.low <= 0.64 <= found.high
        runs += 1
    assert 0.9 <= held / runs <= 0.99
