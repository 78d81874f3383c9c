"""Hetionet v1.0 (Himmelstein et al., eLife 2017;6:e26726) as a graph source.

Reads a folder with a node table (official: ``id name kind``; or ``node_id node_type node_name node_source``) and an
edge table ``source metaedge target`` whose ends read ``Kind::id``. Types are PrimeKG's ten plus pharmacologic_class.

Direction is what the metaedge's arrow says: ``Gr>G`` is directed, ``<`` would be the other way round; all others
carry no arrow and are undirected in Hetionet's own metagraph. Their head is the first kind of the metaedge, except
that an association reads gene first (as in HPO); between nodes of one kind it is the smaller id.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from medreason.errors import InputError
from medreason.kg.source import ASSOCIATED, SourceGraph
from medreason.kg.sources import curies, text
from medreason.kg.sources.edges import Label, codes, edge_table, positions
from medreason.records import Concept

LICENCE = "CC0 1.0 for Hetionet; parts carry the terms of their sources, https://het.io/about"
ATTRIBUTION = "Hetionet v1.0: Himmelstein DS et al., eLife 2017;6:e26726."
# Kind → node type and whose ids it uses.
KINDS = {
    "Anatomy": ("anatomy", "UBERON"), "Biological Process": ("biological_process", "GO"),
    "Cellular Component": ("cellular_component", "GO"), "Compound": ("drug", "DrugBank"),
    "Disease": ("disease", "DOID"), "Gene": ("gene/protein", "Entrez"),
    "Molecular Function": ("molecular_function", "GO"), "Pathway": ("pathway", "PathwayCommons/WikiPathways"),
    "Pharmacologic Class": ("pharmacologic_class", "NDF-RT"), "Side Effect": ("effect/phenotype", "UMLS"),
    "Symptom": ("effect/phenotype", "MeSH"),
}  # fmt: skip
RELATIONS = {
    "AdG": "downregulates", "AeG": "expresses", "AuG": "upregulates", "CbG": "binds", "CcSE": "causes side effect",
    "CdG": "downregulates", "CpD": "palliates", "CrC": "resembles", "CtD": "treats", "CuG": "upregulates",
    "DaG": ASSOCIATED, "DdG": "downregulates", "DlA": "localizes", "DpS": "presents", "DrD": "resembles",
    "DuG": "upregulates", "GcG": "covaries", "GiG": "interacts", "GpBP": "participates", "GpCC": "participates",
    "GpMF": "participates", "GpPW": "participates", "Gr>G": "regulates", "PCiC": "includes",
}  # fmt: skip
OFFICIAL = ["id", "name", "kind"]
SAMPLE = ["node_id", "node_type", "node_name", "node_source"]


class Files(NamedTuple):
    """The two tables of a folder."""

    nodes: Path
    edges: Path


def hetionet_files(folder: Path) -> Files:
    """The node and the edge table of a folder: the one file each whose name holds ``nodes`` or ``edges``."""
    found = []
    for part in ("nodes", "edges"):
        fitting = sorted(p for p in folder.glob(f"*{part}*") if p.is_file() and p.suffix != ".json")
        if len(fitting) != 1:
            names = ", ".join(p.name for p in fitting) or "none"
            raise InputError(
                f"one {part} table is needed, found: {names}",
                fix="give a folder with nodes.tsv and edges.sif.gz of Hetionet",
                item=folder.name,
            )
        found.append(fitting[0])
    return Files(*found)


def _nodes(path: Path, graph: SourceGraph) -> list[str]:
    """Fills the concepts; returns ``type::id`` of each, in order."""
    with text.plain(path) as plain:
        header, _ = text.header_of(plain, path.name, text.separator_of(path))
    official = "kind" in header
    quoted = text.separator_of(path) == ","
    table = text.read_table(path, OFFICIAL if official else SAMPLE, quoted=quoted)
    rows = table.select("line", *(OFFICIAL if official else SAMPLE)).iter_rows()
    facts: dict[tuple[str, str], tuple[str, str]] = {}
    for line, *cells in rows:
        if official:
            raw, name, kind = cells
            if kind not in KINDS or not raw.startswith(f"{kind}::"):
                raise InputError(f"node {raw} of kind {kind!r}", fix=text.AGAIN, item=f"{path.name}:{line}")
            (type_, source), raw = KINDS[kind], raw.split("::", 1)[1]
        else:
            raw, type_, name, source = cells
        if not raw or (type_, raw) in facts:
            fault = f"node {raw} of type {type_} occurs twice" if raw else "no id"
            raise InputError(fault, fix=text.AGAIN, item=f"{path.name}:{line}")
        facts[type_, raw] = name, source
    plain_ids = [curies.curie(source, raw) for (_, raw), (_, source) in facts.items()]
    unique = curies.by_type(plain_ids, [type_ for type_, _ in facts])
    for curie, bare, ((type_, _), (name, _)) in zip(unique, plain_ids, facts.items(), strict=True):
        graph.concepts.append(Concept(curie, type_, name or curie, (), "", () if bare == curie else (bare,)))
    return [f"{type_}::{raw}" for type_, raw in facts]


def _ends(values: pl.Series, lines: pl.Series, name: str) -> pl.Series:
    """``Kind::id`` as ``type::id``."""
    parts = values.str.splitn("::", 2).struct.rename_fields(["kind", "id"]).struct.unnest()
    bad = parts.select(~pl.col("kind").is_in(list(KINDS)) | pl.col("id").is_null()).to_series()
    if bad.any():
        row = int(bad.arg_max() or 0)
        raise InputError(f"{values[row]!r} is no Kind::id of Hetionet", fix=text.AGAIN, item=f"{name}:{lines[row]}")
    kinds = parts["kind"].replace_strict({kind: type_ for kind, (type_, _) in KINDS.items()})
    return pl.select(pl.concat_str(kinds, parts["id"], separator="::")).to_series()


def read_hetionet(folder: Path, *, version: str = "1.0") -> SourceGraph:
    """Reads a Hetionet folder.

    Raises:
        InputError: naming the line at fault.
    """
    files = hetionet_files(folder)
    graph = SourceGraph("hetionet", version, LICENCE, ATTRIBUTION, list(files))
    keys = _nodes(files.nodes, graph)
    name = files.edges.name
    separator = "," if name.removesuffix(".gz").endswith(".csv") else "\t"
    table = text.read_table(files.edges, ["source", "metaedge", "target"], separator=separator, quoted=separator == ",")
    known = table["metaedge"].str.replace("<", ">", literal=True).is_in(list(RELATIONS))
    if not known.all():
        row = int((~known).arg_max() or 0)
        fault = f"{table['metaedge'][row]!r} is no metaedge of Hetionet"
        raise InputError(fault, fix=text.AGAIN, item=f"{name}:{table['line'][row]}")
    head, tail = (
        positions(_ends(table[c], table["line"], name), keys, table["line"], name) for c in ("source", "target")
    )
    code, kinds = codes(table.select("metaedge"))
    directed = np.asarray([">" in k or "<" in k for (k,) in kinds])[code]
    backward = np.asarray(["<" in k or RELATIONS[k.replace("<", ">")] == ASSOCIATED for (k,) in kinds])[code]
    ids, types = (np.asarray(v) for v in zip(*((c.id, c.type) for c in graph.concepts), strict=True))
    alike = ~directed & (types[head] == types[tail])
    backward |= alike & (ids[head] > ids[tail])
    head, tail = np.where(backward, tail, head), np.where(backward, head, tail)
    labels = [Label(RELATIONS[k.replace("<", ">")], True, ">" in k or "<" in k, "Hetionet") for (k,) in kinds]
    merged = {label: i for i, label in enumerate(dict.fromkeys(labels))}
    label = np.asarray([merged[x] for x in labels], dtype=np.int64)[code]
    graph.table, repeated = edge_table(head, tail, label, list(merged))
    graph.notes |= {"rows": table.height, "duplicate_rows": repeated}
    return graph
