"""Assignment: how even loads, sides and meetings of reviewers are."""

import random
from collections import Counter
from itertools import combinations

import pytest

from medreason.review.assign import APART, Had, Slot, assign


def drawn(
    cases: int, overlap: int, people: int, repeats: float = 0.0, had: tuple[Had, ...] = (), seed: int = 1
) -> dict[str, list[Slot]]:
    return assign(cases, overlap, [f"p{n}" for n in range(people)], had, repeats, random.Random(seed))


@pytest.mark.parametrize(("cases", "overlap", "people"), [(20, 2, 2), (70, 3, 7), (100, 2, 9), (31, 4, 5), (10, 5, 3)])
def test_a_balanced_incomplete_design(cases: int, overlap: int, people: int) -> None:
    slots = drawn(cases, overlap, people)
    wanted = min(overlap, people)
    counts = Counter(slot.case for own in slots.values() for slot in own)
    assert counts == dict.fromkeys(range(cases), wanted)
    loads = [len(own) for own in slots.values()]
    assert max(loads) - min(loads) <= 1
    for own in slots.values():
        assert len({slot.case for slot in own}) == len(own)


def test_reviewers_meet_about_equally_often() -> None:
    slots = drawn(70, 3, 7)
    shared = [len({s.case for s in slots[a]} & {s.case for s in slots[b]}) for a, b in combinations(slots, 2)]
    assert sum(shared) == 70 * 3
    assert max(shared) - min(shared) <= 2


@pytest.mark.parametrize(("cases", "overlap", "people"), [(20, 2, 2), (70, 3, 7), (31, 4, 5)])
def test_sides_are_counterbalanced(cases: int, overlap: int, people: int) -> None:
    for seed in range(20):
        slots = drawn(cases, overlap, people, seed=seed)
        by_case: Counter[int] = Counter()
        for own in slots.values():
            assert abs(sum(1 if s.swapped else -1 for s in own)) <= 3
            for s in own:
                by_case[s.case] += 1 if s.swapped else -1
        assert max(map(abs, by_case.values())) <= overlap % 2


def test_more_reviewers_than_answers_are_needed() -> None:
    slots = drawn(3, 2, 8)
    assert [len(own) for own in slots.values()] == [1] * 8
    assert sorted(Counter(s.case for own in slots.values() for s in own).values()) == [2, 3, 3]


def test_repeats_come_later_with_the_sides_swapped() -> None:
    for seed in range(30):
        for own in drawn(50, 2, 2, repeats=0.08, seed=seed).values():
            again = [n for n, slot in enumerate(own) if slot.repeat]
            assert len(again) == 4
            for n in again:
                first = next(m for m, slot in enumerate(own) if slot.case == own[n].case)
                assert own[first].swapped is not own[n].swapped
                assert not own[first].repeat
                assert n - first >= APART


def test_few_cases_still_have_a_repeat_and_very_few_none() -> None:
    assert all(sum(s.repeat for s in own) == 1 for own in drawn(6, 2, 2, repeats=0.08).values())
    assert all(not any(s.repeat for s in own) for own in drawn(4, 2, 2, repeats=0.08).values())


def test_orders_differ_and_are_stable() -> None:
    first, second = drawn(20, 2, 2).values()
    assert [s.case for s in first] != [s.case for s in second]
    assert drawn(20, 2, 2) == drawn(20, 2, 2)


def test_a_later_reviewer_gets_what_is_not_covered_first() -> None:
    had = tuple(Had("old", case, swapped=False) for case in range(12))
    slots = drawn(20, 1, 1, had=had)["p0"]
    assert {slot.case for slot in slots} >= set(range(12, 20))
    assert len(slots) == 12


def test_one_uncovered_case_is_not_all_that_a_later_reviewer_gets() -> None:
    had = tuple(Had(f"old{case % 2}", case, swapped=False) for case in range(19))
    slots = drawn(20, 1, 1, had=had)["p0"]
    assert 19 in {slot.case for slot in slots}
    assert len(slots) == 10


def test_where_all_is_covered_a_later_reviewer_gets_an_equal_share() -> None:
    had = tuple(Had(f"old{case % 2}", case, swapped=bool(case % 3)) for case in range(20))
    slots = drawn(20, 1, 1, had=had)["p0"]
    assert len(slots) == 10
    assert len({slot.case for slot in slots}) == 10
    # The side that was not seen yet.
    assert all(slot.swapped is not had[slot.case].swapped for slot in slots)


def test_nobody_new_gets_nothing() -> None:
    assert drawn(5, 2, 0) == {}
