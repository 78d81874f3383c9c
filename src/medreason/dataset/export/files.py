"""Writes rows as Parquet shards or JSON lines, one folder ``data`` an export."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

# A shard ends at so many rows or bytes (of the rows as JSON, which is more than Parquet makes of them).
MOST_ROWS = 50_000
MOST_BYTES = 400_000_000
FOLDER = "data"


class Written(NamedTuple):
    """What was written of a split: its rows, and its files relative to the export."""

    rows: int
    files: list[str]


def line(value: Any) -> str:
    """One line of JSON with its newline."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def write_jsonl(path: Path, rows: Iterable[Any]) -> None:
    """Writes JSON lines."""
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(map(line, rows))


def write_split(
    out: Path,
    name: str,
    rows: Sequence[dict[str, Any]],
    schema: dict[str, Any] | None,
    *,
    most_rows: int = MOST_ROWS,
    most_bytes: int = MOST_BYTES,
) -> Written:
    """Writes the rows of a split: Parquet shards with a schema, one file of JSON lines without; nothing without rows.

    Args:
        out: Folder of the export.
        name: Name of the split.
        rows: Its rows.
        schema: Column → polars type; None for JSON lines.
        most_rows: Rows a shard at most.
        most_bytes: Bytes of JSON a shard at most; a single longer row is a shard of its own.
    """
    folder = out / FOLDER
    folder.mkdir(exist_ok=True)
    if not rows:
        return Written(0, [])
    if schema is None:
        write_jsonl(folder / f"{name}.jsonl", rows)
        return Written(len(rows), [f"{FOLDER}/{name}.jsonl"])
    shards = list(_shards(rows, most_rows, most_bytes))
    files = [f"{FOLDER}/{name}-{n:05}-of-{len(shards):05}.parquet" for n in range(len(shards))]
    for file, shard in zip(files, shards, strict=True):
        pl.DataFrame(shard, schema=schema, strict=True).write_parquet(out / file, compression="zstd")
    return Written(len(rows), files)


def _shards(rows: Sequence[dict[str, Any]], most_rows: int, most_bytes: int) -> Iterator[list[dict[str, Any]]]:
    shard: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        own = len(line(row).encode("utf-8", "surrogatepass"))
        if shard and (len(shard) >= most_rows or size + own > most_bytes):
            yield shard
            shard, size = [], 0
        shard.append(row)
        size += own
    yield shard


def digests(folder: Path, files: Iterable[str]) -> dict[str, str]:
    """SHA-256 by file, files relative to the folder. O(bytes).

    Raises:
        OSError: a file cannot be read.
    """
    found = {}
    for name in sorted(files):
        with (folder / name).open("rb") as source:
            found[name] = hashlib.file_digest(source, "sha256").hexdigest()
    return found


def data_sha256(found: Mapping[str, str]) -> str:
    """One SHA-256 for all files: of the lines ``digest  name`` in the order of names, as ``sha256sum`` writes them."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(found.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def dataset_info(name: str, kind: str, splits: dict[str, Written]) -> dict[str, Any]:
    """LLaMA-Factory's ``dataset_info.json``: one entry a split, named after the export and the split.

    Field names are those of ``data/README.md`` of LLaMA-Factory.
    """
    if kind == "sharegpt":
        described: dict[str, Any] = {
            "formatting": "sharegpt",
            "columns": {"messages": "conversations"},
            "tags": {"role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt"},
        }
    else:
        described = {"columns": {"prompt": "instruction", "query": "input", "response": "output"}}
    return {f"{name}_{split}": {"file_name": w.files[0], **described} for split, w in splits.items() if w.files}
