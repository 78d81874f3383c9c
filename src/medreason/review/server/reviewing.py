"""The reviewer's pages: link, consent, cases, one case, the last questions."""

from __future__ import annotations

import time
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from medreason.review.answers import PREFERENCES, SCALES, STEP_LABELS, Body, ScaleName, Side
from medreason.review.material import ShownItem
from medreason.review.server.sessions import HOMES, JUDGES, Visit
from medreason.review.store import Saved, TaskRow

# The words of what answers.py holds as values; digits choose in this order.
PREFERENCE_WORDS = {
    "much_left": "Left much better",
    "slightly_left": "Left slightly better",
    "tie": "No difference",
    "slightly_right": "Right slightly better",
    "much_right": "Right much better",
    "both_unsafe": "Both unsafe",
}
CONFIDENCES = [(1, "Guessing"), (2, "Unsure"), (3, "Fairly sure"), (4, "Sure"), (5, "Certain")]
PAIR = {"left": "Left reasoning", "right": "Right reasoning"}
ALONE = {"left": "Reasoning"}
SHORT = {"left": "Left", "right": "Right"}
STATES = {"new": "to do", "begun": "begun", "done": "done", "outside": "outside specialty"}
ENDED = {"done", "outside"}


def link(visit: Visit) -> Response:
    """A personal link: begins a session and leads to the first page."""
    wait = visit.wrong_links.wait(visit.address)
    if wait:
        raise HTTPException(429, headers={"retry-after": str(int(wait) + 1)})
    person = visit.study.person_of(str(visit.request.path_params["token"]))
    if person is None:
        visit.wrong_links.count(visit.address)
        raise HTTPException(404, "This link is not valid, or no longer. The coordinator can send you a new one.")
    if visit.cookie:
        visit.study.end_session(visit.cookie)
    cookie, _ = visit.study.begin_session(person.id, visit.settings.hours)
    reply = RedirectResponse(
        "/consent" if person.role in JUDGES and not person.consented_at else HOMES[person.role], 303
    )
    reply.set_cookie(
        visit.settings.cookie,
        cookie,
        max_age=int(visit.settings.hours * 3600),
        path="/",
        secure=visit.settings.secure,
        httponly=True,
        samesite="lax",
    )
    return reply


def start(visit: Visit) -> Response:
    """The bare address: home for who is signed in."""
    if visit.person is None:
        raise HTTPException(401)
    return RedirectResponse(HOMES[visit.person.role], 303)


def leave(visit: Visit) -> Response:
    """Ends the session."""
    visit.study.end_session(visit.cookie)
    visit.person = None
    reply = visit.page("left.html")
    reply.delete_cookie(visit.settings.cookie, path="/", secure=visit.settings.secure, httponly=True, samesite="lax")
    return reply


def consent(visit: Visit, problem: str = "", status: int = 200) -> Response:
    """The consent text, and whether it was agreed to."""
    parts = [part for part in visit.study.protocol.consent.split("\n") if part.strip()]
    return visit.page(
        "consent.html", status, consent=parts, problem=problem, given=visit.who.consented_at,
        onward=HOMES[visit.who.role],
    )  # fmt: skip


def agree(visit: Visit) -> Response:
    """Consent given on the form."""
    if visit.fields.get("agree") != "yes":
        return consent(visit, "Please tick the box to take part, or leave.", 422)
    if not visit.who.consented_at:
        visit.study.consent(visit.who.id)
    return RedirectResponse(HOMES[visit.who.role], 303)


def overview(visit: Visit) -> Response:
    """All cases of the reviewer."""
    tasks = visit.study.tasks(visit.who.id)
    return visit.page(
        "study.html", tasks=tasks, words=STATES, next=_next(tasks), ended=False, closed=visit.study.state != "open",
        started=any(task.state != "new" for task in tasks), **_progress(visit, tasks),
    )  # fmt: skip


def _progress(visit: Visit, tasks: list[TaskRow]) -> dict[str, Any]:
    """Cases done, all, and minutes left at the pace that the protocol expects."""
    done = sum(task.state in ENDED for task in tasks)
    return {
        "done": done,
        "total": len(tasks),
        "left": (len(tasks) - done) * visit.study.protocol.minutes_per_item,
    }


def _next(tasks: list[TaskRow], after: int = 0) -> str:
    """Key of the next case to do, those behind ``after`` first; empty when none is left."""
    waiting = [task for task in tasks if task.state not in ENDED]
    behind = [task for task in waiting if task.position > after]
    return next((task.key for task in behind or waiting), "")


def next_case(visit: Visit, key: str) -> str:
    """Address of what comes after a case: the next to do, or the last questions."""
    tasks = visit.study.tasks(visit.who.id)
    at = next((task.position for task in tasks if task.key == key), 0)
    found = _next(tasks, at)
    return f"/task/{found}" if found else "/end"


def own(visit: Visit) -> tuple[str, ShownItem]:
    """The case named in the address, if it is the reviewer's; another's and none at all look the same."""
    key = visit.key()
    if visit.study.owner(key) != visit.who.id:
        raise HTTPException(404)
    return key, visit.study.item(key)


def case(visit: Visit) -> Response:
    """One case with the answer as it stands."""
    key, item = own(visit)
    return show_case(visit, key, item)


def show_case(
    visit: Visit, key: str, item: ShownItem, *, entered: Body | None = None, lacking: list[str] | None = None,
    problem: str = "", status: int = 200,
) -> Response:  # fmt: skip
    """The page of a case, with the saved answer or what was entered and could not be saved."""
    tasks = visit.study.tasks(visit.who.id)
    at = next(n for n, task in enumerate(tasks) if task.key == key)
    saved = visit.study.answer(key)
    body = entered or (saved.body if saved else empty(item))
    asked = visit.study.protocol.asked

    def labelled(side: Side, n: int) -> str | None:
        labels = body.steps.get(side, [])
        return labels[n] if n < len(labels) else None

    def scaled(side: Side, name: ScaleName) -> int | None:
        return body.scales.get(side, {}).get(name)

    return visit.page(
        "task.html", status, key=key, item=item, body=body, base=saved.revision if saved else 0, asked=asked,
        is_done=bool(saved and saved.done), closed=visit.study.state != "open", opened=int(time.time()),
        position=tasks[at].position, before=tasks[at - 1].key if at else "",
        after=tasks[at + 1].key if at + 1 < len(tasks) else "", names=names_of(visit),
        short=SHORT if asked.pairwise else {"left": "Value"},
        labels=[(label, label) for label in STEP_LABELS], labelled=labelled, scaled=scaled,
        scales=[(name, SCALES[name]) for name in asked.scales],
        preferences=[(value, PREFERENCE_WORDS[value]) for value in PREFERENCES], confidences=CONFIDENCES,
        missing=lacking or [], problem=problem, state=_saved_words(saved), **_progress(visit, tasks),
    )  # fmt: skip


def names_of(visit: Visit) -> dict[str, str]:
    """What the sides of a case are called: with one arm at a time there is no left."""
    return PAIR if visit.study.protocol.asked.pairwise else ALONE


def empty(item: ShownItem) -> Body:
    """An answer that says nothing yet."""
    return Body(
        steps={side: [None] * len(one.steps) for side, one in item.sides.items()},
        scales={side: {} for side in item.sides},
        preference=None,
        confidence=None,
    )


def _saved_words(saved: Saved | None) -> str:
    return f"Saved {saved.at[:16].replace('T', ' ')} (UTC)" if saved else "Nothing answered yet"
