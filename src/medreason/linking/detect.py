"""Finds the spans of a text that name something a graph has a name for.

The longest names win, left to right, without overlaps; on request the broader ones inside them are given
too ("brachydactyly" in "brachydactyly type C"). Whether a span is negated, or about a relative, is
:mod:`medreason.linking.context`'s business.
What it is not: a statistical recogniser. What no name in the graph and no table says, it does not see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from medreason.linking.abbreviations import resolve
from medreason.linking.context import contexts
from medreason.linking.coordination import completed
from medreason.linking.lexicon import Entry
from medreason.linking.measures import measured
from medreason.linking.recogniser import Recogniser
from medreason.linking.scan import Hit, Text, cut, hits
from medreason.records import Mention

if TYPE_CHECKING:
    from medreason.kg.store import Rows


class Detection(NamedTuple):
    """A mention, the names it matches (best first, never empty) and how: exact, normalised, reordered or
    measured (a value)."""

    mention: Mention
    entries: tuple[Entry, ...]
    method: str


def _order(hit: Hit) -> tuple[int, int, int]:
    return -hit.words, hit.last - hit.first, hit.first


def longest(found: Sequence[Hit]) -> list[Hit]:
    """The hits with the most words that do not overlap, in text order."""
    taken: set[int] = set()
    chosen = []
    for hit in sorted(found, key=_order):
        span = range(hit.first, hit.last + 1)
        if taken.isdisjoint(span):
            taken.update(span)
            chosen.append(hit)
    return sorted(chosen)


def _inner(found: Sequence[Hit], chosen: Sequence[Hit], ancestors: Rows) -> list[Hit]:
    """The hits inside a chosen one that name a broader concept."""
    outer: dict[int, Hit] = {}
    for hit in chosen:
        outer.update(dict.fromkeys(range(hit.first, hit.last + 1), hit))
    inner = []
    for hit in found:
        around = outer.get(hit.first)
        if around is None or hit is around:
            continue
        beside = hit.last > around.last and hit.words > 1 and hit.last not in outer
        above = hit.last <= around.last and hit.entries[0].number in ancestors[around.entries[0].number]
        if beside or above:
            inner.append(hit)
    return inner


def _opened(c: Text) -> set[int]:
    """Tokens that stand right after an opening bracket."""
    if "(" not in c.text:
        return set()
    return {at for at in range(1, len(c.starts)) if c.gaps[at] and c.text[c.starts[at] - 1] == "("}


def _detections(c: Text, chosen: Sequence[Hit], inner: Sequence[Hit]) -> list[Detection]:
    spans = [(h.first, h.last) for h in chosen]
    read = dict(zip(spans, contexts(c.lowers, c.gaps, spans, _opened(c)), strict=True)) if spans else {}
    by_token = {token: span for span in spans for token in range(span[0], span[1] + 1)}
    detections = []
    for hit in sorted([*chosen, *inner], key=lambda h: (h.first, -h.last)):
        context = read[by_token[hit.first]]
        start, end = c.starts[hit.first], c.ends[hit.last]
        mention = Mention(c.text[start:end], start, end, context.status, context.subject, context.scope)
        detections.append(Detection(mention, hit.entries, hit.method))
    return detections


def detect(text: str, names: Recogniser, ancestors: Rows | None = None) -> tuple[Detection, ...]:
    """Mentions in a text, left to right, with status and subject.

    Offsets are exact: ``text[m.start:m.end] == m.text``. Without ``ancestors`` no two mentions overlap; with
    the ancestors of all nodes, the names of broader concepts inside a longer name are given too.
    """
    c = cut(text, names)
    found = resolve(c, hits(c, names))
    found += completed(c, names, found)
    found += measured(c, names.measured.get)
    chosen = longest(found)
    return tuple(_detections(c, chosen, _inner(found, chosen, ancestors) if ancestors is not None else ()))
