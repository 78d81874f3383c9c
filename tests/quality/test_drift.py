"""What becomes of a dataset when its graph changes: every outcome by hand, then the command, then a real release."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from medreason.cli.verify import register
from medreason.errors import CheckError, GraphError, InputError
from medreason.kg.build import build, collector_paused
from medreason.kg.diff import Renamed
from medreason.kg.frequency import Pooled
from medreason.kg.hpo import embedded_release, read_hpo, release_files
from medreason.kg.source import HAS_PHENOTYPE, IS_A, SourceGraph, make_edge
from medreason.kg.store import Graph, open_graph
from medreason.quality.drift import OUTCOMES, STANDING, DriftReport, RecordDrift, drift
from medreason.quality.verify import verify
from medreason.records import Concept, EdgeEvidence, Finding, Option, Question, Record, to_json
from tests.quality.flips import with_steps
from tests.quality.real import record_of, records
from tests.shared import CASES, shared_file
from tests.teachers.small import IS_A_PAIRS, MURMUR, NAMES, NIGHT, ROWS, SEVERE, Row, count

NEW_SEVERE = "HP:0009663"


def changed(disease: str, term: str, by: Row | None) -> list[Row]:
    """The rows of the small graph with those of one disease and term replaced, or gone."""
    out = [row for row in ROWS if row[:2] != (disease, term)]
    return out if by is None else [*out, by]


def graph_of(
    folder: Path,
    rows: Sequence[Row] = tuple(ROWS),
    *,
    names: Mapping[str, str] = NAMES,
    diseases: int = 8,
    retired: Mapping[str, str] | None = None,
) -> Graph:
    """The graph of ``tests.teachers.small`` as version 2, with these changes."""
    source = SourceGraph("small", "2", "CC0", "made for tests", retired=dict(retired or {}))
    now = source.retired
    source.concepts = [Concept(now.get(i, i), "phenotype", name) for i, name in names.items()]
    source.concepts += [Concept(f"D:{n}", "disease", f"Made-up disorder {n}") for n in range(1, diseases + 1)]
    source.edges = [make_edge(now.get(low, low), IS_A, now.get(high, high), "test") for low, high in IS_A_PAIRS]
    for disease, term, polarity, found in rows:
        evidence = tuple(EdgeEvidence(references, "PCS", frequency) for references, frequency in found)
        tail = now.get(term, term)
        source.edges.append(make_edge(disease, HAS_PHENOTYPE, tail, "test", polarity=polarity, evidence=evidence))
    build(source, folder)
    return open_graph(folder)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return graph_of(Path(tmp_path_factory.mktemp("old")) / "kg")


@pytest.fixture(scope="module")
def record(old: Graph) -> Record:
    options = tuple(Option(k, old.name(d), d) for k, d in zip("ABC", ("D:3", "D:1", "D:2"), strict=True))
    findings = (Finding(NIGHT, "nyctalopia", "observed"), Finding(MURMUR, "heart murmur", "observed"))
    made = record_of(Question("r1", "test", "Heart murmur and nyctalopia.", options, findings=findings), old)
    assert made is not None
    return made


@pytest.fixture
def dataset(tmp_path: Path, record: Record) -> Path:
    path = tmp_path / "dataset.jsonl"
    path.write_text(to_json(record) + "\n", encoding="utf-8")
    return path


def both(dataset: Path, new: Graph, old: Graph) -> tuple[RecordDrift, RecordDrift]:
    """The record compared with and without the old graph."""
    (one,), (two,) = drift(dataset, new, old).records, drift(dataset, new).records
    return one, two


def test_nothing_changes_on_the_own_graph(dataset: Path, old: Graph) -> None:
    report = drift(dataset, old, old)
    assert report.holds
    assert report.outcomes == {o: int(o == "holds") for o in OUTCOMES}
    assert report.made_on == [old.ref]
    assert drift(dataset, old).outcomes == report.outcomes


def test_one_more_disease_changes_weights_and_nothing_else(dataset: Path, old: Graph, tmp_path: Path) -> None:
    rows = [*ROWS, ("D:9", SEVERE, "present", [(("PMID:10",), None)])]
    new = graph_of(tmp_path / "new", rows, diseases=9)
    for found in both(dataset, new, old):
        assert found.outcome == "weights"
        assert found.edges == ()
        assert found.margin[0] != found.margin[1]
    assert drift(dataset, new, old).holds


def test_a_frequency_that_changed(dataset: Path, old: Graph, tmp_path: Path) -> None:
    row: Row = ("D:1", MURMUR, "present", [(("PMID:1", "PMID:77"), count(8, 12))])
    new = graph_of(tmp_path / "new", changed("D:1", MURMUR, row))
    known, alone = both(dataset, new, old)
    assert (known.outcome, alone.outcome) == ("statements", "statements")
    (edge,) = known.edges
    assert (edge.fate, edge.options, edge.lost) == ("changed", ("B",), False)
    assert edge.steps
    assert edge.change is not None
    assert edge.change.frequency == (Pooled(9, 10), Pooled(8, 12))
    assert (edge.change.references_added, edge.change.references_removed) == (("PMID:77",), ("PMID:2",))
    assert any(p.rule == "frequency" and p.step in edge.steps for p in alone.problems)
    assert alone.edges == ()


def test_an_edge_that_is_gone(dataset: Path, old: Graph, tmp_path: Path) -> None:
    new = graph_of(tmp_path / "new", changed("D:2", SEVERE, None))
    known, alone = both(dataset, new, old)
    assert (known.outcome, alone.outcome) == ("edges", "edges")
    gone = {old.edge(e.edge).tail: (e.fate, e.now) for e in known.edges}
    assert gone == {SEVERE: ("removed", "")}
    assert [e.fate for e in alone.edges] == ["vanished"]
    assert alone.edges[0].steps == known.edges[0].steps != ()


def test_an_edge_that_flipped(dataset: Path, old: Graph, tmp_path: Path) -> None:
    new = graph_of(tmp_path / "new", changed("D:2", SEVERE, ("D:2", SEVERE, "absent", [(("PMID:3",), count(0, 2))])))
    known, alone = both(dataset, new, old)
    assert [e.fate for e in known.edges] == ["flipped"]
    assert new.edge(known.edges[0].now).polarity == "absent"
    assert known.outcome == alone.outcome == "edges"


def test_another_option_is_best_supported_now(dataset: Path, old: Graph, tmp_path: Path) -> None:
    rows = [r for r in changed("D:2", MURMUR, ("D:2", MURMUR, "present", [(("PMID:3",), None)])) if r[0] != "D:1"]
    new = graph_of(tmp_path / "new", [*rows, ("D:1", "HP:0000478", "present", [(("PMID:1",), None)])])
    for found in both(dataset, new, old):
        assert found.outcome == "choice"
        assert found.chosen == ("B", "C")


def test_no_option_is_supported_now(dataset: Path, old: Graph, tmp_path: Path) -> None:
    new = graph_of(tmp_path / "new", [r for r in ROWS if r[0] not in {"D:1", "D:2", "D:3"}])
    for found in both(dataset, new, old):
        assert (found.outcome, found.chosen) == ("choice", ("B", ""))


@pytest.mark.parametrize("source", ["test", "phenopackets"])
def test_another_name(source: str, record: Record, old: Graph, tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text(to_json(replace(record, source=source)) + "\n", encoding="utf-8")
    assert verify(path, old).problems == []
    known, alone = both(path, graph_of(tmp_path / "new", names={**NAMES, NIGHT: "Night blindness"}), old)
    assert (known.outcome, known.problems) == ("names", ())
    assert known.renamed == (Renamed(NIGHT, "Nyctalopia", "Night blindness"),)
    assert (alone.outcome, alone.renamed) == ("statements", ())


def test_a_name_that_the_record_does_not_use(dataset: Path, old: Graph, tmp_path: Path) -> None:
    new = graph_of(tmp_path / "new", names={**NAMES, "HP:0000118": "Abnormal phenotype"})
    assert [f.outcome for f in both(dataset, new, old)] == ["holds", "holds"]


def test_a_retired_id(dataset: Path, old: Graph, tmp_path: Path) -> None:
    new = graph_of(tmp_path / "new", retired={SEVERE: NEW_SEVERE})
    known, alone = both(dataset, new, old)
    assert (known.outcome, known.problems) == ("names", ())
    assert {e.fate for e in known.edges} == {"moved"}
    assert all(NEW_SEVERE in (new.edge(e.now).head, new.edge(e.now).tail) for e in known.edges)
    assert alone.outcome == "edges"


def test_the_most_selective_finding_is_another_one_now(dataset: Path, old: Graph, tmp_path: Path) -> None:
    rows = [*ROWS, *((f"D:{n}", MURMUR, "present", [((f"PMID:{n}0",), None)]) for n in range(9, 16))]
    new = graph_of(tmp_path / "new", rows, diseases=15)
    for found in both(dataset, new, old):
        assert any(p.message == "Heart murmur is not the most selective finding" for p in found.problems)
        assert found.outcome in {"statements", "choice"}


def test_a_record_that_never_held(dataset: Path, record: Record, old: Graph, tmp_path: Path) -> None:
    dataset.write_text(to_json(replace(record, margin=99.0)) + "\n", encoding="utf-8")
    new = graph_of(tmp_path / "new", names={**NAMES, NIGHT: "Night blindness"})
    known, _ = both(dataset, new, old)
    assert known.outcome == "faulty"
    assert {p.rule for p in known.problems} == {"margin"}
    dataset.write_text(to_json(replace(record, reasoning="")) + "\n", encoding="utf-8")
    assert [f.outcome for f in both(dataset, new, old)] == ["faulty", "faulty"]


def test_an_edge_that_no_graph_has(dataset: Path, record: Record, old: Graph) -> None:
    steps = (replace(record.steps[0], edges=("E" + "0" * 16,)), *record.steps[1:])
    dataset.write_text(to_json(with_steps(record, steps)) + "\n", encoding="utf-8")
    known, alone = both(dataset, old, old)
    assert [e.fate for e in known.edges] == ["vanished"]
    assert (known.outcome, alone.outcome) == ("faulty", "edges")


def test_lines_that_are_no_records(dataset: Path, record: Record, old: Graph) -> None:
    with dataset.open("a", encoding="utf-8") as lines:
        lines.write("not json\n" + to_json(record) + "\n")
    report = drift(dataset, old, old)
    assert [(p.item, p.rule) for p in report.problems] == [("dataset.jsonl:2", "format"), ("r1", "id")]
    assert (report.outcomes["holds"], report.broken, report.holds) == (2, 0, False)


def test_the_old_graph_is_the_one_cited(dataset: Path, old: Graph, tmp_path: Path) -> None:
    new = graph_of(tmp_path / "new", ROWS[1:])
    with pytest.raises(GraphError, match="the older graph is small 2"):
        drift(dataset, old, new)
    with pytest.raises(InputError):
        drift(tmp_path / "none.jsonl", new, old)


# -- the command ---------------------------------------------------------------------------------------


def command(*args: object) -> tuple[int, str, BaseException | None]:
    app = typer.Typer()
    register(app)
    app.callback()(lambda: None)
    done = CliRunner().invoke(app, ["verify", *map(str, args)], env={"COLUMNS": "80"})
    return done.exit_code, done.stdout, done.exception


def test_the_command_tells_what_became_of_edges(dataset: Path, old: Graph, tmp_path: Path) -> None:
    row: Row = ("D:1", MURMUR, "present", [(("PMID:1", "PMID:77"), count(8, 12))])
    rows = [r for r in changed("D:1", MURMUR, row) if r[:2] != ("D:2", SEVERE)]
    new = graph_of(tmp_path / "new", rows)
    code, shown, error = command(dataset, "--kg", new.folder, "--was", old.folder)
    assert code == 1
    assert isinstance(error, CheckError)
    assert error.cause == "1 of 1 records no longer hold on small 2"
    flat = " ".join(shown.split())
    assert "Severe nyctalopia is gone" in flat
    assert "frequency 9 of 10 → 8 of 12; new reference PMID:77; reference gone PMID:2" in flat
    assert "edges that the records cite: 1 removed, 1 changed" in flat or "1 changed, 1 removed" in flat
    tables = shown.split("of the records")[1].split("0 of 1 records")[0]
    assert max(map(len, tables.splitlines())) <= 80
    code, shown, _ = command(dataset, "--kg", new.folder, "--other-version")
    assert code == 1
    assert "is not in the graph" in " ".join(shown.split())
    assert "--was DIR" in shown


def test_the_command_as_json(dataset: Path, old: Graph, tmp_path: Path) -> None:
    new = graph_of(tmp_path / "new", changed("D:2", SEVERE, None))
    code, shown, _ = command(dataset, "--kg", new.folder, "--was", old.folder, "--json")
    report = json.loads(shown)
    assert code == 1
    assert (report["holds"], report["outcomes"]["edges"], report["edges"]) == (False, 1, {"removed": 1})
    (found,) = report["drift"]
    (edge,) = found["edges"]
    assert edge["fate"] == "removed"
    assert (edge["head_name"], edge["tail_name"]) == ("Made-up disorder 2", "Severe nyctalopia")
    assert edge["steps"]


def test_the_command_succeeds_where_records_still_hold(dataset: Path, old: Graph, tmp_path: Path) -> None:
    new = graph_of(tmp_path / "new", names={**NAMES, NIGHT: "Night blindness"})
    code, shown, error = command(dataset, "--kg", new.folder, "--was", old.folder)
    assert (code, error) == (0, None)
    assert "1 of 1 records still hold on small 2" in shown
    code, _, error = command(dataset, "--kg", new.folder)
    assert isinstance(error, GraphError)
    assert "--other-version" in error.fix


def test_the_command_on_lines_that_are_no_records(dataset: Path, old: Graph) -> None:
    dataset.write_text("not json\n", encoding="utf-8")
    code, shown, error = command(dataset, "--kg", old.folder, "--other-version")
    assert isinstance(error, CheckError)
    assert error.cause == "1 lines of the dataset are no records or repeat an id"
    assert "dataset.jsonl:1" in shown
    dataset.write_text("\n", encoding="utf-8")
    code, shown, error = command(dataset, "--kg", old.folder, "--other-version")
    assert (code, error) == (0, None)
    assert "no records: nothing to check" in shown


def test_a_record_cannot_steer_the_terminal(dataset: Path, record: Record, old: Graph, tmp_path: Path) -> None:
    evil = replace(record, id="r1\x1b[2J\x07", margin=99.0)
    dataset.write_text(to_json(evil) + "\n", encoding="utf-8")
    new = graph_of(tmp_path / "new", changed("D:2", SEVERE, None))
    _, shown, error = command(dataset, "--kg", new.folder, "--was", old.folder)
    assert not set(shown + str(error)) & {"\x1b", "\x07"}


# -- a real release ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """The embedded release with every 300th annotation gone, every 301st denied, and one term retired."""
    base = tmp_path_factory.mktemp("newer")
    for path in release_files():
        shutil.copy(path, base / path.name)
    terms = (base / "hp.obo").read_text(encoding="utf-8").replace("releases/2025-01-16", "releases/2025-09-01")
    terms = terms.replace("id: HP:0001250\nname: Seizure", "id: HP:9901250\nname: Seizure\nalt_id: HP:0001250")
    (base / "hp.obo").write_text(terms.replace("is_a: HP:0001250", "is_a: HP:9901250"), encoding="utf-8")
    lines = (base / "phenotype.hpoa").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = []
    for number, line in enumerate(lines):
        cells = line.split("\t")
        if len(cells) > 10 and cells[10] == "P" and number % 300 == 1:
            cells[2] = "NOT"
        if len(cells) < 10 or number % 300:
            kept.append("\t".join(cells))
    (base / "phenotype.hpoa").write_text("".join(kept), encoding="utf-8")
    with collector_paused():
        build(read_hpo(base), base / "kg")
    return open_graph(base / "kg")


@pytest.mark.slow
def test_a_real_release(hpo: Graph, newer: Graph, tmp_path: Path) -> None:
    assert embedded_release().is_dir()
    path = tmp_path / "dataset.jsonl"
    made = list(records(shared_file(CASES), hpo, every=40))
    path.write_text("".join(to_json(r) + "\n" for r in made), encoding="utf-8")
    own: DriftReport = drift(path, hpo, hpo)
    assert own.outcomes["holds"] == len(made) > 20
    report = drift(path, newer, hpo)
    assert report.outcomes["faulty"] == 0
    assert report.outcomes["weights"] > 0
    assert report.outcomes["edges"] > 0
    assert {"removed", "flipped", "moved"} <= set(report.fates)
    for found in report.records:
        lost = {e.edge for e in found.edges if e.lost}
        moved = {e.edge for e in found.edges if e.fate == "moved"}
        cited = next({e for s in r.steps for e in s.edges} for r in made if r.id == found.item)
        assert {e for e in cited if newer.edge_number(e) is None} == {e for e in lost | moved if e in cited}
        assert not lost or found.outcome not in STANDING
