"""Breadth-first levels from both ends of a pair: how far apart they are, and where the two sides touch.

The levels of a source stay in the workspace: the next search from the same source starts with them.
"""

from __future__ import annotations

from medreason.kg._net import BASE, DEPTH, MANY, SOURCE, Net, Work, among, compiled, fresh, seek
from medreason.kg.arrays import I32, I64

PROBE = 64  # steps of a binary search, in adjacency entries read one after the other
APART, TOO_LONG = -1, -2


@compiled
def degrees(net: Net, nodes: I32, first: int, last: int) -> int:
    """Adjacency entries of ``nodes[first:last]``."""
    total, indptr = 0, net.indptr
    for i in range(first, last):
        total += indptr[nodes[i] + 1] - indptr[nodes[i]]
    return total


@compiled
def _expand(
    net: Net, mark: I64, base: int, queue: I32, first: int, last: int, other: I64, low: int, high: int
) -> tuple[int, bool]:
    """Appends the next level; stops, undone, as soon as it touches the other side's frontier.

    Returns:
        The new end of the queue, and whether the sides touch.
    """
    indptr, values, via, every, walk, excluded = net.indptr, net.values, net.edge, net.every, net.walk, net.excluded
    anywhere, through, kind, picky = net.anywhere, net.through, net.kind, net.excluded.size > 0
    end = last
    for i in range(first, last):
        node = queue[i]
        for j in range(indptr[node], indptr[node + 1]):
            near = values[j]
            meets = low <= other[near] < high
            if mark[near] >= base and not meets:
                continue
            if not (every or walk[via[j]]) or (picky and among(excluded, via[j])):
                continue
            if meets:
                for k in range(last, end):
                    mark[queue[k]] = -1
                return last, True
            if anywhere or through[kind[near]]:
                mark[near] = base + end
                queue[end] = near
                end += 1
    return end, False


@compiled
def _touch(net: Net, work: Work, first_a: int, last_a: int, first_b: int, last_b: int) -> bool:
    """Whether an open edge joins two frontiers, by binary search in the shorter row of each pair."""
    indptr, values, via, every, walk, excluded = net.indptr, net.values, net.edge, net.every, net.walk, net.excluded
    queue_a, queue_b = work.queue_a, work.queue_b
    for i in range(first_a, last_a):
        a = queue_a[i]
        size = indptr[a + 1] - indptr[a]
        for j in range(first_b, last_b):
            b = queue_b[j]
            row, wanted = (a, b) if size <= indptr[b + 1] - indptr[b] else (b, a)
            end = indptr[row + 1]
            at = seek(values, indptr[row], end, wanted)
            while at < end and values[at] == wanted:
                if (every or walk[via[at]]) and not (excluded.size and among(excluded, via[at])):
                    return True
                at += 1
    return False


@compiled
def _set_out(work: Work, start: int) -> int:
    """Makes ``start`` the source, keeping its levels if it is so already; how many levels there are."""
    if work.state[SOURCE] != start:
        work.state[SOURCE], work.state[DEPTH] = start, 0
        work.state[BASE] = fresh(work)
        work.ahead[start] = work.state[BASE]
        work.queue_a[0], work.off_a[0], work.off_a[1] = start, 0, 1
    return int(work.state[DEPTH])


@compiled
def _nearest_level(net: Net, work: Work, goal: int, depth: int) -> int:
    """The first known level of the source that an open edge joins to the goal; -1 if none is."""
    values, via, every, walk, excluded = net.values, net.edge, net.every, net.walk, net.excluded
    base, least, ahead = work.state[BASE], MANY, work.ahead
    for j in range(net.indptr[goal], net.indptr[goal + 1]):
        place = ahead[values[j]] - base
        if not 0 <= place < least:
            continue
        if (every or walk[via[j]]) and not (excluded.size and among(excluded, via[j])):
            least = place
    for level in range(depth + 1):
        if least < work.off_a[level + 1]:
            return level
    return -1


@compiled
def bridge(net: Net, work: Work, start: int, goal: int, longest: int) -> tuple[int, int, int]:
    """Levels i of ``start`` and j of ``goal`` so that a shortest path has i + j + 1 hops.

    Returns:
        i, j, and the base of the goal's marks; or :data:`APART`, or :data:`TOO_LONG` for i and j.

    Cost: the adjacency entries of the levels on the cheaper side, one after the other; frontiers so small
    that binary searches are cheaper are compared without expanding any.
    """
    i, j = _set_out(work, start), 0
    base = fresh(work)
    work.back[goal], work.queue_b[0], work.off_b[0], work.off_b[1] = base, goal, 0, 1
    apart = i > 0
    if apart:
        level = _nearest_level(net, work, goal, i)
        if level >= 0:
            return (level, 0, base) if level < longest else (TOO_LONG, TOO_LONG, base)
    while i + j + 1 <= longest:
        first_a, last_a, first_b, last_b = work.off_a[i], work.off_a[i + 1], work.off_b[j], work.off_b[j + 1]
        if first_a == last_a or first_b == last_b:
            return APART, APART, base
        cost_a = degrees(net, work.queue_a, first_a, last_a)
        cost_b = degrees(net, work.queue_b, first_b, last_b)
        if not apart and (last_a - first_a) * (last_b - first_b) * PROBE < min(cost_a, cost_b):
            if _touch(net, work, first_a, last_a, first_b, last_b):
                return i, j, base
            apart = True
            continue
        if cost_a <= cost_b:
            low, high = base + first_b, base + last_b
            end, met = _expand(net, work.ahead, work.state[BASE], work.queue_a, first_a, last_a, work.back, low, high)
            if not met:
                i += 1
                work.off_a[i + 1], work.state[DEPTH] = end, i
        else:
            low, high = work.state[BASE] + first_a, work.state[BASE] + last_a
            end, met = _expand(net, work.back, base, work.queue_b, first_b, last_b, work.ahead, low, high)
            if not met:
                j += 1
                work.off_b[j + 1] = end
        if met:
            return i, j, base
        apart = False
    return TOO_LONG, TOO_LONG, base
