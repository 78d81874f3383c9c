"""Building and opening: round trip, identity, damage, interruption, replacement."""

import json

import pytest

from medreason.errors import GraphError, UnknownConceptError
from medreason.kg import build as building
from medreason.kg.build import build, same_graph
from medreason.kg.hpo import read_hpo, release_files
from medreason.kg.store import open_graph
from tests.kg.release import ROWS, write_release


@pytest.fixture
def source(tmp_path):
    return read_hpo(write_release(tmp_path / "release"))


@pytest.fixture
def folder(tmp_path, source):
    build(source, tmp_path / "graph")
    return tmp_path / "graph"


def test_round_trip_of_every_node_and_edge(folder, source):
    graph = open_graph(folder)
    assert {graph.concept_at(i).id: graph.concept_at(i) for i in range(graph.n_nodes)} == {
        c.id: c for c in source.concepts
    }
    assert graph.n_edges == len(source.edges)
    for number in range(graph.n_edges):
        edge = graph.edge_at(number)
        assert graph.edge_number(edge.id) == number
        assert graph.edge_id(number) == edge.id
    assert {graph.edge(e.id) for e in source.edges} == set(source.edges)


def test_retired_ids_resolve_and_unknown_ids_raise(folder):
    graph = open_graph(folder)
    assert graph.concept("HP:0002279").name == "Seizure"
    assert graph.current_id("HP:0009999") == "HP:0001250"
    with pytest.raises(UnknownConceptError):
        graph.concept("HP:9")
    with pytest.raises(UnknownConceptError):
        graph.edge("E0000000000000000")


def test_closures(folder):
    graph = open_graph(folder)
    ids = lambda row: {graph.curie(n) for n in row.tolist()}  # noqa: E731
    at = graph.require
    assert ids(graph.ancestors[at("HP:0007359")]) == {"HP:0007359", "HP:0001250", "HP:0000118", "HP:0000001"}
    # The absent annotations (Tall stature, Focal seizure) carry nothing upwards.
    assert ids(graph.profile[at("OMIM:1")]) == {"HP:0001250", "HP:0000118", "HP:0000001"}
    assert ids(graph.carriers[at("HP:0000098")]) == {"OMIM:2"}
    assert graph.annotated_diseases == 2


def test_edges_citing(folder):
    graph = open_graph(folder)
    edges = {graph.edge_at(n).head + graph.edge_at(n).tail for n in graph.edges_citing("PMID:13").tolist()}
    assert edges == {"OMIM:1HP:0001250"}
    assert graph.edges_citing("PMID:404").size == 0


def test_rebuild_is_identical_to_the_byte(folder, tmp_path, source):
    source.concepts.reverse()
    source.edges.reverse()
    build(source, tmp_path / "again")
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_another_annotation_gives_another_identity(folder, tmp_path):
    other = build(read_hpo(write_release(tmp_path / "r2", ROWS[:-1])), tmp_path / "other")
    assert other["sha256"] != open_graph(folder).ref.sha256


@pytest.mark.parametrize("step", ["write_tables", "write_arrays", "_flush", "content_sha256"])
def test_an_interrupted_build_leaves_nothing_that_opens(tmp_path, source, monkeypatch, step):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(building, step, stop)
    with pytest.raises(KeyboardInterrupt):
        build(source, tmp_path / "graph")
    assert [p.name for p in tmp_path.iterdir()] == ["release"]


def test_a_folder_without_manifest_never_opens(folder):
    (folder / "manifest.json").unlink()
    with pytest.raises(GraphError, match=r"no manifest\.json"):
        open_graph(folder)


@pytest.mark.parametrize("name", ["evidence.bin", "adjacency.values.npy", "nodes.parquet"])
def test_size_damage_is_found_at_opening(folder, name):
    path = folder / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(GraphError, match=name):
        open_graph(folder)
    path.unlink()
    with pytest.raises(GraphError, match=f"{name} is missing"):
        open_graph(folder)


def test_damage_that_keeps_the_size_is_found_by_the_check(folder):
    data = bytearray((folder / "edges.parquet").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "edges.parquet").write_bytes(data)
    assert open_graph(folder).check_files() == ["edges.parquet"]


def test_another_format_is_refused(folder):
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    with pytest.raises(GraphError, match="format 99"):
        open_graph(folder)


def test_replace(folder, tmp_path):
    smaller = read_hpo(write_release(tmp_path / "r2", ROWS[:-1]))
    before = open_graph(folder).ref
    with pytest.raises(GraphError, match="not empty"):
        build(smaller, folder)
    assert open_graph(folder).ref == before
    build(smaller, folder, replace=True)
    assert open_graph(folder).ref != before
    assert not [p.name for p in tmp_path.iterdir() if p.name.startswith(".")], "no left-overs"


def test_same_graph(folder, tmp_path):
    inputs = release_files(tmp_path / "release")
    assert same_graph(folder, "hpo", inputs) is not None
    (folder / "in.values.npy").unlink()
    assert same_graph(folder, "hpo", inputs) is None
    assert same_graph(tmp_path / "nothing", "hpo", inputs) is None


def test_same_graph_sees_a_changed_input(folder, tmp_path):
    write_release(tmp_path / "release", ROWS[:-1])
    assert same_graph(folder, "hpo", release_files(tmp_path / "release")) is None


def test_inconsistent_sources_are_refused(tmp_path, source):
    source.concepts.append(source.concepts[0])
    with pytest.raises(GraphError, match="twice"):
        build(source, tmp_path / "graph")
    source.concepts = [c for c in source.concepts if c.id != "OMIM:2"]
    with pytest.raises(GraphError):
        build(source, tmp_path / "graph")
    assert not (tmp_path / "graph").exists()
