"""The numbers behind the criteria, the checker's and the writer's, against published and hand-made examples."""

import ast
from pathlib import Path

import pytest

import medreason.quality.synthetic
import medreason.synth
from medreason.quality.synthetic import criteria
from medreason.quality.synthetic.criteria import Count
from medreason.synth import contrast
from medreason.synth.world import Fact


def test_fishers_exact_test_on_the_tea_tasting_table() -> None:
    assert float(criteria.fisher(Count(3, 4), Count(1, 4))) == pytest.approx(34 / 70)
    assert contrast.fisher(3, 4, 1, 4) == pytest.approx(34 / 70)


def test_both_sides_reckon_alike() -> None:
    for a in [(0, 10), (1, 10), (5, 10), (10, 10), (7, 40), (39, 40)]:
        for b in [(0, 12), (3, 12), (12, 12), (20, 33), (60, 61)]:
            assert float(criteria.fisher(Count(*a), Count(*b))) == pytest.approx(contrast.fisher(*a, *b))
            shares = [a[0] / a[1], b[0] / b[1]]
            assert max(criteria.bits([Count(*a), Count(*b)]), 0) == pytest.approx(contrast.gain(shares))


def test_information_is_one_bit_at_most_and_none_for_equal_shares() -> None:
    assert criteria.bits([Count(10, 10), Count(0, 10)]) == pytest.approx(1)
    assert criteria.bits([Count(5, 10), Count(20, 40)]) == pytest.approx(0)


def test_clear_and_close_leave_a_gap_between_them() -> None:
    assert criteria.far(Count(9, 10), Count(1, 10))
    assert not criteria.far(Count(5, 10), Count(1, 10)), "0.4 apart, but p is above 0.01"
    assert not criteria.far(Count(60, 100), Count(30, 100)), "p is small, but only 0.3 apart"
    assert criteria.near(Count(5, 10), Count(11, 20))
    assert not criteria.near(Count(0, 10), Count(0, 20)), "seen in neither"
    assert not criteria.near(Count(50, 100), Count(70, 100))
    fact = Fact(0, True, 5, 10, float("nan"), "")
    assert not contrast.far(fact, fact)
    assert contrast.near(fact, fact)


def test_checker_and_writer_share_no_code() -> None:
    writer, checker = (Path(m.__file__ or "").parent for m in (medreason.synth, medreason.quality.synthetic))
    for folder, forbidden in ((writer, "medreason.quality"), (checker, "medreason.synth")):
        for path in folder.glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module:
                    assert not node.module.startswith(forbidden), path.name
    allowed = ("medreason.quality", "medreason.records", "medreason.kg.store", "medreason.kg.source")
    for path in checker.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("medreason"):
                assert (node.module or "").startswith(allowed), path.name
