"""Answers on their way into the study file: autosave, the form without script, done, undo.

Every save names the revision on which it builds; the study file refuses it when that is not the latest. An autosave
whose reply was lost comes a second time: it is recognised by its content and acknowledged again, not refused.
"""

from __future__ import annotations

from starlette.responses import JSONResponse, RedirectResponse, Response

from medreason.errors import MedReasonError
from medreason.review.answers import Body, missing
from medreason.review.material import ShownItem
from medreason.review.server.forms import Base, Sent, answer_of, base_of, fitting, read_json
from medreason.review.server.reviewing import empty, next_case, own, show_case
from medreason.review.server.sessions import Visit
from medreason.review.store import Conflict, Saved

CLOSED = "the study is closed"
CHANGED = (
    "This case was changed in another window or on another device since this page was loaded. What you entered is "
    "shown below and not saved yet: check it, then press Save to keep it instead."
)


def current(visit: Visit) -> Response:
    """What is saved, for the page's script: after a conflict, or when the session was renewed."""
    key, item = own(visit)
    saved = visit.study.answer(key)
    return JSONResponse({"csrf": visit.csrf, **_told(saved), "body": _plain(saved, item)})


def autosave(visit: Visit) -> Response:
    """The script's save; a case that was done stays done as long as nothing is missing."""
    key, lacking, refused = _script(visit, keep=True)
    del lacking
    return refused or JSONResponse(_told(visit.study.answer(key)))


def save(visit: Visit) -> Response:
    """The form's Save button, without script."""
    key, item, body = _form(visit)
    before = visit.study.answer(key)
    stays = bool(before and before.done) and not missing(body, item, visit.study.protocol.asked)
    return _kept(visit, key, item, body, stays) or RedirectResponse(f"/task/{key}", 303)


def done(visit: Visit) -> Response:
    """Marks the case as done, if nothing is missing, and leads to the next one."""
    if visit.script:
        return _done_by_script(visit)
    key, item, body = _form(visit)
    lacking = missing(body, item, visit.study.protocol.asked)
    refused = _kept(visit, key, item, body, not lacking)
    if refused is not None:
        return refused
    if lacking:
        return show_case(visit, key, item, lacking=lacking, status=422)
    return RedirectResponse(next_case(visit, key), 303)


def _done_by_script(visit: Visit) -> Response:
    key, lacking, refused = _script(visit, keep=False)
    if refused is not None:
        return refused
    if lacking:
        return JSONResponse({"missing": lacking, **_told(visit.study.answer(key))}, 422)
    return JSONResponse({"next": next_case(visit, key)})


def _script(visit: Visit, *, keep: bool) -> tuple[str, list[str], Response | None]:
    """Saves what the script sent: the case's key, what is missing in the answer, and a refusal when it is not saved.

    Args:
        keep: Whether the case is done afterwards only if it was before; else whenever nothing is missing.
    """
    key, item = own(visit)
    sent = read_json(Sent, visit.raw)
    body = fitting(sent.body, item, visit.study.protocol.asked)
    lacking = missing(body, item, visit.study.protocol.asked)
    before = visit.study.answer(key)
    done_now = not lacking and (not keep or bool(before and before.done))
    try:
        visit.study.save(key, body, base=sent.base, done=done_now)
    except Conflict:
        saved = visit.study.answer(key)
        if saved is None or saved.revision != sent.base + 1 or saved.body != body:
            found = {"error": "conflict", "message": "changed in another window", **_told(saved)}
            return key, lacking, JSONResponse(found, 409)
    except MedReasonError:
        if visit.study.state == "open":
            raise
        return key, lacking, JSONResponse({"error": "closed", "message": CLOSED}, 423)
    return key, lacking, None


def undo(visit: Visit) -> Response:
    """Takes the latest change back."""
    key, item = own(visit)
    base = read_json(Base, visit.raw).base if visit.script else base_of(visit.fields)
    if visit.study.state != "open":
        return JSONResponse({"error": "closed", "message": CLOSED}, 423) if visit.script else closed(visit, key, item)
    try:
        saved = visit.study.undo(key, base=base)
    except Conflict:
        if visit.script:
            return JSONResponse({"error": "conflict", "message": "changed in another window"}, 409)
        return show_case(visit, key, item, problem="Changed elsewhere: this is what is saved.", status=409)
    except MedReasonError:
        # Nothing has been saved yet.
        if visit.script:
            return JSONResponse({"error": "nothing", "message": "there is nothing to undo"}, 409)
        return show_case(visit, key, item, problem="There is nothing to undo.", status=409)
    if visit.script:
        return JSONResponse({**_told(saved), "body": _plain(saved, item)})
    return RedirectResponse(f"/task/{key}", 303)


def closed(visit: Visit, key: str, item: ShownItem) -> Response:
    """The case with what is saved, as the study takes no more answers."""
    return show_case(visit, key, item, problem="The study is closed: this was not saved.", status=423)


def _form(visit: Visit) -> tuple[str, ShownItem, Body]:
    key, item = own(visit)
    before = visit.study.answer(key)
    spent = before.body.seconds if before else 0.0
    return key, item, answer_of(visit.fields, item, visit.study.protocol.asked, spent)


def _kept(visit: Visit, key: str, item: ShownItem, body: Body, is_done: bool) -> Response | None:
    """Saves a form; a page when that could not be."""
    try:
        visit.study.save(key, body, base=base_of(visit.fields), done=is_done)
    except Conflict:
        return show_case(visit, key, item, entered=body, problem=CHANGED, status=409)
    except MedReasonError:
        if visit.study.state == "open":
            raise
        return closed(visit, key, item)
    return None


def _told(saved: Saved | None) -> dict[str, object]:
    if saved is None:
        return {"revision": 0, "at": "", "done": False}
    return {"revision": saved.revision, "at": saved.at, "done": saved.done}


def _plain(saved: Saved | None, item: ShownItem) -> dict[str, object]:
    return (saved.body if saved else empty(item)).model_dump(mode="json")
