"""Splits a text and finds every window whose words are those of a name: the inner loop of the recogniser.

A window begins and ends with a word of the name. Between the words of a name may stand little words ("loss
of the hearing"), a form of *to be* ("the kidneys were enlarged") and qualifiers ("cysts in the left kidney").
It never crosses a clause end; it crosses a comma, a bracket or a conjunction only where the name has one.
Two neighbouring words must occur together in some name, which ends nearly every window after one look-up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from medreason.linking.compile import FIRST, LETTER, SKIPPED
from medreason.linking.forms import STOP, head, is_body_part
from medreason.linking.lexicon import Entry
from medreason.linking.normalise import COUNTED, HARD, NONE, PREFIXES, ROMAN, WORD, gap_code, normal_form, words
from medreason.linking.recogniser import SHIFT, Recogniser, adjective

WINDOW = 8  # tokens a name may span, little words included
_SPLIT = re.compile(f"({WORD.pattern})")
_SPLIT_ASCII = re.compile(r"(\d+(?:\.\d+)+(?![A-Za-z])|[A-Za-z0-9]+(?:'[A-Za-z0-9]+)*)")  # the same, twice as fast
BRIDGES = frozenset({"is", "are", "was", "were", "be", "been", "being", "appeared", "appears", "remained"})
QUALIFIERS = frozenset(
    {
        "left", "right", "bilateral", "unilateral", "severe", "mild", "moderate", "marked", "slight", "all",
        "some", "several", "multiple", "many", "few", "two", "three", "very", "rather", "quite", "mildly",
        "severely", "markedly", "slightly", "moderately", "bilaterally", "somewhat", "extremely", "significantly",
        "significant", "profound", "profoundly", "gross", "grossly", "relatively", "unusually", "onset", "human",
        "my", "your", "our",
    }
)  # fmt: skip
# A single word may be an adjective of Greek or Latin stock ("ataxic"), no everyday participle ("ordered").
_DERIVED = re.compile(r"(?:ic|(?<!mat)ous|ese|spastic|ive|oid|ent|eaf|ular|[a-z]{8}ed)$")
_PERSONS = frozenset(
    "patient child infant boy girl man woman baby newborn neonate individual person subject adult gait movement "
    "proband sister brother male female limb".split()
)
_PASSED = BRIDGES | QUALIFIERS
_AFTER = frozenset({"with", "without", "when", "while", "but", "who", "since", "from", "as", "by", "during"})
_LINKED = frozenset({"and", "or"})


class Text(NamedTuple):
    """A text cut into tokens: parallel lists. ``gaps`` says what stands before a token (see ``normalise``)."""

    text: str
    lowers: list[str]
    starts: list[int]
    ends: list[int]
    gaps: list[int]
    numbers: list[int]


class Hit(NamedTuple):
    """Tokens ``first`` to ``last`` (inclusive) name something; ``words`` of them carry the meaning."""

    first: int
    last: int
    words: int
    entries: tuple[Entry, ...]
    method: str


class _Gaps(dict[str, int]):
    """Gap codes of the stretches between words, worked out once each."""

    def __missing__(self, between: str) -> int:
        code = gap_code(between)
        if len(self) < GAPS:
            self[between] = code
        return code


GAPS = 10_000  # stretches remembered
_gaps = _Gaps()
_HYPHENS = frozenset({"-", "‐", "‑"})


def _join_prefixes(parts: list[str]) -> list[str]:
    """Makes one part of a prefix, its hyphen and its word ("micro-cephaly")."""
    for at in [k for k in range(len(parts) - 3, 1, -2) if parts[k] in _HYPHENS]:
        if parts[at - 1].lower() in PREFIXES and parts[at + 1][0].isalpha():
            parts[at - 1 : at + 2] = ["".join(parts[at - 1 : at + 2])]
    return parts


def _number_capitals(written: Sequence[str], c: Text, names: Recogniser) -> None:
    """Numbers the words whose meaning hangs on their capitals: the A of "type A" and Roman numerals."""
    for at in [k for k, word in enumerate(written) if word in _CAPITALS]:
        word = written[at]
        close = at > 0 and c.gaps[at] == NONE
        if word == "A":
            if close:
                c.numbers[at] = names.number(LETTER)
        elif len(word) > 1 or (close and normal_form(c.lowers[at - 1]) in COUNTED):
            c.numbers[at] = names.number(ROMAN[word])


_CAPITALS = ROMAN.keys() | {"A"}


def cut(text: str, names: Recogniser) -> Text:
    """Splits a text into tokens and numbers them. O(len(text)), mostly inside the interpreter's own loops."""
    parts = (_SPLIT_ASCII if text.isascii() else _SPLIT).split(text)
    if ("-" in text or not text.isascii()) and not _HYPHENS.isdisjoint(parts):
        parts = _join_prefixes(parts)
    ends = list(accumulate(map(len, parts)))
    written = parts[1::2]
    lowers = list(map(str.lower, written))
    if "’" in text:
        lowers = [w.replace("’", "'") for w in lowers]
    gaps = list(map(_gaps.__getitem__, parts[0:-1:2]))
    if gaps:
        gaps[0] = HARD
    c = Text(text, lowers, ends[0:-1:2], ends[1::2], gaps, list(map(names.numbers.__getitem__, lowers)))
    if not _CAPITALS.isdisjoint(written):
        _number_capitals(written, c, names)
    return c


Bag = tuple[int, ...]
_MARKS = (",", "/", "(")
_words_of = lru_cache(maxsize=200_000)(words)


def _named(c: Text, first: int, last: int, bag: Bag, names: Recogniser) -> tuple[tuple[Entry, ...], str]:
    """The names a window stands for, best first, and how it is written; none where it only looks like one."""
    entries = names.entries(bag)
    surface = c.text[c.starts[first] : c.ends[last]]
    if entries[0].cased:
        entries = tuple([e for e in entries if not e.cased or e.text == surface])
        if not entries:
            return (), ""
    lower = surface.lower()
    method = "exact"
    written = [e for e in entries if e.text.lower() == lower]
    if not written:
        spelled = words(surface)
        written = [e for e in entries if e.kind != "variant" and _words_of(e.text) == spelled]
        method = "normalised" if written else "reordered"
        if not written and len(bag) == 1 and not _DERIVED.search(lower):
            return (), ""
    if written and entries[0] not in written:
        # The bag may hold a better kind of name of another concept; the name as written comes first.
        entries = (*written, *(e for e in entries if e not in written))
    return entries, method


def _same_parts(c: Text, first: int, last: int, name: str) -> bool:
    """Whether a name of body parts only has them in this order: the renal pelvis is no pelvic kidney."""
    heads = [head(w) for w in words(c.text[c.starts[first] : c.ends[last]]) if w not in STOP]
    return not all(map(is_body_part, heads)) or heads == [head(w) for w in _words_of(name) if w not in STOP]


def _hit(c: Text, first: int, last: int, bag: Bag, crossed: bool, names: Recogniser) -> Hit | None:
    """The hit of a window whose words are those of a name, unless what stands around or in it speaks against it."""
    entries, method = _named(c, first, last, bag, names)
    if not entries:
        return None
    name = entries[0].text
    if crossed and (
        method == "reordered"
        or not (any(mark in name for mark in _MARKS) or not _LINKED.isdisjoint(name.lower().split()))
    ):
        return None
    if method == "reordered" and last > first and not _same_parts(c, first, last, name):
        return None
    after = last + 1
    if after < len(c.lowers) and c.gaps[after] == NONE:
        word = c.lowers[after]
        if c.numbers[after] != SKIPPED and word not in BRIDGES:
            if method == "reordered" and last > first and adjective(c.lowers[last]):
                return None  # "small nasal polyp" is no small nose
            alone = last == first and (method == "reordered" or entries[0].kind == "adjective")
            if alone and normal_form(word) not in _PERSONS and word not in _AFTER:
                return None  # "eosinophilic infiltrate", "pale patches", but "a cyanotic infant"
        if word == "of" and any(w.startswith("chromosom") for w in c.lowers[after + 1 : after + 4]):
            return None  # "short arm of chromosome 6"
    return Hit(first, last, len(bag), entries, method)


def hits(c: Text, names: Recogniser) -> list[Hit]:
    """All windows that name something, by first token, the longest of one first token last."""
    numbers, lowers, singles, pairs = c.numbers, c.lowers, names.singles, names.pairs
    found: list[Hit] = []
    final = len(numbers) - 1
    for first in [at for at, number in enumerate(numbers) if number >= FIRST]:
        number = numbers[first]
        if number in singles and (hit := _hit(c, first, first, (number,), False, names)) is not None:
            found.append(hit)
        if first == final:
            break
        following = numbers[first + 1]
        if following == SKIPPED or number << SHIFT | following in pairs or lowers[first + 1] in _PASSED:
            _grow(c, first, names, found)
    return found


def _grow(c: Text, first: int, names: Recogniser, found: list[Hit]) -> None:
    """Adds the hits of several words that begin at a token."""
    numbers, gaps, pairs, bags = c.numbers, c.gaps, names.pairs, names.bags
    previous = numbers[first]
    bag = [previous]
    crossed = bridged = False
    for at in range(first + 1, min(len(numbers), first + WINDOW)):
        gap = gaps[at]
        if gap:
            if gap >= HARD:
                return
            crossed = True
        here = numbers[at]
        if here < FIRST or previous << SHIFT | here not in pairs:
            word = c.lowers[at]
            if here == SKIPPED:
                crossed = crossed or word in _LINKED
            elif word in BRIDGES and not bridged and not c.lowers[at - 1].endswith("ed"):
                bridged = True
            elif word not in QUALIFIERS:
                return
            continue
        bag.append(here)
        key = tuple(sorted(bag))
        if key in bags and (hit := _hit(c, first, at, key, crossed, names)) is not None:
            found.append(hit)
        previous = here
