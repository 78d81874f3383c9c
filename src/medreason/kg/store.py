"""Opens a built graph: memory-mapped arrays, decoded on demand, shared between processes.

Opening reads a small manifest and maps files; nothing is parsed. A node or edge becomes a record only when
it is asked for. The graph is immutable: what a case must not see is taken away by :mod:`medreason.kg.view`.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medreason.errors import GraphError, UnknownConceptError
from medreason.kg.arrays import I32
from medreason.kg.build import FORMAT, MANIFEST, sha256_of
from medreason.kg.grades import Grades
from medreason.kg.heap import Heap
from medreason.records import Attribute, Concept, Edge, EdgeEvidence, Frequency, GraphRef, Synonym

_MANIFEST = ("source", "version", "sha256", "relations", "sources", "counts", "outputs")
_EDGE_ID = re.compile("E[0-9a-f]{16}")


def decode_concept(data: bytes) -> Concept:
    """The inverse of ``tables.encode_concept``."""
    cid, kind, name, synonyms, definition, xrefs, attributes = json.loads(data)
    return Concept(
        cid, kind, name,
        tuple(Synonym(*s) for s in synonyms), definition, tuple(xrefs),
        tuple(Attribute(k, c, tuple(r), code, f) for k, c, r, code, f in attributes),
    )  # fmt: skip


def decode_evidence(data: bytes) -> tuple[EdgeEvidence, ...]:
    """The inverse of ``tables.encode_evidence``; no bytes are no evidence."""
    return tuple(
        EdgeEvidence(tuple(r), code, None if f is None else Frequency(*f), onset, sex, tuple(m))
        for r, code, f, onset, sex, m in (json.loads(data) if data else ())
    )


def _mapped(path: Path) -> Any:
    """A memory-mapped array as a plain ndarray (the memmap class makes every slice three times dearer)."""
    return np.load(path, mmap_mode="r").view(np.ndarray)


class Rows:
    """A CSR index on disk; ``rows[i]`` is a read-only view of row ``i``."""

    __slots__ = ("indptr", "values")

    def __init__(self, folder: Path, name: str) -> None:
        self.indptr: NDArray[np.int64] = _mapped(folder / f"{name}.indptr.npy")
        self.values: I32 = _mapped(folder / f"{name}.values.npy")

    def __getitem__(self, row: int) -> I32:
        return self.values[self.indptr[row] : self.indptr[row + 1]]


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise GraphError(
            "the folder is not a complete graph (no manifest.json)",
            fix="build one: medreason kg build hpo --out DIR",
            item=folder.name,
        ) from error
    except (OSError, ValueError) as error:
        raise GraphError(
            f"cannot read manifest.json: {error}", fix="build the graph again", item=folder.name
        ) from error
    if not isinstance(manifest, dict):
        raise GraphError("manifest.json is no manifest", fix="build the graph again", item=folder.name)
    if (given := manifest.get("format")) != FORMAT:
        newer = isinstance(given, int) and given > FORMAT
        raise GraphError(
            f"the graph has format {given}, this program reads format {FORMAT}",
            fix="update medreason, or build the graph again" if newer else "build the graph again with this version",
            item=folder.name,
        )
    if lacking := [key for key in _MANIFEST if key not in manifest]:
        raise GraphError(f"manifest.json lacks {', '.join(lacking)}", fix="build the graph again", item=folder.name)
    for name, facts in manifest["outputs"].items():
        path = folder / name
        size = path.stat().st_size if path.is_file() else -1
        if size != facts["bytes"]:
            state = "is missing" if size < 0 else f"has {size} bytes, the manifest says {facts['bytes']}"
            raise GraphError(f"{name} {state}", fix="build the graph again", item=folder.name)
    return manifest


class _EdgeColumns:
    """What an edge is put together from."""

    def __init__(self, graph: Graph) -> None:
        self._ids, self._nodes, self._evidence = graph._edge_ids, graph.node_ids, graph._evidence
        self._columns = (graph.head, graph.relation, graph.tail, graph.directed, graph.present, graph.edge_source)
        self._relations, self._sources = graph.relations, graph.sources

    def edge(self, number: int) -> Edge:
        head, relation, tail, directed, present, source = (column[number] for column in self._columns)
        return Edge(
            f"E{int(self._ids[number]):016x}",
            bytes(self._nodes[head]).decode(),
            self._relations[relation],
            bytes(self._nodes[tail]).decode(),
            bool(directed),
            "present" if present else "absent",
            self._sources[source],
            decode_evidence(self._evidence[number]) if len(self._evidence) else (),
        )


class Graph:
    """A read-only knowledge graph.

    Nodes and edges have numbers (positions in canonical order, valid for this build) and ids (CURIE, edge
    hash; stable across builds). Public methods take and give ids unless their name says ``number``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = _read_manifest(folder)
        self.ref = GraphRef(self.manifest["source"], self.manifest["version"], self.manifest["sha256"])
        self.relations: list[str] = self.manifest["relations"]
        self.sources: list[str] = self.manifest["sources"]
        self.node_types: list[str] = self.manifest["node_types"]
        self._nodes = Heap(folder, "nodes")
        self._evidence = Heap(folder, "evidence")
        self.node_ids = self._array("node.id")
        self._edge_ids = self._array("edge.id")
        self._edge_order = self._array("edge.order")
        self._retired_ids = self._array("retired.id")
        self._retired_nodes = self._array("retired.node")
        self._reference_ids = self._array("reference.id")
        self._reference_edges = Rows(folder, "reference")
        self.head: I32 = self._array("edge.head")
        self.tail: I32 = self._array("edge.tail")
        self.relation: NDArray[np.uint8] = self._array("edge.relation")
        self.present: NDArray[np.bool_] = self._array("edge.present")
        self.directed: NDArray[np.bool_] = self._array("edge.directed")
        self.edge_source: NDArray[np.uint16] = self._array("edge.source")
        self.node_type: NDArray[np.unsignedinteger[Any]] = self._array("node.type")
        self.outgoing = Rows(folder, "out")
        self.incoming = Rows(folder, "in")
        self.adjacency = Rows(folder, "adjacency")
        self.adjacency_edge: I32 = self._array("adjacency.edge")
        self.ancestors = Rows(folder, "ancestors")
        self.profile = Rows(folder, "profile")
        self.carriers = Rows(folder, "carriers")
        # The caches hold heaps and arrays, not the graph: no cycle keeps its files open once it is let go.
        nodes, columns = self._nodes, _EdgeColumns(self)
        self._concept = lru_cache(maxsize=65536)(lambda i: decode_concept(nodes[i]))
        self._edge = lru_cache(maxsize=65536)(columns.edge)

    def _array(self, name: str) -> Any:
        return _mapped(self.folder / f"{name}.npy")

    @cached_property
    def grade(self) -> NDArray[np.unsignedinteger[Any]]:
        """Grade of every edge, see :mod:`medreason.kg.grades`; empty where no edge has evidence."""
        if "edge.grade.npy" not in self.manifest["outputs"]:
            none: NDArray[np.unsignedinteger[Any]] = np.frombuffer(b"", dtype=np.uint16)  # read-only, as mapped ones
            return none
        found: NDArray[np.unsignedinteger[Any]] = self._array("edge.grade")
        return found

    @cached_property
    def grades(self) -> Grades:
        """What each grade means."""
        terms, codes = self.manifest["frequency_terms"], self.manifest["evidence_codes"]
        if not len(self.grade):
            zero = np.zeros(1, dtype=np.int32)
            return Grades(zero, zero, np.full(1, np.nan), zero, zero, [""], [""])
        k, n, percent, term, code = (self._array(f"grade.{name}") for name in ("k", "n", "percent", "term", "code"))
        return Grades(k, n, percent, term, code, terms, codes)

    # -- counts and identity -----------------------------------------------------------------------

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self._nodes)

    @property
    def n_edges(self) -> int:
        """Number of edges, both polarities."""
        return len(self.head)

    @cached_property
    def annotated_diseases(self) -> int:
        """Number of nodes with at least one ``has_phenotype`` edge of polarity ``present``."""
        return int(np.count_nonzero(np.diff(self.profile.indptr)))

    def check_files(self) -> list[str]:
        """Names of files whose SHA-256 differs from the manifest's (reads everything, about 0.1 s)."""
        outputs = self.manifest["outputs"]
        return [name for name, facts in outputs.items() if sha256_of(self.folder / name) != facts["sha256"]]

    # -- nodes -------------------------------------------------------------------------------------

    def number(self, curie: str) -> int | None:
        """Node number of a CURIE; a retired id gives its replacement; ``None`` if unknown. O(log n)."""
        key = curie.encode()
        at = int(np.searchsorted(self.node_ids, key))
        if at < len(self.node_ids) and self.node_ids[at] == key:
            return at
        at = int(np.searchsorted(self._retired_ids, key))
        if at < len(self._retired_nodes) and self._retired_ids[at] == key:
            return int(self._retired_nodes[at])
        return None

    def require(self, curie: str) -> int:
        """As :meth:`number`, but unknown ids raise.

        Raises:
            UnknownConceptError: the id is not in the graph.
        """
        number = self.number(curie)
        if number is None:
            raise UnknownConceptError(
                f"{curie} is not in the graph {self.ref.source} {self.ref.version}",
                fix="look it up: medreason kg search DIR TEXT",
            )
        return number

    def curie(self, number: int) -> str:
        """CURIE of a node number."""
        return bytes(self.node_ids[number]).decode()

    def concept_at(self, number: int) -> Concept:
        """The node with this number (decoded once, then cached)."""
        return self._concept(number)

    def concept(self, curie: str) -> Concept:
        """The node with this CURIE, retired ids resolved; unknown ids raise ``UnknownConceptError``."""
        return self._concept(self.require(curie))

    def name(self, curie: str) -> str:
        """Preferred name of a concept."""
        return self.concept(curie).name

    def current_id(self, curie: str) -> str | None:
        """The id in force for a possibly retired id, or ``None``."""
        number = self.number(curie)
        return None if number is None else self.curie(number)

    def retired(self) -> Iterator[tuple[str, int]]:
        """Retired and other ids that find a node, and its number."""
        for old, number in zip(self._retired_ids.tolist(), self._retired_nodes.tolist(), strict=False):
            yield old.decode(), number

    # -- edges -------------------------------------------------------------------------------------

    def edge_at(self, number: int) -> Edge:
        """The edge with this number."""
        return self._edge(number)

    def evidence_at(self, number: int) -> tuple[EdgeEvidence, ...]:
        """The evidence of the edge with this number, without the rest of it."""
        return decode_evidence(self._evidence[number]) if len(self._evidence) else ()

    def edge_id(self, number: int) -> str:
        """Id of an edge number."""
        return f"E{int(self._edge_ids[number]):016x}"

    def edge_number(self, edge_id: str) -> int | None:
        """Edge number of an edge id, or ``None``. O(log n)."""
        if _EDGE_ID.fullmatch(edge_id) is None:
            return None
        ids, order, key = self._edge_ids, self._edge_order, int(edge_id[1:], 16)
        at = bisect_left(range(len(order)), key, key=lambda i: int(ids[order[i]]))
        return int(order[at]) if at < len(order) and int(ids[order[at]]) == key else None

    def edge(self, edge_id: str) -> Edge:
        """The edge with this id.

        Raises:
            UnknownConceptError: no such edge in this graph.
        """
        number = self.edge_number(edge_id)
        if number is None:
            raise UnknownConceptError(
                f"edge {edge_id} is not in the graph {self.ref.source} {self.ref.version}",
                fix="an edge id is E and 16 hexadecimal digits; ids of vanished edges belong to another version",
            )
        return self._edge(number)

    def edges_citing(self, reference: str) -> I32:
        """Numbers of the edges that cite a reference (e.g. ``PMID:10874631``)."""
        key = reference.encode()
        at = int(np.searchsorted(self._reference_ids, key))
        if at < len(self._reference_ids) and self._reference_ids[at] == key:
            return self._reference_edges[at]
        return self._reference_edges.values[:0]

    def relation_code(self, relation: str) -> int:
        """Integer code of a relation name, -1 if the graph has no such relation."""
        return self.relations.index(relation) if relation in self.relations else -1


def open_graph(folder: Path | str) -> Graph:
    """Opens a graph folder.

    Raises:
        GraphError: not a graph, incomplete, damaged in size, or of another format.
    """
    return Graph(Path(folder))
