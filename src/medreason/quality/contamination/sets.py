"""Evaluation sets as hashes: built from questions, written to one index file, read back and checked.

An index holds names, counts, ids, the SHA-256 of the source files and salted 64-bit hashes, never a text. It is no
secret all the same: the salt stands in the file, so whoever has a question can find out that it is in the set, and
whoever has the beginning of one can try how it goes on. An index of a set that must stay secret must stay secret too.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from medreason.errors import InputError, UsageError
from medreason.quality.contamination.items import SALT, Features, Item, features
from medreason.quality.near import Rows

FORMAT = "medreason contamination index"
VERSION = 1
_META = "index.json"
_ROWS = ("options", "grams", "panels", "shingles", "couples")
_FIX = "make it again with: medreason contamination index FILES --out NAME.npz"


class Origin(NamedTuple):
    """A file that an evaluation set was read from: its name without folders, and its SHA-256."""

    file: str
    sha256: str


class EvaluationSet(NamedTuple):
    """Questions that must not be trained on, as hashes.

    Attributes:
        name: As results name it.
        ids: Ids of the questions, in their order.
        origins: The files that they were read from.
        salt: That went into every hash.
        features: The hashes, a row a question.
    """

    name: str
    ids: tuple[str, ...]
    origins: tuple[Origin, ...]
    salt: bytes
    features: Features


def make_set(name: str, items: Sequence[Item], *, origins: Sequence[Origin] = (), salt: bytes = SALT) -> EvaluationSet:
    """An evaluation set of questions; about 0.1 ms a question.

    Raises:
        InputError: there are no questions.
        UsageError: the salt is empty or longer than 64 bytes.
    """
    if not items:
        raise InputError("an evaluation set without questions", fix="give a file that holds some", item=name)
    if not 0 < len(salt) <= 64:
        raise UsageError(f"a salt of {len(salt)} bytes", fix="give 1 to 64 bytes")
    return EvaluationSet(name, tuple(i.id for i in items), tuple(origins), salt, features(items, salt))


def write_index(sets: Sequence[EvaluationSet], path: Path) -> None:
    """Writes sets to one file; the same sets give the same bytes.

    Raises:
        UsageError: no sets, two of one name, or of different salts.
        InputError: the file cannot be written.
    """
    check_together(sets)
    told = [
        {"name": s.name, "items": len(s.ids), "ids": s.ids, "origins": [o._asdict() for o in s.origins]} for s in sets
    ]
    meta = {"format": FORMAT, "version": VERSION, "salt": sets[0].salt.hex(), "sets": told}
    try:
        with zipfile.ZipFile(path, "w") as file:
            _add(file, _META, json.dumps(meta, ensure_ascii=False).encode())
            for number, one in enumerate(sets):
                for key, values in _arrays(one.features).items():
                    buffer = io.BytesIO()
                    np.save(buffer, values, allow_pickle=False)
                    _add(file, f"{number}/{key}.npy", buffer.getvalue())
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", fix="check --out", item=path.name) from error


def _add(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)


def check_together(sets: Sequence[EvaluationSet]) -> None:
    """Whether sets can be compared with in one go.

    Raises:
        UsageError: no sets, two of one name, or of different salts.
    """
    if not sets:
        raise UsageError("no evaluation set", fix="give question files or an index with --against")
    names = [s.name for s in sets]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise UsageError(f"two evaluation sets are called {twice[0]}", fix="rename one of the files")
    if len({s.salt for s in sets}) > 1:
        raise UsageError(
            "the indexes were made with different salts, so their hashes cannot be compared together",
            fix="check against one after the other, or index the sets together",
        )


def _arrays(told: Features) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, values in told._asdict().items():
        if isinstance(values, Rows):
            out |= {f"{name}.flat": values.flat, f"{name}.starts": values.starts}
        else:
            out[name] = values
    return out


def is_index(path: Path) -> bool:
    """Whether a file is an index by its content, damaged or not."""
    return path.is_file() and (path.suffix == ".npz" or zipfile.is_zipfile(path))


def read_index(path: Path) -> list[EvaluationSet]:
    """The sets of an index file, each array checked for type, length and order.

    Raises:
        InputError: no such file, not an index, of a newer version, or damaged.
    """
    try:
        with zipfile.ZipFile(path) as file:
            if broken := file.testzip():
                raise _Damaged(f"{broken} does not match its checksum")
            meta = json.loads(file.read(_META))
            _check_meta(meta, path)
            salt = bytes.fromhex(meta["salt"])
            return [_read_set(file, number, told, salt) for number, told in enumerate(meta["sets"])]
    except FileNotFoundError as error:
        raise InputError("no such file", fix="check --against", item=path.name) from error
    except _Damaged as error:
        raise InputError(f"the index is damaged: {error}", fix=_FIX, item=path.name) from error
    except (OSError, EOFError, zipfile.BadZipFile, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise InputError(f"not an index ({type(error).__name__})", fix=_FIX, item=path.name) from error


class _Damaged(Exception):
    """An index whose parts do not fit; the message says how."""


def _check_meta(meta: Any, path: Path) -> None:
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise InputError("not an index of evaluation sets", fix=_FIX, item=path.name)
    if meta.get("version") != VERSION:
        told = meta.get("version")
        raise InputError(f"an index of version {told}; this program reads {VERSION}", fix=_FIX, item=path.name)
    if not meta.get("sets") or not 0 < len(bytes.fromhex(meta["salt"])) <= 64:
        raise _Damaged("it names no set, or no salt")


def _read_set(file: zipfile.ZipFile, number: int, told: dict[str, Any], salt: bytes) -> EvaluationSet:
    ids = told["ids"]
    if not ids or not all(isinstance(i, str) for i in (told["name"], *ids)) or len(ids) != told["items"]:
        raise _Damaged(f"set {number} names other ids than it counts")
    origins = tuple(Origin(str(o["file"]), str(o["sha256"])) for o in told["origins"])

    def array(key: str, kind: type, length: int | None) -> Any:
        values = np.load(io.BytesIO(file.read(f"{number}/{key}.npy")), allow_pickle=False)
        if values.dtype != kind or values.ndim != 1 or (length is not None and len(values) != length):
            raise _Damaged(f"{key} of set {number} is of another type or length")
        return values

    def rows(name: str) -> Rows:
        found = Rows(array(f"{name}.flat", np.uint64, None), array(f"{name}.starts", np.int64, len(ids) + 1))
        if found.starts[0] or found.starts[-1] != len(found.flat) or np.any(np.diff(found.starts) < 0):
            raise _Damaged(f"{name} of set {number} does not fit its row bounds")
        inside = np.ones(len(found.flat), bool)
        inside[found.starts[:-1][found.starts[:-1] < len(inside)]] = False
        if np.any(inside[1:] & (found.flat[1:] <= found.flat[:-1])):
            raise _Damaged(f"{name} of set {number} is not in order")
        return found

    columns: dict[str, Any] = {
        name: rows(name) if name in _ROWS else array(name, np.int64 if name == "lengths" else np.uint64, len(ids))
        for name in Features._fields
    }
    return EvaluationSet(told["name"], tuple(ids), origins, salt, Features(**columns))
