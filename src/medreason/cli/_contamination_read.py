"""Reads questions of any known layout as the contamination check compares them: id, text, options; without a graph."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from medreason.errors import InputError

if TYPE_CHECKING:
    from medreason.quality.contamination import Item, Origin

DATASET = "dataset.jsonl"
_TEXTS = ("question", "stem", "problem_text", "Question", "QUESTION", "Open-ended Verifiable Question")


class Reading(NamedTuple):
    """Questions of a file or folder.

    Attributes:
        items: The questions, every id once.
        unread: Reason → rows that are no question.
        origins: The files, with their SHA-256.
    """

    items: list[Item]
    unread: dict[str, int]
    origins: list[Origin]


def read(place: Path) -> Reading:
    """The questions of a file, of a folder of files, or of a run folder (its ``dataset.jsonl``); repeats stay in.

    Raises:
        InputError: nothing there, or most rows are no question.
    """
    from medreason.questions.reading import RawRow, file_rows, item_files

    files = [(DATASET, place / DATASET)] if (place / DATASET).is_file() else _found(item_files, place)
    items: list[Item] = []
    unread: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for label, path in files:
        for row in file_rows(label, path):
            if not isinstance(row, RawRow):
                unread[row.reason] += 1
                continue
            try:
                item = to_item(row.data, row.location)
            except ValueError as error:
                unread[str(error)] += 1
                continue
            seen[item.id] += 1
            items.append(item if seen[item.id] == 1 else item._replace(id=f"{item.id}#{seen[item.id]}"))
    if len(items) <= sum(unread.values()):
        told = ", ".join(f"{reason} {n}" for reason, n in unread.most_common(3)) or "it is empty"
        raise InputError(
            f"{len(items)} rows can be read as a question, others not: {told}",
            fix="give a dataset, a run folder, or questions in a layout of docs/questions.md",
            item=place.name,
        )
    return Reading(items, dict(unread), [_origin(label, path) for label, path in files])


def _found(item_files: Any, place: Path) -> list[tuple[str, Path]]:
    try:
        return list(item_files(place))
    except InputError as error:
        raise InputError(
            error.cause, fix="check the path; files end in .jsonl, .json, .parquet", item=error.item
        ) from error


def _origin(label: str, path: Path) -> Origin:
    from medreason.quality.contamination import Origin

    with path.open("rb") as file:
        return Origin(label, hashlib.file_digest(file, "sha256").hexdigest())


def to_item(row: Any, location: str) -> Item:
    """A row as a question: by its own id, else by file and line.

    Raises:
        ValueError: it is none; the message is a short reason.
    """
    from medreason.quality.contamination import Item
    from medreason.questions.sources.base import own_id

    if not isinstance(row, dict):
        raise ValueError("malformed")
    published = row.get("id_in_dataset")
    name = own_id(row) if published is None else f"{row.get('dataset_name') or 'dataset'}:{published}"
    text, options = _parts(row)
    if not text:
        raise ValueError("no_question")
    return Item(name or location, text, options)


def _parts(row: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Text and options of a row, from the columns that hold them in any known layout; lenient: nothing may slip by."""
    from medreason.questions.sources.base import BadRow
    from medreason.questions.sources.columns import split_choices

    text = next((row[c] for c in _TEXTS if isinstance(row.get(c), str) and row[c].strip()), "")
    try:
        stem, inside = split_choices(text)
    except BadRow:
        stem, inside = text, ()
    options = _texts(row.get("options", row.get("choices")))
    if not options:
        options = tuple(row[c].strip() for c in ("opa", "opb", "opc", "opd", "ope") if isinstance(row.get(c), str))
    return stem, tuple(o for o in options if o) or tuple(o.text for o in inside)


def _texts(value: Any) -> tuple[str, ...]:
    from medreason.questions.sources.base import BadRow
    from medreason.questions.sources.columns import split_choices

    if isinstance(value, str):
        try:
            return tuple(o.text for o in split_choices(value)[1])
        except BadRow:
            return ()
    if isinstance(value, dict):
        return tuple(v.strip() for v in value.values() if isinstance(v, str))
    out: list[str] = []
    for entry in value if isinstance(value, list) else ():
        if isinstance(entry, str):
            out.append(entry.strip())
        elif isinstance(entry, dict):
            told = next((entry[k] for k in ("text", "value", "content") if isinstance(entry.get(k), str)), "")
            out.append(told.strip())
    return tuple(out)
