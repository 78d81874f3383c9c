"""The plan: its formula against simulation and limits."""

import math

import numpy as np
import pytest

from medreason.errors import UsageError
from medreason.review.plan import Assumed, cases_for, plan, standard_error
from medreason.statistics.power import difference_of_error


def test_without_clusters_it_is_the_error_of_independent_answers() -> None:
    assert standard_error(50, 5, 2, Assumed(0.2, 0.0, 0.0)) == pytest.approx(math.sqrt(0.8 / 4 / 100))


def test_more_of_anything_is_never_less_precise() -> None:
    base = standard_error(50, 4, 2)
    assert standard_error(100, 4, 2) < base
    assert standard_error(50, 8, 2) < base
    assert standard_error(50, 4, 4) < base


def test_the_formula_is_that_of_a_crossed_random_effects_model() -> None:
    """Simulated means of answers with effects of reviewers and of cases, each case seen by all reviewers."""
    assumed, cases, reviewers = Assumed(0.0, 0.15, 0.25), 30, 6
    rng = np.random.default_rng(5)
    variance = 0.25
    r = rng.normal(0, math.sqrt(variance * 0.15), (20_000, reviewers)).mean(axis=1)
    c = rng.normal(0, math.sqrt(variance * 0.25), (20_000, cases)).mean(axis=1)
    e = rng.normal(0, math.sqrt(variance * 0.60 / (cases * reviewers)), 20_000)
    assert (r + c + e).std() == pytest.approx(standard_error(cases, reviewers, reviewers, assumed), rel=0.02)


def test_a_plan_adds_up() -> None:
    found = plan(60, 4, 2, repeats=0.1, minutes=3)
    assert found.answers == 120
    assert found.per_reviewer == 33
    assert found.minutes == 99
    assert found.width == pytest.approx(2 * 1.959964 * found.error, rel=1e-5)
    assert found.smallest == difference_of_error(found.error)


def test_an_overlap_above_the_reviewers_is_theirs() -> None:
    assert plan(10, 2, 5, repeats=0, minutes=1).overlap == 2


@pytest.mark.parametrize("reviewers", [4, 8, 20])
def test_cases_for_a_width_are_the_fewest(reviewers: int) -> None:
    width = 0.24
    needed = cases_for(width, reviewers, 3)
    assert needed > 1
    target = width / (2 * 1.959963984540054)
    assert standard_error(needed, reviewers, 3) <= target * (1 + 1e-9)
    assert standard_error(needed - 1, reviewers, 3) > target


def test_no_number_of_cases_makes_two_reviewers_enough() -> None:
    assert cases_for(0.1, 2, 2) == 0


@pytest.mark.parametrize("assumed", [Assumed(1.0, 0, 0), Assumed(0, 0.7, 0.4), Assumed(0, -0.1, 0)])
def test_shares_that_cannot_be(assumed: Assumed) -> None:
    with pytest.raises(UsageError):
        standard_error(10, 2, 2, assumed)
    with pytest.raises(UsageError):
        standard_error(0, 2, 2)
