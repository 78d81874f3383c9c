"""All walks of one length between two nodes, as a graph of layers: layer h holds what can be stop number h.

Both sides are grown to half the length, joined in the middle, and swept outwards, so that what is left lies on
a walk from end to end. With costs, whatever cannot stay within a bound is left out on the way.
"""
# Compiled code takes its arrays one by one, and one search is one loop.
# ruff: noqa: PLR0912, PLR0915

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from medreason.kg._levels import PROBE, degrees
from medreason.kg._net import BASE, MANY, Fares, Net, Work, among, compiled, fits, fresh, grown, seek, stops_at
from medreason.kg.arrays import I32, I64


class Side(NamedTuple):
    """Half of the layers, as grown from one end: nodes and their least costs, own toll included.

    ``base`` is where the marks of the layer begin, or -1 if it has none.
    """

    nodes: I32
    cost: I64
    base: int


@compiled
def join(
    net: Net, work: Work, hop: int, left: I32, left_base: int, right: I32, right_base: int, cost_l: I64, cost_r: I64,
    bound: int,
) -> tuple[I32, I32, I32]:  # fmt: skip
    """Open edges between two layers as (left place, right place, edge); the edges of one pair in order.

    Reads the rows of the side that costs less. Pairs whose costs add up to more than ``bound`` are left out.
    """
    indptr, values, via = net.indptr, net.values, net.edge
    every, walk, excluded, patterned = net.every, net.walk, net.excluded, net.hops.shape[0] > 0
    row = net.hops[hop] if patterned else net.through
    relation, directed, head = net.relation, net.directed, net.head
    reading_left = reading_right = 0
    for p in range(left.size):
        reading_left += min(indptr[left[p] + 1] - indptr[left[p]], right.size * PROBE)
    for q in range(right.size):
        reading_right += min(indptr[right[q] + 1] - indptr[right[q]], left.size * PROBE)
    forward = reading_left <= reading_right
    rows, others = (left, right) if forward else (right, left)
    cost_p, cost_q = (cost_l, cost_r) if forward else (cost_r, cost_l)
    marks, base = (work.back, right_base) if forward else (work.ahead, left_base)
    if base < 0:
        marks = work.right if forward else work.left
        base = fresh(work)
        for q in range(others.size):
            marks[others[q]] = base + q
    costed, picky, count = cost_l.size > 0, excluded.size > 0, others.size
    out_row, out_other, out_edge, used = np.empty(64, np.int32), np.empty(64, np.int32), np.empty(64, np.int32), 0
    for p in range(rows.size):
        node = rows[p]
        begin, end = indptr[node], indptr[node + 1]
        scan = end - begin <= count * PROBE
        at, q, step = begin, -1, -1
        while True:
            if scan:  # reads the row and asks of each neighbour whether it is in the other layer
                while at < end and not 0 <= marks[values[at]] - base < count:
                    at += 1
                if at == end:
                    break
                q = marks[values[at]] - base
            else:  # looks for each node of the other layer in the row
                while at == end or q < 0 or values[at] != others[q]:
                    step += 1
                    if step == count:
                        break
                    q = step
                    at = seek(values, begin, end, others[q])
                if step == count:
                    break
            edge = via[at]
            at += 1
            if costed and cost_p[p] + cost_q[q] > bound:
                continue
            if not (every or walk[edge]) or (picky and among(excluded, edge)):
                continue
            if patterned and not fits(row, relation, directed, head, edge, node if forward else others[q]):
                continue
            if used == out_row.size:
                out_row, out_other, out_edge = grown(out_row), grown(out_other), grown(out_edge)
            out_row[used], out_other[used], out_edge[used] = p, q, edge
            used += 1
    if forward:
        return out_row[:used], out_other[:used], out_edge[:used]
    return out_other[:used], out_row[:used], out_edge[:used]


@compiled
def _grow(net: Net, fares: Fares, work: Work, layer: Side, hop: int, place: int, ends: I32, bound: int) -> Side:
    """The next layer of walks from one end. ``hop`` is negative (``~hop``) for the goal's side.

    Args:
        place: Which stop of the path the new layer is.
        ends: Start and goal, which no walk passes through.
        bound: No kept node costs more; :data:`MANY` for searches without costs.
    """
    indptr, values, via, mark = net.indptr, net.values, net.edge, work.left
    every, walk, excluded, patterned = net.every, net.walk, net.excluded, net.hops.shape[0] > 0
    relation, present, directed, head, kind = net.relation, net.present, net.directed, net.head, net.kind
    row = net.hops[hop if hop >= 0 else ~hop] if patterned else net.through
    toll, price, bare, touched, grade = fares.toll, fares.price, fares.bare, fares.touched, fares.grade
    least, graded, picky = fares.least_fare, fares.grade.size > 0, net.excluded.size > 0
    anywhere, stops, layer_nodes, layer_cost = net.anywhere, stops_at(net, place), layer.nodes, layer.cost
    base, size, costed = fresh(work), 0, layer_cost.size > 0
    nodes, cost = np.empty(256, np.int32), np.empty(256, np.int64)
    for i in range(layer_nodes.size):
        node, paid = layer_nodes[i], (layer_cost[i] if costed else 0)
        if costed and paid + least + fares.least_toll > bound:
            continue
        for j in range(indptr[node], indptr[node + 1]):
            near, edge = values[j], via[j]
            at = mark[near] - base
            if not costed and at >= 0:
                continue
            total = paid + toll[near] + least if costed else 0
            if costed and (total > bound or (at >= 0 and total >= cost[at])):
                continue
            if near == ends[0] or near == ends[1] or not (anywhere or stops[kind[near]]):
                continue
            if not (every or walk[edge]) or (picky and among(excluded, edge)):
                continue
            if patterned and not fits(row, relation, directed, head, edge, node if hop >= 0 else near):
                continue
            if costed:
                code, level = 2 * relation[edge] + present[edge], (grade[edge] if graded else 0)
                fare = bare[code, level] if touched.size and among(touched, edge) else price[code, level]
                total += fare - least
                if total > bound:
                    continue
            if at < 0:
                if size == nodes.size:
                    nodes, cost = grown(nodes), grown(cost)
                mark[near], nodes[size], cost[size] = base + size, near, total
                size += 1
            else:
                cost[at] = min(cost[at], total)
    return Side(nodes[:size], cost[:size] if costed else cost[:0], -1)


@compiled
def _least(layer: Side) -> int:
    return int(layer.cost.min()) if layer.cost.size else 0


@compiled
def grow_both(
    net: Net, fares: Fares, work: Work, start: int, goal: int, length: int, bound: int
) -> tuple[list[Side], list[Side]]:
    """Layers of all walks of exactly ``length`` hops from both ends, until one hop is missing between them.

    ``bound`` is what a path may cost, or -1 to leave costs out of it.
    """
    costed = bound >= 0
    nothing = np.zeros(1 if costed else 0, np.int64)
    ends = np.asarray([start, goal], dtype=np.int32)
    left = [Side(ends[:1], nothing, -1)]
    right = [Side(ends[1:], nothing, -1)]
    while len(left) + len(right) <= length:
        i, j = len(left) - 1, len(right) - 1
        near, far = left[i], right[j]
        if near.nodes.size == 0 or far.nodes.size == 0:
            break
        forward = degrees(net, near.nodes, 0, near.nodes.size) <= degrees(net, far.nodes, 0, far.nodes.size)
        between = length - i - j - 2  # stops between the grown layer and the other side's
        rest = (between + 1) * fares.least_fare + between * fares.least_toll if costed else 0
        if forward:
            limit = min(bound - _least(far) - rest, MANY) if costed else MANY
            left.append(_grow(net, fares, work, near, i, i + 1, ends, limit))
        else:
            limit = min(bound - _least(near) - rest, MANY) if costed else MANY
            right.append(_grow(net, fares, work, far, ~(length - j - 1), length - j - 1, ends, limit))
    return left, right


@compiled
def from_levels(work: Work, i: int, j: int, base: int) -> tuple[list[Side], list[Side]]:
    """The breadth-first levels up to i and j as layers."""
    free = np.zeros(0, np.int64)
    left = [Side(work.queue_a[:1], free, work.state[BASE])]
    right = [Side(work.queue_b[:1], free, base)]
    for h in range(1, i + 1):
        first = work.off_a[h]
        left.append(Side(work.queue_a[first : work.off_a[h + 1]], free, work.state[BASE] + first))
    for h in range(1, j + 1):
        first = work.off_b[h]
        right.append(Side(work.queue_b[first : work.off_b[h + 1]], free, base + first))
    return left, right
