"""Document-level scores on the development part of GSC+ (abstracts annotated with HPO ids). Prints a table.

The corpus marks nested names too ("polydactyly" inside "preaxial polydactyly") and modes of inheritance, so both
are asked for. *all* counts every annotated id, *abnormality* those at or below HP:0000118, on both sides.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.linking import TYPES, Scores, score

from medreason.kg.store import Graph
from medreason.linking import link

CORPUS = Path(__file__).resolve().parents[3] / "shared/data/linking/gsc-plus/gsc-plus.dev.jsonl"


def test_the_scorer_counts_over_documents() -> None:
    assert score([({"a", "b"}, {"a"}), (set(), {"c"})]) == Scores(0.5, 0.5, 0.5)


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_file(), reason="GSC+ is not beside the repository (../shared/data/linking)")
def test_document_level_f1(hpo: Graph) -> None:
    documents = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    found = [{f.concept for f in link(hpo, d["text"], TYPES, nested=True)} for d in documents]
    gold = [{i for a in d["annotations"] if (i := hpo.current_id(a["id"])) is not None} for d in documents]
    root = hpo.require("HP:0000118")

    def below(concepts: set[str]) -> set[str]:
        return {c for c in concepts if (n := hpo.require(c)) == root or root in hpo.ancestors[n]}

    everything = score(list(zip(found, gold, strict=True)))
    abnormality = score([(below(f), below(g)) for f, g in zip(found, gold, strict=True)])
    print(f"\nGSC+ dev, {len(documents)} abstracts   P      R      F1")
    for label, scores in (("all", everything), ("abnormality", abnormality)):
        print(f"{label:24s} " + "  ".join(f"{x:.3f}" for x in scores))
    assert everything.f1 > 0.76
    assert abnormality.f1 > 0.80
