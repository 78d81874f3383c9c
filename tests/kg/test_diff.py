"""What changed between two graphs: every category by hand, the vectorised comparison against a plain one, the CLI."""

import json
import random
from pathlib import Path

import pytest

from medreason.kg.build import build
from medreason.kg.diff import GraphDiff, Renamed, Retired, diff, edge_change, fate
from medreason.kg.frequency import Pooled
from medreason.kg.hpo import read_hpo
from medreason.kg.source import SourceGraph, make_edge
from medreason.kg.store import Graph, open_graph
from medreason.records import Concept, EdgeEvidence, Frequency
from tests.kg.release import OBO, ROWS, Row, write_release
from tests.kg.test_kg_cli import medreason

NEW_OBO = (
    OBO.replace("2030-01-01", "2031-01-01")
    .replace("name: Tall stature", "name: Great height")
    .replace("id: HP:0007359\nname: Focal seizure", "id: HP:0099999\nname: Focal-onset seizure\nalt_id: HP:0007359")
)


def changed(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The release a year later: one row gone, one flipped, one with other patients, a third disease."""
    out = []
    for disease, name, qualifier, term, reference, frequency, aspect in rows:
        if (disease, term) == ("OMIM:2", "HP:0001250"):
            out.append((disease, name, "NOT", term, reference, "", aspect))
        elif (disease, term) == ("OMIM:1", "HP:0001250"):
            out.append((disease, name, qualifier, term, "PMID:11;PMID:20", "5/9", aspect))
        elif (disease, term) != ("OMIM:2", "HP:0000098"):
            out.append((disease, name, qualifier, term, reference, frequency, aspect))
    return (*out, ("OMIM:3", "Third syndrome", "", "HP:0001250", "PMID:30", "", "P"))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    base = tmp_path_factory.mktemp("diff")
    build(read_hpo(write_release(base / "r1")), base / "old")
    build(read_hpo(write_release(base / "r2", changed(ROWS), obo=NEW_OBO)), base / "new")
    return base / "old", base / "new"


@pytest.fixture(scope="module")
def graphs(folders: tuple[Path, Path]) -> tuple[Graph, Graph]:
    return open_graph(folders[0]), open_graph(folders[1])


@pytest.fixture(scope="module")
def found(graphs: tuple[Graph, Graph]) -> GraphDiff:
    return diff(*graphs)


def told(graph: Graph, number: int) -> tuple[str, str, str]:
    edge = graph.edge_at(number)
    return edge.head, edge.tail, edge.polarity


def test_nodes(found: GraphDiff) -> None:
    assert found.nodes_added == ("HP:0099999", "OMIM:3")
    assert found.nodes_removed == ()
    assert found.retired == (Retired("HP:0007359", "HP:0099999"),)
    assert found.renamed == (Renamed("HP:0000098", "Tall stature", "Great height"),)
    assert found.retyped == ()
    assert found.described == ()


def test_edges(found: GraphDiff, graphs: tuple[Graph, Graph]) -> None:
    old, new = graphs
    assert [told(new, n) for n in found.edges_added.tolist()] == [("OMIM:3", "HP:0001250", "present")]
    assert [told(old, n) for n in found.edges_removed.tolist()] == [("OMIM:2", "HP:0000098", "present")]
    moved = {(told(old, a), told(new, b)) for a, b in found.moved.tolist()}
    assert moved == {
        (("HP:0007359", "HP:0001250", "present"), ("HP:0099999", "HP:0001250", "present")),
        (("OMIM:1", "HP:0007359", "absent"), ("OMIM:1", "HP:0099999", "absent")),
        (("OMIM:2", "HP:0007359", "absent"), ("OMIM:2", "HP:0099999", "absent")),
    }
    flipped = [(told(old, a), told(new, b)[2]) for a, b in found.flipped.tolist()]
    assert flipped == [(("OMIM:2", "HP:0001250", "present"), "absent")]


def test_evidence(found: GraphDiff, graphs: tuple[Graph, Graph]) -> None:
    (change,) = found.changed
    assert told(graphs[0], graphs[0].edge_number(change.edge) or 0) == ("OMIM:1", "HP:0001250", "present")
    assert change.frequency == (Pooled(4, 9), Pooled(6, 11))
    assert (change.references_added, change.references_removed) == (("PMID:20",), ())
    assert change.kinds == ("frequency", "references")
    assert edge_change(*graphs, change.edge) == change
    assert found.changed_by_kind == {"frequency": 1, "references": 1, "codes": 0, "direction": 0, "other": 0}


def test_counts_by_relation(found: GraphDiff) -> None:
    rows = {(r.relation, r.polarity): r for r in found.relations}
    present = rows["has_phenotype", "present"]
    assert (present.old, present.new, present.added, present.removed) == (3, 2, 1, 1)
    assert (present.moved, present.flipped, present.changed) == (0, 1, 1)
    absent = rows["has_phenotype", "absent"]
    assert (absent.old, absent.new, absent.moved, absent.flipped) == (3, 4, 2, 0)
    assert rows["is_a", "present"].moved == 1


def test_a_graph_does_not_differ_from_itself(graphs: tuple[Graph, Graph]) -> None:
    same = diff(graphs[0], graphs[0])
    assert same.identical
    assert not any((same.nodes_added, same.retired, same.renamed, same.changed, len(same.moved), len(same.flipped)))
    assert all(r.old == r.new for r in same.relations)


def made(folder: Path, seed: int, *, evidence: bool = True) -> Graph:
    """A random graph over few nodes, so that everything happens; later seeds retire what they lack."""
    rng = random.Random(seed)
    source = SourceGraph("made", str(seed), "CC0", "")
    kept = [i for i in range(12) if rng.random() < 0.8] or [0]
    source.concepts = [Concept(f"X:{i}", rng.choice("ab"), f"x {i} {rng.randrange(2)}") for i in kept]
    source.retired = {f"X:{i}": f"X:{rng.choice(kept)}" for i in range(12) if i not in kept and rng.random() < 0.7}
    edges = {}
    for _ in range(rng.choice([0, 60, 60, 60])):
        head, tail = (f"X:{i}" for i in rng.choices(kept, k=2))
        polarity = rng.choice(["present", "present", "absent"])
        counts = Frequency(k=rng.randrange(1, 3), n=3)
        rows = (EdgeEvidence((f"PMID:{rng.randrange(3)}",), rng.choice(["PCS", "TAS"]), counts),) if evidence else ()
        edge = make_edge(head, rng.choice("rs"), tail, rng.choice(["one", "two"]), polarity=polarity, evidence=rows)
        edges[edge.id] = edge
    source.edges = list(edges.values())
    build(source, folder)
    return open_graph(folder)


@pytest.mark.parametrize("seed", range(25))
def test_the_comparison_is_the_plain_one(seed: int, tmp_path: Path) -> None:
    old, new = (
        made(tmp_path / "a", seed, evidence=seed % 4 > 0),
        made(tmp_path / "b", seed + 1000, evidence=seed % 3 > 0),
    )
    found = diff(old, new)
    before, after = ({g.edge_id(n): g.edge_at(n) for n in range(g.n_edges)} for g in (old, new))
    fates = {e: fate(old, new, edge) for e, edge in before.items() if e not in after}
    pairs = {"moved": found.moved, "flipped": found.flipped}
    for name, rows in pairs.items():
        assert [(old.edge_id(a), new.edge_id(b)) for a, b in rows.tolist()] == sorted(
            ((e, now) for e, (f, now) in fates.items() if f == name), key=lambda p: old.edge_number(p[0]) or 0
        )
    removed = {e for e, (f, _) in fates.items() if f == "removed"}
    assert {old.edge_id(n) for n in found.edges_removed.tolist()} == removed
    fresh = set(after) - set(before) - {now for _, now in fates.values()}
    assert {new.edge_id(n) for n in found.edges_added.tolist()} == fresh
    differing = [e for e in before if e in after and before[e].evidence != after[e].evidence]
    assert [c.edge for c in found.changed] == differing
    assert [edge_change(old, new, e) for e in differing] == list(found.changed)
    ids = [{g.curie(n) for n in range(g.n_nodes)} for g in (old, new)]
    assert set(found.nodes_added) == ids[1] - ids[0]
    assert {*found.nodes_removed, *(r.id for r in found.retired)} == ids[0] - ids[1]
    assert all(new.current_id(r.id) == r.current for r in found.retired)
    assert {r.id for r in found.renamed} == {i for i in ids[0] & ids[1] if old.name(i) != new.name(i)}
    assert {r.id for r in found.retyped} == {i for i in ids[0] & ids[1] if old.concept(i).type != new.concept(i).type}


def test_the_command_fits_the_terminal(folders: tuple[Path, Path]) -> None:
    done = medreason("kg", "diff", *folders, "--limit", "1")
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "ids retired: 1\n  HP:0007359  Focal seizure; now HP:0099999 Focal-onset seizure" in done.stdout
    assert "frequency 4 of 9 → 6 of 11; new reference PMID:20" in done.stdout
    assert "edges moved to a current id: 3" in done.stdout
    assert "… and 2 more" in done.stdout
    assert "present → absent" in done.stdout
    assert medreason("kg", "diff", *folders, "--limit", "1").stdout == done.stdout


def test_the_command_as_json(folders: tuple[Path, Path]) -> None:
    shown = json.loads(medreason("kg", "diff", *folders, "--json").stdout)
    assert shown["counts"]["edges_moved_to_a_current_id"] == len(shown["edges"]["moved"]) == 3
    assert shown["nodes"]["retired"] == [{"id": "HP:0007359", "current": "HP:0099999", "name": "Focal seizure"}]
    (change,) = shown["edges"]["changed"]
    assert (change["head_name"], change["kinds"]) == ("First syndrome", ["frequency", "references"])
    cut = json.loads(medreason("kg", "diff", *folders, "--json", "--limit", "1").stdout)
    assert cut["counts"] == shown["counts"]
    assert len(cut["edges"]["moved"]) == 1


def test_the_command_on_identical_graphs_and_on_none(folders: tuple[Path, Path], tmp_path: Path) -> None:
    same = medreason("kg", "diff", folders[0], folders[0])
    assert same.stdout.startswith("identical: both are hpo 2030-01-01")
    assert same.stdout.count("\n") == 1
    none = medreason("kg", "diff", folders[0], tmp_path)
    assert none.returncode == 3
    assert none.stderr.count("error:") == 1
    assert "Traceback" not in none.stderr
