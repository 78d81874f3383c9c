"""Sheets of records by language models are re-derived from the graph: every tampering with a line is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from medreason.kg.store import Graph
from medreason.quality.facts import Facts
from medreason.quality.problem import Problem
from medreason.quality.recompute import recompute
from medreason.quality.sheets import check
from medreason.records import Evidence, Finding, Option, Patient, Record, Score, SheetLine, from_dict, to_dict
from tests.quality.chains import Case, cases

Change = Callable[[Case, SheetLine], SheetLine | None]


def record_of(case: Case, sheet: list[SheetLine], excluded: tuple[str, ...] = ()) -> Record:
    row = case.row
    return Record(
        id=case.id, source="authored", question=case.question,
        options=tuple(from_dict(Option, o) for o in row["options"]),
        answer_key=case.chosen, chosen_key=case.chosen, margin=row["margin"],
        patient=from_dict(Patient, row["patient"]),
        findings=tuple(from_dict(Finding, f) for f in row["findings"]), organ_systems=(),
        evidence={k: tuple(from_dict(Evidence, e) for e in v) for k, v in row["evidence"].items()},
        scores={k: from_dict(Score, v) for k, v in row["scores"].items()}, steps=tuple(case.steps), reasoning="",
        excluded_publications=excluded, graph=case.graph.ref, teacher="authored", sheet=tuple(sheet),
    )  # fmt: skip


def problems(facts: Facts, case: Case, sheet: list[SheetLine], excluded: tuple[str, ...] = ()) -> list[Problem]:
    """What is wrong with a sheet; what its chain makes of it is left out."""
    record = record_of(case, sheet, excluded)
    found = check(record, facts, recompute(facts, record))
    return [p for p in found if p.step == 0 and p.rule not in ("choice", "margin")]


def text_changed(case: Case, line: SheetLine) -> SheetLine | None:
    name = case.graph.name(line.concepts[0])
    return replace(line, text=line.text.replace(name, "Fever")) if line.concepts and name in line.text else None


def sense_changed(case: Case, line: SheetLine) -> SheetLine | None:
    pairs = [(" is recorded", " is not recorded"), ("only the broader", "the"), ("not recorded itself", "recorded"),
             ("looked for and absent", "present"), (": present", ": looked for and absent"),
             ("is absent here, yet", "is present here and"), ("and not found", "and found")]  # fmt: skip
    for old, new in pairs:
        if old in line.text:
            return replace(line, text=line.text.replace(old, new))
    return None


def remark_added(case: Case, line: SheetLine) -> SheetLine | None:
    at = line.text.find(" [")
    return replace(line, text=line.text[:at] + ", the hallmark of the disease" + line.text[at:]) if at > 0 else None


def count_changed(case: Case, line: SheetLine) -> SheetLine | None:
    digits = line.text.split(" of ")[0].rsplit(" ", 1)[-1]
    if not digits.isdigit() or " of " not in line.text:
        return None
    return replace(line, text=line.text.replace(f"{digits} of ", f"{int(digits) + 1} of ", 1))


def count_invented(case: Case, line: SheetLine) -> SheetLine | None:
    new = line.text.replace("how often is not stated", "seen in 9 of 10 patients")
    return replace(line, text=new) if new != line.text else None


def edge_swapped(case: Case, line: SheetLine) -> SheetLine | None:
    other = next((ln for ln in case.sheet if ln.edges and ln.edges[0] != line.edges[0]), None) if line.edges else None
    return replace(line, edges=(other.edges[0], *line.edges[1:])) if other else None


def stance_changed(case: Case, line: SheetLine) -> SheetLine | None:
    new = {"supports": "contradicts", "compatible": "supports", "contradicts": "supports"}.get(line.stance)
    return from_dict(SheetLine, {**to_dict(line), "stance": new}) if new else None


def option_changed(case: Case, line: SheetLine) -> SheetLine | None:
    others = [k for k in case.options if k != line.option]
    return replace(line, option=others[0]) if line.option else None


def reference_changed(case: Case, line: SheetLine) -> SheetLine | None:
    at = line.text.rfind(" [")
    return replace(line, text=line.text[:at] + " [PMID:12345]") if at > 0 else None


CHANGES: list[Change] = [
    text_changed, sense_changed, remark_added, count_changed, count_invented, edge_swapped, stance_changed,
    option_changed, reference_changed,
]  # fmt: skip


@pytest.fixture(scope="module")
def authored(hpo: Graph) -> list[Case]:
    return cases(hpo)[:30]


@pytest.fixture(scope="module")
def facts(hpo: Graph) -> Facts:
    return Facts(hpo)


def test_the_sheets_pass(facts: Facts, authored: list[Case]) -> None:
    assert [p for case in authored for p in problems(facts, case, case.sheet)] == []


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: c.__name__)
def test_changed_lines_are_found(facts: Facts, authored: list[Case], change: Change) -> None:
    missed, n = [], 0
    for case in authored:
        changed = [(line, new) for line in case.sheet if (new := change(case, line)) is not None]
        for old, new in changed[::13]:
            n += 1
            if not problems(facts, case, [new if ln is old else ln for ln in case.sheet]):
                missed.append(f"{case.id} {new.id}: {new.text}")
    assert n > 20
    assert not missed


def test_missing_contradictions_are_found(facts: Facts, authored: list[Case]) -> None:
    against = [(case, line) for case in authored for line in case.sheet if line.stance == "contradicts"]
    assert against
    for case, line in against:
        assert any(p.rule == "complete" for p in problems(facts, case, [ln for ln in case.sheet if ln is not line]))


def test_edges_of_excluded_publications_are_found(facts: Facts, authored: list[Case]) -> None:
    for case in authored:
        edge = next(ln.edges[0] for ln in case.sheet if ln.edges)
        hidden = {r for row in case.graph.edge(edge).evidence for r in row.references}
        assert problems(facts, case, case.sheet, tuple(sorted(hidden)))
