"""What the compiled searches read: the graph's arrays, the filters and the costs; and their smallest questions.

Only modules of ``kg`` whose name begins with ``_`` import numba. Compiled code is cached on disk after first use.
Inner loops read local arrays and call nothing that takes a Net: a call counts up and down the references of every
array it is given, which costs more than the question. All costs are int64 in units of 1e-9 bits, so that sums are
exact and ties are ties.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from medreason.kg.arrays import I32, I64

Bools = NDArray[np.bool_]
Codes = NDArray[np.unsignedinteger[Any]]
F = TypeVar("F", bound=Callable[..., Any])
N = TypeVar("N", np.int32, np.int64)
HELPER: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
MANY = 2**61  # path counts and costs saturate here

# Places in Work.state.
CLOCK, SOURCE, BASE, DEPTH = 0, 1, 2, 3


def compiled(function: F) -> F:
    """Compiles a helper that only compiled code calls; it is cached as part of the entries that use it.

    numba notices a change of an entry's own file only: who changes a helper touches the files of the entries.
    """
    return cast(F, njit(**HELPER)(function))


def entry(function: F) -> F:
    """Compiles a function that Python calls, cached on disk where a cache folder can be written."""
    try:
        return cast(F, njit(cache=True)(function))
    except RuntimeError:
        return cast(F, njit(function))


class Net(NamedTuple):
    """The undirected adjacency and what a search may use of it.

    Attributes:
        indptr: Row bounds, one row a node.
        values: Neighbour nodes, each row sorted by (neighbour, edge).
        edge: Edge numbers aligned with ``values``.
        head: Head of every edge.
        relation: Relation code of every edge.
        present: Polarity of every edge.
        directed: Whether an edge has a direction.
        kind: Type code of every node.
        every: All edges but the excluded ones may be walked; ``walk`` is then empty.
        walk: Edge → may be walked, for its relation and polarity.
        excluded: Sorted numbers of edges never walked.
        anywhere: All node types may be passed through.
        through: Type code → may be passed through.
        hops: Hop number, class (``2 * relation + against``) → may be walked there; no rows without a pattern.
        stops: Place on the path, type code → may stand there; no rows without a pattern.
    """

    indptr: I64
    values: I32
    edge: I32
    head: I32
    relation: Codes
    present: Bools
    directed: Bools
    kind: Codes
    every: bool
    walk: Bools
    excluded: I32
    anywhere: bool
    through: Bools
    hops: Bools
    stops: Bools


class Fares(NamedTuple):
    """Costs, made by :mod:`medreason.kg.cost`.

    Attributes:
        toll: Cost of passing through each node.
        grade: Grade of every edge; empty where the graph has no evidence.
        price: ``2 * relation + present``, grade → cost of an edge.
        bare: The same with the frequency unrecorded.
        touched: Sorted numbers of edges that have lost their frequency.
        turn: Class, following class (``2 * relation + against``) → cost of the change.
        least_fare: No edge costs less.
        least_toll: No node that can be passed through costs less.
    """

    toll: I64
    grade: Codes
    price: I64
    bare: I64
    touched: I32
    turn: I64
    least_fare: int
    least_toll: int


class Work(NamedTuple):
    """Arrays of the n nodes that searches reuse; a mark below its search's base is an old one."""

    ahead: I64
    back: I64
    left: I64
    right: I64
    queue_a: I32
    queue_b: I32
    off_a: I64
    off_b: I64
    state: I64


def workspace(nodes: int) -> Work:
    """A fresh workspace: 40 bytes a node, plus 16 for the levels."""
    marks = [np.full(nodes, -1, np.int64) for _ in range(4)]
    queues = [np.empty(nodes + 1, np.int32) for _ in range(2)]
    levels = [np.zeros(nodes + 3, np.int64) for _ in range(2)]
    state = np.asarray([0, -1, 0, 0], dtype=np.int64)
    return Work(marks[0], marks[1], marks[2], marks[3], queues[0], queues[1], levels[0], levels[1], state)


@compiled
def fresh(work: Work) -> int:
    """A base for marks above all that were given before; marks are base + place."""
    base = work.state[CLOCK]
    work.state[CLOCK] += work.ahead.size + 1
    return int(base)


@compiled
def among(ordered: I32, number: int) -> bool:
    """Whether a sorted array holds a number."""
    at = np.searchsorted(ordered, number)
    return bool(at < ordered.size and ordered[at] == number)


@compiled
def fits(row: Bools, relation: Codes, directed: Bools, head: I32, edge: int, node: int) -> bool:
    """Whether an edge walked from ``node`` is what one hop of a pattern allows (``row``: by class)."""
    code = 2 * relation[edge]
    if not directed[edge]:
        return bool(row[code] or row[code + 1])
    return bool(row[code + (head[edge] != node)])


@compiled
def stops_at(net: Net, place: int) -> Bools:
    """Type code → a path may pass through such a node as its stop number ``place``."""
    return net.through if net.stops.shape[0] == 0 else net.through & net.stops[place]


@compiled
def classes_of(net: Net, edges: I32, nodes: I32) -> I32:
    """Relation and reading direction of edges walked from ``nodes``; undirected edges read forward."""
    out = np.empty(edges.size, np.int32)
    relation, directed, head = net.relation, net.directed, net.head
    for i in range(edges.size):
        edge = edges[i]
        out[i] = 2 * relation[edge] + (directed[edge] and head[edge] != nodes[i])
    return out


@compiled
def fares_for(net: Net, fares: Fares, edges: I32) -> I64:
    """Cost of walking each of some edges, without turns."""
    out = np.empty(edges.size, np.int64)
    relation, present, grade, graded = net.relation, net.present, fares.grade, fares.grade.size > 0
    price, bare, touched = fares.price, fares.bare, fares.touched
    for i in range(edges.size):
        edge = edges[i]
        code, level = 2 * relation[edge] + present[edge], (grade[edge] if graded else 0)
        out[i] = bare[code, level] if touched.size and among(touched, edge) else price[code, level]
    return out


@compiled
def seek(values: I32, first: int, last: int, wanted: int) -> int:
    """First place in the sorted ``values[first:last]`` that is not below ``wanted``."""
    while first < last:
        middle = (first + last) >> 1
        if values[middle] < wanted:
            first = middle + 1
        else:
            last = middle
    return first


@compiled
def grown(array: NDArray[N]) -> NDArray[N]:
    """The array with twice the room."""
    larger = np.empty(2 * array.size, array.dtype)
    larger[: array.size] = array
    return larger
