"""``medreason kg paths``: what it shows is what the library finds; every bad input is one clear error."""

import json
import math
import shutil
from pathlib import Path

import pytest

from medreason.kg.checks import Case, path_checks
from medreason.kg.frequency import in_words
from medreason.kg.paths import best_paths, simple_paths
from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.records import Hop
from medreason.records import Path as Walk
from tests.runs import medreason

MARFAN, LENS, FBN1, SEIZURE = "OMIM:154700", "HP:0001083", "NCBIGene:2200", "HP:0001250"
PAPER = "PMID:28050285"


def paths(folder: Path, *args: object) -> dict:
    done = medreason("kg", "paths", folder, *args, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(*args: object, code: int = 3) -> str:
    done = medreason("kg", "paths", *args)
    assert done.returncode == code, (done.stdout, done.stderr)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ")
    return done.stderr


@pytest.fixture(scope="module")
def islands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two edges that nothing joins, one of them from a drug to a finding it causes."""
    base = tmp_path_factory.mktemp("islands")
    (base / "t.csv").write_text("a,b,c\nDrugBank:DB1,causes side effect,HP:1\nX:1,part_of,X:2\n")
    done = medreason("kg", "build", "triples", "--input", base / "t.csv", "--head", "a", "--relation", "b",
                     "--tail", "c", "--out", base / "graph")  # fmt: skip
    assert done.returncode == 0, done.stderr
    return base / "graph"


def test_the_numbers_are_those_of_the_library(hpo: Graph, hpo_dir: Path) -> None:
    shown = paths(hpo_dir, FBN1, SEIZURE, "--top", 7, "--slack", 1)
    found = best_paths(hpo, FBN1, SEIZURE, 7, slack=1)
    view = GraphView(hpo)
    assert len(shown["paths"]) == len(found) == 7
    assert (shown["total"], shown["truncated"], shown["reason"]) == (found.total, found.truncated, found.reason)
    for printed, path in zip(shown["paths"], found, strict=True):
        assert printed["cost"] == path.cost
        assert [n["id"] for n in printed["nodes"]] == list(path.nodes)
        assert [n["name"] for n in printed["nodes"]] == [hpo.name(n) for n in path.nodes]
        assert [(h["edge"], h["forward"]) for h in printed["hops"]] == [(h.edge, h.forward) for h in path.hops]
        for hop in printed["hops"]:
            edge = hpo.edge(hop["edge"])
            pooled = view.frequency(edge, hpo.edge_number(edge.id) or 0)
            assert hop["references"] == list(view.references(edge))
            assert (hop["frequency"] or {}).get("words") == (None if pooled is None else in_words(hpo, pooled))
        # the checks read from the finding to the gene
        turned = Walk(path.nodes[::-1], tuple(Hop(h.edge, not h.forward) for h in path.hops[::-1]), path.cost)
        wanted = path_checks(view, turned, Case((hpo.require(SEIZURE),)))
        assert [(c["rule"], c["outcome"], c["reason"]) for c in printed["checks"]] == [c[:3] for c in wanted]


def test_a_finding_is_read_towards_its_disease_from_either_end(hpo_dir: Path) -> None:
    there, back = paths(hpo_dir, MARFAN, LENS)["paths"][0], paths(hpo_dir, LENS, MARFAN)["paths"][0]
    assert there["checks"] == back["checks"]
    assert [c["outcome"] for c in there["checks"] if c["rule"] == "direction"] == ["pass"]
    assert there["hops"][0]["reading"] == "→ has phenotype"
    assert back["hops"][0]["reading"] == "→ phenotype of"


def test_the_terminal_shows_every_hop_with_its_source_in_80_columns(hpo_dir: Path) -> None:
    done = medreason("kg", "paths", hpo_dir, FBN1, SEIZURE, "--top", 3, COLUMNS="80")
    shown = paths(hpo_dir, FBN1, SEIZURE, "--top", 3)
    assert max(map(len, done.stdout.splitlines())) <= 80
    flat = " ".join(done.stdout.split())
    for path in shown["paths"]:
        assert f"{len(path['hops'])} hops, cost {path['cost']:.2f} bits" in flat
        for hop in path["hops"]:
            assert hop["edge"] in flat
            assert hop["reading"] in flat
            assert all(r in flat for r in hop["references"][:2])
    assert "check direction: the path leads through a third thing" in flat
    assert "Not medical advice" in flat


def test_all_gives_every_simple_path_and_says_when_it_stops(hpo: Graph, hpo_dir: Path) -> None:
    shown = paths(hpo_dir, "Arachnodactyly", LENS, "--all", "--slack", 0)
    every = simple_paths(hpo, "HP:0001166", LENS)
    assert [[n["id"] for n in p["nodes"]] for p in shown["paths"]] == [list(p.nodes) for p in every]
    some = paths(hpo_dir, "Arachnodactyly", LENS, "--all", "--slack", 0, "--limit", 2)
    assert (len(some["paths"]), some["truncated"], some["reason"]) == (2, True, "limit")
    told = medreason("kg", "paths", hpo_dir, "Arachnodactyly", LENS, "--all", "--slack", 0, "--limit", 2)
    assert "there are more" in told.stdout


def test_filters_and_exclusions(hpo_dir: Path) -> None:
    edge = paths(hpo_dir, MARFAN, LENS)["paths"][0]["hops"][0]["edge"]
    around = paths(hpo_dir, MARFAN, LENS, "--exclude-edge", edge.lower(), "--top", 3)
    assert edge not in json.dumps(around)
    only = paths(hpo_dir, FBN1, LENS, "--relations", "associated,has_phenotype", "--top", 9)
    assert {h["relation"] for p in only["paths"] for h in p["hops"]} == {"associated", "has_phenotype"}
    none = paths(hpo_dir, FBN1, LENS, "--without-relations", "is_a", "--types", "disease")
    assert {n["type"] for p in none["paths"] for n in p["nodes"][1:-1]} == {"disease"}
    meta = paths(hpo_dir, LENS, FBN1, "--pattern", "phenotype <has_phenotype disease associated gene")
    assert {tuple(n["type"] for n in p["nodes"]) for p in meta["paths"]} == {("phenotype", "disease", "gene")}


def test_an_excluded_publication_takes_its_edges_references_and_frequencies(hpo_dir: Path) -> None:
    before = paths(hpo_dir, MARFAN, LENS)["paths"][0]["hops"][0]
    after = paths(hpo_dir, MARFAN, LENS, "--exclude-publication", "pmid: " + PAPER[5:])
    assert PAPER in before["references"]
    assert after["excluded_publications"] == [PAPER]
    hop = next(h for p in after["paths"] for h in p["hops"] if h["edge"] == before["edge"])
    assert hop["references"] == [r for r in before["references"] if r != PAPER]
    assert hop["frequency"] is None
    told = medreason("kg", "paths", hpo_dir, MARFAN, LENS, "--exclude-publication", "99999999")
    assert "not cited anywhere in this graph: PMID:99999999" in told.stdout


def test_another_weight_changes_the_cost(hpo_dir: Path) -> None:
    plain = paths(hpo_dir, FBN1, LENS)["paths"][0]["cost"]
    free = paths(hpo_dir, FBN1, LENS, "--cost", "hub=0", "--cost", "relation:associated=0")["paths"][0]["cost"]
    assert free < plain


def test_an_absent_edge_is_walked_only_when_asked_and_says_so(hpo: Graph, hpo_dir: Path) -> None:
    number = next(n for n in range(hpo.n_edges) if not hpo.present[n])
    edge = hpo.edge_at(number)
    asked = (edge.head, edge.tail, "--slack", 0, "--all")
    assert edge.id not in medreason("kg", "paths", hpo_dir, *asked).stdout
    walked = paths(hpo_dir, *asked, "--polarity", "any")["paths"]
    assert [(h["edge"], h["polarity"]) for p in walked for h in p["hops"]] == [(edge.id, "absent")]
    told = medreason("kg", "paths", hpo_dir, *asked, "--polarity", "any").stdout
    assert "looked for and not seen" in told
    assert "check polarity" in told


def test_the_drawing_is_the_same_every_time(hpo_dir: Path, tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        done = medreason("kg", "paths", hpo_dir, MARFAN, LENS, "--slack", 2, "--svg", tmp_path / name)
        assert f"drawn in {tmp_path / name}" in done.stdout.replace("\n", "")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


# -- bad input -------------------------------------------------------------------------------------------


def test_an_unknown_name_suggests_the_nearest(hpo_dir: Path) -> None:
    said = refused(hpo_dir, "Marfan sindrome", LENS)
    assert "'Marfan sindrome' is not in the graph" in said
    assert "did you mean" in said
    assert "Marfan" in said.split("did you mean")[1]


def test_an_ambiguous_name_says_what_each_is(hpo_dir: Path) -> None:
    said = refused(hpo_dir, MARFAN, "Ectopia lentis")
    assert "2 concepts are called 'Ectopia lentis'" in said
    assert "HP:0001083  Ectopia lentis: phenotype," in said
    assert "OMIM:225100  Ectopia lentis: disease," in said
    assert "give the id" in said


def test_a_pair_that_nothing_joins(islands: Path) -> None:
    said = refused(islands, "DrugBank:DB1", "X:1")
    assert "no path joins the two concepts" in said
    assert "different parts of the graph" in said
    done = medreason("kg", "paths", islands, "DrugBank:DB1", "X:1", "--json")
    assert done.returncode == 3
    shown = json.loads(done.stdout)
    assert (shown["paths"], shown["reason"], shown["truncated"]) == ([], "not connected", False)


def test_a_relation_that_reads_from_its_head_and_the_check_of_its_meaning(islands: Path) -> None:
    (path,) = paths(islands, "HP:1", "DrugBank:DB1", "--pattern", "'*' '<causes side effect' '*'")["paths"]
    assert path["hops"][0]["reading"] == "← causes side effect"
    assert [c["rule"] for c in path["checks"] if c["outcome"] == "fail"] == ["relation_meaning"]


@pytest.mark.parametrize(
    ("options", "says", "code"),
    [
        (["--relations", "is_a"], "none that the filters and exclusions allow", 3),
        (["--pattern", "disease associated gene associated disease"], "is of type", 2),
        (["--pattern", "disease has_phenotype> phenotype is_a> phenotype is_a> phenotype"], "matches the pattern", 3),
        (["--pattern", "disease has_phenotype>"], "is no meta-path", 2),
        (["--pattern", "disease 'has"], "close the quotation mark", 2),
        (["--relations", "has_fenotype"], "the graph has no relation 'has_fenotype'", 2),
        (["--types", "planet"], "the graph has no node type 'planet'", 2),
        (["--without-relations", "is_a,has_phenotype,associated"], "leave no edge to walk", 2),
        (["--relations", ","], "names nothing", 2),
        (["--polarity", "maybe"], "is no choice", 2),
        (["--exclude-edge", "E0000000000000000"], "E0000000000000000 is not in the graph", 3),
        (["--cost", "hub=nan"], "the cost hub is nan", 2),
        (["--cost", "absent=inf"], "the cost absent is inf", 2),
        (["--cost", "relation:is_a=-1"], "the cost relations['is_a'] is -1", 2),
        (["--cost", "hub=much"], "is no number", 2),
        (["--cost", "hubs=1"], "is no weight", 2),
        (["--all", "--top", "3"], "give one of them", 2),
        (["--limit", "3"], "--limit bounds --all", 2),
        (["--svg", "/nonexistent/a.svg"], "cannot write", 3),
    ],
)
def test_bad_options_are_one_clear_error(hpo_dir: Path, options: list[str], says: str, code: int) -> None:
    assert says in refused(hpo_dir, MARFAN, LENS, *options, code=code)


def test_the_same_concept_twice(hpo_dir: Path) -> None:
    assert "both ends are Ectopia lentis" in refused(hpo_dir, LENS, LENS, code=2)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("cut", "edge.head.npy has"),
        ("gone", "nodes.bin is missing"),
        ("newer", "the graph has format 99"),
        ("half", "cannot read manifest.json"),
        ("unfinished", "not a complete graph"),
    ],
)
def test_a_damaged_or_newer_graph(islands: Path, tmp_path: Path, damage: str, says: str) -> None:
    folder = tmp_path / "graph"
    shutil.copytree(islands, folder)
    manifest = folder / "manifest.json"
    if damage == "cut":
        data = (folder / "edge.head.npy").read_bytes()
        (folder / "edge.head.npy").write_bytes(data[: math.ceil(len(data) / 2)])
    elif damage == "gone":
        (folder / "nodes.bin").unlink()
    elif damage == "newer":
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 99}))
    elif damage == "half":
        manifest.write_text(manifest.read_text()[:200])
    else:
        manifest.unlink()
    assert says in refused(folder, "X:1", "X:2")
