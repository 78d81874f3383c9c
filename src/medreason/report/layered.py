"""Places boxes in columns so that nothing overlaps: a small layered layout (Sugiyama, Tagawa, Toda 1981).

Items stand in columns; links join items of neighbouring columns. :func:`order` sorts each column so that few links
cross, :func:`heights` gives every item a vertical centre. What it is not: a drawing, or a layout of large graphs; a
hundred items take milliseconds, thousands would not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

Columns = Sequence[Sequence[int]]
SWEEPS = 12


def _joined(links: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    joined: dict[int, list[int]] = {}
    for a, b in links:
        joined.setdefault(a, []).append(b)
        joined.setdefault(b, []).append(a)
    return joined


def crossings(columns: Columns, links: Sequence[tuple[int, int]]) -> int:
    """How many pairs of links between the same two columns cross."""
    place = {item: (c, r) for c, column in enumerate(columns) for r, item in enumerate(column)}
    between: dict[int, list[tuple[int, int]]] = {}
    for a, b in links:
        (ca, ra), (cb, rb) = sorted((place[a], place[b]))
        if ca != cb:
            between.setdefault(ca, []).append((ra, rb))
    return sum(
        (p[0] - q[0]) * (p[1] - q[1]) < 0 for pairs in between.values() for i, p in enumerate(pairs) for q in pairs[:i]
    )


def order(columns: Columns, links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Each column sorted by the mean place of what its items are linked with; the best of some sweeps.

    Args:
        columns: Items by column; the order given breaks ties.
        links: Pairs of items of neighbouring columns.
    """
    joined = _joined(links)
    now = [list(column) for column in columns]
    best, fewest = [list(c) for c in now], crossings(now, links)
    for sweep in range(SWEEPS):
        backward = sweep % 2 == 1
        steps = range(len(now) - 2, -1, -1) if backward else range(1, len(now))
        for c in steps:
            fixed = now[c + 1] if backward else now[c - 1]
            size = max(1, len(fixed) - 1)
            at = {item: r / size for r, item in enumerate(fixed)}
            own = max(1, len(now[c]) - 1)
            wish = {}
            for r, item in enumerate(now[c]):
                places = [at[other] for other in joined.get(item, ()) if other in at]
                wish[item] = sum(places) / len(places) if places else r / own
            now[c].sort(key=wish.__getitem__)
        crossed = crossings(now, links)
        if crossed < fewest:
            best, fewest = [list(c) for c in now], crossed
    return best


def _apart(wished: Sequence[float], steps: Sequence[float]) -> list[float]:
    """The places nearest to those wished (least squares) that keep their order and distances: pool adjacent violators.

    Args:
        wished: Where each item would be best.
        steps: Least distance of each item from the one before it; the first is 0.
    """
    offset, total = [], 0.0
    for step in steps:
        total += step
        offset.append(total)
    blocks: list[tuple[float, int]] = []
    for wish, shift in zip(wished, offset, strict=True):
        blocks.append((wish - shift, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, m), (b, n) = blocks[-2:]
            blocks[-2:] = [((a * m + b * n) / (m + n), m + n)]
    flat = [value for value, count in blocks for _ in range(count)]
    return [value + shift for value, shift in zip(flat, offset, strict=True)]


def heights(
    columns: Columns, links: Sequence[tuple[int, int]], tall: Mapping[int, float], gap: Mapping[int, float]
) -> dict[int, float]:
    """Vertical centre of every item; items of a column keep their order and do not touch.

    Args:
        columns: Ordered columns.
        links: Pairs of items of neighbouring columns.
        tall: Height of each item.
        gap: Least free space above and below each item; between two items the larger of theirs.

    Returns:
        Item → centre; the topmost edge of all lies at 0.
    """
    joined = _joined(links)
    steps = {}
    for column in columns:
        for a, b in pairwise(column):
            steps[b] = (tall[a] + tall[b]) / 2 + max(gap[a], gap[b])
    spread = [[steps.get(item, 0.0) for item in column] for column in columns]
    y: dict[int, float] = {}
    for column, step in zip(columns, spread, strict=True):
        placed = _apart([0.0] * len(column), step)
        y.update(zip(column, placed, strict=True))
    for sweep in range(2 * SWEEPS):
        around = list(zip(columns, spread, strict=True))
        for column, step in reversed(around) if sweep % 2 else around:
            wished = [
                sum(y[other] for other in joined[item]) / len(joined[item]) if joined.get(item) else y[item]
                for item in column
            ]
            y.update(zip(column, _apart(wished, step), strict=True))
    top = min((y[item] - tall[item] / 2 for item in y), default=0.0)
    return {item: value - top for item, value in y.items()}
