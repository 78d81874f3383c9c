"""A second hand-made graph: relatives of findings, onsets and inheritance (64 diseases with present annotations).

    SKIN 3 bits ─ RASH 4 ─ RED 5 ─ SORE            LIMB 3 ─ HAND 5 ─ FINGER 6, THUMB
                        ├─ SCALY 5                          └ PALM (also a RASH)
                        └─ DRY, DAMP                P, Q 6 ─ X (both), Y (under P), Z (under Q)
                                                    GROWTH 4 ─ STATURE 5 ─ TALL, SHORT (opposites by name), UNEVEN
                                                             └ WEIGHT 4.4

Diseases K:1 … K:12 carry what stands in ``PRESENT``; K:13 … K:64 carry HEART, some of them one or two terms more. Some
have onsets or inheritance.
"""

from __future__ import annotations

from pathlib import Path

from medreason.kg.build import build
from medreason.kg.source import HAS_PHENOTYPE, IS_A, SourceGraph, make_edge
from medreason.kg.store import Graph, open_graph
from medreason.records import Attribute, Concept, EdgeEvidence, Frequency

NAMES = {
    "HP:0000118": "Phenotypic abnormality",
    "HP:0000951": "Abnormality of the skin",
    "HP:0000988": "Skin rash",
    "HP:0010783": "Erythema",
    "HP:0010784": "Sore erythema",
    "HP:0040189": "Scaling skin",
    "HP:0000958": "Dry skin",
    "HP:0000959": "Damp skin",
    "HP:0040064": "Abnormality of limbs",
    "HP:0001155": "Abnormality of the hand",
    "HP:0001100": "Finger anomaly",
    "HP:0001172": "Thumb anomaly",
    "HP:0010765": "Palmar rash",
    "HP:0002001": "Sleep anomaly",
    "HP:0002000": "Gait anomaly",
    "HP:0002010": "Sleepwalking",
    "HP:0002011": "Snoring",
    "HP:0002012": "Limping",
    "HP:0001626": "Abnormality of the cardiovascular system",
    "HP:0002100": "Hiccups",
    "HP:0001507": "Growth anomaly",
    "HP:0000002": "Abnormality of body height",
    "HP:0000098": "Tall stature",
    "HP:0004322": "Short stature",
    "HP:0008905": "Uneven stature",
    "HP:0004323": "Abnormality of body weight",
}
ROOT, SKIN, RASH, RED, SORE, SCALY, DRY, DAMP, LIMB, HAND, FINGER, THUMB, PALM, *_REST = NAMES
P, Q, X, Y, Z, HEART, W, GROWTH, STATURE, TALL, SHORT, UNEVEN, WEIGHT = _REST
IS_A_PAIRS = [
    (SKIN, ROOT), (RASH, SKIN), (RED, RASH), (SORE, RED), (SCALY, RASH), (DRY, RASH), (DAMP, RASH), (PALM, RASH),
    (LIMB, ROOT), (HAND, LIMB), (FINGER, HAND), (THUMB, HAND), (PALM, HAND),
    (P, ROOT), (Q, ROOT), (X, P), (X, Q), (Y, P), (Z, Q), (HEART, ROOT), (W, ROOT),
    (GROWTH, ROOT), (STATURE, GROWTH), (TALL, STATURE), (SHORT, STATURE), (UNEVEN, STATURE), (WEIGHT, GROWTH),
]  # fmt: skip
PRESENT: dict[int, tuple[str, ...]] = {
    1: (RED,), 2: (SCALY,), 3: (SKIN, LIMB), 4: (SKIN, LIMB), 5: (LIMB,), 6: (HAND, FINGER), 7: (SCALY, RED),
    8: (LIMB,), 9: (PALM,), 10: (SKIN, LIMB), 11: (SKIN, LIMB), 12: (Y, Z),
    **dict.fromkeys(range(13, 65), (HEART,)), 32: (HEART, W), 33: (HEART, SHORT, UNEVEN), 34: (HEART, SHORT, WEIGHT),
    35: (HEART, WEIGHT), 36: (HEART, WEIGHT),
}  # fmt: skip
COUNTS = {(1, RED): Frequency(k=3, n=4), (9, PALM): Frequency(k=1, n=9)}

ADULT, CHILD, INFANT, BIRTH, ANTENATAL = "HP:0003581", "HP:0011463", "HP:0003593", "HP:0003577", "HP:0030674"
RECESSIVE, XLR, XLD, SPORADIC = "HP:0000007", "HP:0001419", "HP:0001423", "HP:0003745"
COURSES = {
    ADULT: "Adult onset",
    CHILD: "Childhood onset",
    INFANT: "Infantile onset",
    BIRTH: "Congenital onset",
    ANTENATAL: "Antenatal onset",
    RECESSIVE: "Autosomal recessive inheritance",
    XLR: "X-linked recessive inheritance",
    XLD: "X-linked dominant inheritance",
    SPORADIC: "Sporadic",
}
# Disease → (concept, references); the kind follows from the concept.
TOLD: dict[int, tuple[tuple[str, tuple[str, ...]], ...]] = {
    1: ((ADULT, ("PMID:50",)), (XLR, ("PMID:60",))),
    2: ((BIRTH, ()),),
    3: ((ADULT, ("PMID:50",)), (CHILD, ("PMID:51",))),
    4: ((INFANT, ("PMID:50",)),),
    5: ((ANTENATAL, ("PMID:50",)),),
    6: ((XLR, ("OMIM:6",)), (RECESSIVE, ("OMIM:6",))),
    7: ((XLR, ("OMIM:7",)), (XLD, ("PMID:61",))),
    8: ((XLR, ("OMIM:8",)), (SPORADIC, ("OMIM:8",))),
    9: ((RECESSIVE, ("OMIM:9",)),),
}


def name(disease: int) -> str:
    return f"Kindred disorder {disease}"


def _kind(concept: str) -> str:
    return "inheritance" if concept in {RECESSIVE, XLR, XLD, SPORADIC} else "onset"


def kin_graph(folder: Path) -> Graph:
    source = SourceGraph("kin", "1", "CC0", "made for tests")
    source.concepts = [Concept(i, "phenotype", text) for i, text in NAMES.items()]
    source.concepts += [Concept(i, "clinical_course", text) for i, text in COURSES.items()]
    for n in PRESENT:
        told = tuple(Attribute(_kind(c), c, references) for c, references in TOLD.get(n, ()))
        source.concepts.append(Concept(f"K:{n}", "disease", name(n), attributes=told))
    source.edges = [make_edge(low, IS_A, high, "test") for low, high in IS_A_PAIRS]
    for n, terms in PRESENT.items():
        for term in terms:
            rows = (EdgeEvidence((f"PMID:{n}",), "PCS", COUNTS.get((n, term))),)
            source.edges.append(make_edge(f"K:{n}", HAS_PHENOTYPE, term, "test", evidence=rows))
    # Of K:12 it is also told that Y was looked for and not seen; K:32 has one of its terms from two sources.
    unseen = (EdgeEvidence(("PMID:12",), "PCS", Frequency(k=0, n=1)),)
    source.edges.append(make_edge("K:12", HAS_PHENOTYPE, Y, "test", polarity="absent", evidence=unseen))
    again = (EdgeEvidence(("PMID:32",), "PCS"),)
    source.edges.append(make_edge("K:32", HAS_PHENOTYPE, HEART, "other", evidence=again))
    build(source, folder)
    return open_graph(folder)
