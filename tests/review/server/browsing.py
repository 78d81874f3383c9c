"""The server in this process for a real browser: every byte that leaves is kept, as is all that the browser says."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from medreason.review.server import Settings, create_app
from tests.review.server.made import Made
from tests.review.server.running import free_port

CHROMIUM = Path("/usr/bin/chromium")
# Runs in each page before its own files: what the policy stopped, and whether anything hostile ran.
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation',
    e => window.violations.push(e.violatedDirective + ' ' + e.blockedURI));
"""


class Recorder:
    """Keeps headers and bodies of all responses."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.sent: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.sent.append(b"\n".join(name + b": " + value for name, value in message["headers"]))
            elif message["type"] == "http.response.body":
                self.sent.append(bytes(message.get("body", b"")))
            await send(message)

        await self.app(scope, receive, kept)


class Site:
    """A running server.

    Attributes:
        sent: Headers and bodies of all responses so far.
        up: Set to ``False`` and every request is cut off without an answer.
    """

    def __init__(self, made: Made, **settings: Any) -> None:
        self.made = made
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.recorder = Recorder(create_app(made.study, Settings(port=port, **settings)))
        config = uvicorn.Config(
            self.recorder, port=port, log_level="error", ws="none", lifespan="off", access_log=False
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    @property
    def sent(self) -> list[bytes]:
        return self.recorder.sent

    def end(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)


@contextlib.contextmanager
def site(made: Made, **settings: Any) -> Iterator[Site]:
    found = Site(made, **settings)
    try:
        yield found
    finally:
        found.end()


def chromium() -> Any:
    """A context manager of headless Chromium; skips the test where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed")

    @contextlib.contextmanager
    def opened() -> Iterator[Any]:
        with playwright.sync_playwright() as p:
            browser = p.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
            yield browser
            browser.close()

    return opened()


class Tab:
    """A page of a browser of its own, or beside another tab.

    Args:
        browser: Of Playwright.
        beside: A tab whose cookies are shared.
        options: Of a new browser context: viewport, colour scheme, script on or off.
    """

    def __init__(self, browser: Any, found: Site, *, beside: "Tab | None" = None, **options: Any) -> None:
        self.site = found
        self.context: Any
        if beside is not None:
            self.context = beside.context
        else:
            viewport = options.pop("viewport", {"width": 1280, "height": 900})
            self.context = browser.new_context(viewport=viewport, **options)
            self.context.add_init_script(WATCH)
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.outside: list[str] = []
        self.dialogs: list[str] = []
        self.page.on("console", lambda m: self.said.append(m.text))
        self.page.on("pageerror", lambda e: self.said.append(str(e)))
        self.page.on("request", lambda r: None if r.url.startswith(found.url) else self.outside.append(r.url))
        self.page.on("dialog", self._dialog)

    def _dialog(self, dialog: Any) -> None:
        if dialog.type != "beforeunload":
            self.dialogs.append(dialog.message)
        dialog.accept()

    def enter(self, name: str) -> None:
        """Opens the personal link; consents with the mouse where that is asked."""
        self.page.goto(f"{self.site.url}/r/{self.site.made.tokens[name]}")
        if self.page.url.endswith("/consent"):
            self.page.check("input[name=agree]")
            self.page.click("main button")

    def case(self, key: str) -> None:
        """Opens a case and waits for its script."""
        self.page.goto(f"{self.site.url}/task/{key}")
        self.page.wait_for_selector("form[data-ready]")

    def saved(self) -> None:
        """Waits until the page says that all is saved."""
        self.page.wait_for_selector("#state:text-matches('^(Saved at|Undone)')")

    def state(self, words: str) -> None:
        """Waits until the state line holds the words."""
        self.page.wait_for_selector(f"#state:has-text('{words}')")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, selector: str, most: int = 80) -> None:
        """Presses Tab until what has the focus matches."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
                return
        raise AssertionError(f"no Tab leads to {selector} at {self.page.url}")

    def clean(self) -> None:
        """Nothing was complained of, nothing ran that should not, nothing was asked of another host."""
        assert self.dialogs == []
        assert self.outside == []
        assert self.page.evaluate("window.violations") == []
        assert self.page.evaluate("window.hit") is None
        # Chromium reports a refused status of a request of ours on the console; what else is said is a fault.
        assert [words for words in self.said if not words.startswith("Failed to load resource")] == []
