"""Corrections for many comparisons against published values."""

import pytest

from medreason.statistics.several import benjamini_hochberg, holm

# Benjamini and Hochberg, Journal of the Royal Statistical Society B 1995;57:289, section 4.1: 15 p values of a study of
# thrombolysis (Neuhaus and others 1992).
NEUHAUS = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
           0.7590, 1.0000]  # fmt: skip


def test_the_published_study_keeps_three_by_holm_and_four_by_benjamini_and_hochberg() -> None:
    named = {str(p): p for p in NEUHAUS}
    assert [p for p in NEUHAUS if holm(named)[str(p)] <= 0.05] == NEUHAUS[:3]
    assert [p for p in NEUHAUS if benjamini_hochberg(named)[str(p)] <= 0.05] == NEUHAUS[:4]


def test_four_values_as_r_corrects_them() -> None:
    # R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "BH")
    found = benjamini_hochberg({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert found == pytest.approx({"a": 0.02, "b": 0.04, "c": 0.04, "d": 0.02})
    assert list(found) == ["a", "b", "c", "d"]


def test_edges() -> None:
    assert benjamini_hochberg({}) == {}
    assert benjamini_hochberg({"x": 0.3}) == {"x": 0.3}
    assert benjamini_hochberg({"x": 1.0, "y": 1.0}) == {"x": 1.0, "y": 1.0}
    many = {str(i): 0.04 for i in range(20)}
    assert max(benjamini_hochberg(many).values()) == pytest.approx(0.04)
    assert min(holm(many).values()) == pytest.approx(0.8)
