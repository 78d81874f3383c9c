"""Texts that would run, hide or turn something if a page let them: shown as text in a real browser, on every page."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.review.server.browsing import Site, Tab, chromium, site
from tests.review.server.hostile import HOSTILE
from tests.review.server.made import make

SIZES = [(1280, "light"), (390, "dark")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = make(tmp_path_factory.mktemp("hostile"), items=len(HOSTILE), hostile=True)
    with site(made) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def harmless(tab: Tab, where: str, width: int) -> str:
    """Looks at the page: nothing ran or came in as an element, nothing reaches beyond the window."""
    page = tab.page
    tab.clean()
    foreign = page.locator(
        "main script, main img, main iframe, main svg, main style, main object, main a[href^=javascript]"
    )
    assert foreign.count() == 0, where
    handlers = "all => all.filter(e => [...e.attributes].some(a => /^on|^style$/i.test(a.name))).length"
    assert page.eval_on_selector_all("*", handlers) == 0, where
    assert page.evaluate("document.documentElement.scrollWidth") <= width, where
    text = str(page.inner_text("body"))
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", text), where
    return text


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_cases_stay_text(browser: Any, served: Site, width: int, scheme: str) -> None:
    tab = Tab(browser, served, viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab.enter("ada")
    texts = []
    for task in served.made.study.tasks(served.made.ids["ada"]):
        tab.case(task.key)
        for details in tab.page.locator("details").all():
            details.locator("summary").click()
        texts.append(harmless(tab, task.key, width))
    everything = "\n".join(texts)
    assert "<script>" in everything
    assert "{{7*7}}" in everything
    assert "${7*7}" in everything
    assert "⟨U+202E⟩" in everything
    tab.context.close()


def test_what_a_reviewer_types_comes_back_as_text(browser: Any, served: Site) -> None:
    made = served.made
    tab = Tab(browser, served)
    tab.enter("ben")
    for task, words in zip(made.study.tasks(made.ids["ben"]), HOSTILE, strict=False):
        tab.case(task.key)
        tab.page.fill("#comment", words)
        tab.press("Escape")
        tab.saved()
        tab.page.reload()
        tab.page.wait_for_selector("form[data-ready]")
        harmless(tab, task.key, 1280)
        saved = made.study.answer(task.key)
        assert saved
        # A browser's text field knows line ends only as \n, and no NUL.
        assert (
            saved.body.comment == words.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")
            or "\x00" in words
        )
    tab.context.close()


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_the_other_pages_too(browser: Any, served: Site, width: int, scheme: str) -> None:
    made = served.made
    size = {"width": width, "height": 900}
    for name, paths in (
        ("ada", ["/study", "/consent", "/end", "/nothing", "/r/%3Cscript%3Ehit=1%3C%2Fscript%3E"]),
        ("cyd", ["/adjudicate", "/consent", *[f"/adjudicate/{d.key}" for d in made.study.disagreements()[:10]]]),
        ("dee", ["/coordinator", "/coordinator/audit", "/coordinator/audit?page=%3Cscript%3E"]),
    ):
        tab = Tab(browser, served, viewport=size, color_scheme=scheme)
        tab.enter(name)
        for path in paths:
            tab.page.goto(served.url + path)
            harmless(tab, path, width)
        tab.context.close()


def test_the_corpus_is_hostile(browser: Any, tmp_path: Path) -> None:
    """The same texts do run where nothing escapes them: the test above can fail."""
    from playwright.sync_api import Error

    ran = 0
    for n, words in enumerate(HOSTILE):
        page = browser.new_page()
        page.on("dialog", lambda dialog: dialog.accept())
        file = tmp_path / f"{n}.html"
        file.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{words}", encoding="utf-8", errors="replace")
        try:
            page.goto(file.as_uri())
            page.wait_for_timeout(50)
            ran += page.evaluate("window.hit !== undefined")
        except Error:  # one of them sends the window elsewhere
            ran += 1
        page.close()
    assert ran >= 4
