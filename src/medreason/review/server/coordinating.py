"""The coordinator's pages: how far the study is, links, the log, closing it. Never by arm, and no unblinding here."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from medreason.errors import MedReasonError
from medreason.review.server.sessions import Visit
from medreason.review.store import Dashboard, PersonRow

# Rows of the log on one page.
ROWS = 100
UNSURE = "Tick the box beside the button first: nothing was changed."


def dashboard(visit: Visit, problem: str = "", status: int = 200) -> Response:
    """Completion, times and flags by person, and the totals."""
    found = visit.study.dashboard()
    note = "The link no longer works, and the session has ended." if "revoked" in visit.request.query_params else ""
    return visit.page(
        "coordinator.html", status, problem=problem, note=note, state=visit.study.state, fingerprint=visit.study.hash,
        tiles=_tiles(visit, found), people=_people(visit.study.people(), found),
    )  # fmt: skip


def _tiles(visit: Visit, found: Dashboard) -> list[tuple[str, object]]:
    """The totals in words."""
    stopping = visit.study.protocol.stopping
    tiles: list[tuple[str, object]] = [
        ("Answers", f"{found.done} of {found.total}"),
        ("Cases with enough answers", f"{found.covered} of {found.cases}"),
        ("Outside the specialty", found.outside),
        ("Disagreements to decide", found.open_disagreements),
        ("Expected end", found.expected_end or "not known yet"),
        ("Could tell the sources", _said(found.guesses)),
    ]
    if stopping.width:
        width = "not known yet" if found.width is None else f"{100 * found.width:.0f} points"
        tiles.append((f"Width of the interval (goal {100 * stopping.width:.0f})", width))
    tiles.append(("Stopping rule", "met" if found.stop else "not met"))
    return tiles


def _said(guesses: dict[str, int]) -> str:
    told = [
        f"{guesses[word]} {words}"
        for word, words in (("yes", "yes"), ("unsure", "unsure"), ("no", "no"))
        if word in guesses
    ]
    return ", ".join(told) or "nobody asked yet"


def _people(rows: list[PersonRow], found: Dashboard) -> list[dict[str, Any]]:
    """People as rows of the table."""
    progress = {one.person: one for one in found.reviewers}
    told = []
    for row in rows:
        own = progress.get(row.id)
        flags = []
        if own and own.rushing:
            flags.append("rushing")
        if own and own.inconsistent:
            flags.append(f"{own.repeats[1]} of {own.repeats[0]} repeats alike")
        told.append(
            {
                "id": row.id, "name": row.name or "erased", "role": row.role, "specialties": ", ".join(row.specialties),
                "done": f"{row.done} of {row.total}" if row.role == "reviewer" else "–",
                "median": f"{own.seconds:.0f} s" if own and own.seconds is not None else "–",
                "flags": flags, "revoked": row.revoked, "erased": row.erased,
            }
        )  # fmt: skip
    return told


def _other(visit: Visit) -> PersonRow:
    """Whom the form names.

    Raises:
        HTTPException: 404 when there is no such person, or what was theirs is erased.
    """
    wanted = visit.fields.get("person", "")
    found = next((row for row in visit.study.people() if row.id == wanted and not row.erased), None)
    if found is None:
        raise HTTPException(404, "There is no such person in the study.")
    return found


def revoke(visit: Visit) -> Response:
    """Ends a person's link and sessions."""
    other = _other(visit)
    if visit.fields.get("sure") != "yes":
        return dashboard(visit, UNSURE, 422)
    if other.id == visit.who.id:
        return dashboard(visit, "Your own link can only be revoked on the command line.", 422)
    visit.study.revoke(other.id, visit.who.id)
    return RedirectResponse("/coordinator?revoked", 303)


def link(visit: Visit) -> Response:
    """A new link for a person, shown this once."""
    other = _other(visit)
    if visit.fields.get("sure") != "yes":
        return dashboard(visit, UNSURE, 422)
    token = visit.study.new_token(other.id, visit.who.id)
    return visit.page("link.html", other=other, address=f"{visit.settings.origin}/r/{token}")


def freeze(visit: Visit) -> Response:
    """Closes the study; logged with who did it."""
    if visit.fields.get("sure") != "yes":
        return dashboard(visit, UNSURE, 422)
    try:
        visit.study.freeze(visit.who.id)
    except MedReasonError as error:
        return dashboard(visit, error.cause, 409)
    return RedirectResponse("/coordinator", 303)


def audit(visit: Visit) -> Response:
    """The log, latest first, a hundred rows a page."""
    wanted = visit.request.query_params.get("page", "1")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 8):
        raise HTTPException(400)
    rows = visit.study.audit()[::-1]
    pages = max(1, -(-len(rows) // ROWS))
    page = min(max(1, int(wanted)), pages)
    shown = rows[ROWS * (page - 1) : ROWS * page]
    return visit.page("audit.html", rows=shown, count=len(rows), page=page, pages=pages)
