"""A hand-made graph small enough to weigh with a pencil.

Terms:   ROOT ─ EYE ─ NIGHT ─ NIGHT_SEVERE         ROOT ─ HEART ─ MURMUR
Diseases D:1 … D:8 with the annotations that each test needs (see ``ROWS``).
"""

from __future__ import annotations

from pathlib import Path

from medreason.kg.build import build
from medreason.kg.source import HAS_PHENOTYPE, IS_A, SourceGraph, make_edge
from medreason.kg.store import Graph, open_graph
from medreason.records import Concept, EdgeEvidence, Frequency, Polarity

ROOT, EYE, NIGHT, SEVERE, HEART, MURMUR = (
    "HP:0000118",
    "HP:0000478",
    "HP:0000662",
    "HP:0000663",
    "HP:0001626",
    "HP:0030148",
)
IS_A_PAIRS = [(EYE, ROOT), (NIGHT, EYE), (SEVERE, NIGHT), (HEART, ROOT), (MURMUR, HEART)]
NAMES = {
    ROOT: "Phenotypic abnormality",
    EYE: "Abnormality of the eye",
    NIGHT: "Nyctalopia",
    SEVERE: "Severe nyctalopia",
    HEART: "Abnormality of the cardiovascular system",
    MURMUR: "Heart murmur",
}
Row = tuple[str, str, Polarity, list[tuple[tuple[str, ...], Frequency | None]]]


def count(k: int, n: int) -> Frequency:
    return Frequency(k=k, n=n)


ROWS: list[Row] = [
    ("D:1", NIGHT, "present", [(("PMID:1",), count(3, 4))]),
    ("D:1", MURMUR, "present", [(("PMID:1", "PMID:2"), count(9, 10))]),
    ("D:2", SEVERE, "present", [(("PMID:3",), None)]),
    ("D:2", MURMUR, "absent", [(("PMID:3",), count(0, 3))]),
    ("D:3", EYE, "present", [(("OMIM:3",), Frequency(term="HP:0040281"))]),
    ("D:4", MURMUR, "present", [(("PMID:4",), Frequency(term="HP:0040280"))]),
    ("D:5", HEART, "present", [(("PMID:5",), count(1, 2)), (("PMID:6",), count(3, 6))]),
    ("D:6", HEART, "present", [(("PMID:7",), None)]),
    ("D:7", HEART, "present", [(("PMID:8",), None)]),
    ("D:8", HEART, "absent", [(("PMID:9",), None)]),
    ("D:8", NIGHT, "present", [(("PMID:9",), Frequency(percent=40.0))]),
]


def small_graph(folder: Path) -> Graph:
    source = SourceGraph("small", "1", "CC0", "made for tests")
    source.concepts = [Concept(i, "phenotype", name) for i, name in NAMES.items()]
    source.concepts += [Concept(f"D:{n}", "disease", f"Made-up disorder {n}") for n in range(1, 9)]
    source.edges = [make_edge(low, IS_A, high, "test") for low, high in IS_A_PAIRS]
    for disease, term, polarity, rows in ROWS:
        evidence = tuple(EdgeEvidence(references, "PCS", frequency) for references, frequency in rows)
        source.edges.append(make_edge(disease, HAS_PHENOTYPE, term, "test", polarity=polarity, evidence=evidence))
    build(source, folder)
    return open_graph(folder)
