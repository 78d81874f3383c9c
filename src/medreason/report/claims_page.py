"""Renders chains with their claims in place: which sentence says what, and what the graph says to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from medreason.report.content import citation

if TYPE_CHECKING:
    from medreason.kg.store import Graph

# Sign and words of each verdict: colour never stands alone.
VERDICTS = {
    "grounded": ("✓", "an edge of the graph says it"),
    "derivable": ("↑", "it follows by the hierarchy"),
    "unsupported": ("?", "not in this graph, which is no sign that it is wrong"),
    "contradicted": ("✗", "an edge of the graph says the opposite"),
}
_WORST = ("contradicted", "unsupported", "derivable", "grounded")
# Relation of a claim and what is said → words between the two names.
SAYS = {
    ("has", "present"): "has or causes", ("has", "absent"): "does not have or cause",
    ("causes", "present"): "causes", ("causes", "absent"): "does not cause",
    ("treats", "present"): "treats", ("treats", "absent"): "does not treat",
    ("associated", "present"): "is associated with", ("associated", "absent"): "is not associated with",
    ("is_a", "is_a"): "is a kind of",
}  # fmt: skip
BY = {
    "finding": "follows from a narrower finding",
    "form": "in a form of the disease",
    "both": "in a form of the disease, with a narrower finding",
    "hierarchy": "over several steps of the hierarchy",
}
CERTAINTIES = {"asserted": "plainly said", "suggested": "with a hedge", "together": "only named together"}
# Relations of MONDO that have a number or an address for a name.
NAMED = {
    "RO:0004029": "has feature",
    "http://purl.obolibrary.org/obo/mondo#disease has major feature": "has major feature",
    "http://purl.obolibrary.org/obo/mondo#disease causes feature": "causes feature",
}
MOST_REFERENCES = 3


class Explained(NamedTuple):
    """An edge as the reason of a verdict: its id, what it says in words, and its references with their addresses."""

    id: str
    says: str
    references: list[tuple[str, str]]


def in_words(claim: Mapping[str, Any]) -> str:
    """A claim in words."""
    says = SAYS.get((claim["relation"], claim["said"]), "named with")
    return f"{claim['head_name']} {says} {claim['tail_name']}"


def explained(graph: Graph, claim: Mapping[str, Any]) -> list[Explained]:
    """The edges that a verdict rests on, in words, with at most ``MOST_REFERENCES`` references each."""
    found = []
    for n, edge in enumerate(claim["edges"], start=1):
        c = citation(graph, edge, n, ())
        often = f" ({c.frequency})" if c.frequency and c.frequency != "not stated" else ""
        found.append(
            Explained(
                c.id,
                f"{c.head} – {NAMED.get(c.relation, c.relation)} – {c.tail}{often}",
                c.references[:MOST_REFERENCES],
            )
        )
    return found


class Span(NamedTuple):
    """A stretch of a chain's text; ``verdict`` is empty outside claims, ``claims`` are their numbers."""

    text: str
    verdict: str
    claims: tuple[int, ...]


class PageChain(NamedTuple):
    """A chain as the page shows it.

    Attributes:
        id: Its id.
        question: Its question.
        text: Its text.
        claims: For each claim: start, end, step, head, tail (CURIEs), relation, said, certainty, verdict, by and edges.
    """

    id: str
    question: str
    text: str
    claims: Sequence[Mapping[str, Any]]


def spans(text: str, claims: Sequence[Mapping[str, Any]]) -> list[Span]:
    """The text cut at the sentences that make claims; a sentence shows the worst of its verdicts."""
    by_place: dict[tuple[int, int], list[int]] = {}
    for n, claim in enumerate(claims, start=1):
        by_place.setdefault((claim["start"], claim["end"]), []).append(n)
    out: list[Span] = []
    at = 0
    for (start, end), numbers in sorted(by_place.items()):
        begin = max(start, at)
        verdicts = {claims[n - 1]["verdict"] for n in numbers}
        out.append(Span(text[at:begin], "", ()))
        out.append(Span(text[begin : max(begin, end)], next(v for v in _WORST if v in verdicts), tuple(numbers)))
        at = max(begin, end)
    out.append(Span(text[at:], "", ()))
    return [s for s in out if s.text or s.claims]


def render_claims(graph: Graph, name: str, chains: Sequence[PageChain], summary: Mapping[str, Any]) -> str:
    """The page as one HTML text: no script, no network, no clock; a pure function of its arguments.

    Args:
        graph: The graph that the claims were looked up in.
        name: Name of the file.
        chains: What is shown.
        summary: Counts of the whole file.
    """
    from jinja2 import DictLoader, Environment, StrictUndefined

    names = ("claims.html", "page.css")
    sources = {n: files("medreason.report").joinpath(n).read_text(encoding="utf-8") for n in names}
    environment = Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    shown = []
    index: dict[str, list[tuple[int, int, str]]] = {verdict: [] for verdict in VERDICTS}
    for c, chain in enumerate(chains, start=1):
        rows = []
        for n, claim in enumerate(chain.claims, start=1):
            named = {**claim, "head_name": graph.name(claim["head"]), "tail_name": graph.name(claim["tail"])}
            words = in_words(named)
            rows.append(
                {**named, "n": n, "words": words, "how": BY.get(claim["by"], ""), "cited": explained(graph, claim)}
            )
            index[claim["verdict"]].append((c, n, words))
        shown.append({"at": c, "chain": chain, "spans": spans(chain.text, chain.claims), "rows": rows})
    return environment.get_template("claims.html").render(
        css=sources["page.css"], name=name, chains=shown, summary=summary, verdicts=VERDICTS, index=index,
        certainties=CERTAINTIES,
        graph=graph.manifest,
    )  # fmt: skip
