"""What the sex and the age of a patient say to what a source records of a disease.

Two rules, both of which may only weigh (METHOD section 4): an age below the earliest recorded onset, and a female
patient where X-linked recessive inheritance is all that is recorded. Being older than an onset says nothing, because
an age is that of the last examination; inheritance never excludes, because carriers can be affected.

Earliest ages are the definitions of the onset terms in HPO (children of HP:0003674), in years; before birth is below 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from medreason.kg.view import GraphView
from medreason.records import Attribute, Patient

BEFORE_BIRTH = -1.0
EARLIEST_AGE = {
    "HP:0030674": BEFORE_BIRTH,  # antenatal
    "HP:0011460": BEFORE_BIRTH,  # embryonal
    "HP:0011461": BEFORE_BIRTH,  # fetal
    "HP:0034199": BEFORE_BIRTH,  # late first trimester
    "HP:0034198": BEFORE_BIRTH,  # second trimester
    "HP:0034197": BEFORE_BIRTH,  # third trimester
    "HP:0003577": 0.0,  # congenital
    "HP:0003623": 0.0,  # neonatal: the first 28 days
    "HP:0410280": 0.0,  # paediatric: before 16 years
    "HP:0003593": 28 / 365.25,  # infantile: 28 days to one year
    "HP:0011463": 1.0,  # childhood
    "HP:0003621": 5.0,  # juvenile
    "HP:0003581": 16.0,  # adult
    "HP:0011462": 16.0,  # young adult
    "HP:0025708": 16.0,  # early young adult
    "HP:0025709": 19.0,  # intermediate young adult
    "HP:0025710": 25.0,  # late young adult
    "HP:0003596": 40.0,  # middle age
    "HP:0003584": 60.0,  # late
}
X_LINKED_RECESSIVE = "HP:0001419"
# Modes under which a woman is affected as a man is: with one of them on record the rule does not apply.
BOTH_SEXES = frozenset({"HP:0000006", "HP:0000007", "HP:0001417", "HP:0001423"})
_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")


class Conflict(NamedTuple):
    """Something about the patient that weighs against a disease, and the recorded concept it rests on (CURIE)."""

    rule: str
    concept: str


def years(patient: Patient) -> float | None:
    """Age in years at last examination, 0 before birth; ``None`` if unknown or not a duration.

    A fetus counts as newborn: what is present at birth can be seen before it.
    """
    if patient.fetal:
        return 0.0
    match = _DURATION.fullmatch(patient.age)
    if match is None or not any(match.groups()):
        return None
    y, m, w, d = (int(g or 0) for g in match.groups())
    return y + m / 12 + (7 * w + d) / 365.25


def visible(view: GraphView, disease: int, kind: str) -> Iterator[Attribute]:
    """Attributes of a kind (``onset``, ``inheritance``) that do not rest on excluded publications alone."""
    for attribute in view.graph.concept_at(disease).attributes:
        if attribute.kind == kind and not (attribute.references and view.excluded.issuperset(attribute.references)):
            yield attribute


def earliest_onset(view: GraphView, disease: int) -> str | None:
    """The onset term with the smallest earliest age on record (then the smallest id), or ``None``."""
    found = {a.concept for a in visible(view, disease, "onset")} & EARLIEST_AGE.keys()
    return min(found, key=lambda term: (EARLIEST_AGE[term], term), default=None)


def too_young(view: GraphView, disease: int, patient: Patient) -> str | None:
    """The earliest recorded onset if the patient is younger than it, else ``None``."""
    age, onset = years(patient), earliest_onset(view, disease)
    return onset if age is not None and onset is not None and age < EARLIEST_AGE[onset] else None


def female_in_x_recessive(view: GraphView, disease: int, patient: Patient) -> bool:
    """Whether the patient is female and X-linked recessive is the only mode on record that tells the sexes apart."""
    if patient.sex != "female":
        return False
    modes = {a.concept for a in visible(view, disease, "inheritance")}
    return X_LINKED_RECESSIVE in modes and not modes & BOTH_SEXES


def conflicts(view: GraphView, disease: int, patient: Patient) -> tuple[Conflict, ...]:
    """What of the patient's age and sex weighs against a disease, in a fixed order."""
    found = []
    if (onset := too_young(view, disease, patient)) is not None:
        found.append(Conflict("age", onset))
    if female_in_x_recessive(view, disease, patient):
        found.append(Conflict("sex", X_LINKED_RECESSIVE))
    return tuple(found)
