"""Goodness of fit and guessing rules against exact enumeration and published values."""

from itertools import product
from math import factorial

import pytest

from medreason.statistics import fit, guess, holm


def exact(observed: list[int]) -> float:
    """The probability of counts at least as far from equal ones, by enumeration."""
    n, k = sum(observed), len(observed)
    own = sum((o - n / k) ** 2 for o in observed)
    total = 0.0
    for counts in product(range(n + 1), repeat=k):
        if sum(counts) == n and sum((c - n / k) ** 2 for c in counts) >= own - 1e-9:
            ways = factorial(n)
            for c in counts:
                ways //= factorial(c)
            total += ways / k**n
    return total


@pytest.mark.parametrize("observed", [[4, 4, 4], [7, 3, 2], [10, 1, 1], [2, 5, 5]])
def test_the_fit_agrees_with_enumeration(observed: list[int]) -> None:
    items = [("ABC", key) for key, n in zip("ABC", observed, strict=True) for _ in range(n)]
    assert fit(items).p == pytest.approx(exact(observed), abs=0.006)


def test_the_statistic_is_pearsons() -> None:
    # A die thrown 120 times (a textbook's own numbers would do as well): sum of (o - 20)² / 20.
    observed = dict(zip("123456", [20, 22, 17, 18, 19, 24], strict=True))
    found = fit((tuple(observed), key) for key, n in observed.items() for _ in range(n))
    assert found.statistic == pytest.approx(1.7)
    # 0.05 of the chi-square distribution with five degrees of freedom lies above 11.07; 0.889 above 1.7.
    assert found.p == pytest.approx(0.889, abs=0.01)


def test_items_with_fewer_options_expect_less_of_the_later_letters() -> None:
    items = [(("A", "B"), "A")] * 30 + [(("A", "B"), "B")] * 30 + [(("A", "B", "C", "D"), key) for key in "ABCD"] * 10
    found = fit(items)
    assert found.expected == {"A": 40, "B": 40, "C": 10, "D": 10}
    assert found.statistic == 0
    assert found.p == 1
    assert fit([("AB", "A")] * 40).p < 1e-4
    assert fit(items) == found


def test_a_rule_at_chance_and_one_above() -> None:
    # One of four named each time: right in a quarter of the items, that is chance.
    at_chance = guess([(1, 4, i % 4 == 0) for i in range(80)])
    assert (at_chance.right.value, at_chance.chance, at_chance.p) == (0.25, 0.25, 1)
    above = guess([(1, 4, i % 2 == 0) for i in range(80)])
    assert above.right.value == 0.5
    assert above.p < 1e-4
    # Never right is as telling as often right.
    assert guess([(1, 2, False)] * 20).p < 1e-4


def test_ties_are_shared_out_and_the_test_is_exact_in_the_limit() -> None:
    tied = guess([(2, 4, True), (4, 4, True)])
    assert tied.right.value == (0.5 + 0.25) / 2
    assert guess([(4, 4, True)] * 50).p == 1
    # 9 heads or more of 10, or 1 or fewer: 22 / 1024.
    assert guess([(1, 2, i < 9) for i in range(10)]).p == pytest.approx(22 / 1024, abs=0.002)


def test_holm_matches_his_rule() -> None:
    found = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    # R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
    assert found == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    assert list(found) == ["a", "b", "c", "d"]
    assert holm({"x": 0.7, "y": 0.6})["x"] == 1
    assert holm({}) == {}
