"""Rows of a file → edges without repeats; shared by the readers of tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from medreason.errors import InputError
from medreason.kg.source import HAS_PHENOTYPE, IS_A, EdgeTable
from medreason.records import EdgeEvidence

Numbers = NDArray[np.integer[Any]]
# Names under which other sources state the hierarchy and the phenotypes of a disease.
HOUSE_NAMES = {
    "subclass_of": IS_A, "subClassOf": IS_A, "rdfs:subClassOf": IS_A, "isa": IS_A, "is_a": IS_A,
    "has_phenotype": HAS_PHENOTYPE, "RO:0002200": HAS_PHENOTYPE,
}  # fmt: skip
PREFIX_TYPES = {
    "HP": "phenotype", "MP": "phenotype", "MONDO": "disease", "DOID": "disease", "OMIM": "disease",
    "ORPHA": "disease", "Orphanet": "disease", "NCBIGene": "gene", "HGNC": "gene", "UBERON": "anatomy",
    "CL": "cell", "CHEBI": "chemical", "DrugBank": "drug", "GO": "gene_ontology_term", "Reactome": "pathway",
}  # fmt: skip


class Label(NamedTuple):
    """What rows of an edge can differ in besides their ends."""

    relation: str
    present: bool
    directed: bool
    source: str


def type_of(curie: str) -> str:
    """Node type read from the prefix, ``entity`` where that says nothing."""
    return PREFIX_TYPES.get(curie.partition(":")[0], "entity")


def positions(values: pl.Series, ids: Sequence[str], lines: pl.Series, name: str) -> NDArray[np.int64]:
    """Where each value stands in ``ids``.

    Raises:
        InputError: a value is not among them; the message names its line.
    """
    keys = pl.DataFrame({"id": pl.Series(ids, dtype=pl.String)}).with_row_index("at").unique("id", keep="first")
    found = pl.DataFrame({"id": values}).join(keys, on="id", how="left", maintain_order="left")["at"]
    if found.null_count():
        row = int(found.is_null().arg_max() or 0)
        raise InputError(
            f"{values[row]} is not among the nodes",
            fix="add the node, or take the edge out",
            item=f"{name}:{lines[row]}",
        )
    return found.to_numpy().astype(np.int64)


def edge_table(
    head: Numbers,
    tail: Numbers,
    label: Numbers,
    labels: Sequence[Label],
    evidence: Mapping[int, EdgeEvidence] | None = None,
) -> tuple[EdgeTable, int]:
    """Rows with equal ends and label become one edge with the distinct evidence of all, in row order.

    Rows of an undirected label must have been oriented by the caller.

    Returns:
        The table, and how many rows repeated an edge.
    """
    return _joined(head, tail, label, labels, {row: (item,) for row, item in (evidence or {}).items()})


def _joined(
    head: Numbers,
    tail: Numbers,
    label: Numbers,
    labels: Sequence[Label],
    evidence: Mapping[int, tuple[EdgeEvidence, ...]],
) -> tuple[EdgeTable, int]:
    order = np.lexsort((tail, head, label))
    head, tail, label = head[order], tail[order], label[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (head[1:] != head[:-1]) | (tail[1:] != tail[:-1]) | (label[1:] != label[:-1])
    rows: dict[int, tuple[EdgeEvidence, ...]] = {}
    if evidence:
        edge_of_row = (np.cumsum(first) - 1).tolist()
        for edge, row in zip(edge_of_row, order.tolist(), strict=True):
            if row in evidence:
                known = rows.get(edge, ())
                rows[edge] = (*known, *(e for e in evidence[row] if e not in known)) if known else evidence[row]
    relations, sources = sorted({x.relation for x in labels}), sorted({x.source for x in labels})
    chosen = label[first]
    table = EdgeTable(
        head[first],
        tail[first],
        np.asarray([relations.index(x.relation) for x in labels], dtype=np.int32)[chosen],
        np.asarray([x.present for x in labels], dtype=np.bool_)[chosen],
        np.asarray([x.directed for x in labels], dtype=np.bool_)[chosen],
        np.asarray([sources.index(x.source) for x in labels], dtype=np.int32)[chosen],
        relations,
        sources,
        rows,
    )
    return table, int(len(order) - np.count_nonzero(first))


def merge_tables(first: EdgeTable, second: EdgeTable, where: Numbers) -> tuple[EdgeTable, int]:
    """Both tables as one; ``where`` gives the second's nodes their places. Edges in both become one.

    An undirected edge of the second that the first has the other way round takes the first's direction of reading.

    Returns:
        The table, and how many edges were in both (or became equal because their ends were joined).
    """
    labels: list[Label] = []
    parts = []
    for table in (first, second):
        shape = (len(table.relations), 2, 2, len(table.sources))
        code = np.ravel_multi_index(
            (table.relation, table.present.astype(np.intp), table.directed.astype(np.intp), table.source), shape
        )
        place = np.zeros(int(np.prod(shape)), dtype=np.int64)
        for one in np.flatnonzero(np.bincount(code, minlength=len(place))).tolist():
            relation, present, directed, source = np.unravel_index(one, shape)
            fact = Label(table.relations[relation], bool(present), bool(directed), table.sources[source])
            if fact not in labels:
                labels.append(fact)
            place[one] = labels.index(fact)
        parts.append(place[code])
    label = np.concatenate(parts)
    head = np.concatenate([np.asarray(first.head, dtype=np.int64), where[second.head]])
    tail = np.concatenate([np.asarray(first.tail, dtype=np.int64), where[second.tail]])
    loose = ~np.asarray([x.directed for x in labels] or [True])[label]
    count = int(max(head.max(initial=0), tail.max(initial=0))) + 1
    ours, theirs = slice(len(first.head)), slice(len(first.head), None)
    known = ((label * count + head) * count + tail)[ours][loose[ours]]
    turn = np.isin(((label * count + tail) * count + head)[theirs], known) & loose[theirs]
    head[theirs], tail[theirs] = np.where(turn, tail[theirs], head[theirs]), np.where(turn, head[theirs], tail[theirs])
    rows = {**first.evidence, **{row + len(first.head): items for row, items in second.evidence.items()}}
    return _joined(head, tail, label, labels, rows)


def codes(values: pl.DataFrame) -> tuple[NDArray[np.int64], list[tuple[str, ...]]]:
    """Rows of a frame of texts as codes of its distinct rows, these in order."""
    distinct = values.unique().sort(values.columns).with_row_index("code")
    code = values.join(distinct, on=values.columns, how="left", maintain_order="left")["code"]
    return code.to_numpy().astype(np.int64), [tuple(row) for row in distinct.drop("code").iter_rows()]


def doubled(ids: Sequence[str]) -> list[str]:
    """Ids that occur more than once."""
    return [i for i, times in Counter(ids).items() if times > 1]
