"""PrimeKG (Chandak, Huang, Zitnik, Sci Data 2023;10:67) and files in its twelve columns as a graph source.

- A node's key is (type, id), its name that of the x columns; its CURIE follows :mod:`medreason.kg.sources.curies`.
  A node without id is keyed by its index (``PrimeKG:14480``). ``SOURCE:ID`` as the file writes it (``NCBI:9796``)
  finds the node as well.
- A grouped disease is one node; its members are cross-references and attributes of kind ``member``, and the id
  of a member finds it, unless the member is a node itself or sits in several groups.
- The file holds every edge in both directions under one label, so direction is lost: one edge, ``directed`` false.
  Its head is the end whose type comes first in :data:`HEAD_FIRST` (within one type: the smaller id), which is how
  the relation reads ("drug indication disease"), and nothing more.
- The relation is ``display_relation`` as it stands, except :data:`HOUSE_RELATIONS`; where one display between the
  same two types comes from several relations, the relation is added behind a colon.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from medreason.errors import InputError
from medreason.kg.arrays import bits, distinct_sorted, packed
from medreason.kg.source import ASSOCIATED, HAS_PHENOTYPE, EdgeTable, SourceGraph
from medreason.kg.sources import curies, text
from medreason.records import Attribute, Concept, Synonym

COLUMNS = [
    *("relation", "display_relation", "x_index", "x_id", "x_type", "x_name", "x_source"),
    *("y_index", "y_id", "y_type", "y_name", "y_source"),
]
LICENCE = "MIT (PrimeKG, https://github.com/mims-harvard/PrimeKG); its sources have terms of their own"
ATTRIBUTION = "PrimeKG: Chandak P, Huang K, Zitnik M. Building a knowledge graph to enable precision medicine. 2023."
# Relations with a name in this house: relation → our name. The negative one has the polarity absent.
HOUSE_RELATIONS = {
    "disease_phenotype_positive": HAS_PHENOTYPE,
    "disease_phenotype_negative": HAS_PHENOTYPE,
    "disease_protein": ASSOCIATED,
}
NEGATIVE = "disease_phenotype_negative"
HEAD_FIRST = [
    *("exposure", "pharmacologic_class", "drug", "anatomy", "pathway", "biological_process", "molecular_function"),
    *("cellular_component", "gene/protein", "disease", "effect/phenotype"),
]
_PART = ("index", "id", "type", "name", "source")
_INDEXED = "\x1eindex "  # before the key of a node that has an index and no id


class _Edges(NamedTuple):
    """Rows of the file: positions of end nodes, and of (relation, display_relation) in ``labels``."""

    x: NDArray[np.int64]
    y: NDArray[np.int64]
    label: NDArray[np.int64]
    labels: list[tuple[str, str]]


def _key(side: str) -> pl.Expr:
    raw = pl.col(f"{side}id").fill_null("")
    return pl.when(raw == "").then(_INDEXED + pl.col(f"{side}index")).otherwise(raw)


def _fault(cells: list[str]) -> str | None:
    row = dict(zip(COLUMNS, cells, strict=True))
    for name in ("relation", "x_type", "x_source", "y_type", "y_source"):
        if not row[name]:
            return f"no {name}"
    for side in "xy":
        if not row[f"{side}_id"] and not row[f"{side}_index"]:
            return f"neither {side}_id nor {side}_index"
    return None


def _torn(path: Path) -> bool:
    """Whether a row seems to have other than twelve cells (polars drops further ones without a word; 4 s)."""
    line = pl.col("line")
    bare = pl.when(line.str.contains('"', literal=True)).then(line.str.replace_all('"[^"]*"', "")).otherwise(line)
    lines = pl.scan_csv(path, separator="\x1f", quote_char=None, schema={"line": pl.String}, has_header=False)
    commas = bare.str.count_matches(",", literal=True)
    return bool(lines.select((commas != len(COLUMNS) - 1).any()).collect(engine="streaming").item())


def _scan(path: Path, sides: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Distinct nodes of the ``sides``, and the rows as node numbers and labels; two passes in a stream (12 s)."""
    rows = pl.scan_csv(path, schema=dict.fromkeys(COLUMNS, pl.String))
    parts = [rows.select(pl.col(f"{s}_{c}").alias(c) for c in _PART) for s in sides]
    nodes = pl.concat(parts).unique().collect(engine="streaming")
    nodes = nodes.filter(pl.col("type").is_not_null())
    keyed = nodes["id"].null_count() == 0  # else the key is put together for every row, which takes 5 s
    nodes = nodes.with_columns(_key("").alias("key")).sort("type", "key", "index", "name", "source")
    keys = nodes.select("type", "key").unique(maintain_order=True).with_row_index("node").lazy()
    for side in "xy":
        ours = keys.rename({"node": side, "type": f"{side}_type", "key": f"{side}_key"})
        rows = rows.with_columns((pl.col(f"{side}_id") if keyed else _key(f"{side}_")).alias(f"{side}_key"))
        rows = rows.join(ours, on=[f"{side}_type", f"{side}_key"], how="left")
    labels = [pl.col(c).cast(pl.Categorical) for c in ("relation", "display_relation")]
    last = [pl.col(c).is_null().alias(c) for c in ("x_source", "y_source")]
    return nodes, rows.select(*labels, *last, "x", "y").collect(engine="streaming")


def _read(path: Path) -> tuple[pl.DataFrame, _Edges]:
    with text.plain(path) as plain:
        header, comments = text.header_of(plain, path.name, ",")
        if header != COLUMNS or comments:
            raise InputError(
                f"the header is not PrimeKG's: {', '.join(header)[:200]}",
                fix=f"give the file with the columns {', '.join(COLUMNS)}",
                item=f"{path.name}:{comments + 1}",
            )
        try:
            if _torn(plain):
                text.find_fault(plain, path.name, ",", quoted=True, check=_fault)
            nodes, rows = _scan(plain, "x")
            if rows["y"].null_count():  # an edge in one direction only, or a hole
                nodes, rows = _scan(plain, "xy")
        except (pl.exceptions.PolarsError, UnicodeError) as error:
            text.give_up(error, plain, path.name, ",", quoted=True)
        holes = sum(rows[c].null_count() for c in ("relation", "x", "y"))
        if holes or rows["x_source"].any() or rows["y_source"].any():
            text.find_fault(plain, path.name, ",", quoted=True, check=_fault)
            rows = rows.drop_nulls(["relation", "x", "y"])  # empty lines
    if not rows.height:
        raise InputError("the file holds no edge", fix=text.AGAIN, item=f"{path.name}:1")
    return nodes, _edges(rows)


def _edges(rows: pl.DataFrame) -> _Edges:
    code = np.zeros(rows.height, dtype=np.int64)
    texts: list[list[str]] = []
    for name in ("relation", "display_relation"):
        column = rows[name].cast(pl.String).fill_null("") if rows[name].null_count() else rows[name]
        distinct = column.unique().cast(pl.String).sort().to_list()
        code = code * len(distinct) + column.cast(pl.Enum(distinct)).to_physical().to_numpy()
        texts.append(distinct)
    labels = [(relation, display) for relation in texts[0] for display in texts[1]]
    used = np.flatnonzero(np.bincount(code, minlength=len(labels)))
    label = np.cumsum(np.bincount(used, minlength=len(labels)))[code] - 1
    x, y = (rows[c].to_numpy().astype(np.int64) for c in "xy")
    return _Edges(x, y, label, [labels[i] for i in used.tolist()])


def _concepts(nodes: pl.DataFrame, graph: SourceGraph) -> None:
    """One concept a (type, key), in the order of the node numbers, and the other ids that find it."""
    grouped: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in nodes.iter_rows(named=True):
        grouped[row["type"], row["key"]].append(row)
    facts = [rows[0] for rows in grouped.values()]
    plain = [curies.curie(f["source"], f["id"]) if f["id"] else curies.curie("PrimeKG", f["index"]) for f in facts]
    unique = curies.by_type(plain, [f["type"] for f in facts])
    claims: defaultdict[str, set[str]] = defaultdict(set)
    for curie, bare, fact, rows in zip(unique, plain, facts, grouped.values(), strict=True):
        raw = fact["id"] or ""
        group = curies.members(raw) if fact["source"] == curies.GROUPED else ()
        names = list(dict.fromkeys(r["name"] for r in rows if r["name"])) or [curie]
        xrefs = (*group, *((bare,) if bare != curie else ()))
        attributes = tuple(Attribute("member", m) for m in group)
        others = tuple(Synonym(n) for n in names[1:])
        graph.concepts.append(Concept(curie, fact["type"], names[0], others, "", xrefs, attributes))
        alias = f"{fact['source']}:{raw}"
        for other in (*group, *((alias,) if raw and len(alias) <= curies.LONGEST_GROUP else ())):
            claims[other].add(curie)
    own = set(unique)
    graph.retired = {o: next(iter(c)) for o, c in claims.items() if len(c) == 1 and o not in own}


def _relations(edges: _Edges, types: list[str], kind: NDArray[np.int64]) -> list[tuple[str, bool]]:
    """Our relation name and the polarity of every label."""
    between: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    low, high = np.minimum(kind[edges.x], kind[edges.y]), np.maximum(kind[edges.x], kind[edges.y])
    pair = (low * len(types) + high) + edges.label * len(types) ** 2
    for code in np.flatnonzero(np.bincount(pair)).tolist():
        relation, display = edges.labels[code // len(types) ** 2]
        between[display or relation, code % len(types) ** 2].add(relation)
    shared = {display for (display, _), relations in between.items() if len(relations) > 1}
    out = []
    for relation, display in edges.labels:
        shown = display or relation
        name = HOUSE_RELATIONS.get(relation, f"{shown}:{relation}" if shown in shared else shown)
        out.append((name, relation != NEGATIVE))
    return out


def _table(edges: _Edges, graph: SourceGraph, source: str) -> EdgeTable:
    """The rows as undirected edges without repeats."""
    types = sorted({c.type for c in graph.concepts})
    code = {name: i for i, name in enumerate(types)}
    kind = np.asarray([code[c.type] for c in graph.concepts], dtype=np.int64)
    names = _relations(edges, types, kind)
    order = {name: i for i, name in enumerate(HEAD_FIRST)}
    by_id = np.empty(len(kind), dtype=np.int64)
    by_id[sorted(range(len(kind)), key=lambda i: graph.concepts[i].id)] = np.arange(len(kind))
    rank = np.asarray([order.get(c.type, len(order)) for c in graph.concepts]) * len(kind) + by_id
    distinct = sorted(set(names))
    label = np.asarray([distinct.index(n) for n in names], dtype=np.int64)[edges.label]
    swap = rank[edges.x] > rank[edges.y]
    head, tail = np.where(swap, edges.y, edges.x), np.where(swap, edges.x, edges.y)
    widths = [bits(len(distinct)), bits(len(kind)), bits(len(kind)), 1]
    key = packed([label, head, tail, swap], widths)
    if key is None:
        raise InputError("more nodes than this reader can number", fix="split the file")
    directed = distinct_sorted(key)
    key = distinct_sorted(directed >> 1)
    label, head = key >> (2 * widths[1]), (key >> widths[1]) & ((1 << widths[1]) - 1)
    tail = key & ((1 << widths[1]) - 1)
    loops = int(np.count_nonzero(head == tail))
    graph.notes |= {
        "rows": len(edges.x),
        "duplicate_rows": len(edges.x) - len(directed),
        "edges_in_one_direction_only": 2 * len(key) - loops - len(directed),
    }
    relations = sorted({name for name, _ in distinct})
    place = np.asarray([relations.index(name) for name, _ in distinct], dtype=np.int32)
    polarity = np.asarray([present for _, present in distinct], dtype=np.bool_)
    graph.facts["labels"] = {
        name: sorted({f"{r} / {d}" for (r, d), (n, _) in zip(edges.labels, names, strict=True) if n == name})
        for name in relations
    }
    nothing = np.zeros(len(key), dtype=np.bool_)
    zeros = np.zeros(len(key), dtype=np.uint16)
    return EdgeTable(head, tail, place[label], polarity[label], nothing, zeros, relations, [source])


def read_primekg(path: Path, *, version: str = "unknown") -> SourceGraph:
    """Reads ``kg.csv`` or ``kg.csv.gz``.

    Raises:
        InputError: naming the line at fault.

    Cost: 8.1 million rows take about 20 s and 1 GB on two cores.
    """
    graph = SourceGraph("primekg", version, LICENCE, ATTRIBUTION, [path])
    nodes, edges = _read(path)
    _concepts(nodes, graph)
    graph.table = _table(edges, graph, "PrimeKG")
    return graph
