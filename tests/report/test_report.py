"""The report: right, self-contained, the same bytes, and shown by a real browser without a request."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from medreason.config import RunConfig
from medreason.engine import run
from medreason.kg.store import Graph
from medreason.report import render_report
from medreason.report.content import bars, choose, highlighted, link

VIGNETTES = Path(__file__).parents[2] / "src" / "medreason" / "data" / "vignettes.jsonl"


@pytest.fixture(scope="module")
def folder(hpo_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "run"
    run(RunConfig(questions=VIGNETTES, source="jsonl", kg=hpo_dir, out=out))
    return out


@pytest.fixture(scope="module")
def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "dataset.jsonl").open(encoding="utf-8")]


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "link", "br", "img"}:
            self.open.append(tag)
        self.sources += [
            v or "" for k, v in attrs if k in {"src", "srcset", "data", "poster"} or (k == "href" and tag == "link")
        ]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_loads_nothing(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.open == []
    assert page.sources == []
    assert "<script" not in text
    assert "url(" not in text
    assert "Not medical advice" in text


def test_the_same_run_gives_the_same_page(folder: Path, records: list[dict[str, Any]], hpo: Graph) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    assert render_report(hpo, manifest, records) == (folder / "report.html").read_text(encoding="utf-8")
    assert str(folder) not in render_report(hpo, manifest, records)


def test_every_number_of_the_funnel_is_shown(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    summary = json.loads((folder / "manifest.json").read_text())["summary"]
    for reason, count in summary["rejected"].items():
        assert re.search(rf">{reason.split('/')[1]}<.*?>{count:,}<", text, flags=re.DOTALL), reason


def test_an_empty_run_has_a_page_too(folder: Path, hpo: Graph) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    from medreason.dataset.summary import summarise

    text = render_report(hpo, {**manifest, "summary": summarise([])}, [])
    assert "records kept of 0 items" in text


def test_findings_are_marked_where_they_stand() -> None:
    findings = [
        {"text": "seizures", "status": "excluded"},
        {"text": "night blindness", "status": "observed"},
        {"text": "blindness", "status": "observed"},
    ]
    marked = highlighted("Night blindness & later blindness; no seizures.", findings)
    assert marked == (
        '<mark class="observed">Night blindness</mark> &amp; later <mark class="observed">blindness</mark>; '
        'no <mark class="excluded">seizures</mark>.'
    )


def test_the_choice_of_records_spreads_over_systems(records: list[dict[str, Any]]) -> None:
    chosen = choose(records)
    assert len(chosen) == 12
    assert len({r["organ_systems"][0] for r in chosen}) >= 8
    assert choose(list(reversed(records))) == chosen


def test_links_and_bars() -> None:
    from collections import Counter

    assert link("PMID:123") == "https://pubmed.ncbi.nlm.nih.gov/123/"
    assert link("ISBN-13:978") == ""
    assert [(b.label, b.items) for b in bars(Counter({"a": 5, "b": 3, "c": 2, "d": 1}), limit=3)] == [
        ("a", 5),
        ("b", 3),
        ("other", 3),
    ]


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_a_browser_shows_it_without_error_request_or_sideways_scrolling(folder: Path, width: int, height: int) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine (Debian package chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": width, "height": height})
        requests: list[str] = []
        errors: list[str] = []
        page.on("request", lambda r: requests.append(r.url))
        page.on("console", lambda m: errors.append(m.text))
        page.on("pageerror", lambda e: errors.append(str(e)))
        page.goto((folder / "report.html").as_uri())
        page.locator("details.record > summary").nth(1).click()
        assert page.locator("details.record[open]").count() == 2
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("svg.paths").first.is_visible()
        browser.close()
    assert errors == []
    assert [r for r in requests if not r.startswith("file:")] == []
