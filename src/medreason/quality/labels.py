"""Human labels and a judge's verdicts, read from JSONL files.

One item a line::

    {"id": "q1", "human": true, "judge": false, "source": "clinic", "model": "m1"}

``human`` is ``true`` (good), ``false``, or a list with one of them a rater: the majority counts, and a tie is no label
but a case for adjudication. ``judge`` is ``true``, ``false``, or missing or ``null`` where the judge gave no verdict.
Every other field can form subgroups; a field with a list puts its item into a subgroup for each entry.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from medreason.errors import InputError

NO_VALUE = "(none)"
_OWN = ("id", "human", "judge")


class Label(NamedTuple):
    """One line of a label file.

    Attributes:
        id: Unique in the file.
        human: One label a rater, at least one.
        judge: The verdict; None where there is none.
        fields: All other fields, as they stand in the line.
    """

    id: str
    human: tuple[bool, ...]
    judge: bool | None
    fields: dict[str, Any]

    @property
    def label(self) -> bool | None:
        """What most raters say; None for a tie."""
        good = 2 * sum(self.human)
        return None if good == len(self.human) else good > len(self.human)

    @property
    def majority(self) -> float:
        """Share of the raters that the larger side holds, 0.5 to 1."""
        share = sum(self.human) / len(self.human)
        return max(share, 1 - share)

    def values(self, field: str) -> list[str]:
        """The item's subgroups by a field."""
        found = self.fields.get(field)
        return [_word(v) for v in found] or [NO_VALUE] if isinstance(found, list) else [_word(found)]


def _word(value: Any) -> str:
    if value is None or value in ("", []):
        return NO_VALUE
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """File and line, and the object there; ids are present, and no two are the same."""
    known: dict[str, int] = {}
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                where = f"{path.name}:{number}"
                row = _row(line, where)
                if row["id"] in known:
                    raise InputError(
                        f"the id {row['id']!r} stands in line {known[row['id']]} already",
                        fix="give each item one line; several raters of one item go into one list",
                        item=where,
                    )
                known[row["id"]] = number
                yield where, row
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror or error})", fix="give a JSONL file", item=path.name
        ) from error
    if not known:
        raise InputError("there is no line in this file", fix="see docs/judge.md for what it holds", item=path.name)


def _row(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError("this line is no JSON", fix="write one object a line", item=where) from error
    if not isinstance(row, dict):
        raise InputError("this line is no object", fix='write {"id": …, "human": …, "judge": …}', item=where)
    if not isinstance(row.get("id"), str) or not row["id"]:
        raise InputError("the line has no id, or one that is no text", fix='add "id": "…"', item=where)
    return row


def _verdict(row: dict[str, Any], where: str) -> bool | None:
    found = row.get("judge")
    if found is None or isinstance(found, bool):
        return found
    raise InputError(
        f"the verdict is {found!r}", fix="write true, false, or null where the judge gave none", item=where
    )


def _human(row: dict[str, Any], where: str) -> tuple[bool, ...]:
    found = row.get("human")
    labels = found if isinstance(found, list) else [found]
    if labels and all(isinstance(v, bool) for v in labels):
        return tuple(labels)
    told = "there is no human label" if found is None else f"the human label is {found!r}"
    raise InputError(told, fix="write true, false, or a list with one of them for each rater", item=where)


def read_labels(path: Path) -> list[Label]:
    """The lines of a label file, as the module tells.

    Raises:
        InputError: the file cannot be read, is empty, or a line is no label or repeats an id; names the line.
    """
    return [
        Label(row["id"], _human(row, where), _verdict(row, where), {k: v for k, v in row.items() if k not in _OWN})
        for where, row in _rows(path)
    ]


def read_verdicts(path: Path) -> dict[str, bool | None]:
    """Id → verdict of a file of ``{"id": …, "judge": …}`` lines; further fields are not read. Raises as labels do."""
    return {row["id"]: _verdict(row, where) for where, row in _rows(path)}
