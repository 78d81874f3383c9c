"""Path search: bounds, filters, errors, and NetworkX on pairs of the full HPO graph; brute force is next door."""

import math
import random
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path as File

import networkx as nx
import polars as pl
import pytest

from medreason.errors import UnknownConceptError, UsageError
from medreason.kg.build import build
from medreason.kg.cost import DEFAULT_COST
from medreason.kg.filters import Filters
from medreason.kg.paths import best_paths, question_paths, shortest_paths, simple_paths
from medreason.kg.source import ASSOCIATED, HAS_PHENOTYPE, SourceGraph, make_edge
from medreason.kg.store import Graph, open_graph
from medreason.kg.view import GraphView
from medreason.records import Concept

NODES = 8


def built(rows, folder: str) -> Graph:
    source = SourceGraph("test", "1", "", "")
    source.concepts = [Concept(f"T:{i}", "odd" if i % 2 else "even", f"thing {i}") for i in range(NODES)]
    source.edges = [make_edge(f"T:{a}", r, f"T:{b}", "X", polarity=p) for a, (r, p), b in rows]
    build(source, File(folder) / "graph")
    return open_graph(File(folder) / "graph")


def flat(paths):
    return [(p.nodes, tuple(h.edge for h in p.hops)) for p in paths]


def assert_sound(graph: Graph, paths):
    for path in paths:
        assert len(path.nodes) == len(path.hops) + 1
        for (a, b), hop in zip(pairwise(path.nodes), path.hops, strict=True):
            edge = graph.edge(hop.edge)
            assert (edge.head, edge.tail) == ((a, b) if hop.forward else (b, a))


@pytest.fixture(scope="module")
def diamond(tmp_path_factory):
    """Two ways from 0 to 3, one of them by parallel edges; 4 is far, 5 is alone."""
    has, not_has, assoc = (HAS_PHENOTYPE, "present"), (HAS_PHENOTYPE, "absent"), (ASSOCIATED, "present")
    rows = [(0, has, 1), (0, assoc, 1), (1, has, 3), (0, has, 2), (2, has, 3), (3, has, 4), (6, not_has, 7)]
    return built(rows, str(tmp_path_factory.mktemp("diamond")))


def test_parallel_edges_are_separate_paths_in_order(diamond):
    found = shortest_paths(diamond, "T:0", "T:3")
    relations = [tuple(diamond.edge(h.edge).relation for h in p.hops) for p in found.paths]
    assert [p.nodes[1] for p in found.paths] == ["T:1", "T:1", "T:2"]
    assert relations == [(ASSOCIATED, HAS_PHENOTYPE), (HAS_PHENOTYPE, HAS_PHENOTYPE), (HAS_PHENOTYPE, HAS_PHENOTYPE)]


def test_direction_of_every_hop(diamond):
    (path,) = shortest_paths(diamond, "T:4", "T:3").paths
    assert [h.forward for h in path.hops] == [False]
    (path,) = shortest_paths(diamond, "T:3", "T:4").paths
    assert [h.forward for h in path.hops] == [True]


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_a_limit_keeps_the_first_and_says_so(diamond, limit):
    everything = shortest_paths(diamond, "T:0", "T:3").paths
    found = shortest_paths(diamond, "T:0", "T:3", limit=limit)
    assert found.paths == everything[:limit]
    assert found.truncated == (limit < 3)


def test_a_specific_node_is_preferred_to_one_of_higher_degree(diamond):
    found = best_paths(diamond, "T:0", "T:3", 1)
    assert found.paths[0].nodes == ("T:0", "T:2", "T:3")
    one = DEFAULT_COST.relation(HAS_PHENOTYPE) + DEFAULT_COST.seen(None) + DEFAULT_COST.code("")
    assert found.paths[0].cost == pytest.approx(2 * one + math.log2(3), abs=1e-8)


def test_bounds_that_are_hit_are_reported(diamond):
    cut = best_paths(diamond, "T:0", "T:4", 5, max_steps=2)
    assert (cut.truncated, cut.reason) == (True, "search bound")
    assert not best_paths(diamond, "T:0", "T:4", 5).truncated
    some = simple_paths(diamond, "T:0", "T:4", limit=2)
    assert (len(some), some.truncated, some.reason, some.total) == (2, True, "limit", None)
    short = best_paths(diamond, "T:0", "T:4", filters=Filters(max_length=2))
    assert (len(short), short.truncated, short.reason) == (0, True, "max length")
    near = best_paths(diamond, "T:0", "T:3", slack=1, filters=Filters(max_length=2))
    assert (len(near), near.truncated, near.reason) == (3, True, "max length")
    assert shortest_paths(diamond, "T:0", "T:3", limit=1).total == 3


def test_why_there_is_no_path_is_said(diamond):
    assert shortest_paths(diamond, "T:0", "T:5").reason == "not connected"
    assert shortest_paths(diamond, "T:6", "T:7").reason == "filtered"
    pattern = Filters(pattern=["even", "is_a", "*"], polarity="any")
    with pytest.raises(UsageError, match="no relation 'is_a'"):
        best_paths(diamond, "T:0", "T:3", filters=pattern)
    pattern = Filters(pattern=["even", "<has_phenotype", "odd"])
    assert best_paths(diamond, "T:0", "T:1", filters=pattern).reason == "no match"
    itself = Filters(pattern=["*", "*", "*"])
    assert best_paths(diamond, "T:0", "T:0", filters=itself).reason == "no match"
    assert "pattern" in best_paths(diamond, "T:0", "T:1", filters=pattern).explanation


def test_a_meta_path_fixes_relations_directions_and_types(diamond):
    found = best_paths(diamond, "T:0", "T:3", filters=Filters(pattern=["*", "has_phenotype>", "even", "*", "odd"]))
    assert [p.nodes for p in found.paths] == [("T:0", "T:2", "T:3")]
    either = Filters(pattern=["even", "has_phenotype|associated", "odd", "has_phenotype>", "*"])
    assert [p.nodes[1] for p in shortest_paths(diamond, "T:0", "T:3", filters=either).paths] == ["T:1", "T:1"]


def test_a_question_is_its_pairs(diamond):
    found = question_paths(diamond, ["T:0", "T:1", "T:0"], ["T:3", "T:4"], 2, slack=1)
    assert list(found) == [("T:0", "T:3"), ("T:0", "T:4"), ("T:1", "T:3"), ("T:1", "T:4")]
    for ends, paths in found.items():
        assert paths.paths == best_paths(diamond, *ends, 2, slack=1).paths


def test_a_set_of_paths_is_a_sequence(diamond):
    found = shortest_paths(diamond, "T:0", "T:3")
    first, *rest = found.paths
    again = shortest_paths(diamond, "T:0", "T:3")
    assert (again[0], again[-1], again[1:], len(again)) == (first, rest[-1], tuple(rest), 3)
    with pytest.raises(IndexError):
        again[3]
    assert again.costs.tolist() == [p.cost for p in found]


def test_absent_edges_are_walked_only_on_request(diamond):
    assert shortest_paths(diamond, "T:6", "T:7").paths == ()
    assert len(shortest_paths(diamond, "T:6", "T:7", filters=Filters(polarity="any")).paths) == 1


@pytest.mark.parametrize("search", [shortest_paths, simple_paths, best_paths])
def test_ends_and_misuse(diamond, search):
    (path,) = search(diamond, "T:5", "T:5").paths
    assert (path.nodes, path.hops, path.cost) == (("T:5",), (), 0.0)
    assert search(diamond, "T:5", "T:0").paths == ()
    with pytest.raises(UnknownConceptError):
        search(diamond, "T:0", "T:99")
    with pytest.raises(UnknownConceptError):
        search(diamond, "T:0", "T:1", excluded_edges=["E0"])


MISUSE = [
    ({"relations": ["treats"]}, "no relation 'treats'"),
    ({"not_relations": ["treats"]}, "no relation 'treats'"),
    ({"types": ["gene"]}, "no node type 'gene'"),
    ({"not_types": ["gene"]}, "no node type 'gene'"),
    ({"relations": []}, "leave no edge"),
    ({"not_relations": [HAS_PHENOTYPE, ASSOCIATED]}, "leave no edge"),
    ({"relations": HAS_PHENOTYPE}, "is one text"),
    ({"polarity": "absent"}, "polarity 'absent'"),
    ({"max_length": 0}, "at most 0 hops"),
    ({"pattern": ["even"]}, "no meta-path"),
    ({"pattern": ["even", "*"]}, "no meta-path"),
    ({"pattern": "even * odd"}, "is one text"),
    ({"pattern": ["even", "<associated>", "odd"]}, "both ways"),
    ({"pattern": ["even", "*", "gene"]}, "no node type 'gene'"),
    ({"pattern": ["odd", "*", "odd"]}, "'T:0' is of type|T:0 is of type 'even'"),
    ({"pattern": ["*", "*", "*", "*", "*"], "max_length": 1}, "has 2 hops"),
]


@pytest.mark.parametrize(("given", "message"), MISUSE)
def test_filters_that_cannot_be_are_refused(diamond, given, message):
    with pytest.raises(UsageError, match=message):
        best_paths(diamond, "T:0", "T:1", filters=Filters(**given))


@pytest.mark.parametrize("given", [{"k": 0}, {"slack": -1}, {"max_steps": 0}])
def test_numbers_that_cannot_be_are_refused(diamond, given):
    with pytest.raises(UsageError):
        best_paths(diamond, "T:0", "T:1", **given)


def test_searches_of_many_threads_do_not_disturb_each_other(hpo):
    chance = random.Random(3)
    pairs = [(hpo.curie(chance.randrange(hpo.n_nodes)), hpo.curie(chance.randrange(hpo.n_nodes))) for _ in range(40)]
    alone = [best_paths(hpo, *pair, slack=1).paths for pair in pairs]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda pair: best_paths(hpo, *pair, slack=1).paths, pairs)) == alone


def test_a_case_sees_neither_dropped_edges_nor_pooled_frequencies(hpo):
    edge = next(hpo.edge_at(n) for n in range(hpo.n_edges) if len(GraphView(hpo, cited(hpo, n)).dropped) == 1)
    number = hpo.edge_number(edge.id)
    view = GraphView(hpo, cited(hpo, number))
    assert edge.id in {h.edge for p in best_paths(hpo, edge.head, edge.tail).paths for h in p.hops}
    hidden = best_paths(hpo, edge.head, edge.tail, view=view)
    assert not any(h.edge == edge.id for p in hidden.paths for h in p.hops)


def cited(graph: Graph, number: int) -> set[str]:
    return {r for row in graph.evidence_at(number) for r in row.references if r.startswith("PMID")}


def walks(net: nx.MultiGraph, before: dict[str, list[str]], start: str, goal: str):
    """(nodes, edge ids) of every shortest path, from NetworkX's predecessors of every node."""
    if goal == start:
        yield (start,), ()
        return
    for last in before[goal]:
        for nodes, edges in walks(net, before, start, last):
            for eid in net[last][goal]:
                yield (*nodes, goal), (*edges, eid)


def test_shortest_paths_equal_networkx_on_the_full_graph(hpo):
    table = pl.read_parquet(hpo.folder / "edges.parquet").filter(pl.col("polarity") == "present")
    net = nx.MultiGraph()
    net.add_edges_from(table.select("head", "tail", "id").iter_rows())
    chance = random.Random(20250116)
    nodes = sorted(net)
    compared = 0
    while compared < 200:
        start = chance.choice(nodes)
        before = nx.predecessor(net, start)
        for goal in chance.sample(nodes, 12):
            found = shortest_paths(hpo, start, goal)
            if goal == start or goal not in before or len(found) > 20_000:
                continue
            expected = set(walks(net, before, start, goal))
            assert len(found) == found.total == len(expected)
            assert set(flat(found.paths)) == expected
            ranked = best_paths(hpo, start, goal, 3)
            assert [p.cost for p in ranked.paths] == sorted(p.cost for p in found.paths)[:3]
            assert_sound(hpo, ranked.paths)
            compared += 1
