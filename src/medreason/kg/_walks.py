"""Layers joined in the middle and swept outwards: the graph of all walks of one length, or of the cheap ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from medreason.kg._layers import Side, join
from medreason.kg._net import MANY, Fares, Net, Work, compiled, fares_for
from medreason.kg.arrays import I32, I64


class Walks(NamedTuple):
    """Layers end to end: node of every place, and its row of (place in the next layer, edge).

    ``first[h]`` is the first place of layer h. Rows are sorted by (node, edge). No places: there is no walk.
    """

    nodes: I32
    first: I64
    indptr: I64
    values: I32
    edge: I32


class Gap(NamedTuple):
    """The edges from one layer to the next; those of one pair of places in order."""

    src: I32
    dst: I32
    edge: I32


@compiled
def _kept(count: int, used: I32) -> tuple[I32, I32]:
    """The distinct places among ``used`` in order, and ``used`` in places among these."""
    where = np.full(count, -1, np.int32)
    for place in used:
        where[place] = 0
    size = 0
    for place in range(count):
        if where[place] == 0:
            where[place] = size
            size += 1
    places, moved = np.empty(size, np.int32), np.empty_like(used)
    for place in range(count):
        if where[place] >= 0:
            places[where[place]] = place
    for i in range(used.size):
        moved[i] = where[used[i]]
    return places, moved


@compiled
def _linked(
    net: Net, fares: Fares, work: Work, hop: int, left: Side, right: Side, bound: int
) -> tuple[Gap, I64]:  # fmt: skip
    """Edges between two layers, cheap enough in sum, and their fares (no fares without costs)."""
    costed = bound >= 0
    limit = bound - fares.least_fare if costed else MANY
    src, dst, edge = join(net, work, hop, left.nodes, left.base, right.nodes, right.base, left.cost, right.cost, limit)
    if not costed:
        return Gap(src, dst, edge), np.empty(0, np.int64)
    paid, kept, cost_l, cost_r = fares_for(net, fares, edge), 0, left.cost, right.cost
    for i in range(src.size):
        if cost_l[src[i]] + paid[i] + cost_r[dst[i]] <= bound:
            src[kept], dst[kept], edge[kept], paid[kept] = src[i], dst[i], edge[i], paid[i]
            kept += 1
    return Gap(src[:kept], dst[:kept], edge[:kept]), paid[:kept]


@compiled
def _cheapest(fares: Fares, nodes: I32, places: I32, others: I32, paid: I64, cost: I64) -> I64:
    """Least cost of every place: cost at the other end, fare and the own toll."""
    out = np.full(nodes.size, MANY, np.int64)
    for i in range(paid.size):
        out[places[i]] = min(out[places[i]], cost[others[i]] + paid[i])
    toll = fares.toll
    for place in range(nodes.size):
        out[place] += toll[nodes[place]]
    return out


@compiled
def corridor(net: Net, fares: Fares, work: Work, left: list[Side], right: list[Side], bound: int) -> Walks:
    """The walks that go through the layers of both sides, one hop apart in the middle.

    Args:
        left: Layers 0 … i from the start.
        right: Layers 0 … j from the goal, back to front.
        bound: No walk that must cost more is kept (turns not counted); -1 where the layers have no costs.
    """
    costed, i, j = bound >= 0, len(left) - 1, len(right) - 1
    length = i + j + 1
    free = np.empty(0, np.int64)
    nodes = [np.empty(0, np.int32) for _ in range(length + 1)]
    gaps = [Gap(nodes[0], nodes[0], nodes[0]) for _ in range(length)]

    gap, paid = _linked(net, fares, work, i, left[i], right[j], bound)
    places_l, src = _kept(left[i].nodes.size, gap.src)
    places_r, dst = _kept(right[j].nodes.size, gap.dst)
    nodes[i], nodes[i + 1] = left[i].nodes[places_l], right[j].nodes[places_r]
    gaps[i] = Gap(src, dst, gap.edge)
    onward = _cheapest(fares, nodes[i], src, gap.dst, paid, right[j].cost) if costed else free
    so_far = _cheapest(fares, nodes[i + 1], dst, gap.src, paid, left[i].cost) if costed else free

    layer = Side(nodes[i], onward, -1)
    for h in range(i - 1, -1, -1):
        gap, paid = _linked(net, fares, work, h, left[h], layer, bound)
        places, src = _kept(left[h].nodes.size, gap.src)
        nodes[h], gaps[h] = left[h].nodes[places], Gap(src, gap.dst, gap.edge)
        layer = Side(nodes[h], _cheapest(fares, nodes[h], src, gap.dst, paid, layer.cost) if costed else free, -1)
    layer = Side(nodes[i + 1], so_far, -1)
    for h in range(i + 1, length):
        back = right[length - h - 1]
        gap, paid = _linked(net, fares, work, h, layer, back, bound)
        places, dst = _kept(back.nodes.size, gap.dst)
        nodes[h + 1], gaps[h] = back.nodes[places], Gap(gap.src, dst, gap.edge)
        kept = nodes[h + 1]
        layer = Side(kept, _cheapest(fares, kept, dst, gap.src, paid, layer.cost) if costed else free, -1)
    return _flat(nodes, gaps)


@compiled
def _by(places: I32, order: I32, count: int) -> I32:
    """``order``, sorted by the places of its entries; equals keep their order."""
    cursor, out = np.zeros(count + 1, np.int64), np.empty_like(order)
    for place in places:
        cursor[place + 1] += 1
    for place in range(count):
        cursor[place + 1] += cursor[place]
    for x in order:
        out[cursor[places[x]]] = x
        cursor[places[x]] += 1
    return out


@compiled
def _ranks(nodes: I32) -> tuple[I32, I32]:
    """The nodes in order, and the rank of each."""
    order = np.argsort(nodes)
    ranks = np.empty(nodes.size, np.int32)
    for rank in range(nodes.size):
        ranks[order[rank]] = rank
    return nodes[order], ranks


@compiled
def _flat(nodes: list[I32], gaps: list[Gap]) -> Walks:
    """Layers end to end, each in order of its nodes, rows in order of (node, edge)."""
    length = len(gaps)
    first = np.zeros(length + 2, np.int64)
    entries = 0
    for h in range(length + 1):
        if nodes[h].size == 0:
            return Walks(nodes[h], first[:1], first[:1], nodes[h], nodes[h])
        first[h + 1] = first[h] + nodes[h].size
    for h in range(length):
        entries += gaps[h].src.size
    flat, indptr = np.empty(first[length + 1], np.int32), np.zeros(first[length + 1] + 1, np.int64)
    values, edge, used = np.empty(entries, np.int32), np.empty(entries, np.int32), 0
    flat[: first[1]], ranks = _ranks(nodes[0])
    for h in range(length):
        begin, following, end, before = first[h], first[h + 1], first[h + 2], ranks
        flat[following:end], ranks = _ranks(nodes[h + 1])
        src, dst, via = before[gaps[h].src], ranks[gaps[h].dst], gaps[h].edge
        order = _by(src, _by(dst, np.arange(src.size).astype(np.int32), end - following), following - begin)
        for x in order:
            indptr[begin + src[x] + 1] += 1
            values[used], edge[used] = following + dst[x], via[x]
            used += 1
    for place in range(flat.size):
        indptr[place + 1] += indptr[place]
    return Walks(flat, first, indptr, values, edge)
