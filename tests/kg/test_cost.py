"""What a path costs: the parts against worked values, and the order they are meant to bring about."""

import math

import numpy as np
import pytest

from medreason.errors import UsageError
from medreason.kg.build import build
from medreason.kg.cost import CODE_COSTS, DEFAULT_COST, NO_REASON, RELATION_COSTS, Cost, fares_of
from medreason.kg.frequency import Pooled, pool, share
from medreason.kg.paths import best_paths, shortest_paths
from medreason.kg.source import HAS_PHENOTYPE, IS_A, SourceGraph, make_edge
from medreason.kg.store import open_graph
from medreason.records import Concept, EdgeEvidence, Frequency


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.1, 2e6, "1"])
def test_a_cost_that_ranks_nothing_is_refused(value):
    for given in ({"hub": value}, {"change": value}, {"relations": {IS_A: value}}, {"codes": {"PCS": value}}):
        with pytest.raises(UsageError, match="no path can be ranked by"):
            Cost(**given)


def test_the_refused_weight_is_named():
    with pytest.raises(UsageError, match=r"relations\['is_a'\] is nan"):
        Cost(relations={IS_A: math.nan})


@pytest.mark.parametrize(
    ("pooled", "bits"),
    [
        (None, 1.0),
        (Pooled(k=1, n=1), 0.415037),
        (Pooled(k=20, n=20), 0.034765),
        (Pooled(k=0, n=40), 6.0),
        (Pooled(percent=25.0), 2.0),
        (Pooled(percent=0.0), 6.0),
        (Pooled(term="HP:0040280"), 0.0),
        (Pooled(term="HP:0040284"), 5.058894),
    ],
)
def test_frequency_costs_its_surprise(pooled, bits):
    assert DEFAULT_COST.seen(pooled) == pytest.approx(bits, abs=1e-6)


def test_relations_and_codes_are_ordered_by_what_they_prove():
    assert RELATION_COSTS[IS_A] < RELATION_COSTS[HAS_PHENOTYPE] < RELATION_COSTS["associated"] < NO_REASON
    assert DEFAULT_COST.relation("side effect") == DEFAULT_COST.relation("side effect:drug_effect") == NO_REASON
    assert DEFAULT_COST.relation("made up") == DEFAULT_COST.other_relation
    assert DEFAULT_COST.relation(IS_A, "absent") == DEFAULT_COST.absent
    assert CODE_COSTS["PCS"] < CODE_COSTS["TAS"] < CODE_COSTS["IEA"]


def graph_of(folder, edges):
    """Edges: (head, relation, tail, evidence)."""
    source = SourceGraph("test", "1", "", "")
    names = sorted({end for head, _, tail, _ in edges for end in (head, tail)})
    source.concepts = [Concept(f"T:{name}", "thing", name) for name in names]
    source.edges = [make_edge(f"T:{a}", r, f"T:{b}", "X", evidence=e) for a, r, b, e in edges]
    build(source, folder / "graph")
    return open_graph(folder / "graph")


def seen(k, n, code="PCS", *, term=None):
    return (EdgeEvidence(("PMID:1",), code, Frequency(term=term) if term else Frequency(k=k, n=n)),)


def middle(graph):
    return [p.nodes[1] for p in best_paths(graph, "T:from", "T:to", 9).paths]


def test_evidence_orders_paths_that_are_otherwise_alike(tmp_path):
    ways = {
        "a": seen(19, 20), "b": seen(9, 10), "c": seen(9, 10, "TAS"), "d": seen(9, 10, "IEA"), "e": seen(1, 10),
        "f": (), "g": seen(None, None, term="HP:0040284"),
    }  # fmt: skip
    edges = [(end, HAS_PHENOTYPE, way, rows) for way, rows in ways.items() for end in ("from", "to")]
    assert middle(graph_of(tmp_path, edges)) == [f"T:{way}" for way in "abcdfeg"]


def test_hubs_and_general_findings_are_dear(tmp_path):
    edges = [(end, HAS_PHENOTYPE, way, ()) for way in ("hub", "general", "specific") for end in ("from", "to")]
    edges += [(f"d{i}", HAS_PHENOTYPE, "hub", ()) for i in range(9)]
    edges += [("leaf", IS_A, "general", ()), *((f"e{i}", HAS_PHENOTYPE, "leaf", ()) for i in range(5))]
    graph = graph_of(tmp_path, edges)
    assert middle(graph) == ["T:specific", "T:general", "T:hub"]
    general = fares_of(graph, DEFAULT_COST, np.zeros(0, np.int32)).toll[graph.number("T:general")]
    assert general == round(math.log2(1 + 7) * 1e9)  # seven diseases carry it, three edges touch it


def test_siblings_and_changes_of_relation_cost_a_turn(tmp_path):
    edges = [("from", IS_A, "up", ()), ("to", IS_A, "up", ()), ("from", IS_A, "mid", ()), ("mid", IS_A, "to", ())]
    graph = graph_of(tmp_path, edges)
    steep, sibling = (p.cost for p in best_paths(graph, "T:from", "T:to").paths)
    assert (steep, sibling - steep) == pytest.approx((1 + math.log2(3), 2.0), abs=1e-8)
    mixed = graph_of(tmp_path / "b", [("from", IS_A, "mid", ()), ("to", "causes side effect", "mid", ())])
    (path,) = shortest_paths(mixed, "T:from", "T:to").paths
    assert path.cost == pytest.approx(0.5 + NO_REASON + 1 + math.log2(3), abs=1e-8)


def test_grades_say_what_the_evidence_says(hpo):
    grades, chance = hpo.grades, np.random.default_rng(1)
    for number in chance.integers(0, hpo.n_edges, 3000).tolist():
        rows, grade = hpo.evidence_at(number), int(hpo.grade[number])
        assert bool(rows) == bool(grade)
        pooled = pool(row.frequency for row in rows)
        n, percent = int(grades.n[grade]), float(grades.percent[grade])
        kept = (
            Pooled(k=int(grades.k[grade]), n=n) if n
            else Pooled(percent=percent) if not math.isnan(percent)
            else Pooled(term=grades.terms[grades.term[grade]])
        )  # fmt: skip
        assert share(kept) == share(pooled)
        code = grades.codes[grades.code[grade]]
        assert code == next((c for c in ("PCS", "TAS", "IEA") if c in {r.code for r in rows}), "")


def test_a_graph_without_evidence_has_no_grades(tmp_path):
    graph = graph_of(tmp_path, [("from", IS_A, "to", ())])
    assert not (graph.folder / "edge.grade.npy").exists()
    assert (len(graph.grade), len(graph.grades.k)) == (0, 1)
