"""What one graph says, laid out for making questions: counts of patients by disease and term, genes, names.

Nothing is inferred here but what ``is_a`` carries upwards. A disease that is recorded both with and without a term
(polarity *present* and *absent*) has no fact about that term: such pairs are left out whole.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from medreason.kg.hierarchy import ladder
from medreason.kg.naming import in_sentence
from medreason.kg.source import ASSOCIATED, HAS_PHENOTYPE, IS_A
from medreason.kg.store import Graph

TOP = "HP:0000118"
MIN_PATIENTS = 10
TERM_SHARE = {
    "HP:0040280": 1.0,
    "HP:0040281": 0.9,
    "HP:0040282": 0.55,
    "HP:0040283": 0.17,
    "HP:0040284": 0.03,
}
TERM_WORDS = {
    "HP:0040280": "obligate",
    "HP:0040281": "very frequent",
    "HP:0040282": "frequent",
    "HP:0040283": "occasional",
    "HP:0040284": "very rare",
}
OFTEN = frozenset({"HP:0040280", "HP:0040281", "HP:0040282"})
"""Frequency terms of "frequent" (30 % of patients) or more."""


class Fact(NamedTuple):
    """One ``has_phenotype`` edge: ``k`` of ``n`` patients (n 0: no count), a percentage (NaN: none) or a term."""

    edge: int
    present: bool
    k: int
    n: int
    percent: float
    term: str

    @property
    def counted(self) -> bool:
        """Whether at least ten patients were looked at."""
        return self.n >= MIN_PATIENTS

    @property
    def share(self) -> float:
        """Share of patients, 0 to 1; one half where nothing is recorded."""
        if not self.present:
            return 0.0
        if self.n:
            return self.k / self.n
        if self.percent == self.percent:
            return self.percent / 100
        return TERM_SHARE.get(self.term, 0.5)


class World:
    """One graph, read once (about 0.6 s for HPO)."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._is_a = graph.relation_code(IS_A)
        self._top = graph.number(TOP) or -1
        self.facts = self._facts()
        self.diseases = sorted(self.facts)
        self.genes, self.disorders = self._genes()
        self.bits = np.log2(max(graph.annotated_diseases, 1) / np.maximum(np.diff(graph.carriers.indptr), 1))
        prefixes = np.char.partition(graph.node_ids, b":")[:, 0]
        self.space = np.unique(prefixes, return_inverse=True)[1]
        self.sizes = np.zeros(graph.n_nodes, dtype=np.int64)
        self.rows = np.bincount(
            graph.tail[graph.relation == graph.relation_code(HAS_PHENOTYPE)], minlength=len(self.sizes)
        )
        for disease, facts in self.facts.items():
            self.sizes[disease] = sum(f.present for f in facts.values())
        self.counted = lru_cache(maxsize=None)(self._counted)
        self.present_below = lru_cache(maxsize=None)(self._present_below)
        self.profile = lru_cache(maxsize=None)(lambda d: frozenset(graph.profile[d].tolist()))
        self.above = lru_cache(maxsize=None)(lambda t: frozenset(graph.ancestors[t].tolist()))
        self.name = lru_cache(maxsize=None)(lambda node: graph.concept_at(node).name)
        self.edge_id = lru_cache(maxsize=None)(graph.edge_id)
        self.ladder = lru_cache(maxsize=65536)(lambda low, high: tuple(ladder(graph, low, high)))

    def _facts(self) -> dict[int, dict[int, Fact]]:
        graph = self.graph
        edges = np.flatnonzero(graph.relation == graph.relation_code(HAS_PHENOTYPE))
        g, grade = graph.grades, graph.grade[edges] if len(graph.grade) else np.zeros(len(edges), dtype=np.uint16)
        columns = (graph.head[edges], graph.tail[edges], edges, graph.present[edges],
                   g.k[grade], g.n[grade], g.percent[grade], g.term[grade])  # fmt: skip
        found: dict[int, dict[int, Fact]] = {}
        twice: set[tuple[int, int]] = set()
        for disease, term, edge, present, k, n, percent, at in zip(*(c.tolist() for c in columns), strict=True):
            of = found.setdefault(disease, {})
            if term in of:
                twice.add((disease, term))
            # A NOT with a count of patients who have the finding: the count is not what NOT says.
            told = present or not k
            of[term] = Fact(edge, present, k if told else 0, n if told else 0, percent, g.terms[at])
        for disease, term in twice:
            del found[disease][term]
        return found

    def _genes(self) -> tuple[dict[int, dict[int, int]], dict[int, dict[int, int]]]:
        """Gene → disease → edge, and disease → gene → edge."""
        graph = self.graph
        by_gene: dict[int, dict[int, int]] = {}
        by_disease: dict[int, dict[int, int]] = {}
        code = graph.relation_code(ASSOCIATED)
        for edge in np.flatnonzero((graph.relation == code) & graph.present).tolist() if code >= 0 else ():
            gene, disease = int(graph.head[edge]), int(graph.tail[edge])
            by_gene.setdefault(gene, {})[disease] = edge
            by_disease.setdefault(disease, {})[gene] = edge
        return by_gene, by_disease

    def parents(self, term: int) -> list[int]:
        """Phenotypes one level above a term, the top of the ontology left out."""
        graph = self.graph
        up = [int(graph.tail[e]) for e in graph.outgoing[term].tolist() if graph.relation[e] == self._is_a]
        return sorted(p for p in up if self.above(p) - {self._top} and p != self._top)

    def told(self, term: int) -> str:
        """The name of a finding as it stands inside a sentence."""
        return in_sentence(self.name(term))

    def _counted(self, disease: int) -> dict[int, Fact]:
        """Findings of a disease that at least ten patients were examined for."""
        return {t: f for t, f in self.facts[disease].items() if f.n >= MIN_PATIENTS}

    def _present_below(self, disease: int, term: int) -> bool:
        """Whether a narrower term than ``term`` is recorded as present in the disease."""
        facts = self.facts[disease]
        return any(f.present and t != term and term in self.above(t) for t, f in facts.items())

    def absent_at_or_above(self, disease: int, term: int) -> bool:
        """Whether the term, or a broader one, is recorded as absent in the disease."""
        facts, above = self.facts[disease], self.above(term)
        return any(not f.present and (t == term or t in above) for t, f in facts.items())

    def carriers(self, term: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
        """Diseases recorded with the term or a narrower one."""
        found: np.ndarray[tuple[int], np.dtype[np.int32]] = self.graph.carriers[term]
        return found

    def alike(self, a: int, b: int) -> float:
        """Jaccard index of what two diseases are recorded with, ancestors included."""
        x, y = self.profile(a), self.profile(b)
        shared = len(x & y)
        return shared / max(len(x) + len(y) - shared, 1)

    def close(self, a: int, b: int) -> float:
        """Jaccard index of the ancestors of two terms, each with itself."""
        x, y = self.above(a) | {a}, self.above(b) | {b}
        return len(x & y) / len(x | y)
