"""Writes the final files of a run from its journal: same items, same bytes.

``dataset.jsonl``, ``dataset.parquet``, ``rejected.jsonl``, ``report.html`` and, last, ``manifest.json``. Each is
written beside its name, synced and renamed; the manifest's presence means that the run is finished.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

from medreason.errors import RunFolderError
from medreason.kg.store import Graph
from medreason.report import render_report

DATASET, PARQUET, REJECTED, REPORT, MANIFEST, LOG, SAMPLES = (
    "dataset.jsonl",
    "dataset.parquet",
    "rejected.jsonl",
    "report.html",
    "manifest.json",
    "run.log.json",
    "samples.jsonl",
)
_EVIDENCE = pl.List(
    pl.Struct({"option": pl.String, "edge": pl.String, "stance": pl.String, "finding": pl.String, "weight": pl.Float64})
)
SCHEMA: dict[str, Any] = {
    "id": pl.String,
    "source": pl.String,
    "question": pl.String,
    "options": pl.List(pl.Struct({"key": pl.String, "text": pl.String, "concept": pl.String})),
    "answer_key": pl.String,
    "chosen_key": pl.String,
    "margin": pl.Float64,
    "findings": pl.List(
        pl.Struct({
            "concept": pl.String, "text": pl.String, "status": pl.String,
            "method": pl.String, "score": pl.Float64, "onset": pl.String,
        })
    ),
    "organ_systems": pl.List(pl.String),
    "evidence": _EVIDENCE,
    "steps": pl.List(
        pl.Struct({"n": pl.Int64, "text": pl.String, "edges": pl.List(pl.String), "cites": pl.List(pl.String)})
    ),
    "reasoning": pl.String,
    "excluded_publications": pl.List(pl.String),
    "graph": pl.Struct({"source": pl.String, "version": pl.String, "sha256": pl.String}),
    "teacher": pl.String,
    "flags": pl.List(pl.String),
    "clinician_reviewed": pl.Boolean,
    "kind": pl.String,
    "context": pl.List(pl.String),
    "licence": pl.String,
    "sheet": pl.List(
        pl.Struct({
            "id": pl.String, "text": pl.String, "option": pl.String, "stance": pl.String,
            "concepts": pl.List(pl.String), "edges": pl.List(pl.String),
        })
    ),
    "written": pl.Struct({
        "model": pl.String, "profile": pl.String,
        "prompts": pl.List(pl.Struct({"name": pl.String, "version": pl.String})),
        "sample": pl.Int64, "hinted": pl.Boolean, "requests": pl.List(pl.String), "trimmed": pl.Int64,
    }),
}  # fmt: skip

# The columns of the published dataset, which the compat profile writes.
PUBLISHED: dict[str, Any] = dict.fromkeys(
    ("dataset_name", "id_in_dataset", "question", "answer", "reasoning", "options"), pl.String
)


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def replace_text(path: Path, chunks: Iterable[str]) -> None:
    """Writes a text file whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(chunks)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """A record with its evidence as one list (a mapping with keys of its own has no Parquet type)."""
    evidence = [{"option": key, **e} for key, pieces in row["evidence"].items() for e in pieces]
    flat = {**row, "evidence": evidence}
    if written := row["written"]:
        prompts = [{"name": name, "version": version} for name, version in written["prompts"].items()]
        flat["written"] = {**written, "prompts": prompts}
    return flat


def write_results(folder: Path, outcomes: list[dict[str, Any]], manifest: dict[str, Any], graph: Graph) -> None:
    """Writes the final files, the manifest last; ``samples.jsonl`` where a language model wrote the chains.

    Raises:
        RunFolderError: the folder cannot be written or the disk is full; what was journalled stays.
    """
    kept = [o["row"] for o in outcomes if o["kind"] == "record"]
    rejected = [o["row"] for o in outcomes if o["kind"] == "rejection"]
    try:
        replace_text(folder / DATASET, map(_line, kept))
        replace_text(folder / REJECTED, map(_line, rejected))
        if "prompts" in manifest["identity"]:
            replace_text(folder / SAMPLES, (_line(s) for o in outcomes for s in o.get("samples", ())))
        published = manifest["identity"]["config"].get("profile") == "compat"
        table = pl.DataFrame(kept, schema=PUBLISHED) if published else pl.DataFrame(map(_flat, kept), schema=SCHEMA)
        temporary = folder / f".{PARQUET}.part"
        table.write_parquet(temporary, compression="zstd")
        temporary.replace(folder / PARQUET)
        replace_text(folder / REPORT, [render_report(graph, manifest, [] if published else kept)])
        replace_text(folder / MANIFEST, [json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"])
    except OSError as error:
        raise RunFolderError(
            f"cannot write the results: {error.strerror or error}",
            fix="free some space or mend the rights, then run the same command: it goes on",
        ) from error
