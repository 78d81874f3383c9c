"""The pages in a real browser: hostile texts, keys, filters, addresses, a phone, no script, no network."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from medreason.records import Rejection
from medreason.site.words import words
from tests.runs import medreason
from tests.site.made import HOSTILE, hostile_run, record, run_folder

CHROMIUM = Path("/usr/bin/chromium")
ALL = "html[data-read=all]"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as p:
        found = p.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A hostile run, and one of 130 records and 20 others, each as a site made without a graph."""
    folder = tmp_path_factory.mktemp("sites")
    many = [record(n, "an ataxia" if n % 10 == 0 else "a cough") for n in range(130)]
    others = [Rejection(f"lost-{n}", "reason", "margin_too_small", f"led by {n}") for n in range(20)]
    hostile_run(folder / "hostile")
    run_folder(folder / "many", many, others)
    for name in ("hostile", "many"):
        done = medreason("site", folder / name, "--out", folder / f"{name}-site")
        assert done.returncode == 0, done.stderr
    return {name: folder / f"{name}-site" for name in ("hostile", "many")}


class Tab:
    """A page whose requests and messages are kept."""

    def __init__(self, browser: Any, site: Path, hash_: str = "", **options: Any) -> None:
        self.context = browser.new_context(viewport=options.pop("viewport", {"width": 1280, "height": 900}), **options)
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda m: self.said.append(m.text))
        self.page.on("pageerror", lambda e: self.said.append(str(e)))
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.goto((site / "index.html").as_uri() + hash_)
        if options.get("java_script_enabled", True):
            self.page.wait_for_selector(ALL, state="attached")

    def close(self) -> None:
        """Ends it; nothing may have gone wrong, and nothing left the disk."""
        assert self.said == []
        assert all(url.startswith("file://") for url in self.asked)
        self.context.close()

    def listed(self, n: int) -> None:
        """Waits until the list tells of so many items."""
        self.page.wait_for_selector(f"#count:text-matches('^{n:,} items? of' )" if n else "#count:has-text('No item')")


@pytest.mark.parametrize("width", [1280, 390])
def test_hostile_texts_stay_texts(browser: Any, sites: dict[str, Path], width: int) -> None:
    tab = Tab(browser, sites["hostile"], viewport={"width": width, "height": 900})
    page = tab.page
    shown = page.locator("#list a").all_inner_texts()
    assert len(shown) == 2 * len(HOSTILE) + 1
    assert any("<script>" in text for text in shown)
    for link in page.eval_on_selector_all("#list a", "all => all.map(a => a.getAttribute('href'))"):
        page.evaluate("h => { location.hash = h; }", link)
        page.wait_for_selector("#record h1")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, link
        assert page.locator("#record img, #record script, #record a[href^=javascript]").count() == 0
        page.evaluate("() => { location.hash = '#/'; }")
        page.wait_for_selector("#record", state="hidden")
    assert page.evaluate("document.body.dataset.broken === undefined")
    assert page.locator("#out option").count() >= 3
    tab.close()


def test_words_are_the_same_in_both_languages(browser: Any, sites: dict[str, Path]) -> None:
    tab = Tab(browser, sites["many"])
    texts = [
        *HOSTILE,
        "Éléphant’s ﬁne",
        "snake_case ٣ ½ x²",
        "ΌΔΟΣ İstanbul ẞ",
        "\U0001d40a" * 40,
        "नमस्ते 한국어 日本語",
        "w" * 31 + "\U00010330",
    ]
    for text in texts:
        assert set(tab.page.evaluate("t => MR.words(t)", text)) == words(text), text
    tab.close()


def test_filters_combine_and_stand_in_the_address(browser: Any, sites: dict[str, Path]) -> None:
    tab = Tab(browser, sites["many"])
    page = tab.page
    tab.listed(150)
    page.fill("#q", "atax")
    tab.listed(13)
    page.select_option("#sys", label="Ear (65)")
    tab.listed(13)
    page.select_option("#sys", label="Eye (65)")
    tab.listed(0)
    page.go_back()
    tab.listed(13)
    assert page.input_value("#q") == "atax"
    page.click("#clear")
    tab.listed(150)
    page.select_option("#out", "lost")
    tab.listed(20)
    page.select_option("#out", "reviewed")
    tab.listed(0)
    page.select_option("#out", "kept")
    page.select_option("#lead", "narrow")
    page.select_option("#sort", "wide")
    tab.listed(43)
    first = page.locator("#list li").first.inner_text()
    address = page.url
    tab.close()
    again = Tab(browser, sites["many"], "#" + address.partition("#")[2])
    again.listed(43)
    assert again.page.locator("#list li").first.inner_text() == first
    again.close()


def test_the_keyboard_alone_is_enough(browser: Any, sites: dict[str, Path]) -> None:
    tab = Tab(browser, sites["many"])
    page = tab.page
    page.keyboard.press("/")
    page.wait_for_selector("#q:focus")
    page.keyboard.type("ataxia")
    tab.listed(13)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    key = page.evaluate("document.activeElement.getAttribute('href')")
    assert key == "#/r/item-10"
    page.keyboard.press("Enter")
    page.wait_for_selector("#title:focus")
    assert "not reviewed by a clinician" in page.inner_text("#record .status")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#record:has-text('item-20')")
    cite = page.locator("button.cite").first
    cite.focus()
    assert "edge" in page.inner_text("#card") and cite.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    assert page.locator("#card").is_hidden() and page.locator("#record").is_visible()
    page.keyboard.press("Escape")
    tab.listed(13)
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#/r/item-20"
    page.keyboard.press("Enter")
    page.wait_for_selector("#title:focus")
    page.keyboard.type("/ataxia")  # at once, as one who knows the page does it
    tab.listed(13)
    assert page.input_value("#q") == "ataxia"
    assert page.evaluate("document.activeElement.id") == "q"
    tab.close()


def test_a_card_opens_on_hover_and_stays_after_a_tap(browser: Any, sites: dict[str, Path]) -> None:
    tab = Tab(browser, sites["many"], "#/r/item-7", has_touch=True, viewport={"width": 390, "height": 844})
    page = tab.page
    page.wait_for_selector("button.cite")
    page.locator("button.cite").first.tap()
    page.locator("#card").wait_for(state="visible")
    box = page.locator("#card").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    page.locator("#title").hover()
    page.wait_for_timeout(350)
    assert page.locator("#card").is_visible()
    page.locator("button.cite").first.tap()
    assert page.locator("#card").is_hidden()
    page.locator("#title").hover()
    page.locator("button.cite").first.hover()
    assert page.locator("#card").is_visible()
    page.locator("#title").hover()
    page.locator("#card").wait_for(state="hidden")
    tab.close()


def test_an_address_of_nothing_says_so(browser: Any, sites: dict[str, Path]) -> None:
    tab = Tab(browser, sites["many"], "#/r/%E0%A4%A")
    tab.page.wait_for_selector("text=No such item")
    tab.close()


def test_a_missing_piece_is_named(browser: Any, sites: dict[str, Path], tmp_path: Path) -> None:
    import shutil

    site = tmp_path / "site"
    shutil.copytree(sites["many"], site)
    (site / "data" / "items-0.js").unlink()
    tab = Tab(browser, site, "#/r/item-1")
    tab.page.wait_for_selector("#record:has-text('data/items-0.js')")
    tab.context.close()


def test_without_script_the_page_says_what_to_do(browser: Any, sites: dict[str, Path]) -> None:
    tab = Tab(browser, sites["many"], java_script_enabled=False)
    assert "needs JavaScript" in tab.page.inner_text("main")
    assert "Not medical advice" in tab.page.inner_text("header")
    tab.page.click("noscript a")
    assert tab.page.inner_text(".tile b").startswith("150")
    tab.close()


def test_data_are_no_markup_and_every_record_is_there(sites: dict[str, Path]) -> None:
    found = 0
    for file in sorted((sites["hostile"] / "data").glob("*.js")):
        text = file.read_text(encoding="utf-8")
        assert "<" not in text and "\u2028" not in text
        name, _, rest = text.partition("(")
        values = json.loads("[" + rest.removesuffix(");\n") + "]")
        found += len(values[1]) if name == "MR.isItems" else 0
    assert found == 2 * len(HOSTILE) + 1
