"""Abbreviations that a text explains itself: "ataxia-telangiectasia (A-T)" (Schwartz and Hearst, PSB 2003:451-62).

What it is: pairs found by letters and position. What it is not: a list of abbreviations; what a text does not
explain stays as it is.
"""

from __future__ import annotations

import re

_BRACKETED = re.compile(r"\(([^()]{2,60})\)|\[([^\[\]]{2,60})\]")
_SENTENCE = re.compile(r"(?<=[.;:!?])\s+|\n")
_LONGEST_SHORT_FORM = 10


def explained(text: str) -> dict[str, str]:
    """Short form → long form, both as written; of several explanations of a short form the first counts.

    A short form has 2 to 10 characters, a letter among them, at most two words, and begins with a letter or digit.
    Both orders are found: ``long (SHORT)`` and ``SHORT (long)``. O(len(text)) for bracketed parts of bounded length.
    """
    found: dict[str, str] = {}
    for match in _BRACKETED.finditer(text):
        inner = (match[1] or match[2]).strip()
        before = _SENTENCE.split(text[max(0, match.start() - 300) : match.start()])[-1].strip()
        inner = re.split(r"[;,]| or ", inner)[0].strip()
        if _is_short(inner):
            long = _long_form(inner, before)
            if long:
                found.setdefault(inner, long)
        elif before and inner:
            short = before.split()[-1]
            if _is_short(short) and _long_form(short, inner) == inner:
                found.setdefault(short, inner)
    return found


def _is_short(word: str) -> bool:
    return (
        2 <= len(word) <= _LONGEST_SHORT_FORM
        and len(word.split()) <= 2
        and word[0].isalnum()
        and any(c.isalpha() for c in word)
        and any(c.isupper() or c.isdigit() for c in word)
    )


def _long_form(short: str, before: str) -> str:
    """The shortest end of ``before`` that holds the letters of ``short`` in order, the first at a word's start."""
    letters = [c.lower() for c in short if c.isalnum()]
    words = before.split()
    initials = sorted(word[0].lower() for word in words[-len(letters) :])
    if len(letters) < 4 and initials == sorted(letters):
        return " ".join(words[-len(letters) :])
    # At most min(|A| + 5, 2 |A|) words, as the authors have it.
    before = " ".join(words[-min(len(letters) + 5, 2 * len(letters)) :])
    low, at = before.lower(), len(before)
    for i in range(len(letters) - 1, -1, -1):
        at -= 1
        while at >= 0 and (low[at] != letters[i] or (i == 0 and at > 0 and low[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return ""
    long = before[at:].strip()
    if len(long) <= len(short) or short.lower() in long.lower().split():
        return ""
    return long.lstrip("([") if long.count("(") == long.count(")") else ""
