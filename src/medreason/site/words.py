"""The search index of a site: words and the items that hold them, cut into pieces of one size.

Both sides (here and ``files/search.js``) make words the same way: NFKD, lower case, marks dropped, runs of letters and
digits, at most :data:`LONGEST` characters. Words are ordered by their UTF-16 code units, as JavaScript compares.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple

LONGEST = 32
# Characters of a piece: a search loads the pieces that its words fall into, one as a rule.
PIECE = 120_000
_WORD = re.compile(r"[^\W_]+")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def words(text: str) -> set[str]:
    """The words of a text as the index knows them."""
    plain = unicodedata.normalize("NFKD", text).lower()
    if not plain.isascii():
        plain = "".join(c for c in plain if not unicodedata.category(c).startswith("M"))
    return {_cut(word) for word in _WORD.findall(plain)}


def _cut(word: str) -> str:
    """The first characters, counted as JavaScript counts (UTF-16 code units), no pair torn apart."""
    if len(word) <= LONGEST and word.isascii():
        return word
    return word.encode("utf-16-le", "surrogatepass")[: 2 * LONGEST].decode("utf-16-le", "ignore")


def base36(number: int) -> str:
    """A number of at least 0 in base 36, as ``Number.toString(36)`` writes it."""
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
        if not number:
            return text


class Piece(NamedTuple):
    """Some words in order, each with its items as gaps in base 36 (the first from -1), separated by blanks."""

    words: list[str]
    items: list[str]


class Index:
    """Collects words by item; items are numbered from 0 in the order in which they are added."""

    def __init__(self) -> None:
        self._items: dict[str, array[int]] = {}
        self._count = 0

    def add(self, texts: Iterable[str]) -> None:
        """Adds the next item."""
        for word in words(" ".join(texts)):
            found = self._items.get(word)
            if found is None:
                found = self._items[word] = array("I")
            found.append(self._count)
        self._count += 1

    def __len__(self) -> int:
        return len(self._items)

    def pieces(self, most: int = PIECE) -> Iterator[Piece]:
        """The index in order; a piece ends with the word that fills it (``most`` characters)."""
        piece, size = Piece([], []), 0
        gaps: dict[int, str] = {}
        for word in sorted(self._items, key=lambda w: w.encode("utf-16-be", "surrogatepass")):
            text, last = [], -1
            for item in self._items[word]:
                gap = item - last
                text.append(gaps.get(gap) or gaps.setdefault(gap, base36(gap)))
                last = item
            joined = " ".join(text)
            piece.words.append(word)
            piece.items.append(joined)
            size += len(word) + len(joined) + 6
            if size >= most:
                yield piece
                piece, size = Piece([], []), 0
        if piece.words:
            yield piece
