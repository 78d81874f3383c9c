"""Relations other than disease and finding, the hierarchy and its directions, on a small graph made here."""

from pathlib import Path

import pytest

from medreason.kg.build import build
from medreason.kg.source import SourceGraph, make_edge
from medreason.kg.store import Graph, open_graph
from medreason.quality.freetext.claims import FreeClaim, Reader
from medreason.quality.freetext.counts import summarise
from medreason.quality.freetext.lookup import MOST_FORMS
from medreason.quality.freetext.rows import Chain
from medreason.records import Concept, EdgeEvidence, Frequency

NODES = [
    ("M:1", "disease", "brindle disease"), ("M:2", "disease", "brindle disease type one"),
    ("M:3", "disease", "corvine fever"), ("M:4", "disease", "broad malady"),
    ("HP:0000118", "phenotype", "Phenotypic abnormality"), ("HP:1", "phenotype", "Ptosis"),
    ("HP:2", "phenotype", "Unilateral ptosis"), ("HP:3", "phenotype", "Nausea"), ("HP:4", "phenotype", "Tremor"),
    ("D:1", "drug", "Fictumab"), ("D:2", "drug", "Nullicin"), ("G:1", "gene", "BRNDL"),
]  # fmt: skip
SAYS = [
    ("D:1", "treats", "M:1"), ("D:1", "causes side effect", "HP:3"), ("D:2", "resembles", "M:1"),
    ("G:1", "associated", "M:1"), ("M:2", "is_a", "M:1"), ("M:2", "has_phenotype", "HP:2"),
    ("M:3", "has_phenotype", "HP:1"), ("HP:2", "is_a", "HP:1"), ("HP:1", "is_a", "HP:0000118"),
    ("HP:3", "is_a", "HP:0000118"), ("HP:4", "is_a", "HP:0000118"), ("M:100", "has_phenotype", "HP:4"),
]  # fmt: skip


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    source = SourceGraph("toy", "1", "CC0", "Nobody.")
    forms = [f"M:{100 + n}" for n in range(MOST_FORMS + 1)]
    source.concepts = [Concept(*node) for node in NODES]
    source.concepts += [Concept(form, "disease", f"malady number {form}") for form in forms]
    source.edges = [make_edge(head, relation, tail, "toy") for head, relation, tail in SAYS]
    source.edges += [make_edge(form, "is_a", "M:4", "toy") for form in forms]
    for k, n, tail in ((0, 3, "HP:3"), (0, 12, "HP:4")):
        seen = (EdgeEvidence(("PMID:1",), "PCS", Frequency(k, n)),)
        source.edges.append(make_edge("M:3", "has_phenotype", tail, "toy", polarity="absent", evidence=seen))
    folder: Path = tmp_path_factory.mktemp("toy") / "kg"
    build(source, folder)
    return open_graph(folder)


def claims(graph: Graph, text: str) -> list[FreeClaim]:
    return [c for c in Reader(graph).read(Chain("x", "", text, "", "text")).claims if c.checkable]


@pytest.mark.parametrize(
    ("text", "relation", "verdict"),
    [
        ("Fictumab is used to treat brindle disease.", "treats", "grounded"),
        ("Brindle disease is treated with Fictumab.", "treats", "grounded"),
        ("Nullicin is effective against brindle disease.", "treats", "unsupported"),
        ("Fictumab causes nausea.", "causes", "grounded"),
        ("Nausea is a side effect of Fictumab.", "causes", "grounded"),
        ("Fictumab causes tremor.", "causes", "unsupported"),
        ("BRNDL mutations cause brindle disease.", "associated", "grounded"),
        ("BRNDL mutations cause corvine fever.", "associated", "unsupported"),
    ],
)
def test_only_an_edge_of_the_relation_that_is_claimed_counts(
    graph: Graph, text: str, relation: str, verdict: str
) -> None:
    [claim] = claims(graph, text)
    assert (claim.relation, claim.verdict, bool(claim.edges)) == (relation, verdict, verdict == "grounded")
    assert text[slice(*claim.words)].strip()


@pytest.mark.parametrize(
    ("text", "verdict", "by"),
    [
        ("Brindle disease type one causes ptosis.", "derivable", "finding"),
        ("Brindle disease causes unilateral ptosis.", "derivable", "form"),
        ("Brindle disease causes ptosis.", "derivable", "both"),
        ("Corvine fever causes unilateral ptosis.", "unsupported", ""),
        ("Broad malady causes tremor.", "unsupported", ""),
        ("Unilateral ptosis is a form of ptosis.", "grounded", ""),
        ("Ptosis is a form of unilateral ptosis.", "unsupported", ""),
    ],
)
def test_presence_goes_from_narrower_to_broader(graph: Graph, text: str, verdict: str, by: str) -> None:
    [claim] = claims(graph, text)
    assert (claim.verdict, claim.by) == (verdict, by)
    assert bool(claim.edges) == (verdict != "unsupported")


def test_a_few_patients_without_it_contradict_nothing(graph: Graph) -> None:
    [few] = claims(graph, "Corvine fever causes nausea.")
    [many] = claims(graph, "Corvine fever causes tremor.")
    assert (few.verdict, len(few.edges)) == ("unsupported", 1)
    assert (many.verdict, len(many.edges)) == ("contradicted", 1)
    assert [c.verdict for c in claims(graph, "Corvine fever may cause tremor.")] == ["unsupported"]
    assert [c.verdict for c in claims(graph, "Corvine fever does not cause nausea.")] == ["grounded"]


def test_what_is_said_of_the_patient_is_counted_and_claims_nothing(graph: Graph) -> None:
    text = (
        "The patient has no tremor. His mother had ptosis. Could it be corvine fever? Well. Corvine fever and ptosis."
    )
    read = Reader(graph).read(Chain("x", "", text, "", "text"))
    assert not [c for c in read.claims if c.checkable]
    assert (read.spoken["excluded"], read.spoken["family"], read.spoken["of_the_case"]) == (1, 1, 2)
    sentences = [read.spoken[k] for k in ("no_name", "no_pair", "no_claim")]
    assert sentences == [1, 3, 1] and sum(sentences) == summarise([read])["sentences"]


def test_counts_stand_by_dataset_and_a_share_of_one_chain_has_no_interval(graph: Graph) -> None:
    reader = Reader(graph)
    chains = [("a", "d1", "Corvine fever causes ptosis."), ("b", "d2", "Corvine fever causes tremor."),
              ("c", "d2", "Corvine fever causes ptosis."), ("d", "d3", "Nothing.")]  # fmt: skip
    found = summarise([reader.read(Chain(i, "", text, "", "text", name)) for i, name, text in chains])
    shares = {name: d["supported_of_asserted"] for name, d in found["datasets"].items()}
    assert shares["d1"] == {"value": 1.0, "low": None, "high": None, "n": 1}
    assert shares["d2"] == {"value": 0.5, "low": 0.0, "high": 1.0, "n": 2}
    assert shares["d3"]["value"] is None and found["checkable"] == 3
    assert found["claims"]["asserted"] == {"grounded": 2, "derivable": 0, "contradicted": 1, "unsupported": 0}
