"""What reviewers judge differently, and what an adjudicator decides of it.

A step is disputed where its labels differ and one of them says that something is wrong with it (incorrect, harmful or
unsupported); a preference where reviewers point to different sides, or only some of them call both unsafe. Repeats and
cases outside a specialty do not count. The adjudicator sees a case in its own order, which is random.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence

from medreason.errors import InputError, UsageError
from medreason.review.answers import PREFERENCES, STEP_LABELS, AdjudicationBody, Side
from medreason.review.material import Case
from medreason.review.store.answering import open_study
from medreason.review.store.base import File, log, now
from medreason.review.store.finals import Final, own_preference, own_side
from medreason.review.store.people import present
from medreason.review.store.rows import Adjudicated, Disagreement

WRONG = frozenset({"incorrect", "harmful", "unsupported"})
# Case, side in the case's own order (empty: the preference), step (-1).
Point = tuple[int, str, int]


def _tally(finals: Sequence[Final]) -> dict[Point, Counter[str]]:
    found: dict[Point, Counter[str]] = defaultdict(Counter)
    for final in finals:
        body = final.row.body
        if final.row.repeat_of or body.outside_specialty:
            continue
        for side, labels in body.steps.items():
            for n, label in enumerate(labels):
                if label is not None:
                    found[final.case, own_side(side, swapped=final.swapped), n][label] += 1
        if body.preference is not None:
            found[final.case, "", -1][own_preference(body.preference, swapped=final.swapped)] += 1
    return found


def _disputed(point: Point, labels: Counter[str]) -> bool:
    if len(labels) < 2:
        return False
    if point[1]:
        return bool(WRONG & set(labels))
    directions = {label.rpartition("_")[2] for label in labels}
    return "unsafe" in directions or {"left", "right"} <= directions


def _keys(file: File) -> dict[Point, str]:
    return {(n, side, step): key for key, n, side, step in file.read("SELECT key, case_n, side, step FROM disputes")}


def disagreements(file: File, finals: Sequence[Final]) -> list[tuple[int, Disagreement]]:
    """All points that are disputed now, and those that were decided; each with the number of its case."""
    tally = _tally(finals)
    points = sorted(point for point, labels in tally.items() if _disputed(point, labels))
    known = _keys(file)
    if any(point not in known for point in points):
        with file.writing() as base:
            for point in points:
                base.execute(
                    "INSERT OR IGNORE INTO disputes(key, case_n, side, step) VALUES(?,?,?,?)",
                    (secrets.token_urlsafe(16), *point),
                )
        known = {
            (n, side, step): key for key, n, side, step in file.read("SELECT key, case_n, side, step FROM disputes")
        }
    decided = {key for (key,) in file.read("SELECT DISTINCT dispute FROM decisions")}
    points += [point for point, key in known.items() if key in decided and point not in set(points)]
    return [(point[0], _told(known[point], point, tally[point], decided)) for point in points]


def _told(key: str, point: Point, labels: Counter[str], decided: set[str]) -> Disagreement:
    side: Side | None = "left" if point[1] == "left" else "right" if point[1] == "right" else None
    return Disagreement(
        key, point[0] + 1, "step" if side else "preference", side, point[2], dict(labels), key in decided
    )


def named(file: File, finals: Sequence[Final], key: str) -> tuple[int, Disagreement]:
    """One disagreement with the number of its case.

    Raises:
        InputError: there is none of this key, or it is settled by now.
    """
    for n, found in disagreements(file, finals):
        if found.key == key:
            return n, found
    raise InputError("there is no such disagreement", item=key)


def adjudicate(file: File, found: Disagreement, person: str, body: AdjudicationBody) -> None:
    """Adds a decision; the latest one counts, the earlier ones stay.

    Raises:
        UsageError: the label is none of what was asked, or the study is closed.
    """
    if body.label not in (STEP_LABELS if found.what == "step" else PREFERENCES):
        raise UsageError(f"{body.label} is no answer to this question", item=found.key)
    with file.writing() as base:
        open_study(base)
        present(base, person)
        _decide(base, found.key, person, body)


def _decide(base: sqlite3.Connection, key: str, person: str, body: AdjudicationBody) -> None:
    base.execute(
        "INSERT INTO decisions(dispute, person, label, comment, at) VALUES(?,?,?,?,?)",
        (key, person, body.label, body.comment, now()),
    )
    log(base, person, "disagreement decided", key)


_DECISIONS = """
SELECT d.case_n, d.side, d.step, x.label, x.comment, x.person, x.at
FROM decisions x JOIN disputes d ON d.key = x.dispute
WHERE x.n = (SELECT max(n) FROM decisions WHERE dispute = x.dispute) ORDER BY d.case_n, d.side, d.step
"""


def decisions(file: File, cases: Sequence[Case], *, blind: bool) -> list[Adjudicated]:
    """The decisions that count."""
    found = []
    for n, own, step, label, comment, person, at in file.read(_DECISIONS):
        case = cases[n]
        side: Side | None = "left" if own == "left" else "right" if own == "right" else None
        left, right = (*case.arms, "")[:2]
        origins = case.texts[case.arms[0] if side == "left" else case.arms[-1]].origins
        found.append(
            Adjudicated(
                case.id, "step" if side else "preference", side, step, origins[step] if side and not blind else 0,
                "" if blind else left, "" if blind else right, label, comment, person, at,
            )
        )  # fmt: skip
    return found
