"""Finds the spans of a text that name something the lexicon knows.

Left to right, longest first, no overlaps. A name may also be found in another word order ("ataxia of the
gait" for "Gait ataxia"), with little words between its words, but never across a comma or a clause end.
Whether a span is negated, or about a relative, is :mod:`medreason.linking.context`'s business.
What it is not: a statistical recogniser. What no name in the graph says, it does not see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from medreason.linking.context import contexts
from medreason.linking.lexicon import ADJECTIVES, REORDERED, STOP_WORDS, Entry, Lexicon, content_key
from medreason.linking.normalise import HARD, NONE, Token, tokenise
from medreason.records import Mention

WINDOW = 6  # tokens a reordered name may span, little words included


class Detection(NamedTuple):
    """A mention, the names it matches (best first, never empty) and how: exact, normalised or reordered."""

    mention: Mention
    entries: tuple[Entry, ...]
    method: str


class _Span(NamedTuple):
    first: int
    last: int  # inclusive
    entries: tuple[Entry, ...]
    method: str


def _as_written(entries: tuple[Entry, ...], surface: str) -> tuple[Entry, ...]:
    return tuple([e for e in entries if not e.cased or e.text == surface])


def _in_order(text: str, tokens: Sequence[Token], first: int, lexicon: Lexicon) -> _Span | None:
    """The longest name that starts at token ``first``."""
    stop = first + 1
    limit = min(len(tokens), first + lexicon.reach(tokens[first].norm))
    while stop < limit and tokens[stop].gap != HARD:
        stop += 1
    for end in range(min(stop, limit), first, -1):
        entries = lexicon.named(tuple([t.norm for t in tokens[first:end]]))
        if not entries:
            continue
        surface = text[tokens[first].start : tokens[end - 1].end]
        entries = _as_written(entries, surface)
        if any(t.gap != NONE for t in tokens[first + 1 : end]):
            entries = tuple([e for e in entries if any(mark in e.text for mark in ",/(")])
        if entries:
            written = any(e.text.lower() == surface.lower() for e in entries)
            return _Span(first, end - 1, entries, "exact" if written else "normalised")
    return None


def _in_any_order(tokens: Sequence[Token], first: int, lexicon: Lexicon) -> _Span | None:
    """The longest window from ``first`` whose content words are those of a name, in whatever order."""
    found, words = None, 0
    for last in range(first, min(first + WINDOW, len(tokens))):
        token = tokens[last]
        if last > first and token.gap != NONE:
            break
        if token.norm in STOP_WORDS:
            if last == first:
                break
            continue
        words += 1
        if words >= REORDERED.stop or not lexicon.knows(token.norm):
            break
        if words >= REORDERED.start and token.norm not in ADJECTIVES:
            entries = lexicon.reordered(content_key([t.norm for t in tokens[first : last + 1]]))
            entries = tuple([e for e in entries if not e.cased])
            if entries:
                found = _Span(first, last, entries, "reordered")
    return found


def _spans(text: str, tokens: Sequence[Token], lexicon: Lexicon) -> list[_Span]:
    spans: list[_Span] = []
    at = 0
    while at < len(tokens):
        span = _in_order(text, tokens, at, lexicon)
        other = _in_any_order(tokens, at, lexicon)
        if other is not None and (span is None or other.last > span.last):
            span = other
        if span is None:
            at += 1
            continue
        spans.append(span)
        at = span.last + 1
    return spans


def detect(text: str, lexicon: Lexicon) -> tuple[Detection, ...]:
    """Mentions in a text, left to right and without overlaps, with status and subject.

    Offsets are exact: ``text[m.start:m.end] == m.text``. Cost: O(tokens × longest name), about 3 ms per
    thousand characters on HPO.
    """
    tokens = tokenise(text)
    spans = _spans(text, tokens, lexicon)
    detections = []
    for span, context in zip(spans, contexts(tokens, [(s.first, s.last) for s in spans]), strict=True):
        start, end = tokens[span.first].start, tokens[span.last].end
        mention = Mention(text[start:end], start, end, context.status, context.subject)
        detections.append(Detection(mention, span.entries, span.method))
    return tuple(detections)
