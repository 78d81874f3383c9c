"""The adjudicator's pages: what reviewers disagree on, without their names, and the decision."""

from __future__ import annotations

from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from medreason.errors import MedReasonError
from medreason.review.answers import PREFERENCES, STEP_LABELS, AdjudicationBody
from medreason.review.material import ShownItem
from medreason.review.server.forms import read_values
from medreason.review.server.reviewing import PREFERENCE_WORDS, names_of
from medreason.review.server.sessions import Visit
from medreason.review.store import Disagreement


class Row(NamedTuple):
    """A disagreement in words.

    Attributes:
        step: Counted from 0; -1 for what is not about one step.
        counts: Label in words, and how many reviewers gave it; the most frequent first.
    """

    key: str
    case: int
    title: str
    side: str
    step: int
    counts: list[tuple[str, int]]
    decided: bool


def row_of(visit: Visit, found: Disagreement) -> Row:
    """A disagreement as pages show it."""
    side = found.side or ""
    title = f"{names_of(visit)[side]}, step {found.step + 1}" if found.what == "step" else "Which is better?"
    words = dict(PREFERENCE_WORDS)
    counts = sorted(found.labels.items(), key=lambda pair: (-pair[1], pair[0]))
    return Row(
        found.key, found.case, title, side, found.step if found.what == "step" else -1,
        [(words.get(label, label), n) for label, n in counts], found.decided,
    )  # fmt: skip


def queue(visit: Visit) -> Response:
    """What waits for a decision, and what has one."""
    rows = sorted((row_of(visit, found) for found in visit.study.disagreements()), key=lambda row: row.decided)
    return visit.page("queue.html", rows=rows, open=sum(not row.decided for row in rows))


def _named(visit: Visit) -> tuple[Disagreement, ShownItem]:
    """The disagreement named in the address.

    Raises:
        HTTPException: 404 when there is none.
    """
    try:
        return visit.study.dispute(visit.key())
    except MedReasonError:
        raise HTTPException(404) from None


def dispute(visit: Visit) -> Response:
    """One disagreement with its case."""
    found, item = _named(visit)
    return _shown(visit, found, item)


def _shown(
    visit: Visit, found: Disagreement, item: ShownItem, *, chosen: str = "", comment: str = "", problem: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    values = STEP_LABELS if found.what == "step" else PREFERENCES
    choices = [(value, PREFERENCE_WORDS.get(value, value)) for value in values]
    return visit.page(
        "dispute.html", status, row=row_of(visit, found), item=item, names=names_of(visit),
        choices=choices, chosen=chosen,
        comment=comment, problem=problem, closed=visit.study.state != "open",
    )  # fmt: skip


def decide(visit: Visit) -> Response:
    """Records the decision."""
    found, item = _named(visit)
    verdict, comment = visit.fields.get("verdict", ""), visit.fields.get("comment", "")
    offered = STEP_LABELS if found.what == "step" else PREFERENCES
    if verdict not in offered:
        return _shown(visit, found, item, comment=comment, problem="Choose one of the labels first.", status=422)
    body = read_values(AdjudicationBody, {"label": verdict, "comment": comment})
    try:
        visit.study.adjudicate(found.key, visit.who.id, body)
    except MedReasonError as error:
        return _shown(visit, found, item, chosen=verdict, comment=comment, problem=error.cause, status=409)
    return RedirectResponse("/adjudicate", 303)
