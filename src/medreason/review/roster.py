"""The people of a study from a CSV file: ``name,role,specialties``, several specialties separated by semicolons."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from medreason.errors import InputError
from medreason.review.store.rows import ROLES, Person

_NAME = 200


def read_roster(file: Path, specialties: Sequence[str] = ()) -> list[Person]:
    """The rows of a roster. The role is ``reviewer`` where it is empty or the column is missing.

    Args:
        file: UTF-8, with a header.
        specialties: Those that may be named; any if empty.

    Raises:
        InputError: it cannot be read, a column or name is missing, a name occurs twice, or a role or specialty is not
            known; names file and line.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read the roster: {error}", fix="give a CSV file in UTF-8", item=file.name) from error
    if not rows:
        raise InputError(
            "nobody is in it", fix="give a header name,role,specialties and a row a person", item=file.name
        )
    unknown = [str(c) for c in rows[0] if c not in {"name", "role", "specialties", None}]
    if "name" not in rows[0] or unknown:
        raise InputError(
            f"columns are name, role, specialties{'; not known: ' + ', '.join(unknown) if unknown else ''}",
            fix="mend the header",
            item=f"{file.name}:1",
        )
    found: list[Person] = []
    for number, row in enumerate(rows, 2):
        found.append(_person(row, f"{file.name}:{number}", specialties))
        if sum(p.name == found[-1].name for p in found) > 1:
            raise InputError(
                f"{found[-1].name} occurs a second time", fix="give each person one row", item=f"{file.name}:{number}"
            )
    return found


def _person(row: dict[str, str | None], where: str, specialties: Sequence[str]) -> Person:
    if None in row:
        raise InputError("there are more cells than the header names", fix="mend this line", item=where)
    name = (row["name"] or "").strip()
    if not name or len(name) > _NAME:
        raise InputError(f"a name has 1 to {_NAME} characters", fix="mend this line", item=where)
    role = (row.get("role") or "reviewer").strip().lower()
    known = {r: r for r in ROLES}
    if role not in known:
        raise InputError(f"{role!r} is no role", fix=f"one of {', '.join(ROLES)}", item=where)
    named = tuple(dict.fromkeys(s.strip() for s in (row.get("specialties") or "").split(";") if s.strip()))
    foreign = [s for s in named if specialties and s not in specialties]
    if foreign:
        raise InputError(
            f"the protocol does not know {', '.join(foreign)}", fix=f"one of {', '.join(specialties)}", item=where
        )
    return Person(name, known[role], named)
