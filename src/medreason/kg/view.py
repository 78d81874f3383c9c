"""A graph as one case may see it: without what the case's own publication said.

Rule (``--exclude-own-paper``): a source row whose references are all excluded is gone; an edge none of whose
rows is left is gone. An edge that other references also back stays, without its frequency, because that was
pooled with the excluded patients. The same view serves evidence, distractors, information content and the
reader; the checker draws its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cached_property

import numpy as np

from medreason.kg.arrays import I32
from medreason.kg.frequency import Pooled, pool
from medreason.kg.source import HAS_PHENOTYPE
from medreason.kg.store import Graph
from medreason.records import Edge


class GraphView:
    """A graph minus the publications in ``excluded``. Cheap to make: it touches only the edges they cite."""

    def __init__(self, graph: Graph, excluded: Iterable[str] = ()) -> None:
        self.graph = graph
        self.excluded = frozenset(excluded)
        self.dropped: set[int] = set()
        self.touched: set[int] = set()
        for reference in sorted(self.excluded):
            for number in graph.edges_citing(reference).tolist():
                rows = graph.edge_at(number).evidence
                gone = all(self.excluded.issuperset(r.references) for r in rows if r.references)
                (self.dropped if gone else self.touched).add(number)

    def keeps(self, number: int) -> bool:
        """Whether the edge with this number is visible."""
        return number not in self.dropped

    def frequency(self, edge: Edge, number: int) -> Pooled | None:
        """Pooled frequency of a visible edge; ``None`` if unrecorded, or pooled with excluded patients."""
        return None if number in self.touched else pool(r.frequency for r in edge.evidence)

    def references(self, edge: Edge) -> tuple[str, ...]:
        """References of an edge that are not excluded, in order, without repeats."""
        seen = dict.fromkeys(r for row in edge.evidence for r in row.references)
        return tuple(r for r in seen if r not in self.excluded)

    # -- annotation profiles -------------------------------------------------------------------------

    def annotations(self, disease: int) -> I32:
        """Numbers of the visible ``has_phenotype`` edges of a disease, both polarities."""
        graph = self.graph
        out: I32 = graph.outgoing[disease]
        out = out[graph.relation[out] == graph.relation_code(HAS_PHENOTYPE)]
        return out if not self.dropped else out[[n not in self.dropped for n in out.tolist()]]

    def annotated_terms(self, disease: int) -> I32:
        """Node numbers of the terms a disease is annotated with as present."""
        edges = self.annotations(disease)
        terms: I32 = self.graph.tail[edges[self.graph.present[edges]]]
        return terms

    @cached_property
    def changed_profiles(self) -> dict[int, frozenset[int]]:
        """Disease → closed profile, for the diseases whose profile the exclusion changed."""
        graph = self.graph
        heads = {int(graph.head[n]) for n in self.dropped if graph.present[n]}
        profiles = {}
        for disease in heads:
            terms = self.annotated_terms(disease).tolist()
            profiles[disease] = frozenset(a for t in terms for a in graph.ancestors[t].tolist())
        return profiles

    def profile(self, disease: int) -> I32:
        """Terms a disease is annotated with, and all their ancestors (sorted node numbers)."""
        changed = self.changed_profiles.get(disease)
        return self.graph.profile[disease] if changed is None else np.asarray(sorted(changed), dtype=np.int32)

    @cached_property
    def _lost(self) -> dict[int, list[int]]:
        """Term → diseases that no longer carry it."""
        lost: dict[int, list[int]] = {}
        for disease, profile in self.changed_profiles.items():
            for term in self.graph.profile[disease].tolist():
                if term not in profile:
                    lost.setdefault(term, []).append(disease)
        return lost

    def carriers(self, term: int) -> I32:
        """Diseases annotated with a term or one of its descendants (sorted node numbers)."""
        row = self.graph.carriers[term]
        lost = self._lost.get(term)
        return row if lost is None else row[~np.isin(row, lost)]

    @cached_property
    def n_diseases(self) -> int:
        """Diseases with at least one visible annotation of polarity ``present``."""
        total = self.graph.annotated_diseases
        return total - sum(1 for profile in self.changed_profiles.values() if not profile)

    def carrier_count(self, term: int) -> int:
        """How many diseases carry a term (or a descendant of it)."""
        indptr = self.graph.carriers.indptr
        return int(indptr[term + 1] - indptr[term]) - len(self._lost.get(term, ()))

    def information(self, term: int) -> float:
        """Information content in bits: ``-log2(carriers / annotated diseases)`` (Resnik 1995).

        A term no disease carries gets the value of one carrier.
        """
        return -math.log2(max(self.carrier_count(term), 1) / max(self.n_diseases, 1))
