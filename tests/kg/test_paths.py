"""Path search against NetworkX: on random small multigraphs, and on pairs of the full HPO graph."""

import math
import random
import tempfile
from itertools import pairwise
from pathlib import Path as File

import networkx as nx
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medreason.errors import UnknownConceptError, UsageError
from medreason.kg.build import build
from medreason.kg.paths import best_paths, edge_cost, shortest_paths
from medreason.kg.source import ASSOCIATED, HAS_PHENOTYPE, SourceGraph, make_edge
from medreason.kg.store import Graph, open_graph
from medreason.records import Concept

NODES = 8
triples = st.tuples(
    st.integers(0, NODES - 1),
    st.sampled_from([(HAS_PHENOTYPE, "present"), (HAS_PHENOTYPE, "absent"), (ASSOCIATED, "present")]),
    st.integers(0, NODES - 1),
)
small_graphs = st.lists(triples, min_size=1, max_size=22, unique=True)


def built(rows, folder: str) -> Graph:
    source = SourceGraph("test", "1", "", "")
    source.concepts = [Concept(f"T:{i}", "thing", f"thing {i}") for i in range(NODES)]
    source.edges = [make_edge(f"T:{a}", r, f"T:{b}", "X", polarity=p) for a, (r, p), b in rows]
    build(source, File(folder) / "graph")
    return open_graph(File(folder) / "graph")


def oracle(graph: Graph, allowed=lambda edge: True) -> nx.MultiGraph:
    net = nx.MultiGraph()
    net.add_nodes_from(graph.curie(i) for i in range(graph.n_nodes))
    for edge in map(graph.edge_at, range(graph.n_edges)):
        if allowed(edge):
            net.add_edge(edge.head, edge.tail, key=edge.id)
    return net


def key(graph: Graph, nodes, edges, degree):
    cost = 0.0
    for i, eid in enumerate(edges):
        edge = graph.edge(eid)
        cost += edge_cost(edge.relation, edge.polarity)
        if i + 1 < len(edges):
            cost += math.log2(1 + degree[nodes[i + 1]])
    return round(cost, 9), [graph.require(n) for n in nodes], [graph.edge_number(e) for e in edges]


def simple_paths(net: nx.MultiGraph, start, goal, longest: int):
    """(nodes, edge ids) of every simple path of at most ``longest`` edges."""
    for walk in nx.all_simple_edge_paths(net, start, goal, cutoff=longest):
        yield (start, *(b for _, b, _ in walk)), tuple(k for _, _, k in walk)


def flat(paths):
    return [(p.nodes, tuple(h.edge for h in p.hops)) for p in paths]


def assert_sound(graph: Graph, paths):
    for path in paths:
        assert len(path.nodes) == len(path.hops) + 1
        for (a, b), hop in zip(pairwise(path.nodes), path.hops, strict=True):
            edge = graph.edge(hop.edge)
            assert (edge.head, edge.tail) == ((a, b) if hop.forward else (b, a))


filters = st.fixed_dictionaries(
    {"polarity": st.sampled_from(["present", "any"]), "relations": st.sampled_from([None, (HAS_PHENOTYPE,)])}
)


@settings(max_examples=40, deadline=None)
@given(small_graphs, filters, st.data())
def test_both_searches_equal_networkx_on_small_graphs(rows, chosen, data):
    with tempfile.TemporaryDirectory() as folder:
        graph = built(rows, folder)
        ids = [graph.edge_at(i).id for i in range(graph.n_edges)]
        excluded = data.draw(st.lists(st.sampled_from(ids), max_size=3, unique=True))
        k, slack = data.draw(st.integers(1, 6)), data.draw(st.integers(0, 3))
        if HAS_PHENOTYPE not in graph.relations:
            chosen = {**chosen, "relations": None}
        usable = graph.relations if chosen["relations"] is None else chosen["relations"]
        net = oracle(
            graph,
            lambda e: (
                e.id not in excluded
                and e.relation in usable
                and (chosen["polarity"] == "any" or e.polarity == "present")
            ),
        )
        degree = dict(oracle(graph).degree())
        for start, goal in ((f"T:{i}", f"T:{j}") for i in range(2) for j in range(NODES) if i != j):
            found = shortest_paths(graph, start, goal, **chosen, excluded_edges=excluded)
            best = best_paths(graph, start, goal, k, slack=slack, **chosen, excluded_edges=excluded)
            assert not found.truncated
            assert not best.truncated
            if not nx.has_path(net, start, goal):
                assert found.paths == best.paths == ()
                continue
            assert_sound(graph, found.paths + best.paths)
            length = nx.shortest_path_length(net, start, goal)
            ranked = sorted((key(graph, n, e, degree), n, e) for n, e in simple_paths(net, start, goal, length + slack))
            assert flat(best.paths) == [(n, e) for _, n, e in ranked[:k]]
            assert [p.cost for p in best.paths] == [cost for (cost, *_), *_ in ranked[:k]]
            shortest = sorted((c[1:], n, e) for c, n, e in ranked if len(e) == length)
            assert flat(found.paths) == [(n, e) for _, n, e in shortest]


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
    assert found.paths[0].cost == round(2 * edge_cost(HAS_PHENOTYPE, "present") + math.log2(3), 9)


def test_a_search_bound_is_reported(diamond):
    assert best_paths(diamond, "T:0", "T:4", 5, max_expansions=2).truncated
    assert not best_paths(diamond, "T:0", "T:4", 5).truncated


def test_absent_edges_are_walked_only_on_request(diamond):
    assert shortest_paths(diamond, "T:6", "T:7").paths == ()
    assert len(shortest_paths(diamond, "T:6", "T:7", polarity="any").paths) == 1


@pytest.mark.parametrize("search", [shortest_paths, best_paths])
def test_ends_and_misuse(diamond, search):
    (path,) = search(diamond, "T:5", "T:5").paths
    assert (path.nodes, path.hops, path.cost) == (("T:5",), (), 0.0)
    assert search(diamond, "T:5", "T:0").paths == ()
    with pytest.raises(UnknownConceptError):
        search(diamond, "T:0", "T:99")
    with pytest.raises(UnknownConceptError):
        search(diamond, "T:0", "T:1", excluded_edges=["E0"])
    with pytest.raises(UsageError, match="no relation 'treats'"):
        search(diamond, "T:0", "T:1", relations=["treats"])


def test_shortest_paths_equal_networkx_on_the_full_graph(hpo):
    table = pl.read_parquet(hpo.folder / "edges.parquet").filter(pl.col("polarity") == "present")
    net = nx.MultiGraph()
    net.add_edges_from(table.select("head", "tail", "id").iter_rows())
    chance = random.Random(20250116)
    nodes = sorted(net)
    compared = 0
    while compared < 30:
        start, goal = chance.sample(nodes, 2)
        found = shortest_paths(hpo, start, goal)
        ranked = best_paths(hpo, start, goal, 3)
        expected = set()
        for walk in nx.all_shortest_paths(net, start, goal) if nx.has_path(net, start, goal) else ():
            choices = [()]
            for a, b in pairwise(walk):
                choices = [(*chosen, eid) for chosen in choices for eid in net[a][b]]
            expected.update((tuple(walk), chosen) for chosen in choices)
        assert len(flat(found.paths)) == len(expected)
        assert set(flat(found.paths)) == expected
        assert [p.cost for p in ranked.paths] == sorted(p.cost for p in found.paths)[:3]
        assert_sound(hpo, ranked.paths)
        compared += bool(expected)
