"""Checks one synthetic record: its plain fields, its question, each step, the answer, and how hard it says it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from medreason.kg.store import Graph
from medreason.quality.facts import Facts
from medreason.quality.problem import Problem, Wrong
from medreason.quality.synthetic.edges import Cited
from medreason.quality.synthetic.kinds import OPTIONS, RULES, Case, Step
from medreason.quality.synthetic.masks import Masks
from medreason.quality.synthetic.stems import asked
from medreason.records import Patient, Record

SOURCE = "synthetic"
KINDS = ("diagnosis", "distinguish", "gene", "absent", "next")
_ID = re.compile(r"syn-([a-z]+)-[0-9a-f]{16}")
_TEACHER = re.compile(r"synthetic/\d+")
_LEVELS = ("easy", "medium", "hard")


@lru_cache(maxsize=4)
def _facts(graph: Graph) -> Facts:
    return Facts(graph)


def check(record: Record, graph: Graph) -> list[Problem]:
    """All problems of one synthetic record against an open graph; an empty list if everything holds.

    Once its plain fields hold, the first thing that does not hold is told and the rest not looked at.
    """
    problems = list(_plain(record))
    if problems:
        return problems
    try:
        _whole(record, _facts(graph))
    except Wrong as wrong:
        problems.append(Problem(record.id, 0, wrong.rule, wrong.message))
    return problems


def _kind(record: Record) -> str:
    return record.flags[1].removeprefix("synthetic_") if len(record.flags) > 1 else ""


def _plain(record: Record) -> Iterator[Problem]:
    """What every synthetic record says of itself, and what it never holds."""
    kind = _kind(record)
    levels = [f"difficulty_{level}" for level in _LEVELS]
    labelled = record.flags[:2] == ("synthetic", f"synthetic_{kind}") and kind in KINDS and record.flags[2:3] != ()
    match = _ID.fullmatch(record.id)
    found = {
        "source": record.source == SOURCE,
        "flags": labelled and len(record.flags) == 3 and record.flags[2] in levels,
        "id": match is not None and match[1] == kind,
        "teacher": _TEACHER.fullmatch(record.teacher) is not None,
        "clinician_reviewed": not record.clinician_reviewed,
        "kind": record.kind == "choice",
        "patient": record.patient == Patient(),
        "answer": record.chosen_key == record.answer_key and record.answer_key in {o.key for o in record.options},
        "options": [o.key for o in record.options] == list("ABCDE"[: len(record.options)]),
        "margin": record.margin == 0,
        "evidence": record.evidence == {o.key: () for o in record.options} and not record.scores,
        "empty": not (record.organ_systems or record.excluded_publications or record.context or record.sheet),
        "written": record.written is None,
        "steps": [s.n for s in record.steps] == list(range(1, len(record.steps) + 1)) and len(record.steps) > 2,
        "reasoning": record.reasoning == "\n".join(f"{s.n}. {s.text}" for s in record.steps),
        "cites": not any(s.cites for s in record.steps),
    }
    for rule, holds in found.items():
        if not holds:
            yield Problem(record.id, 0, rule, f"the field {rule} is not what a synthetic record has")


def _whole(record: Record, facts: Facts) -> None:
    cited = [_edges(step.edges, facts) for step in record.steps]
    options = [_node(facts, o.concept, o.text) for o in record.options]
    findings = [_node(facts, f.concept, f.text) for f in record.findings]
    if len(set(options)) < len(options) or len(set(findings)) < len(findings):
        raise Wrong("options", "an option or a finding occurs twice")
    if any((f.status, f.method, f.score, f.onset) != ("observed", "given", 1.0, "") for f in record.findings):
        raise Wrong("findings", "a finding is not simply given as observed")
    graph = facts.graph
    ends = {int(end[e]) for of_step in cited for e in of_step for end in (graph.head, graph.tail)}
    masks = Masks(facts, {*options, *findings, *ends})
    kind = _kind(record)
    if kind == "gene" and facts.graph.node_types[int(graph.node_type[options[0]])] == "disease":
        kind = "disease"
    if len(options) != OPTIONS:
        raise Wrong("options", f"{len(options)} options")
    if findings and kind not in {"diagnosis", "next"}:
        raise Wrong("findings", "this kind of question is about no patient")
    question = asked(masks.sentences(record.question), kind)
    if question is None:
        raise Wrong("question", "the question has no known form")
    steps = [Step(masks.sentences(s.text), Cited(facts, e)) for s, e in zip(record.steps, cited, strict=True)]
    right = options[[o.key for o in record.options].index(record.answer_key)]
    case = Case(facts, masks.node, question, options, right, findings, steps[:-1], steps[-1])
    level = RULES[kind](case)
    if record.flags[2] != f"difficulty_{level}":
        raise Wrong("flags", f"the question is {level}, not {record.flags[2]}")


def _edges(ids: tuple[str, ...], facts: Facts) -> list[int]:
    if not ids or len(set(ids)) < len(ids):
        raise Wrong("citation", "a step cites nothing, or an edge twice")
    found: list[int] = []
    for edge in ids:
        number = facts.edge_number(edge)
        if number is None:
            raise Wrong("citation", f"edge {edge} is not in the graph")
        found.append(number)
    return found


def _node(facts: Facts, concept: str, text: str) -> int:
    number = facts.graph.number(concept)
    if number is None or facts.graph.curie(number) != concept:
        raise Wrong("name", f"{concept} is not in the graph")
    if facts.name(number)[:1].casefold() + facts.name(number)[1:] != text[:1].casefold() + text[1:]:
        raise Wrong("name", f"{concept} is not called so")
    return number
