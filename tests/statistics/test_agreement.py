"""Agreement against published worked examples, and the coverage of the corrected share."""

import math

import numpy as np
import pytest

from medreason.statistics import Z95, Confusion, kappa, rates, true_share

# Agresti, Categorical Data Analysis, 1990: 91 couples on a four-step scale, husbands by row (from Hout 1987); kappas
# and standard errors as the R package vcd gives them for this table (its example for Kappa).
COUPLES = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]
# Altman, Practical Statistics for Medical Research, 1991, section 14.3 (from Boyd 1982): 85 mammograms, two readers.
MAMMOGRAMS = [[21, 12, 0, 0], [4, 17, 1, 0], [3, 9, 15, 2], [0, 0, 0, 1]]
# Fleiss, Statistical Methods for Rates and Proportions, 1981, table 13.1: 100 patients, two diagnosticians.
DIAGNOSES = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]


def test_kappa_and_its_standard_error_match_the_couples() -> None:
    for weights, value, error in [("none", 0.1293, 0.0686), ("linear", 0.2374, 0.0783)]:
        found = kappa(COUPLES, weights)  # type: ignore[arg-type]
        assert round(found.value, 4) == value
        assert round((found.high - found.low) / 2 / Z95, 4) == error
        assert found.n == 91


def test_kappa_matches_the_mammograms() -> None:
    assert round(kappa(MAMMOGRAMS).value, 2) == 0.47
    assert round(kappa(MAMMOGRAMS, "linear").value, 2) == 0.57
    assert kappa(MAMMOGRAMS, "quadratic").value > kappa(MAMMOGRAMS, "linear").value


def test_kappa_matches_the_diagnoses() -> None:
    assert round(kappa(DIAGNOSES).value, 2) == 0.68


def test_kappa_of_two_classes_needs_no_weights_and_does_not_hang_on_who_comes_first() -> None:
    table = [[40, 9], [6, 45]]
    turned = [[40, 6], [9, 45]]
    assert kappa(table) == kappa(table, "linear") == kappa(table, "quadratic")
    assert kappa(table) == pytest.approx(kappa(turned))


def test_kappa_says_where_it_is_not_defined() -> None:
    assert math.isnan(kappa([[12, 0], [0, 0]]).value)
    assert math.isnan(kappa([[0, 0], [0, 0]]).value)
    assert kappa([[5, 0], [5, 0]]).value == 0
    assert kappa([[5, 0], [0, 5]])[:3] == (1, 1, 1)
    with pytest.raises(ValueError, match="square"):
        kappa([[1, 2, 3], [1, 2, 3]])


def test_the_rates_of_a_test_match_altman_and_bland() -> None:
    # Altman and Bland, BMJ 1994;308:1552 and 309:102: 344 liver scans, 231 right of 258 abnormal, 54 of 86 normal.
    found = rates(Confusion(tp=231, fn=27, fp=32, tn=54))
    told = {"sensitivity": 0.90, "specificity": 0.63, "ppv": 0.88, "npv": 0.67, "prevalence": 0.75}
    for name, value in told.items():
        assert round(getattr(found, name).value, 2) == value
    assert found.accuracy.value == pytest.approx(285 / 344)
    assert found.called_good.n == found.accuracy.n == 344
    assert (found.sensitivity.n, found.specificity.n, found.ppv.n, found.npv.n) == (258, 86, 263, 81)
    balanced = found.balanced_accuracy
    assert balanced.value == pytest.approx((231 / 258 + 54 / 86) / 2)
    # Two independent parts: wider than half of each, narrower than half of their sum.
    widths = [e.high - e.low for e in (found.sensitivity, found.specificity)]
    assert max(widths) / 2 < balanced.high - balanced.low < sum(widths) / 2


def test_rates_without_a_class_are_not_numbers() -> None:
    found = rates(Confusion(tp=7, fn=1, fp=0, tn=0))
    assert math.isnan(found.specificity.value)
    assert (found.specificity.low, found.specificity.high, found.specificity.n) == (0, 1, 0)
    assert math.isnan(found.balanced_accuracy.value)
    assert found.kappa.value == 0


def test_the_corrected_share_matches_the_published_herds() -> None:
    # R package epiR, example of epi.prev: 23 of 150 cows, sensitivity 96 %, specificity 89 %: 5.1 in 100 cows; and
    # Moujaber and others 2008: 6 of 151 children, 96.4 % and 92.7 %: below nothing, hence 0.
    cows = true_share(23, 150, Confusion(tp=96, fn=4, fp=11, tn=89))
    assert round(100 * cows.value, 1) == 5.1
    assert not cows.cut
    children = true_share(6, 151, Confusion(tp=964, fn=36, fp=73, tn=927))
    assert (children.value, children.low, children.cut) == (0.0, 0.0, True)


def test_the_interval_is_agresti_coulls_where_the_judge_is_known_not_to_err() -> None:
    # Brown, Cai and DasGupta 2001 for the interval: (k + z²/2) / (n + z²) ± z standard errors.
    many = 10**9
    found = true_share(60, 200, Confusion(tp=many, fn=0, fp=0, tn=many))
    n = 200 + Z95**2
    centre = (60 + Z95**2 / 2) / n
    half = Z95 * math.sqrt(centre * (1 - centre) / n)
    assert (found.value, found.low, found.high) == pytest.approx((0.3, centre - half, centre + half), abs=1e-6)


def test_a_judge_no_better_than_chance_corrects_nothing() -> None:
    found = true_share(70, 100, Confusion(tp=6, fn=4, fp=6, tn=4))
    assert math.isnan(found.value)
    assert (found.low, found.high) == (0, 1)
    assert "no better than chance" in found.why
    assert "specificity is not known" in true_share(7, 10, Confusion(9, 1, 0, 0)).why
    assert "sensitivity is not known" in true_share(7, 10, Confusion(0, 0, 1, 9)).why
    assert "no verdict" in true_share(0, 0, Confusion(9, 1, 1, 9)).why
    # Barely better than chance: the interval says that hardly anything is known.
    weak = true_share(700, 1000, Confusion(tp=11, fn=1, fp=25, tn=3))
    assert (weak.low, weak.high) == (0, 1)


def covered(share: float, sensitivity: float, specificity: float, labels: int, verdicts: int, runs: int) -> float:
    """Share of simulated studies whose interval holds the true share."""
    rng = np.random.Generator(np.random.PCG64(20260923))
    held = counted = 0
    for _ in range(runs):
        good = int(rng.binomial(labels, share))
        tp = int(rng.binomial(good, sensitivity))
        tn = int(rng.binomial(labels - good, specificity))
        called = int(rng.binomial(verdicts, share * sensitivity + (1 - share) * (1 - specificity)))
        found = true_share(called, verdicts, Confusion(tp, good - tp, labels - good - tn, tn))
        if not found.why:
            counted += 1
            held += found.low <= share <= found.high
    assert counted > 0.9 * runs
    return held / counted


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8, 0.95])
@pytest.mark.parametrize(("sensitivity", "specificity"), [(0.95, 0.9), (0.9, 0.6), (0.7, 0.75)])
@pytest.mark.parametrize(("labels", "verdicts"), [(100, 1000), (400, 5000)])
def test_the_interval_covers_the_truth(
    share: float, sensitivity: float, specificity: float, labels: int, verdicts: int
) -> None:
    assert covered(share, sensitivity, specificity, labels, verdicts, 2000) >= 0.93


def test_the_uncorrected_share_does_not_cover_the_truth() -> None:
    """What the correction is for: with these errors the verdicts alone are far off."""
    found = true_share(620, 1000, Confusion(tp=90, fn=10, fp=20, tn=80))
    assert found.value == pytest.approx(0.6)
    far = true_share(890, 1000, Confusion(tp=95, fn=5, fp=60, tn=40))
    assert far.called.low > far.value
