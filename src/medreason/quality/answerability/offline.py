"""Answers from the cited edges alone, without a model: do the citations carry the answer by themselves?

Reads the edges that a chain's steps cite (the conclusion's left out) and the findings of the question, nothing else of
the graph but how rare a term is. Each edge between an option and a finding, or a term above or below it, speaks in bits
(``-log2`` of the share of annotated diseases that carry the less specific of the two, Resnik 1995):

    finding observed, edge present       for the option
    finding observed, edge absent        against it
    finding excluded, edge present       against it, if the edge's term is the finding or broader

This is coarser than the score of a record on purpose: it shares no code with the teacher. Options that lead together
share the credit, so that no evidence at all gives exactly the chance rate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from medreason.kg.store import Graph
from medreason.records import Edge, Finding, Record, Step

TIE = 1e-9


class Reading(NamedTuple):
    """What edges say for a question.

    Attributes:
        bits: Sum for each option, by key.
        used: Number of edges that speak of an option and a finding of the question.
        credit: Expected right answers, 0 to 1: 1 shared by the options that lead, if the answer is among them.
    """

    bits: dict[str, float]
    used: int
    credit: float


class OfflineAnswerer:
    """Answers questions from edges.

    Args:
        graph: The graph that the edges belong to.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._diseases = max(1, graph.annotated_diseases)

    def read(self, record: Record, steps: Sequence[Step]) -> Reading:
        """What the edges that steps cite say for the options of a record. O(edges x findings).

        Edges that the graph does not have are passed over: the checker reports them.
        """
        options = {self._current(o.concept): o.key for o in record.options if o.concept}
        bits = {o.key: 0.0 for o in record.options}
        used = 0
        for number in self._numbers(e for step in steps for e in step.edges):
            edge = self._graph.edge_at(number)
            key = options.get(edge.head)
            if key is None or edge.relation != "has_phenotype":
                continue
            found = self._said(edge, record.findings)
            used += found != 0.0
            bits[key] += found
        best = max(bits.values())
        leading = [key for key, value in bits.items() if value >= best - TIE]
        return Reading(bits, used, 1 / len(leading) if record.answer_key in leading else 0.0)

    def _current(self, curie: str) -> str:
        return self._graph.current_id(curie) or curie

    def _numbers(self, edges: Iterable[str]) -> list[int]:
        return [n for e in dict.fromkeys(edges) if (n := self._graph.edge_number(e)) is not None]

    def _said(self, edge: Edge, findings: Sequence[Finding]) -> float:
        """Bits of an edge for its disease: those of the finding for which it says most."""
        said = [self._pair(edge, finding) for finding in findings]
        return max(said, key=abs, default=0.0)

    def _pair(self, edge: Edge, finding: Finding) -> float:
        term, case = self._graph.number(edge.tail), self._graph.number(finding.concept)
        if term is None or case is None:
            return 0.0
        broader, narrower = term in self._graph.ancestors[case], case in self._graph.ancestors[term]
        if not (term == case or broader or narrower):
            return 0.0
        bits = self._bits(term if broader else case)
        if finding.status == "observed":
            return bits if edge.polarity == "present" else -bits
        against = edge.polarity == "present" and (term == case or broader)
        return -bits if against else 0.0

    def _bits(self, term: int) -> float:
        carriers = len(self._graph.carriers[term])
        return -math.log2(max(1, carriers) / self._diseases)
