"""The PrimeKG reader: keys, groups, direction, polarity, duplicates, damage; counts against polars."""

import gzip

import polars as pl
import pytest
from benchmarks.kg_sources import write_primekg

from medreason.errors import InputError
from medreason.kg.build import build
from medreason.kg.source import edge_id
from medreason.kg.sources.primekg import COLUMNS, read_primekg
from medreason.kg.store import open_graph
from tests.shared import shared_file

ROWS = (
    "drug_disease,contraindication,0,DB1,drug,Warfarin,DrugBank,1,9796,disease,thing,MONDO",
    "disease_disease,parent-child,1,9796,disease,thing,MONDO,2,8054_16367_1907,disease,joined disease,MONDO_grouped",
    "protein_protein,ppi,3,9796,gene/protein,PHYHIP,NCBI,4,7,gene/protein,ABC,NCBI",
    'disease_phenotype_positive,phenotype present,1,9796,disease,thing,MONDO,5,1250,effect/phenotype,"Fit, any",HPO',
    "disease_phenotype_negative,phenotype absent,1,9796,disease,thing,MONDO,6,98,effect/phenotype,Tall,HPO",
    "disease_protein,associated with,1,9796,disease,thing,MONDO,4,7,gene/protein,ABC,NCBI",
    "drug_effect,side effect,7,,drug,Nameless,DrugBank,5,1250,effect/phenotype,\"Fit, any\",HPO",
    "exposure_protein,interacts with,8,X1,exposure,lead,ODD,9,X1,pathway,lead,ODD",
)  # fmt: skip


def turned(row: str) -> str:
    cells = pl.read_csv(("h," * 11 + "h2\n" + row + "\n").encode(), has_header=False, skip_rows=1, infer_schema=False)
    values = [v or "" for v in cells.row(0)]
    swapped = [*values[:2], *values[7:], *values[2:7]]
    return ",".join(f'"{v}"' if "," in v else v for v in swapped)


def write(path, rows=ROWS):
    text = "\n".join([",".join(COLUMNS), *rows, *map(turned, rows), rows[0]]) + "\n"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def graph(tmp_path):
    build(read_primekg(write(tmp_path / "kg.csv")), tmp_path / "graph")
    return open_graph(tmp_path / "graph")


def edges_of(graph):
    return [graph.edge_at(n) for n in range(graph.n_edges)]


def test_every_edge_once_without_direction(graph):
    assert graph.n_edges == len(ROWS)
    assert graph.manifest["counts"]["rows"] == 2 * len(ROWS) + 1
    assert graph.manifest["counts"]["duplicate_rows"] == 1
    assert graph.manifest["counts"]["edges_in_one_direction_only"] == 0
    assert not any(e.directed for e in edges_of(graph))


def test_a_key_is_type_and_id(graph):
    assert graph.concept("MONDO:0009796").type == "disease"
    assert graph.concept("NCBIGene:9796").name == "PHYHIP"
    assert graph.current_id("NCBI:9796") == "NCBIGene:9796"
    assert graph.current_id("MONDO:9796") == "MONDO:0009796"
    assert graph.current_id("HPO:1250") == "HP:0001250"
    assert graph.current_id("ODD:X1") is None, "two types claim it"
    assert graph.concept("ODD:X1#exposure").type == "exposure"
    assert graph.concept("ODD:X1#pathway").type == "pathway"
    assert graph.concept("PrimeKG:7").name == "Nameless", "a node without id is keyed by its index"
    assert graph.concept("HP:0001250").name == "Fit, any"


def test_a_grouped_disease_lists_its_members(graph):
    node = graph.concept("MONDO_grouped:8054_16367_1907")
    assert node.xrefs == ("MONDO:0008054", "MONDO:0016367", "MONDO:0001907")
    assert [a.concept for a in node.attributes if a.kind == "member"] == list(node.xrefs)
    assert graph.current_id("MONDO:0016367") == node.id


def test_a_long_group_gets_a_short_id(tmp_path):
    raw = "_".join(str(n) for n in range(100, 200))
    build(read_primekg(write(tmp_path / "kg.csv", [ROWS[1].replace("8054_16367_1907", raw)])), tmp_path / "g")
    graph = open_graph(tmp_path / "g")
    node = graph.concept("MONDO:0000150")
    assert node.id.startswith("MONDO_grouped:100_101_102_and_97_more_")
    assert len(node.xrefs) == 100


def test_relation_and_polarity(graph):
    found = {(e.head, e.relation, e.tail, e.polarity) for e in edges_of(graph)}
    assert ("DrugBank:DB1", "contraindication", "MONDO:0009796", "present") in found
    assert ("MONDO:0009796", "has_phenotype", "HP:0001250", "present") in found
    assert ("MONDO:0009796", "has_phenotype", "HP:0000098", "absent") in found
    assert ("NCBIGene:9796", "ppi", "NCBIGene:7", "present") in found or (
        "NCBIGene:7", "ppi", "NCBIGene:9796", "present") in found  # fmt: skip
    assert ("NCBIGene:7", "associated", "MONDO:0009796", "present") in found
    assert ("PrimeKG:7", "side effect", "HP:0001250", "present") in found
    labels = graph.manifest["labels"]
    assert labels["has_phenotype"] == [
        "disease_phenotype_negative / phenotype absent", "disease_phenotype_positive / phenotype present"]  # fmt: skip
    assert {graph.curie(n) for n in graph.profile[graph.require("MONDO:0009796")].tolist()} == {"HP:0001250"}


def test_ids_are_the_published_hash(graph):
    for number, edge in enumerate(edges_of(graph)):
        assert edge.id == edge_id(edge.head, edge.relation, edge.tail, edge.polarity, "PrimeKG")
        assert graph.edge_number(edge.id) == number
        assert graph.edge(edge.id) == edge


def test_two_relations_under_one_display_stay_apart(tmp_path):
    rows = [ROWS[0], ROWS[0].replace("drug_disease", "drug_disease_2")]
    build(read_primekg(write(tmp_path / "kg.csv", rows)), tmp_path / "g")
    assert open_graph(tmp_path / "g").relations == ["contraindication:drug_disease", "contraindication:drug_disease_2"]


def test_row_order_does_not_matter(tmp_path):
    one = build(read_primekg(write(tmp_path / "a.csv")), tmp_path / "a")
    two = build(read_primekg(write(tmp_path / "b.csv", [turned(r) for r in reversed(ROWS)])), tmp_path / "b")
    assert one["sha256"] == two["sha256"]


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        ("ppi,ppi,1,2,gene/protein,A,NCBI,3", "8 columns"),
        ("ppi,ppi,1,2,gene/protein,A,NCBI,3,4,gene/protein,B,NCBI,extra", "13 columns"),
        (",ppi,1,2,gene/protein,A,NCBI,3,4,gene/protein,B,NCBI", "no relation"),
        ("ppi,ppi,1,2,,A,NCBI,3,4,gene/protein,B,NCBI", "no x_type"),
        ("ppi,ppi,,,gene/protein,A,NCBI,3,4,gene/protein,B,NCBI", "neither x_id nor x_index"),
        ('ppi,ppi,1,2,gene/protein,"A,NCBI,3,4,gene/protein,B,NCBI', "cannot be read"),
    ],
)
def test_a_bad_row_is_an_error_at_its_line(tmp_path, bad, fault):
    path = tmp_path / "kg.csv"
    path.write_text("\n".join([",".join(COLUMNS), ROWS[0], ROWS[1], bad, *ROWS[2:]]) + "\n")
    with pytest.raises(InputError, match=fault) as caught:
        read_primekg(path)
    assert caught.value.item.startswith("kg.csv:")
    if fault != "cannot be read":  # an open quotation mark is noticed where the text ends
        assert caught.value.item == "kg.csv:4"
    assert caught.value.fix


def test_line_ends_a_byte_order_mark_and_empty_lines_do_not_matter(tmp_path):
    text = write(tmp_path / "kg.csv").read_text()
    expected = build(read_primekg(tmp_path / "kg.csv"), tmp_path / "g")["sha256"]
    for number, other in enumerate((text.replace("\n", "\r\n"), "\ufeff" + text, text + "\n\n", text.rstrip("\n"))):
        (tmp_path / "kg.csv").write_bytes(other.encode())
        assert build(read_primekg(tmp_path / "kg.csv"), tmp_path / f"g{number}")["sha256"] == expected


def test_a_line_that_is_not_utf8_is_named(tmp_path):
    path = write(tmp_path / "kg.csv")
    path.write_bytes(path.read_bytes().replace(b"PHYHIP", b"PHY\xff", 1))
    with pytest.raises(InputError, match=r"kg\.csv:4: cannot be read as UTF-8"):
        read_primekg(path)


def test_a_foreign_header_a_truncated_gzip_and_no_file(tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"other\.csv:1: the header is not PrimeKG's"):
        read_primekg(tmp_path / "other.csv")
    whole = gzip.compress(write(tmp_path / "kg.csv").read_bytes())
    (tmp_path / "kg.csv.gz").write_bytes(whole[:-20])
    with pytest.raises(InputError, match="cut short or damaged"):
        read_primekg(tmp_path / "kg.csv.gz")
    (tmp_path / "kg.csv.gz").write_bytes(b"not gzip")
    with pytest.raises(InputError, match="no gzip file"):
        read_primekg(tmp_path / "kg.csv.gz")
    with pytest.raises(InputError, match="cannot read"):
        read_primekg(tmp_path / "none.csv")


def undirected(path):
    """Distinct undirected edges and nodes of a file, counted with nothing but polars."""
    rows = pl.read_csv(path, infer_schema=False)
    a, b = (pl.col(f"{s}_type") + "|" + pl.col(f"{s}_id").fill_null("#" + pl.col(f"{s}_index")) for s in "xy")
    ends = rows.select("relation", "display_relation", low=pl.min_horizontal(a, b), high=pl.max_horizontal(a, b))
    return ends.unique().height, pl.concat([ends["low"], ends["high"]]).n_unique(), rows.height


@pytest.mark.parametrize("name", ["kg/primekg-ibd-subset/kg.csv.gz", "kg/hetionet-sample/kg-primekg-schema.csv.gz"])
def test_counts_of_real_files(name, tmp_path):
    path = shared_file(name)
    counts = build(read_primekg(path), tmp_path / "g")["counts"]
    assert (counts["edges"], counts["nodes"], counts["rows"]) == undirected(path)


def test_the_generated_file_gives_its_true_counts(tmp_path):
    truth = write_primekg(tmp_path / "kg.csv", scale=400)
    counts = build(read_primekg(tmp_path / "kg.csv"), tmp_path / "g")["counts"]
    assert (counts["edges"], counts["nodes"], counts["rows"]) == (truth["edges"], truth["nodes"], truth["rows"])
    assert counts["duplicate_rows"] == truth["duplicates"]
    assert (counts["edges"], counts["nodes"], counts["rows"]) == undirected(tmp_path / "kg.csv")
