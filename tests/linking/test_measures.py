from __future__ import annotations

import pytest

from medreason.linking import tables
from medreason.linking.measures import values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("temperature 39.2 °C", "HP:0001945"),
        ("Temperature is 102.4°F", "HP:0001945"),
        ("temperature rose to 39–40 °C", "HP:0001945"),
        ("sodium 121 mEq/L", "HP:0002902"),
        ("Na+: 121 mmol / L", "HP:0002902"),
        ("potassium of 6.8 mmol/L", "HP:0002153"),
        ("hemoglobin 7.9 g/dL", "HP:0001903"),
        ("platelets 34,000/mm3", "HP:0001873"),
        ("platelet count 34 x 10⁹/L", "HP:0001873"),
        ("platelet count of 34 × 10^9/L", "HP:0001873"),
        ("blood pressure is 182/110 mm Hg", "HP:0000822"),
        ("blood pressure 72/40 mmHg", "HP:0002615"),
        ("pulse is 132/min", "HP:0001649"),
        ("oxygen saturation is 84%", "HP:0012418"),
        ("serum ammonia of 300 μmol/L", "HP:0001987"),
        ("creatinine (3.4 mg/dL", "HP:0003259"),
    ],
)
def test_clear_values(text: str, expected: str) -> None:
    assert [concept for _, _, concept in values(f"An adult has {text}.")] == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "temperature 38.0 °C", "sodium 134 mEq/L", "sodium 121", "potassium 5.4 mEq/L", "hemoglobin 11.8 g/dL",
        "platelets 140,000/mm3", "blood pressure 138/88 mmHg", "pulse is 104/min", "urine sodium 12 mEq/L",
        "CSF glucose 28 mg/dL", "sweat chloride 88 mmol/L", "LDL cholesterol 260 mg/dL", "oxygen saturation is 93%",
        "a target sodium of 121 mEq/L", "sodium 140 mEq/L, creatinine 0.9 mg/dL", "creatinine 3.4", "glucose 120 mg/dL",
        "room temperature 39 °C", "sodium 121 mg",
    ],
)  # fmt: skip
def test_borderline_values_and_other_fluids_link_to_nothing(text: str) -> None:
    assert list(values(f"An adult has {text}.")) == []


def test_rows_for_adults_are_not_used_for_children() -> None:
    assert list(values("A 3-year-old boy has a hemoglobin of 9 g/dL and a pulse of 140/min.")) == []
    assert [c for _, _, c in values("A 3-year-old boy has a temperature of 39.5 °C.")] == ["HP:0001945"]
    assert [c for _, _, c in values("A 30-year-old man has a hemoglobin of 9 g/dL.")] == ["HP:0001903"]


def test_every_row_of_the_table_keeps_a_margin_and_names_a_source() -> None:
    for row in tables.rows("ranges"):
        low, high, clear_low, clear_high = (
            float(row[c]) if row[c] else None for c in ("low", "high", "clear_low", "clear_high")
        )
        assert row["units"]
        assert row["source"]
        assert row["age"] in {"adult", "any"}
        assert (clear_low is None) == (not row["concept_low"])
        assert (clear_high is None) == (not row["concept_high"])
        if clear_low is not None:
            assert low is not None
            assert clear_low < low
        if clear_high is not None:
            assert high is not None
            assert clear_high > high
