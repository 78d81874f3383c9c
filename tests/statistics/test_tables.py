"""Prevalence, cross tables, and reviewers against themselves."""

import math

import pytest

from medreason.statistics import coincidences, consistency, cross_table, krippendorff, prevalence, wilson

# Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011, section C, and its matrix of coincidences.
N = None
FOUR: list[list[int | None]] = [
    [1, 1, N, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4], [1, 1, 2, 1],
    [2, 2, 2, 2], [N, 5, 5, 5], [N, N, 1, 1], [N, N, 3, N],
]  # fmt: skip
MIRROR = {"left": "right", "tie": "tie", "right": "left"}
STEPS = {"much left": "much right", "left": "right", "tie": "tie", "right": "left", "much right": "much left"}


def test_coincidences_match_krippendorff() -> None:
    found = coincidences(FOUR)
    third, fourth = 1 / 3, 4 / 3
    expected = [[7, fourth, third, third, 0], [fourth, 10, fourth, third, 0], [third, fourth, 8, third, 0],
                [third, third, third, 4, 0], [0, 0, 0, 0, 3]]  # fmt: skip
    assert found.classes == (1, 2, 3, 4, 5)
    for row, other in zip(found.counts, expected, strict=True):
        assert row == pytest.approx(other)
    assert found.left_out == 1
    assert sum(map(sum, found.counts)) == pytest.approx(krippendorff(FOUR).ratings)


def test_cross_tables_keep_who_said_what() -> None:
    found = cross_table(["a", "a", "b", None, "b"], ["a", "b", "b", "b", None], classes=["a", "b", "c"])
    assert found.counts == ((1, 1, 0), (0, 1, 0), (0, 0, 0))
    assert found.left_out == 2
    assert cross_table([], []).counts == ()
    with pytest.raises(ValueError, match="none of the classes"):
        cross_table(["d"], ["a"], classes=["a", "b"])
    with pytest.raises(ValueError, match="1 labels"):
        cross_table(["a"], ["a", "b"])


def test_prevalence_counts_every_item_once() -> None:
    found = {
        used.label: used for used in prevalence([["a", "a", "a", "b"], ["b"], [None]] * 5, classes=["a", "b", "c"])
    }
    assert found["a"].ratings == 15
    assert found["a"].share.value == pytest.approx((3 / 4 + 0) / 2)
    assert found["a"].share.n == 10
    assert found["a"].share.low < 0.375 < found["a"].share.high
    assert (found["c"].ratings, found["c"].share) == (0, wilson(0, 10))
    assert prevalence([["a"]] * 4)[0].share == wilson(4, 4)
    empty = prevalence([[None]], classes=["a"])[0]
    assert math.isnan(empty.share.value)
    assert empty.share[1:] == (0, 1, 0)


def test_prevalence_takes_items_whole() -> None:
    rows, names = [["a", "b"], ["a", "a"], ["b", "b"], ["a", "a"]], ["1", "2", "3", "4"]
    assert prevalence(rows * 3, clusters=names * 3)[0].share == pytest.approx(prevalence(rows, clusters=names)[0].share)


def test_a_steady_reviewer_is_told_from_one_who_looks_at_the_side() -> None:
    steady = consistency([("r", "left", "right"), ("r", "right", "left"), ("r", "tie", "tie")] * 4, MIRROR)
    assert steady.same == wilson(12, 12)
    assert steady.same_side == wilson(0, 8)
    assert steady.kappa.value == 1
    assert steady.kappa.low == wilson(12, 12).low
    habit = consistency([("r", "left", "left"), ("r", "right", "right"), ("r", "left", "left")] * 4, MIRROR)
    assert habit.same.value == 0
    assert habit.same_side == wilson(12, 12)
    assert habit.kappa.value < 0
    assert (habit.repeats, habit.reviewers) == (12, 1)


def test_a_change_of_degree_is_not_a_change_of_arm() -> None:
    found = consistency([("r", "much left", "right"), ("r", "left", "much right"), ("r", "left", "right")] * 3, STEPS)
    assert found.same.value == pytest.approx(1 / 3)
    assert found.same_side.value == 0
    milder = consistency(
        [("r", "much left", "right"), ("r", "right", "left"), ("r", "tie", "tie")] * 3, STEPS, "linear"
    )
    stricter = consistency([("r", "much left", "right"), ("r", "right", "left"), ("r", "tie", "tie")] * 3, STEPS)
    assert milder.kappa.value > stricter.kappa.value


def test_several_reviewers_are_drawn_whole() -> None:
    steady = [("steady", "left", "right"), ("steady", "right", "left")] * 10
    turncoat = [("turncoat", "left", "left"), ("turncoat", "right", "right")] * 10
    both = consistency([*steady, *turncoat], MIRROR)
    assert both.same.value == 0.5
    assert (both.same.low, both.same.high) == (0, 1)  # two reviewers say nothing of a third
    alone = consistency([("one", a, b) for _, a, b in [*steady, *turncoat]], MIRROR)
    assert 0.3 < alone.same.low < alone.same.high < 0.7
    assert both.reviewers == 2


def test_consistency_says_what_is_not_there() -> None:
    none = consistency([], MIRROR)
    assert math.isnan(none.same.value)
    assert math.isnan(none.same_side.value)
    assert "two ratings" in none.kappa.why
    ties = consistency([("r", "tie", "tie")] * 6, MIRROR)
    assert ties.same.value == 1
    assert "one class" in ties.kappa.why
    assert ties.same_side.n == 0
    with pytest.raises(ValueError, match="none of the answers"):
        consistency([("r", "left", "up")], MIRROR)
    with pytest.raises(ValueError, match="itself again"):
        consistency([("r", "left", "right")], {"left": "right", "right": "tie", "tie": "tie"})
