"""The checker's own reading of a patient's age and sex against onsets and inheritance (docs/scoring.md).

What it deliberately is not: ``kg.patient``, which the teacher uses.
"""

from __future__ import annotations

import re

from medreason.quality.facts import View
from medreason.records import Patient

# Onset term → (number, unit) at which it begins; d: days, y: years. Before birth is -1.
_BEGINS = """
    0030674 -1y 0011460 -1y 0011461 -1y 0034199 -1y 0034198 -1y 0034197 -1y 0003577 0y 0003623 0y 0410280 0y
    0003593 28d 0011463 1y 0003621 5y 0003581 16y 0011462 16y 0025708 16y 0025709 19y 0025710 25y 0003596 40y
    0003584 60y
    """.split()
DAYS = {"d": 1.0, "y": 365.25}
BEGINS = {f"HP:{t}": float(age[:-1]) * DAYS[age[-1]] for t, age in zip(_BEGINS[::2], _BEGINS[1::2], strict=True)}
ONLY_MALES = "HP:0001419"
ALL_SEXES = {"HP:0000006", "HP:0000007", "HP:0001417", "HP:0001423"}
_UNIT_DAYS = {"Y": 365.25, "M": 365.25 / 12, "W": 7.0, "D": 1.0}
_AGE = re.compile(r"P(?=\d)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?")


def days(patient: Patient) -> float | None:
    """Age at last examination in days, 0 before birth; ``None`` where it is not known."""
    if patient.fetal:
        return 0.0
    if not _AGE.fullmatch(patient.age):
        return None
    return sum(int(n) * _UNIT_DAYS[unit] for n, unit in re.findall(r"(\d+)([YMWD])", patient.age))


def recorded(view: View, disease: int, kind: str) -> set[str]:
    """Concepts of one kind of attribute that some source outside the excluded publications states."""
    rows = [a for a in view.graph.concept_at(disease).attributes if a.kind == kind]
    return {a.concept for a in rows if not a.references or set(a.references) - view.hidden}


def patient_against(view: View, disease: int, patient: Patient) -> dict[str, int]:
    """What of age and sex weighs against a disease: ``age`` → node of the earliest onset, ``sex`` → of the mode."""
    found = {}
    onsets = sorted((BEGINS[o], o) for o in recorded(view, disease, "onset") if o in BEGINS)
    age = days(patient)
    if onsets and age is not None and age < onsets[0][0] - 1e-6:
        found["age"] = view.graph.require(onsets[0][1])
    modes = recorded(view, disease, "inheritance")
    if patient.sex == "female" and ONLY_MALES in modes and modes.isdisjoint(ALL_SEXES):
        found["sex"] = view.graph.require(ONLY_MALES)
    return found
