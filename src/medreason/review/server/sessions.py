"""One request: who asks, with which session, and whether what is sent came from our own page.

Every route states the roles that may use it (:class:`Rule`); nothing else decides. The order is: host, session, role,
origin and token of the form, consent; only then does the page's own code run, in a thread, as the study file blocks.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from medreason.review.server.forms import Fields, read_fields
from medreason.review.server.pages import render
from medreason.review.server.security import WrongLinks
from medreason.review.server.settings import Settings
from medreason.review.store import PersonRow, StudyFile

REVIEWER = frozenset({"reviewer"})
ADJUDICATOR = frozenset({"adjudicator"})
COORDINATOR = frozenset({"coordinator"})
JUDGES = REVIEWER | ADJUDICATOR
EVERYONE = JUDGES | COORDINATOR
# Nobody needs to be signed in.
ANYBODY: frozenset[str] = frozenset()

HOMES = {"reviewer": "/study", "adjudicator": "/adjudicate", "coordinator": "/coordinator"}
LINKS = {
    "reviewer": (("/study", "Cases"), ("/consent", "Consent")),
    "adjudicator": (("/adjudicate", "Disagreements"), ("/consent", "Consent")),
    "coordinator": (("/coordinator", "Study"), ("/coordinator/audit", "Log")),
}


@dataclass
class Visit:
    """A request that passed its rule.

    Attributes:
        person: Who is signed in; ``None`` on pages for anybody.
        csrf: The session's token for forms.
        raw: Body as sent, at most ``settings.body_bytes``.
    """

    request: Request
    study: StudyFile
    settings: Settings
    wrong_links: WrongLinks
    person: PersonRow | None = None
    csrf: str = ""
    raw: bytes = b""
    fields: Fields = field(default_factory=dict)

    @property
    def who(self) -> PersonRow:
        """Who is signed in; rules see to it that there is one."""
        if self.person is None:
            raise HTTPException(401)
        return self.person

    @property
    def cookie(self) -> str:
        """The session's cookie; empty without one."""
        return self.request.cookies.get(self.settings.cookie, "")

    @property
    def address(self) -> str:
        """The visitor's address (behind a proxy, the one that it reports)."""
        return self.request.client.host if self.request.client else "unknown"

    @property
    def script(self) -> bool:
        """Whether the page's script asks, and wants JSON."""
        return "application/json" in self.request.headers.get("accept", "")

    def key(self) -> str:
        """The key in the address."""
        return str(self.request.path_params["key"])

    def page(self, name: str, status: int = 200, **values: Any) -> Response:
        """A page, with what every page shows."""
        if self.person is not None:
            values |= {"person": self.person, "links": LINKS[self.person.role], "csrf": self.csrf}
        values |= {
            "here": self.request.url.path,
            "study_title": self.study.protocol.title,
            "contact": self.study.protocol.contact,
        }
        return HTMLResponse(render(name, **values), status)


Handler = Callable[[Visit], Response]


class Rule(NamedTuple):
    """A route.

    Attributes:
        roles: Who may use it; empty: anybody, signed in or not.
        consent: Whether consent must have been given.
    """

    method: str
    path: str
    handler: Handler
    roles: frozenset[str]
    consent: bool = True


class Desk:
    """What all requests share."""

    def __init__(self, study: StudyFile, settings: Settings) -> None:
        self.study = study
        self.settings = settings
        self.wrong_links = WrongLinks(settings.wrong_links, settings.window)

    def endpoint(self, rule: Rule) -> Callable[[Request], Awaitable[Response]]:
        """The rule as an endpoint of the application."""

        async def serve(request: Request) -> Response:
            raw = b"" if rule.method == "GET" else await request.body()
            return await run_in_threadpool(self._serve, rule, request, raw)

        return serve

    def _serve(self, rule: Rule, request: Request, raw: bytes) -> Response:
        self._same_host(request)
        visit = Visit(request, self.study, self.settings, self.wrong_links, raw=raw)
        session = self.study.session(visit.cookie) if visit.cookie else None
        if session is not None:
            visit.person, visit.csrf = session.person, session.csrf
        if rule.roles:
            if visit.person is None:
                raise HTTPException(401)
            if visit.person.role not in rule.roles:
                raise HTTPException(403)
        if rule.method != "GET":
            visit.fields = self._own_form(visit)
        if rule.roles and rule.consent and visit.who.role in JUDGES and not visit.who.consented_at:
            if visit.script or rule.method == "PUT":
                return JSONResponse({"error": "consent", "message": "consent has not been given"}, 403)
            return RedirectResponse("/consent", 303)
        return rule.handler(visit)

    def _same_host(self, request: Request) -> None:
        try:
            name = urlsplit("//" + request.headers.get("host", "")).hostname or ""
        except ValueError:
            name = ""
        if name.lower() not in self.settings.hosts:
            raise HTTPException(421)

    def _own_form(self, visit: Visit) -> Fields:
        """The form's fields, if the form came from our own page.

        Raises:
            HTTPException: 403 when it came from another site or without the session's token.
        """
        headers = visit.request.headers
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            raise HTTPException(403)
        json = headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
        fields = {} if json else read_fields(visit.raw, headers.get("content-type", ""))
        sent = headers.get("x-csrf-token") or fields.get("csrf", "")
        if not visit.csrf or not hmac.compare_digest(sent.encode("utf-8", "replace"), visit.csrf.encode()):
            raise HTTPException(403, "The form was not from this session. Go back, reload the page and try again.")
        return fields
