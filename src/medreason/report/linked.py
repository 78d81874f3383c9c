"""Renders a text with its linked concepts as one page."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from medreason.records import Link

if TYPE_CHECKING:
    from medreason.kg.store import Graph

GROUPS = {
    "observed": "observed in the patient",
    "excluded": "said to be absent",
    "family": "of relatives",
    "other": "not stated as present now (hypothetical, uncertain or past)",
}


class Piece(NamedTuple):
    """A stretch of the text; ``n`` is the number of the link it belongs to, 0 for none."""

    text: str
    n: int
    group: str


def _group(found: Link) -> str:
    if found.mention.subject == "family":
        return "family"
    return "other" if found.mention.scope else found.mention.status


def pieces(text: str, links: Sequence[Link]) -> list[Piece]:
    """The text cut at its mentions; of overlapping mentions the first and longest is marked."""
    found: list[Piece] = []
    at = 0
    order = sorted(enumerate(links, start=1), key=lambda pair: (pair[1].mention.start, -pair[1].mention.end))
    for n, link in order:
        start, end = link.mention.start, link.mention.end
        if start < at:
            continue
        found.append(Piece(text[at:start], 0, ""))
        found.append(Piece(text[start:end], n, _group(link)))
        at = end
    found.append(Piece(text[at:], 0, ""))
    return [piece for piece in found if piece.text]


def render_links(graph: Graph, text: str, links: Sequence[Link]) -> str:
    """The page as one HTML text: no network, no clock, no path; a pure function of its arguments.

    Args:
        graph: The graph that the links point into.
        text: The text.
        links: Links of the text, in order.
    """
    from jinja2 import DictLoader, Environment, StrictUndefined

    names = ("linked.html", "page.css")
    sources = {n: files("medreason.report").joinpath(n).read_text(encoding="utf-8") for n in names}
    environment = Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    rows: list[dict[str, Any]] = []
    for n, found in enumerate(links, start=1):
        concept = graph.concept(found.concept)
        mention = found.mention
        family = "family" if mention.subject == "family" else ""
        rows.append({
            "n": n, "text": " ".join(mention.text.split()), "group": _group(found), "id": concept.id,
            "name": concept.name, "type": concept.type, "definition": concept.definition,
            "scope": ", ".join(part for part in (family, mention.status, mention.scope) if part),
            "method": found.method, "score": found.score, "runner_up": found.runner_up,
            "runner_up_name": graph.name(found.runner_up) if found.runner_up else "",
        })  # fmt: skip
    present = {row["group"] for row in rows}
    return environment.get_template("linked.html").render(
        css=sources["page.css"],
        pieces=pieces(text, links),
        rows=rows,
        concepts=len({row["id"] for row in rows}),
        runners_up=any(row["runner_up"] for row in rows),
        groups={g: words for g, words in GROUPS.items() if g in present},
        graph=graph.manifest,
    )
