"""Keeps or rejects a finished chain: the only place that looks at the answer key.

Reasons that do not need the key come first, so that the key cannot change what is said about a chain that
would be rejected anyway. A rejected chain is kept with its rejection.
"""

from __future__ import annotations

from collections.abc import Sequence

from medreason.kg.view import GraphView
from medreason.records import Chain, Question, Record, Rejection, Step


def render(steps: Sequence[Step]) -> str:
    """The chain as one text: ``n. text`` a line."""
    return "\n".join(f"{step.n}. {step.text}" for step in steps)


def _reason(question: Question, chain: Chain, view: GraphView, *, decided: bool) -> tuple[str, str, str] | None:
    """Stage, reason and detail of a rejection, or ``None`` to keep the chain."""
    if not any(f.status == "observed" for f in question.findings):
        return "link", "no_findings", "no observed finding of the question is in the graph"
    if not chain.chosen_key:
        return "reason", "no_adequate_evidence", "no recorded evidence speaks for any option"
    if not decided:
        return "reason", "margin_too_small", f"the best option leads by {chain.margin:g} bits"
    if not question.answer_key:
        return "accept", "no_answer_key", "the question has no answer key to compare with"
    answer = next(o for o in question.options if o.key == question.answer_key)
    number = view.graph.number(answer.concept) if answer.concept else None
    if number is None or not len(view.graph.profile[number]):
        return "accept", "gold_not_annotated", f"option {answer.key} has no phenotype annotation in the graph"
    if not len(view.annotated_terms(number)):
        return "accept", "no_evidence_after_exclusion", f"all annotations of option {answer.key} are excluded"
    if chain.chosen_key != question.answer_key:
        return "accept", "evidence_favours_other", f"the evidence favours {chain.chosen_key}, not {answer.key}"
    return None


def accept(
    question: Question,
    chain: Chain,
    view: GraphView,
    *,
    decided: bool,
    teacher: str,
    systems: tuple[str, ...],
) -> Record | Rejection:
    """The record of a chain that reached the answer by itself, or the typed reason why it is not kept."""
    verdict = _reason(question, chain, view, decided=decided)
    if verdict is not None:
        stage, reason, detail = verdict
        return Rejection(question.id, stage, reason, detail, chain.chosen_key, chain.margin, chain.steps)
    return Record(
        id=question.id,
        source=question.source,
        question=question.text,
        options=question.options,
        answer_key=question.answer_key,
        chosen_key=chain.chosen_key,
        margin=chain.margin,
        patient=question.patient,
        findings=question.findings,
        organ_systems=systems,
        evidence=chain.evidence,
        scores=chain.scores,
        steps=chain.steps,
        reasoning=render(chain.steps),
        excluded_publications=question.excluded_publications,
        graph=view.graph.ref,
        teacher=teacher,
        flags=(*question.flags, *chain.flags),
    )
