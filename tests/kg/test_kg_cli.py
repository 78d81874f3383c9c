"""``medreason kg`` through the command line: outputs, JSON, exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from medreason.kg.store import open_graph
from tests.kg.release import ROWS, write_release


def medreason(*args: object) -> subprocess.CompletedProcess[str]:
    code = "from medreason.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, args)], capture_output=True, text=True, check=False,
        env={"COLUMNS": "80", "PATH": "", "HOME": "/tmp"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    base = tmp_path_factory.mktemp("cli")
    write_release(base / "release")
    done = medreason("kg", "build", "hpo", "--input", base / "release", "--out", base / "graph")
    assert done.returncode == 0, done.stderr
    return base / "graph"


def stamps(folder: Path) -> dict[str, int]:
    return {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}


def test_a_second_build_from_the_same_inputs_touches_nothing(folder):
    before = stamps(folder)
    done = medreason("kg", "build", "hpo", "--input", folder.parent / "release", "--out", folder)
    assert done.returncode == 0
    assert "up to date" in done.stdout
    assert stamps(folder) == before


def test_a_build_from_other_inputs_needs_replace(folder, tmp_path):
    release = write_release(tmp_path / "other", ROWS[:-1])
    target = tmp_path / "graph"
    assert medreason("kg", "build", "hpo", "--input", folder.parent / "release", "--out", target).returncode == 0
    refused = medreason("kg", "build", "hpo", "--input", release, "--out", target)
    assert refused.returncode == 3
    assert "--replace" in refused.stderr
    assert medreason("kg", "build", "hpo", "--input", release, "--out", target, "--replace").returncode == 0
    assert open_graph(target).ref != open_graph(folder).ref


def test_info(folder):
    shown = json.loads(medreason("kg", "info", folder, "--check", "--json").stdout)
    assert shown["version"] == "2030-01-01"
    assert shown["counts"]["node_types"]["disease"] == 2
    assert shown["files_ok"] is True


def test_info_check_of_a_damaged_graph_fails(folder, tmp_path):
    release = folder.parent / "release"
    medreason("kg", "build", "hpo", "--input", release, "--out", tmp_path / "g")
    data = bytearray((tmp_path / "g" / "evidence.bin").read_bytes())
    data[10] ^= 1
    (tmp_path / "g" / "evidence.bin").write_bytes(data)
    done = medreason("kg", "info", tmp_path / "g", "--check", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["damaged"] == ["evidence.bin"]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "first", "how"),
    [
        ("hp:0002279", "HP:0001250", "id"),
        ("seizure", "HP:0001250", "name"),
        ("fits", "HP:0001250", "synonym"),
        ("tall", "HP:0000098", "prefix"),
        ("focal siezure", "HP:0007359", "similar"),
    ],
)
def test_search(folder, text, first, how):
    hits = json.loads(medreason("kg", "search", folder, text, "--json").stdout)
    assert (hits[0]["id"], hits[0]["how"]) == (first, how)
    assert all(0 <= hit["score"] <= 1 for hit in hits)
    assert [h["score"] for h in hits] == sorted((h["score"] for h in hits), reverse=True)


def test_paths_and_edge(folder):
    done = medreason("kg", "paths", folder, "NCBIGene:7", "Seizure", "--json")
    shown = json.loads(done.stdout)
    path = shown["paths"][0]
    assert [node["id"] for node in path["nodes"]] == ["NCBIGene:7", "OMIM:1", "HP:0001250"]
    assert [hop["forward"] for hop in path["hops"]] == [True, True]
    edge = json.loads(medreason("kg", "edge", folder, path["hops"][1]["edge"], "--json").stdout)
    assert (edge["head"], edge["relation"], edge["tail"]) == ("OMIM:1", "has_phenotype", "HP:0001250")
    assert len(edge["evidence"]) == 2
    table = medreason("kg", "edge", folder, path["hops"][1]["edge"]).stdout
    assert "3/7" in table
    assert max(map(len, table.splitlines())) <= 80


def test_paths_of_an_unknown_name_suggests(folder):
    done = medreason("kg", "paths", folder, "Seizur", "OMIM:1")
    assert done.returncode == 3
    assert "HP:0001250 Seizure" in done.stderr
    assert done.stdout == ""


def test_paths_of_an_ambiguous_name_lists_all(tmp_path):
    rows = tuple((*r[:1], "Same syndrome", *r[2:]) for r in ROWS)
    medreason("kg", "build", "hpo", "--input", write_release(tmp_path / "r", rows), "--out", tmp_path / "g")
    done = medreason("kg", "paths", tmp_path / "g", "same syndrome", "HP:0001250")
    assert done.returncode == 3
    assert "OMIM:1  Same syndrome: disease," in done.stderr
    assert "OMIM:2  Same syndrome: disease," in done.stderr


def test_export(folder, tmp_path):
    out = tmp_path / "tsv"
    assert medreason("kg", "export", folder, "--format", "tsv", "--out", out).returncode == 0
    lines = (out / "edges.tsv").read_text().splitlines()
    assert len(lines) == 1 + open_graph(folder).n_edges
    assert lines[0].split("\t") == ["id", "head", "relation", "tail", "directed", "polarity", "source"]
    assert len((out / "evidence.tsv").read_text().splitlines()) == 1 + 7
    before = stamps(out)
    assert medreason("kg", "export", folder, "--out", out).returncode == 3
    assert stamps(out) == before


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["kg", "build", "umls", "--out", "x"], 2),
        (["kg", "nosuch"], 2),
        (["kg", "search"], 2),
        (["kg", "info", "/nonexistent"], 3),
        (["kg", "build", "hpo", "--input", "/nonexistent", "--out", "/tmp/never-made"], 3),
        (["--version"], 0),
    ],
)
def test_exit_codes_without_traceback(args, code):
    done = medreason(*args)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_unknown_edge(folder):
    done = medreason("kg", "edge", folder, "E0000000000000000")
    assert done.returncode == 3
    assert "E0000000000000000" in done.stderr


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from medreason.cli import app; "
        "print([m for m in ('numpy', 'polars', 'numba', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_build_from_a_table_with_names_and_merge(folder, tmp_path):
    (tmp_path / "t.csv").write_text("a,b,c\nDrugBank:DB1,causes,HP:0001250\n")
    (tmp_path / "names.tsv").write_text("id\tname\nDrugBank:DB1\tdrug one\n")
    command = ["kg", "build", "triples", "--input", tmp_path / "t.csv", "--names", tmp_path / "names.tsv"]
    command += ["--head", "a", "--relation", "b", "--tail", "c", "--out", tmp_path / "drugs"]
    assert medreason(*command).returncode == 0
    assert open_graph(tmp_path / "drugs").name("DrugBank:DB1") == "drug one"
    assert "up to date" in medreason(*command).stdout
    other = [str(a).replace("names.tsv", "t.csv") if str(a).endswith("names.tsv") else a for a in command]
    assert medreason(*other).returncode == 3, "other options are another graph"
    done = medreason("kg", "merge", folder, tmp_path / "drugs", "--out", tmp_path / "both")
    assert done.returncode == 0, done.stderr
    assert "joined nodes" in done.stdout
    path = medreason("kg", "paths", tmp_path / "both", "drug one", "OMIM:1", "--json")
    nodes = json.loads(path.stdout)["paths"][0]["nodes"]
    assert [node["id"] for node in nodes] == ["DrugBank:DB1", "HP:0001250", "OMIM:1"]


@pytest.mark.parametrize(
    "args",
    [
        ["build", "primekg", "--out", "/tmp/never-made"],
        ["build", "triples", "--input", "x", "--out", "/tmp/never-made"],
        ["build", "obo", "--input", "x", "--edges", "y", "--out", "/tmp/never-made"],
        ["fetch", "umls"],
    ],
)
def test_requests_that_cannot_be(args):
    done = medreason("kg", *args)
    assert done.returncode == 2
    assert "what to do" in done.stderr
    assert "Traceback" not in done.stderr
