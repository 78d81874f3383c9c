"""Path search between concepts: all shortest paths, all simple paths up to a length, or the best few by cost.

- :func:`shortest_paths`: all shortest paths. :func:`simple_paths`: all simple paths of up to ``slack`` hops more.
- :func:`best_paths`: of these the k cheapest, exactly; no sampling. :func:`question_paths`: the same for every
  finding and option of a question in one call. :class:`Searcher`: all of them, with filters and costs made once.

Edges are walked in both directions; every hop keeps its edge id and the direction it was walked, so relation,
polarity and evidence of a path are never lost. Parallel edges make separate paths. What may be walked is said by
:class:`medreason.kg.filters.Filters`, what a path costs by :class:`medreason.kg.cost.Cost`. Results depend on the
graph and the arguments alone. A bound that was hit is always reported, see :class:`medreason.kg.pathset.PathSet`.

Order: by cost, by length, or neither, as each function says; then by node numbers from start to goal, then by edge
numbers. Two paths cost the same if they do to 1e-9 bits.

What it is not: a judge of clinical sense; a path is a connection, not a reason.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from medreason.errors import UnknownConceptError, UsageError
from medreason.kg import _best, _kernels
from medreason.kg._net import MANY, SOURCE, Fares, Net, Work, workspace
from medreason.kg.arrays import I32
from medreason.kg.cost import DEFAULT_COST, UNIT, Cost, fares_of
from medreason.kg.filters import Filters, net_of
from medreason.kg.pathset import PathSet, Reason
from medreason.kg.store import Graph
from medreason.kg.view import GraphView

UNBOUNDED = 2**40
MAX_STEPS = 5_000_000
EVERYTHING = Filters()
_ANYTHING = Filters(polarity="any")


class _Prepared(NamedTuple):
    net: Net
    fares: Fares
    cost: Cost  # kept, so that its id stays its own


class _Cache:
    """What searches of one graph share: filters and costs made before, and a workspace for each thread."""

    def __init__(self) -> None:
        self.made: dict[tuple[Filters, int], _Prepared] = {}
        self.thread = threading.local()


# Holds arrays, not the graph: a graph that is let go closes its files.
_caches: WeakKeyDictionary[Graph, _Cache] = WeakKeyDictionary()


def _numbers(numbers: Iterable[int]) -> I32:
    return np.asarray(sorted(set(numbers)), dtype=np.int32)


_NONE = _numbers(())


def _edge_number(graph: Graph, edge_id: str) -> int:
    number = graph.edge_number(edge_id)
    if number is None:
        raise UnknownConceptError(f"excluded edge {edge_id} is not in the graph", fix="leave it out of the list")
    return number


def _prepared(graph: Graph, filters: Filters, cost: Cost, excluded: I32, touched: I32) -> _Prepared:
    cache = _caches.get(graph)
    if cache is None:
        cache = _caches[graph] = _Cache()
    plain = not len(excluded) and not len(touched)
    made = cache.made.get((filters, id(cost))) if plain else None
    if made is None:
        made = _Prepared(net_of(graph, filters, excluded), fares_of(graph, cost, touched), cost)
        if plain:
            if len(cache.made) > 8:
                cache.made.pop(next(iter(cache.made)))
            cache.made[filters, id(cost)] = made
    return made


class Searcher:
    """Path search in one graph under fixed filters and costs.

    Args:
        graph: An open graph.
        filters: What may be walked.
        cost: What a path costs.
        view: The graph as a case may see it: dropped edges are not walked, and edges that the excluded
            publications share with others count without frequency. Tolls are those of the whole graph.
        excluded_edges: Ids of further edges that may not be walked.

    Raises:
        UnknownConceptError: an excluded edge is not in the graph.
        UsageError: the graph has no such relation or node type, or the filters leave no edge to walk.

    Cost: O(nodes) once for a graph and a cost, nothing for each edge; 40 bytes a node for each thread.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        filters: Filters = EVERYTHING,
        cost: Cost = DEFAULT_COST,
        view: GraphView | None = None,
        excluded_edges: Collection[str] = (),
    ) -> None:
        self.graph, self.filters = graph, filters
        excluded = touched = _NONE
        if view is not None or excluded_edges:
            excluded = _numbers([*(view.dropped if view else ()), *(_edge_number(graph, e) for e in excluded_edges)])
            touched = _numbers(view.touched if view else ())
        self._net, self._fares, _ = _prepared(graph, filters, cost, excluded, touched)
        self._shared = _caches[graph].thread
        self._longest = filters.max_length or UNBOUNDED

    def _work(self) -> Work:
        """The workspace of this thread; one search at a time has it, and its levels belong to one net."""
        shared = self._shared
        if not hasattr(shared, "work"):
            shared.work, shared.net = workspace(self.graph.n_nodes), None
        if shared.net is not self._net:
            shared.work.state[SOURCE] = -1  # the levels of another net
            shared.net = self._net
        work: Work = shared.work
        return work

    def _ends(self, start: str, goal: str) -> tuple[int, int]:
        graph, pattern = self.graph, self.filters.pattern
        ends = graph.require(start), graph.require(goal)
        for place in (0, -1) if pattern else ():
            number, stop = ends[place], pattern[place]
            if not self._net.stops[place, graph.node_type[number]]:
                kind = graph.node_types[graph.node_type[number]]
                raise UsageError(
                    f"{graph.curie(number)} is of type {kind!r}, the pattern has {stop!r} there",
                    fix="change the pattern, or swap the ends",
                )
        return ends

    def shortest(self, start: str, goal: str, *, limit: int | None = None) -> PathSet:
        """As :func:`shortest_paths`."""
        if limit is not None and limit < 1:
            raise UsageError(f"a limit of {limit} paths leaves nothing to find", fix="give 1 or more, or none")
        if self.filters.pattern:
            return self.simple(start, goal, limit=limit)
        a, b = self._ends(start, goal)
        if a == b:
            return self._standing_still(a)
        bound = UNBOUNDED if limit is None else limit
        found = _kernels.shortest(self._net, self._fares, self._work(), a, b, bound, self._longest)
        return self._set(found, a, b, 0)

    def simple(
        self, start: str, goal: str, *, slack: int = 0, limit: int | None = 10_000, max_steps: int = MAX_STEPS
    ) -> PathSet:
        """As :func:`simple_paths`."""
        if slack < 0 or max_steps < 1 or (limit is not None and limit < 1):
            raise UsageError(
                f"cannot search with slack {slack}, a limit of {limit} paths and {max_steps} steps",
                fix="give slack >= 0, limit >= 1 and max_steps >= 1",
            )
        a, b = self._ends(start, goal)
        if a == b:
            return self._standing_still(a)
        bound = UNBOUNDED if limit is None else limit
        net, fares, work = self._net, self._fares, self._work()
        return self._set(
            _kernels.simple(net, fares, work, a, b, slack, bound, self._longest, max_steps), a, b, slack
        )  # fmt: skip

    def best(self, start: str, goal: str, k: int = 5, *, slack: int = 0, max_steps: int = MAX_STEPS) -> PathSet:
        """As :func:`best_paths`."""
        if k < 1 or slack < 0 or max_steps < 1:
            raise UsageError(f"cannot search {k} paths with slack {slack}", fix="give k >= 1 and slack >= 0")
        a, b = self._ends(start, goal)
        if a == b:
            return self._standing_still(a)
        work = self._work()
        found = _best.best(self._net, self._fares, work, a, b, k, slack, self._longest, max_steps)
        return self._set(found, a, b, slack)

    def question(
        self,
        findings: Collection[str],
        options: Collection[str],
        k: int = 5,
        *,
        slack: int = 0,
        max_steps: int = MAX_STEPS,
    ) -> dict[tuple[str, str], PathSet]:
        """As :func:`question_paths`."""
        return {
            (finding, option): self.best(finding, option, k, slack=slack, max_steps=max_steps)
            for finding in dict.fromkeys(findings)
            for option in dict.fromkeys(options)
        }

    def _standing_still(self, node: int) -> PathSet:
        none = np.zeros((1, 0), dtype=np.int32)
        if self.filters.pattern:
            return PathSet(self.graph, none[:0], none[:0], none[0], np.zeros(0), reason="no match", total=0)
        alone = np.asarray([[node]], dtype=np.int32)
        return PathSet(self.graph, alone, none, np.zeros(1, dtype=np.int32), np.zeros(1), total=1)

    def _set(self, found: _kernels.Found, start: int, goal: int, slack: int) -> PathSet:
        nodes, edges, hops, net, fares = found.nodes, found.edges, found.hops, self._net, self._fares
        reason: Reason = ""
        if found.cut:
            reason = "search bound"
        elif found.state == _kernels.BEYOND:
            reason = "max length"
        elif not len(hops):
            reason = self._why_nothing(start, goal)
        elif found.cost.size == 0 and found.total != len(hops):
            reason = "limit"
        elif not self.filters.pattern and int(hops.min()) + slack > self._longest:
            reason = "max length"
        costs = found.cost / UNIT if found.cost.size else lambda: _best.price(net, fares, nodes, edges, hops) / UNIT
        total = found.total if 0 <= found.total < MANY else None
        return PathSet(self.graph, nodes, edges, hops, costs, reason=reason, total=total)

    def _why_nothing(self, start: int, goal: int) -> Reason:
        everything = _prepared(self.graph, _ANYTHING, DEFAULT_COST, _NONE, _NONE)
        work = workspace(self.graph.n_nodes)
        if _kernels.shortest(everything.net, everything.fares, work, start, goal, 1, UNBOUNDED).state:
            return "not connected"
        return "no match" if self.filters.pattern else "filtered"


def shortest_paths(graph: Graph, start: str, goal: str, *, limit: int | None = None, **given: Any) -> PathSet:
    """All shortest paths between two concepts, ordered by node numbers, then edge numbers.

    Args:
        graph: An open graph.
        start: CURIE, current or retired.
        goal: CURIE; equal to ``start`` gives one path without hops.
        limit: Return at most this many, the first in order; ``truncated`` then says that there are more.
        given: ``filters``, ``cost``, ``view`` and ``excluded_edges`` as :class:`Searcher` takes them.

    Raises:
        UnknownConceptError: a concept or an excluded edge is not in the graph.
        UsageError: the graph has no such relation or type, the filters leave no edge, or ``limit`` is below 1.

    Cost: O(adjacency entries within half the distance of either end, on the cheaper side) and O(paths * length).
    Measured figures: ``python -m benchmarks.paths``.
    """
    return Searcher(graph, **given).shortest(start, goal, limit=limit)


def simple_paths(
    graph: Graph,
    start: str,
    goal: str,
    *,
    slack: int = 0,
    limit: int | None = 10_000,
    max_steps: int = MAX_STEPS,
    **given: Any,
) -> PathSet:
    """All paths without a repeated node of at most ``slack`` hops more than a shortest one.

    Ordered by length, then node numbers, then edge numbers. Arguments and errors as :func:`best_paths`, and
    ``limit``: return at most this many, the first in order; ``truncated`` then says that there are more.
    """
    return Searcher(graph, **given).simple(start, goal, slack=slack, limit=limit, max_steps=max_steps)


def best_paths(
    graph: Graph,
    start: str,
    goal: str,
    k: int = 5,
    *,
    slack: int = 0,
    max_steps: int = MAX_STEPS,
    **given: Any,
) -> PathSet:
    """The ``k`` cheapest simple paths of at most ``slack`` hops more than a shortest path.

    Exact: no simple path within the length bound that is left out ranks before one returned. Ordered by cost,
    then node numbers, then edge numbers.

    Args:
        graph: An open graph.
        start: CURIE, current or retired.
        goal: CURIE; equal to ``start`` gives one path without hops.
        k: How many paths at most.
        slack: Hops above the shortest length; a pattern fixes the length, and slack adds nothing.
        max_steps: Steps of the enumeration at most. When they run out, ``truncated`` is true and the paths are
            the best of those met by then.
        given: ``filters``, ``cost``, ``view`` and ``excluded_edges`` as :class:`Searcher` takes them.

    Raises:
        UnknownConceptError: a concept or an excluded edge is not in the graph.
        UsageError: as :func:`shortest_paths`, or ``k`` is below 1 or ``slack`` below 0.

    Cost: as :func:`shortest_paths`, then for each further hop of slack what a path as cheap as the k-th can
    reach from either end within half its length.
    """
    return Searcher(graph, **given).best(start, goal, k, slack=slack, max_steps=max_steps)


def question_paths(
    graph: Graph,
    findings: Collection[str],
    options: Collection[str],
    k: int = 5,
    *,
    slack: int = 0,
    max_steps: int = MAX_STEPS,
    **given: Any,
) -> dict[tuple[str, str], PathSet]:
    """The best paths from every finding to every option: (finding, option) as given → paths.

    Arguments, order and errors as :func:`best_paths`, for each pair. Filters, costs and the breadth-first levels
    of each finding are made once and shared by all options.
    """
    return Searcher(graph, **given).question(findings, options, k, slack=slack, max_steps=max_steps)
