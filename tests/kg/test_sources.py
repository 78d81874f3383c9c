"""Readers of Hetionet, KGX, triples and OBO: directions, polarity, evidence, damage with file and line."""

import gzip
from collections import Counter

import polars as pl
import pytest

from medreason.errors import GraphError, InputError, UsageError
from medreason.kg.build import build
from medreason.kg.sources import Request, plan
from medreason.kg.sources.hetionet import RELATIONS, read_hetionet
from medreason.kg.sources.kgx import read_kgx, type_of_category
from medreason.kg.sources.ontology import read_ontology
from medreason.kg.sources.triples import TripleColumns, read_triples
from medreason.kg.store import open_graph
from medreason.records import Frequency
from tests.kg.release import OBO
from tests.shared import shared_file


def opened(source, folder):
    build(source, folder)
    return open_graph(folder)


def edges_of(graph):
    return [graph.edge_at(n) for n in range(graph.n_edges)]


def told(graph):
    return {(e.head, e.relation, e.tail, e.directed, e.polarity) for e in edges_of(graph)}


# -- Hetionet -----------------------------------------------------------------------------------------

NODES = (
    "id\tname\tkind\nGene::9\tNAT1\tGene\nGene::10\tNAT2\tGene\nDisease::DOID:1\tgout\tDisease\n"
    "Compound::DB1\tdrug\tCompound\nSide Effect::C01\tRash\tSide Effect\nSymptom::D01\tPain\tSymptom\n"
)
EDGES = (
    "source\tmetaedge\ttarget\nGene::9\tGr>G\tGene::10\nGene::10\tGr>G\tGene::9\nGene::9\tGiG\tGene::10\n"
    "Gene::10\tGiG\tGene::9\nDisease::DOID:1\tDaG\tGene::9\nCompound::DB1\tCtD\tDisease::DOID:1\n"
    "Compound::DB1\tCcSE\tSide Effect::C01\nDisease::DOID:1\tDpS\tSymptom::D01\n"
)


def hetionet(folder, nodes=NODES, edges=EDGES):
    folder.mkdir(exist_ok=True)
    (folder / "hetionet-v1.0-nodes.tsv").write_text(nodes)
    (folder / "hetionet-v1.0-edges.sif.gz").write_bytes(gzip.compress(edges.encode()))
    return folder


def test_hetionet_directions_follow_the_arrows(tmp_path):
    graph = opened(read_hetionet(hetionet(tmp_path / "h")), tmp_path / "g")
    assert told(graph) == {
        ("NCBIGene:9", "regulates", "NCBIGene:10", True, "present"),
        ("NCBIGene:10", "regulates", "NCBIGene:9", True, "present"),
        ("NCBIGene:10", "interacts", "NCBIGene:9", False, "present"),
        ("NCBIGene:9", "associated", "DOID:1", False, "present"),
        ("DrugBank:DB1", "treats", "DOID:1", False, "present"),
        ("DrugBank:DB1", "causes side effect", "UMLS:C01", False, "present"),
        ("DOID:1", "presents", "MESH:D01", False, "present"),
    }
    assert graph.concept("MESH:D01").type == graph.concept("UMLS:C01").type == "effect/phenotype"


@pytest.mark.parametrize(
    ("nodes", "edges", "item", "fault"),
    [
        (NODES, EDGES + "Gene::9\tGiG\n", "hetionet-v1.0-edges.sif.gz:10", "2 columns"),
        (NODES, EDGES + "Gene::9\tGxG\tGene::10\n", "hetionet-v1.0-edges.sif.gz:10", "no metaedge"),
        (NODES, EDGES + "Gene::9\tGiG\tGene::404\n", "hetionet-v1.0-edges.sif.gz:10", "not among the nodes"),
        (NODES, EDGES + "Gene::9\tGiG\tGenome:4\n", "hetionet-v1.0-edges.sif.gz:10", "no Kind::id"),
        (NODES + "Gene::9\tagain\tGene\n", EDGES, "hetionet-v1.0-nodes.tsv:8", "occurs twice"),
        (NODES + "Gene::5\tx\tGenie\n", EDGES, "hetionet-v1.0-nodes.tsv:8", "Genie"),
    ],
)
def test_hetionet_damage(tmp_path, nodes, edges, item, fault):
    with pytest.raises(InputError, match=fault) as caught:
        read_hetionet(hetionet(tmp_path / "h", nodes, edges))
    assert caught.value.item == item
    assert caught.value.fix


def test_hetionet_needs_both_tables(tmp_path):
    (hetionet(tmp_path / "h") / "hetionet-v1.0-nodes.tsv").unlink()
    with pytest.raises(InputError, match="one nodes table is needed, found: none"):
        read_hetionet(tmp_path / "h")


def test_the_real_sample_has_the_counts_of_its_files(tmp_path):
    edges = pl.read_csv(shared_file("kg/hetionet-sample/edges.tsv.gz"), separator="\t", infer_schema=False).unique()
    folder = shared_file("kg/hetionet-sample/nodes.csv.gz").parent
    graph = opened(read_hetionet(folder), tmp_path / "g")
    assert graph.n_nodes == pl.read_csv(folder / "nodes.csv.gz", infer_schema=False).height
    low, high = pl.min_horizontal("source", "target").alias("a"), pl.max_horizontal("source", "target").alias("b")
    loose = edges.filter(~pl.col("metaedge").str.contains(">")).select("metaedge", low, high).unique()
    arrows = edges.filter(pl.col("metaedge").str.contains(">"))
    expected = Counter(RELATIONS[m] for m in [*loose["metaedge"], *arrows["metaedge"]])
    got = {k.removesuffix("/present"): n for k, n in graph.manifest["counts"]["relations"].items()}
    assert got == dict(expected)
    assert int(graph.directed.sum()) == arrows.height


# -- KGX ----------------------------------------------------------------------------------------------

KGX_NODES = (
    "id\tcategory\tname\tsynonym\txref\n"
    "MONDO:1\tbiolink:Disease|biolink:NamedThing\tFlu\tGrippe|Influenza\tDOID:8469|UMLS:C1\n"
    'HP:1\tbiolink:PhenotypicFeature\tFe"ver\t\t\nHP:2\tbiolink:PhenotypicFeature\tCough\t\t\n'
    "NCBIGene:1\tbiolink:Gene\tA1BG\t\t\nNCBIGene:2\tbiolink:Gene\tA2M\t\t\nMONDO:2\tbiolink:Disease\tInfection\t\t\n"
)
KGX_HEADER = (
    "subject\tpredicate\tobject\tnegated\tpublications\tprimary_knowledge_source\tknowledge_level"
    "\thas_count\thas_total\n"
)
KGX_EDGES = KGX_HEADER + (
    "MONDO:1\tbiolink:has_phenotype\tHP:1\tfalse\tPMID:1|PMID:2\tinfores:a\tknowledge_assertion\t3\t7\n"
    "MONDO:1\tbiolink:has_phenotype\tHP:1\t\tPMID:3\tinfores:a\tknowledge_assertion\t\t\n"
    "MONDO:1\tbiolink:has_phenotype\tHP:1\t\tPMID:3\tinfores:b\t\t\t\n"
    "MONDO:1\tbiolink:has_phenotype\tHP:2\tTrue\tPMID:4\tinfores:a\t\t\t\n"
    "MONDO:1\tbiolink:subclass_of\tMONDO:2\t\t\t\t\t\t\n"
    "NCBIGene:2\tbiolink:interacts_with\tNCBIGene:1\t\t\tinfores:c\t\t\t\n"
    "NCBIGene:1\tbiolink:interacts_with\tNCBIGene:2\t\tPMID:5\tinfores:c\t\t\t\n"
)


def kgx(folder, nodes=KGX_NODES, edges=KGX_EDGES):
    folder.mkdir(exist_ok=True)
    (folder / "x_nodes.tsv").write_text(nodes)
    (folder / "x_edges.tsv").write_text(edges)
    return folder


def test_kgx(tmp_path):
    graph = opened(read_kgx(kgx(tmp_path / "k")), tmp_path / "g")
    assert told(graph) == {
        ("MONDO:1", "has_phenotype", "HP:1", True, "present"),
        ("MONDO:1", "has_phenotype", "HP:2", True, "absent"),
        ("MONDO:1", "is_a", "MONDO:2", True, "present"),
        ("NCBIGene:1", "interacts_with", "NCBIGene:2", False, "present"),
    }
    assert graph.n_edges == 5, "two knowledge sources say one thing"
    both = next(e for e in edges_of(graph) if e.tail == "HP:1" and e.source == "infores:a")
    assert [r.references for r in both.evidence] == [("PMID:1", "PMID:2"), ("PMID:3",)]
    assert both.evidence[0].frequency == Frequency(3, 7)
    assert both.evidence[0].code == "knowledge_assertion"
    assert {graph.edge_at(n).source for n in graph.edges_citing("PMID:3").tolist()} == {"infores:a", "infores:b"}
    flu = graph.concept("MONDO:1")
    assert (flu.type, flu.xrefs) == ("disease", ("DOID:8469", "UMLS:C1"))
    assert [s.text for s in flu.synonyms] == ["Grippe", "Influenza"]
    assert graph.concept("HP:1").name == 'Fe"ver'
    assert [graph.curie(n) for n in graph.ancestors[graph.require("MONDO:1")]] == ["MONDO:1", "MONDO:2"]


def test_kgx_with_other_line_ends_and_empty_lines_is_the_same_graph(tmp_path):
    one = build(read_kgx(kgx(tmp_path / "k")), tmp_path / "a")
    other = kgx(tmp_path / "l", KGX_NODES + "\n", KGX_EDGES.replace("\n", "\n\n", 1))
    (other / "x_nodes.tsv").write_bytes((other / "x_nodes.tsv").read_bytes().replace(b"\n", b"\r\n"))
    assert build(read_kgx(other), tmp_path / "b")["sha256"] == one["sha256"]


def test_kgx_as_two_files_is_the_same_graph(tmp_path):
    folder = kgx(tmp_path / "k")
    one = build(read_kgx(folder), tmp_path / "a")
    two = build(read_kgx(folder / "x_nodes.tsv", folder / "x_edges.tsv"), tmp_path / "b")
    assert one["sha256"] == two["sha256"]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("MONDO:1\tbiolink:x\tHP:1", "3 columns"),
        ("MONDO:1\tbiolink:x\tHP:404\t\t\t\t\t\t", "HP:404 is not among the nodes"),
        ("MONDO:1\t\tHP:1\t\t\t\t\t\t", "no predicate"),
        ("MONDO:1\tbiolink:x\tHP:1\tmaybe\t\t\t\t\t", "neither true nor false"),
        ("MONDO:1\tbiolink:x\tHP:1\t\t\t\t\t9\t3", "no share"),
    ],
)
def test_kgx_damage(tmp_path, row, fault):
    with pytest.raises(InputError, match=fault) as caught:
        read_kgx(kgx(tmp_path / "k", edges=KGX_EDGES + row + "\n"))
    assert caught.value.item == "x_edges.tsv:9"


def test_a_circle_of_subclasses_is_a_clear_error(tmp_path):
    circle = KGX_EDGES + "MONDO:2\tbiolink:subclass_of\tMONDO:1\t\t\t\t\t\t\n"
    with pytest.raises(GraphError, match="cycle through MONDO"):
        build(read_kgx(kgx(tmp_path / "k", edges=circle)), tmp_path / "g")
    assert not (tmp_path / "g").exists()


def test_categories():
    assert type_of_category("biolink:NamedThing|biolink:MolecularActivity") == "molecular_activity"
    assert type_of_category("biolink:NamedThing") == "named_thing"


# -- triples ------------------------------------------------------------------------------------------

COLUMNS = TripleColumns("h", "r", "t", "ht", "tt", "hn", "tn")
TABLE = {
    "h": ["A:1", "A:1", "A:1", "A:2"], "ht": ["drug", "drug", "drug", "gene"], "hn": ["one", "one", "uno", "two"],
    "r": ["treats", "treats", "is_a", "rdfs:subClassOf"], "t": ["A:2", "A:2", "A:3", "A:3"],
    "tt": ["disease", "disease", "drug", "gene"], "tn": ["zwei, quoted", "zwei, quoted", "", ""],
}  # fmt: skip


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.tsv", "t.parquet"])
def test_triples(tmp_path, name):
    frame, path = pl.DataFrame(TABLE), tmp_path / name
    if name.endswith("parquet"):
        frame.write_parquet(path)
    else:
        text = frame.write_csv(separator="\t" if ".tsv" in name else ",").encode()
        path.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    graph = opened(read_triples(path, COLUMNS), tmp_path / "g")
    assert told(graph) == {
        ("A:1", "treats", "A:2#disease", True, "present"),
        ("A:1", "is_a", "A:3#drug", True, "present"),
        ("A:2#gene", "is_a", "A:3#gene", True, "present"),
    }
    assert graph.manifest["counts"]["duplicate_rows"] == 1
    assert graph.concept("A:2#disease").name == "zwei, quoted"
    assert graph.concept("A:1").synonyms[0].text == "uno"


def test_triples_without_types_read_them_from_the_prefix(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,c\nHP:1,x,MONDO:1\nfoo,x,HP:1\n")
    graph = opened(read_triples(tmp_path / "t.csv", TripleColumns("a", "b", "c")), tmp_path / "g")
    assert [graph.concept(i).type for i in ("HP:1", "MONDO:1", "foo")] == ["phenotype", "disease", "entity"]


@pytest.mark.parametrize(
    ("text", "item", "fault"),
    [
        ("a,b,c\n1,2,3\n1,,3\n", "t.csv:3", "no b"),
        ("a,b,c\n1,2,3\n1,2\n", "t.csv:3", "2 columns"),
        ("a,b\n1,2\n", "t.csv:1", "column c is missing"),
        ("", "t.csv:1", "empty"),
    ],
)
def test_triples_damage(tmp_path, text, item, fault):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match=fault) as caught:
        read_triples(tmp_path / "t.csv", TripleColumns("a", "b", "c"))
    assert caught.value.item == item


def test_damaged_parquet_and_unnamed_columns(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        read_triples(tmp_path / "t.parquet", TripleColumns("a", "b", "c"))
    with pytest.raises(UsageError, match="columns named"):
        read_triples(tmp_path / "t.parquet", TripleColumns("a", "b"))


def test_the_real_mondo_edges(tmp_path):
    path = shared_file("kg/mondo/mondo_edges_2021-06.tsv.gz")
    graph = opened(read_triples(path, TripleColumns("x", "p", "y")), tmp_path / "g")
    rows = pl.read_csv(path, separator="\t", infer_schema=False, quote_char=None)
    assert graph.n_edges == rows.unique().height
    assert graph.n_nodes == pl.concat([rows["x"], rows["y"]]).n_unique()


# -- OBO ----------------------------------------------------------------------------------------------


def test_any_ontology(tmp_path):
    text = OBO + "\n[Term]\nid: GO:1\nname: part\nnamespace: cc\nrelationship: part_of HP:0001250 ! Seizure\n"
    text += "relationship: part_of XX:9 ! elsewhere\nalt_id: GO:77\n"
    (tmp_path / "any.obo.gz").write_bytes(gzip.compress(text.encode()))
    graph = opened(read_ontology(tmp_path / "any.obo.gz"), tmp_path / "g")
    assert ("GO:1", "part_of", "HP:0001250", True, "present") in told(graph)
    assert ("HP:0007359", "is_a", "HP:0001250", True, "present") in told(graph)
    assert graph.manifest["counts"]["edges_to_terms_outside_the_file"] == 1
    assert graph.current_id("GO:77") == "GO:1"
    assert graph.current_id("HP:0009999") == "HP:0001250"
    assert (graph.concept("GO:1").type, graph.concept("HP:0001250").type) == ("cc", "phenotype")
    assert graph.ref.version == "2030-01-01"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[Term]\nid: A:1\nname: a\nis_a\n", 4),
        ("[Term]\nid: A:1\nname: a\n\n[Term]\nname: b\n\n[Term]\nid: A:3\nname: c\n", 8),
        ("[Term]\nid: A:1\nname: a\n\n[Term]\nid: A:2\n", 6),
    ],
)
def test_a_damaged_ontology_names_the_line(tmp_path, text, line):
    (tmp_path / "a.obo").write_text(text)
    with pytest.raises(InputError) as caught:
        read_ontology(tmp_path / "a.obo")
    assert caught.value.item == f"a.obo:{line}"


# -- requests -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [Request("umls"), Request("primekg"), Request("obo", columns=COLUMNS), Request("hetionet")],
)
def test_impossible_requests(request_):
    with pytest.raises(UsageError):
        plan(request_)
