"""People at the server without a browser: they follow links, keep cookies and fill forms."""

import re
from typing import Any

from starlette.testclient import TestClient

from medreason.review.server import Settings, create_app
from tests.review.server.made import Made

CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class Guest:
    """One browser without script.

    Args:
        name: Of the person whose link is opened; empty: nobody.
    """

    def __init__(self, made: Made, name: str = "", *, settings: Settings | None = None, app: Any = None) -> None:
        self.app = app or create_app(made.study, settings or Settings())
        self.client = TestClient(self.app, base_url="http://127.0.0.1:8600", follow_redirects=False)
        self.csrf = ""
        if name:
            self.enter(made.tokens[name])

    def enter(self, token: str) -> None:
        """Opens the link, and agrees where that is asked."""
        reply = self.client.get(f"/r/{token}")
        assert reply.status_code == 303, reply.text
        home = self.client.get(reply.headers["location"])
        assert home.status_code == 200, home.text
        self.csrf = found(home.text)
        if reply.headers["location"] == "/consent":
            assert self.post("/consent", agree="yes").status_code == 303

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(path, data={"csrf": self.csrf, **fields})

    def put(self, path: str, json: Any) -> Any:
        return self.client.put(path, json=json, headers={"X-CSRF-Token": self.csrf, "Accept": "application/json"})

    def script(self, path: str, json: Any) -> Any:
        return self.client.post(path, json=json, headers={"X-CSRF-Token": self.csrf, "Accept": "application/json"})


def found(page: str) -> str:
    """The session's token for forms on a page."""
    match = CSRF.search(page)
    assert match, page
    return match[1]
