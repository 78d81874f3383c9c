"""What an export asks of a graph: the quick test of sameness says what the full one says."""

import random
from pathlib import Path

from medreason.cli._export_graph import ExportGraph
from medreason.kg.store import Graph
from medreason.questions.disorders import DisorderIndex


def test_the_quick_test_of_sameness_agrees_with_the_full_one(hpo: Graph, hpo_dir: Path) -> None:
    knowledge, index, rng = ExportGraph(hpo_dir), DisorderIndex(hpo), random.Random(5)
    diseases = [n for n in range(len(hpo.node_ids)) if hpo.concept_at(n).type == "disease"]
    near = sorted(rng.sample(diseases, 400), key=lambda n: hpo.concept_at(n).name)
    pairs = [(a, b) for i, a in enumerate(near) for b in near[i + 1 : i + 40]]
    said = [knowledge.same(hpo.curie(a), hpo.curie(b)) for a, b in pairs]
    assert said == [index.same(a, b) for a, b in pairs]
    assert 10 < sum(said) < len(said)


def test_findings_and_unknown_ids_are_no_disorders(hpo_dir: Path) -> None:
    knowledge = ExportGraph(hpo_dir)
    assert not knowledge.same("HP:0001250", "HP:0001250")
    assert not knowledge.same("OMIM:000000", "OMIM:219700")
    assert knowledge.same("OMIM:219700", "OMIM:219700")
    assert knowledge.name("X:unknown") == "X:unknown"
