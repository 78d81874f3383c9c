"""Walks in the ``is_a`` hierarchy of a graph."""

from __future__ import annotations

from medreason.kg.source import IS_A
from medreason.kg.store import Graph


def ladder(graph: Graph, low: int, high: int) -> list[int]:
    """Edge numbers of a shortest ``is_a`` walk from ``low`` up to ``high`` (smaller ids first); ``[]`` if equal.

    Raises:
        ValueError: ``high`` is no ancestor of ``low``.

    Cost: O(is_a edges of the ancestors met).
    """
    is_a = graph.relation_code(IS_A)
    came: dict[int, int] = {low: -1}
    level = [low]
    while high not in came:
        following = []
        for node in level:
            for edge in graph.outgoing[node].tolist():
                parent = int(graph.tail[edge])
                if graph.relation[edge] == is_a and parent not in came:
                    came[parent] = edge
                    following.append(parent)
        if not following:
            raise ValueError(f"{graph.curie(high)} is not above {graph.curie(low)}")
        level = following
    walk: list[int] = []
    node = high
    while came[node] >= 0:
        walk.append(came[node])
        node = int(graph.head[came[node]])
    return walk[::-1]
