"""Weighs the recorded evidence for and against a disease: docs/scoring.md in code.

Pure functions of a graph view and a list of findings. Nothing here knows which option is right, or that there
are options at all. The checker in ``quality`` computes the same from the same page with code of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from medreason.kg.frequency import Pooled, nearly_always, share
from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.records import Evidence, Finding, Stance, Status

BROADER_FACTOR = 0.5
BROADER_MIN_BITS = 2.0
AGAINST_BITS = 2.0


class Weighed(NamedTuple):
    """One piece of evidence with what a sentence about it needs. Numbers are node and edge numbers."""

    edge: int
    finding: int
    term: int
    status: Status
    stance: Stance
    weight: float
    frequency: Pooled | None


class _Annotation(NamedTuple):
    edge: int
    term: int
    present: bool
    frequency: Pooled | None


class Weigher:
    """Computes evidence on one graph, remembering what it read of it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.above = lru_cache(maxsize=None)(lambda n: frozenset(graph.ancestors[n].tolist()))
        self._id = lru_cache(maxsize=None)(graph.curie)
        self._whole = GraphView(graph)
        self._plain = lru_cache(maxsize=8192)(lambda disease: self._read(self._whole, disease))

    def telling(self, findings: Iterable[Finding]) -> tuple[list[int], list[int]]:
        """Node numbers of the observed and the excluded findings that count, in the case's order.

        An observed finding implies its ancestors; an excluded one excludes its descendants: what is implied
        by another finding of the case is left out.
        """
        given: dict[Status, list[int]] = {"observed": [], "excluded": []}
        for finding in findings:
            number = self.graph.number(finding.concept)
            if number is not None and number not in given[finding.status]:
                given[finding.status].append(number)
        seen, gone = given["observed"], given["excluded"]
        observed = [f for f in seen if not any(f != o and f in self.above(o) for o in seen)]
        excluded = [x for x in gone if not any(x != o and o in self.above(x) for o in gone)]
        return observed, excluded

    def weigh(
        self, view: GraphView, disease: int, observed: Sequence[int], excluded: Sequence[int]
    ) -> tuple[Weighed, ...]:
        """Evidence for and against one disease, at most one piece a finding, in the order of the findings.

        Cost: O(annotations of the disease x findings).
        """
        annotations = self._annotations(view, disease)
        barred = frozenset(excluded)
        found = [self._observed(view, f, annotations, barred) for f in observed]
        found += [self._excluded(x, annotations) for x in excluded]
        return tuple(w for w in found if w is not None)

    def score(self, evidence: Iterable[Weighed]) -> float:
        """Sum of the weights, in bits."""
        return round(math.fsum(w.weight for w in evidence), 4)

    def record(self, weighed: Weighed) -> Evidence:
        """A piece of evidence as it stands in a record, by ids."""
        edge = self.graph.edge_at(weighed.edge)
        return Evidence(edge.id, weighed.stance, self._id(weighed.finding), weighed.weight)

    def _read(self, view: GraphView, disease: int) -> tuple[_Annotation, ...]:
        graph = self.graph
        return tuple(
            _Annotation(n, int(graph.tail[n]), bool(graph.present[n]), view.frequency(graph.edge_at(n), n))
            for n in view.annotations(disease).tolist()
        )

    def _annotations(self, view: GraphView, disease: int) -> tuple[_Annotation, ...]:
        plain = self._plain(disease)
        if not any(a.edge in view.dropped or a.edge in view.touched for a in plain):
            return plain
        return self._read(view, disease)

    def _observed(
        self, view: GraphView, f: int, annotations: tuple[_Annotation, ...], barred: frozenset[int]
    ) -> Weighed | None:
        above = self.above(f)
        # A kind of the finding that was looked for in the patient and not found supports nothing.
        support = [a for a in annotations if a.present and f in self.above(a.term) and not barred & self.above(a.term)]
        if support:
            best = min(support, key=lambda a: (a.term != f, -share(a.frequency), self._id(a.term)))
            weight = view.information(f) * (0.5 + 0.5 * share(best.frequency))
            return self._weighed(best, f, "observed", "supports", weight)
        unseen = [a for a in annotations if not a.present and a.term in above]
        if unseen:
            best = min(unseen, key=lambda a: (-_patients(a.frequency), self._id(a.term)))
            n = _patients(best.frequency)
            weight = -min(AGAINST_BITS, math.log2(1 + n)) if n else -AGAINST_BITS
            return self._weighed(best, f, "observed", "contradicts", weight)
        broader = [(view.information(a.term), a) for a in annotations if a.present and a.term in above]
        broader = [(bits, a) for bits, a in broader if bits >= BROADER_MIN_BITS]
        if broader:
            bits, best = min(broader, key=lambda pair: (-pair[0], self._id(pair[1].term)))
            return self._weighed(best, f, "observed", "compatible", BROADER_FACTOR * bits)
        return None

    def _excluded(self, x: int, annotations: tuple[_Annotation, ...]) -> Weighed | None:
        shown = [a for a in annotations if a.present and nearly_always(a.frequency) and x in self.above(a.term)]
        if not shown:
            return None
        best = min(shown, key=lambda a: (a.term != x, -share(a.frequency), self._id(a.term)))
        return self._weighed(best, x, "excluded", "contradicts", -AGAINST_BITS)

    @staticmethod
    def _weighed(a: _Annotation, finding: int, status: Status, stance: Stance, weight: float) -> Weighed:
        return Weighed(a.edge, finding, a.term, status, stance, round(weight, 4), a.frequency)


def _patients(frequency: Pooled | None) -> int:
    return 0 if frequency is None or frequency.n is None else frequency.n
