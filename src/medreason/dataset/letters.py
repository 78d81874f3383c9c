"""References to options by letter in prose: which are sure and can be rewritten, and which cannot be told.

What it is: closed patterns. "Option B", "answers A and C", "(B)" beside the text of option B are sure. What it
deliberately is not: a reader. A letter that stands alone and is no part of a name is not guessed at: "hepatitis B" may
be a disease, "B fits better" an option. A record with such a letter is better left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from medreason.records import Record

Spans = list[tuple[int, int]]

# A name ends in a letter after these ("type A", "vitamin D"), or begins with one before those ("B cells"): words of the
# field, not of any one dataset.
_BEFORE = (
    "type|types|subtype|group|class|stage|grade|form|factor|vitamin|hepatitis|protein|apolipoprotein|immunoglobulin"
    "|h(?:a)?emophilia|influenza|complement|coenzyme|cyclin|cathepsin|syndrome|disease|deficiency|variant|strain|chain"
)
_AFTER = r"cells?|lymphocyt\w+|virus|antigens?|waves?|bands?|peptides?|dimers?|chains?"
_NAMED = re.compile(rf"\b(?i:{_BEFORE})\s+[A-Z](?!\w)|(?<![\w-])[A-Z]\s+(?:{_AFTER})\b")
# After the letter A, these words make it a subject and no article.
_VERBS = frozenset(
    "and or but also alone had did could would can cannot may might must will should remain therefore then than rather "
    "because since while with without over against for to at in of on by being having best better not fit explain "
    "match lack".split()
)
_NOUN_ENDINGS = ("sis", "ss", "us", "ous", "itis", "xis", "ies")
_POSITION = re.compile(
    r"\b(?:first|second|third|fourth|fifth|sixth|last|next|previous|preceding|following)\s+(?:listed\s+|answer\s+)?"
    r"(?:option|answer|choice|candidate|alternative)s?\b|\b(?:options?|choices?|alternatives?)\s+(?:above|below|\d)",
    re.IGNORECASE,
)
# An option that speaks of the others, or of its place among them.
_OF_OTHERS = re.compile(
    r"\b(?:all|none|both|neither|any|either|some)\s+(?:of\s+)?(?:the\s+)?(?:above|below|these|those|following|others?)\b"
    r"|\b(?:above|below|previous|preceding)\b|^(?:all|none|both|neither)(?: of them)?\.?$",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"(?<![\w-])[A-Z](?:\s*,\s*[A-Z])*(?:,?\s+(?:and|or)\s+|\s*[&+]\s*)[A-Z](?![\w-])")


class Unsafe(Exception):
    """A text that cannot be rewritten for sure; the message says what stands in the way."""


class _Patterns(NamedTuple):
    """Patterns for one set of letters."""

    told: re.Pattern[str]
    alone: re.Pattern[str]
    listed: re.Pattern[str]


@lru_cache(maxsize=64)
def _patterns(keys: str) -> _Patterns:
    key = rf"(?<![\w-])[{keys}](?![\w-]|['’]\w)"
    one = rf"\(?{key}\)?"
    joined = rf"{one}(?:\s*(?:,\s*and|,\s*or|,|and|or|&|/|to|over|versus)\s*{one})*"
    return _Patterns(
        re.compile(
            rf"\b(?:[Oo]ptions?|OPTIONS?|[Aa]nswers?|ANSWERS?|[Cc]hoices?|[Cc]andidates?)(?:\s*[:=]\s*|\s+(?:is\s+)?)({joined})"
            rf"|\(({key}(?:\s*,\s*{key})+)\)"
        ),
        re.compile(key),
        re.compile(rf"\([{keys}]\)|(?m:^\s*[{keys}][.):]\s)"),
    )


def speaks_of_others(text: str) -> bool:
    """Whether an option's text refers to other options or to its place, so that it must stay where it is."""
    return _OF_OTHERS.search(text.strip()) is not None or _SEVERAL.search(text) is not None


def lists_options(text: str, keys: str) -> bool:
    """Whether a question's own text names options by letter or place."""
    patterns = _patterns(keys)
    listed = {found[0].strip(" \n().:") for found in patterns.listed.finditer(text)}
    return len(listed) > 1 or patterns.told.search(text) is not None or _POSITION.search(text) is not None


class Rewriter:
    """Rewrites the letters of one record's prose.

    Args:
        record: Its options and findings say which letters are parts of names.
        moved: Old letter → new letter; all keys are single capital letters.
    """

    def __init__(self, record: Record, moved: Mapping[str, str]) -> None:
        self._moved = moved
        self._patterns = _patterns("".join(sorted(moved)))
        self._options = {o.key: o.text for o in record.options}
        names = {o.text for o in record.options} | {f.text for f in record.findings}
        # "Niemann-Pick disease, type A" is also written without what follows the last comma, or without the comma.
        parts = {name.rsplit(",", 1)[0] for name in names} | {name.replace(",", "") for name in names}
        lone = re.compile(r"(?<![\w-])[A-Z](?![\w-])")
        held = sorted((n for n in names | parts if len(n) > 1 and lone.search(n)), key=len, reverse=True)
        self._names = re.compile("|".join(map(re.escape, held)), re.IGNORECASE) if held else None

    def __call__(self, text: str) -> str:
        """The text with every sure reference rewritten.

        Raises:
            Unsafe: a letter, or a word of place, may or may not be a reference.
        """
        names = list(self._held(text))
        places = [at for at in self._sure(text) if not _inside(at, names)]
        rest = [m.start() for m in self._patterns.alone.finditer(text) if m.start() not in places]
        for at in rest:
            if not _inside(at, names) and not _article(text, at):
                raise Unsafe(f"the letter {text[at]} in “{_around(text, at)}” may be an option or not")
        if (found := _POSITION.search(text)) is not None:
            raise Unsafe(f"“{_around(text, found.start())}” names an option by its place")
        letters = list(text)
        for at in places:
            letters[at] = self._moved[text[at]]
        return "".join(letters)

    def sure_only(self, text: str) -> str:
        """The text with its sure references rewritten, other letters taken as parts of names."""
        letters = list(text)
        for at in self._sure(text):
            letters[at] = self._moved[text[at]]
        return "".join(letters)

    def _held(self, text: str) -> Iterator[tuple[int, int]]:
        if self._names is not None:
            yield from (m.span() for m in self._names.finditer(text))
        yield from (m.span() for m in _NAMED.finditer(text))

    def _sure(self, text: str) -> list[int]:
        """Places of letters that stand for options without doubt."""
        found: set[int] = set()
        for told in self._patterns.told.finditer(text):
            group = 1 if told[1] is not None else 2
            start = told.start(group)
            found |= {start + m.start() for m in self._patterns.alone.finditer(told[group])}
        for key, name in self._options.items():
            if key in self._moved and name:
                beside = rf"(?<![\w-])\(?({key})[.):]\s*{re.escape(name)}|{re.escape(name)} \(({key})\)"
                found |= {m.start(1) if m[1] else m.start(2) for m in re.finditer(beside, text)}
        return sorted(found)


def _inside(at: int, spans: Spans) -> bool:
    return any(start <= at < end for start, end in spans)


def _article(text: str, at: int) -> bool:
    """Whether the letter is the English article: capital only at the start of a sentence, and before a noun phrase."""
    if text[at] != "A" or not re.search(r"(?:^|[.!?:;]|\d\.|\n)[\s\"“(]*$", text[:at]):
        return False
    word = re.match(r" ([a-z]+|\d+)", text[at + 1 :])
    if word is None or word[1] in _VERBS:
        return False
    return not word[1].endswith("s") or word[1].endswith(_NOUN_ENDINGS)


def _around(text: str, at: int) -> str:
    start, end = max(0, at - 25), min(len(text), at + 25)
    return ("…" if start else "") + " ".join(text[start:end].split()) + ("…" if end < len(text) else "")
