"""The edges that one step cites, and the walks and annotations they make up."""

from __future__ import annotations

from collections.abc import Iterable

from medreason.quality.facts import Facts
from medreason.quality.problem import Wrong


class Citations:
    """What the cited edges of a step can back. Edge and node numbers.

    Args:
        facts: The graph.
        edges: Cited edges that exist and are visible to the case.
    """

    def __init__(self, facts: Facts, edges: Iterable[int]) -> None:
        self._facts = facts
        self.edges = frozenset(edges)
        self._parents: dict[int, list[tuple[int, int]]] = {}
        self._annotations: dict[tuple[int, int, bool], int] = {}
        graph = facts.graph
        for edge in sorted(self.edges):
            head, tail = int(graph.head[edge]), int(graph.tail[edge])
            if graph.relation[edge] == facts.is_a:
                self._parents.setdefault(head, []).append((tail, edge))
            elif graph.relation[edge] == facts.has:
                self._annotations[head, tail, bool(graph.present[edge])] = edge

    def name(self, node: int) -> str:
        """Name of a node, for messages."""
        return self._facts.graph.concept_at(node).name

    def annotation(self, disease: int, term: int, *, present: bool) -> int:
        """The cited annotation edge; raises :class:`Wrong` where the step cites none."""
        edge = self._annotations.get((disease, term, present))
        if edge is None:
            kind = "present" if present else "absent"
            raise Wrong("claim", f"no cited edge says that {self.name(term)} is {kind} in {self.name(disease)}")
        return edge

    def walk(self, low: int, high: int) -> set[int]:
        """All cited ``is_a`` edges between two terms; raises :class:`Wrong` where they do not connect them."""
        used: set[int] = set()
        reaches: dict[int, bool] = {high: True}

        def climb(node: int) -> bool:
            if node not in reaches:
                reaches[node] = False
                for parent, edge in self._parents.get(node, ()):
                    if climb(parent):
                        reaches[node] = True
                        used.add(edge)
            return reaches[node]

        if not climb(low):
            raise Wrong("claim", f"no cited is_a walk leads from {self.name(low)} up to {self.name(high)}")
        return used
