"""The cheapest paths between two nodes, exactly: branch and bound over layers that hold no dear walk.

Length by length, shortest first. What is found at one length bounds the next, so that longer walks are grown
only as far as they can still be cheap. Within the layers every edge knows the least cost of going on from it,
turns included; a search in the order of these costs reaches the best paths first and stops at the bound.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from medreason.kg._kernels import FOUND, Found, nothing, span
from medreason.kg._layers import from_levels, grow_both
from medreason.kg._net import MANY, Fares, Net, Work, classes_of, compiled, entry, fares_for
from medreason.kg._walks import Walks, corridor
from medreason.kg.arrays import I32, I64


class Kept(NamedTuple):
    """The best paths so far: rows, and a heap of row numbers with the last in order on top."""

    nodes: I32
    edges: I32
    hops: I32
    cost: I64
    heap: I64
    size: I64  # one number


@compiled
def _after(kept: Kept, x: int, y: int) -> bool:
    """Whether row x comes after row y: by cost, then nodes, then edges."""
    if kept.cost[x] != kept.cost[y]:
        return bool(kept.cost[x] > kept.cost[y])
    for d in range(kept.nodes.shape[1]):
        if kept.nodes[x, d] != kept.nodes[y, d]:
            return bool(kept.nodes[x, d] > kept.nodes[y, d])
    for d in range(kept.edges.shape[1]):
        if kept.edges[x, d] != kept.edges[y, d]:
            return bool(kept.edges[x, d] > kept.edges[y, d])
    return False


@compiled
def _sink(kept: Kept, at: int, size: int) -> None:
    """Moves an entry of the heap down to its place."""
    heap = kept.heap
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and _after(kept, heap[child + 1], heap[child]):
            child += 1
        if not _after(kept, heap[child], heap[at]):
            break
        heap[at], heap[child] = heap[child], heap[at]
        at = child


@compiled
def _rise(kept: Kept, at: int) -> None:
    """Moves an entry of the heap up to its place."""
    heap = kept.heap
    while at and _after(kept, heap[at], heap[(at - 1) >> 1]):
        heap[at], heap[(at - 1) >> 1] = heap[(at - 1) >> 1], heap[at]
        at = (at - 1) >> 1


@compiled
def _room(kept: Kept, rows: int) -> Kept:
    """A copy with room for ``rows`` paths and one spare row."""
    size, old = kept.size[0], kept.cost.size - 1
    nodes = np.full((rows + 1, kept.nodes.shape[1]), -1, np.int32)
    edges = np.full((rows + 1, kept.edges.shape[1]), -1, np.int32)
    hops, cost = np.empty(rows + 1, np.int32), np.empty(rows + 1, np.int64)
    heap = np.arange(rows + 1)
    nodes[:old], edges[:old], hops[:old] = kept.nodes[:old], kept.edges[:old], kept.hops[:old]
    cost[:old], heap[:size] = kept.cost[:old], kept.heap[:size]
    return Kept(nodes, edges, hops, cost, heap, kept.size)


@compiled
def _take(kept: Kept, k: int, route: I32, via: I32, length: int, cost: int) -> Kept:
    """Keeps a path if it is among the k first in order."""
    size = kept.size[0]
    if size == kept.cost.size - 1 and size < k:
        kept = _room(kept, min(k, 2 * size))
    row = kept.cost.size - 1 if size == k else size  # the last row is a spare one
    kept.nodes[row], kept.edges[row] = -1, -1
    kept.nodes[row, : length + 1], kept.edges[row, :length] = route[: length + 1], via[:length]
    kept.hops[row], kept.cost[row] = length, cost
    if size < k:
        kept.heap[size] = row
        kept.size[0] += 1
        _rise(kept, size)
    elif _after(kept, kept.heap[0], row):
        out = kept.heap[0]
        kept.nodes[out], kept.edges[out] = kept.nodes[row], kept.edges[row]
        kept.hops[out], kept.cost[out] = kept.hops[row], kept.cost[row]
        _sink(kept, 0, size)
    return kept


@compiled
def _bound(kept: Kept, k: int) -> int:
    """No path that costs more is wanted."""
    return int(kept.cost[kept.heap[0]]) if kept.size[0] == k else MANY


@compiled
def _sort_row(onward: I64, own: I64, kind: I32, values: I32, edge: I32, first: int, last: int) -> None:
    """Sorts one row by the least cost of going on; equals keep their order."""
    if last - first > 32:
        order = first + np.argsort(onward[first:last], kind="mergesort")
        onward[first:last], own[first:last], kind[first:last] = onward[order], own[order], kind[order]
        values[first:last], edge[first:last] = values[order], edge[order]
        return
    for x in range(first + 1, last):
        cost, paid, code, value, via, at = onward[x], own[x], kind[x], values[x], edge[x], x
        while at > first and onward[at - 1] > cost:
            onward[at], own[at], kind[at] = onward[at - 1], own[at - 1], kind[at - 1]
            values[at], edge[at] = values[at - 1], edge[at - 1]
            at -= 1
        onward[at], own[at], kind[at], values[at], edge[at] = cost, paid, code, value, via


@compiled
def _outlook(net: Net, fares: Fares, walks: Walks, length: int) -> tuple[I64, I64, I32]:
    """Of each entry: least cost of walking it and on to the goal, turns included; its own cost; its class.

    Every row is left in the order of the first.
    """
    indptr, values, nodes, first, turn, toll = (
        walks.indptr,
        walks.values,
        walks.nodes,
        walks.first,
        fares.turn,
        fares.toll,
    )
    start, goal = np.empty(values.size, np.int32), first[length]
    for place in range(nodes.size):
        start[indptr[place] : indptr[place + 1]] = nodes[place]
    own, kind = fares_for(net, fares, walks.edge), classes_of(net, walks.edge, start)
    onward = np.empty(values.size, np.int64)
    for place in range(goal - 1, -1, -1):
        begin, end = indptr[place], indptr[place + 1]
        for x in range(begin, end):
            after, code = values[x], kind[x]
            if after < goal:
                rest = MANY
                for y in range(indptr[after], indptr[after + 1]):
                    if onward[y] >= rest:
                        break
                    rest = min(rest, onward[y] + turn[code, kind[y]])
                own[x] += toll[nodes[after]]
                onward[x] = min(own[x] + rest, MANY)
            else:
                onward[x] = own[x]
        if end - begin > 1:
            _sort_row(onward, own, kind, values, walks.edge, begin, end)
    return onward, own, kind


@compiled
def _later(kept: Kept, line: I32, size: int) -> bool:
    """Whether a path that begins with ``line[:size]`` comes after the last kept path if it costs as much."""
    last = kept.heap[0]
    for d in range(size):
        if line[d] != kept.nodes[last, d]:
            return bool(line[d] > kept.nodes[last, d])
    return False


@compiled
def _search(net: Net, fares: Fares, walks: Walks, length: int, k: int, kept: Kept, steps: int) -> tuple[Kept, int]:
    """Adds the walks of one length that are simple and among the k best; steps left, -1 if they ran out."""
    onward, own, kind = _outlook(net, fares, walks, length)
    nodes, indptr, values, edge, turn = walks.nodes, walks.indptr, walks.values, walks.edge, fares.turn
    line, via = np.empty(length + 1, np.int32), np.empty(length, np.int32)
    place, cursor = np.zeros(length + 1, np.int64), np.zeros(length, np.int64)
    paid, codes = np.zeros(length + 1, np.int64), np.zeros(length, np.int64)
    line[0], depth, bound = nodes[0], 0, _bound(kept, k)
    while depth >= 0:
        x = cursor[depth]
        if x == indptr[place[depth] + 1] or onward[x] >= MANY or paid[depth] + onward[x] > bound:
            depth -= 1
            continue
        cursor[depth] += 1
        turned = turn[codes[depth - 1], kind[x]] if depth else 0
        least = paid[depth] + turned + onward[x]
        if least > bound:
            continue
        after = values[x]
        node, repeated = nodes[after], False
        for d in range(depth + 1):
            repeated |= line[d] == node
        line[depth + 1], via[depth] = node, edge[x]
        if repeated or (least == bound and _later(kept, line, depth + 2)):
            continue
        if steps == 0:
            return kept, -1
        steps -= 1
        if depth + 1 == length:
            kept = _take(kept, k, line, via, length, least)
            bound = _bound(kept, k)
            continue
        codes[depth], paid[depth + 1], place[depth + 1] = kind[x], paid[depth] + turned + own[x], after
        depth += 1
        cursor[depth] = indptr[after]
    return kept, steps


@entry
def best(
    net: Net, fares: Fares, work: Work, start: int, goal: int, k: int, slack: int, longest: int, steps: int
) -> Found:
    """The k first of all simple paths of the lengths :func:`span` gives, by cost, nodes, edges."""
    plan = span(net, work, start, goal, slack, longest)
    if plan.state != FOUND:
        return nothing(plan.state)
    last = plan.last
    rows = min(k, 16) + 1
    kept = Kept(
        np.full((rows, last + 1), -1, np.int32), np.full((rows, last), -1, np.int32), np.empty(rows, np.int32),
        np.empty(rows, np.int64), np.arange(rows), np.zeros(1, np.int64),
    )  # fmt: skip
    for length in range(plan.first, last + 1):
        bound = _bound(kept, k)
        if length == plan.first and plan.i >= 0:
            left, right = from_levels(work, plan.i, plan.j, plan.base)
            walks = corridor(net, fares, work, left, right, -1)
        else:
            left, right = grow_both(net, fares, work, start, goal, length, bound)
            if len(left) + len(right) <= length:
                continue
            walks = corridor(net, fares, work, left, right, bound)
        if walks.nodes.size:
            kept, steps = _search(net, fares, walks, length, k, kept, steps)
        if steps < 0:
            break
    size = kept.size[0]
    for end in range(size - 1, 0, -1):  # a heap sort: the last in order goes to the end
        kept.heap[0], kept.heap[end] = kept.heap[end], kept.heap[0]
        _sink(kept, 0, end)
    order = kept.heap[:size]
    total = -1 if size == k or steps < 0 else size
    return Found(kept.nodes[order], kept.edges[order], kept.hops[order], kept.cost[order], total, FOUND, steps < 0)


@entry
def price(net: Net, fares: Fares, nodes: I32, edges: I32, hops: I32) -> I64:
    """Costs of given paths."""
    out, toll, turn = np.zeros(hops.size, np.int64), fares.toll, fares.turn
    for d in range(edges.shape[1]):
        rows = np.flatnonzero(hops > d)
        paid = fares_for(net, fares, edges[rows, d])
        code = classes_of(net, edges[rows, d], nodes[rows, d])
        before = classes_of(net, edges[rows, d - 1], nodes[rows, d - 1]) if d else code
        for i in range(rows.size):
            out[rows[i]] += paid[i] + (turn[before[i], code[i]] + toll[nodes[rows[i], d]] if d else 0)
    return out
