"""The HPO reader: polarity, frequencies, retired ids, genes, damage with file and line."""

import pytest

from medreason.errors import InputError
from medreason.kg.hpo import parse_frequency, read_hpo
from medreason.records import Frequency
from tests.kg.release import G2D, ROWS, write_release


@pytest.fixture
def graph(tmp_path):
    return read_hpo(write_release(tmp_path))


def edge_between(graph, head, tail, polarity="present"):
    found = [e for e in graph.edges if (e.head, e.tail, e.polarity) == (head, tail, polarity)]
    assert len(found) == 1, found
    return found[0]


def concept(graph, curie):
    return next(c for c in graph.concepts if c.id == curie)


@pytest.mark.parametrize(
    ("disease", "term", "polarity"),
    [
        ("OMIM:1", "HP:0001250", "present"),
        ("OMIM:1", "HP:0000098", "absent"),  # NOT
        ("OMIM:1", "HP:0007359", "absent"),  # 0/9
        ("OMIM:2", "HP:0007359", "absent"),  # the term Excluded
        ("OMIM:2", "HP:0000098", "present"),  # 40 %
    ],
)
def test_polarity(graph, disease, term, polarity):
    edges = [e for e in graph.edges if (e.head, e.tail) == (disease, term)]
    assert [e.polarity for e in edges] == [polarity]


def test_both_polarities_make_two_edges(tmp_path):
    rows = (*ROWS, ("OMIM:1", "First syndrome", "NOT", "HP:0001250", "PMID:99", "", "P"))
    graph = read_hpo(write_release(tmp_path, rows))
    present = edge_between(graph, "OMIM:1", "HP:0001250")
    absent = edge_between(graph, "OMIM:1", "HP:0001250", "absent")
    assert present.id != absent.id
    assert [r.references for r in absent.evidence] == [("PMID:99",)]


def test_rows_of_one_finding_become_one_edge_under_the_current_id(graph):
    edge = edge_between(graph, "OMIM:1", "HP:0001250")
    rows = {(r.references, r.frequency) for r in edge.evidence}
    assert rows == {(("PMID:11",), Frequency(3, 7)), (("PMID:12", "PMID:13"), Frequency(1, 2))}
    assert not any(e.tail == "HP:0002279" for e in graph.edges)


def test_retired_ids(graph):
    assert graph.retired == {"HP:0002279": "HP:0001250", "HP:0009999": "HP:0001250"}
    assert "HP:0009999" not in {c.id for c in graph.concepts}


def test_inheritance_and_onset_are_attributes_not_edges(graph):
    kinds = {(a.kind, a.concept) for a in concept(graph, "OMIM:1").attributes}
    assert kinds == {("inheritance", "HP:0000006"), ("onset", "HP:0003577")}
    assert not any(e.head == "OMIM:1" and e.tail in ("HP:0000006", "HP:0003577") for e in graph.edges)


def test_types_follow_the_branch(graph):
    types = {c.id: c.type for c in graph.concepts}
    assert types["HP:0007359"] == "phenotype"
    assert types["HP:0000006"] == "inheritance"
    assert types["HP:0003577"] == "clinical_course"
    assert types["HP:0000001"] == "ontology_root"
    assert types["NCBIGene:7"] == "gene"


def test_gene_edges_are_undirected_associations_of_known_diseases(graph):
    edges = [e for e in graph.edges if e.head.startswith("NCBIGene:")]
    assert {(e.head, e.relation, e.tail, e.directed) for e in edges} == {
        ("NCBIGene:7", "associated", "OMIM:1", False),
        ("NCBIGene:8", "associated", "OMIM:2", False),
    }


def test_gene_phenotype_file_gives_the_same_gene_edges(tmp_path):
    folder = write_release(tmp_path)
    expected = {e.id for e in read_hpo(folder).edges}
    (folder / "genes_to_disease.txt").unlink()
    (folder / "genes_to_phenotype.txt").write_text(
        "ncbi_gene_id\tgene_symbol\thpo_id\thpo_name\tfrequency\tdisease_id\n"
        "7\tABC1\tHP:0001250\tSeizure\t-\tOMIM:1\n"
        "7\tABC1\tHP:0000098\tTall stature\t-\tOMIM:1\n"
        "8\tABC2\tHP:0001250\tSeizure\t-\tOMIM:2\n"
    )
    assert {e.id for e in read_hpo(folder).edges} == expected


@pytest.mark.parametrize("frequency", ["9/7", "1/0", "often", "-1/3"])
def test_an_impossible_frequency_is_an_error_at_its_line(tmp_path, frequency):
    bad = ("OMIM:2", "Second syndrome", "", "HP:0001250", "PMID:1", frequency, "P")
    folder = write_release(tmp_path, (*ROWS[:2], bad, *ROWS[2:]))
    with pytest.raises(InputError) as caught:
        read_hpo(folder)
    assert caught.value.item == "phenotype.hpoa:5"
    assert frequency in str(caught.value)


def test_frequency_forms():
    assert parse_frequency("") is None
    assert parse_frequency("12.5%") == Frequency(percent=12.5)
    assert parse_frequency("HP:0040281") == Frequency(term="HP:0040281")


def test_an_unknown_term_is_an_error_at_its_line(tmp_path):
    folder = write_release(tmp_path, (*ROWS, ("OMIM:1", "First syndrome", "", "HP:7777777", "", "", "P")))
    with pytest.raises(InputError, match=r"phenotype\.hpoa:12: term HP:7777777 is not in hp\.obo"):
        read_hpo(folder)


@pytest.mark.parametrize("name", ["phenotype.hpoa", "genes_to_disease.txt"])
def test_a_truncated_file_is_an_error_at_its_line(tmp_path, name):
    path = write_release(tmp_path) / name
    text = path.read_text()
    path.write_text(text[: text.rindex("\t", 0, -15)])
    last = text.count("\n")
    with pytest.raises(InputError) as caught:
        read_hpo(tmp_path)
    assert caught.value.item in (f"{name}:{last}", f"{name}:{last - 1}")


@pytest.mark.parametrize("name", ["hp.obo", "phenotype.hpoa", "genes_to_disease.txt"])
def test_a_missing_file_is_an_error_that_names_it(tmp_path, name):
    path = write_release(tmp_path) / name
    path.unlink()
    with pytest.raises(InputError) as caught:
        read_hpo(tmp_path)
    assert caught.value.item in (name, "genes_to_phenotype.txt")


def test_a_foreign_header_is_an_error(tmp_path):
    folder = write_release(tmp_path, genes=G2D.replace("gene_symbol", "symbol"))
    with pytest.raises(InputError, match=r"genes_to_disease\.txt:1"):
        read_hpo(folder)
