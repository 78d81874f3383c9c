"""Splits a text and finds every window whose words are those of a name: the inner loop of the recogniser.

A window begins and ends with a word of the name. Between the words of a name may stand little words ("loss
of the hearing"), a form of *to be* ("the kidneys were enlarged") and qualifiers ("cysts in the left kidney").
It never crosses a clause end; it crosses a comma, a bracket or a conjunction only where the name has one.
Two neighbouring words must occur together in some name, which ends nearly every window after one look-up.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate, compress
from typing import NamedTuple

from medreason.linking.compile import LETTER, SKIPPED
from medreason.linking.forms import STOP, head
from medreason.linking.lexicon import Entry
from medreason.linking.normalise import COUNTED, HARD, NONE, PREFIXES, ROMAN, WORD, gap_code, normal_form, words
from medreason.linking.recogniser import SHIFT, Names, Recogniser, adjective, body_part

WINDOW = 8  # tokens a name may span, little words included
_SPLIT = re.compile(f"({WORD.pattern})")
_SPLIT_ASCII = re.compile(r"(\d+(?:\.\d+)+(?![A-Za-z])|[A-Za-z0-9]+(?:'[A-Za-z0-9]+)*)")  # the same, twice as fast
_APART = re.compile(r"([A-Za-z0-9]+)")  # nothing joined yet: twice as fast again
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
_JOINED = frozenset({".", "'"})
_INNER = frozenset({"-", ".", "'"})  # what may join two words of a text in ASCII


def _places(parts: list[str], wanted: frozenset[str]) -> list[int]:
    """Where in the parts of a text one of these stretches stands between two words, from the end."""
    return list(compress(range(2, len(parts) - 1, 2), map(wanted.__contains__, parts[2:-1:2])))[::-1]


def _join_prefixes(parts: list[str]) -> list[str]:
    """Makes one part of a prefix, its hyphen and its word ("micro-cephaly")."""
    for at in _places(parts, _HYPHENS):
        if parts[at - 1].lower() in PREFIXES and parts[at + 1][0].isalpha():
            parts[at - 1 : at + 2] = ["".join(parts[at - 1 : at + 2])]
    return parts


def _number_capitals(c: Text, names: Recogniser) -> None:
    """Numbers the words whose meaning hangs on their capitals: the A of "type A" and Roman numerals."""
    for at in compress(range(len(c.lowers)), map(_may_be_capital, c.lowers)):
        word = c.text[c.starts[at] : c.ends[at]]
        if word not in _CAPITALS:
            continue
        close = at > 0 and c.gaps[at] == NONE
        if word == "A":
            if close:
                c.numbers[at] = names.number(LETTER)
        elif len(word) > 1 or (close and normal_form(c.lowers[at - 1]) in COUNTED):
            c.numbers[at] = names.number(ROMAN[word])


_CAPITALS = ROMAN.keys() | {"A"}
_may_be_capital = frozenset({word.lower() for word in _CAPITALS}).__contains__


def _parts(text: str) -> list[str]:
    """Stretches between words and words, in turn; the first and the last are stretches."""
    if not text.isascii():
        parts = _SPLIT.split(text)
        return parts if _HYPHENS.isdisjoint(parts) else _join_prefixes(parts)
    parts = _APART.split(text)
    if _INNER.isdisjoint(parts):
        return parts
    for at in _places(parts, _JOINED):
        before, after = parts[at - 1], parts[at + 1]
        if before.isdigit() and after[0].isdigit() and (not after.isdigit() or parts[at - 2] in _INNER):
            return _join_prefixes(_SPLIT_ASCII.split(text))  # "3.5mg", "1.2.3"
        if parts[at] == "'" or (before.isdigit() and after.isdigit()):
            parts[at - 1 : at + 2] = [before + parts[at] + after]
    return _join_prefixes(parts) if "-" in parts else parts


def cut(text: str, names: Recogniser) -> Text:
    """Splits a text into tokens and numbers them. O(len(text)), mostly inside the interpreter's own loops."""
    plain = text.isascii()
    parts = _parts(text.lower() if plain else text)
    ends = list(accumulate(map(len, parts)))
    lowers = parts[1::2] if plain else [w.lower().replace("’", "'") for w in parts[1::2]]
    gaps = list(map(_gaps.__getitem__, parts[0:-1:2]))
    if gaps:
        gaps[0] = HARD
    c = Text(text, lowers, ends[0:-1:2], ends[1::2], gaps, list(map(names.numbers.__getitem__, lowers)))
    _number_capitals(c, names)
    return c


Bag = tuple[int, ...]
_MARKS = (",", "/", "(")


def _named(c: Text, first: int, last: int, bag: Bag, names: Recogniser) -> tuple[tuple[Entry, ...], str]:
    """The names a window stands for, best first, and how it is written; none where it only looks like one."""
    known = names.names(bag)
    surface = c.text[c.starts[first] : c.ends[last]]
    if known.cased:
        kept = [e for e in known.entries if not e.cased or e.text == surface]
        if not kept:
            return (), ""
        if len(kept) < len(known.entries):
            known = Names(kept)
    lower = surface.lower()
    written = known.written.get(lower)
    if written is not None:
        return written, "exact"
    spelled = known.spelled(words(surface))
    if spelled is not None:
        return spelled, "normalised"
    if len(bag) == 1 and not _DERIVED.search(lower):
        return (), ""
    return known.entries, "reordered"


@lru_cache(maxsize=100_000)
def _heads(name: str) -> list[str]:
    return [head(w) for w in words(name) if w not in STOP]


def _same_parts(c: Text, first: int, last: int, name: str) -> bool:
    """Whether a name of body parts only has them in this order: the renal pelvis is no pelvic kidney."""
    parts = []
    for word in c.lowers[first : last + 1]:
        part = body_part(word)
        if part is None:
            return True
        if part:
            parts.append(part)
    return parts == _heads(name)


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
    first, code = -1, 0  # the word before, little words left out, and its half of the code of a pair
    for at, number in enumerate(numbers):
        if number == SKIPPED:
            continue
        if code | number in pairs or (lowers[at] in _PASSED and code and _reaches(c, code, at, names)):
            _grow(c, first, names, found)
        if number in singles and (hit := _hit(c, at, at, (number,), False, names)) is not None:
            found.append(hit)
        first, code = at, number << SHIFT
    return found


def _reaches(c: Text, code: int, at: int, names: Recogniser) -> bool:
    """Whether the first words after those a name may pass over make a pair with the word before them."""
    for here in range(at + 1, min(len(c.numbers), at + WINDOW)):
        if code | c.numbers[here] in names.pairs:
            return True
        if c.numbers[here] != SKIPPED and c.lowers[here] not in _PASSED:
            return False
    return False


def _grow(c: Text, first: int, names: Recogniser, found: list[Hit]) -> None:
    """Adds the hits of several words that begin at a token."""
    numbers, lowers, gaps, pairs, bags = c.numbers, c.lowers, c.gaps, names.pairs, names.bags
    bag = [numbers[first]]
    code = bag[0] << SHIFT
    crossed = bridged = False
    for at, here in enumerate(numbers[first + 1 : first + WINDOW], start=first + 1):
        gap = gaps[at]
        if gap:
            if gap >= HARD:
                return
            crossed = True
        if code | here in pairs:
            bag.append(here)
            key = tuple(sorted(bag))
            if key in bags and (hit := _hit(c, first, at, key, crossed, names)) is not None:
                found.append(hit)
            code = here << SHIFT
        elif here == SKIPPED:
            crossed = crossed or lowers[at] in _LINKED
        elif lowers[at] in BRIDGES and not bridged and not lowers[at - 1].endswith("ed"):
            bridged = True
        elif lowers[at] not in QUALIFIERS:
            return
