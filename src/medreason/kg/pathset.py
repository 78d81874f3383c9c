"""What a path search found: columns of numbers, and records made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from medreason.kg.arrays import I32
from medreason.kg.store import Graph
from medreason.records import Hop, Path

F64 = NDArray[np.float64]
Reason = Literal["", "not connected", "filtered", "no match", "limit", "max length", "search bound"]
REASONS: dict[Reason, str] = {
    "": "everything asked for is there",
    "not connected": "no path joins the two concepts in this graph",
    "filtered": "paths join the two concepts, but none that the filters and exclusions allow",
    "no match": "no path between the two concepts matches the pattern",
    "limit": "the greatest number of paths was reached; there are more",
    "max length": "paths longer than the greatest length were not looked at",
    "search bound": "the bound on the steps of the search was reached: there may be other paths as good",
}


def _distinct(numbers: I32, chosen: NDArray[np.bool_]) -> list[int]:
    """The distinct chosen numbers; a set is faster for a few, sorting for many."""
    picked = numbers[chosen]
    return list(set(picked.tolist())) if picked.size < 2000 else np.unique(picked).tolist()


class PathSet(Sequence[Path]):
    """Paths in order. Indexing and iterating make records; ``nodes``, ``edges`` and ``costs`` cost nothing more.

    Attributes:
        nodes: Node numbers, one row a path, padded with -1.
        edges: Edge numbers, one row a path, padded with -1.
        hops: Number of hops of every path.
        reason: Why there are no paths, or not all; a key of :data:`REASONS`.
        truncated: A bound on number, length or steps kept paths out or may have done so; ``reason`` says which.
        total: How many paths there are with those left out, ``None`` where that is not known.
    """

    def __init__(
        self,
        graph: Graph,
        nodes: I32,
        edges: I32,
        hops: I32,
        costs: F64 | Callable[[], F64],
        *,
        reason: Reason = "",
        total: int | None = None,
    ) -> None:
        self.graph, self.nodes, self.edges, self.hops = graph, nodes, edges, hops
        self.reason, self.total = reason, total
        self.truncated = reason in ("limit", "max length", "search bound")
        self._costs = costs

    @cached_property
    def costs(self) -> F64:
        """Cost of every path in bits."""
        return self._costs() if callable(self._costs) else self._costs

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """All records, made once; about 2 µs a path."""
        return self._records(self.nodes, self.edges, self.hops, self.costs)

    @property
    def explanation(self) -> str:
        """``reason`` as a sentence."""
        return REASONS[self.reason]

    def __len__(self) -> int:
        return len(self.hops)

    @overload
    def __getitem__(self, index: int) -> Path: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Path, ...]: ...
    def __getitem__(self, index: int | slice) -> Path | tuple[Path, ...]:
        if "paths" in self.__dict__:
            return self.paths[index]
        if isinstance(index, slice):
            return self._records(self.nodes[index], self.edges[index], self.hops[index], self.costs[index])
        at = range(len(self))[index]
        part = slice(at, at + 1)
        return self._records(self.nodes[part], self.edges[part], self.hops[part], self.costs[part])[0]

    def __iter__(self) -> Iterator[Path]:
        return iter(self.paths)

    def __repr__(self) -> str:
        return f"<PathSet of {len(self)} paths{f', {self.reason}' if self.reason else ''}>"

    def _records(self, nodes: I32, edges: I32, hops: I32, costs: F64) -> tuple[Path, ...]:
        """Rows as records. Ids are looked up once for each distinct number, and equal hops share one record."""
        graph = self.graph
        used = _distinct(nodes, nodes >= 0)
        curie = dict(zip(used, map(bytes.decode, graph.node_ids[used].tolist()), strict=True))
        walked = np.where(graph.head[edges] == nodes[:, :-1], edges, ~edges)  # ~e: edge e against its direction
        hop = {w: Hop(graph.edge_id(max(w, ~w)), w >= 0) for w in _distinct(walked, edges >= 0)}
        return tuple(
            Path(
                tuple(map(curie.__getitem__, row[: length + 1])),
                tuple(map(hop.__getitem__, steps[:length])),
                cost,
            )
            for row, steps, cost, length in zip(
                nodes.tolist(), walked.tolist(), costs.tolist(), hops.tolist(), strict=True
            )
        )
