"""Spans of a text that are a name of a candidate index once levelled ("renal tumours" for "kidney neoplasm").

What it is: a way to find more mentions where every span counts, for the evaluation of linking end to end. What it is
not: the detection that findings rest on (:mod:`medreason.linking.detect`): it knows no negation and no relatives.
"""

from __future__ import annotations

from collections.abc import Sequence

from medreason.linking.candidates import CandidateIndex
from medreason.linking.linker import apart
from medreason.linking.normalise import NONE, tokenise
from medreason.linking.wording import STOP, WEAK, levelled
from medreason.records import Mention

WINDOW = 7  # words of the longest span
SHORTEST = 4  # letters of the longest word of a span


def named_spans(text: str, index: CandidateIndex, taken: Sequence[Mention] = ()) -> list[Mention]:
    """The taken mentions and the levelled names between them, in order, longest first, without overlaps.

    A taken mention inside a longer name gives way to it. O(tokens x window).
    """
    tokens = tokenise(text)
    found: list[Mention] = []
    at = 0
    while at < len(tokens):
        stop = at + 1
        while stop < min(len(tokens), at + WINDOW) and tokens[stop].gap == NONE:
            stop += 1
        for end in range(stop, at, -1):
            span = text[tokens[at].start : tokens[end - 1].end]
            if tokens[at].lower not in STOP and tokens[end - 1].lower not in STOP and _named(span, index):
                found.append(Mention(span, tokens[at].start, tokens[end - 1].end))
                at = end
                break
        else:
            at += 1
    kept = [m for m in taken if not any(f.start <= m.start and m.end <= f.end for f in found)]
    new = [f for f in found if all(f.end <= m.start or m.end <= f.start for m in kept)]
    return sorted([*kept, *new], key=lambda m: (m.start, m.end))


def _named(span: str, index: CandidateIndex) -> bool:
    """Whether a span is a name, or joins some that share a word ("breast and ovarian cancer")."""
    if index.is_name(span):
        return _telling(span)
    parts = apart(span)
    shared = any(part not in span for part in parts)
    return shared and all(_telling(part) and index.is_name(part) for part in parts)


def _telling(name: str) -> bool:
    return any(len(word) >= SHORTEST and word not in WEAK for word in levelled(name))
