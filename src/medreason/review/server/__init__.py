"""The review server: pages on which clinicians judge, adjudicators decide and a coordinator watches.

    settings.py      what a server is told: address, public address, hours of a session, limits
    app.py           the routes, each with the roles that may use it, put together as one ASGI application
    security.py      headers, the limit of wrong links per address, where a server may listen
    sessions.py      one request: who asks, with which session, and whether it came from our own page
    forms.py         what a form or an autosave sent, as the bodies that the study file takes
    pages.py         templates, texts made safe to show, errors as pages
    reviewing.py     the reviewer's pages; adjudicating.py the adjudicator's; coordinating.py the coordinator's

It knows nothing about arms: what it shows is what :class:`medreason.review.store.StudyFile` hands out as items.
Unblinding, erasure, backup and export are not here; they are commands. Needs the extra ``[review]``.
"""

from medreason.review.server.app import create_app
from medreason.review.server.settings import Settings

__all__ = ["Settings", "create_app"]
