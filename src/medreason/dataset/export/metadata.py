"""What every row carries beside its text: where it comes from, under which licence, on which graph, by whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from medreason.dataset.export.intake import is_evaluation, is_synthetic
from medreason.records import Record

UNSTATED = "not stated by the source"
# Column → type; the struct ``metadata`` of an exported row.
SCHEMA: dict[str, Any] = {
    "id": pl.String,
    "source": pl.String,
    "licence": pl.String,
    "graph_source": pl.String,
    "graph_version": pl.String,
    "graph_sha256": pl.String,
    "teacher": pl.String,
    "model": pl.String,
    "synthetic": pl.Boolean,
    "evaluation_split": pl.Boolean,
    "clinician_reviewed": pl.Boolean,
    "hinted": pl.Boolean,
    "sheet": pl.String,
    "flags": pl.List(pl.String),
}


def licence_of(record: Record, stated: Mapping[str, str] | None = None) -> str:
    """The licence of a record's question: its own, else what is stated for its source, else that none is stated."""
    return record.licence or (stated or {}).get(record.source, "") or UNSTATED


def metadata(record: Record, *, sheet: str, stated: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The metadata of one row.

    Args:
        record: The record.
        sheet: Where its evidence sheet comes from: ``record``, ``graph`` or ``none``.
        stated: Licence by source, as the user states it.
    """
    return {
        "id": record.id,
        "source": record.source,
        "licence": licence_of(record, stated),
        "graph_source": record.graph.source,
        "graph_version": record.graph.version,
        "graph_sha256": record.graph.sha256,
        "teacher": record.teacher,
        "model": record.written.model if record.written else "",
        "synthetic": is_synthetic(record),
        "evaluation_split": is_evaluation(record),
        "clinician_reviewed": record.clinician_reviewed,
        "hinted": bool(record.written and record.written.hinted),
        "sheet": sheet,
        "flags": list(record.flags),
    }
