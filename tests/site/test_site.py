"""The site of a run: opens from disk in a real browser, searches, filters, opens a record, asks no network."""

from pathlib import Path

import pytest

from medreason.config import load_config
from medreason.engine import run
from tests.runs import medreason

VIGNETTES = Path(__file__).resolve().parents[2] / "src/medreason/data/vignettes.jsonl"
CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def site(hpo_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    given = {"questions": VIGNETTES, "source": "jsonl", "kg": hpo_dir, "out": folder / "run", "limit": 20}
    run(load_config(None, given))
    done = medreason("site", folder / "run", "--out", folder / "site", "--kg", hpo_dir)
    assert done.returncode == 0, done.stderr
    assert "20 items" in done.stdout
    return folder / "site"


def test_the_folder_is_whole_and_says_what_it_is_not(site: Path) -> None:
    for page in ("index.html", "statistics.html"):
        text = (site / page).read_text(encoding="utf-8")
        assert "Not medical advice" in text and "http://" not in text and "//cdn" not in text


@pytest.mark.parametrize("width", [1280, 390])
def test_search_open_and_back_in_a_browser(site: Path, width: int) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed")
    asked: list[str] = []
    said: list[str] = []
    with playwright.sync_playwright() as p:
        options = ["--no-sandbox", "--disable-gpu"]
        browser = p.chromium.launch(executable_path=str(CHROMIUM), args=options)
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto((site / "index.html").as_uri())
        page.wait_for_selector("#list li")
        assert page.inner_text("#count").startswith("20 items of 20")
        page.keyboard.press("/")
        page.keyboard.type("marfan")
        playwright.expect(page.locator("#count")).not_to_contain_text("20 items of")
        page.wait_for_selector("#list li")
        found = page.locator("#list li").count()
        assert 0 < found < 20
        page.locator("#list li a").first.click()
        page.wait_for_selector("#record:not([hidden])")
        assert "not reviewed by a clinician" in page.inner_text("#record .status")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("Escape")
        playwright.expect(page.locator("#list li")).to_have_count(found)
        assert page.input_value("#q") == "marfan"
        browser.close()
    assert all(url.startswith("file://") for url in asked) and said == []


def test_a_folder_that_holds_no_run_is_refused(tmp_path: Path) -> None:
    done = medreason("site", tmp_path, "--out", tmp_path / "out")
    assert done.returncode != 0 and "Traceback" not in done.stderr
