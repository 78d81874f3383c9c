"""What is compared of a question: hashes of its text, options and runs of words, and nothing else of it.

The text is the question's own (the stem and what is asked); options are compared apart, as a set. Chains, answers and
explanations are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from medreason.quality.contamination.panels import Measured, measured, panels
from medreason.quality.near import Hashes, Numbers, Rows, WordHasher, distinct, mixed, runs, words

GRAM = 13  # words of a run that tells where a text comes from (Brown et al., GPT-3, 2020, appendix C)
SHINGLE = 5
SINGLE = 20  # words below which a text's single words are kept, too
# Bits that are kept of a run of two words and of a single word: with more, anyone could find the words by trying all;
# with fewer, unlike texts would become alike.
COUPLE_BITS, SINGLE_BITS = 24, 14
TOGETHER = 4096  # texts of which the words are held at a time
SALT = b"medreason contamination 1"
_ASKED = re.compile(r"(?<=[.?!])\s+(?=\S)")


class Item(NamedTuple):
    """A question to compare.

    Attributes:
        id: As the result names it.
        text: The question, without its options.
        options: Texts of the options in their order; none for an open question.
    """

    id: str
    text: str
    options: tuple[str, ...] = ()


class Features(NamedTuple):
    """Hashes of many questions, one row or value each.

    Attributes:
        exact: Of text and options, character by character.
        plain: Of the words of the text and of the options, in their order.
        whole: Of the words of the text and of the sorted set of options.
        stem: Of the words of the text; 0 where it has none.
        asked: Of the words of its last sentence.
        lengths: Words of the text.
        options: Of each option's words, sorted, without repeats.
        grams: Of each run of 13 words that is no panel of values, sorted, without repeats; none in shorter texts.
        panels: Of each run of 13 words that is one.
        shingles: Of each run of five words.
        couples: Of each run of two words that do not both measure, cut to 24 bits; in texts of fewer than 20 words
            also of each word, cut to 14 bits.
    """

    exact: Hashes
    plain: Hashes
    whole: Hashes
    stem: Hashes
    asked: Hashes
    lengths: Numbers
    options: Rows
    grams: Rows
    panels: Rows
    shingles: Rows
    couples: Rows

    def __len__(self) -> int:
        return len(self.exact)


def last_sentence(text: str) -> str:
    """The last sentence of a text that holds a word: in an exam question that is what is asked."""
    return next((part for part in reversed(_ASKED.split(text)) if words(part)), text)


def features(items: Sequence[Item], salt: bytes = SALT) -> Features:
    """Hashes of questions; about 0.1 ms a question of 120 words.

    Args:
        items: The questions.
        salt: Goes into every hash; what is compared must have the same.
    """
    hasher = WordHasher(salt)
    parts = [_features(items[i : i + TOGETHER], hasher) for i in range(0, len(items), TOGETHER)]
    return combined(parts or [_features((), hasher)])


def _features(items: Sequence[Item], hasher: WordHasher) -> Features:
    told = [words(item.text) for item in items]
    stems = [hasher.one(" ".join(t)) if t else 0 for t in told]
    choices = [[hasher.one(" ".join(words(o))) for o in item.options] for item in items]
    option_sets = [sorted(set(choice)) for choice in choices]
    rows = hasher(told)
    counts = measured(rows.flat, hasher.known)
    grams = runs(rows, GRAM, whole="never")
    panel = panels(counts, rows, grams, GRAM)
    return Features(
        exact=_array(hasher.one("\x1f".join((item.text, *item.options))) for item in items),
        plain=_array(hasher.one(f"{stem} {choice}") for stem, choice in zip(stems, choices, strict=True)),
        whole=_array(hasher.one(f"{stem} {chosen}") for stem, chosen in zip(stems, option_sets, strict=True)),
        stem=_array(stems),
        asked=_array(hasher.one(" ".join(words(last_sentence(item.text)))) for item in items),
        lengths=np.diff(rows.starts),
        options=_rows(option_sets),
        grams=distinct(_masked(grams, ~panel)),
        panels=distinct(_masked(grams, panel)),
        shingles=distinct(runs(rows, SHINGLE)),
        couples=_couples(rows, counts),
    )


def _couples(rows: Rows, counts: Measured) -> Rows:
    """Runs of two words that do not both measure, and the single words of short texts, cut to few bits."""
    twos = runs(rows, 2, whole="never")
    twos = _masked(twos, ~panels(counts, rows, twos, 2, 0))
    twos = Rows(twos.flat >> np.uint64(64 - COUPLE_BITS), twos.starts)
    ones = _masked(rows, np.repeat(np.diff(rows.starts) < SINGLE, np.diff(rows.starts)))
    ones = Rows((mixed(ones.flat) >> np.uint64(64 - SINGLE_BITS)) + np.uint64(1 << COUPLE_BITS), ones.starts)
    return distinct(side_by_side(twos, ones))


def side_by_side(left: Rows, right: Rows) -> Rows:
    """One table in which each row holds the hashes of both."""
    starts = left.starts + right.starts
    flat = np.empty(starts[-1], np.uint64)
    for one, before in ((left, right.starts[:-1]), (right, left.starts[1:])):
        flat[np.arange(len(one.flat)) + np.repeat(before, np.diff(one.starts))] = one.flat
    return Rows(flat, starts)


def _array(values: Iterable[int]) -> Hashes:
    return np.fromiter(values, np.uint64)


def _rows(values: Sequence[Sequence[int]]) -> Rows:
    flat = np.fromiter((v for row in values for v in row), np.uint64)
    return Rows(flat, np.cumsum([0, *map(len, values)], dtype=np.int64))


def _masked(rows: Rows, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Rows:
    before = np.concatenate(([0], np.cumsum(kept)))
    return Rows(rows.flat[kept], before[rows.starts].astype(np.int64))


def stacked(many: Sequence[Rows]) -> Rows:
    """Rows of several tables, one after the other."""
    flat = np.concatenate([rows.flat for rows in many]) if many else np.empty(0, np.uint64)
    lengths = np.concatenate([np.diff(rows.starts) for rows in many]) if many else np.empty(0, np.int64)
    return Rows(flat, np.concatenate(([0], np.cumsum(lengths))).astype(np.int64))


def combined(many: Sequence[Features]) -> Features:
    """Several tables of features as one, in their order."""
    columns: dict[str, object] = {}
    for name in Features._fields:
        parts = [getattr(one, name) for one in many]
        columns[name] = stacked(parts) if isinstance(parts[0], Rows) else np.concatenate(parts)
    return Features(**columns)  # type: ignore[arg-type]
