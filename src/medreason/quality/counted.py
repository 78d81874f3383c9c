"""Counts and shares in free prose: which finding and option "3 of 7 patients" or "most patients" belongs to.

A count belongs to the finding before it, or where none stands before it to the next one; to the option that follows it
("in 3 of 7 patients with …"), or else to the one before it. What stands in neither way is left open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from medreason.quality.prose import Sentence
from medreason.quality.vocabulary import Named

_WORDS = {w: n for n, w in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())}
_COUNT = re.compile(
    r"\b(\d[\d,]*|[a-z]+) (?:out )?of (?:the |all |its |these )?(\d[\d,]*\d|\d|[a-z]+)\b(?! %)", re.IGNORECASE
)
PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?(?:%|per ?cent\b)", re.IGNORECASE)
_BEHIND = re.compile(
    r"^(?: (?:patients?|cases?|people|individuals|examined|counted|reported|its|the|affected))*"
    r"(?: (?:for|with) (?:the )?[\ue000-\ue3ff]\ue800*)?,? (?:with|of|in|for|having|under) (?:the )?$"
)
_FINDING_BEHIND = re.compile(r"^(?: patients?)? (?:for|had|showed|showing) (?:the )?$")
_FRONTED = re.compile(r"(?:^|[,;:] )[Ii]n $")
_FRONTED_BEHIND = re.compile(r"^(?: patients?)?,? (?:the )?(?:broader |related )?$")
# Between two counts that are compared, the first of which may belong to any option of the sentence.
_COMPARED = re.compile(r"\b(?:against|versus|vs|beside|than|where|compared (?:with|to)|to)\b")
_PEOPLE = (
    r"(?:of )?(?:(?:its|the|all|reported|counted|examined|affected|known) )*(?:patients?|cases?|people|individuals?)"
)
# Words for a share of patients, with the least and the most of which they can be said.
SHARES = tuple(
    (re.compile(rf"\b(?:{words})", re.IGNORECASE), least, most)
    for words, least, most in (
        (rf"(?:nearly|almost|virtually) (?:all|every|each) {_PEOPLE}", 0.75, 1.0),
        (rf"(?<!nearly )(?<!almost )(?<!not )(?:all|every|each) {_PEOPLE}|always|invariably|without exception"
         r"|constant (?:feature|finding|sign)|universal(?:ly)?|100 ?%", 1.0, 1.0),
        (rf"most {_PEOPLE}|(?:the|a) (?:\w+ )?majority", 0.5, 1.0),
        (rf"(?:a|the) minority|minority finding|few {_PEOPLE}|(?:a )?(?:small|low) (?:share|fraction|proportion)"
         r"|(?:only )?rarely|seldom", 0.0, 0.5),
    )
)  # fmt: skip
# Shares that a frequency without counts stands for.
TERMS = {"obligate": (1.0, 1.0), "very frequent": (0.8, 0.99), "frequent": (0.3, 0.79), "occasional": (0.05, 0.29),
         "very rare": (0.0, 0.04)}  # fmt: skip
_TERM = re.compile(r"frequency: (obligate|very frequent|frequent|occasional|very rare)")


class Count(NamedTuple):
    """A count "k of n" in a sentence, and where it stands."""

    k: int
    n: int
    start: int
    end: int


def counts(text: str) -> Iterator[Count]:
    """Fractions in digits or words."""
    for match in _COUNT.finditer(text):
        k, n = (int(v.replace(",", "")) if v[0].isdigit() else _WORDS.get(v.casefold(), -1) for v in match.groups())
        if k >= 0 and n > 0:
            yield Count(k, n, match.start(), match.end())


def shares(line: str) -> tuple[float, float, int] | None:
    """Least and most share of patients that a line states, and the patients counted; ``None``: it states none."""
    if found := list(counts(line)):
        return found[0].k / found[0].n, found[0].k / found[0].n, found[0].n
    if found_percent := PERCENT.search(line):
        share = float(found_percent[1]) / 100
        return share, share, 100
    if term := _TERM.search(line):
        return *TERMS[term[1]], 100
    return None


class Place(NamedTuple):
    """What a count in a sentence may belong to; an empty list says nothing."""

    findings: list[Named]
    options: list[str]
    zone: str


def place(sentence: Sentence, start: int, end: int, before: int, after: int) -> Place:
    """The findings and options of a count.

    Args:
        sentence: The sentence.
        start: Where the count begins.
        end: Where it ends.
        before: Where the count before it ends, or 0.
        after: Where the next one begins, or the end of the sentence.
    """
    findings = [n for n in sentence.named if not n.option]
    options = [n for n in sentence.named if n.option]
    zone = sentence.text[before:start]
    own = [n for n in findings if before <= n.start and n.end <= start]
    behind = next((n for n in findings if n.start >= end), None)
    if behind and (
        _FINDING_BEHIND.search(sentence.text[end : behind.start])
        or (_FRONTED.search(sentence.text[:start]) and _FRONTED_BEHIND.search(sentence.text[end : behind.start]))
    ):
        own = [behind]
    if not own:
        earlier = [n for n in findings if n.end <= before]
        later = [n for n in findings if n.start >= end and (n.end <= after or before == 0)]
        own = earlier or later
    compared = _COMPARED.search(sentence.text[end : min(after, end + 40)]) and after < len(sentence.text)
    return Place(own, _of(sentence, options, start, end, compared=bool(compared)), zone)


def _of(sentence: Sentence, options: list[Named], start: int, end: int, *, compared: bool) -> list[str]:
    """The option that follows a count as its patients', or the ones before it; then any of the sentence."""
    behind = next((n for n in options if n.start >= end and _BEHIND.search(sentence.masked[end : n.start])), None)
    if behind:
        return [behind.option]
    earlier = [n for n in options if n.end <= start]
    if not earlier or compared:
        return [n.option for n in options]
    last = [earlier[-1]]
    # "… in 29 of 130 in A, and cirrhosis in 8 of 29": an option that has its own count may hand back to the one before.
    if len(earlier) > 1 and re.search(
        r"\d(?: patients?)? (?:with|in|of|for) (?:the )?$", sentence.text[: last[0].start]
    ):
        return [last[0].option, earlier[-2].option]
    for n in reversed(earlier[:-1]):
        if not re.fullmatch(r",? ?(?:and|or|with|,)? ?(?:the )?", sentence.text[n.end : last[-1].start]):
            break
        last.append(n)
    return [n.option for n in last]
