"""Any table of head, relation, tail (CSV, TSV or Parquet) as a graph source; the columns are named by the caller.

Nodes are what the triples name. A type comes from its column, else from the id's prefix. With types, a node's key is
(type, id), as in :mod:`medreason.kg.sources.curies`. Edges are directed, polarity ``present``; repeated rows are one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl

from medreason.errors import InputError, UsageError
from medreason.kg.source import SourceGraph
from medreason.kg.sources import curies, text
from medreason.kg.sources.edges import HOUSE_NAMES, Label, codes, edge_table, type_of
from medreason.records import Concept, Synonym


@dataclass(frozen=True, slots=True)
class TripleColumns:
    """Column names; empty ones are not in the table."""

    head: str = ""
    relation: str = ""
    tail: str = ""
    head_type: str = ""
    tail_type: str = ""
    head_name: str = ""
    tail_name: str = ""


def _parquet(path: Path, needed: list[str]) -> pl.DataFrame:
    try:
        table = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"cannot be read as Parquet: {first}", fix=text.AGAIN, item=path.name) from error
    text.need_columns(table.columns, needed, path.name)
    picked = table.select(pl.col(c).cast(pl.String).fill_null("") for c in dict.fromkeys(needed))
    return picked.with_row_index("line", offset=1)


def _ends(table: pl.DataFrame, columns: TripleColumns) -> pl.DataFrame:
    """Both ends of every row, heads first: id, type, name."""
    parts = []
    for id_, type_, name in (
        (columns.head, columns.head_type, columns.head_name),
        (columns.tail, columns.tail_type, columns.tail_name),
    ):
        parts.append(
            table.select(
                pl.col(id_).alias("id"),
                (pl.col(type_) if type_ else pl.lit("")).alias("type"),
                (pl.col(name) if name else pl.lit("")).alias("name"),
            )
        )
    ends = pl.concat(parts)
    guess = {i: type_of(i) for i in ends.filter(pl.col("type") == "")["id"].unique().to_list()}
    if not guess:
        return ends
    return ends.with_columns(
        pl.when(pl.col("type") == "")
        .then(pl.col("id").replace_strict(guess, default="", return_dtype=pl.String))
        .otherwise(pl.col("type"))
        .alias("type")
    )


def read_triples(path: Path, columns: TripleColumns, *, version: str = "unknown") -> SourceGraph:
    """Reads a table of triples.

    Raises:
        UsageError: head, relation or tail column is not named.
        InputError: naming the line (for Parquet the row) at fault.
    """
    if not (columns.head and columns.relation and columns.tail):
        raise UsageError("triples need their columns named", fix="give --head, --relation and --tail")
    needed = [c for c in asdict(columns).values() if c]
    if path.suffix == ".parquet":
        table = _parquet(path, needed)
    else:
        table = text.read_table(path, needed, quoted=text.separator_of(path) == ",")
    text.need_values(table, [columns.head, columns.relation, columns.tail], path.name)
    graph = SourceGraph("triples", version, "as the source states", "", [path])
    ends = _ends(table, columns)
    at, kinds = codes(ends.select("type", "id"))
    unique = curies.by_type([i for _, i in kinds], [t for t, _ in kinds])
    named = ends.with_columns(pl.Series("at", at)).filter(pl.col("name") != "").select("at", "name").unique()
    names: dict[int, list[str]] = {}
    for node, name in named.sort("at", "name").iter_rows():
        names.setdefault(node, []).append(name)
    for node, (curie, (type_, raw)) in enumerate(zip(unique, kinds, strict=True)):
        first, *rest = names.get(node, [raw])
        xrefs = () if curie == raw else (raw,)
        graph.concepts.append(Concept(curie, type_, first, tuple(Synonym(n) for n in rest), "", xrefs))
    code, relations = codes(table.select(columns.relation))
    labels = [Label(HOUSE_NAMES.get(r, r), True, True, "triples") for (r,) in relations]
    distinct = {label: i for i, label in enumerate(dict.fromkeys(labels))}
    label = np.asarray([distinct[x] for x in labels], dtype=np.int64)[code]
    graph.table, repeated = edge_table(at[: table.height], at[table.height :], label, list(distinct))
    graph.notes |= {"rows": table.height, "duplicate_rows": repeated}
    return graph
