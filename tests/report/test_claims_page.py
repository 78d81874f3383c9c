"""The page of claims: the text whole and escaped, a sign beside each colour, anchors that lead somewhere, offline."""

import re
from html.parser import HTMLParser

import pytest

from medreason.kg.store import Graph
from medreason.quality.freetext.claims import Reader
from medreason.quality.freetext.counts import summarise
from medreason.quality.freetext.rows import Chain
from medreason.report.claims_page import VERDICTS, PageChain, explained, in_words, render_claims, spans

TEXT = (
    "First <script>alert(1)</script> & so on. Marfan syndrome causes arachnodactyly and chorea. Huntington disease "
    "leads to abnormality of movement. Oguchi disease causes dyschromatopsia."
)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name == "href":
                self.links.append(value or "")
            elif name in {"src", "onclick"}:
                self.loads.append(value or "")


@pytest.fixture(scope="module")
def page(hpo: Graph) -> str:
    read = Reader(hpo).read(Chain("<b>1</b>", "Which & why?", TEXT, "", "text", "toy <set>"))
    chain = PageChain("<b>1</b>", "Which & why?", TEXT, [c._asdict() for c in read.claims if c.checkable])
    return render_claims(hpo, "a<b>.jsonl", [chain], summarise([read]))


def test_everything_is_escaped_and_nothing_is_loaded(page: str) -> None:
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "<b>1</b>" not in page and "toy &lt;set&gt;" in page and "a&lt;b&gt;.jsonl" in page
    parsed = _Page()
    parsed.feed(page)
    assert not parsed.loads and not parsed.tags & {"script", "img", "iframe", "link", "object"}
    assert "default-src 'none'" in page


def test_every_anchor_leads_to_one_place(page: str) -> None:
    parsed = _Page()
    parsed.feed(page)
    assert len(parsed.ids) == len(set(parsed.ids))
    inside = [link[1:] for link in parsed.links if link.startswith("#")]
    assert set(inside) <= set(parsed.ids) and {f"v-{v}" for v in VERDICTS} <= set(inside)
    described = re.findall(r'aria-describedby="([^"]+)"', page)
    assert described and set(described) <= set(parsed.ids)


def test_each_verdict_has_a_sign_and_its_edge_in_words(page: str) -> None:
    for verdict, (sign, words) in VERDICTS.items():
        assert f'<mark class="{verdict}">' in page and words in page
        assert re.search(rf">\d+{re.escape(sign)}</a>", page), verdict
    assert len({sign for sign, _ in VERDICTS.values()}) == 4
    assert "follows from a narrower finding" in page and "not observed" in page
    assert "no clinical validation" in page and "not in this graph" in page


def test_spans_are_the_whole_text_and_a_sentence_shows_its_worst_verdict() -> None:
    def claim(start: int, end: int, verdict: str) -> dict[str, object]:
        return {"start": start, "end": end, "verdict": verdict}

    claims = [
        claim(4, 8, "grounded"),
        claim(4, 8, "contradicted"),
        claim(6, 12, "derivable"),
        claim(12, 14, "grounded"),
    ]
    text = "abcdefghijklmnopqr"
    found = spans(text, claims)
    assert "".join(s.text for s in found) == text
    marked = [(s.text, s.verdict, s.claims) for s in found if s.claims]
    assert marked == [("efgh", "contradicted", (1, 2)), ("ijkl", "derivable", (3,)), ("mn", "grounded", (4,))]
    assert [s.text for s in spans(text, [])] == [text] and spans("", []) == []


def test_a_claim_in_words(hpo: Graph) -> None:
    [claim] = Reader(hpo).read(Chain("x", "", "Marfan syndrome causes arachnodactyly.", "", "text")).claims
    row = {**claim._asdict(), "head_name": "Marfan syndrome", "tail_name": "Arachnodactyly"}
    assert in_words(row) == "Marfan syndrome has or causes Arachnodactyly"
    [edge] = explained(hpo, row)
    assert edge.says.startswith("Marfan syndrome – has phenotype – Arachnodactyly") and edge.references
    assert in_words({**row, "said": ""}) == "Marfan syndrome named with Arachnodactyly"
