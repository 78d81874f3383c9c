"""Finds the spans of a text that name something a graph has a name for.

The longest names win, left to right, without overlaps; on request the broader ones inside them are given
too ("brachydactyly" in "brachydactyly type C"). Whether a span is negated, or about a relative, is
:mod:`medreason.linking.context`'s business.
What it is not: a statistical recogniser. What no name in the graph and no table says, it does not see.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import lt
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
    found = sorted(found)
    if all(map(lt, [h.last for h in found], [h.first for h in found[1:]])):
        return found
    taken: set[int] = set()
    chosen = []
    for hit in sorted(found, key=_order):
        span = range(hit.first, hit.last + 1)
        if taken.isdisjoint(span):
            taken.update(span)
            chosen.append(hit)
    return sorted(chosen)


def _broader(names: Recogniser, ancestors: Rows, number: int) -> frozenset[int]:
    found = names.above.get(number)
    if found is None:
        found = names.above[number] = frozenset(ancestors[number].tolist())
    return found


def _inner(found: Sequence[Hit], chosen: Sequence[Hit], names: Recogniser, ancestors: Rows) -> list[Hit]:
    """The hits inside a chosen one that name a broader concept."""
    outer = _around(chosen)
    inner = []
    for hit in found:
        around = outer.get(hit.first)
        if around is None or hit is around:
            continue
        beside = hit.last > around.last and hit.words > 1 and hit.last not in outer
        above = hit.last <= around.last and hit.entries[0].number in _broader(
            names, ancestors, around.entries[0].number
        )
        if beside or above:
            inner.append(hit)
    return inner


def _around(chosen: Sequence[Hit]) -> dict[int, Hit]:
    """The chosen hit that a token belongs to."""
    return {token: hit for hit in chosen for token in range(hit.first, hit.last + 1)}


class _Opened:
    """The tokens of a text that stand right after an opening bracket; looked up when asked for."""

    def __init__(self, c: Text) -> None:
        self._c = c

    def __contains__(self, at: object) -> bool:
        c = self._c
        return isinstance(at, int) and at > 0 and bool(c.gaps[at]) and c.text[c.starts[at] - 1] == "("


def _detections(c: Text, chosen: Sequence[Hit], inner: Sequence[Hit]) -> list[Detection]:
    """The chosen hits, and those inside one, which share its status, subject and scope."""
    if not chosen:
        return []
    read = contexts(c.lowers, c.gaps, [(h.first, h.last) for h in chosen], _Opened(c))
    every = list(zip(chosen, read, strict=True))
    if inner:
        by_token = {token: one for hit, one in every for token in range(hit.first, hit.last + 1)}
        every += [(hit, by_token[hit.first]) for hit in inner]
        every.sort(key=lambda pair: (pair[0].first, -pair[0].last))
    detections = []
    for (first, last, _, entries, method), (status, subject, scope) in every:
        start, end = c.starts[first], c.ends[last]
        detections.append(Detection(Mention(c.text[start:end], start, end, status, subject, scope), entries, method))
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
    return tuple(_detections(c, chosen, _inner(found, chosen, names, ancestors) if ancestors is not None else ()))
