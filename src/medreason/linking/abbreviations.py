"""Abbreviations a text defines itself: "mitral valve prolapse (MVP)" makes every later MVP the same finding.

The letters of the short form must begin the words before the bracket, or stand in them in order, the first at
the beginning of a word (after Schwartz and Hearst 2003). Where the long form names no finding, the short form
is no finding either, whatever a dictionary says of those letters.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from medreason.linking.scan import Hit, Text

_SHORT = re.compile(r"\(\s*([A-Z][A-Za-z0-9-]{1,7}|[A-Z])\s*[),;]")
EXTRA = 3  # words a long form may have beyond the letters of its short form


def _long_form(words: Sequence[str], short: str) -> int | None:
    """How many of the last words spell the short form; ``None`` if they do not."""
    letters = [ch.lower() for ch in short if ch.isalnum()]
    text = " ".join(words)
    at = len(text) - 1
    for position in range(len(letters) - 1, -1, -1):
        letter = letters[position]
        while at >= 0 and not (text[at] == letter and (position > 0 or at == 0 or not text[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return None
        at -= 1
    return len(text[at + 1 :].split())


def _definitions(c: Text) -> Iterable[tuple[str, int, int]]:
    """Short forms with first and last token of what they stand for."""
    for match in _SHORT.finditer(c.text):
        short = match[1].removesuffix("s") if len(match[1]) > 2 else match[1]
        if sum(map(str.isupper, short)) < min(2, len(short)):
            continue
        token = bisect_left(c.starts, match.start(1))
        last = token - 1
        if last < 0:
            continue
        first = max(0, token - len(short) - EXTRA)
        while any(gap for gap in c.gaps[first + 1 : token]):
            first += 1
        size = _long_form(c.lowers[first:token], short)
        if size:
            yield short, token - size, last


def resolve(c: Text, found: Sequence[Hit]) -> list[Hit]:
    """The hits of a text with its own abbreviations applied, by first token."""
    if "(" not in c.text:
        return list(found)
    meanings: dict[str, Hit | None] = {}
    for short, first, last in _definitions(c):
        if short not in meanings:
            meanings[short] = next((h for h in found if h.first == first and h.last == last), None)
    if not meanings:
        return list(found)
    written = {short: hit for base, hit in meanings.items() for short in (base, base + "s")}
    hits = [h for h in found if h.first != h.last or c.text[c.starts[h.first] : c.ends[h.last]] not in written]
    lowered = {short.lower() for short in written}
    for token in [at for at, word in enumerate(c.lowers) if word in lowered]:
        meaning = written.get(c.text[c.starts[token] : c.ends[token]])
        if meaning is not None:
            hits.append(Hit(token, token, meaning.words, meaning.entries, "normalised"))
    return sorted(hits)
