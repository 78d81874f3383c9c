"""The files of a report: tables as CSV and Parquet, a codebook of their columns, all numbers, and the page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medreason.review.answers import LABEL_MEANINGS, SCALES
from medreason.review.cells import cell
from medreason.review.files import write_files
from medreason.review.results.numbers import numbers
from medreason.review.results.page import render
from medreason.review.results.tables import OWN_PREFERENCES, Row, tables
from medreason.review.store import StudyFile

PREFERENCE = ", ".join(OWN_PREFERENCES)
LABELS = " ".join(f"{name}: {words}" for name, words in LABEL_MEANINGS.items())
ANCHORS = " ".join(
    f"{name}: " + " ".join(f"{n} {words}" for n, words in enumerate(scale.anchors, 1)) for name, scale in SCALES.items()
)
# Column → type and meaning; a column that several tables have means the same in each.
COLUMNS: dict[str, tuple[str, str]] = {
    "case": ("text", "id of the question"),
    "person": ("text", "random number of the reviewer or adjudicator; names are in the study file alone"),
    "repeat": ("boolean", "the case came to this reviewer a second time, sides swapped; comparisons leave it out"),
    "repeat_of": ("text", "task that this one repeats; empty if it is none"),
    "task": ("text", "random key of the reviewer's case"),
    "source": ("text", "source of the question"),
    "organ_system": ("text", "main organ system of the case"),
    "difficulty": ("text", "the record's flag, or the third of the lead of its chosen option (hard: smallest lead)"),
    "specialties": ("text", "specialties of the reviewer, separated by semicolons"),
    "position": ("integer", "place in the reviewer's order, from 1"),
    "arm_left": ("text", "arm that the reviewer saw on the left; empty while the study is blinded"),
    "arm_right": ("text", "arm that the reviewer saw on the right; empty while blinded or with one at a time"),
    "swapped": ("boolean", "the reviewer's left is the case's second side"),
    "outside_specialty": ("boolean", "the reviewer declined the case; it has no row in the other tables"),
    "confidence": ("integer", "1 guessing, 2 unsure, 3 fairly sure, 4 sure, 5 certain; empty if declined"),
    "seconds": ("number", "active time on the page, in seconds"),
    "revisions": ("integer", "times that the answer was saved"),
    "at": ("text", "moment of the last change, UTC, ISO 8601"),
    "comment": ("text", "free text; in CSV an apostrophe stands before = + - @, tab or return at its start"),
    "side": ("text", "first or second side in the case's own random order, the same for all reviewers of the case"),
    "shown": ("text", "where the reviewer saw it (left, right), or the preference as it was given"),
    "arm": ("text", "arm of the step or side; empty while the study is blinded"),
    "step": ("integer", "number of the step as shown, from 1"),
    "origin": ("integer", "number of the record's step behind it; 0 if it is of no record; empty while blinded"),
    "label": ("text", f"{LABELS} Of a preference: {PREFERENCE}"),
    "scale": ("text", "; ".join(f"{name}: {scale.question}" for name, scale in SCALES.items())),
    "value": ("integer", f"1 to 5, 5 the best. {ANCHORS}"),
    "own": ("text", f"preference in the case's own order: {PREFERENCE}"),
    "arm_first": ("text", "arm of the case's first side; empty while the study is blinded"),
    "arm_second": ("text", "arm of the case's second side; empty while blinded"),
    "what": ("text", "what was decided: a step's label or the preference"),
    "protocol": ("text", "SHA-256 over the protocol and the cases of the study"),
}  # fmt: skip
TABLES: dict[str, tuple[str, ...]] = {
    "answers": (
        "case", "person", "specialties", "position", "repeat", "repeat_of", "task", "source", "organ_system",
        "difficulty", "arm_left", "arm_right", "swapped", "outside_specialty", "confidence", "seconds", "revisions",
        "at", "comment", "protocol",
    ),
    "steps": ("case", "person", "repeat", "task", "side", "shown", "arm", "step", "origin", "label", "protocol"),
    "scales": ("case", "person", "repeat", "task", "side", "shown", "arm", "scale", "value", "protocol"),
    "preferences": (
        "case", "person", "specialties", "repeat", "task", "source", "organ_system", "difficulty", "shown", "own",
        "arm_first", "arm_second", "protocol",
    ),
    "adjudicated": (
        "case", "what", "side", "step", "arm", "arm_first", "arm_second", "label", "comment", "person", "at",
        "protocol",
    ),
}  # fmt: skip


def write_report(study: StudyFile, out: Path) -> list[Path]:
    """Writes all files of a report; files of an earlier one are replaced, each whole.

    Args:
        study: In any state; blinded, no arm is in any file.
        out: Folder; made if it is not there.

    Raises:
        RunFolderError: the folder cannot be written.
    """
    found = tables(study)
    told = numbers(study, found)
    written: dict[str, bytes] = {}
    for name, columns in TABLES.items():
        rows: list[Row] = [{**row, "protocol": study.hash} for row in getattr(found, name)]
        written[f"{name}.csv"] = as_csv(rows, columns)
        written[f"{name}.parquet"] = as_parquet(rows, columns, study.hash)
    written["codebook.csv"] = codebook()
    text = json.dumps(told, ensure_ascii=False, indent=1, default=str) + "\n"
    written["results.json"] = text.encode("utf-8", "backslashreplace")
    written["report.html"] = render(told).encode("utf-8", "backslashreplace")
    return write_files(out, written)


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """A table as CSV (RFC 4180); texts that a spreadsheet would run get an apostrophe."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(columns)
    for row in rows:
        table.writerow([_cell(row[name]) for name in columns])
    return out.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return cell(value) if isinstance(value, str) else "" if value is None else value


def as_parquet(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], fingerprint: str) -> bytes:
    """A table as Parquet; the file's metadata hold the protocol's hash."""
    import polars as pl

    types = {"text": pl.String, "integer": pl.Int64, "number": pl.Float64, "boolean": pl.Boolean}
    schema = {name: types[COLUMNS[name][0]] for name in columns}
    data = {name: [_plain(row[name]) for row in rows] for name in columns}
    out = io.BytesIO()
    pl.DataFrame(data, schema=schema).write_parquet(out, metadata={"protocol": fingerprint})
    return out.getvalue()


def _plain(value: Any) -> Any:
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def codebook() -> bytes:
    """What every column of every table means."""
    rows = [
        {"file": f"{table}.csv, {table}.parquet", "column": name, "type": COLUMNS[name][0], "meaning": COLUMNS[name][1]}
        for table, columns in TABLES.items() for name in columns
    ]  # fmt: skip
    return as_csv(rows, ("file", "column", "type", "meaning"))
