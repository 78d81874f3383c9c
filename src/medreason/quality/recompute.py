"""Computes the evidence of a record a second time, from docs/scoring.md and the graph alone.

What it is: the checker's own reading of that page. What it deliberately is not: shared code. It imports neither
the teachers nor ``kg.view``, so that a mistake made there is not repeated here and waved through.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from medreason.quality.facts import Annotation, Facts, View
from medreason.quality.onsets import patient_against
from medreason.quality.opposites import opposite
from medreason.records import Finding, Record, Stance


class Weight(NamedTuple):
    """One recomputed piece of evidence, by numbers; ``via`` is what finding and annotated term share."""

    edge: int
    finding: int
    term: int
    via: int
    stance: Stance
    weight: float


def telling(facts: Facts, findings: Iterable[Finding]) -> tuple[list[int], list[int]]:
    """Observed and excluded findings that count (node numbers), implied ones left out."""
    seen: dict[int, None] = {}
    gone: dict[int, None] = {}
    for finding in findings:
        number = facts.graph.number(finding.concept)
        if number is not None:
            (seen if finding.status == "observed" else gone)[number] = None
    implied = {a for f in seen for a in facts.above(f) if a != f}
    observed = [f for f in seen if f not in implied]
    excluded = [x for x in gone if not any(y != x and y in facts.above(x) for y in gone)]
    return observed, excluded


class Weighing:
    """The evidence of one option's disease under one view, for a case with these excluded findings."""

    def __init__(self, view: View, disease: int, excluded: Iterable[int] = ()) -> None:
        self._view = view
        self._above = view.facts.above
        notes = view.annotations(disease)
        self._present = [a for a in notes if a.present]
        self._absent = [a for a in notes if not a.present]
        gone = frozenset(excluded)
        self._supporting = [a for a in self._present if gone.isdisjoint(self._above(a.term))]
        self._covered: frozenset[int] = frozenset().union(*(self._above(a.term) for a in self._supporting))

    def _below(self, of: Iterable[Annotation], finding: int) -> list[Annotation]:
        """Annotations with a term or what lies under it."""
        return [a for a in of if finding in self._above(a.term)]

    def _order(self, a: Annotation, finding: int) -> tuple[bool, float, str]:
        """The finding's own term first, then the most frequent one, then the smaller id."""
        return a.term != finding, -self._view.seen(a.edge).share, self._view.graph.curie(a.term)

    def observed(self, f: int) -> Weight | None:
        """What the disease's annotations say to an observed finding."""
        view = self._view
        if f in self._covered:
            best = min(self._below(self._supporting, f), key=lambda a: self._order(a, f))
            bits = view.ic(f) * (0.75 + 0.25 * view.seen(best.edge).share)
            return Weight(best.edge, f, best.term, f, "supports", round(bits, 4))
        above = self._above(f)
        unseen = [(view.seen(a.edge).n or 0, a) for a in self._absent if a.term in above]
        if unseen:
            n, best = min(unseen, key=lambda p: (-p[0], view.graph.curie(p[1].term)))
            bits = min(2.0, math.log2(1 + n)) if n else 2.0
            return Weight(best.edge, f, best.term, best.term, "contradicts", -round(bits, 4))
        return self._shared(f)

    def _shared(self, f: int) -> Weight | None:
        """The annotation with which a finding has the most telling concept in common."""
        view, above = self._view, self._above(f)
        curie = view.graph.curie
        telling = {via: bits for via in above & self._covered if (bits := view.ic(via)) >= 4}
        name = self._view.facts.name
        opposites = {a for a in self._supporting if opposite(name(f), name(a.term))}
        while telling:
            most = max(telling.values())
            via = min((v for v, bits in telling.items() if bits == most), key=curie)
            holders = [a for a in self._below(self._supporting, via) if a not in opposites]
            if holders:
                held = next((a for a in holders if a.term == via), None) or min(holders, key=lambda a: curie(a.term))
                return Weight(held.edge, f, held.term, via, "compatible", round(most / 2, 4))
            del telling[via]
        return None

    def excluded(self, x: int) -> Weight | None:
        """What the disease's annotations say to an excluded finding."""
        shown = [a for a in self._below(self._present, x) if self._view.seen(a.edge).nearly_always]
        best = min(shown, key=lambda a: self._order(a, x), default=None)
        return Weight(best.edge, x, best.term, x, "contradicts", -2.0) if best else None


def weigh(view: View, disease: int, observed: Iterable[int], excluded: Iterable[int]) -> dict[int, Weight]:
    """Evidence for and against one disease: finding → its one piece. O(annotations x findings)."""
    excluded = list(excluded)
    weighing = Weighing(view, disease, excluded)
    found = [w for w in map(weighing.observed, observed) if w is not None]
    # Each annotation counts for one finding: the first of those for which it weighs most, supports before the rest.
    best: dict[int, Weight] = {}
    for w in sorted(found, key=lambda w: (w.stance != "supports", -w.weight)):
        best.setdefault(w.edge, w)
    kept = [w for w in found if best[w.edge] is w]
    kept += [w for w in map(weighing.excluded, excluded) if w is not None]
    return {w.finding: w for w in kept}


def picture(view: View, disease: int, observed: Iterable[int]) -> float:
    """Bits that the terms recorded for a disease share with the case, on average."""
    above = view.facts.above
    case = {a: view.ic(a) for a in frozenset().union(*map(above, observed))}
    terms = {a.term for a in view.annotations(disease) if a.present}
    shared = [max(map(case.__getitem__, case.keys() & above(t)), default=0.0) for t in terms]
    return math.fsum(shared) / len(shared) if shared else 0.0


class Scored(NamedTuple):
    """The score of an option and its parts, in bits."""

    evidence: float
    picture: float
    patient: float

    @property
    def total(self) -> float:
        """Sum of the parts."""
        return round(math.fsum(self), 4)


class Verdict(NamedTuple):
    """A record's case, recomputed. Everything from ``diseases`` on is by option key.

    ``scores`` are the totals of ``parts``; ``against`` holds what of the patient weighs against an option: rule → node
    of the onset or mode of inheritance.
    """

    view: View
    observed: list[int]
    excluded: list[int]
    diseases: dict[str, int]
    evidence: dict[str, dict[int, Weight]]
    scores: dict[str, float]
    parts: dict[str, Scored]
    against: dict[str, dict[str, int]]

    @property
    def ranking(self) -> list[tuple[str, float]]:
        """Keys and scores, best first; equal scores by key."""
        return sorted(self.scores.items(), key=lambda pair: (-pair[1], pair[0]))

    @property
    def margin(self) -> float:
        """Lead of the best option over the second, in bits."""
        scores = [score for _, score in self.ranking]
        return scores[0] - scores[1] if len(scores) > 1 else sum(scores)


def recompute(facts: Facts, record: Record) -> Verdict:
    """Everything docs/scoring.md derives from a record's findings, options and excluded publications."""
    view = View(facts, record.excluded_publications)
    observed, excluded = telling(facts, record.findings)
    numbers = {o.key: facts.graph.number(o.concept) for o in record.options if o.concept}
    diseases = {key: number for key, number in numbers.items() if number is not None}
    evidence = {key: weigh(view, disease, observed, excluded) for key, disease in diseases.items()}
    against = {key: patient_against(view, disease, record.patient) for key, disease in diseases.items()}
    parts = {
        key: Scored(
            round(math.fsum(w.weight for w in evidence[key].values()), 4),
            round(6 * picture(view, disease, observed), 4),
            -2.0 * len(against[key]),
        )
        for key, disease in diseases.items()
    }
    scores = {key: part.total for key, part in parts.items()}
    return Verdict(view, observed, excluded, diseases, evidence, scores, parts, against)
