"""Computes the evidence of a record a second time, from docs/scoring.md and the graph alone.

What it is: the checker's own reading of that page. What it deliberately is not: shared code. It imports neither
the teachers nor ``kg.view``, so that a mistake made there is not repeated here and waved through.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import NamedTuple

from medreason.kg.source import HAS_PHENOTYPE, IS_A
from medreason.kg.store import Graph
from medreason.records import Finding, Record, Stance

TOP = "HP:0000118"
OBLIGATE, VERY_FREQUENT = "HP:0040280", "HP:0040281"
TERM_SHARE = {OBLIGATE: 1.0, VERY_FREQUENT: 0.9, "HP:0040282": 0.55, "HP:0040283": 0.17, "HP:0040284": 0.03}


class Seen(NamedTuple):
    """How often a finding was seen, pooled over the rows of an edge; no field set: unrecorded."""

    k: int | None = None
    n: int | None = None
    percent: float | None = None
    term: str | None = None

    @property
    def recorded(self) -> bool:
        """Whether there is any frequency that a sentence could state."""
        return self.n is not None or self.percent is not None or self.term in TERM_SHARE

    @property
    def share(self) -> float:
        """The frequency as a share of patients, 0 to 1."""
        if self.k is not None and self.n is not None:
            return (self.k + 0.5) / (self.n + 1)
        if self.percent is not None:
            return self.percent / 100
        return TERM_SHARE.get(self.term or "", 0.5)

    @property
    def nearly_always(self) -> bool:
        """Obligate, very frequent, or at least 90 % of at least ten patients."""
        if self.k is not None and self.n is not None:
            return self.n >= 10 and self.k >= 0.9 * self.n
        return self.term in {OBLIGATE, VERY_FREQUENT}


class Annotation(NamedTuple):
    """A ``has_phenotype`` edge of a disease, by numbers."""

    edge: int
    term: int
    present: bool


class Weight(NamedTuple):
    """One recomputed piece of evidence, by numbers."""

    edge: int
    finding: int
    term: int
    stance: Stance
    weight: float


class Facts:
    """What one graph says, remembered between records; no case in it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.is_a = graph.relation_code(IS_A)
        self.has = graph.relation_code(HAS_PHENOTYPE)
        self.above = lru_cache(maxsize=None)(self._above)
        self.annotations = lru_cache(maxsize=16384)(self._annotations)
        self.pooled = lru_cache(maxsize=65536)(self._pooled)

    def _above(self, node: int) -> frozenset[int]:
        return frozenset(self.graph.ancestors[node].tolist())

    def _annotations(self, disease: int) -> tuple[Annotation, ...]:
        g = self.graph
        edges = [e for e in g.outgoing[disease].tolist() if g.relation[e] == self.has]
        return tuple(Annotation(e, int(g.tail[e]), bool(g.present[e])) for e in edges)

    def _pooled(self, edge: int) -> Seen:
        rows = [r.frequency for r in self.graph.edge_at(edge).evidence if r.frequency is not None]
        counted = [(f.k or 0, f.n) for f in rows if f.n is not None]
        if counted:
            return Seen(k=sum(k for k, _ in counted), n=sum(n for _, n in counted))
        values = {(f.percent, f.term) for f in rows}
        if len(values) == 1:
            percent, term = values.pop()
            return Seen(percent=percent, term=term)
        return Seen()

    @cached_property
    def branches(self) -> frozenset[int]:
        """The top-level branches: children of Phenotypic abnormality."""
        top = self.graph.number(TOP)
        if top is None:
            return frozenset()
        edges = self.graph.incoming[top].tolist()
        return frozenset(int(self.graph.head[e]) for e in edges if self.graph.relation[e] == self.is_a)


class View:
    """The graph as one case sees it: without what its excluded publications say."""

    def __init__(self, facts: Facts, excluded: Iterable[str]) -> None:
        self.facts = facts
        self.graph = facts.graph
        self.dropped: dict[int, str] = {}
        self.touched: set[int] = set()
        hidden = frozenset(excluded)
        for publication in sorted(hidden):
            for edge in self.graph.edges_citing(publication).tolist():
                rows = self.graph.edge_at(edge).evidence
                if any(set(row.references) - hidden for row in rows):
                    self.touched.add(edge)
                else:
                    self.dropped.setdefault(edge, publication)

    def annotations(self, disease: int) -> list[Annotation]:
        """Visible annotations of a disease, both polarities."""
        return [a for a in self.facts.annotations(disease) if a.edge not in self.dropped]

    def seen(self, edge: int) -> Seen:
        """Pooled frequency of an edge; none where excluded patients are pooled in."""
        return Seen() if edge in self.touched else self.facts.pooled(edge)

    @cached_property
    def _losses(self) -> tuple[Counter[int], int]:
        """How many diseases each term loses, and how many diseases lose every annotation."""
        lost: Counter[int] = Counter()
        bare = 0
        for disease in {int(self.graph.head[e]) for e in self.dropped if self.graph.present[e]}:
            left = [a.term for a in self.annotations(disease) if a.present]
            bare += not left
            still = frozenset().union(*(self.facts.above(t) for t in left))
            lost.update(t for t in self.graph.profile[disease].tolist() if t not in still)
        return lost, bare

    @cached_property
    def diseases(self) -> int:
        """``N``: diseases with a visible *present* annotation."""
        return self.graph.annotated_diseases - self._losses[1]

    def carriers(self, term: int) -> int:
        """``c``: diseases that carry a term or a descendant of it."""
        return len(self.graph.carriers[term]) - self._losses[0][term]

    def ic(self, term: int) -> float:
        """Information content in bits."""
        return -math.log2(max(self.carriers(term), 1) / max(self.diseases, 1))


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
    """The evidence of one option's disease under one view."""

    def __init__(self, view: View, disease: int) -> None:
        self._view = view
        self._above = view.facts.above
        notes = view.annotations(disease)
        self._present = [a for a in notes if a.present]
        self._absent = [a for a in notes if not a.present]
        self._regular = [a for a in self._present if view.seen(a.edge).nearly_always]

    def _likeliest(self, of: Iterable[Annotation], finding: int) -> Annotation | None:
        """The finding's own term first, then the most frequent one, then the smaller id."""
        at_or_below = [a for a in of if finding in self._above(a.term)]
        return min(at_or_below, key=lambda a: self._order(a, finding), default=None)

    def _order(self, a: Annotation, finding: int) -> tuple[bool, float, str]:
        return a.term != finding, -self._view.seen(a.edge).share, self._view.graph.curie(a.term)

    def observed(self, f: int) -> Weight | None:
        """What the disease's annotations say to an observed finding."""
        view = self._view
        if best := self._likeliest(self._present, f):
            bits = view.ic(f) * (0.5 + 0.5 * view.seen(best.edge).share)
            return Weight(best.edge, f, best.term, "supports", round(bits, 4))
        above = self._above(f)
        unseen = [(view.seen(a.edge).n or 0, a) for a in self._absent if a.term in above]
        if unseen:
            n, best = min(unseen, key=lambda p: (-p[0], view.graph.curie(p[1].term)))
            bits = min(2.0, math.log2(1 + n)) if n else 2.0
            return Weight(best.edge, f, best.term, "contradicts", -round(bits, 4))
        broader = [(bits, a) for a in self._present if a.term in above and (bits := view.ic(a.term)) >= 2]
        if broader:
            bits, best = min(broader, key=lambda p: (-p[0], view.graph.curie(p[1].term)))
            return Weight(best.edge, f, best.term, "compatible", round(bits / 2, 4))
        return None

    def excluded(self, x: int) -> Weight | None:
        """What the disease's annotations say to an excluded finding."""
        best = self._likeliest(self._regular, x)
        return Weight(best.edge, x, best.term, "contradicts", -2.0) if best else None


def weigh(view: View, disease: int, observed: Iterable[int], excluded: Iterable[int]) -> dict[int, Weight]:
    """Evidence for and against one disease: finding → its one piece. O(annotations x findings)."""
    weighing = Weighing(view, disease)
    found = [weighing.observed(f) for f in observed] + [weighing.excluded(x) for x in excluded]
    return {w.finding: w for w in found if w is not None}


class Verdict(NamedTuple):
    """A record's case, recomputed. ``diseases`` and ``evidence`` are by option key."""

    view: View
    observed: list[int]
    excluded: list[int]
    diseases: dict[str, int]
    evidence: dict[str, dict[int, Weight]]
    scores: dict[str, float]

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
    scores = {key: round(math.fsum(w.weight for w in found.values()), 4) for key, found in evidence.items()}
    return Verdict(view, observed, excluded, diseases, evidence, scores)
