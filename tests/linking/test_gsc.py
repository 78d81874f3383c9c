"""Document-level scores on the development part of GSC+ (abstracts annotated with HPO ids). Prints a table.

The corpus marks nested names too ("polydactyly" inside "preaxial polydactyly") and modes of inheritance;
the linker gives only the longest names of phenotypes. Both readings of the gold standard are shown.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from medreason.kg.store import Graph
from medreason.linking import link

CORPUS = Path(__file__).resolve().parents[3] / "shared/data/linking/gsc-plus/gsc-plus.dev.jsonl"


class Scores(NamedTuple):
    precision: float
    recall: float
    f1: float


def outermost(annotations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    def inside(a: dict[str, Any], b: dict[str, Any]) -> bool:
        return b["start"] <= a["start"] and a["end"] <= b["end"] and b["end"] - b["start"] > a["end"] - a["start"]

    return [a for a in annotations if not any(inside(a, b) for b in annotations)]


def score(pairs: list[tuple[set[str], set[str]]]) -> Scores:
    hits = sum(len(got & gold) for got, gold in pairs)
    precision = hits / sum(len(got) for got, _ in pairs)
    recall = hits / sum(len(gold) for _, gold in pairs)
    return Scores(precision, recall, 2 * precision * recall / (precision + recall))


def test_the_scorer_counts_over_documents() -> None:
    assert score([({"a", "b"}, {"a"}), (set(), {"c"})]) == Scores(0.5, 0.5, 0.5)


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_file(), reason="GSC+ is not beside the repository (../shared/data/linking)")
def test_document_level_f1(hpo: Graph) -> None:
    documents = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    found = [{f.concept for f in link(hpo, d["text"])} for d in documents]

    def gold(nested: bool, phenotypes: bool) -> list[set[str]]:
        rows = []
        for document in documents:
            marked = document["annotations"] if nested else outermost(document["annotations"])
            ids = {hpo.current_id(a["id"]) for a in marked} - {None}
            rows.append({i for i in ids if i and (not phenotypes or hpo.concept(i).type == "phenotype")})
        return rows

    results = {}
    print(f"\nGSC+ dev, {len(documents)} abstracts       P      R      F1")
    for label, nested, phenotypes in (
        ("all annotations", True, False),
        ("phenotypes", True, True),
        ("phenotypes, outermost", False, True),
    ):
        results[label] = score(list(zip(found, gold(nested, phenotypes), strict=True)))
        print(f"{label:30s} " + "  ".join(f"{x:.3f}" for x in results[label]))
    assert results["all annotations"].f1 > 0.60
    assert results["phenotypes"].f1 > 0.66
    assert results["phenotypes"].precision > 0.85
