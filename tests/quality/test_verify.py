"""Whole records, files and the command."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from medreason.cli.verify import register
from medreason.errors import CheckError, GraphError, InputError
from medreason.kg.store import Graph
from medreason.quality.facts import Facts
from medreason.quality.recompute import recompute
from medreason.quality.verify import verify, verify_record
from medreason.records import Evidence, Finding, Option, Patient, Question, Record, Score, to_json
from tests.quality.flips import with_steps
from tests.quality.mutations import MUTATIONS, RARE
from tests.quality.real import record_of
from tests.quality.stub import stub
from tests.teachers.small import EYE, MURMUR, NIGHT, small_graph


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return small_graph(Path(tmp_path_factory.mktemp("small")) / "kg")


_FINDINGS = (Finding(NIGHT, "nyctalopia", "observed"), Finding(MURMUR, "heart murmur", "observed"))


@pytest.fixture(scope="module")
def record(graph: Graph) -> Record:
    options = tuple(Option(k, graph.name(d), d) for k, d in zip("ABC", ("D:3", "D:1", "D:2"), strict=True))
    findings = _FINDINGS
    made = record_of(Question("r1", "test", "Heart murmur and nyctalopia.", options, findings=findings), graph)
    assert made is not None
    return made


@pytest.fixture
def dataset(tmp_path: Path, record: Record) -> Path:
    path = tmp_path / "dataset.jsonl"
    path.write_text(to_json(record) + "\n\n" + to_json(replace(record, id="r2")) + "\n", encoding="utf-8")
    return path


def rules(record: Record, graph: Graph) -> set[str]:
    return {p.rule for p in verify_record(record, graph)}


def test_the_record_holds(record: Record, graph: Graph) -> None:
    assert verify_record(record, graph) == []


@pytest.mark.parametrize("name", sorted({**MUTATIONS, **RARE}))
def test_mutants_of_a_small_record_are_caught(name: str, record: Record, graph: Graph) -> None:
    for seed in range(20):
        mutant = {**MUTATIONS, **RARE}[name](record, graph, random.Random(seed))
        assert mutant is None or mutant == record or verify_record(mutant, graph), f"{name}, seed {seed}"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"id": ""}, "id"),
        ({"answer_key": "A"}, "keys"),
        ({"chosen_key": "Z", "answer_key": "Z"}, "keys"),
        ({"chosen_key": "A", "answer_key": "A"}, "choice"),
        ({"margin": float("nan")}, "margin"),
        ({"question": "Heart murmur."}, "findings"),
        ({"organ_systems": ("Abnormality of the ear",)}, "organ_systems"),
        ({"organ_systems": ("Nyctalopia",)}, "organ_systems"),
        ({"steps": (), "reasoning": ""}, "steps"),
        ({"reasoning": ""}, "reasoning"),
        ({"evidence": {}}, "evidence"),
        ({"excluded_publications": ("PMID:1",)}, "excluded"),
        ({"options": ()}, "choice"),
        ({"findings": ()}, "choice"),
        ({"clinician_reviewed": True}, "review"),
        ({"organ_systems": ()}, "organ_systems"),
        ({"findings": (*_FINDINGS, _FINDINGS[0])}, "findings"),
        ({"findings": (replace(_FINDINGS[0], text=""), _FINDINGS[1])}, "findings"),
    ],
)
def test_record_rules(change: dict[str, object], rule: str, record: Record, graph: Graph) -> None:
    assert rule in rules(replace(record, **change), graph)  # type: ignore[arg-type]


def _score(record: Record, key: str = "A", **changes: float) -> dict[str, Score]:
    return {**record.scores, key: replace(record.scores[key], **changes)}


def test_scores_are_the_recomputed_ones(record: Record, graph: Graph) -> None:
    by = [
        _score(record, key, **{part: value})
        for part in ("evidence", "picture", "patient", "total")
        for key in record.scores
        for value in (getattr(record.scores[key], part) + 0.002, float("nan"), float("inf"))
    ]
    by += [{}, {k: s for k, s in record.scores.items() if k != "C"}, {**record.scores, "D": record.scores["A"]}]
    for scores in by:
        assert rules(replace(record, scores=scores), graph) == {"score"}
    near = _score(record, picture=record.scores["A"].picture + 0.0001)
    assert rules(replace(record, scores=near), graph) == set()


def test_the_patient_of_a_phenopacket_is_the_one_of_the_question(record: Record, graph: Graph) -> None:
    text = "At last examination this 34-year-old woman had heart murmur and nyctalopia."
    own = replace(record, source="phenopackets", question=text)
    assert rules(own, graph) == {"patient"}
    held = replace(own, patient=Patient(sex="female", age="P34Y"))
    assert rules(held, graph) == set()
    for patient in (
        Patient(sex="female"), Patient(age="P34Y"), Patient(sex="male", age="P34Y"), Patient("female", "P35Y"),
        Patient("female", "P34Y", fetal=True), Patient("female", "P34Y", deceased=True),
    ):  # fmt: skip
        assert rules(replace(held, patient=patient), graph) == {"patient"}
    # Free text is not judged.
    assert rules(replace(held, source="jsonl", patient=Patient()), graph) == set()


def test_options_with_each_others_names(record: Record, graph: Graph) -> None:
    a, b, *rest = record.options
    swapped = (replace(a, text=b.text), replace(b, text=a.text), *rest)
    assert rules(replace(record, options=swapped), graph) == {"options"}


def test_an_excluded_edge_is_reported_with_its_publication(record: Record, graph: Graph) -> None:
    problems = verify_record(replace(record, excluded_publications=("PMID:3",)), graph)
    assert any("PMID:3" in p.message and p.step for p in problems if p.rule == "excluded")


def test_unknown_concepts_are_problems_not_crashes(record: Record, graph: Graph) -> None:
    odd = replace(
        record,
        options=(*record.options, Option("D", "x", "X:1"), Option("D", "y", "D:1")),
        findings=(*record.findings, Finding("HP:9999999", "", "observed"), Finding(NIGHT, "", "excluded")),
        evidence={**record.evidence, "Q": (Evidence("E", "supports", "", 1.0),)},
    )
    assert {"options", "findings", "evidence"} <= rules(odd, graph)


def test_the_status_in_a_phenopacket_question_is_read(record: Record, graph: Graph) -> None:
    text = "This patient had nyctalopia. Heart murmur was looked for and not found."
    assert "findings" in rules(replace(record, source="phenopackets", question=text), graph)
    assert "findings" not in rules(replace(record, question=text), graph)


def test_a_phenopacket_is_worded_with_the_names_of_the_graph(record: Record, graph: Graph) -> None:
    own = replace(record, source="phenopackets")
    assert verify_record(own, graph) == []
    a, *rest = own.options
    assert rules(replace(own, options=(replace(a, text=a.text.upper()), *rest)), graph) == {"options"}
    question = "Heart murmur and nyctalopia, that is night blindness."
    findings = (replace(_FINDINGS[0], text="night blindness"), _FINDINGS[1])
    worded = replace(own, question=question, findings=findings)
    assert rules(worded, graph) == {"findings"}
    assert rules(replace(worded, source="test"), graph) == set()


def test_no_option_bears_the_name_of_another_disease(record: Record, graph: Graph) -> None:
    a, *rest = record.options
    assert rules(replace(record, options=(replace(a, text="Eye disorder"), *rest)), graph) == set()
    assert rules(replace(record, options=(replace(a, text="made-up disorder 7"), *rest)), graph) == {"options"}


def test_a_chosen_option_has_support(record: Record, graph: Graph) -> None:
    # Disorder 3 is annotated with a broader term alone.
    only = replace(
        record,
        options=record.options[:1],
        findings=(Finding(EYE, "eye", "observed"), Finding(NIGHT, "nyctalopia", "observed")),
    )
    problems = verify_record(replace(only, chosen_key="A", answer_key="A"), graph)
    assert any("supports the chosen option" in p.message for p in problems)


def test_an_option_with_evidence_is_named(record: Record, graph: Graph) -> None:
    name = graph.name("D:2")
    steps = [s for s in record.steps if name not in s.text]
    steps = [replace(s, n=n) for n, s in enumerate(steps, 1)]
    silent = with_steps(record, tuple(steps))
    assert "complete" in rules(silent, graph)


def test_what_contradicts_the_chosen_option_is_told(graph: Graph) -> None:
    options = (Option("A", graph.name("D:8"), "D:8"), Option("B", graph.name("D:6"), "D:6"))
    question = Question("r", "test", "Nyctalopia, heart murmur.", options, findings=_FINDINGS)
    made = recompute(Facts(graph), record_stub(question, graph))
    stub = record_stub(question, graph)
    assert made.evidence["A"][graph.require(MURMUR)].stance == "contradicts"
    assert any("contradicts the chosen option" in p.message for p in verify_record(stub, graph))


def record_stub(question: Question, graph: Graph) -> Record:
    return stub(question=question.text, options=question.options, findings=question.findings, graph=graph.ref)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"flags":[]', '"flags":[],"note":1'),
        ('"status":"observed"', '"status":"observed","sure":true'),
        ('"stance":"supports"', '"stance":"supports","by":"x"'),
        ('"flags":[]', '"flags":[],"flags":[]'),
        ('"clinician_reviewed":false', '"clinician_reviewed":"no"'),
    ],
)
def test_a_line_holds_a_record_and_nothing_else(
    old: str, new: str, dataset: Path, record: Record, graph: Graph
) -> None:
    line = to_json(record)
    assert old in line
    dataset.write_text(line.replace(old, new, 1) + "\n", encoding="utf-8")
    assert verify(dataset, graph).by_rule == {"format": 1}


@pytest.mark.parametrize(
    ("name", "data"),
    [("dataset.jsonl.gz", b"{}"), ("dataset.parquet", b"PAR1"), ("dataset.jsonl", b"PAR1\x15\x00\x00")],
)
def test_what_is_no_text_is_refused(name: str, data: bytes, tmp_path: Path, graph: Graph) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError) as caught:
        verify(tmp_path / name, graph)
    assert caught.value.fix == "give the run folder or its dataset.jsonl"


def test_a_dataset_is_counted(dataset: Path, graph: Graph) -> None:
    report = verify(dataset, graph)
    assert (report.records, report.problems) == (2, [])
    assert report.steps > 4
    assert report.citations >= report.steps
    assert verify(dataset.parent, graph) == report


def test_malformed_lines_are_located(dataset: Path, graph: Graph) -> None:
    with dataset.open("ab") as lines:
        lines.write(b'{"id": 3}\nnot json\n\xff\xfe\n')
    report = verify(dataset, graph)
    assert [(p.item, p.rule) for p in report.problems] == [(f"dataset.jsonl:{n}", "format") for n in (4, 5, 6)]
    assert report.records == 2


def test_an_id_that_occurs_twice(tmp_path: Path, record: Record, graph: Graph) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text((to_json(record) + "\n") * 2, encoding="utf-8")
    assert verify(path, graph).by_rule == {"id": 1}


def test_another_graph_is_one_error(tmp_path: Path, record: Record, graph: Graph) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text(to_json(replace(record, graph=replace(record.graph, sha256="0" * 64))) + "\n", encoding="utf-8")
    with pytest.raises(GraphError, match="cites small 1"):
        verify(path, graph)
    assert verify(path, graph, allow_other_version=True).problems == []


def test_a_missing_dataset_is_an_input_error(tmp_path: Path, graph: Graph) -> None:
    with pytest.raises(InputError):
        verify(tmp_path / "none.jsonl", graph)
    with pytest.raises(InputError):
        verify(tmp_path, graph)


def _app() -> typer.Typer:
    app = typer.Typer()
    register(app)
    app.callback()(lambda: None)
    return app


def test_the_command_reports_what_holds(dataset: Path, graph: Graph) -> None:
    result = CliRunner().invoke(_app(), ["verify", str(dataset), "--kg", str(graph.folder)])
    assert result.exit_code == 0
    assert "2 records" in result.output
    assert "checked against graph small 1: all hold" in result.output
    assert "no clinical validation" in result.output


def test_the_command_fails_on_a_problem(dataset: Path, graph: Graph, record: Record) -> None:
    dataset.write_text(to_json(replace(record, margin=99.0)) + "\n", encoding="utf-8")
    result = CliRunner().invoke(_app(), ["verify", str(dataset), "--kg", str(graph.folder)])
    assert isinstance(result.exception, CheckError)
    assert result.exception.item == "r1"
    assert "1 problems in 1 records" in result.output or "1 problem in 1 record" in result.output
    result = CliRunner().invoke(_app(), ["verify", str(dataset), "--kg", str(graph.folder), "--json"])
    report = json.loads(result.stdout)
    assert (report["holds"], report["by_rule"], len(report["problems"])) == (False, {"margin": 1}, 1)


def test_the_command_says_that_there_is_nothing_to_check(tmp_path: Path, graph: Graph) -> None:
    (tmp_path / "dataset.jsonl").write_bytes(b"\n")
    result = CliRunner().invoke(_app(), ["verify", str(tmp_path), "--kg", str(graph.folder)])
    assert result.exit_code == 0
    assert "no records: nothing to check" in result.output


def test_a_record_cannot_steer_the_terminal(dataset: Path, graph: Graph, record: Record) -> None:
    evil = replace(record, id="r1\x1b[2J\x07", chosen_key="\x1b]0;x")
    dataset.write_text(to_json(evil) + "\n", encoding="utf-8")
    result = CliRunner().invoke(_app(), ["verify", str(dataset), "--kg", str(graph.folder)])
    told = result.output + str(result.exception)
    assert not set(told) & {"\x1b", "\x07"}
    assert "r1[2J" in told
