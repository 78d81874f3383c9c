"""Reads item files: JSON, JSON lines, either gzipped, or a folder of them, in a fixed order.

Every item keeps where it stood (file name and line, never an absolute path). A line that cannot be read
becomes a typed rejection and reading goes on; a path that cannot be read at all is an error.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from medreason.errors import InputError
from medreason.records import Rejection

_UNREASONABLE = "a number of thousands of digits or brackets nested thousands deep"
_ENDINGS = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")


class Item(NamedTuple):
    """One item as read: its id, where it stood, and the JSON object."""

    id: str
    location: str
    data: dict[str, Any]


def item_files(path: Path) -> list[tuple[str, Path]]:
    """Label and path of every item file: the file itself, or a folder's in the order of relative names.

    Raises:
        InputError: no such path, or a folder without item files.
    """
    if path.is_file():
        return [(path.name, path)]
    if not path.is_dir():
        raise InputError("no such file or folder", fix="check --questions", item=path.name)
    found = [(p.relative_to(path).as_posix(), p) for p in path.rglob("*") if p.name.endswith(_ENDINGS) and p.is_file()]
    if not found:
        raise InputError(f"the folder holds no file ending in {', '.join(_ENDINGS)}", item=path.name)
    return sorted(found)


def _rejection(location: str, reason: str, detail: str) -> Rejection:
    return Rejection(location, "read", reason, f"{location}: {detail}")


def _item(text: str, location: str) -> Item | Rejection:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        return _rejection(location, "malformed", f"not valid JSON ({error.msg} at character {error.pos})")
    except (ValueError, RecursionError):
        return _rejection(location, "malformed", _UNREASONABLE)
    return _checked(data, location)


def _checked(data: Any, location: str) -> Item | Rejection:
    if not isinstance(data, dict):
        return _rejection(location, "malformed", "a JSON object is expected")
    name = data.get("id")
    if not isinstance(name, str) or not name.strip():
        return _rejection(location, "malformed", "the field id is missing or not a text")
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return _rejection(location, "malformed", "the text holds half of a character (a lone surrogate)")
    return Item(name, location, data)


def _opened(path: Path) -> TextIO:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


def _file_items(label: str, path: Path) -> Iterator[Item | Rejection]:
    bare = label.removesuffix(".gz")
    try:
        with _opened(path) as lines:
            if bare.endswith(".json"):
                data = json.loads(lines.read())
                many = data if isinstance(data, list) else [data]
                yield from (_checked(d, f"{label}:{n}" if len(many) > 1 else label) for n, d in enumerate(many, 1))
                return
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _item(line, f"{label}:{number}")
    except json.JSONDecodeError as error:
        yield _rejection(label, "malformed", f"not valid JSON ({error.msg} at line {error.lineno})")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        yield _rejection(label, "unreadable", f"the file breaks off or is not UTF-8 text ({error})")
    except (ValueError, RecursionError):
        yield _rejection(label, "malformed", _UNREASONABLE)


def read_items(path: Path, limit: int | None = None) -> list[Item | Rejection]:
    """All items of a file or folder, at most ``limit``; a repeated id is rejected where it occurs again.

    Raises:
        InputError: nothing there, or nothing in it.
    """
    items: list[Item | Rejection] = []
    seen: dict[str, str] = {}
    for label, file in item_files(path):
        for item in _file_items(label, file):
            if limit is not None and len(items) >= limit:
                return items
            if isinstance(item, Item) and item.id in seen:
                items.append(
                    Rejection(
                        item.id, "read", "duplicate_id", f"{item.location}: the id stands at {seen[item.id]} already"
                    )
                )
                continue
            if isinstance(item, Item):
                seen[item.id] = item.location
            items.append(item)
    if not items:
        raise InputError("no item in the input", fix="give a file with at least one JSON object", item=path.name)
    return items
