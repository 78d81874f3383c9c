"""A graph's tables as tab-separated files, for people and tools that read no Parquet."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from medreason.errors import GraphError, RunFolderError
from medreason.kg.store import Graph

TABLES = ("nodes", "edges", "evidence")


def write_tsv(graph: Graph, out: Path) -> list[Path]:
    """Writes ``nodes.tsv``, ``edges.tsv`` and ``evidence.tsv`` with a header line; lists are joined by ``|``.

    Cells that hold a tab, a quotation mark or a line break are quoted as in CSV.

    Raises:
        GraphError: ``out`` is a file, or a folder that is not empty.
        RunFolderError: the folder cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise GraphError(f"{out.name} exists and is not an empty folder", fix="choose another --out")
    written = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in TABLES:
            table = pl.read_parquet(graph.folder / f"{name}.parquet")
            lists = [c for c, kind in table.schema.items() if kind == pl.List(pl.String)]
            path = out / f"{name}.tsv"
            plain = table.with_columns(pl.col(lists).list.join("|")).with_columns(pl.col(pl.String).replace("", None))
            plain.write_csv(path, separator="\t")
            written.append(path)
    except OSError as error:
        raise RunFolderError(f"cannot write the export: {error.strerror or error}", item=out.name) from error
    return written
