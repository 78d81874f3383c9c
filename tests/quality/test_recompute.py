"""docs/scoring.md a second time, by hand, on the small graph (8 annotated diseases, see ``ROWS``)."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from medreason.kg.store import Graph
from medreason.quality.facts import Facts, Seen, View
from medreason.quality.recompute import Weight, recompute, telling, weigh
from medreason.records import Finding, Option
from tests.quality.stub import stub
from tests.teachers.small import EYE, HEART, MURMUR, NIGHT, SEVERE, small_graph


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return small_graph(Path(tmp_path_factory.mktemp("small")) / "kg")


def one(graph: Graph, disease: str, *, seen: str = "", gone: str = "", without: tuple[str, ...] = ()) -> Weight | None:
    view = View(Facts(graph), without)
    observed = [graph.require(seen)] if seen else []
    excluded = [graph.require(gone)] if gone else []
    found = weigh(view, graph.require(disease), observed, excluded)
    return next(iter(found.values()), None)


def test_carriers_and_diseases(graph: Graph) -> None:
    view = View(Facts(graph), ())
    assert view.diseases == 8
    assert view.carriers(graph.require(NIGHT)) == 3  # D:1, D:2 (severe), D:8
    assert view.carriers(graph.require(EYE)) == 4
    assert view.ic(graph.require(NIGHT)) == pytest.approx(math.log2(8 / 3))


def test_an_excluded_publication_takes_rows_edges_and_carriers(graph: Graph) -> None:
    view = View(Facts(graph), ["PMID:1"])
    assert len(view.dropped) == 1  # D:1 NIGHT
    assert len(view.touched) == 1  # D:1 MURMUR, backed by PMID:2 too
    assert view.carriers(graph.require(NIGHT)) == 2
    assert view.diseases == 8
    assert View(Facts(graph), ["PMID:4"]).diseases == 7
    kept = one(graph, "D:1", seen=MURMUR, without=("PMID:1",))
    carriers = 2  # D:1, D:4
    assert kept is not None
    assert kept.weight == pytest.approx(math.log2(8 / carriers) * 0.875, abs=1e-4)


@pytest.mark.parametrize(
    ("disease", "finding", "stance", "weight"),
    [
        ("D:1", NIGHT, "supports", math.log2(8 / 3) * (0.75 + 0.25 * 3.5 / 5)),
        ("D:2", NIGHT, "supports", math.log2(8 / 3) * 0.875),
        ("D:4", MURMUR, "supports", 2.0 * 1.0),
        ("D:8", NIGHT, "supports", math.log2(8 / 3) * 0.85),
        ("D:2", MURMUR, "contradicts", -2.0),
        ("D:8", MURMUR, "contradicts", -2.0),
    ],
)
def test_observed(graph: Graph, disease: str, finding: str, stance: str, weight: float) -> None:
    found = one(graph, disease, seen=finding)
    assert found is not None
    assert (found.stance, found.weight) == (stance, pytest.approx(weight, abs=1e-4))


def test_a_broad_term_of_few_bits_says_nothing(graph: Graph) -> None:
    assert one(graph, "D:3", seen=NIGHT) is None  # eye: 4 of 8 diseases, 1 bit
    assert one(graph, "D:6", seen=MURMUR) is None


def test_excluded_counts_only_what_is_nearly_always_there(graph: Graph) -> None:
    always = one(graph, "D:1", gone=MURMUR)
    assert always is not None
    assert (always.stance, always.weight) == ("contradicts", -2.0)  # 9 of 10
    assert one(graph, "D:1", gone=MURMUR, without=("PMID:1",)) is None  # pooled with excluded patients
    assert one(graph, "D:1", gone=NIGHT) is None  # 3 of 4
    assert one(graph, "D:4", gone=HEART) is not None  # murmur, obligate, is a kind of it
    assert one(graph, "D:3", gone=NIGHT) is None  # very frequent, but above


def test_only_telling_findings_count(graph: Graph) -> None:
    findings = [Finding(f, "", "observed") for f in (EYE, NIGHT)] + [
        Finding(x, "", "excluded") for x in (HEART, MURMUR)
    ]
    observed, excluded = telling(Facts(graph), findings)
    assert [graph.curie(n) for n in observed] == [NIGHT]
    assert [graph.curie(n) for n in excluded] == [HEART]


def test_counts_are_summed_and_nothing_else_is() -> None:
    assert Seen(k=4, n=8).share == pytest.approx(0.5)
    assert not Seen(percent=100.0).nearly_always
    assert Seen(k=9, n=10).nearly_always
    assert not Seen(k=9, n=9).nearly_always
    assert not Seen(term="HP:0040285").recorded


def test_rows_pool(graph: Graph) -> None:
    facts = Facts(graph)
    heart = next(a for a in facts.annotations(graph.require("D:5")))
    assert facts.pooled(heart.edge) == Seen(k=4, n=8)


def test_margin_and_ranking(graph: Graph) -> None:
    options = tuple(Option(k, d, d) for k, d in zip("ABC", ("D:1", "D:2", "D:6"), strict=True))
    findings = (Finding(NIGHT, "", "observed"), Finding(SEVERE, "", "excluded"))
    record = stub(options=options, findings=findings)
    bits = math.log2(8 / 3)
    verdict = recompute(Facts(graph), record)
    # A narrower term, which is excluded in the patient, supports nothing; the picture of its disease is the better
    # one: 6 x bits (its only term), against 6 x bits / 2 (nyctalopia and heart murmur).
    assert [key for key, _ in verdict.ranking] == ["B", "A", "C"]
    assert verdict.evidence["B"] == {}
    assert verdict.parts["A"] == pytest.approx((bits * 0.925, 3 * bits, 0.0), abs=1e-4)  # 3 of 4 patients
    assert verdict.parts["B"] == pytest.approx((0.0, 6 * bits, 0.0), abs=1e-4)
    assert verdict.parts["C"] == (0.0, 0.0, 0.0)
    assert verdict.margin == pytest.approx(bits * (6 - 3 - 0.925), abs=2e-4)
    open_ = recompute(Facts(graph), replace(record, findings=findings[:1]))
    assert open_.margin == pytest.approx(bits * (6 + 0.875 - 3 - 0.925), abs=2e-4)
    alone = recompute(Facts(graph), replace(record, options=options[:1]))
    assert alone.margin == pytest.approx(alone.scores["A"])
