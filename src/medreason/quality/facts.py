"""The checker's own view of the graph: what is visible to a case, how often, how selective.

What it deliberately is not: ``kg.view``, which the teacher uses. Both follow docs/scoring.md; a mistake made there
is not repeated here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import NamedTuple

from medreason.kg.source import HAS_PHENOTYPE, IS_A
from medreason.kg.store import Graph

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


class Facts:
    """What one graph says, remembered between records; no case in it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.is_a = graph.relation_code(IS_A)
        self.has = graph.relation_code(HAS_PHENOTYPE)
        self.above = lru_cache(maxsize=None)(self._above)
        self.annotations = lru_cache(maxsize=16384)(self._annotations)
        self.pooled = lru_cache(maxsize=65536)(self._pooled)
        self.edge_number = lru_cache(maxsize=65536)(graph.edge_number)
        self.name = lru_cache(maxsize=None)(lambda node: graph.concept_at(node).name)
        self.states_frequency = lru_cache(maxsize=65536)(self._states_frequency)

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

    def _states_frequency(self, edge: int) -> bool:
        return any(row.frequency is not None for row in self.graph.edge_at(edge).evidence)

    def diseases_named(self, text: str) -> set[int]:
        """Annotated diseases with this preferred name, capitals aside."""
        return self._disease_names.get(text.casefold(), set())

    @cached_property
    def _disease_names(self) -> dict[str, set[int]]:
        graph = self.graph
        names: dict[str, set[int]] = {}
        for number in {int(n) for n in graph.head[graph.relation == self.has]}:
            names.setdefault(graph.concept_at(number).name.casefold(), set()).add(number)
        return names

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
        self.hidden = hidden = frozenset(excluded)
        self._bits: dict[int, float] = {}
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

    def set_aside(self, edge: int) -> bool:
        """Whether an edge has a frequency that the case does not see, because excluded patients are pooled in."""
        return edge in self.touched and self.facts.states_frequency(edge)

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
        if (known := self._bits.get(term)) is None:
            known = self._bits[term] = -math.log2(max(self.carriers(term), 1) / max(self.diseases, 1))
        return known
