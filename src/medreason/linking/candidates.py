"""Candidate concepts for a mention: exact name, levelled name, then trigrams re-ranked word by word.

Scores lie in (0, 1]: 0.7 x F of the words' coverage both ways (words weighted by rarity, misspelt and inflected ones
counted by :func:`wording.alike`) + 0.3 x trigram cosine, 0.15 less where numbers differ (type 1, type 2) and 0.02 less
for a synonym, 0.04 for one of scope other than EXACT. Small preferences break ties: the wording itself, an id of an
earlier wanted vocabulary, the more general concept. What it is not: a decision; :mod:`medreason.linking.choose` has
the thresholds.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from medreason.kg.sources.curies import canonical
from medreason.linking.ngrams import NgramIndex, fold
from medreason.linking.wording import ILL, WEAK, WEAK_SHARE, Key, alike, levelled, numbers

if TYPE_CHECKING:
    from medreason.kg.store import Graph

POOL = 20  # names taken from the trigram index for re-ranking
_SHARED_KEY = 50  # names with the same levelled words looked at, at most
_WORDS, _TRIGRAMS, _OTHER_NUMBERS, _KIND = 0.7, 0.3, 0.15, 0.02
_AS_WRITTEN, _VOCABULARY, _GENERAL = 0.025, 0.2, 0.001
_BEST_SIMILAR = 0.99


class Candidate(NamedTuple):
    """A concept, the name that speaks for it, how it was found, and how well it fits (0 to 1).

    ``method`` is ``exact``, ``normalised``, ``ngrams``, ``learned`` or ``dense``.
    """

    concept: str
    name: str
    method: str
    score: float


class Named(NamedTuple):
    """One name of one node; ``kind`` 0 preferred, 1 exact synonym, 2 other scope, -1 learned."""

    node: int
    kind: int
    text: str


def vocabularies_of(graph: Graph, number: int) -> set[str]:
    """Prefixes of a node's id and cross-references, in comparable form (``mesh``, ``omim``)."""
    concept = graph.concept_at(number)
    return {canonical(curie).partition(":")[0] for curie in (concept.id, *concept.xrefs)}


def names_of(graph: Graph, types: Sequence[str], vocabularies: Sequence[str] = ()) -> list[Named]:
    """All distinct names of the nodes of some types that have an id in one of the vocabularies (if any are given)."""
    wanted = {v.lower() for v in vocabularies}
    rows = []
    for number in range(graph.n_nodes):
        concept = graph.concept_at(number)
        if concept.type not in types or (wanted and not wanted & vocabularies_of(graph, number)):
            continue
        seen = {concept.name.lower()}
        rows.append(Named(number, 0, concept.name))
        for synonym in concept.synonyms:
            if synonym.text.lower() not in seen:
                seen.add(synonym.text.lower())
                rows.append(Named(number, 1 if synonym.scope == "EXACT" else 2, synonym.text))
    return rows


class CandidateIndex:
    """Names of the nodes of some types, searchable by a mention.

    Args:
        graph: The graph; the index keeps numbers and ids, not the graph.
        types: Node types that count.
        vocabularies: If given, only nodes with an id or cross-reference of these prefixes (``MESH``, ``OMIM``) count,
            and a tie goes to the earlier one: right where the answer must be an id of them.
        learned: Further names (text, CURIE) that annotators used, e.g. from :mod:`medreason.linking.learned`.

    Attributes:
        types: The node types it holds.
        rows: All names.

    Cost: about 3 s and 200 MB for 130,000 names; a search below 1 ms.
    """

    def __init__(
        self,
        graph: Graph,
        types: Sequence[str],
        vocabularies: Sequence[str] = (),
        learned: Iterable[tuple[str, str]] = (),
    ) -> None:
        rows = names_of(graph, types, vocabularies)
        for text, curie in learned:
            if (number := graph.number(curie)) is not None:
                rows.append(Named(number, -1, text))
        self.types = tuple(types)
        self._index(rows)
        nodes = {row.node for row in rows}
        self._curies = {n: graph.curie(n) for n in nodes}
        order = [v.lower() for v in vocabularies]
        self._bonus = {n: self._preference(graph, n, order) for n in nodes}

    @staticmethod
    def _preference(graph: Graph, number: int, order: Sequence[str]) -> float:
        general = -_GENERAL * len(graph.ancestors[number])
        if not order:
            return general
        known = vocabularies_of(graph, number)
        place = next((i for i, prefix in enumerate(order) if prefix in known), len(order))
        return general - _VOCABULARY * place / len(order)

    def _index(self, rows: list[Named]) -> None:
        self.rows = rows
        self._keys: list[Key] = [levelled(row.text) for row in rows]
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._levelled: dict[Key, list[int]] = defaultdict(list)
        frequency: Counter[str] = Counter()
        for i, (row, key) in enumerate(zip(rows, self._keys, strict=True)):
            self._exact[row.text.lower()].append(i)
            self._levelled[_in_any_order(key)].append(i)
            frequency.update(set(key))
        top = math.log(1 + len(rows))
        self._unknown = top + 0.5
        self._weight = {
            word: (top - math.log(1 + n) + 0.5) * (WEAK_SHARE if word in WEAK else 1.0) for word, n in frequency.items()
        }
        self._weights = [tuple(self._weight[word] for word in key) for key in self._keys]
        self._totals = [sum(row) for row in self._weights]
        self._numbers = [numbers(key) for key in self._keys]
        self._trigrams = NgramIndex([" ".join(key) for key in self._keys])

    def __len__(self) -> int:
        return len(self.rows)

    def search(self, text: str, k: int = 10) -> tuple[Candidate, ...]:
        """The ``k`` best concepts for a mention, best first, one name each; none if nothing is similar.

        Cost: below 1 ms for 130,000 names (``python -m benchmarks.candidates``).
        """
        key = levelled(text)
        if not key:
            return ()
        asked = self._asked(key)
        hits = self._trigrams.search(" ".join(key), POOL)
        cosine = dict(zip(hits.rows.tolist(), hits.scores.tolist(), strict=True))
        exact = set(self._exact.get(text.lower().strip(), ()))
        same = set(self._levelled.get(_in_any_order(key), ())[:_SHARED_KEY])
        best: dict[int, tuple[float, int]] = {}
        for i in {*cosine, *exact, *same}:
            node = self.rows[i].node
            scored = self._score(asked, i, cosine.get(i, 1.0 if i in same else 0.0), i in exact)
            if node not in best or (scored, -i) > (best[node][0], -best[node][1]):
                best[node] = (scored, i)
        ranked = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))
        return tuple(
            Candidate(
                self._curies[node],
                self.rows[i].text,
                self._method(i, key, i in exact),
                round(min(1.0 if i in exact or i in same else _BEST_SIMILAR, max(score, 0.0001)), 4),
            )
            for node, (score, i) in ranked[:k]
        )

    def is_name(self, text: str) -> bool:
        """Whether the levelled words of a text are those of a preferred name or exact synonym, in any order."""
        key = levelled(text)
        rows = self._levelled.get(_in_any_order(key), ()) if key else ()
        return any(self.rows[i].kind < 2 and sorted(self._keys[i]) == sorted(key) for i in rows)

    def _method(self, i: int, key: Key, as_written: bool) -> str:
        if self.rows[i].kind < 0:
            return "learned"
        if as_written:
            return "exact"
        return "normalised" if set(key) - ILL == set(self._keys[i]) - ILL else "ngrams"

    def _score(self, asked: _Asked, i: int, cosine: float, as_written: bool) -> float:
        row = self.rows[i]
        score = _WORDS * asked.coverage(self._keys[i], self._weights[i], self._totals[i]) + _TRIGRAMS * cosine
        if self._numbers[i] != asked.numbers:
            score -= _OTHER_NUMBERS
        if row.kind < 0:
            return score + (_AS_WRITTEN + _VOCABULARY) * (2 if as_written else 1)
        if as_written and row.kind < 2:
            score += _AS_WRITTEN
        return score - _KIND * row.kind + self._bonus[row.node]

    def _asked(self, key: Key) -> _Asked:
        weights = [self._weight.get(word, self._unknown) for word in key]
        return _Asked(key, weights, sum(weights), numbers(key))


class _Asked:
    """The words of a mention, weighted, and what is known of the names' words beside them."""

    __slots__ = ("_found", "key", "numbers", "total", "weights")

    def __init__(self, key: Key, weights: list[float], total: float, marks: Key) -> None:
        self.key, self.weights, self.total, self.numbers = key, weights, total, marks
        self._found: dict[str, tuple[float, list[tuple[int, float]]]] = {}

    def like(self, word: str) -> tuple[float, list[tuple[int, float]]]:
        """How well a name's word is met by the mention at best, and by which of its words how well."""
        known = self._found.get(word)
        if known is None:
            pairs = [(i, share) for i, own in enumerate(self.key) if (share := alike(own, word))]
            known = self._found[word] = (max((share for _, share in pairs), default=0.0), pairs)
        return known

    def coverage(self, key: Key, weights: Sequence[float], total: float) -> float:
        """F of the shares of weight that the mention's and a name's words find in each other, 0 to 1."""
        there = [0.0] * len(self.key)
        back = 0.0
        for word, weight in zip(key, weights, strict=True):
            best, pairs = self.like(word)
            if best:
                back += weight * best
                for i, share in pairs:
                    if share > there[i]:  # noqa: PLR1730 (max() costs a call in the innermost loop)
                        there[i] = share
        if not back:
            return 0.0
        r = sum([w * s for w, s in zip(self.weights, there, strict=True)]) / self.total
        p = back / total
        return 2 * r * p / (r + p)


class PlainNgrams:
    """The yardstick: trigram TF-IDF over the folded names, best cosine wins, nothing else.

    Args:
        rows: The same names that the linker has.
        graph: The graph they belong to.
    """

    def __init__(self, graph: Graph, rows: Sequence[Named]) -> None:
        self._curies = [graph.curie(row.node) for row in rows]
        self._index = NgramIndex([fold(row.text) for row in rows])

    def best(self, text: str) -> str:
        """CURIE of the concept with the most similar name, empty if no name shares a trigram."""
        hits = self._index.search(fold(text), 1)
        return self._curies[int(hits.rows[0])] if len(hits.rows) else ""


def _in_any_order(key: Key) -> Key:
    return tuple(sorted({word for word in key if word not in WEAK} or set(key)))


_CACHE: WeakKeyDictionary[Graph, dict[tuple[tuple[str, ...], tuple[str, ...]], CandidateIndex]] = WeakKeyDictionary()


def candidate_index(graph: Graph, types: tuple[str, ...], vocabularies: tuple[str, ...] = ()) -> CandidateIndex:
    """The index of a graph, built once per graph object, types and vocabularies, and dropped with the graph."""
    by_types = _CACHE.setdefault(graph, {})
    if (types, vocabularies) not in by_types:
        by_types[types, vocabularies] = CandidateIndex(graph, types, vocabularies)
    return by_types[types, vocabularies]
