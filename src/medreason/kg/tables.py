"""The files inside a graph folder: Parquet tables for people and other tools, memory-mapped arrays for us."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic_core import to_json

from medreason.errors import GraphError
from medreason.kg.arrays import Csr, adjacency, ancestors, from_rows, group
from medreason.kg.columns import Columns
from medreason.kg.heap import write_heap
from medreason.kg.source import HAS_PHENOTYPE, IS_A
from medreason.records import Concept, EdgeEvidence


def encode_concept(concept: Concept) -> bytes:
    """A concept as compact JSON: positional, read back by ``store.decode_concept``."""
    return to_json([
        concept.id, concept.type, concept.name,
        [[s.text, s.scope, s.kind] for s in concept.synonyms],
        concept.definition, concept.xrefs,
        [[a.kind, a.concept, a.references, a.code, a.frequency] for a in concept.attributes],
    ])  # fmt: skip


def _plain(item: EdgeEvidence) -> list[Any]:
    f = item.frequency
    frequency = None if f is None else [f.k, f.n, f.percent, f.term]
    return [item.references, item.code, frequency, item.onset, item.sex, item.modifiers]


def encode_evidence(rows: Iterable[EdgeEvidence]) -> bytes:
    """The evidence of one edge as compact JSON: positional, read back by ``store.decode_evidence``.

    ``pydantic_core.to_json`` writes the bytes of ``json.dumps`` in a fifth of its time (1.4 against 7.2 µs).
    """
    return to_json([_plain(row) for row in rows])


def _text_lists(rows: Iterable[Iterable[str]]) -> pl.Series:
    """A list column, made by one split instead of a small series a row (0.1 against 0.8 s)."""
    joined = pl.Series(["\x1f".join(row) for row in rows], dtype=pl.String)
    return joined.str.split("\x1f").list.drop_nulls().list.eval(pl.element().filter(pl.element() != ""))


def hex_ids(ids: NDArray[np.uint64]) -> pl.Series:
    """Edge ids as text: ``E`` and 16 hexadecimal digits."""
    if not len(ids):
        return pl.Series([], dtype=pl.String)
    digits = np.frombuffer(ids.astype(">u8").tobytes().hex().encode(), dtype=np.uint8).reshape(-1, 16)
    rows = np.full((len(ids), 18), ord("\n"), dtype=np.uint8)
    rows[:, 0], rows[:, 1:17] = ord("E"), digits
    return pl.Series([rows.tobytes()[:-1].decode()]).str.split("\n").explode()


def write_tables(folder: Path, concepts: list[Concept], columns: Columns) -> None:
    """Writes ``nodes.parquet``, ``edges.parquet`` and ``evidence.parquet``."""
    ids = pl.Series([c.id for c in concepts], dtype=pl.String)
    pl.DataFrame(
        {
            "id": ids,
            "type": pl.Series([c.type for c in concepts], dtype=pl.String),
            "name": pl.Series([c.name for c in concepts], dtype=pl.String),
            "synonyms": _text_lists([s.text for s in c.synonyms] for c in concepts),
            "definition": pl.Series([c.definition for c in concepts], dtype=pl.String),
            "xrefs": _text_lists(c.xrefs for c in concepts),
        }
    ).write_parquet(folder / "nodes.parquet", compression="zstd")
    pl.DataFrame(
        {
            "id": hex_ids(columns.ids),
            "head": ids.gather(columns.head),
            "relation": pl.Series(columns.relations, dtype=pl.String).gather(columns.relation),
            "tail": ids.gather(columns.tail),
            "directed": pl.Series(columns.directed),
            "polarity": pl.Series(["absent", "present"]).gather(columns.present.astype(np.uint8)),
            "source": pl.Series(columns.sources, dtype=pl.String).gather(columns.source),
        }
    ).write_parquet(folder / "edges.parquet", compression="zstd")
    _write_evidence(folder, columns)


def _write_evidence(folder: Path, columns: Columns) -> None:
    numbers = [number for number, items in columns.evidence.items() for _ in items]
    rows = [row for items in columns.evidence.values() for row in items]
    frequencies = [r.frequency for r in rows]
    pl.DataFrame(
        {
            "edge": hex_ids(columns.ids[numbers] if numbers else columns.ids[:0]),
            "references": pl.Series(["|".join(r.references) for r in rows], dtype=pl.String),
            "code": pl.Series([r.code for r in rows], dtype=pl.String),
            "k": pl.Series([f.k if f else None for f in frequencies], dtype=pl.Int64),
            "n": pl.Series([f.n if f else None for f in frequencies], dtype=pl.Int64),
            "percent": pl.Series([f.percent if f else None for f in frequencies], dtype=pl.Float64),
            "term": pl.Series([f.term if f else None for f in frequencies], dtype=pl.String),
            "onset": pl.Series([r.onset for r in rows], dtype=pl.String),
            "sex": pl.Series([r.sex for r in rows], dtype=pl.String),
            "modifiers": pl.Series(["|".join(r.modifiers) for r in rows], dtype=pl.String),
        }
    ).write_parquet(folder / "evidence.parquet", compression="zstd")


def _save_csr(folder: Path, name: str, csr: Csr) -> None:
    np.save(folder / f"{name}.indptr.npy", csr.indptr)
    np.save(folder / f"{name}.values.npy", csr.values)


def _strings(folder: Path, name: str, values: list[str]) -> None:
    """Sorted-searchable fixed-width bytes (UTF-8)."""
    np.save(folder / f"{name}.npy", np.asarray([v.encode() for v in values] or [b""], dtype="S"))


def write_heaps(folder: Path, concepts: list[Concept], columns: Columns) -> None:
    """Writes the nodes and, where any edge has it, the evidence as JSON heaps."""
    write_heap(folder, "nodes", map(encode_concept, concepts))
    count = len(columns.head) if columns.evidence else 0
    nothing: tuple[EdgeEvidence, ...] = ()
    rows = (columns.evidence.get(number, nothing) for number in range(count))
    write_heap(folder, "evidence", (encode_evidence(r) if r else b"" for r in rows))


def write_arrays(folder: Path, concepts: list[Concept], columns: Columns, retired: dict[str, str]) -> list[str]:
    """Writes columns, adjacency, closures and look-up tables as ``.npy`` files; returns what node types mean."""
    head, tail = columns.head, columns.tail
    count = len(concepts)
    numbers = np.arange(len(head), dtype=np.int32)
    for name in ("head", "tail", "relation", "present", "directed", "source"):
        np.save(folder / f"edge.{name}.npy", getattr(columns, name))
    np.save(folder / "edge.id.npy", columns.ids)
    np.save(folder / "edge.order.npy", np.argsort(columns.ids, kind="stable").astype(np.int32))
    _save_csr(folder, "out", group(head, numbers, count))
    _save_csr(folder, "in", group(tail, numbers, count))
    neighbours, via = adjacency(head, tail, count)
    _save_csr(folder, "adjacency", neighbours)
    np.save(folder / "adjacency.edge.npy", via)
    _write_closures(folder, concepts, columns)

    at = {c.id: i for i, c in enumerate(concepts)}
    _strings(folder, "node.id", [c.id for c in concepts])
    old = sorted(o for o in retired if o not in at and retired[o] in at)
    _strings(folder, "retired.id", old)
    np.save(folder / "retired.node.npy", np.asarray([at[retired[o]] for o in old], dtype=np.int32))
    cited: dict[str, list[int]] = {}
    for number, rows in columns.evidence.items():
        for reference in {r for row in rows for r in row.references}:
            cited.setdefault(reference, []).append(number)
    names = sorted(cited)
    _strings(folder, "reference.id", names)
    _save_csr(folder, "reference", from_rows(cited[n] for n in names))
    types = sorted({c.type for c in concepts})
    place = {name: i for i, name in enumerate(types)}
    width = np.uint8 if len(types) < 256 else np.uint16
    np.save(folder / "node.type.npy", np.fromiter((place[c.type] for c in concepts), dtype=width, count=count))
    return types


def _write_closures(folder: Path, concepts: list[Concept], columns: Columns) -> None:
    head, tail, count = columns.head, columns.tail, len(concepts)

    def stated(relation: str) -> NDArray[np.bool_]:
        code = columns.relations.index(relation) if relation in columns.relations else -1
        found: NDArray[np.bool_] = (columns.relation == code) & columns.present
        return found if code >= 0 else np.zeros(len(head), dtype=np.bool_)

    is_a = stated(IS_A) & columns.directed
    try:
        closure = ancestors(group(head[is_a], tail[is_a], count))
    except ValueError as error:
        node = concepts[int(str(error).rsplit(" ", 1)[1])].id
        raise GraphError(
            f"the is_a hierarchy has a cycle through {node}", fix="take one is_a edge of the circle out of the source"
        ) from error
    _save_csr(folder, "ancestors", from_rows(closure))
    has = stated(HAS_PHENOTYPE)
    direct = group(head[has], tail[has], count)
    profiles = from_rows(
        frozenset().union(*(closure[t] for t in direct.values[direct.indptr[v] : direct.indptr[v + 1]]))
        for v in range(count)
    )
    _save_csr(folder, "profile", profiles)
    owners = np.repeat(np.arange(count, dtype=np.int32), np.diff(profiles.indptr))
    _save_csr(folder, "carriers", group(profiles.values, owners, count))
