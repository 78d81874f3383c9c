"""Abbreviations a text explains itself: "ataxia-telangiectasia (A-T)" (Schwartz and Hearst, PSB 2003:451-62).

One finder, :func:`definitions`, and two users: :func:`explained` gives the long form of a short one for linking, and
:func:`resolve` makes every later MVP the finding that "mitral valve prolapse (MVP)" is. Where the long form names no
finding, the short form is none either, whatever a dictionary says of those letters.
What it is: pairs found by letters and position. What it is not: a list of abbreviations; what a text does not
explain stays as it is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from typing import NamedTuple

from medreason.linking.scan import Hit, Text

_BRACKETED = re.compile(r"\(([^()]{1,60})\)|\[([^\[\]]{1,60})\]")
_ROUND = re.compile(r"\(([^()]{1,60})\)")
_FIRST = re.compile(r"[;,]| or ")
_SENTENCE_ENDS = (". ", "; ", ": ", "! ", "? ", "\n")
LONGEST_SHORT_FORM = 10
BEFORE = 300  # characters before a bracket in which the long form must stand


class Definition(NamedTuple):
    """A short form as written, and where its long form stands in the text."""

    short: str
    start: int
    end: int


def _is_short(word: str) -> bool:
    """Whether letters may be a short form: a letter or digit first, a letter and a capital or digit in it."""
    return (
        1 <= len(word) <= LONGEST_SHORT_FORM
        and len(word.split()) <= 2
        and word[0].isalnum()
        and any(map(str.isalpha, word))
        and any(c.isupper() or c.isdigit() for c in word)
    )


def _is_sure(word: str) -> bool:
    """Whether a short form is one word of capitals, sure enough to take its letters away from the dictionary."""
    return " " not in word and sum(map(str.isupper, word)) >= min(2, len(word)) and _is_short(word)


def definitions(text: str, is_short: Callable[[str], bool] = _is_short) -> Iterator[Definition]:
    """The abbreviations a text defines, in order: ``long (SHORT)``, ``long [SHORT]`` and ``SHORT (long)``.

    A short form has up to 10 characters and at most two words. O(len(text)) for bracketed parts of bounded length.
    """
    for match in (_BRACKETED if "[" in text else _ROUND).finditer(text):
        side = match.lastindex or 1
        inner = _FIRST.split(match[side].strip())[0].strip()
        before = text[max(0, match.start() - BEFORE) : match.start()]
        if is_short(inner):
            before = before[max(map(before.rfind, _SENTENCE_ENDS)) + 1 :]
            size = _long_form(inner, before)
            if size:
                end = match.start() - len(before) + len(before.rstrip())
                yield Definition(inner, end - size, end)
        elif inner and (last := before[-LONGEST_SHORT_FORM - 2 :].split()[-1:]) and is_short(last[0]):
            start = match.start(side) + len(match[side]) - len(match[side].lstrip())
            if _long_form(last[0], inner) == len(inner):
                yield Definition(last[0], start, start + len(inner))


def _long_form(short: str, before: str) -> int:
    """How many characters at the end of ``before`` (without space behind them) spell ``short``; 0 if none do.

    Tried in this order: words that begin with its letters; the shortest end that holds the letters in order, the
    first at the beginning of a word, in at most min(letters + 5, 2 letters) words, as the authors have it; for two
    or three letters, words that begin with them in another order ("myotonic dystrophy (DM)"), also where the
    shortest end has a comma; the same without a plural s.
    """
    letters = [c.lower() for c in short if c.isalnum()]
    count = len(letters)
    own = _last(before, count)
    initials = [word[0] for word in own.lower().split()] if len(own) > len(short) else []
    if initials == letters:
        return len(own)
    long = _in_order(letters, short, _last(before, min(count + 5, 2 * count)))
    if (not long or "," in long) and count < 4 and sorted(initials) == sorted(letters):
        return len(own)
    if not long and len(short) > 2 and short[-1] == "s" and short[-2].isupper():
        return _long_form(short[:-1], before)
    return len(long)


def _last(text: str, count: int) -> str:
    """The last words of a text."""
    text = text.strip()
    parts = text.rsplit(None, count)
    return text[len(parts[0]) :].lstrip() if len(parts) > count else text


def _in_order(letters: Sequence[str], short: str, text: str) -> str:
    low = text.lower()
    at = len(low)
    for letter in reversed(letters[1:]):
        at = low.rfind(letter, 0, max(at, 0))
    at = low.rfind(letters[0], 0, max(at, 0))
    while at > 0 and low[at - 1].isalnum():
        at = low.rfind(letters[0], 0, at)
    long = text[at:] if at >= 0 else ""
    if len(long) <= len(short) or short.lower() in long.lower().split() or long.count("(") != long.count(")"):
        return ""
    return long


def explained(text: str) -> dict[str, str]:
    """Short form → long form, both as written; of several explanations of a short form the first counts."""
    found: dict[str, str] = {}
    for short, start, end in definitions(text):
        if len(short) > 1:
            found.setdefault(short, " ".join(text[start:end].split()))
    return found


def resolve(c: Text, found: Sequence[Hit]) -> list[Hit]:
    """The hits of a text with its own abbreviations applied, by first token."""
    if "(" not in c.text and "[" not in c.text:
        return list(found)
    meanings: dict[str, Hit | None] = {}
    for written, start, end in definitions(c.text, _is_sure):
        short = written.removesuffix("s") if len(written) > 2 else written
        if short not in meanings:
            first, last = bisect_left(c.starts, start), bisect_left(c.ends, end)
            meaning = next((h for h in found if h.first == first and h.last == last), None)
            if meaning is not None or not any(c.gaps[first + 1 : last + 1]):
                meanings[short] = meaning
    if not meanings:
        return list(found)
    written_so = {short: hit for base, hit in meanings.items() for short in (base, base + "s")}
    hits = [h for h in found if h.first != h.last or c.text[c.starts[h.first] : c.ends[h.last]] not in written_so]
    lowered = {short.lower() for short in written_so}
    for token in compress(range(len(c.lowers)), map(lowered.__contains__, c.lowers)):
        meaning = written_so.get(c.text[c.starts[token] : c.ends[token]])
        if meaning is not None:
            hits.append(Hit(token, token, meaning.words, meaning.entries, "normalised"))
    return sorted(hits)
