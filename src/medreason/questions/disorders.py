"""Are two diseases of the graph the same disorder, for the purpose of an options list?

Two answers to one question must be different disorders. HPO gives diseases no hierarchy, so sameness is read
from names and genes: equal or containing names, members of one numbered series, a shared gene. An ``is_a``
ancestor or descendant, where a graph has them, counts too. The test errs towards "same": a fair pair lost costs
nothing, a synonym offered as a wrong answer costs trust.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from medreason.kg.source import ASSOCIATED
from medreason.kg.store import Graph

# Words that number or grade the members of a series, or carry no identity of their own.
_SERIES_WORDS = frozenset(
    """
    type types form susceptibility to autosomal dominant recessive x linked y mitochondrial digenic with without
    or and of the due in a an early late onset infantile juvenile adult congenital neonatal childhood familial
    hereditary isolated severe mild lethal classic atypical variant complementation group somatic mosaic
    included
    """.split()
)
_NUMBERED = re.compile(r"^(?:\d+[a-z]{0,3}|[ivx]+[a-z]?|[a-z]\d*|[a-z]{1,2}\d{0,2})$")
_TOKEN = re.compile(r"[a-z0-9]+")
# Words that many unrelated disorders share: alone they make no two of them the same.
_GENERIC = frozenset(
    ["syndrome", "disease", "disorder", "deficiency", "anomaly", "malformation", "abnormality", "dysplasia"]
)


class Disorder(NamedTuple):
    """What identity is read from: name words (without numbering) of each name, and associated genes."""

    names: tuple[frozenset[str], ...]
    genes: frozenset[int]
    above: frozenset[int]


def series_words(name: str) -> frozenset[str]:
    """The words of a disease name that are left when numbering, mode and onset words are taken away."""
    words = _TOKEN.findall(name.lower().replace("'s", ""))
    kept = frozenset(w for w in words if w not in _SERIES_WORDS and not _NUMBERED.match(w))
    return kept or frozenset(words)


class DisorderIndex:
    """Answers :meth:`same` for one graph, remembering what it read."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._associated = graph.relation_code(ASSOCIATED)
        self._read = lru_cache(maxsize=None)(self._disorder)

    def _disorder(self, number: int) -> Disorder:
        graph = self._graph
        concept = graph.concept_at(number)
        edges = graph.incoming[number]
        genes = graph.head[edges[graph.relation[edges] == self._associated]]
        names = (concept.name, *(s.text for s in concept.synonyms))
        above = frozenset(graph.ancestors[number].tolist())
        return Disorder(tuple(series_words(n) for n in names), frozenset(genes.tolist()), above)

    def same(self, a: int, b: int) -> bool:
        """Whether two diseases (node numbers) are, or may be, one disorder."""
        if a == b:
            return True
        x, y = self._read(a), self._read(b)
        if x.genes & y.genes or a in y.above or b in x.above:
            return True
        return any(_same_name(p, q) for p in x.names for q in y.names)


def _same_name(p: frozenset[str], q: frozenset[str]) -> bool:
    if p == q:
        return True
    smaller = p if len(p) <= len(q) else q
    return (p <= q or q <= p) and bool(smaller - _GENERIC)
