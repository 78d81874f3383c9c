"""What a path may be made of: relations, polarity, node types on the way, a meta-path, a greatest length.

A meta-path is a sequence of stops and hops in turn, first and last a stop, e.g.
``("phenotype", "is_a>", "phenotype", "<has_phenotype", "disease")``:

- a stop is a node type, several joined by ``|``, or ``*`` for any;
- a hop is a relation, several joined by ``|``, or ``*`` for any; with ``>`` behind it is walked from head to tail,
  with ``<`` before it from tail to head, with neither in either direction. Relations without a direction of their
  own match all three.

A meta-path of m hops matches paths of exactly m hops.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from medreason.errors import UsageError
from medreason.kg._net import Bools, Net
from medreason.kg.arrays import I32
from medreason.kg.store import Graph

PathPolarity = Literal["present", "any"]


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What may be walked; the default is every present edge.

    Attributes:
        relations: The relations that may be walked; ``None`` for all.
        not_relations: Relations that may not.
        types: Node types that may be passed through; ``None`` for all. The two ends may be of any type.
        not_types: Node types that may not be passed through.
        polarity: ``present`` leaves out edges that report an absence; ``any`` walks both.
        pattern: A meta-path, empty for none.
        max_length: Most hops of a path; ``None`` for no bound.

    Raises:
        UsageError: the polarity is no choice, ``max_length`` is below 1, the pattern is no meta-path or is longer.
    """

    relations: Collection[str] | None = None
    not_relations: Collection[str] = ()
    types: Collection[str] | None = None
    not_types: Collection[str] = ()
    polarity: PathPolarity = "present"
    pattern: Sequence[str] = ()
    max_length: int | None = None

    def __post_init__(self) -> None:
        for name in ("relations", "not_relations", "types", "not_types"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise UsageError(f"{name} is one text, {value!r}", fix="give a list of names")
            object.__setattr__(self, name, None if value is None else frozenset(value))
        if isinstance(self.pattern, str):
            raise UsageError(f"the pattern is one text, {self.pattern!r}", fix="give a list of stops and hops")
        object.__setattr__(self, "pattern", tuple(self.pattern))
        if self.polarity not in ("present", "any"):
            raise UsageError(f"polarity {self.polarity!r} is no choice", fix="give present or any")
        if self.max_length is not None and self.max_length < 1:
            raise UsageError(f"no path has at most {self.max_length} hops", fix="give a max_length of 1 or more")
        if self.pattern and (len(self.pattern) < 3 or len(self.pattern) % 2 == 0):
            raise UsageError(
                f"{' '.join(self.pattern)!r} is no meta-path",
                fix='give stops and hops in turn, e.g. ["phenotype", "<has_phenotype", "disease"]',
            )
        hops = len(self.pattern) // 2
        if self.max_length is not None and hops > self.max_length:
            raise UsageError(
                f"the pattern has {hops} hops, max_length is {self.max_length}", fix="give one of them another length"
            )


def _known(names: Collection[str], known: Sequence[str], label: str, many: str) -> None:
    for name in sorted(names):
        if name not in known:
            raise UsageError(f"the graph has no {label} {name!r}", fix=f"its {many} are: {', '.join(known)}")


def _chosen(allowed: Collection[str] | None, denied: Collection[str], known: Sequence[str]) -> Bools:
    usable = [(allowed is None or name in allowed) and name not in denied for name in known]
    return np.asarray(usable or [False], dtype=np.bool_)


def _stops(graph: Graph, pattern: Sequence[str]) -> Bools:
    """Place, type → may stand there."""
    table = np.zeros((len(pattern[::2]), len(graph.node_types)), dtype=np.bool_)
    for place, stop in enumerate(pattern[::2]):
        names = graph.node_types if stop == "*" else stop.split("|")
        _known(names, graph.node_types, "node type", "node types")
        table[place] = [name in names for name in graph.node_types]
    return table


def _hops(graph: Graph, pattern: Sequence[str]) -> Bools:
    """Hop, class → may be walked there."""
    table = np.zeros((len(pattern[1::2]), 2 * len(graph.relations)), dtype=np.bool_)
    for place, hop in enumerate(pattern[1::2]):
        forward, against = not hop.startswith("<"), not hop.endswith(">")
        if not forward and not against:
            raise UsageError(f"the hop {hop!r} points both ways", fix="give <relation, relation> or relation")
        text = hop.removeprefix("<").removesuffix(">")
        names = graph.relations if text == "*" else text.split("|")
        _known(names, graph.relations, "relation", "relations")
        for code, name in enumerate(graph.relations):
            table[place, 2 * code : 2 * code + 2] = (name in names and forward, name in names and against)
    return table


def net_of(graph: Graph, filters: Filters, excluded: I32) -> Net:
    """The graph under filters, as the compiled search reads it; O(edges) where some may not be walked.

    Raises:
        UsageError: a relation or type is not in the graph, or no edge is left to walk.
    """
    given = filters.relations or ()
    _known({*given, *filters.not_relations}, graph.relations, "relation", "relations")
    _known({*(filters.types or ()), *filters.not_types}, graph.node_types, "node type", "node types")
    usable = _chosen(filters.relations, filters.not_relations, graph.relations)
    through = _chosen(filters.types, filters.not_types, graph.node_types)
    both = filters.polarity == "any"
    counts: dict[str, int] = graph.manifest["counts"]["relations"]
    open_ = [n for r, n in counts.items() if r in _labels(graph, usable, both=both)]
    if not sum(open_):
        raise UsageError("the filters leave no edge to walk", fix="allow more relations, or polarity any")
    rows, pattern = graph.adjacency, filters.pattern
    every = sum(open_) == graph.n_edges
    empty = np.zeros((0, 0), dtype=np.bool_)
    return Net(
        indptr=np.asarray(rows.indptr),  # numba takes plain arrays, not memory maps; nothing is copied
        values=np.asarray(rows.values),
        edge=np.asarray(graph.adjacency_edge),
        head=np.asarray(graph.head),
        relation=np.asarray(graph.relation),
        present=np.asarray(graph.present),
        directed=np.asarray(graph.directed),
        kind=np.asarray(graph.node_type),
        every=every,
        walk=np.zeros(0, dtype=np.bool_) if every else usable[graph.relation] & (graph.present | both),
        excluded=excluded,
        anywhere=bool(through.all()) and not pattern,
        through=through,
        hops=_hops(graph, pattern) if pattern else empty,
        stops=_stops(graph, pattern) if pattern else empty,
    )


def _labels(graph: Graph, usable: Bools, *, both: bool) -> set[str]:
    """Names of what may be walked, as the manifest counts them."""
    polarities = ("present", "absent") if both else ("present",)
    return {f"{r}/{p}" for r, ok in zip(graph.relations, usable.tolist(), strict=False) if ok for p in polarities}
