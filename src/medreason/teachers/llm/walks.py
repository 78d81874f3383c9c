"""Evidence lines from walks through the graph, for options and statements that no annotation speaks about.

A walk is no reason by itself: its line says every edge in the direction and the words of its source, and its stance is
``related``. Relations that never are a reason for a diagnosis (side effects, contraindications, expression) are told
as what they are, since a question may be about just that.
"""

from __future__ import annotations

from itertools import combinations

from medreason.kg.filters import Filters
from medreason.kg.paths import Searcher
from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.records import Option, Path, Question, SheetLine

# Longest walk that is told, walks an option, and concepts of the question that walks start from.
MOST_HOPS = 3
MOST_WALKS = 4
MOST_STARTS = 8


class Walks:
    """Best paths as sheet lines."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._filters = Filters(max_length=MOST_HOPS)

    def lines(self, question: Question, option: Option, view: GraphView, label: dict[str, str]) -> list[SheetLine]:
        """Walks from the question's observed findings to an option's concept, cheapest first."""
        goal = self._graph.current_id(option.concept) if option.concept else None
        if goal is None:
            return []
        starts = [f.concept for f in question.findings if f.status == "observed" and f.concept != goal]
        return self._told(starts[:MOST_STARTS], [goal], view, option.key, label)

    def between(self, question: Question, view: GraphView) -> list[SheetLine]:
        """Walks between the concepts that a statement names."""
        named = [f.concept for f in question.findings if f.status == "observed"][:MOST_STARTS]
        found = [line for a, b in combinations(named, 2) for line in self._told([a], [b], view, "", {})]
        return found[:MOST_WALKS]

    def _told(
        self, starts: list[str], goals: list[str], view: GraphView, key: str, label: dict[str, str]
    ) -> list[SheetLine]:
        if not starts:
            return []
        searcher = Searcher(self._graph, filters=self._filters, view=view)
        sets = searcher.question(starts, goals, 1)
        found = sorted((path.cost, path.nodes, path) for paths in sets.values() for path in paths if path.hops)
        return [self._line(path, key, label) for _, _, path in found[:MOST_WALKS]]

    def _line(self, path: Path, key: str, label: dict[str, str]) -> SheetLine:
        graph = self._graph
        hops = []
        for hop in path.hops:
            edge = graph.edge(hop.edge)
            no = "" if edge.polarity == "present" else " (reported as not seen)"
            hops.append(f"{graph.name(edge.head)} | {edge.relation}{no} | {graph.name(edge.tail)}")
        start = path.nodes[0]
        at = f" (from {label[start]})" if start in label else ""
        sources = dict.fromkeys(r for hop in path.hops for row in graph.edge(hop.edge).evidence for r in row.references)
        cited = f" [{'; '.join(list(sources)[:2])}]" if sources else f" [{graph.edge(path.hops[0].edge).source}]"
        edges = tuple(hop.edge for hop in path.hops)
        return SheetLine("", f"{'; '.join(hops)}{at}{cited}", key, "related", path.nodes, edges)
