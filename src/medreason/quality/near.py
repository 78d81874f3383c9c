"""Texts that are nearly the same: word shingles, MinHash and banding for candidates, then the exact Jaccard index.

The likeness of two texts is the Jaccard index of their sets of shingles (runs of ``shingle`` words), after Unicode
NFKC, case folding and removal of punctuation (Broder, On the resemblance and containment of documents, 1997). A
signature of 128 minima estimates it; the signature is cut into ``b`` bands of ``r`` values, and two texts that agree in
a whole band are compared exactly (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3). A pair told
is always right, and a pair of likeness ``s`` is told with probability ``1 - (1 - s^r)^b``. Of all ``r`` the largest is
taken that misses at most 1 in 10,000 pairs that lie just at the threshold: at 0.8 that is r = 5, b = 25 and 0.00005.

What it is not: a measure of meaning. Two words changed in a text of 30 words leave 16 of 26 shingles: 0.44.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from medreason.errors import UsageError

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]

PERMUTATIONS = 128
MOST_MISSED = 1e-4
# A number keeps its decimals, an apostrophe joins, and a letter of a script that sets no spaces is a word.
_ASCII = re.compile(r"[a-z0-9]+(?:(?<=[0-9])\.[0-9]+)*")
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+(?:(?<=\d)\.\d+)*")
_INSIDE = re.compile(r"(?<=\w)['’ʼ](?=\w)|(?<=\d),(?=\d{3}(?!\d))")
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_TOGETHER = 1 << 17  # shingles hashed at a time, so that they stay in the processor's cache


class Pair(NamedTuple):
    """Two places in the texts (or in the texts and the others), and the Jaccard index of their shingles, 0 to 1."""

    a: int
    b: int
    jaccard: float


class Bands(NamedTuple):
    """How signatures are cut: rows a band, bands, and the share missed of pairs just at the threshold."""

    rows: int
    bands: int
    missed: float


class Rows(NamedTuple):
    """Hashes of many texts in one array; those of text ``i`` are ``flat[starts[i]:starts[i + 1]]``."""

    flat: Hashes
    starts: Numbers

    def __len__(self) -> int:
        return len(self.starts) - 1

    def row(self, i: int) -> Hashes:
        """The hashes of one text."""
        return self.flat[self.starts[i] : self.starts[i + 1]]


def words(text: str) -> list[str]:
    """The words of a text, without case, punctuation and Unicode variants; "37.1" and "patient's" are one word each."""
    if text.isascii():
        lowered = text.lower()
        return _ASCII.findall(_INSIDE.sub("", lowered) if "'" in lowered or "," in lowered else lowered)
    return _WORD.findall(_INSIDE.sub("", unicodedata.normalize("NFKC", text).casefold()))


def banding(threshold: float) -> Bands:
    """The widest bands that miss at most 1 in 10,000 pairs at the threshold; the narrowest where none does.

    Raises:
        UsageError: the threshold is not above 0 and at most 1.
    """
    if not 0 < threshold <= 1:
        raise UsageError(f"{threshold} is no likeness", fix="give a threshold above 0 and at most 1")
    choices = [(r, PERMUTATIONS // r) for r in range(1, PERMUTATIONS + 1)]
    told = [Bands(r, b, (1 - threshold**r) ** b) for r, b in choices]
    return next((bands for bands in reversed(told) if bands.missed <= MOST_MISSED), told[0])


class _Known(dict[str, int]):
    """Hashes of words, made at first need."""

    def __init__(self, make: Callable[[str], int]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, word: str) -> int:
        self[word] = made = self._make(word)
        return made


class WordHasher:
    """Turns texts into 64-bit hashes of their words; equal on every machine for an equal salt.

    Args:
        salt: At most 64 bytes that go into each hash.

    Attributes:
        known: Word → hash, for every word that was met.
    """

    def __init__(self, salt: bytes = b"") -> None:
        self._salt = salt
        self.known: dict[str, int] = _Known(self.one)

    def one(self, text: str) -> int:
        """The hash of a text as it is."""
        data = text.encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.blake2b(data, digest_size=8, key=self._salt).digest(), "little")

    def __call__(self, texts: Iterable[Sequence[str]]) -> Rows:
        """The hashes of the words of each text, in their order. O(words)."""
        lengths, found = [0], []
        for told in texts:
            found.append(np.fromiter(map(self.known.__getitem__, told), np.uint64, len(told)))
            lengths.append(len(told))
        flat = np.concatenate(found) if found else np.empty(0, np.uint64)
        return Rows(flat, np.cumsum(lengths, dtype=np.int64))


def mixed(values: Hashes) -> Hashes:
    """Each value with its bits mixed (the finaliser of MurmurHash3)."""
    values = values ^ (values >> np.uint64(33))
    values = values * np.uint64(0xFF51AFD7ED558CCD)
    values ^= values >> np.uint64(33)
    values *= np.uint64(0xC4CEB9FE1A85EC53)
    values ^= values >> np.uint64(33)
    return values


def runs(rows: Rows, width: int, *, whole: str = "short") -> Rows:
    """Hashes of each run of ``width`` words, in their order, repeats included. O(words x width).

    Args:
        rows: The words, hashed.
        width: Words a run, at least 1.
        whole: ``"short"``: a text of fewer words (but one at least) is one run; ``"never"``: it has none.

    Raises:
        UsageError: the width is below 1.
    """
    if width < 1:
        raise UsageError(f"a run of {width} words cannot be", fix="give a number of words of at least 1")
    lengths = np.diff(rows.starts)
    counts = np.maximum(lengths - width + 1, 0)
    total = np.zeros(max(len(rows.flat) - width + 1, 0), np.uint64)
    for i in range(width):
        total *= _PRIME
        total += rows.flat[i : i + len(total)]
    total = mixed(total)
    short = np.flatnonzero((counts == 0) & (lengths > 0)) if whole == "short" else np.empty(0, np.int64)
    kept = counts.copy()
    kept[short] = 1
    starts = np.concatenate(([0], np.cumsum(kept)))
    flat = np.empty(starts[-1], np.uint64)
    inside = np.repeat(counts > 0, kept)
    shift = np.repeat(rows.starts[:-1] - starts[:-1], counts)
    flat[inside] = total[np.flatnonzero(inside) + shift]
    for i in short.tolist():
        value = np.zeros(1, np.uint64)
        for word in rows.row(i):
            value = value * _PRIME + word
        flat[starts[i]] = mixed(value + np.uint64(lengths[i]))[0]
    return Rows(flat, starts.astype(np.int64))


def distinct(rows: Rows) -> Rows:
    """Each row sorted and without repeats. O(n log n)."""
    flat = rows.flat.copy()
    for first, last in pairwise(rows.starts.tolist()):
        flat[first:last].sort()
    kept = np.ones(len(flat), bool)
    kept[1:] = flat[1:] != flat[:-1]
    kept[rows.starts[:-1][np.diff(rows.starts) > 0]] = True
    return Rows(flat[kept], np.concatenate(([0], np.cumsum(kept)))[rows.starts].astype(np.int64))


def signatures(rows: Rows, seed: int = 0) -> npt.NDArray[np.uint32]:
    """128 minima of each row under random linear maps of its hashes' upper 32 bits; rows without a hash have all ones.

    Returns:
        One line of 128 values a row.
    """
    rng = np.random.default_rng(seed)
    factors = (rng.integers(0, 1 << 31, PERMUTATIONS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)).astype(np.uint32)
    offsets = rng.integers(0, 1 << 32, PERMUTATIONS, dtype=np.uint64).astype(np.uint32)
    values = np.full((len(rows), PERMUTATIONS), 0xFFFFFFFF, np.uint32)
    filled = np.flatnonzero(np.diff(rows.starts) > 0)
    for part in _parts(rows, filled):
        first = rows.starts[part[0]]
        own = (rows.flat[first : rows.starts[part[-1] + 1]] >> np.uint64(32)).astype(np.uint32)
        cuts = rows.starts[part] - first
        for i in range(PERMUTATIONS):
            values[part, i] = np.minimum.reduceat(own * factors[i] + offsets[i], cuts)
    return values


def _parts(rows: Rows, filled: Numbers) -> Iterator[Numbers]:
    """Rows in portions of some 100,000 hashes."""
    if len(filled):
        portion = rows.starts[filled] // _TOGETHER
        yield from np.split(filled, np.flatnonzero(np.diff(portion)) + 1)


def candidates(ours: npt.NDArray[np.uint32], theirs: npt.NDArray[np.uint32] | None, bands: Bands) -> Numbers:
    """Pairs of signatures that agree in a whole band. O(signatures + pairs that share a band).

    Args:
        ours: Signatures.
        theirs: Those to compare with; None: each of ours with those after it.
        bands: As :func:`banding` gave them.

    Returns:
        An array of two columns, each pair once and in order.
    """
    count = len(ours) if theirs is None else len(theirs)
    found: list[Numbers] = []
    for band in range(bands.bands):
        cut = slice(band * bands.rows, (band + 1) * bands.rows)
        left = _folded(ours[:, cut])
        right = left if theirs is None else _folded(theirs[:, cut])
        pairs = joined(left, right)
        if theirs is None:
            pairs = pairs[pairs[:, 0] < pairs[:, 1]]
        found.append(pairs[:, 0] * count + pairs[:, 1])
        if len(found) > 4:  # so that what repeats from band to band takes no space
            found = [np.unique(np.concatenate(found))]
    keys = np.unique(np.concatenate(found))
    return np.stack(np.divmod(keys, max(count, 1)), axis=1)


def _folded(values: npt.NDArray[np.uint32]) -> Hashes:
    """One hash for each line."""
    total = np.zeros(len(values), np.uint64)
    for i in range(values.shape[1]):
        total = mixed(total * _PRIME + values[:, i])
    return total


def joined(left: Hashes, right: Hashes) -> Numbers:
    """All places (in left, in right) of equal values; two columns, in the order of the left. O(n log n + result)."""
    order = np.argsort(right, kind="stable")
    values = right[order]
    first = np.searchsorted(values, left, "left")
    met = np.flatnonzero(first < len(values))
    met = met[values[first[met]] == left[met]]
    first = first[met]
    counts = np.searchsorted(values, left[met], "right") - first
    before = np.repeat(first - np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
    places = order[before + np.arange(len(before))]
    return np.stack((np.repeat(met, counts), places), axis=1).astype(np.int64)


def shared(
    ours: Rows, theirs: Rows, pairs: Numbers, weights: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.float64]:
    """How many hashes the two rows of each pair share, or the sum of their weights. O(hashes of the pairs).

    Args:
        ours: Sorted hashes without repeats, as :func:`distinct` gives them.
        theirs: The same of the others.
        pairs: Two columns, row of ours and row of theirs.
        weights: Of each hash of ours; None: each counts one.
    """
    if weights is None:
        weights = np.broadcast_to(np.float64(1), ours.flat.shape)
    return _kernel()(ours.flat, ours.starts, theirs.flat, theirs.starts, pairs, weights)


def jaccards(ours: Rows, theirs: Rows, pairs: Numbers) -> npt.NDArray[np.float64]:
    """The Jaccard index of each pair, arguments as in :func:`shared`; 0 where neither holds anything."""
    both = shared(ours, theirs, pairs)
    sizes = np.diff(ours.starts)[pairs[:, 0]] + np.diff(theirs.starts)[pairs[:, 1]] - both
    return both / np.maximum(sizes, 1)


def _sum_shared(
    a: Hashes, a_starts: Numbers, b: Hashes, b_starts: Numbers, pairs: Numbers, weights: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    found = np.zeros(len(pairs), np.float64)
    for n in range(len(pairs)):
        i, last_i = a_starts[pairs[n, 0]], a_starts[pairs[n, 0] + 1]
        j, last_j = b_starts[pairs[n, 1]], b_starts[pairs[n, 1] + 1]
        both = 0.0
        while i < last_i and j < last_j:
            if a[i] < b[j]:
                i += 1
            elif a[i] > b[j]:
                j += 1
            else:
                both += weights[i]
                i += 1
                j += 1
        found[n] = both
    return found


@cache
def _kernel() -> Callable[..., npt.NDArray[np.float64]]:
    """The compiled sum; numba is imported at first need."""
    from numba import njit

    compiled: Any
    try:
        compiled = njit(cache=True)(_sum_shared)
    except RuntimeError:  # neither the package nor the user's cache folder can be written
        compiled = njit(_sum_shared)
    return cast("Callable[..., npt.NDArray[np.float64]]", compiled)


def shingled(texts: Iterable[str], shingle: int = 5) -> Rows:
    """The distinct shingles of each text, hashed and sorted; a text of fewer words is one shingle."""
    return distinct(runs(WordHasher()(map(words, texts)), shingle))


def pairs(
    texts: Sequence[str],
    *,
    others: Sequence[str] | None = None,
    shingle: int = 5,
    threshold: float = 0.8,
    seed: int = 0,
) -> list[Pair]:
    """Texts that are nearly the same, in order; O(words + compared pairs).

    Args:
        texts: The texts; one without a word is like none.
        others: Texts to compare with; None: the texts among each other, each pair once with ``a < b``.
        shingle: Words a shingle, at least 1.
        threshold: Smallest Jaccard index told, above 0 and at most 1.
        seed: Draws the maps of the signatures; it decides which few pairs are missed, never a likeness.

    Raises:
        UsageError: the shingle or the threshold cannot be.
    """
    bands = banding(threshold)
    ours, here = _filled(shingled(texts, shingle))
    theirs, there = (ours, here) if others is None else _filled(shingled(others, shingle))
    signed = None if others is None else signatures(theirs, seed)
    found = candidates(signatures(ours, seed), signed, bands)
    likeness = jaccards(ours, theirs, found)
    kept = np.flatnonzero(likeness >= threshold)
    return [Pair(int(here[found[n, 0]]), int(there[found[n, 1]]), float(likeness[n])) for n in kept]


def _filled(rows: Rows) -> tuple[Rows, Numbers]:
    """The rows that hold anything, and their places."""
    places = np.flatnonzero(np.diff(rows.starts) > 0)
    return Rows(rows.flat, np.append(rows.starts[places], len(rows.flat))), places


def groups(texts: Sequence[str], *, shingle: int = 5, threshold: float = 0.8, seed: int = 0) -> list[list[int]]:
    """Texts that are joined by chains of near pairs: groups of two or more places, in order of their first.

    Texts of equal words are compared once, so that a text repeated 10,000 times costs no 50 million pairs.

    Raises:
        UsageError: as :func:`pairs`.
    """
    first: dict[tuple[str, ...], int] = {}
    head = [first.setdefault(tuple(words(text)), i) for i, text in enumerate(texts)]
    ones = [place for told, place in first.items() if told]
    for pair in pairs([texts[i] for i in ones], shingle=shingle, threshold=threshold, seed=seed):
        a, b = _root(head, ones[pair.a]), _root(head, ones[pair.b])
        head[max(a, b)] = min(a, b)
    members: dict[int, list[int]] = {}
    for i in range(len(texts)):
        members.setdefault(_root(head, i), []).append(i)
    empty = first.get((), -1)
    return [group for root, group in members.items() if len(group) > 1 and root != empty]


def _root(head: list[int], i: int) -> int:
    while head[i] != i:
        head[i] = head[head[i]]
        i = head[i]
    return i
