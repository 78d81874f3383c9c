"""Compiled inner loops of the path search; the only place that imports numba.

What it is: breadth-first levels, enumeration and best-first search over node and edge numbers. What it is
not: an interface; :mod:`medreason.kg.paths` says what the searches mean and turns their numbers into records.
Kernels are compiled on first use (some seconds) and cached on disk.
"""
# Compiled code takes its arrays one by one, and one search is one loop.
# ruff: noqa: PLR0912, PLR0915

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from medreason.kg.arrays import I32, I64

F64 = NDArray[np.float64]
F = TypeVar("F", bound=Callable[..., Any])
N = TypeVar("N", np.int32, np.float64)
MANY = 2**62  # path counts saturate here
EPSILON = 2e-9  # costs closer than this may round to the same 1e-9


def _compiled(function: F) -> F:
    try:
        return cast(F, njit(cache=True)(function))
    except RuntimeError:  # neither the package nor the user's cache folder can be written
        return cast(F, njit(function))


class Net(NamedTuple):
    """The undirected adjacency and what a search may use of it.

    Attributes:
        indptr: Row bounds, one row a node.
        values: Neighbour nodes, each row sorted by (neighbour, edge).
        edge: Edge numbers aligned with ``values``.
        relation: Relation code of every edge.
        present: Polarity of every edge.
        usable: Relation code → may be walked.
        both: Also walk edges of polarity ``absent``.
        excluded: Sorted numbers of edges never walked.
    """

    indptr: I64
    values: I32
    edge: I32
    relation: NDArray[np.uint8]
    present: NDArray[np.bool_]
    usable: NDArray[np.bool_]
    both: bool
    excluded: I32


class Found(NamedTuple):
    """One row a path: its node numbers and its edge numbers; ``total`` counts those not returned too."""

    nodes: I32
    edges: I32
    total: int


class Dag(NamedTuple):
    """The shortest paths as a DAG over ``nodes`` (start first, goal last): rows of places and of edges."""

    nodes: I32
    indptr: I64
    values: I32
    edge: I32


class Ranked(NamedTuple):
    """As :class:`Found`, rows padded with -1, with hop counts and costs, and whether the bound was hit."""

    nodes: I32
    edges: I32
    hops: I32
    costs: F64
    truncated: bool


@_compiled
def _open(net: Net, edge: int) -> bool:
    if not net.usable[net.relation[edge]] or not (net.both or net.present[edge]):
        return False
    if net.excluded.size == 0:
        return True
    at = np.searchsorted(net.excluded, edge)
    return bool(at == net.excluded.size or net.excluded[at] != edge)


@_compiled
def _expand(net: Net, distance: I32, queue: I32, first: int, last: int) -> int:
    """Labels the next level from ``queue[first:last]``; returns the new end of the queue."""
    end = last
    for i in range(first, last):
        node = queue[i]
        for j in range(net.indptr[node], net.indptr[node + 1]):
            other = net.values[j]
            if distance[other] < 0 and _open(net, net.edge[j]):
                distance[other] = distance[node] + 1
                queue[end] = other
                end += 1
    return end


@_compiled
def _work(net: Net, queue: I32, first: int, last: int) -> int:
    total = 0
    for i in range(first, last):
        total += net.indptr[queue[i] + 1] - net.indptr[queue[i]]
    return total


@_compiled
def _meet(net: Net, start: int, goal: int, ahead: I32, back: I32) -> int:
    """Fills distances from both ends until they meet; the length of a shortest path, -1 if there is none.

    Whole levels only, always on the side with fewer adjacency entries to read, so at the end every node on a
    shortest path is labelled from at least one side. O(entries read).
    """
    queue_a, queue_b = np.empty(ahead.size, np.int32), np.empty(ahead.size, np.int32)
    queue_a[0], queue_b[0] = start, goal
    ahead[start], back[goal] = 0, 0
    first_a, last_a, first_b, last_b, length = 0, 1, 0, 1, 0
    while first_a < last_a and first_b < last_b:
        length += 1
        if _work(net, queue_a, first_a, last_a) <= _work(net, queue_b, first_b, last_b):
            first_a, last_a = last_a, _expand(net, ahead, queue_a, first_a, last_a)
            for i in range(first_a, last_a):
                if back[queue_a[i]] >= 0:
                    return length
        else:
            first_b, last_b = last_b, _expand(net, back, queue_b, first_b, last_b)
            for i in range(first_b, last_b):
                if ahead[queue_b[i]] >= 0:
                    return length
    return -1


@_compiled
def _grown(array: NDArray[N]) -> NDArray[N]:
    """The array with twice the room."""
    larger = np.empty(2 * array.size, array.dtype)
    larger[: array.size] = array
    return larger


@_compiled
def _before_middle(net: Net, length: int, middle: int, ahead: I32, back: I32) -> NDArray[np.bool_]:
    """Marks the nodes of shortest paths up to the level where both searches met."""
    marked = np.zeros(ahead.size, np.bool_)
    queue = np.empty(ahead.size, np.int32)
    end = 0
    for node in range(ahead.size):
        if ahead[node] == middle and back[node] == length - middle:
            queue[end], marked[node] = node, True
            end += 1
    i = 0
    while i < end:
        node = queue[i]
        i += 1
        for j in range(net.indptr[node], net.indptr[node + 1]):
            other = net.values[j]
            if ahead[other] != ahead[node] - 1 or ahead[other] < 0 or marked[other]:
                continue
            if _open(net, net.edge[j]):
                queue[end], marked[other] = other, True
                end += 1
    return marked


@_compiled
def _dag(net: Net, start: int, length: int, ahead: I32, back: I32) -> Dag:
    """The nodes and edges that lie on shortest paths, from what :func:`_meet` filled in. O(their degrees)."""
    middle = 0
    for node in range(ahead.size):
        if ahead[node] >= 0 and back[node] >= 0 and ahead[node] + back[node] == length:
            middle = max(middle, ahead[node])
    marked = _before_middle(net, length, middle, ahead, back)
    place, level = np.full(ahead.size, -1, np.int32), np.empty(ahead.size, np.int32)
    nodes, indptr = np.empty(ahead.size, np.int32), np.zeros(ahead.size + 1, np.int64)
    values, edge = np.empty(1024, np.int32), np.empty(1024, np.int32)
    nodes[0], place[start], level[0], count, used = start, 0, 0, 1, 0
    i = 0
    while i < count:
        node, depth = nodes[i], level[i] + 1
        for j in range(net.indptr[node], net.indptr[node + 1]):
            other = net.values[j]
            on = marked[other] and ahead[other] == depth if depth <= middle else back[other] == length - depth
            if not on or depth > length or not _open(net, net.edge[j]):
                continue
            if place[other] < 0:
                place[other], nodes[count], level[count] = count, other, depth
                count += 1
            if used == values.size:
                values, edge = _grown(values), _grown(edge)
            values[used], edge[used] = place[other], net.edge[j]
            used += 1
        i += 1
        indptr[i] = used
    return Dag(nodes[:count], indptr[: count + 1], values[:used], edge[:used])


@_compiled
def _count(dag: Dag) -> int:
    """Number of paths through the DAG, parallel edges apart, at most :data:`MANY`."""
    ways = np.zeros(dag.nodes.size, np.int64)
    ways[-1] = 1
    for i in range(dag.nodes.size - 2, -1, -1):
        for j in range(dag.indptr[i], dag.indptr[i + 1]):
            ways[i] = min(MANY, ways[i] + ways[dag.values[j]])
    return int(ways[0])


@_compiled
def _emit(dag: Dag, nodes: I32, slots: I64, out: Found, row: int) -> int:
    """Writes every choice of parallel edges along ``nodes``, in edge order; returns the next free row."""
    choice = slots.copy()
    while row < out.nodes.shape[0]:
        for d in range(slots.size):
            out.nodes[row, d] = dag.nodes[nodes[d]]
            out.edges[row, d] = dag.edge[choice[d]]
        out.nodes[row, slots.size] = dag.nodes[nodes[slots.size]]
        row += 1
        d = slots.size - 1
        while d >= 0:
            following = choice[d] + 1
            if following < dag.indptr[nodes[d] + 1] and dag.values[following] == nodes[d + 1]:
                choice[d] = following
                break
            choice[d] = slots[d]
            d -= 1
        if d < 0:
            break
    return row


@_compiled
def shortest(net: Net, start: int, goal: int, limit: int) -> Found:
    """All shortest paths, ordered by node numbers, then edge numbers; at most ``limit`` of them."""
    ahead, back = np.full(net.indptr.size - 1, -1, np.int32), np.full(net.indptr.size - 1, -1, np.int32)
    length = _meet(net, start, goal, ahead, back)
    if length < 0:
        return Found(np.empty((0, 1), np.int32), np.empty((0, 0), np.int32), 0)
    dag = _dag(net, start, length, ahead, back)
    total = _count(dag)
    rows = min(total, limit)
    out = Found(np.empty((rows, length + 1), np.int32), np.empty((rows, length), np.int32), total)
    nodes = np.zeros(length + 1, np.int32)
    slots, cursor = np.empty(length, np.int64), np.zeros(length, np.int64)
    depth, row = 0, 0
    while depth >= 0 and row < rows:
        j, end = cursor[depth], dag.indptr[nodes[depth] + 1]
        if j == end:
            depth -= 1
            continue
        slots[depth], nodes[depth + 1] = j, dag.values[j]
        while j < end and dag.values[j] == nodes[depth + 1]:
            j += 1  # parallel edges are the business of _emit
        cursor[depth] = j
        if depth + 1 == length:
            row = _emit(dag, nodes, slots, out, row)
        else:
            depth += 1
            cursor[depth] = dag.indptr[nodes[depth]]
    return out


@_compiled
def _levels(net: Net, start: int, deepest: int, limit: I32) -> I32:
    """Distances from ``start`` up to ``deepest``, through nodes whose distance + ``limit`` allows it."""
    distance = np.full(net.indptr.size - 1, -1, np.int32)
    queue = np.empty(distance.size, np.int32)
    queue[0], distance[start] = start, 0
    first, last = 0, 1
    while first < last and distance[queue[first]] < deepest:
        end = _expand(net, distance, queue, first, last)
        if limit.size:
            kept = last
            for i in range(last, end):
                node = queue[i]
                if limit[node] >= 0 and distance[node] + limit[node] <= deepest:
                    queue[kept] = node
                    kept += 1
            end = kept
        first, last = last, end
    return distance


@_compiled
def _bounds(net: Net, near: I32, far: I32, toll: F64, fare: F64, goal: int, longest: int) -> F64:
    """``bound[r, v]``: least cost of a walk from ``v`` to the goal in at most ``r`` hops."""
    bound = np.full((longest + 1, near.size), np.inf)
    bound[0, goal] = 0.0
    for r in range(1, longest + 1):
        for node in range(near.size):
            bound[r, node] = bound[r - 1, node]
            if node == goal or near[node] < 0 or far[node] < 0 or far[node] > r or near[node] + r > longest:
                continue
            for j in range(net.indptr[node], net.indptr[node + 1]):
                other = net.values[j]
                rest = bound[r - 1, other]
                if rest == np.inf or not _open(net, net.edge[j]):
                    continue
                cost = rest + fare[net.edge[j]] + (0.0 if other == goal else toll[other])
                bound[r, node] = min(bound[r, node], cost)
    return bound


@_compiled
def _on_path(nodes: I32, parents: I32, state: int, node: int) -> bool:
    while state >= 0:
        if nodes[state] == node:
            return True
        state = parents[state]
    return False


@_compiled
def best(net: Net, start: int, goal: int, toll: F64, fare: F64, k: int, slack: int, most: int) -> Ranked:
    """The ``k`` cheapest simple paths of at most shortest + ``slack`` hops, and all ties of the last one.

    Best-first over partial paths; a partial path is valued by its cost so far plus the cheapest walk that can
    complete it within the hops left. That never overestimates: complete paths leave the heap in cost order.
    """
    size = net.indptr.size - 1
    length = _meet(net, start, goal, np.full(size, -1, np.int32), np.full(size, -1, np.int32))
    if length < 0:
        no_nodes, no_edges = np.empty((0, 1), np.int32), np.empty((0, 0), np.int32)
        return Ranked(no_nodes, no_edges, np.empty(0, np.int32), np.empty(0, np.float64), False)
    longest = length + slack
    near = _levels(net, start, longest, np.empty(0, np.int32))
    far = _levels(net, goal, longest, near)
    bound = _bounds(net, near, far, toll, fare, goal, longest)

    nodes, parents, edges = np.empty(1024, np.int32), np.empty(1024, np.int32), np.empty(1024, np.int32)
    hops, costs = np.empty(1024, np.int32), np.empty(1024, np.float64)
    nodes[0], parents[0], edges[0], hops[0], costs[0], used = start, -1, -1, 0, 0.0, 1
    heap = [(bound[longest, start], 0)]
    worst = [-np.inf]  # negated costs of the k cheapest complete paths seen so far, a max-heap
    worst.clear()
    done = [0]
    done.clear()
    truncated = False
    while heap and not truncated:
        value, state = heapq.heappop(heap)
        if len(worst) == k and value > -worst[0] + EPSILON:
            break
        node = nodes[state]
        if node == goal:
            done.append(state)
            continue
        left = longest - hops[state] - 1
        for j in range(net.indptr[node], net.indptr[node + 1]):
            other = net.values[j]
            rest = bound[left, other]
            if rest == np.inf or not _open(net, net.edge[j]) or _on_path(nodes, parents, state, other):
                continue
            cost = costs[state] + fare[net.edge[j]] + (0.0 if other == goal else toll[other])
            if len(worst) == k and cost + rest > -worst[0] + EPSILON:
                continue
            if used == most:
                truncated = True
                break
            if used == nodes.size:
                nodes, parents, edges = _grown(nodes), _grown(parents), _grown(edges)
                hops, costs = _grown(hops), _grown(costs)
            nodes[used], parents[used], edges[used] = other, state, net.edge[j]
            hops[used], costs[used] = hops[state] + 1, cost
            heapq.heappush(heap, (cost + rest, used))
            if other == goal:
                heapq.heappush(worst, -cost)
                if len(worst) > k:
                    heapq.heappop(worst)
            used += 1
    out_nodes = np.full((len(done), longest + 1), -1, np.int32)
    out_edges = np.full((len(done), longest), -1, np.int32)
    out_hops, out_costs = np.empty(len(done), np.int32), np.empty(len(done), np.float64)
    for row in range(len(done)):
        state = done[row]
        out_hops[row], out_costs[row] = hops[state], costs[state]
        for d in range(hops[state], -1, -1):
            out_nodes[row, d] = nodes[state]
            if d:
                out_edges[row, d - 1] = edges[state]
            state = parents[state]
    return Ranked(out_nodes, out_edges, out_hops, out_costs, truncated)
