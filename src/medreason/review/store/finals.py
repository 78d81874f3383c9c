"""Final answers: the latest revision of every task that is done, of reviewers who are still part of the study."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from medreason.review.answers import MIRROR, OTHER, Body, Preference, Side
from medreason.review.material import Case
from medreason.review.store.base import File
from medreason.review.store.rows import AnswerRow

_QUERY = """
SELECT t.key, t.person, p.specialties, t.case_n, t.swapped, t.position, t.repeat_of, a.body, a.revision, a.at
FROM tasks t JOIN people p ON p.id = t.person JOIN answers a ON a.task = t.key
WHERE t.state IN ('done', 'outside') AND p.erased = 0 AND p.role = 'reviewer'
    AND a.revision = (SELECT max(revision) FROM answers WHERE task = t.key)
ORDER BY p.rowid, t.position
"""


class Final(NamedTuple):
    """A final answer with the place of its case and whether its sides are swapped against the case's own order."""

    row: AnswerRow
    case: int
    swapped: bool


def finals(file: File, case_of: Callable[[int], Case], *, blind: bool) -> list[Final]:
    """All final answers, by reviewer and position.

    Args:
        case_of: Reads a case by number.
        blind: Leaves out the names of arms and the origins of steps.
    """
    found = []
    for key, person, specialties, n, turned, position, repeat_of, body, revisions, at in file.read(_QUERY):
        case = case_of(n)
        # One arm alone stands on the left, whatever was drawn.
        swapped = bool(turned) and len(case.arms) == 2
        arms = arranged(case, swapped=swapped)
        sides: tuple[Side, ...] = ("left", "right")
        # Blind, origins stay out as well: outputs of a model have none, which would tell them from a dataset.
        told = zip(sides, arms, strict=False) if not blind else ()
        origins = {side: case.texts[arm].origins for side, arm in told}
        left, right = (*arms, "")[:2] if not blind else ("", "")
        row = AnswerRow(
            person, tuple(json.loads(specialties)), case.id, case.stratum, key, repeat_of, position, left, right,
            origins, Body.model_validate_json(body), revisions, at,
        )  # fmt: skip
        found.append(Final(row, n, swapped))
    return found


def arranged(case: Case, *, swapped: bool) -> tuple[str, ...]:
    """The arms of a case from left to right."""
    return case.arms[::-1] if swapped else case.arms


def own_side(side: Side, *, swapped: bool) -> Side:
    """A reviewer's side as the case's own order has it."""
    return OTHER[side] if swapped else side


def own_preference(preference: Preference, *, swapped: bool) -> Preference:
    """A reviewer's preference as the case's own order has it."""
    return MIRROR[preference] if swapped else preference
