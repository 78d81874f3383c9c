"""The findings of a question: those its source gave, else those its text names; and what options give away."""

from __future__ import annotations

import re
from dataclasses import replace

from medreason.kg.store import Graph
from medreason.questions.options import FINDING_TYPES
from medreason.records import Question

NAME_OVERLAP = "name_overlap"
PHENOTYPES = ("phenotype",)


def flag_overlap(graph: Graph, question: Question) -> Question:
    """Flags a question in which an option's text holds the name or the wording of an observed finding."""
    texts = [f" {o.text.lower()} " for o in question.options]
    observed = [f for f in question.findings if f.status == "observed"]
    names = {n.lower() for f in observed for n in (f.text, graph.name(f.concept))}
    if NAME_OVERLAP in question.flags or not any(re.search(rf"\b{re.escape(n)}\b", t) for n in names for t in texts):
        return question
    return replace(question, flags=(*question.flags, NAME_OVERLAP))


def read_findings(graph: Graph, question: Question) -> Question:
    """Adds the findings that the text names, where the source gave none.

    In a published set (it has a licence or a split of its own) diseases and drugs that the text names count too: its
    questions are about more than what a patient shows.
    """
    if question.findings:
        return question
    from medreason.linking import findings

    types = FINDING_TYPES if question.licence or question.split else PHENOTYPES
    known = tuple(t for t in types if t in graph.node_types) or PHENOTYPES
    return replace(question, findings=findings(graph, question.text, known))
