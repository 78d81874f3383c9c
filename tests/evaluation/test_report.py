"""The report in its three forms: the same numbers in each, safe with any name, and whole without a network."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from medreason.evaluation.beyond import calibration, changed, lengths
from medreason.evaluation.compare import compare
from medreason.evaluation.contrasts import FULL
from medreason.evaluation.forest import NARROW, WIDE, forest, ticks
from medreason.evaluation.grounded import Grounded
from medreason.evaluation.published import beside
from medreason.evaluation.report import Report, document, markdown, page, sections
from medreason.evaluation.runs import align, make_run
from medreason.evaluation.verdicts import reach
from medreason.statistics import wilson
from tests.evaluation.made import changed as made_changed
from tests.evaluation.made import drawn

EVIL = "<script>x</script> | *b* \x1b[31m"


def full(*names: str, seed: int = 0) -> Report:
    runs = []
    for n, name in enumerate(names):
        rows = [
            *drawn("medqa", 90, 0.35 + 0.3 * n, seed=n, unread=0.05),
            *drawn("medbullets_4", 60, 0.35 + 0.3 * n, seed=n + 5),
        ]
        rows = [r._replace(confidence=0.7, clean=int(r.id[1:]) > 9) for r in rows]
        rows += made_changed(rows[:20], "hinted", "ABCD" * 5, "BCDA" * 5)
        runs.append(make_run(name, rows))
    if len(runs) > 1:  # the last run lacks a question of each task
        last = {task: dict(list(asked.items())[:-1]) for task, asked in runs[-1].tasks.items()}
        runs[-1] = runs[-1]._replace(tasks=last)
    found = compare(align(runs), seed=seed)
    sure = {r.name: c for r in runs if (c := calibration(r.rows))}
    steps = {"contradicted": 0, "unsupported": 2, "grounded": 6, "silent": 32}
    shares = {k: wilson(steps[k], 8) for k in ("contradicted", "unsupported", "grounded")}
    return Report(
        found,
        beside(found, names[0], "MedReason-8B"),
        sure,
        {r.name: n for r in runs if (n := lengths(r.rows))},
        {r.name: changed(r.rows) for r in runs},
        {names[0]: Grounded(20, steps, wilson(8, 40), shares)},
        "HPO 1",
    )


@pytest.fixture(scope="module")
def report() -> Report:
    return full("first", "second")


NAMES = ["verdicts", "accuracy", "differences", "clean", "clean-differences", "unreadable", "published", "board",
         "calibration", "reliability", "length", "changes", "grounding", "left"]  # fmt: skip


def test_every_part_is_there_where_its_data_is(report: Report) -> None:
    assert [t.name for t in sections(report)] == NAMES
    assert all(len(row) == len(t.header) for t in sections(report) for row in t.rows)
    bare = Report(compare(align([make_run("alone", drawn("own", 30, 0.5, seed=1))])))
    assert [t.name for t in sections(bare)] == ["accuracy"]
    assert "<svg" not in page(bare)
    assert "By guessing" in markdown(bare)


def test_markdown_and_page_state_the_same(report: Report) -> None:
    text, html = markdown(report), page(report)
    for table in sections(report):
        assert f"## {table.title}" in text
        assert f'<h2 id="{table.name}">{table.title}</h2>' in html
        for row in table.rows:
            assert all(cell.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in html for cell in row)
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("|")]
    assert set(widths) == {len(t.header) + 1 for t in sections(report)}
    assert markdown(report) == text
    assert page(full("first", "second")) == html


class _Open(HTMLParser):
    """Tags that are open at the end, and what a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "link", "img"):
            self.open.append(tag)
        self.loads += [f"{tag} {k}={v}" for k, v in attrs if k == "src" or (k == "href" and not str(v).startswith("#"))]
        if tag in ("script", "link", "img", "iframe"):
            self.loads.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_asks_for_nothing(report: Report) -> None:
    html = page(report)
    reader = _Open()
    reader.feed(html)
    assert reader.open == []
    assert reader.loads == []
    assert "url(" not in html
    assert "http" not in html.replace("http-equiv", "")
    assert html.count("<svg") == 2
    assert "default-src 'none'" in html


def test_names_cannot_do_anything() -> None:
    evil = full(EVIL, "second")
    html, text = page(evil), markdown(evil)
    assert "<script" not in html
    assert "<script" not in text
    assert "\x1b" not in text + html
    assert "\\| \\*b\\*" in text
    assert "&lt;script&gt;" in str(forest([c for c in evil.found.contrasts if c.subset == FULL]))


def test_the_document_holds_everything_and_no_nan(report: Report) -> None:
    told = json.loads(json.dumps(document(report), allow_nan=False))
    assert told["runs"] == ["first", "second"]
    assert told["tasks"] == {"medbullets_4": 59, "medqa": 89}
    scopes = [c["scope"] for c in told["contrasts"] if c["subset"] == "full"]
    assert scopes == ["medbullets_4", "medqa", "pooled", "macro"]
    one = told["contrasts"][0]
    assert one["difference"]["low"] <= one["difference"]["value"] <= one["difference"]["high"]
    assert one["verdict"]
    assert told["contrasts"][3]["p"] is None
    assert told["left_out"][0]["run"] == "second"
    assert told["calibration"]["first"]["bins"][0]["confidence"] is None
    assert told["grounded"]["first"]["steps"]["silent"] == 32
    assert told["graph"] == "HPO 1"


def test_the_forest_shows_each_difference_where_it_is(report: Report) -> None:
    shown = [c for c in report.found.contrasts if c.subset == FULL]
    for form in (WIDE, NARROW):
        svg = str(forest(shown, form))
        assert svg.count('class="reach') == len(shown) == 4
        assert svg.count("<polygon") == 2  # pooled and macro
        assert svg.count('class="mark shown') == sum(c.shown for c in shown)
        assert 'role="img"' in svg
        for c in shown:
            assert reach(c.difference) in svg
        xs = [float(x) for x in re.findall(r' x[12]?="([\d.]+)"', svg)]
        assert all(0 <= x <= form.width for x in xs)
    # The zero line stands left of an interval that is above zero.
    above = next(c for c in shown if c.difference.low > 0)
    svg = str(forest([above]))
    zero = float(re.search(r'class="zero" x1="([\d.]+)"', svg)[1])  # type: ignore[index]
    low = float(re.search(r'class="reach \w+" x1="([\d.]+)"', svg)[1])  # type: ignore[index]
    assert zero < low
    assert forest([]) == ""


def test_ticks_are_round_and_hold_zero() -> None:
    assert ticks(-2.1, 4.0) == [-3, -2, -1, 0, 1, 2, 3, 4]
    assert ticks(-21, 4.0) == [-25, -20, -15, -10, -5, 0, 5]
    for low, high in [(-100, 100), (-0.3, 0.2), (3, 8), (-9, -4), (0, 0), (-33, 61)]:
        found = ticks(low, high)
        assert found[0] <= min(low, 0) <= max(high, 0) <= found[-1] + 1e-9
        assert any(abs(t) < 1e-9 for t in found)
        assert 2 <= len(found) <= 9


def test_a_report_without_extras_leaves_them_out(report: Report) -> None:
    bare = replace(report, beside=(), calibration={}, length={}, changed={}, grounded={})
    extra = {"published", "calibration", "reliability", "length", "changes", "grounding"}
    assert [t.name for t in sections(bare)] == [n for n in NAMES if n not in extra]
    assert "Do the steps hold?" not in page(bare)
