"""README and docs state no figure that docs/claims.md does not hold."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CLAIMS = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
# What looks like a measurement: a percentage, a number with thousands, a decimal, or a number with a unit.
FIGURE = re.compile(
    r"(?<![\w.,/:-])(\d{1,3}(?:,\d{3})+|\d+\.\d+|\d+(?=\s?%)|\d+(?=\s(?:s|ms|MB|GB|minutes|vignettes|cases|records)\b))(?![\w/]|\.\d)"
)


def prose(page: Path) -> str:
    """Text without code, quotes of chains, links and version numbers."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"```.*?```", " ", text, flags=re.DOTALL)
    text = re.sub(r"^>.*$", " ", text, flags=re.MULTILINE)
    text = re.sub(r"`[^`]*`", " ", text)
    text = re.sub(r"arXiv \S+|Apache-2\.0|https?://\S+|\]\([^)]*\)", " ", text)
    return re.sub(r"\b(?:release|version|Python|schema v?)\s?[\d.-]+", " ", text)


@pytest.mark.parametrize("page", [p for p in PAGES if p.name != "claims.md"], ids=lambda p: p.name)
def test_every_figure_has_its_row(page: Path) -> None:
    known = set(re.findall(r"\d[\d,.]*\d|\d", CLAIMS))
    missing = [f for f in FIGURE.findall(prose(page)) if f not in known]
    assert not missing, f"{page.name} states {missing}; give each a row in docs/claims.md or take it out"


def test_the_test_would_notice(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("It is right in 99.9 % of 12,345 cases, in 73 s; see `0.77`.", encoding="utf-8")
    assert FIGURE.findall(prose(page)) == ["99.9", "12,345", "73"]


def test_rows_carry_a_date_or_say_that_nothing_was_measured() -> None:
    rows = [r for r in CLAIMS.splitlines() if r.startswith("|") and not set(r) <= set("|- ")]
    for row in rows:
        cells = [c.strip() for c in row.strip("|").split("|")]
        if cells[0] == "claim" or len(cells) == 2:
            continue
        dated = re.fullmatch(r"\d{4}-\d{2}-\d{2}", cells[-1])
        assert dated or "not measured" in row or "none" in row, row
