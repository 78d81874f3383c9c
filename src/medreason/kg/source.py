"""What every graph source hands to the builder: concepts, edges, retired ids, and where they come from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medreason.records import Concept, Edge, EdgeEvidence, Polarity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IS_A = "is_a"
HAS_PHENOTYPE = "has_phenotype"
ASSOCIATED = "associated"
INVERSE_READING = {IS_A: "has_subtype", HAS_PHENOTYPE: "phenotype_of", ASSOCIATED: ASSOCIATED}


@dataclass(slots=True)
class EdgeTable:
    """Edges as columns, for graphs whose edges are too many to be objects (4 million: 60 s and 6 GB).

    Attributes:
        head: Position of the head in ``SourceGraph.concepts``.
        tail: Position of the tail in ``SourceGraph.concepts``.
        relation: Position in ``relations``.
        present: Polarity; false means ``absent``.
        directed: Whether the source gives the relation a direction.
        source: Position in ``sources``.
        relations: Relation names.
        sources: Names of what states the edges.
        evidence: Row of the table → its evidence; rows without evidence are left out.
    """

    head: NDArray[np.integer[Any]]
    tail: NDArray[np.integer[Any]]
    relation: NDArray[np.integer[Any]]
    present: NDArray[np.bool_]
    directed: NDArray[np.bool_]
    source: NDArray[np.integer[Any]]
    relations: list[str]
    sources: list[str]
    evidence: dict[int, tuple[EdgeEvidence, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class SourceGraph:
    """A graph in memory, before it is built.

    Attributes:
        name: Source name, e.g. ``hpo``.
        version: The source's own version string.
        licence: Licence as the source states it.
        attribution: How the source asks to be cited.
        inputs: The files read; their SHA-256 go into the manifest.
        concepts: All nodes.
        edges: All edges; ids must be unique.
        retired: Retired or other id → current id.
        notes: Further counts for the manifest.
        table: The edges as columns, instead of ``edges``.
        facts: Further entries of the manifest, e.g. options of the reader, that JSON can hold.
    """

    name: str
    version: str
    licence: str
    attribution: str
    inputs: list[Path] = field(default_factory=list)
    concepts: list[Concept] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    retired: dict[str, str] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    table: EdgeTable | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def edge_id(head: str, relation: str, tail: str, polarity: str, source: str) -> str:
    """Stable content hash of an edge: ``E`` and 16 hexadecimal digits of SHA-256 (64 bits).

    At ten million edges the chance of any collision is about 3e-6; the builder checks for one all the same.
    """
    text = "\x1f".join((head, relation, tail, polarity, source))
    return "E" + hashlib.sha256(text.encode()).hexdigest()[:16]


def make_edge(
    head: str,
    relation: str,
    tail: str,
    source: str,
    *,
    polarity: Polarity = "present",
    evidence: tuple[EdgeEvidence, ...] = (),
) -> Edge:
    """Makes an edge with its id; ``associated`` is the one undirected relation."""
    eid = edge_id(head, relation, tail, polarity, source)
    return Edge(eid, head, relation, tail, relation != ASSOCIATED, polarity, source, evidence)
