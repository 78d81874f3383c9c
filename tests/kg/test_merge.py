"""Names and mappings on a source, and the joining of two graphs."""

import polars as pl
import pytest

from medreason.errors import InputError
from medreason.kg.build import build
from medreason.kg.hpo import read_hpo
from medreason.kg.merge import merge_graphs
from medreason.kg.names import apply_names
from medreason.kg.paths import shortest_paths
from medreason.kg.search import search
from medreason.kg.source import ASSOCIATED, IS_A, SourceGraph, make_edge
from medreason.kg.sources import Request, plan
from medreason.kg.sources.triples import TripleColumns
from medreason.kg.store import open_graph
from medreason.records import Concept, EdgeEvidence, Synonym
from tests.shared import shared_file

SSSOM = (
    "# curie_map:\n#   MONDO: http://x\nsubject_id\tsubject_label\tpredicate_id\tobject_id\tobject_label\n"
    "MONDO:1\tgout\tskos:exactMatch\tDOID:1\tpodagra\n"
    "MONDO:2\twide\tskos:exactMatch\tDOID:2\ttwo\nMONDO:2\twide\tskos:exactMatch\tDOID:3\tthree\n"
    "MONDO:4\tnear\tskos:closeMatch\tDOID:4\tfour\nMONDO:5\tobsolete old\tskos:exactMatch\tDOID:5\tfive\n"
)
LABELS = 'cls\tcls_label\nDOID:1\t"gouty arthritis"@en\nMONDO:1\t"urate disease"\nDOID:9\t"nine"\n'


@pytest.fixture
def source():
    source = SourceGraph("toy", "1", "CC0", "none")
    source.concepts = [Concept(f"DOID:{n}", "disease", f"name {n}") for n in range(1, 9)]
    source.concepts.append(Concept("DOID:9", "disease", "DOID:9"))
    return source


def by_id(source):
    return {c.id: c for c in source.concepts}


def test_names_and_mappings(source, tmp_path):
    (tmp_path / "m.sssom.tsv").write_text(SSSOM)
    (tmp_path / "labels.tsv").write_text(LABELS)
    apply_names(source, [tmp_path / "labels.tsv"], [tmp_path / "m.sssom.tsv"])
    nodes = by_id(source)
    assert nodes["DOID:1"].name == "name 1", "the source's own name stays"
    assert {s.text: s.scope for s in nodes["DOID:1"].synonyms} == {
        "gouty arthritis": "EXACT", "podagra": "EXACT", "gout": "EXACT", "urate disease": "EXACT"}  # fmt: skip
    assert nodes["DOID:1"].xrefs == ("MONDO:1",)
    assert {s.text: s.scope for s in nodes["DOID:2"].synonyms} == {"two": "EXACT", "wide": "RELATED"}
    assert nodes["DOID:3"].xrefs == ("MONDO:2",)
    assert nodes["DOID:4"].xrefs == (), "a close match is no exact match"
    assert [s.text for s in nodes["DOID:5"].synonyms] == ["five"], "no name of an obsolete term"
    assert nodes["DOID:9"].name == "nine", "a node named by its id takes a name"
    assert source.notes["exact_matches_ambiguous"] == 2
    assert source.notes["mappings_not_exact"] == 1
    assert [p.name for p in source.inputs] == ["labels.tsv", "m.sssom.tsv"]


def test_an_ontology_as_names(source, tmp_path):
    (tmp_path / "d.obo").write_text('[Term]\nid: DOID:1\nname: gout\nsynonym: "wide" BROAD []\nxref: MESH:D1\n')
    apply_names(source, [tmp_path / "d.obo"], [])
    assert by_id(source)["DOID:1"].synonyms == (Synonym("gout"), Synonym("wide", "BROAD"))
    assert by_id(source)["DOID:1"].xrefs == ("MESH:D1",)


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("a\tb\n1\t2\n", "m.tsv:1"),
        (SSSOM + "MONDO:6\tx\tskos:exactMatch\tDOID:6\n", "m.tsv:9"),
        (SSSOM + "MONDO:6\tx\tskos:exactMatch\t\ty\n", "m.tsv:9"),
    ],
)
def test_damaged_mappings(source, tmp_path, text, item):
    (tmp_path / "m.tsv").write_text(text)
    with pytest.raises(InputError) as caught:
        apply_names(source, [], [tmp_path / "m.tsv"])
    assert caught.value.item == item


# -- merge --------------------------------------------------------------------------------------------


def graph(folder, name, concepts, edges, retired=()):
    source = SourceGraph(name, "1", f"licence of {name}", "")
    source.concepts, source.edges, source.retired = list(concepts), list(edges), dict(retired)
    build(source, folder / name)
    return open_graph(folder / name)


@pytest.fixture
def merged(tmp_path):
    a = graph(
        tmp_path, "a",
        [
            Concept("OMIM:1", "disease", "Gout", xrefs=("MONDO:1",)), Concept("OMIM:2", "disease", "Two"),
            Concept("NCBIGene:7", "gene", "ABC"), Concept("HP:1", "phenotype", "Pain"),
            Concept("OMIM:3", "disease", "Left", xrefs=("MONDO:3",)),
            Concept("OMIM:4", "disease", "Right", xrefs=("MONDO:3",)),
            Concept("OMIM:5", "disease", "Shared", xrefs=("UMLS:C5",)),
        ],
        [
            make_edge("NCBIGene:7", ASSOCIATED, "OMIM:1", "A", evidence=(EdgeEvidence(("PMID:1",)),)),
            make_edge("OMIM:1", "has_phenotype", "HP:1", "A"),
        ],
        {"OMIM:99": "OMIM:1"},
    )  # fmt: skip
    b = graph(
        tmp_path, "b",
        [
            Concept("MONDO:1", "disease", "Podagra", (Synonym("gouty"),)), Concept("MONDO:3", "disease", "Both"),
            Concept("NCBIGene:7", "gene/protein", "ABC protein"), Concept("HP:1", "disease", "Pain disease"),
            Concept("MONDO:9", "disease", "Nine"), Concept("DOID:5", "disease", "Also shared", xrefs=("UMLS:C5",)),
        ],
        [
            make_edge("MONDO:1", ASSOCIATED, "NCBIGene:7", "A", evidence=(EdgeEvidence(("PMID:2",)),)),
            make_edge("MONDO:1", ASSOCIATED, "NCBIGene:7", "B"),
            make_edge("MONDO:1", IS_A, "MONDO:9", "B"),
        ],
        {"MONDO:88": "MONDO:1"},
    )  # fmt: skip
    build(merge_graphs(a, b), tmp_path / "c")
    return open_graph(tmp_path / "c")


def test_a_joined_node_keeps_both_names_and_ids(merged):
    gout = merged.concept("OMIM:1")
    assert (gout.name, gout.xrefs) == ("Gout", ("MONDO:1",))
    assert [s.text for s in gout.synonyms] == ["Podagra", "gouty"]
    assert {merged.current_id(i) for i in ("MONDO:1", "OMIM:99", "MONDO:88")} == {"OMIM:1"}
    assert merged.current_id("DOID:5") == "OMIM:5"
    gene = merged.concept("NCBIGene:7")
    assert (gene.type, [s.text for s in gene.synonyms]) == ("gene", ["ABC protein"])


def test_edges_say_who_said_what(merged):
    edges = [merged.edge_at(n) for n in range(merged.n_edges)]
    assert {(e.head, e.relation, e.tail, e.source) for e in edges} == {
        ("NCBIGene:7", "associated", "OMIM:1", "A"),
        ("OMIM:1", "associated", "NCBIGene:7", "B"),
        ("OMIM:1", "has_phenotype", "HP:1", "A"),
        ("OMIM:1", "is_a", "MONDO:9", "B"),
    }
    both = next(e for e in edges if e.head == "NCBIGene:7")
    assert [r.references for r in both.evidence] == [("PMID:1",), ("PMID:2",)]
    assert merged.manifest["counts"]["edges_in_both"] == 1
    assert [p["source"] for p in merged.manifest["parts"]] == ["a", "b"]


def test_what_is_not_clear_is_not_joined_but_counted(merged):
    assert merged.manifest["counts"]["nodes_joined"] == 3
    assert merged.manifest["counts"]["nodes_ambiguous"] == 2
    assert {e["id"]: e["partners"] for e in merged.manifest["ambiguous"]} == {
        "OMIM:3": ["MONDO:3"],
        "OMIM:4": ["MONDO:3"],
    }
    assert merged.concept("MONDO:3").name == "Both"


def test_one_id_for_a_disease_and_a_phenotype_stays_two_nodes(merged):
    assert merged.concept("HP:1").type == "phenotype"
    other = merged.concept("HP:1#disease")
    assert (other.type, other.name) == ("disease", "Pain disease")


def test_a_merge_is_deterministic(merged, tmp_path):
    again = merge_graphs(open_graph(tmp_path / "a"), open_graph(tmp_path / "b"))
    assert build(again, tmp_path / "again")["sha256"] == merged.ref.sha256


def test_hpo_hetionet_and_mondo_together(hpo_dir, tmp_path):
    """The real files: HPO with MONDO's edges and names, and Hetionet's sample, in one graph."""
    mondo = shared_file("kg/mondo/mondo_edges_2021-06.tsv.gz").parent
    labels, doid = mondo / "mondo_labels_2021-06.tsv.gz", mondo / "mondo_exactmatch_doid.sssom.tsv.gz"
    omim = mondo / "mondo_exactmatch_omim.sssom.tsv.gz"
    columns = TripleColumns("x", "p", "y")
    build(
        plan(Request("triples", mondo / "mondo_edges_2021-06.tsv.gz", None, columns, (labels,), (doid, omim))).read(),
        tmp_path / "mondo",
    )
    hetionet = Request("hetionet", shared_file("kg/hetionet-sample/nodes.csv.gz").parent, None, names=(labels,),
                       mappings=(doid,))  # fmt: skip
    build(plan(hetionet).read(), tmp_path / "het")
    hpo = open_graph(hpo_dir)
    build(merge_graphs(hpo, open_graph(tmp_path / "mondo")), tmp_path / "two")
    two = open_graph(tmp_path / "two")
    build(merge_graphs(two, open_graph(tmp_path / "het")), tmp_path / "all")
    whole = open_graph(tmp_path / "all")
    counts = whole.manifest["counts"]
    assert counts["nodes"] == two.n_nodes + open_graph(tmp_path / "het").n_nodes - counts["nodes_joined"]
    assert counts["evidence_rows"] == hpo.manifest["counts"]["evidence_rows"]
    sources = dict(zip(*pl.read_parquet(whole.folder / "edges.parquet")["source"].value_counts(), strict=True))
    assert sources["HPOA"] == (hpo.edge_source == hpo.sources.index("HPOA")).sum()
    assert sources["Hetionet"] == open_graph(tmp_path / "het").n_edges
    assert not any("#" in whole.curie(n) and whole.curie(n).startswith("GO:") for n in range(whole.n_nodes))
    assert search(whole, "Crohn disease", 1)[0].id == whole.current_id("DOID:8778")
    assert whole.current_id("MONDO:0005011") == whole.current_id("DOID:8778")
    assert shortest_paths(whole, "DrugBank:DB00014", "HP:0001250", limit=1).paths


def test_a_columnar_source_and_objects_make_the_same_bytes(tmp_path):
    """The columnar path against the path of edge objects, on HPO."""
    from medreason.kg.columns import _table

    source = read_hpo()
    first = build(source, tmp_path / "objects")
    source.table, source.edges = _table(source.concepts, source.edges), []
    second = build(source, tmp_path / "columns")
    assert first["outputs"] == second["outputs"]
    assert first["sha256"] == second["sha256"]
