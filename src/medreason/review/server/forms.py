"""What a form or an autosave sent, as the bodies that the study file takes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException

from medreason.review.answers import Body
from medreason.review.material import ShownItem
from medreason.review.protocol import Asked
from medreason.review.server.settings import FIELDS

T = TypeVar("T", bound=BaseModel)
Fields = dict[str, str]
# A revision number; far above what anybody saves, below what SQLite holds.
REVISIONS = 2**40
# Seconds that a page without script counts at most for one visit.
VISIT = 1_800.0


class Sent(BaseModel):
    """An autosave: the answer, and the revision on which it builds."""

    model_config = ConfigDict(extra="forbid")
    base: int = Field(ge=0, le=REVISIONS)
    body: Body


class Base(BaseModel):
    """An undo: the revision that it takes back."""

    model_config = ConfigDict(extra="forbid")
    base: int = Field(ge=0, le=REVISIONS)


def read_fields(raw: bytes, kind: str) -> Fields:
    """The fields of a form; of one that comes twice the last.

    Raises:
        HTTPException: 415 for another encoding than browsers use for forms without files, 400 for too many fields.
    """
    if not raw:
        return {}
    if kind.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    try:
        pairs = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError:
        raise HTTPException(400) from None
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


def read_json(model: type[T], raw: bytes) -> T:
    """What the page's script sent.

    Raises:
        HTTPException: 400 when it is not of this shape.
    """
    try:
        return model.model_validate_json(raw)
    except ValidationError:
        raise HTTPException(400) from None


def base_of(fields: Fields) -> int:
    """The revision on which a form builds.

    Raises:
        HTTPException: 400 when there is none.
    """
    return _whole(fields.get("base", ""), REVISIONS)


def answer_of(fields: Fields, item: ShownItem, asked: Asked, spent: float) -> Body:
    """The answer in a form; what the item does not ask is not looked at.

    Args:
        spent: Seconds counted before this visit.

    Raises:
        HTTPException: 400 when a value is none that the page offers.
    """
    steps = {}
    if asked.steps:
        for side, one in item.sides.items():
            steps[side] = [fields.get(f"step.{side}.{n}") or None for n in range(len(one.steps))]
    scales: dict[str, dict[str, Any]] = {}
    for side in item.sides:
        scales[side] = {name: fields.get(f"scale.{side}.{name}") or None for name in asked.scales}
    values = {
        "steps": steps,
        "scales": scales,
        "preference": fields.get("preference") or None,
        "confidence": fields.get("confidence") or None,
        "outside_specialty": fields.get("outside_specialty") == "yes",
        "comment": fields.get("comment", ""),
        "seconds": min(86_400.0, spent + _visit(fields.get("opened", ""))),
    }
    return fitting(read_values(Body, values), item, asked)


def fitting(body: Body, item: ShownItem, asked: Asked) -> Body:
    """The answer, when it has the shape of the item.

    Raises:
        HTTPException: 400 when it judges a side, step or scale that the item does not have.
    """
    good = set(body.steps) <= (set(item.sides) if asked.steps else set())
    good = good and all(len(labels) == len(item.sides[side].steps) for side, labels in body.steps.items())
    good = good and set(body.scales) <= set(item.sides)
    for given in body.scales.values():
        good = good and set(given) <= set(asked.scales)
        good = good and all(value is None or 1 <= value <= 5 for value in given.values())
    if body.preference is not None:
        good = good and asked.pairwise and len(item.sides) == 2
    if not good:
        raise HTTPException(400)
    return body


def read_values(model: type[T], values: Mapping[str, Any]) -> T:
    """A form's values as a body.

    Raises:
        HTTPException: 400 when a value is none that the page offers.
    """
    try:
        return model.model_validate(values)
    except ValidationError:
        raise HTTPException(400) from None


def _whole(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15 and int(text) <= most):
        raise HTTPException(400)
    return int(text)


def _visit(opened: str) -> float:
    """Seconds since the page was made, 0 where that cannot be; at most :data:`VISIT`."""
    if not (opened.isascii() and opened.isdigit() and len(opened) <= 12):
        return 0.0
    return min(max(0.0, time.time() - int(opened)), VISIT)
