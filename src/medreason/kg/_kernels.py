"""Compiled entries of the path search: all shortest paths, all simple paths within a length.

What it is: enumeration over node and edge numbers. What it is not: an interface; :mod:`medreason.kg.paths` says
what the searches mean and turns their numbers into records. The ranked search is in ``_best``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from medreason.kg._layers import from_levels, grow_both
from medreason.kg._levels import APART, bridge
from medreason.kg._net import MANY, Fares, Net, Work, compiled, entry
from medreason.kg._walks import Walks, corridor
from medreason.kg.arrays import I32, I64

FOUND, UNREACHED, BEYOND = 0, 1, 2  # Found.state: something, no connection, none within the length


class Found(NamedTuple):
    """One row a path, padded with -1: node numbers and edge numbers.

    Attributes:
        nodes: Node numbers.
        edges: Edge numbers.
        hops: Number of hops of every path.
        cost: Cost of every path in 1e-9 bits; empty where the search has none.
        total: How many paths there are with those not returned, where that is known, else -1.
        state: One of the constants above.
        cut: The bound on the steps of the search was hit.
    """

    nodes: I32
    edges: I32
    hops: I32
    cost: I64
    total: int
    state: int
    cut: bool


class Span(NamedTuple):
    """Which lengths a search looks at, and the levels that touch at the first of them (-1 with a pattern)."""

    state: int
    first: int
    last: int
    i: int
    j: int
    base: int


@compiled
def nothing(state: int) -> Found:
    """No path at all."""
    none = np.empty(0, np.int32)
    return Found(np.empty((0, 1), np.int32), np.empty((0, 0), np.int32), none, np.empty(0, np.int64), 0, state, False)


@compiled
def _count(walks: Walks) -> int:
    """Number of walks, parallel edges apart, at most :data:`MANY`."""
    if walks.nodes.size == 0:
        return 0
    ways, indptr, values = np.zeros(walks.nodes.size, np.int64), walks.indptr, walks.values
    ways[-1] = 1
    for place in range(ways.size - 2, -1, -1):
        for x in range(indptr[place], indptr[place + 1]):
            ways[place] = min(MANY, ways[place] + ways[values[x]])
    return int(ways[0])


@compiled
def _parallel(walks: Walks) -> bool:
    """Whether any two neighbouring places have more than one edge."""
    indptr, values = walks.indptr, walks.values
    for place in range(walks.nodes.size - 1):
        for x in range(indptr[place] + 1, indptr[place + 1]):
            if values[x] == values[x - 1]:
                return True
    return False


@compiled
def _emit(walks: Walks, route: I64, slots: I64, nodes: I32, edges: I32, row: int) -> int:
    """Writes every choice of parallel edges along a route, in edge order; returns the next free row."""
    choice = slots.copy()
    while row < nodes.shape[0]:
        for d in range(slots.size):
            nodes[row, d] = walks.nodes[route[d]]
            edges[row, d] = walks.edge[choice[d]]
        nodes[row, slots.size] = walks.nodes[route[slots.size]]
        row += 1
        d = slots.size - 1
        while d >= 0:
            following = choice[d] + 1
            if following < walks.indptr[route[d] + 1] and walks.values[following] == route[d + 1]:
                choice[d] = following
                break
            choice[d] = slots[d]
            d -= 1
        if d < 0:
            break
    return row


@compiled
def _all_walks(walks: Walks, nodes: I32, edges: I32) -> None:
    """Fills the rows with the first walks in order; all of them are simple paths."""
    length, rows, parallel = edges.shape[1], edges.shape[0], _parallel(walks)
    node_of, indptr, values, edge_of = walks.nodes, walks.indptr, walks.values, walks.edge
    route, slots, cursor = np.zeros(length + 1, np.int64), np.zeros(length, np.int64), np.zeros(length, np.int64)
    line, via = np.empty(length + 1, np.int32), np.empty(length, np.int32)
    line[0], goal = node_of[0], node_of[-1]
    depth, row = 0, 0
    while depth >= 0 and row < rows:
        if not parallel and depth + 2 >= length:  # the last two hops without a stack
            last = min(indptr[route[depth] + 1], indptr[route[depth]] + rows - row)
            for x in range(indptr[route[depth]], last):
                for d in range(depth):
                    nodes[row, d], edges[row, d] = line[d], via[d]
                nodes[row, depth], edges[row, depth], nodes[row, length] = line[depth], edge_of[x], goal
                if depth + 1 < length:
                    nodes[row, depth + 1], edges[row, depth + 1] = node_of[values[x]], edge_of[indptr[values[x]]]
                row += 1
            depth -= 1
            continue
        x, end = cursor[depth], indptr[route[depth] + 1]
        if x == end:
            cursor[depth] = 0
            depth -= 1
            continue
        place = values[x]
        slots[depth], route[depth + 1] = x, place
        line[depth + 1], via[depth] = node_of[place], edge_of[x]
        x += 1
        while parallel and x < end and values[x] == place:
            x += 1  # parallel edges are the business of _emit
        cursor[depth] = x
        if depth + 1 < length:
            depth += 1
            cursor[depth] = indptr[place]
        else:
            row = _emit(walks, route, slots, nodes, edges, row)


@entry
def shortest(net: Net, fares: Fares, work: Work, start: int, goal: int, limit: int, longest: int) -> Found:
    """All shortest paths, ordered by node numbers, then edge numbers; at most ``limit`` of them."""
    i, j, base = bridge(net, work, start, goal, longest)
    if i < 0:
        return nothing(UNREACHED if i == APART else BEYOND)
    left, right = from_levels(work, i, j, base)
    walks = corridor(net, fares, work, left, right, -1)
    total = _count(walks)
    rows, length = min(total, limit), i + j + 1
    nodes, edges = np.empty((rows, length + 1), np.int32), np.empty((rows, length), np.int32)
    _all_walks(walks, nodes, edges)
    return Found(nodes, edges, np.full(rows, length, np.int32), np.empty(0, np.int64), total, FOUND, False)


@compiled
def span(net: Net, work: Work, start: int, goal: int, slack: int, longest: int) -> Span:
    """What a search has to look at: without a pattern, from the shortest length to ``slack`` hops more."""
    if net.hops.shape[0]:
        length = net.hops.shape[0]
        return Span(FOUND if length <= longest else BEYOND, length, length, -1, -1, 0)
    i, j, base = bridge(net, work, start, goal, longest)
    if i < 0:
        return Span(UNREACHED if i == APART else BEYOND, 0, 0, -1, -1, 0)
    return Span(FOUND, i + j + 1, min(i + j + 1 + slack, longest), i, j, base)


@compiled
def _simple_walks(walks: Walks, length: int, limit: int, steps: int) -> tuple[I32, I32, bool, int]:
    """The first ``limit`` walks without a repeated node; whether there are more; steps left, -1 if cut."""
    nodes, edges, row = np.empty((16, length + 1), np.int32), np.empty((16, length), np.int32), 0
    route, slots, cursor = np.zeros(length + 1, np.int64), np.zeros(length, np.int64), np.zeros(length, np.int64)
    depth = 0 if walks.nodes.size else -1
    while depth >= 0:
        x, end = cursor[depth], walks.indptr[route[depth] + 1]
        if x == end:
            depth -= 1
            continue
        place = walks.values[x]
        slots[depth], route[depth + 1] = x, place
        ways = 1
        while x + ways < end and walks.values[x + ways] == place:
            ways += 1
        cursor[depth] = x + ways
        repeated = False
        for d in range(depth + 1):
            repeated |= walks.nodes[route[d]] == walks.nodes[place]
        if repeated:
            continue
        if steps == 0:
            return nodes[:row], edges[:row], True, -1
        steps -= 1
        if depth + 1 < length:
            depth += 1
            cursor[depth] = walks.indptr[place]
            continue
        if row >= limit:
            return nodes[:row], edges[:row], True, steps
        for d in range(length):
            size = 0
            while slots[d] + size < walks.indptr[route[d] + 1] and walks.values[slots[d] + size] == route[d + 1]:
                size += 1
            ways = min(MANY // size, ways) * size if d < length - 1 else ways
        room = min(limit - row, ways)
        while row + room > nodes.shape[0]:
            nodes, edges = _more_rows(nodes), _more_rows(edges)
        row = _emit(walks, route, slots, nodes[: row + room], edges[: row + room], row)
        if ways > room:
            return nodes[:row], edges[:row], True, steps
    return nodes[:row], edges[:row], False, steps


@compiled
def _more_rows(table: I32) -> I32:
    larger = np.empty((2 * table.shape[0], table.shape[1]), table.dtype)
    larger[: table.shape[0]] = table
    return larger


@entry
def simple(
    net: Net, fares: Fares, work: Work, start: int, goal: int, slack: int, limit: int, longest: int, steps: int
) -> Found:
    """All simple paths of the lengths :func:`span` gives: by length, node numbers, edge numbers.

    ``total`` is the number of paths if nothing was left out, else -1.
    """
    plan = span(net, work, start, goal, slack, longest)
    if plan.state != FOUND:
        return nothing(plan.state)
    last = plan.last
    nodes, edges = np.full((0, last + 1), -1, np.int32), np.full((0, last), -1, np.int32)
    hops, more, rows = np.empty(0, np.int32), False, 0
    for length in range(plan.first, last + 1):
        if length == plan.first and plan.i >= 0:
            left, right = from_levels(work, plan.i, plan.j, plan.base)
        else:
            left, right = grow_both(net, fares, work, start, goal, length, -1)
        if len(left) + len(right) <= length:
            continue
        walks = corridor(net, fares, work, left, right, -1)
        found, via, more, steps = _simple_walks(walks, length, limit - rows, steps)
        rows += len(found)
        both, lines = np.full((rows, last + 1), -1, np.int32), np.full((rows, last), -1, np.int32)
        both[: len(nodes)], lines[: len(nodes)] = nodes, edges
        both[len(nodes) :, : length + 1], lines[len(nodes) :, :length] = found, via
        hops = np.append(hops, np.full(len(found), length, np.int32))
        nodes, edges = both, lines
        if more:
            break
    return Found(nodes, edges, hops, np.empty(0, np.int64), -1 if more else rows, FOUND, steps < 0)
