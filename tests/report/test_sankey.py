"""The figure of the funnel: well-formed, widths that add up, nothing outside, the same bytes, legible on a phone."""

import re
import shutil
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medreason.ledger import REASONS, Ledger, ledger
from medreason.report.sankey import (
    NARROW,
    THINNEST,
    WIDE,
    Form,
    described,
    sankey_figure,
    sankey_file,
    thinnest_items,
)

SVG = "{http://www.w3.org/2000/svg}"
REJECTED = {
    "question/gold_not_annotated": 939, "question/no_fair_distractors": 294, "internal/internal_error": 1,
    "reason/margin_too_small": 1078, "reason/no_adequate_evidence": 4, "accept/evidence_favours_other": 50,
}  # fmt: skip


def found(kept: int = 1294) -> Ledger:
    return ledger(REJECTED, kept, "offline")


def forms(of: Ledger) -> dict[str, ElementTree.Element]:
    root = ElementTree.fromstring(f"<figure>{sankey_figure(of)}</figure>")
    return {str(svg.get("class", "")).split()[1]: svg for svg in root}


def thickness(path: ElementTree.Element) -> float:
    """Height of a flow where it ends at its text."""
    drawn = re.search(r" ([\d.]+) ?H([\d.]+)V([\d.]+)", path.get("d", ""))
    assert drawn is not None
    return round(float(drawn[1]) - float(drawn[3]), 1)


def flows(svg: ElementTree.Element) -> list[float]:
    return [thickness(p) for p in svg.iter() if p.tag.endswith("path")]


@pytest.mark.parametrize("form", [WIDE, NARROW])
def test_flows_are_proportional_and_thin_ones_stay_visible(form: Form) -> None:
    svg = forms(found())[form.name]
    counts = [1, 939, 294, 1078, 4, 50, 1294]
    for drawn, n in zip(flows(svg), counts, strict=True):
        assert drawn == pytest.approx(max(THINNEST, n * form.band / 3660), abs=0.21)
    assert thinnest_items(found(), form) == -(-int(THINNEST) * 3660 // form.band)


def test_the_band_is_as_wide_as_all_that_leaves_it() -> None:
    for svg in forms(found()).values():
        band = next(p for p in svg.iter() if p.tag.endswith("polygon"))
        corners = [tuple(map(float, pair.split(","))) for pair in band.get("points", "").split()]
        assert max(x for x, _ in corners) == pytest.approx(sum(flows(svg)), abs=1.0)
        assert min(x for x, _ in corners) == 0


def test_every_number_stands_in_the_figure_and_in_its_description() -> None:
    for svg in forms(found()).values():
        told = " ".join("".join(t.itertext()) for t in svg.iter() if t.tag.endswith("text"))
        words = svg.find("desc")
        assert words is not None
        for n in ("939", "294", "1,078", "4", "50", "1,294", "3,660"):
            assert re.search(rf"(?<![\d,]){n}(?![\d,])", told), n
            assert re.search(rf"(?<![\d,]){n}(?![\d,])", words.text or ""), n
        labels = str(svg.get("aria-labelledby")).split()
        assert [e.get("id") for e in (svg[0], svg[1])] == labels
        assert svg.get("role") == "img"


def test_a_run_without_records_or_without_items() -> None:
    svg = forms(found(kept=0))["wide"]
    assert "no record" in " ".join(svg.itertext())
    assert len(flows(svg)) == 6
    empty = ledger({}, 0, "offline")
    assert sankey_figure(empty) == ""
    assert described(empty) == "0 items were read. 0 became records."
    with pytest.raises(ValueError, match="nothing to draw"):
        sankey_file(empty)


def test_names_from_a_file_cannot_break_the_figure() -> None:
    bad = ledger({'<script>"&/x<y> & "z"' + "w" * 200: 3}, 1, "offline")
    assert "<script" not in sankey_figure(bad)
    texts = ["".join(t.itertext()) for t in forms(bad)["narrow"].iter() if t.tag.endswith("text")]
    assert max(map(len, texts)) < 60


def test_the_file_stands_alone_and_is_the_same_every_time() -> None:
    text = sankey_file(found())
    assert text == sankey_file(found())
    root = ElementTree.fromstring(text.encode())
    assert root.tag == f"{SVG}svg"
    assert "prefers-color-scheme:dark" in text
    assert not re.search(r"var\(|url\(|href|<script|<image|@import", text)


NAMES = st.sampled_from([f"{stage}/{reason}" for stage, rs in REASONS.items() for reason in rs])


@settings(max_examples=60)
@given(st.dictionaries(NAMES, st.integers(1, 100_000)), st.integers(0, 100_000))
def test_nothing_lies_outside_or_over_another(rejected: dict[str, int], kept: int) -> None:
    of = ledger(rejected, kept, "compat")
    if not of.items:
        return
    for svg in forms(of).values():
        x, _, width, height = map(float, str(svg.get("viewBox")).split())
        ends: list[tuple[float, float]] = []
        for path in (p for p in svg.iter() if p.tag.endswith("path")):
            drawn = re.search(r" ([\d.]+) ([\d.]+)H([\d.]+)V([\d.]+)H([\d.]+)", path.get("d", ""))
            assert drawn is not None
            turn, low, out, top, again = map(float, drawn.groups())
            assert x <= turn == again < out < width
            assert 0 <= top < low <= height
            ends.append((top, low))
        assert all(a[1] < b[0] for a, b in pairwise(ends))
        for text in (t for t in svg.iter() if t.tag.endswith("text")):
            assert 0 < float(text.get("y", "-1")) <= height


@pytest.mark.parametrize(("width", "shown", "hidden"), [(1280, "wide", "narrow"), (390, "narrow", "wide")])
def test_a_phone_shows_the_narrow_form_with_texts_inside(tmp_path: Path, width: int, shown: str, hidden: str) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine (Debian package chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    css = (Path(__file__).parents[2] / "src" / "medreason" / "report" / "page.css").read_text(encoding="utf-8")
    page_file = tmp_path / "page.html"
    page_file.write_text(
        f'<!DOCTYPE html><meta name="viewport" content="width=device-width"><style>{css}</style>'
        f"<main><figure>{sankey_figure(found())}</figure></main>",
        encoding="utf-8",
    )
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(page_file.as_uri())
        assert page.locator(f"svg.{shown}").is_visible()
        assert not page.locator(f"svg.{hidden}").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        box = page.locator(f"svg.{shown}").bounding_box()
        texts = [t.bounding_box() for t in page.locator(f"svg.{shown} text").all()]
        browser.close()
    assert all(t["x"] >= box["x"] - 1 and t["x"] + t["width"] <= box["x"] + box["width"] + 1 for t in texts)
    assert min(t["height"] for t in texts) >= 11
