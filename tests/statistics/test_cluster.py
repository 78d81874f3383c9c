"""Draws of reviewers and items: exact cases, and coverage of the truth in simulated studies."""

import math
from functools import partial
from statistics import NormalDist

import numpy as np
import pytest

from medreason.statistics import crossed, shares, wilson
from medreason.statistics.cluster import means, percentiles, resample, weighted_means

CDF = NormalDist().cdf


def test_percentiles_leave_out_what_is_not_defined() -> None:
    found = percentiles(np.asarray([math.nan, *range(101), math.nan], dtype=float))
    assert (found.low, found.high) == pytest.approx((2.5, 97.5))
    assert found.lost == pytest.approx(2 / 103)
    assert percentiles(np.full(5, math.nan)).lost == 1
    assert math.isnan(percentiles(np.full(5, math.nan)).low)


def test_a_draw_weighs_answers_by_reviewer_times_item() -> None:
    reviewers, items = ["a", "a", "b", "b"], ["1", "2", "1", "2"]
    weights = resample([reviewers, items], lambda w: w, draws=400, seed=3)
    assert weights.shape == (400, 4)
    assert (weights.sum(axis=1) == 4).all()  # two reviewers times two items
    assert (weights[:, 0] * weights[:, 3] == weights[:, 1] * weights[:, 2]).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(4), abs=0.2)
    one_way = resample([items], lambda w: w, draws=50)
    assert (one_way[:, 0] == one_way[:, 2]).all()


def test_blocks_of_draws_are_all_there() -> None:
    n = 8000  # a block holds 500 draws of so many
    found = resample([[str(i % 100) for i in range(n)]], lambda w: w[:, :1], draws=1100)
    assert found.shape == (1100, 1)
    assert found.mean() == pytest.approx(1, abs=0.1)


def test_the_error_is_owens_on_a_full_table() -> None:
    """Rows alone differ: the variance of the mean is that of the rows' means, columns add nothing."""
    level = dict(zip("abcdef", (0.0, 1.0, 2.0, 3.0, 4.0, 5.0), strict=True))
    found = crossed([(r, str(i), level[r]) for r in level for i in range(20)])
    assert found.value == 2.5
    assert found.error == pytest.approx(math.sqrt(35 / 12 / 6), rel=0.06)
    assert (found.n, found.reviewers, found.items, found.over) == (120, 6, 20, "reviewers and items")


def test_one_reviewer_leaves_items_and_one_of_both_nothing() -> None:
    items = crossed([("r", str(i), float(i % 2)) for i in range(20)])
    assert items.over == "items"
    assert 0.2 < items.low < 0.5 < items.high < 0.8
    assert crossed([(str(r), "i", float(r % 2)) for r in range(20)]).over == "reviewers"
    single = crossed([("r", "i", 1.0)])
    assert (single.value, single.low, single.high, single.over) == (1, -math.inf, math.inf, "")
    none = crossed([])
    assert math.isnan(none.value)
    assert (none.n, none.over) == (0, "")
    with pytest.raises(ValueError, match="one answer each"):
        means(["r"], ["i", "j"], [[1.0]])


def test_shares_stay_between_none_and_all_and_have_a_width() -> None:
    reviewers, items = [r for r in "abc" for _ in range(9)], [str(i) for _ in "abc" for i in range(9)]
    always, never, some = shares(reviewers, items, [[1, 0, i % 3 == 0] for i in range(27)])
    assert (always.value, always.low, always.high) == (1, wilson(9, 9).low, 1)
    assert (never.value, never.low, never.high) == (0, 0, wilson(0, 9).high)
    assert always.over == "items"
    assert 0 <= some.low < some.value < some.high <= 1
    assert shares(["r"], ["i"], [[0.5]])[0][1:3] == (0, 1)


def test_the_result_hangs_on_answers_and_seed_alone() -> None:
    answers = [(r, i, float((ord(r) + int(i)) % 3)) for r in "abcd" for i in "123456"]
    assert crossed(answers) == crossed(answers)
    assert crossed(answers, seed=1) != crossed(answers)
    assert crossed(answers[::-1])[:4] == pytest.approx(crossed(answers)[:4])


def study(rng: np.random.Generator, reviewers: int, items: int, each: int) -> tuple[list[str], list[str], list[float]]:
    """Reviewers and items each with their own leaning; a share of the reviewers sees each item."""
    leaning, appeal = rng.normal(0, 0.4, reviewers), rng.normal(0, 0.6, items)
    who = [r for _ in range(items) for r in rng.permutation(reviewers)[:each]]
    what = [i for i in range(items) for _ in range(each)]
    felt = 0.3 + leaning[who] + appeal[what] + rng.normal(size=len(who))
    result = [1.0 if x > 0.3 else 0.5 if x > -0.3 else 0.0 for x in felt]
    return [str(r) for r in who], [str(i) for i in what], result


TRUE_RATE = (CDF(0.6 / math.sqrt(1.52)) + CDF(0.0)) / 2


@pytest.mark.parametrize(("reviewers", "items", "each"), [(8, 40, 8), (8, 60, 3), (20, 60, 5)])
def test_the_interval_over_both_covers_the_truth_where_others_do_not(reviewers: int, items: int, each: int) -> None:
    rng = np.random.Generator(np.random.PCG64(7))
    both = of_items = naive = 0
    runs = 150
    for _ in range(runs):
        who, what, result = study(rng, reviewers, items, each)
        table = np.asarray(result)[:, None]
        found = means(who, what, table.tolist(), draws=600)[0]
        both += found.low <= TRUE_RATE <= found.high
        drawn = resample([what], partial(weighted_means, values=table), draws=300)[:, 0]
        of_items += percentiles(drawn).low <= TRUE_RATE <= percentiles(drawn).high
        plain = wilson(sum(result), len(result))
        naive += plain.low <= TRUE_RATE <= plain.high
    assert both / runs >= 0.91
    assert of_items / runs < 0.9
    assert naive / runs < 0.9
