"""Path search between two concepts: every shortest path, or the best few by a stated cost.

Edges are walked in both directions; every hop keeps its edge id and the direction it was walked, so relation,
polarity and evidence of a path are never lost. Parallel edges make separate paths. Results depend on the graph
and the arguments alone. What it is not: a judge of clinical sense; a path is a connection, not a reason.

Cost of a path (lower is better): for every intermediate node ``log2(1 + degree)``, degree counted over all its
edges, so that a specific concept is preferred to a hub that connects everything with everything; plus
:data:`EDGE_COSTS` for every edge. The two end nodes cost nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

import numpy as np

from medreason.errors import UnknownConceptError, UsageError
from medreason.kg import _kernels
from medreason.kg.arrays import I32
from medreason.kg.source import ASSOCIATED, HAS_PHENOTYPE, IS_A
from medreason.kg.store import Graph
from medreason.records import Hop, Path

PathPolarity = Literal["present", "any"]
# Bits, on the scale of log2(1 + degree): a doubling of a node's degree weighs as much as 1.
EDGE_COSTS = {
    (IS_A, "present"): 0.5,  # holds by definition
    (HAS_PHENOTYPE, "present"): 1.0,  # reported by a source, in some patients
    (ASSOCIATED, "present"): 1.5,  # an association without a finding that shows it
    (HAS_PHENOTYPE, "absent"): 4.0,  # says that the connection was looked for and not seen
}
OTHER_EDGE_COST = {"present": 1.0, "absent": 4.0}
UNBOUNDED = 2**62


class PathSet(NamedTuple):
    """Paths in order, and whether a bound kept some of them out."""

    paths: tuple[Path, ...]
    truncated: bool


def edge_cost(relation: str, polarity: str) -> float:
    """Cost of walking one edge, in either direction."""
    return EDGE_COSTS.get((relation, polarity), OTHER_EDGE_COST[polarity])


def shortest_paths(
    graph: Graph,
    start: str,
    goal: str,
    *,
    relations: Collection[str] | None = None,
    polarity: PathPolarity = "present",
    excluded_edges: Collection[str] = (),
    limit: int | None = None,
) -> PathSet:
    """All shortest paths between two concepts, ordered by their node numbers, then their edge numbers.

    Args:
        graph: An open graph.
        start: CURIE, current or retired.
        goal: CURIE; equal to ``start`` gives one path without hops.
        relations: Relations that may be walked; ``None`` allows all.
        polarity: ``present`` leaves out edges that report an absence; ``any`` walks both.
        excluded_edges: Ids of edges that may not be walked.
        limit: Return at most this many, the first in order; ``truncated`` then says that there are more.

    Returns:
        The paths; none if the concepts are not connected.

    Raises:
        UnknownConceptError: a concept or an excluded edge is not in the graph.
        UsageError: the graph has no such relation, or ``limit`` is below 1.

    Cost: O(n) to clear two arrays of the n nodes, O(adjacency entries within half the distance of either end),
    and O(paths * length) for the result. Measured figures: ``python -m benchmarks.hpo``.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"a limit of {limit} paths leaves nothing to find", fix="give 1 or more, or none")
    ends = graph.require(start), graph.require(goal)
    net = _net(graph, relations, polarity, excluded_edges)
    if ends[0] == ends[1]:
        return _standing_still(graph, ends[0])
    found = _kernels.shortest(net, *ends, UNBOUNDED if limit is None else limit)
    costs = _costs(graph, found.nodes, found.edges)
    paths = _records(graph, found.nodes, found.edges, costs)
    return PathSet(paths, found.total > len(paths))


def best_paths(
    graph: Graph,
    start: str,
    goal: str,
    k: int = 5,
    *,
    slack: int = 0,
    relations: Collection[str] | None = None,
    polarity: PathPolarity = "present",
    excluded_edges: Collection[str] = (),
    max_expansions: int = 1_000_000,
) -> PathSet:
    """The ``k`` cheapest simple paths of at most ``slack`` hops more than a shortest path.

    Exact: no simple path within the length bound that is left out ranks before one returned. Order: cost
    rounded to 1e-9, then node numbers, then edge numbers.

    Args:
        graph: An open graph.
        start: CURIE, current or retired.
        goal: CURIE; equal to ``start`` gives one path without hops.
        k: How many paths at most.
        slack: Hops above the shortest length.
        relations: As in :func:`shortest_paths`.
        polarity: As in :func:`shortest_paths`.
        excluded_edges: As in :func:`shortest_paths`.
        max_expansions: Partial paths kept at most (24 bytes each). When it is reached, ``truncated`` is true
            and the paths found by then are returned: the cheapest ones, but fewer than ``k``, or with ties of
            the last cost not all compared.

    Raises:
        UnknownConceptError: a concept or an excluded edge is not in the graph.
        UsageError: the graph has no such relation, ``k`` is below 1 or ``slack`` below 0.

    Cost: O((shortest + slack) * adjacency entries of nodes within the length bound) for the lower bounds, then
    a heap operation for each partial path; a few milliseconds on HPO.
    """
    if k < 1 or slack < 0 or max_expansions < 1:
        raise UsageError(f"cannot search {k} paths with slack {slack}", fix="give k >= 1 and slack >= 0")
    ends = graph.require(start), graph.require(goal)
    net = _net(graph, relations, polarity, excluded_edges)
    if ends[0] == ends[1]:
        return _standing_still(graph, ends[0])
    toll = np.log2(1.0 + np.diff(net.indptr))
    fare = _fares(graph)[2 * net.relation.astype(np.intp) + net.present]
    found = _kernels.best(net, *ends, toll, fare, k, slack, max_expansions)
    order = sorted(
        range(len(found.hops)),
        key=lambda i: (round(float(found.costs[i]), 9), found.nodes[i].tolist(), found.edges[i].tolist()),
    )[:k]
    costs, hops = found.costs[order].tolist(), found.hops[order].tolist()
    return PathSet(_records(graph, found.nodes[order], found.edges[order], costs, hops), bool(found.truncated))


def _net(
    graph: Graph, relations: Collection[str] | None, polarity: PathPolarity, excluded_edges: Collection[str]
) -> _kernels.Net:
    for relation in relations or ():
        if relation not in graph.relations:
            known = ", ".join(graph.relations)
            raise UsageError(f"the graph has no relation {relation!r}", fix=f"its relations are: {known}")
    if polarity not in ("present", "any"):
        raise UsageError(f"polarity {polarity!r} is no choice", fix="give present or any")
    usable = np.asarray([relations is None or r in relations for r in graph.relations] or [False], dtype=np.bool_)
    excluded = np.asarray(sorted(_edge_number(graph, e) for e in excluded_edges), dtype=np.int32)
    rows = graph.adjacency
    return _kernels.Net(
        indptr=np.asarray(rows.indptr),  # numba takes plain arrays, not memory maps; nothing is copied
        values=np.asarray(rows.values),
        edge=np.asarray(graph.adjacency_edge),
        relation=np.asarray(graph.relation),
        present=np.asarray(graph.present),
        usable=usable,
        both=polarity == "any",
        excluded=excluded,
    )


def _edge_number(graph: Graph, edge_id: str) -> int:
    number = graph.edge_number(edge_id)
    if number is None:
        raise UnknownConceptError(f"excluded edge {edge_id} is not in the graph", fix="leave it out of the list")
    return number


def _fares(graph: Graph) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Cost of an edge at ``2 * relation code + present``."""
    return np.asarray([edge_cost(r, p) for r in graph.relations for p in ("absent", "present")], dtype=np.float64)


def _costs(graph: Graph, nodes: I32, edges: I32) -> list[float]:
    """Costs of paths of one length, summed hop by hop as the best-first search sums them."""
    indptr = graph.adjacency.indptr
    total = np.zeros(len(nodes))
    fares = _fares(graph)
    for hop in range(edges.shape[1]):
        edge = edges[:, hop]
        total += fares[2 * graph.relation[edge].astype(np.intp) + graph.present[edge]]
        if hop + 1 < edges.shape[1]:
            node = nodes[:, hop + 1]
            total += np.log2(1.0 + (indptr[node + 1] - indptr[node]))
    costs: list[float] = total.tolist()
    return costs


def _standing_still(graph: Graph, node: int) -> PathSet:
    return PathSet((Path((graph.curie(node),), (), 0.0),), False)


def _records(
    graph: Graph, nodes: I32, edges: I32, costs: Sequence[float], hops: Sequence[int] | None = None
) -> tuple[Path, ...]:
    """Rows of numbers as records; ``hops`` gives the lengths of rows that are padded with -1.

    Ids are looked up once for each distinct number, and equal hops share one record.
    """
    nodes_used = np.unique(nodes[nodes >= 0])
    curie = {n: i.decode() for n, i in zip(nodes_used.tolist(), graph.node_ids[nodes_used].tolist(), strict=True)}
    walked = np.where(graph.head[edges] == nodes[:, :-1], edges, ~edges)  # ~e: edge e against its direction
    hop = {w: Hop(graph.edge_id(max(w, ~w)), w >= 0) for w in np.unique(walked[edges >= 0]).tolist()}
    lengths = hops if hops is not None else [edges.shape[1]] * len(edges)
    return tuple(
        Path(
            tuple(map(curie.__getitem__, row[: length + 1])),
            tuple(map(hop.__getitem__, steps[:length])),
            round(cost, 9),
        )
        for row, steps, cost, length in zip(nodes.tolist(), walked.tolist(), costs, lengths, strict=True)
    )
