"""Final answers as plain rows, one table a kind of question.

``side`` is ``first`` or ``second`` in the case's own order, which is random and the same for all reviewers of the case:
what one reviewer saw on the left and another on the right has one name. ``arm`` is empty while the study is blinded.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from medreason.review.answers import MIRROR, PREFERENCES, Preference
from medreason.review.store import AnswerRow, StudyFile

Row = dict[str, Any]
OWN = {"left": "first", "right": "second"}


class Tables(NamedTuple):
    """The tables.

    Attributes:
        answers: A row a case judged or declined.
        steps: A row a step labelled.
        scales: A row a scale and side rated.
        preferences: A row a preference given; ``own`` is it in the case's own order.
        adjudicated: A row a decision.
        arms: Names of the arms as reports call them, in the protocol's order; empty while blinded.
    """

    answers: list[Row]
    steps: list[Row]
    scales: list[Row]
    preferences: list[Row]
    adjudicated: list[Row]
    arms: tuple[str, ...]


def in_words(preference: Preference) -> str:
    """A preference in the case's own order: ``much_first`` for ``much_left``."""
    return preference.replace("left", "first").replace("right", "second")


OWN_PREFERENCES = tuple(in_words(p) for p in PREFERENCES)


def tables(study: StudyFile) -> Tables:
    """All tables of a study; without arms while it is blinded."""
    blind = study.state != "unblinded"
    names = {arm: study.protocol.name_of(arm) for arm in study.protocol.arms}
    named = {row.task: row for row in study.answers(blind=blind)}
    found = Tables([], [], [], [], [], () if blind else tuple(names.values()))
    for plain, swapped in study.oriented():
        _add(found, named.get(plain.task, plain), names, swapped=swapped)
    for one in study.adjudications(blind=blind):
        arm = one.arm_right if one.side == "right" else one.arm_left
        found.adjudicated.append(
            {
                "case": one.case, "what": one.what, "side": OWN[one.side] if one.side else "",
                "step": one.step + 1 if one.side else None, "arm": names.get(arm, "") if one.side else "",
                "arm_first": names.get(one.arm_left, ""), "arm_second": names.get(one.arm_right, ""),
                "label": one.label if one.side else in_words(_preference(one.label)), "comment": one.comment,
                "person": one.person, "at": one.at,
            }
        )  # fmt: skip
    return found


def _preference(label: str) -> Preference:
    return next(p for p in PREFERENCES if p == label)


def _add(found: Tables, row: AnswerRow, names: dict[str, str], *, swapped: bool) -> None:
    body = row.body
    shown = {"left": names.get(row.arm_left, ""), "right": names.get(row.arm_right, "")}
    common = {"case": row.case, "person": row.person, "repeat": bool(row.repeat_of), "task": row.task}
    strata = {name: row.stratum.get(name, "") for name in ("source", "organ_system", "difficulty")}
    found.answers.append(
        {
            **common, **strata, "specialties": "; ".join(row.specialties), "position": row.position,
            "repeat_of": row.repeat_of, "arm_left": shown["left"], "arm_right": shown["right"], "swapped": swapped,
            "outside_specialty": body.outside_specialty, "confidence": body.confidence,
            "seconds": round(body.seconds, 1), "revisions": row.revisions, "at": row.at, "comment": body.comment,
        }
    )  # fmt: skip
    if body.outside_specialty:
        return
    turned = {"left": "second", "right": "first"} if swapped else OWN
    for side, labels in body.steps.items():
        for n, label in enumerate(labels):
            if label is not None:
                origin = row.origins.get(side)
                found.steps.append(
                    {**common, "side": turned[side], "shown": side, "arm": shown[side], "step": n + 1,
                     "origin": None if origin is None else origin[n], "label": label}
                )  # fmt: skip
    for side, values in body.scales.items():
        for scale, value in values.items():
            if value is not None:
                found.scales.append(
                    {**common, "side": turned[side], "shown": side, "arm": shown[side], "scale": scale, "value": value}
                )
    if body.preference is not None:
        own = MIRROR[body.preference] if swapped else body.preference
        first, second = (shown["right"], shown["left"]) if swapped else (shown["left"], shown["right"])
        found.preferences.append(
            {**common, **strata, "specialties": "; ".join(row.specialties), "shown": body.preference,
             "own": in_words(own), "arm_first": first, "arm_second": second, "repeat_of": row.repeat_of}
        )  # fmt: skip
