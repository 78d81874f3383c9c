"""Differences of arms: hand-made runs with known answers; Student's quantiles from printed tables."""

import math
from typing import Any

import pytest

from medreason.training.tiny.effects import effect, effects, reached, t_interval, t_quantile
from medreason.training.tiny.report import p_value, points, reading, share


def run(seed: int, right: str, **more: Any) -> dict[str, Any]:
    items = [{"right": r == "1", "letter": "A" if r != "?" else "", "disease": f"d{i}"} for i, r in enumerate(right)]
    curve = [{"loss": 0.5, "tokens": 10, "right": 0.0, "step": 1, "asked": 1}]
    return {"seed": seed, "items": items, "tokens": 10, "trained_tokens": 5, "questions": 3, "epochs": 1.0,
            "curve": curve, **more}  # fmt: skip


@pytest.mark.parametrize(("df", "value"), [(1, 12.706), (2, 4.303), (4, 2.776), (9, 2.262), (30, 2.042)])
def test_quantiles_as_printed(df: int, value: float) -> None:
    assert t_quantile(df) == pytest.approx(value, abs=6e-4)


def test_an_interval_by_hand() -> None:
    found = t_interval([1.0, 2.0, 3.0])
    assert found.value == 2
    assert found.high - 2 == pytest.approx(4.3027 / math.sqrt(3), rel=1e-3)
    assert t_interval([0.4]).high == math.inf


def test_effect_over_seeds_and_questions() -> None:
    chain = [run(1, "11110000"), run(2, "11111100")]
    other = [run(1, "11000000"), run(2, "11000001")]
    found = effect("answer", chain, other)
    assert found.seeds == (0.25, 0.375)
    assert found.over_seeds.value == found.over_items.value == pytest.approx(0.3125)
    assert found.mcnemar[0] == (2, 0, 0.5)
    assert found.mcnemar[1][:2] == (4, 1)
    # Sums over seeds are 2, 2, 1, 1 and -1: of 32 signs four have a sum of 5 or more, and four the mirror.
    assert found.p == pytest.approx(8 / 32)


def test_with_one_seed_the_test_is_mcnemars() -> None:
    found = effect("x", [run(1, "1111110")], [run(1, "0000001")])
    assert found.p == pytest.approx(found.mcnemar[0][2])


def test_arms_with_other_seeds_or_questions_are_not_compared() -> None:
    with pytest.raises(AssertionError):
        effect("x", [run(1, "11")], [run(2, "11")])
    with pytest.raises(AssertionError):
        effect("x", [run(1, "11")], [run(1, "1")])


def test_several_comparisons_are_corrected() -> None:
    runs = {"chain": [run(1, "1" * 8)], "answer": [run(1, "0" * 8)], "shuffled": [run(1, "1" * 8)]}
    one, same = effects(runs)
    assert one.corrected == pytest.approx(2 * one.p)
    assert same.corrected == 1


def test_unreadable_is_wrong() -> None:
    found = reached([run(1, "1??0")])
    assert (found.right.value, found.unread) == (0.25, 0.5)
    assert math.isnan(found.true_steps)


def test_true_steps_and_sound_answers() -> None:
    of = run(1, "11")
    for item, true in zip(of["items"], (5, 3), strict=True):
        item.update(true_steps=true, true_verdicts=4 * true, verdicts=20, follows=True)
    found = reached([of])
    assert (found.true_steps, found.sound, found.follows) == (0.8, 0.5, 1.0)


def test_words_for_what_was_found() -> None:
    up = effect("x", [run(s, "1" * 20) for s in (1, 2)], [run(s, "0" * 20) for s in (1, 2)])._replace(corrected=0.01)
    assert "better" in reading(up)
    down = effect("x", [run(s, "0" * 20) for s in (1, 2)], [run(s, "1" * 20) for s in (1, 2)])._replace(corrected=0.01)
    assert "worse" in reading(down)
    assert reading(up._replace(corrected=0.2)) == "no difference shown"
    assert "other seeds" in reading(up._replace(over_seeds=t_interval([0.0, 1.0])))
    assert "one seed" in reading(up._replace(over_seeds=t_interval([1.0])))


def test_numbers_as_text() -> None:
    assert points(t_interval([0.5, 0.5])) == "50.0 (50.0 to 50.0)"
    assert points(t_interval([0.5])) == "50.0"
    assert (share(math.nan), share(0.123)) == ("–", "12.3")
    assert (p_value(0.0), p_value(0.0421)) == ("< 0.001", "0.042")
