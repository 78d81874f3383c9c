"""What a model answered, as a file: ``readings.jsonl`` in a folder, one row an output.

    {"task": "medqa", "id": "17", "sample": 0, "gold": "C", "key": "C", "rule": "final", "why": "", "right": true,
     "length": 812, "options": 4}

What it is: the scored outputs of one model, from which every comparison is made. What it is not: the outputs
themselves. Their texts may lie beside it in ``outputs.jsonl`` (``task``, ``id``, ``sample``, ``output``).

Keys are those of the question in its source, also where the options were shown in another order. An output that could
not be read has the key null, a reason in ``why``, and counts as wrong. Optional: ``clean`` (false: the question is in
training data), ``confidence`` (0 to 1, as the model gave it), ``cluster`` (questions that hang together, such as cases
of one disease), and ``condition`` with ``hint`` for runs on changed questions (see :data:`CONDITIONS`).
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from medreason.errors import InputError

READINGS, OUTPUTS = "readings.jsonl", "outputs.jsonl"
# How a question was changed before it was asked; rows of a changed question stand in no accuracy.
CONDITIONS = {
    "shuffled": "options in another order",
    "hinted": "a wrong option was suggested; `hint` is its key",
    "corrupted": "the evidence given was changed; `hint` is the key it now speaks for, if there is one",
}
FIELDS = "task, id, gold and key"


class Row(NamedTuple):
    """One output, read.

    Attributes:
        task: Name of the question set.
        id: Of the question within the set.
        options: How many options were shown, at least 2; 0 where it was not recorded.
        gold: Key of the right option.
        key: Key that the output names; None where it could not be read.
        sample: 0 for the first output to a question, 1 for the next.
        rule: Which rule read it.
        why: Why it could not be read; empty where it could.
        clean: False where the question is known from training data; None where nobody looked.
        length: Characters of the output; None where it was not recorded.
        confidence: That the answer is right, by the model, 0 to 1.
        condition: One of :data:`CONDITIONS`; empty for the question as it is.
        hint: Key that a hint or changed evidence speaks for.
        cluster: Name shared by questions that hang together; empty: the question stands for itself.
    """

    task: str
    id: str
    options: int
    gold: str
    key: str | None
    sample: int = 0
    rule: str = ""
    why: str = ""
    clean: bool | None = None
    length: int | None = None
    confidence: float | None = None
    condition: str = ""
    hint: str = ""
    cluster: str = ""

    @property
    def right(self) -> bool:
        """Whether the output names the right option."""
        return self.key == self.gold


def to_json(row: Row) -> str:
    """A row as one line without its end; optional fields only where they say something."""
    shown: dict[str, Any] = {
        "task": row.task, "id": row.id, "sample": row.sample, "gold": row.gold, "key": row.key, "rule": row.rule,
        "why": row.why, "right": row.right,
    }  # fmt: skip
    for name in ("clean", "length", "confidence"):
        if getattr(row, name) is not None:
            shown[name] = getattr(row, name)
    for name in ("options", "condition", "hint", "cluster"):
        if getattr(row, name):
            shown[name] = getattr(row, name)
    return json.dumps(shown, ensure_ascii=False)


def write_rows(folder: Path, rows: Iterable[Row]) -> Path:
    """Writes ``readings.jsonl`` into a folder, which is made where it is not there; returns the file.

    Raises:
        InputError: it cannot be written.
    """
    path = folder / READINGS
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            file.writelines(to_json(row) + "\n" for row in rows)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", fix="check the folder", item=path.name) from error
    return path


def readings_file(place: Path) -> Path:
    """The file of readings that a path means: itself, or ``readings.jsonl`` (or ``.gz``) in a folder.

    Raises:
        InputError: there is none.
    """
    if place.is_file():
        return place
    for name in (READINGS, f"{READINGS}.gz"):
        if (place / name).is_file():
            return place / name
    cause = f"the folder holds no {READINGS}" if place.is_dir() else "there is no such file or folder"
    raise InputError(cause, fix="give what `medreason score … --out DIR` wrote", item=place.name)


def read_rows(place: Path) -> list[Row]:
    """The rows of a folder or file (also ``.gz``), in its order.

    Raises:
        InputError: nothing there, no row in it, a row that cannot be used, or one output twice; with file and line.
    """
    path = readings_file(place)
    rows: list[Row] = []
    seen: dict[tuple[str, str, int, str], int] = {}
    for number, line in _lines(path):
        where = f"{path.name}:{number}"
        row = _row(line, where)
        name = (row.task, row.id, row.sample, row.condition)
        if name in seen:
            raise InputError(
                f"task {row.task}, question {row.id}, sample {row.sample} was already in line {seen[name]}",
                fix="keep one of both; further outputs to a question have another `sample`",
                item=where,
            )
        seen[name] = number
        rows.append(row)
    if not rows:
        raise InputError("it holds no readings", fix="give what `medreason score … --out DIR` wrote", item=path.name)
    return rows


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", fix="give a JSON lines file in UTF-8", item=path.name) from error


def _opened(path: Path) -> TextIO:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def _row(line: str, where: str) -> Row:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the line is no JSON: {error}", fix="one object a line", item=where) from error
    try:
        return _checked(data)
    except ValueError as error:
        raise InputError(str(error), fix=f"a row holds at least {FIELDS}", item=where) from error


def _checked(data: Any) -> Row:
    """A row of checked fields.

    Raises:
        ValueError: a field is missing or cannot be; the message names it.
    """
    if not isinstance(data, dict):
        raise ValueError("the line is no JSON object")
    if "key" not in data:
        raise ValueError("the field key is missing (null where no answer could be read)")
    name = data.get("id")
    row = Row(
        task=_text(data, "task", needed=True),
        id=str(name) if isinstance(name, int) and not isinstance(name, bool) else _text(data, "id", needed=True),
        options=_whole(data, "options", least=2) if data.get("options") else 0,
        gold=_text(data, "gold", needed=True),
        key=None if data["key"] is None else _text(data, "key", needed=True),
        sample=_whole(data, "sample", least=0) if "sample" in data else 0,
        rule=_text(data, "rule"),
        why=_text(data, "why"),
        clean=_truth(data, "clean"),
        length=_whole(data, "length", least=0) if data.get("length") is not None else None,
        confidence=_share(data),
        condition=_text(data, "condition"),
        hint=_text(data, "hint"),
        cluster=_text(data, "cluster"),
    )
    right = _truth(data, "right")
    if right is not None and right != row.right:
        raise ValueError(f"right is {str(right).lower()}, but the key is {row.key!r} and gold is {row.gold!r}")
    if row.condition and row.condition not in CONDITIONS:
        raise ValueError(f"there is no condition {row.condition!r}; known are {', '.join(CONDITIONS)}")
    return row


def _text(data: dict[str, Any], name: str, *, needed: bool = False) -> str:
    value = data.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value):
        raise ValueError(f"the field {name} is missing or no text")
    return value


def _whole(data: dict[str, Any], name: str, *, least: int) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"the field {name} is no whole number from {least} on")
    return value


def _truth(data: dict[str, Any], name: str) -> bool | None:
    value = data.get(name)
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"the field {name} is neither true nor false")
    return value


def _share(data: dict[str, Any]) -> float | None:
    value = data.get("confidence")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value <= 1:
        raise ValueError("the field confidence is no number from 0 to 1")
    return float(value)
