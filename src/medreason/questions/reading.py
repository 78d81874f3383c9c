"""Reads item files: JSON, JSON lines, either gzipped, Parquet, or a folder of them, in a fixed order.

Every item keeps where it stood (file name and line, never an absolute path). A line that cannot be read
becomes a typed rejection and reading goes on; a path that cannot be read at all is an error.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from medreason.errors import InputError
from medreason.records import Rejection

_UNREASONABLE = "a number of thousands of digits or brackets nested thousands deep"
PARQUET = (".parquet",)
ENDINGS = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz", *PARQUET)


class Item(NamedTuple):
    """One item as read: its id, where it stood, and the JSON object."""

    id: str
    location: str
    data: dict[str, Any]


class RawRow(NamedTuple):
    """One row as read, before it has an id: where it stood, and the JSON value."""

    location: str
    data: Any


class Identity(NamedTuple):
    """The id of a row, and marks: two rows that share one ask the same question."""

    id: str
    marks: tuple[str, ...] = ()


Identify = Callable[[dict[str, Any]], Identity]


def item_files(path: Path) -> list[tuple[str, Path]]:
    """Label and path of every item file: the file itself, or a folder's in the order of relative names.

    Raises:
        InputError: no such path, or a folder without item files.
    """
    if path.is_file():
        return [(path.name, path)]
    if not path.is_dir():
        raise InputError("no such file or folder", fix="check --questions", item=path.name)
    found = [(p.relative_to(path).as_posix(), p) for p in path.rglob("*") if p.name.endswith(ENDINGS) and p.is_file()]
    if not found:
        raise InputError(f"the folder holds no file ending in {', '.join(ENDINGS)}", item=path.name)
    return sorted(found)


def _rejection(location: str, reason: str, detail: str) -> Rejection:
    return Rejection(location, "read", reason, f"{location}: {detail}")


def _row(text: str, location: str) -> RawRow | Rejection:
    try:
        return RawRow(location, json.loads(text))
    except json.JSONDecodeError as error:
        return _rejection(location, "malformed", f"not valid JSON ({error.msg} at character {error.pos})")
    except (ValueError, RecursionError):
        return _rejection(location, "malformed", _UNREASONABLE)


def _by_id(data: dict[str, Any]) -> Identity:
    name = data.get("id")
    if not isinstance(name, str) or not name.strip():
        raise ValueError("the field id is missing or not a text")
    return Identity(name)


def _identified(row: RawRow, identify: Identify) -> tuple[Item | Rejection, Identity | None]:
    if not isinstance(row.data, dict):
        return _rejection(row.location, "malformed", "a JSON object is expected"), None
    try:
        json.dumps(row.data, ensure_ascii=False).encode()
        identity = identify(row.data)
    except UnicodeEncodeError:
        half = "the text holds half of a character (a lone surrogate)"
        return _rejection(row.location, "malformed", half), None
    except ValueError as error:
        return _rejection(row.location, "malformed", str(error)), None
    return Item(identity.id, row.location, row.data), identity


def _opened(path: Path) -> TextIO:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


def file_rows(label: str, path: Path) -> Iterator[RawRow | Rejection]:
    """The rows of one file, in order, with file name and line; a file that breaks off ends with a rejection."""
    bare = label.removesuffix(".gz")
    if bare.endswith(PARQUET):
        from medreason.questions.parquet import parquet_rows

        yield from parquet_rows(label, path)
        return
    try:
        with _opened(path) as lines:
            if bare.endswith(".json"):
                data = json.loads(lines.read())
                many = data if isinstance(data, list) else [data]
                yield from (RawRow(f"{label}:{n}" if len(many) > 1 else label, d) for n, d in enumerate(many, 1))
                return
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _row(line, f"{label}:{number}")
    except json.JSONDecodeError as error:
        yield _rejection(label, "malformed", f"not valid JSON ({error.msg} at line {error.lineno})")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        yield _rejection(label, "unreadable", f"the file breaks off or is not UTF-8 text ({error})")
    except (ValueError, RecursionError):
        yield _rejection(label, "malformed", _UNREASONABLE)


def gather(
    rows: Iterable[RawRow | Rejection], limit: int | None = None, identify: Identify | None = None
) -> list[Item | Rejection]:
    """Rows as items, at most ``limit``; what occurs again is rejected where it does.

    Args:
        rows: As read.
        limit: Largest number of items and rejections together.
        identify: Names a row's id and what makes it the same question as another (the field ``id`` where it is left
            out). It may raise ``ValueError``, which rejects the row.
    """
    items: list[Item | Rejection] = []
    ids: dict[str, str] = {}
    questions: dict[str, str] = {}
    for row in rows:
        if limit is not None and len(items) >= limit:
            break
        if isinstance(row, Rejection):
            items.append(row)
            continue
        item, identity = _identified(row, identify or _by_id)
        if identity is None:
            items.append(item)
            continue
        earlier = next((questions[mark] for mark in identity.marks if mark in questions), None)
        if earlier is not None:
            detail = f"{row.location}: the question stands at {earlier} already"
            items.append(Rejection(identity.id, "question", "duplicate_question", detail))
        elif identity.id in ids:
            detail = f"{row.location}: the id stands at {ids[identity.id]} already"
            items.append(Rejection(identity.id, "read", "duplicate_id", detail))
        else:
            items.append(item)
            ids[identity.id] = row.location
            questions.update(dict.fromkeys(identity.marks, row.location))
    return items


def read_items(path: Path, limit: int | None = None, identify: Identify | None = None) -> list[Item | Rejection]:
    """All items of a file or folder, at most ``limit``; a repeated id is rejected where it occurs again.

    Args:
        path: File or folder.
        limit: Largest number of items.
        identify: As in :func:`gather`.

    Raises:
        InputError: nothing there, or nothing in it.
    """
    items = gather(chain.from_iterable(file_rows(label, file) for label, file in item_files(path)), limit, identify)
    if not items:
        raise InputError("no item in the input", fix="give a file with at least one JSON object", item=path.name)
    return items
