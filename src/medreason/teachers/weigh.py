"""Weighs the recorded evidence for and against a disease: docs/scoring.md in code.

Pure functions of a graph view, a list of findings and a patient. Nothing here knows which option is right, or that
there are options at all. The checker in ``quality`` computes the same from the same page with code of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from medreason.kg.frequency import Pooled, nearly_always, share
from medreason.kg.opposites import opposed
from medreason.kg.patient import conflicts
from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.records import Evidence, Finding, Patient, Score, Stance, Status

# Bits and factors of docs/scoring.md, where each has its reason.
SHARE_PART = 0.25  # how much of a support depends on how often the finding is seen
RELATED_FACTOR = 0.5
RELATED_MIN_BITS = 4.0
AGAINST_BITS = 2.0
PICTURE_FACTOR = 6.0
PATIENT_BITS = 2.0


class Weighed(NamedTuple):
    """One piece of evidence with what a sentence about it needs. Numbers are node and edge numbers.

    ``via`` is the concept that finding and annotated term share: the finding itself, the broader term annotated, or a
    common ancestor of the two.
    """

    edge: int
    finding: int
    term: int
    via: int
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
        self._name = lru_cache(maxsize=None)(lambda n: graph.concept_at(n).name)
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

        No annotation speaks for a disease twice: of several findings that rest on one, that which weighs most counts.

        Cost: O(annotations of the disease x findings x depth of the hierarchy).
        """
        annotations = self._annotations(view, disease)
        under: dict[int, list[_Annotation]] = {}
        for a in self._usable(view, disease, excluded):
            for via in self.above(a.term):
                under.setdefault(via, []).append(a)
        found = [self._observed(view, f, annotations, under) for f in observed]
        counted = _once_each([w for w in found if w is not None])
        against = [self._excluded(x, annotations) for x in excluded]
        return (*counted, *(w for w in against if w is not None))

    def covered(self, view: GraphView, disease: int, excluded: Iterable[int]) -> frozenset[int]:
        """All terms that the disease is recorded with or with a kind of, whether or not they count as evidence."""
        return frozenset().union(*(self.above(a.term) for a in self._usable(view, disease, excluded)))

    def picture(self, view: GraphView, disease: int, observed: Sequence[int]) -> float:
        """Bits that a term recorded for the disease shares with the case, on average over the disease's terms.

        A term shares with the case the most informative of its ancestors (itself included) that an observed finding
        implies. 0 for a disease without terms.
        """
        implied = frozenset().union(*(self.above(f) for f in observed))
        terms = {a.term for a in self._annotations(view, disease) if a.present}
        if not terms:
            return 0.0
        shared = (max((view.information(a) for a in self.above(t) & implied), default=0.0) for t in terms)
        return math.fsum(shared) / len(terms)

    def score(
        self,
        view: GraphView,
        disease: int,
        weighed: Iterable[Weighed],
        observed: Sequence[int],
        patient: Patient,
    ) -> Score:
        """The score of an option and what it is made of, in bits, four decimals each."""
        evidence = round(math.fsum(w.weight for w in weighed), 4)
        picture = round(PICTURE_FACTOR * self.picture(view, disease, observed), 4)
        against = PATIENT_BITS * -len(conflicts(view, disease, patient))  # 0.0, never -0.0
        return Score(evidence, picture, against, round(math.fsum((evidence, picture, against)), 4))

    def record(self, weighed: Weighed) -> Evidence:
        """A piece of evidence as it stands in a record, by ids."""
        edge = self.graph.edge_at(weighed.edge)
        via = "" if weighed.via in (weighed.finding, weighed.term) else self._id(weighed.via)
        return Evidence(edge.id, weighed.stance, self._id(weighed.finding), weighed.weight, via)

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

    def _usable(self, view: GraphView, disease: int, excluded: Iterable[int]) -> list[_Annotation]:
        """What may speak for a disease: a kind of a finding that was looked for and not found supports nothing."""
        barred = frozenset(excluded)
        return [a for a in self._annotations(view, disease) if a.present and not barred & self.above(a.term)]

    def _observed(
        self, view: GraphView, f: int, annotations: tuple[_Annotation, ...], under: dict[int, list[_Annotation]]
    ) -> Weighed | None:
        above = self.above(f)
        if f in under:
            best = min(under[f], key=lambda a: (a.term != f, -share(a.frequency), self._id(a.term)))
            weight = view.information(f) * (1 - SHARE_PART + SHARE_PART * share(best.frequency))
            return self._weighed(best, f, f, "observed", "supports", weight)
        unseen = [a for a in annotations if not a.present and a.term in above]
        if unseen:
            best = min(unseen, key=lambda a: (-_patients(a.frequency), self._id(a.term)))
            n = _patients(best.frequency)
            weight = -min(AGAINST_BITS, math.log2(1 + n)) if n else -AGAINST_BITS
            return self._weighed(best, f, best.term, "observed", "contradicts", weight)
        return self._related(view, f, under)

    def _related(self, view: GraphView, f: int, under: dict[int, list[_Annotation]]) -> Weighed | None:
        """Through the most informative concept that a finding shares with an annotation: above it, or beside it.

        Opposites (a long and a short philtrum) share a concept and are no evidence.
        """
        shared = ((view.information(via), via) for via in self.above(f) if via in under)
        telling = ((bits, via) for bits, via in shared if bits >= RELATED_MIN_BITS)
        for bits, via in sorted(telling, key=lambda pair: (-pair[0], self._id(pair[1]))):
            kin = [a for a in under[via] if not opposed(self._name(f), self._name(a.term))]
            if kin:
                best = min(kin, key=lambda a: (a.term != via, self._id(a.term)))
                return self._weighed(best, f, via, "observed", "compatible", RELATED_FACTOR * bits)
        return None

    def _excluded(self, x: int, annotations: tuple[_Annotation, ...]) -> Weighed | None:
        shown = [a for a in annotations if a.present and nearly_always(a.frequency) and x in self.above(a.term)]
        if not shown:
            return None
        best = min(shown, key=lambda a: (a.term != x, -share(a.frequency), self._id(a.term)))
        return self._weighed(best, x, x, "excluded", "contradicts", -AGAINST_BITS)

    @staticmethod
    def _weighed(a: _Annotation, finding: int, via: int, status: Status, stance: Stance, weight: float) -> Weighed:
        return Weighed(a.edge, finding, a.term, via, status, stance, round(weight, 4), a.frequency)


def _patients(frequency: Pooled | None) -> int:
    return 0 if frequency is None or frequency.n is None else frequency.n


def _once_each(found: Sequence[Weighed]) -> list[Weighed]:
    """Leaves each edge to one finding: a support before a related term, then the larger weight, then the first."""
    holder: dict[int, Weighed] = {}
    for w in found:
        held = holder.get(w.edge)
        if held is None or (w.stance == "supports", w.weight) > (held.stance == "supports", held.weight):
            holder[w.edge] = w
    return [w for w in found if holder[w.edge] is w]
