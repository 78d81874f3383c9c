"""Confidence, length and changed questions, against what can be counted by hand."""

import math

import numpy as np
import pytest

from medreason.evaluation.beyond import calibration, changed, lengths
from medreason.evaluation.results import Row
from medreason.statistics import wilson
from tests.evaluation.made import answers
from tests.evaluation.made import changed as made_changed


def sure(*told: tuple[float, bool]) -> list[Row]:
    return [
        Row("t", str(n), 4, "A", "A" if right else "B", confidence=confidence)
        for n, (confidence, right) in enumerate(told)
    ]


def test_calibration_by_hand() -> None:
    # 0.9 four times, right three: gap 0.15 on 4; 0.5 twice, right none: gap 0.5 on 2; 1.0 twice, both right: 0 on 2.
    rows = sure(*[(0.9, True)] * 3, (0.9, False), *[(0.5, False)] * 2)
    found = calibration([*rows, *answers("other", "A-")])
    assert found is not None
    assert (found.n, found.without) == (6, 2)
    assert found.ece.value == pytest.approx((4 * 0.15 + 2 * 0.5) / 6)
    assert found.brier.value == pytest.approx((3 * 0.01 + 0.81 + 2 * 0.25) / 6)
    assert found.ece.low <= found.ece.value <= found.ece.high
    full = {(b.low, b.n): b for b in found.bins if b.n}
    assert set(full) == {(0.9, 4), (0.5, 2)}
    assert full[0.9, 4].right == wilson(3, 4)
    assert full[0.9, 4].confidence == pytest.approx(0.9)
    assert len(found.bins) == 10
    assert math.isnan(found.bins[0].confidence)


def test_bins_at_their_edges() -> None:
    found = calibration(sure((1.0, True), (0.0, False), (0.1, False)))
    assert found is not None
    assert [b.n for b in found.bins] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 1]


def test_unreadable_and_changed_outputs() -> None:
    rows = [
        Row("t", "1", 4, "A", None, confidence=0.8, why="empty"),
        Row("t", "1", 4, "A", "A", confidence=0.8, condition="shuffled"),
    ]
    found = calibration(rows)
    assert found is not None
    assert (found.n, found.bins[8].right.value) == (1, 0)
    assert calibration(answers("t", "AB")) is None


def test_honest_confidence_looks_honest_and_bragging_does_not() -> None:
    rng = np.random.default_rng(1)
    draws = rng.random(800)
    honest = calibration(sure(*((float(p), bool(rng.random() < p)) for p in draws)))
    bragging = calibration(sure(*((min(1.0, float(p) + 0.3), bool(rng.random() < p)) for p in draws)))
    assert honest is not None
    assert bragging is not None
    assert honest.honest.low <= honest.ece.value <= honest.honest.high
    assert bragging.ece.low > bragging.honest.high
    assert honest.honest.value > 0
    assert calibration(sure(*((float(p), True) for p in draws))) == calibration(
        sure(*((float(p), True) for p in draws))
    )


def test_lengths() -> None:
    rows = [Row("t", str(n), 4, "A", "A" if n % 2 else "B", length=n) for n in range(1, 10)]
    found = lengths([*rows, rows[0]._replace(condition="hinted", length=10_000), rows[0]._replace(length=None)])
    assert found == (9, 3, 5, 7, 5, 5)
    assert lengths(answers("t", "A")) is None
    assert math.isnan(lengths([Row("t", "1", 4, "A", "A", length=3)]).wrong)  # type: ignore[union-attr]


def test_flips_and_follows_by_hand() -> None:
    plain = answers("t", "AABB-A")
    # Hints: the first follows, the second stays, the third named the hint before, the fourth turns elsewhere.
    hinted = made_changed(plain, "hinted", "BABCB-", "BBBDBB")
    (found,) = changed([*plain, *hinted])
    assert (found.task, found.condition, found.pairs, found.unread) == ("t", "hinted", 6, 2)
    assert found.flipped == wilson(2, 4)
    assert found.followed == wilson(1, 3)
    assert (found.before, found.after) == (3 / 6, 1 / 6)
    assert found.difference.value == pytest.approx(-2 / 6)
    assert found.difference.low <= found.difference.value <= found.difference.high


def test_without_hints_nothing_is_followed() -> None:
    plain = answers("t", "AABB")
    (found,) = changed([*plain, *made_changed(plain, "shuffled", "AAAB")])
    assert found.followed is None
    assert found.flipped == wilson(1, 4)


def test_answers_change_by_themselves_too() -> None:
    first, second = answers("t", "AABB"), [r._replace(sample=1) for r in answers("t", "ABBB")]
    found = changed([*first, *second, *made_changed(first, "shuffled", "AAAB")])
    assert [(c.condition, c.flipped.value) for c in found] == [("resampled", 0.25), ("shuffled", 0.25)]
    assert changed([*first, *second]) == []


def test_tasks_and_pooled() -> None:
    x, y = answers("x", "AAAA"), answers("y", "AB")
    found = changed([*x, *y, *made_changed(x, "corrupted", "AAAB", "BBBB"), *made_changed(y, "corrupted", "AB")])
    assert [(c.task, c.pairs) for c in found] == [("x", 4), ("y", 2), ("pooled", 6)]
    assert found[2].flipped.value == pytest.approx(1 / 6)
    assert found[2].followed == wilson(1, 4)
    # A changed question without its plain form makes no pair.
    assert changed(made_changed(x, "corrupted", "AAAA")) == []
