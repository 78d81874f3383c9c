"""The routes with the roles that may use them, put together as one ASGI application."""

from __future__ import annotations

import logging

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from medreason.review.server import adjudicating, coordinating, ending, reviewing, saving
from medreason.review.server.pages import assets, error_page
from medreason.review.server.security import Headers
from medreason.review.server.sessions import (
    ADJUDICATOR,
    ANYBODY,
    COORDINATOR,
    EVERYONE,
    JUDGES,
    REVIEWER,
    Desk,
    Rule,
    Visit,
)
from medreason.review.server.settings import Settings
from medreason.review.store import StudyFile

LOG = logging.getLogger("medreason.review")


def static(visit: Visit) -> Response:
    """A file that pages load."""
    found = assets().get(str(visit.request.path_params["file"]))
    if found is None:
        raise HTTPException(404)
    return Response(found.content, media_type=found.kind, headers={"cache-control": "private, max-age=600"})


# Every route of the server. The test of the role matrix walks this list.
RULES = (
    Rule("GET", "/", reviewing.start, ANYBODY),
    Rule("GET", "/static/{file}", static, ANYBODY),
    Rule("GET", "/r/{token}", reviewing.link, ANYBODY),
    Rule("POST", "/leave", reviewing.leave, EVERYONE, consent=False),
    Rule("GET", "/consent", reviewing.consent, JUDGES, consent=False),
    Rule("POST", "/consent", reviewing.agree, JUDGES, consent=False),
    Rule("GET", "/study", reviewing.overview, REVIEWER),
    Rule("GET", "/task/{key}", reviewing.case, REVIEWER),
    Rule("POST", "/task/{key}", saving.save, REVIEWER),
    Rule("GET", "/task/{key}/answer", saving.current, REVIEWER),
    Rule("PUT", "/task/{key}/answer", saving.autosave, REVIEWER),
    Rule("POST", "/task/{key}/undo", saving.undo, REVIEWER),
    Rule("POST", "/task/{key}/done", saving.done, REVIEWER),
    Rule("GET", "/end", ending.last, REVIEWER),
    Rule("POST", "/end", ending.guess, REVIEWER),
    Rule("GET", "/adjudicate", adjudicating.queue, ADJUDICATOR),
    Rule("GET", "/adjudicate/{key}", adjudicating.dispute, ADJUDICATOR),
    Rule("POST", "/adjudicate/{key}", adjudicating.decide, ADJUDICATOR),
    Rule("GET", "/coordinator", coordinating.dashboard, COORDINATOR),
    Rule("GET", "/coordinator/audit", coordinating.audit, COORDINATOR),
    Rule("POST", "/coordinator/revoke", coordinating.revoke, COORDINATOR),
    Rule("POST", "/coordinator/link", coordinating.link, COORDINATOR),
    Rule("POST", "/coordinator/freeze", coordinating.freeze, COORDINATOR),
)


def create_app(study: StudyFile, settings: Settings | None = None) -> ASGIApp:
    """The server of one study as an ASGI application.

    Args:
        study: An open study file, safe from several threads.
        settings: Defaults to a server for this machine alone.
    """
    settings = settings or Settings()
    desk = Desk(study, settings)
    app = Starlette(
        routes=_routes(desk),
        exception_handlers={HTTPException: refused, Exception: failed},
        max_body_size=settings.body_bytes,
    )
    app.router.redirect_slashes = False
    return Headers(app, settings)


def _routes(desk: Desk) -> list[Route]:
    """One route a path, which answers 405 itself, so that Starlette need not guess among several."""
    return [Route(rule.path, desk.endpoint(rule), methods=[rule.method]) for rule in RULES]


def refused(request: Request, error: Exception) -> Response:
    """What a request may not, or cannot, in plain words."""
    status, detail, headers = 400, "", None
    if isinstance(error, HTTPException):
        status, headers = error.status_code, error.headers
        # Starlette's own detail is the bare phrase of the status; ours is a sentence.
        detail = error.detail if error.detail.endswith(".") else ""
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"error": str(status), "message": detail or "refused"}, status, headers)
    return HTMLResponse(error_page(status, detail), status, headers)


def failed(request: Request, error: Exception) -> Response:
    """An error of ours: the visitor sees that, the log sees the cause."""
    # The route's pattern, not the address: that may hold a personal link.
    place = request.scope["route"].path if "route" in request.scope else "?"
    LOG.error("%s %s failed", request.method, place, exc_info=error)
    return refused(request, HTTPException(500))
