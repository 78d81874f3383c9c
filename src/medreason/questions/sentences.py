"""Cuts an abstract into its sentences. What it is not: a tokenizer; a wrong cut costs a reader little."""

from __future__ import annotations

import re

_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])|\n+")
# A full stop after these ends no sentence. Single capitals are initials ("J. Smith", "E. coli").
_SHORT = re.compile(
    r"(?:^|[\s(\[])(?:[A-Z]|al|approx|ca|cf|Dr|e\.g|etc|Fig|Figs|i\.e|Mr|Mrs|No|no|Prof|Ref|Refs|resp|sp|spp|St|vs|Inc|Ltd"
    r"|p|P|n|[a-z]\.[a-z])\.$"
)


def sentences(text: str) -> list[str]:
    """The sentences of a text in order, without outer spaces; none of an empty text. O(length)."""
    found: list[str] = []
    start = 0
    for match in _END.finditer(text):
        head = text[start : match.start()]
        if "\n" not in match[0] and _SHORT.search(head[-12:]):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    return [s for s in [*found, text[start:].strip()] if s]
