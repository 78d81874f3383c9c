import math

import pytest

from medreason.dataset.summary import curve, in_calibration_half, rate
from medreason.statistics import by_group, macro, wilson


def test_wilson_matches_published_values() -> None:
    # Newcombe, Statistics in Medicine 1998;17:857, table I, method 3: 81/263, 15/148, 0/20, 1/29.
    for k, n, low, high in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
                            (1, 29, 0.0061, 0.1718)]:  # fmt: skip
        found = wilson(k, n)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert math.isnan(wilson(0, 0).value)


def test_macro_gives_every_group_the_same_weight() -> None:
    groups = {"common": [1.0] * 98 + [0.0] * 2, "rare": [0.0]}
    found = macro(groups)
    assert found.value == pytest.approx(0.49)
    assert found.n == 2
    assert found.low <= found.value <= found.high
    assert macro(groups) == found
    assert macro({"a": [1.0], "b": [1.0, 1.0]}).low < 0.5
    assert macro(dict(reversed(groups.items()))) == found


def test_rates_hold_both_averages() -> None:
    found = rate([("a", 1.0), ("a", 1.0), ("b", 0.0)])
    assert found["per_item"]["value"] == 0.6667
    assert found["macro_over_diseases"]["value"] == 0.5
    assert rate([])["per_item"]["value"] is None


def test_the_curve_takes_the_surest_first() -> None:
    audits = [{"margin": m, "answer": "d", "right": m > 3} for m in range(10)]
    points = {p["coverage"]: p for p in curve(audits)}
    assert points[0.5]["right"]["per_item"]["value"] == 1.0
    assert points[0.5]["margin"] == 5
    assert points[1.0]["right"]["per_item"]["value"] == 0.6


def test_the_halves_are_halves() -> None:
    share = sum(in_calibration_half(f"OMIM:{n}") for n in range(2000)) / 2000
    assert 0.45 < share < 0.55
    assert by_group([("a", 1.0), ("b", 2.0), ("a", 3.0)]) == {"a": [1.0, 3.0], "b": [2.0]}
