import pytest

from medreason.questions.phenopackets import PhenopacketSource
from medreason.questions.publications import normalised, publications_in
from medreason.questions.reading import Item
from medreason.records import Question, Rejection
from tests.questions.test_phenopackets import packet


@pytest.mark.parametrize(
    "spelling",
    [
        "PMID:123", "pmid:123", "PMID: 123", " PMID 123 ", "PMID_123", "https://pubmed.ncbi.nlm.nih.gov/123/",
        "http://www.ncbi.nlm.nih.gov/pubmed/123",
    ],
)  # fmt: skip
def test_pubmed_ids_are_read_in_any_spelling(spelling: str) -> None:
    assert normalised([spelling]) == ("PMID:123",)


def test_other_references_keep_their_meaning() -> None:
    assert normalised(["omim:100", "OMIM:100", "https://example.org/a", "", "doi:10.1/X"]) == (
        "OMIM:100",
        "https://example.org/a",
        "DOI:10.1/X",
    )
    assert publications_in("PMID_30517146_Patient_5") == ["PMID:30517146"]
    assert publications_in("family 12") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"metaData": {"externalReferences": [{"id": "pmid: 7"}]}},
        {"metaData": {"externalReferences": [{"reference": "https://pubmed.ncbi.nlm.nih.gov/7/"}]}},
        {"metaData": {}, "id": "pmid-7-x"},
        {
            "metaData": {},
            "phenotypicFeatures": [{**packet()["phenotypicFeatures"][0], "evidence": [{"reference": {"id": "PMID:7"}}]},
                                   *packet()["phenotypicFeatures"][1:]],
        },
    ],
)  # fmt: skip
def test_the_own_paper_is_found_wherever_it_stands(hpo, changes) -> None:
    data = packet(**changes)
    made = PhenopacketSource(hpo, seed=0, exclude_own_paper=True).question(Item(data["id"], "f:1", data))
    assert isinstance(made, Question)
    assert made.excluded_publications == ("PMID:7",)
    assert "no_own_publication" not in made.flags


def test_a_case_without_publication_says_so(hpo) -> None:
    made = PhenopacketSource(hpo, seed=0, exclude_own_paper=True).question(Item("case", "f:1", packet(metaData={})))
    assert isinstance(made, Question)
    assert "no_own_publication" in made.flags


@pytest.mark.parametrize("curie", ["OMIM:154700", "NCBIGene:2200", "HP:0000006", "HP:0000118", "HP:0000001"])
def test_what_is_no_phenotype_does_not_reach_the_question(hpo, curie: str) -> None:
    data = packet(phenotypicFeatures=[*packet()["phenotypicFeatures"], {"type": {"id": curie}}])
    made = PhenopacketSource(hpo, seed=0, exclude_own_paper=True).question(Item("case", "f:1", data))
    assert isinstance(made, Question)
    assert f"not_a_phenotype:{curie}" in made.flags
    assert hpo.name(curie).lower() not in made.text.lower().replace("all", "") or curie == "HP:0000001"
    assert curie not in {f.concept for f in made.findings}


@pytest.mark.parametrize(
    "time",
    [
        {"age": {"iso8601duration": "P99999999999Y"}},
        {"gestationalAge": {"weeks": 5000}},
        {"gestationalAge": {"weeks": float("inf")}},
        {"gestationalAge": {"weeks": -3}},
        {"age": 5},
    ],
)
def test_impossible_ages_are_rejected(hpo, time) -> None:
    data = packet(subject={"sex": "MALE", "timeAtLastEncounter": time})
    made = PhenopacketSource(hpo, seed=0, exclude_own_paper=True).question(Item("case", "f:1", data))
    assert isinstance(made, Rejection)
    assert made.reason == "malformed"
