"""Every clinical check: positive, negative and not applicable, on content of HPO and of Hetionet."""

from itertools import pairwise
from pathlib import Path as Folder

import pytest

from medreason.kg.build import build
from medreason.kg.checks import OPTION_RULES, PATH_RULES, Case, Check, failed, option_checks, path_checks
from medreason.kg.paths import question_paths
from medreason.kg.patient import earliest_onset, years
from medreason.kg.sources.hetionet import read_hetionet
from medreason.kg.store import Graph, open_graph
from medreason.kg.view import GraphView
from medreason.records import Hop, Path, Patient
from tests.shared import shared_file

MARFAN, CF, TSC1, NF1 = "OMIM:154700", "OMIM:219700", "OMIM:191100", "OMIM:162200"
DUCHENNE, RETT, MECP2_DUPLICATION = "OMIM:310200", "OMIM:312750", "DECIPHER:45"
RETINAL_HAMARTOMA, ANGIOMYOLIPOMA, BRONCHIECTASIS = "HP:0009594", "HP:0006772", "HP:0002110"
ECTOPIA_LENTIS, LENS, CRYPTORCHIDISM = "HP:0001083", "HP:0000517", "HP:0000028"
NARROW_MOUTH, ALL, PHENOTYPE = "HP:0000160", "HP:0000001", "HP:0000118"
UNKNOWN, FEMALE, MALE = Patient(), Patient(sex="female"), Patient(sex="male")


def on_option(
    graph: Graph, rule: str, disease: str, *, seen: str = "", gone: str = "", patient: Patient = UNKNOWN,
    without: tuple[str, ...] = (),
) -> Check:  # fmt: skip
    observed, excluded = ((graph.require(f),) if f else () for f in (seen, gone))
    checks = option_checks(GraphView(graph, without), graph.require(disease), Case(observed, excluded, patient))
    assert [c.rule for c in checks] == list(OPTION_RULES)
    assert all(c.reason for c in checks)
    return next(c for c in checks if c.rule == rule)


@pytest.mark.parametrize(
    ("disease", "seen", "outcome"),
    [
        (TSC1, RETINAL_HAMARTOMA, "fail"),  # 0 of 5 patients
        (TSC1, ANGIOMYOLIPOMA, "pass"),
        (MARFAN, RETINAL_HAMARTOMA, "not_applicable"),  # nothing is recorded as absent
    ],
)
def test_polarity(hpo: Graph, disease: str, seen: str, outcome: str) -> None:
    check = on_option(hpo, "polarity", disease, seen=seen)
    assert check.outcome == outcome
    if outcome == "fail":
        (edge,) = check.edges
        assert hpo.edge(edge).polarity == "absent"
        assert hpo.edge(edge).tail == seen
        assert "retinal hamartoma was looked for" in check.reason


@pytest.mark.parametrize(
    ("disease", "gone", "outcome"),
    [
        (CF, BRONCHIECTASIS, "fail"),  # 106 of 111 patients
        (CF, "HP:0002086", "fail"),  # abnormality of the respiratory system: what lies below is excluded too
        (CF, ECTOPIA_LENTIS, "pass"),
        (MARFAN, ECTOPIA_LENTIS, "pass"),  # recorded, but not as nearly always there
        (CF, "", "not_applicable"),
    ],
)
def test_excluded_finding(hpo: Graph, disease: str, gone: str, outcome: str) -> None:
    check = on_option(hpo, "excluded_finding", disease, gone=gone)
    assert check.outcome == outcome
    if outcome == "fail":
        assert "bronchiectasis is nearly always there (106 of 111)" in check.reason


@pytest.mark.parametrize(
    ("disease", "patient", "seen", "outcome"),
    [
        (DUCHENNE, FEMALE, "", "fail"),  # X-linked recessive
        (DUCHENNE, MALE, "", "pass"),
        (RETT, FEMALE, "", "pass"),  # X-linked dominant
        (NF1, FEMALE, "", "pass"),
        (MECP2_DUPLICATION, FEMALE, NARROW_MOUTH, "fail"),  # recorded in male patients only
        (MECP2_DUPLICATION, MALE, NARROW_MOUTH, "pass"),
        (NF1, FEMALE, CRYPTORCHIDISM, "fail"),  # an organ of the other sex
        (NF1, MALE, CRYPTORCHIDISM, "pass"),
        (DUCHENNE, Patient(), "", "not_applicable"),
    ],
)
def test_sex(hpo: Graph, disease: str, patient: Patient, seen: str, outcome: str) -> None:
    assert on_option(hpo, "sex", disease, patient=patient, seen=seen).outcome == outcome


@pytest.mark.parametrize(
    ("disease", "patient", "outcome"),
    [
        (CF, Patient(age="P20D"), "fail"),  # earliest onset on record: infantile, from 28 days
        (CF, Patient(age="P28D"), "pass"),
        (CF, Patient(age="P60Y"), "pass"),  # older than an onset contradicts nothing
        (CF, Patient(fetal=True), "fail"),
        (CF, Patient(), "not_applicable"),
        (MARFAN, Patient(age="P1D"), "not_applicable"),  # no onset on record
    ],
)
def test_age(hpo: Graph, disease: str, patient: Patient, outcome: str) -> None:
    assert on_option(hpo, "age", disease, patient=patient).outcome == outcome


def test_an_onset_of_excluded_publications_is_not_seen(hpo: Graph) -> None:
    onsets = [a for a in hpo.concept(CF).attributes if a.kind == "onset"]
    without = tuple({r for a in onsets for r in a.references})
    assert without
    assert earliest_onset(GraphView(hpo, without), hpo.require(CF)) is None
    assert on_option(hpo, "age", CF, patient=Patient(age="P1D"), without=without).outcome == "not_applicable"


@pytest.mark.parametrize(
    ("age", "expected"), [("P3Y6M", 3.5), ("P2W", 14 / 365.25), ("P0D", 0.0), ("", None), ("P", None), ("old", None)]
)
def test_years(age: str, expected: float | None) -> None:
    assert years(Patient(age=age)) == (None if expected is None else pytest.approx(expected))


# -- paths ---------------------------------------------------------------------------------------------


def walk(graph: Graph, *nodes: str) -> Path:
    """The path over these concepts, by the first edge between each pair."""
    hops = []
    for a, b in pairwise(nodes):
        row = slice(*graph.adjacency.indptr[[graph.require(a), graph.require(a) + 1]].tolist())
        pairs = zip(graph.adjacency.values[row].tolist(), graph.adjacency_edge[row].tolist(), strict=True)
        edge = graph.edge_at(next(e for other, e in pairs if other == graph.require(b)))
        hops.append(Hop(edge.id, edge.head == a))
    return Path(nodes, tuple(hops), 0.0)


def on_path(
    graph: Graph, rule: str, *nodes: str, gone: str = "", patient: Patient = UNKNOWN
) -> Check:  # fmt: skip
    case = Case((graph.require(nodes[0]),), (graph.require(gone),) if gone else (), patient)
    checks = path_checks(GraphView(graph), walk(graph, *nodes), case)
    assert [c.rule for c in checks] == list(PATH_RULES)
    return next(c for c in checks if c.rule == rule)


def test_a_path_over_an_absent_edge_fails(hpo: Graph) -> None:
    check = on_path(hpo, "polarity", RETINAL_HAMARTOMA, TSC1)
    assert check.outcome == "fail"
    assert len(check.edges) == 1
    assert on_path(hpo, "polarity", ANGIOMYOLIPOMA, TSC1).outcome == "pass"


def test_direction(hpo: Graph) -> None:
    def outcome(*nodes: str, gone: str = "") -> tuple[str, str]:
        check = on_path(hpo, "direction", *nodes, gone=gone)
        return check.outcome, check.reason

    parents = sorted({hpo.edge_at(e).tail for e in hpo.outgoing[hpo.require(ECTOPIA_LENTIS)].tolist()})
    assert outcome(ECTOPIA_LENTIS, MARFAN) == ("pass", "the finding itself is recorded")
    assert outcome(parents[0], ECTOPIA_LENTIS, MARFAN) == ("pass", "the annotated term implies the finding")
    below = (hpo.edge_at(e) for e in hpo.incoming[hpo.require(parents[0])].tolist())
    sibling = next(e.head for e in below if e.relation == "is_a" and e.head != ECTOPIA_LENTIS)
    beside = (sibling, parents[0], ECTOPIA_LENTIS, MARFAN)
    assert outcome(*beside) == ("pass", "weaker: finding and annotated term are kinds of one concept")
    third = outcome(ECTOPIA_LENTIS, MARFAN, "HP:0001166", "OMIM:121050")
    assert third[0] == "fail"
    assert "third thing" in third[1]
    assert outcome(ECTOPIA_LENTIS, parents[0]) == ("not_applicable", "the path stays within the hierarchy")
    # Excluded: what is below is excluded with it, what is above is not.
    assert outcome(parents[0], ECTOPIA_LENTIS, MARFAN, gone=parents[0])[0] == "pass"
    assert outcome(*beside, gone=sibling)[0] == "fail"


def test_down_and_up_again_says_nothing(hpo: Graph) -> None:
    """A finding does not imply what its kinds have as other parents."""
    for number in range(hpo.n_nodes):
        ups = [hpo.edge_at(e).tail for e in hpo.outgoing[number].tolist() if hpo.edge_at(e).relation == "is_a"]
        if len(ups) < 2:
            continue
        for disease in (hpo.edge_at(e).head for e in hpo.incoming[hpo.require(ups[1])].tolist()):
            if hpo.concept(disease).type == "disease":
                check = on_path(hpo, "direction", ups[0], hpo.curie(number), ups[1], disease)
                assert check.outcome == "fail"
                assert "descends and climbs" in check.reason
                return
    pytest.fail("no finding with two parents")


def test_trivial_hub(hpo: Graph) -> None:
    eye = "HP:0000478"
    assert on_path(hpo, "trivial_hub", ECTOPIA_LENTIS, MARFAN).outcome == "not_applicable"
    check = on_path(hpo, "trivial_hub", eye, PHENOTYPE, "HP:0000707")
    assert check.outcome == "fail"
    assert "annotated diseases" in check.reason
    parent = next(hpo.edge_at(e).tail for e in hpo.outgoing[hpo.require(ECTOPIA_LENTIS)].tolist())
    assert on_path(hpo, "trivial_hub", parent, ECTOPIA_LENTIS, MARFAN).outcome == "pass"


def test_nothing_but_findings_and_diseases_in_a_good_answer(hpo: Graph) -> None:
    found = question_paths(hpo, [ECTOPIA_LENTIS, "HP:0001166"], [MARFAN, CF], 1)
    case = Case((hpo.require(ECTOPIA_LENTIS), hpo.require("HP:0001166")))
    for finding in (ECTOPIA_LENTIS, "HP:0001166"):
        assert failed(path_checks(GraphView(hpo), found[finding, MARFAN][0], case)) == ()


@pytest.fixture(scope="module")
def hetionet(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder = shared_file("kg/hetionet-sample")
    out = Folder(tmp_path_factory.mktemp("hetionet")) / "kg"
    build(read_hetionet(folder), out)
    return open_graph(out)


PREDNISONE, METFORMIN, GOUT = "DrugBank:DB00635", "DrugBank:DB00331", "DOID:13189"


def by_name(graph: Graph, drug: str, relation: str, name: str) -> str:
    edges = (graph.edge_at(e) for e in graph.outgoing[graph.require(drug)].tolist())
    return next(e.tail for e in edges if e.relation == relation and graph.name(e.tail) == name)


def test_relation_meaning(hetionet: Graph) -> None:
    hypokalaemia = by_name(hetionet, PREDNISONE, "causes side effect", "Hypokalaemia")
    gout = by_name(hetionet, PREDNISONE, "treats", "gout")
    side = on_path(hetionet, "relation_meaning", hypokalaemia, PREDNISONE, gout)
    assert side.outcome == "fail"
    assert side.reason == "causes side effect is never a reason for a diagnosis"
    assert len(side.edges) == 1
    diabetes = by_name(hetionet, METFORMIN, "treats", "type 2 diabetes mellitus")
    assert on_path(hetionet, "relation_meaning", diabetes, METFORMIN).outcome == "pass"


def test_a_finding_explained_by_a_treatment(hetionet: Graph, hpo: Graph) -> None:
    rule = "explained_by_treatment"
    hypokalaemia = by_name(hetionet, PREDNISONE, "causes side effect", "Hypokalaemia")
    gout = by_name(hetionet, PREDNISONE, "treats", "gout")
    route = hypokalaemia, PREDNISONE, gout
    taken = on_path(hetionet, rule, *route, patient=Patient(treatments=(PREDNISONE,)))
    assert taken.outcome == "fail"
    assert "prednisone, which the patient takes" in taken.reason
    assert hetionet.edge(taken.edges[0]).relation == "causes side effect"
    other = on_path(hetionet, rule, *route, patient=Patient(treatments=(METFORMIN,)))
    assert other.outcome == "pass"
    assert on_path(hetionet, rule, *route).outcome == "not_applicable"
    there = Patient(treatments=("DrugBank:DB00635",))
    assert on_path(hpo, rule, ECTOPIA_LENTIS, MARFAN, patient=there).outcome == "not_applicable"
