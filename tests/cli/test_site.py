"""``medreason site`` on the command line: what it writes, what it refuses, and that it leaves nothing half done."""

import json
from pathlib import Path
from typing import Any

import pytest

from medreason.dataset.journal import Journal
from medreason.kg.store import Graph
from medreason.records import Rejection, to_dict
from medreason.report.content import citation
from tests.runs import medreason
from tests.site.made import record, run_folder


def data(site: Path, name: str) -> Any:
    """The values that a piece of data hands over."""
    text = (site / "data" / f"{name}.js").read_text(encoding="utf-8")
    return json.loads("[" + text.partition("(")[2].removesuffix(");\n") + "]")


def refused(*arguments: object) -> str:
    done = medreason("site", *arguments)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ")
    return done.stderr


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lost = [Rejection("lost", "reason", "margin_too_small", "led by 1", "A", 1.0)]
    return run_folder(tmp_path_factory.mktemp("made") / "run", [record(n) for n in range(40)], lost)


def test_what_is_written(run: Path, tmp_path: Path) -> None:
    done = medreason("site", run, "--out", tmp_path / "a", "--json")
    told = json.loads(done.stdout)
    assert (told["items"], told["records"], told["reviewed"], told["with_graph"]) == (41, 40, 0, False)
    files = [f for f in (tmp_path / "a").rglob("*") if f.is_file()]
    assert told["bytes"] == sum(f.stat().st_size for f in files)
    about = data(tmp_path / "a", "about")[0]
    assert (about["items"], about["kept"], about["leads"]) == (41, 40, [16.0, 29.0])
    lines = [row for n in range(about["chunks"]) for row in data(tmp_path / "a", f"list-{n}")[0]]
    assert [row[0] for row in lines] == [*(f"item-{n}" for n in range(40)), "lost"]
    details = [item for n in range(2) for item in data(tmp_path / "a", f"items-{n}")[1]]
    assert details[39]["answer_text"] == "First a cough"
    assert details[0]["patient"] == ["female", "3 years 6 months at last examination"]
    assert details[40]["words"] == "the best option leads by less than the threshold"


def test_the_same_run_gives_the_same_bytes(run: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert medreason("site", run, "--out", tmp_path / name).returncode == 0
    every = [{str(f.relative_to(tmp_path / n)): f.read_bytes() for f in (tmp_path / n).rglob("*.*")} for n in "ab"]
    assert every[0] == every[1]
    assert len(every[0]) > 10


def test_statistics_count_what_is_there(run: Path, tmp_path: Path) -> None:
    medreason("site", run, "--out", tmp_path / "a")
    page = (tmp_path / "a" / "statistics.html").read_text(encoding="utf-8")
    assert "40 of 40" in page and "97.6 %" in page and "<script" not in page


def test_with_the_graph_edges_have_names_and_own_publications_are_hidden(
    hpo: Graph, hpo_dir: Path, tmp_path: Path
) -> None:
    number = next(n for n in range(hpo.n_edges) if any(r.startswith("PMID") for r in citation_references(hpo, n)))
    edge = hpo.edge_at(number)
    cited = citation_references(hpo, number)
    ref = {"source": hpo.ref.source, "version": hpo.ref.version, "sha256": hpo.ref.sha256}
    rows = []
    for n, aside in enumerate(([], list(cited))):
        row = record(n, graph=ref, excluded_publications=aside)
        row["steps"][0]["edges"] = [edge.id]
        row["evidence"] = {"A": [], "B": []}
        row["findings"] = []
        rows.append(row)
    run_folder(tmp_path / "run", rows, [])
    assert medreason("site", tmp_path / "run", "--out", tmp_path / "a", "--kg", hpo_dir).returncode == 0
    shown, hidden = (item["edges"][0] for item in data(tmp_path / "a", "items-0")[1])
    assert shown[:4] == [edge.id, hpo.name(edge.head), edge.relation.replace("_", " "), hpo.name(edge.tail)]
    assert shown[6] == list(cited)
    assert hidden[6] == [] and hidden[4] == "pooled, withheld"


def citation_references(graph: Graph, number: int) -> list[str]:
    return [name for name, _ in citation(graph, graph.edge_id(number), 0, ()).references]


def test_rows_of_the_published_format_have_a_page(tmp_path: Path) -> None:
    row = {
        "dataset_name": "made", "id_in_dataset": "7", "question": "Which <b>?", "answer": "A. This", "reasoning": "So.",
        "options": "A. This\nB. That",
    }  # fmt: skip
    run_folder(tmp_path / "run", [row], [])
    done = medreason("site", tmp_path / "run", "--out", tmp_path / "a")
    assert done.returncode == 0, done.stderr
    assert data(tmp_path / "a", "items-0")[1][0]["published"] == ["A. This", "So.", "A. This\nB. That"]


def test_a_folder_of_synthetic_questions_is_taken(tmp_path: Path) -> None:
    run_folder(tmp_path / "run", [record(1, scores={}, flags=["synthetic"])], [])
    manifest = {"synthetic": True, "seed": 3, "program": {"version": "0"}}
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "run" / "rejected.jsonl").unlink()
    assert medreason("site", tmp_path / "run", "--out", tmp_path / "a").returncode == 0
    assert data(tmp_path / "a", "list-0")[0][0][6] is None


def test_what_is_refused(run: Path, hpo_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    assert "not empty" in refused(run, "--out", tmp_path / "full")
    assert (tmp_path / "full" / "mine.txt").read_text() == "mine"
    assert "holds no run" in refused(tmp_path / "full", "--out", tmp_path / "a")
    assert "cites none 1" in refused(run, "--out", tmp_path / "a", "--kg", hpo_dir)
    assert "not empty" in refused(run, "--out", run / "manifest.json")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["full"]


def test_a_damaged_run_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", [record(n) for n in range(3)], [])
    whole = (folder / "dataset.jsonl").read_text()
    (folder / "dataset.jsonl").write_text(whole[:-40])
    assert "dataset.jsonl:3: the line is damaged" in refused(folder, "--out", tmp_path / "a")
    (folder / "dataset.jsonl").write_text("".join(whole.splitlines(keepends=True)[:2]))
    assert "do not add up" in refused(folder, "--out", tmp_path / "a")
    (folder / "dataset.jsonl").write_text(whole.replace('"teacher": "made/1", ', ""))
    assert "item-0: the record is not of this version's form" in refused(folder, "--out", tmp_path / "a")
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_run_under_way_shows_what_has_ended(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    journal = Journal(tmp_path / "run")
    journal.begin({"config": {"source": "made", "seed": 0}})
    lost = to_dict(Rejection("lost", "question", "no_question", "empty"))
    ended = [{"kind": "record", "row": record(1)}, {"kind": "rejection", "row": lost}]
    journal.add((n, json.dumps(outcome)) for n, outcome in enumerate(ended))
    journal.close()
    done = medreason("site", tmp_path / "run", "--out", tmp_path / "a")
    assert done.returncode == 0, done.stderr
    assert [row[0] for row in data(tmp_path / "a", "list-0")[0]] == ["item-1", "lost"]
    assert "not finished" in (tmp_path / "a" / "statistics.html").read_text(encoding="utf-8")
