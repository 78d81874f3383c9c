"""The view of one case: the own-paper rules of docs/scoring.md."""

import math

import pytest

from medreason.kg.build import build
from medreason.kg.frequency import Pooled, pool
from medreason.kg.hpo import read_hpo
from medreason.kg.store import open_graph
from medreason.kg.view import GraphView
from medreason.records import Frequency
from tests.kg.release import write_release


@pytest.fixture
def graph(tmp_path):
    build(read_hpo(write_release(tmp_path / "release")), tmp_path / "graph")
    return open_graph(tmp_path / "graph")


def edge_number(graph, head, tail):
    found = [n for n in range(graph.n_edges) if (graph.edge_at(n).head, graph.edge_at(n).tail) == (head, tail)]
    assert len(found) == 1
    return found[0]


def test_an_edge_with_no_row_left_is_gone(graph):
    view = GraphView(graph, ["PMID:11"])
    assert not view.keeps(edge_number(graph, "OMIM:2", "HP:0001250"))
    assert not view.keeps(edge_number(graph, "OMIM:1", "HP:0000098")), "absent edges fall under the rule too"
    assert view.keeps(edge_number(graph, "OMIM:2", "HP:0000098"))


def test_an_edge_others_also_back_stays_without_its_frequency(graph):
    number = edge_number(graph, "OMIM:1", "HP:0001250")
    edge = graph.edge_at(number)
    assert GraphView(graph).frequency(edge, number) == Pooled(k=4, n=9)
    view = GraphView(graph, ["PMID:11"])
    assert view.keeps(number)
    assert view.frequency(edge, number) is None
    assert view.references(edge) == ("PMID:12", "PMID:13")


def test_a_row_is_gone_only_if_all_its_references_are(graph):
    number = edge_number(graph, "OMIM:1", "HP:0001250")
    assert GraphView(graph, ["PMID:11", "PMID:12"]).keeps(number)
    assert not GraphView(graph, ["PMID:11", "PMID:12", "PMID:13"]).keeps(number)


def test_profiles_carriers_and_information_follow(graph):
    at = graph.require
    whole, view = GraphView(graph), GraphView(graph, ["PMID:11", "OMIM:2"])
    assert whole.n_diseases == 2
    assert view.n_diseases == 1, "the second disease has no annotation left"
    assert view.profile(at("OMIM:2")).size == 0
    assert view.annotated_terms(at("OMIM:2")).size == 0
    assert whole.carrier_count(at("HP:0001250")) == 2
    assert view.carriers(at("HP:0001250")).tolist() == [at("OMIM:1")]
    assert view.carrier_count(at("HP:0000098")) == 0
    assert whole.information(at("HP:0000098")) == pytest.approx(1.0)
    assert view.information(at("HP:0001250")) == pytest.approx(0.0)
    # Nobody carries it: the value of one carrier.
    assert whole.information(at("HP:0007359")) == pytest.approx(math.log2(2))


def test_an_unrelated_publication_changes_nothing(graph):
    view = GraphView(graph, ["PMID:404"])
    assert (view.dropped, view.touched, view.changed_profiles) == (set(), set(), {})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], None),
        ([None], None),
        ([Frequency(1, 2), None, Frequency(3, 4)], Pooled(k=4, n=6)),
        ([Frequency(1, 2), Frequency(percent=90.0)], Pooled(k=1, n=2)),
        ([Frequency(percent=40.0), None, Frequency(percent=40.0)], Pooled(percent=40.0)),
        ([Frequency(percent=40.0), Frequency(term="HP:0040281")], None),
        ([Frequency(term="HP:0040281")], Pooled(term="HP:0040281")),
    ],
)
def test_pooling(given, expected):
    assert pool(given) == expected


def test_view_equals_a_graph_built_without_the_paper(hpo):
    """On the real release: closed profiles under the view equal those recomputed from the kept edges."""
    reference = "PMID:31675180"
    view = GraphView(hpo, [reference])
    assert view.dropped
    for disease in {int(hpo.head[n]) for n in view.dropped | view.touched}:
        terms = {
            int(hpo.tail[n])
            for n in hpo.outgoing[disease].tolist()
            if hpo.present[n]
            and hpo.edge_at(n).relation == "has_phenotype"
            and any(not row.references or set(row.references) - {reference} for row in hpo.edge_at(n).evidence)
        }
        expected = sorted({a for t in terms for a in hpo.ancestors[t].tolist()})
        assert view.profile(disease).tolist() == expected
