"""docs/scoring.md, worked out by hand on the small graph (8 annotated diseases)."""

import math
from pathlib import Path

import pytest

from medreason.kg.hierarchy import ladder
from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.records import Finding
from medreason.teachers.weigh import Weighed, Weigher
from tests.teachers.small import EYE, HEART, MURMUR, NIGHT, SEVERE, small_graph


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return small_graph(Path(tmp_path_factory.mktemp("small")) / "kg")


def weigh(graph: Graph, disease: str, *, observed: str = "", excluded: str = "", without: str = "") -> list[Weighed]:
    weigher, view = Weigher(graph), GraphView(graph, [without] if without else [])
    findings = [Finding(observed, "", "observed")] if observed else []
    findings += [Finding(excluded, "", "excluded")] if excluded else []
    return list(weigher.weigh(view, graph.require(disease), *weigher.telling(findings)))


# Eight diseases are annotated as present (D:8 through NIGHT). Carriers: NIGHT D:1, D:2, D:8; EYE those and D:3;
# HEART D:1, D:4, D:5, D:6, D:7; MURMUR D:1, D:4.
IC_NIGHT = -math.log2(3 / 8)


@pytest.mark.parametrize(
    ("disease", "finding", "stance", "weight"),
    [
        ("D:1", NIGHT, "supports", IC_NIGHT * (0.75 + 0.25 * 3.5 / 5)),
        ("D:2", NIGHT, "supports", IC_NIGHT * (0.75 + 0.25 * 0.5)),
        ("D:8", NIGHT, "supports", IC_NIGHT * (0.75 + 0.25 * 0.4)),
        ("D:4", MURMUR, "supports", 2.0),
        ("D:5", HEART, "supports", -math.log2(5 / 8) * (0.75 + 0.25 * 4.5 / 9)),
        ("D:2", MURMUR, "contradicts", -2.0),
        ("D:8", MURMUR, "contradicts", -2.0),
    ],
)
def test_one_finding(graph: Graph, disease: str, finding: str, stance: str, weight: float) -> None:
    (found,) = weigh(graph, disease, observed=finding)
    assert found.stance == stance
    assert found.weight == pytest.approx(weight, abs=1e-4)


def test_a_broader_annotation_says_something_only_where_it_is_selective(graph: Graph) -> None:
    # D:3 is annotated with EYE only: carried by half of the diseases, one bit, below the three bits asked for.
    assert weigh(graph, "D:3", observed=SEVERE) == []


def test_what_is_not_recorded_is_no_evidence(graph: Graph) -> None:
    assert weigh(graph, "D:4", observed=NIGHT) == []


def test_an_excluded_finding_weighs_only_where_it_is_nearly_always_there(graph: Graph) -> None:
    always = weigh(graph, "D:4", excluded=MURMUR)
    nine_of_ten = weigh(graph, "D:1", excluded=MURMUR)
    above = weigh(graph, "D:4", excluded=HEART)
    assert [w.weight for w in always + nine_of_ten + above] == [-2.0, -2.0, -2.0]
    assert {w.stance for w in always + nine_of_ten + above} == {"contradicts"}
    assert weigh(graph, "D:1", excluded=NIGHT) == []  # 3 of 4 patients only
    assert weigh(graph, "D:8", excluded=NIGHT) == []  # a percentage has no n
    assert weigh(graph, "D:3", excluded=SEVERE) == []  # EYE is nearly always there, severe nyctalopia is not


def test_a_kind_of_the_finding_that_the_patient_lacks_supports_nothing(graph: Graph) -> None:
    # D:2 is annotated with severe nyctalopia only.
    assert [w.stance for w in weigh(graph, "D:2", observed=NIGHT)] == ["supports"]
    assert weigh(graph, "D:2", observed=NIGHT, excluded=SEVERE) == []
    assert [w.stance for w in weigh(graph, "D:1", observed=NIGHT, excluded=SEVERE)] == ["supports"]


def test_implied_findings_count_once(graph: Graph) -> None:
    weigher = Weigher(graph)
    given = [(EYE, "observed"), (SEVERE, "observed"), (HEART, "excluded"), (MURMUR, "excluded")]
    observed, excluded = weigher.telling(Finding(c, "", s) for c, s in given)  # type: ignore[arg-type]
    assert [graph.curie(n) for n in observed] == [SEVERE]
    assert [graph.curie(n) for n in excluded] == [HEART]


def test_the_own_paper_is_out_for_weights_and_for_information(graph: Graph) -> None:
    assert weigh(graph, "D:1", observed=NIGHT, without="PMID:1") == []
    (other,) = weigh(graph, "D:2", observed=NIGHT, without="PMID:1")
    # D:1 no longer carries NIGHT: 2 of 8 diseases.
    assert other.weight == pytest.approx(2.0 * 0.875)


def test_an_edge_with_other_references_stays_without_its_frequency(graph: Graph) -> None:
    (found,) = weigh(graph, "D:1", observed=MURMUR, without="PMID:1")
    assert found.frequency is None
    assert found.weight == pytest.approx(2.0 * 0.875)
    assert weigh(graph, "D:1", excluded=MURMUR, without="PMID:1") == []


def test_ladders_climb_by_is_a(graph: Graph) -> None:
    walk = [graph.edge_at(e) for e in ladder(graph, graph.require(SEVERE), graph.require(EYE))]
    assert [(e.head, e.tail) for e in walk] == [(SEVERE, NIGHT), (NIGHT, EYE)]
    assert ladder(graph, graph.require(EYE), graph.require(EYE)) == []
    with pytest.raises(ValueError, match="not above"):
        ladder(graph, graph.require(EYE), graph.require(HEART))
