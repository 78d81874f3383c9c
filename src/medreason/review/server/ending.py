"""The last questions of a reviewer: whether the sources could be told apart, which says whether the blinding held."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from medreason.errors import MedReasonError
from medreason.review.answers import GuessBody
from medreason.review.server.forms import read_values
from medreason.review.server.reviewing import ENDED
from medreason.review.server.sessions import Visit

TELLS = (("yes", "Yes"), ("unsure", "Not sure"), ("no", "No"))


def last(visit: Visit, *, chosen: str = "", cue: str = "", problem: str = "", status: int = 200) -> Response:
    """The last questions: could the sources be told apart?"""
    tasks = visit.study.tasks(visit.who.id)
    return visit.page(
        "end.html", status, tells=TELLS, chosen=chosen, cue=cue, problem=problem,
        thanks="sent" in visit.request.query_params,
        waiting=sum(task.state not in ENDED for task in tasks), closed=visit.study.state != "open",
    )  # fmt: skip


def guess(visit: Visit) -> Response:
    """Records the reviewer's impression."""
    chosen, cue = visit.fields.get("could_tell", ""), visit.fields.get("cue", "")
    if chosen not in dict(TELLS):
        return last(visit, cue=cue, problem="Choose one of the answers first.", status=422)
    body = read_values(GuessBody, {"could_tell": chosen, "cue": cue})
    try:
        visit.study.guess(visit.who.id, body)
    except MedReasonError as error:
        return last(visit, chosen=chosen, cue=cue, problem=error.cause, status=423)
    return RedirectResponse("/end?sent", 303)
