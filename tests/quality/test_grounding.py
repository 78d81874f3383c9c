"""The checker of free prose against planted errors and against correct prose.

Measured on the 55 authored chains, at most three plants of a kind in each: per cent caught by names in one sentence
alone (before), and with statements, counts and shares read (after). None of the 55 chains is refused.

    kind                before  after   kind                before  after   kind                  before  after
    attributed            97.6  100.0   said_not_recorded     42.4   99.4   not_cited               82.8   83.4
    attributed_beside     51.2   99.2   made_recorded *       65.2   93.5   no_citation            100.0  100.0
    other_finding         97.0   97.8   against_for           68.8   87.5   contradiction_dropped  100.0  100.0
    other_option          95.5   97.7   for_against           68.5   99.4   other_conclusion        53.3  100.0
    swapped                0.0   91.9   absent_present        98.4   98.4   chosen_changed          99.4  100.0
    count_changed         95.1  100.0   present_absent        62.4  100.0   certainty               24.8  100.0
    count_moved            0.0   98.7   broader_as_itself *    0.0   97.1   never                   67.3  100.0
    percentage            96.2  100.0   foreign_finding       37.6  100.0   leak                    38.2  100.0
    share_in_words         0.0   87.3   foreign_disease       66.1  100.0   ids                    100.0  100.0
    always                14.3  100.0   cited_in_vain         99.4   99.4   causal                  10.3  100.0
    made_not_recorded *   45.3   83.9   cited_of_other        99.4   99.4   epidemiology             7.3  100.0
                                                                            mechanism                0.0  100.0

On 26 further authored chains that the rules had not seen, 14 were refused, most of them for counts that stood in
comparisons and lists; the rules were then loosened there (21 of the 26 pass), and with one plant a chain over 36 chains
count_moved fell to 26 of 35 caught and swapped to 14 of 20. The other kinds were not measured again in full; the
bounds in LEAST hold for all.

* The plants of these kinds were narrowed between the two measurements: some did not make an error.
The words of certainty, never, leak, causal, epidemiology and mechanism were known when the checker's lists were made:
their shares say that these words are found, not that others would be.
"""

from __future__ import annotations

import pytest

from medreason.kg.store import Graph
from tests.quality.chains import Case, cases
from tests.quality.plants import KINDS, sample

CASES = 36
LEAST = {
    "swapped": 0.65, "count_moved": 0.7, "share_in_words": 0.8, "made_not_recorded": 0.75, "made_recorded": 0.85,
    "not_cited": 0.7, "against_for": 0.8, "broader_as_itself": 0.9,
}  # fmt: skip

# Correct steps as a clinician might write them: vignette, text, citations.
CORRECT = [
    ("mr-0001", "Cystic fibrosis has the greasy stools on record (3 of 21 patients), and so it has the finger clubbing "
     "(9 of 21).", ["E14", "E15"]),
    ("mr-0001", "In 106 of 111 patients with cystic fibrosis bronchiectasis was seen; recurrent pneumonia was seen in "
     "8 of 21.", ["E16", "E17"]),
    ("mr-0001", "Productive cough is recorded for Ciliary dyskinesia, primary, 20, in 14 of 15 patients, but not for "
     "cystic fibrosis.", ["E3", "F1"]),
    ("mr-0001", "Neither steatorrhea nor clubbing of fingers is on record for Ciliary dyskinesia, primary, 20.",
     ["F5", "F6"]),
    ("mr-0001", "For chronic sinusitis, Ciliary dyskinesia, primary, 20 offers no more than the related recurrent "
     "sinusitis.", ["E6"]),
    ("mr-0001", "Alpha-1-Antitrypsin deficiency rests on one patient: bronchiectasis was seen in 1 of 1.", ["E1"]),
    ("mr-0001", "Clubbing of fingers, which few diseases carry, was seen in 1 of 5 patients with Immunodeficiency, "
     "common variable, 8, with autoimmunity.", ["E9"]),
    ("mr-0001", "Situs inversus was looked for and not found, so it does not help to choose.", ["F7"]),
    ("mr-0002", "Marfan syndrome and Loeys-Dietz syndrome 1 share the enlarged aortic root: 45 of 58 patients with "
     "Marfan syndrome against 39 of 40 with Loeys-Dietz syndrome 1.", ["E11", "E2"]),
    ("mr-0002", "Pneumothorax is recorded for Marfan syndrome (6 of 53 patients) and for none of its rivals.", ["E13"]),
    ("mr-0002", "Arachnodactyly was seen in most patients with Marfan syndrome, 124 of 197, and pectus carinatum in "
     "58 of 146.", ["E15", "E17"]),
    ("mr-0002", "Against Homocystinuria due to cystathionine beta-synthase deficiency stands intellectual disability, "
     "absent here although it was seen in 14 of 14 patients.", ["E24"]),
    ("mr-0002", "Stickler syndrome, type I has arachnodactyly and, as disproportionate tall stature, the height; how "
     "often is not stated.", ["E18", "E19"]),
    ("mr-0002", "Striae distensae and pneumothorax are the rarest findings here, on record for 42 and 59 of 12679 "
     "annotated diseases.", ["F4", "F7"]),
    ("mr-0002", "What Arterial tortuosity syndrome has for the stretch marks is thin skin, a related term only.",
     ["E9"]),
    ("mr-0004", "Angiokeratoma is recorded for Fabry disease; for the other four options it is not.", ["E6"]),
    ("mr-0016", "Absent thumb, seen in 4 of 7 patients, speaks for Roberts-SC phocomelia syndrome; pallor and "
     "neutropenia are missing from its record.", ["E17"]),
    ("mr-0016", "Fanconi anemia accounts for the thumb, the kidney and the skin: absent thumb, horseshoe kidney and "
     "cafe-au-lait spot are all recorded for it.", ["E7", "E9", "E10"]),
    ("mr-0016", "Microcephaly was seen in only 1 of 55 patients with Diamond-Blackfan anemia 1, so it lends little.",
     ["E6"]),
    ("mr-0031", "Hypercalcemia (15 % of patients) and anxiety (80 %) are both on record for Williams-Beuren syndrome.",
     ["E20", "E22"]),
    ("mr-0136", "The lavage finding, intraalveolar phospholipid accumulation, was present in 5 of 5 patients with "
     "Surfactant metabolism dysfunction, pulmonary, 1.", ["E5"]),
    ("mr-0136", "Age argues against Goodpasture syndrome, whose earliest recorded onset is in young adults.", ["E13"]),
    ("mr-0136", "Cyanosis is shared by Goodpasture syndrome and Interstitial pneumonitis, desquamative, familial, and "
     "therefore decides nothing.", ["E1", "E11"]),
    ("mr-0139", "Dyspnea was seen in 29 of 130 patients with Alpha-1-Antitrypsin deficiency and in 4 of 4 with "
     "Interstitial lung disease 1.", ["E9", "E13"]),
    ("mr-0139", "Pulmonary hypertension, primary, 1 alone has right ventricular failure and right ventricular "
     "hypertrophy recorded, both as very frequent.", ["E2", "E3"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def authored(hpo: Graph) -> list[Case]:
    return cases(hpo)


def test_authored_chains_pass(authored: list[Case]) -> None:
    assert [p for case in authored for p in case.check(case.steps)] == []


@pytest.mark.parametrize("n", range(len(CORRECT)))
def test_correct_prose_passes(authored: list[Case], n: int) -> None:
    ident, text, cites = CORRECT[n]
    case = next(c for c in authored if c.id == ident)
    # Alone it is no whole chain: what is said of the step itself counts.
    found = [p for p in case.check([case.step(1, text, cites)]) if p.step == 1 and p.rule != "conclusion"]
    assert found == []


@pytest.mark.parametrize("kind", KINDS)
def test_planted_errors_are_caught(authored: list[Case], kind: str) -> None:
    planted = [(case, p) for case in authored[:CASES] for p in sample(case, kind, 1)]
    missed = [p.told for case, p in planted if not case.grounder.check(p.steps, p.chosen).problems]
    assert planted or kind == "contradiction_dropped"
    assert len(missed) <= (1 - LEAST.get(kind, 0.95)) * len(planted), missed
