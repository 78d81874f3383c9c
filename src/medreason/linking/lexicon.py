"""The dictionary: every name and synonym of the concepts of some types, by normalised words.

What it is not: a search engine (no prefixes, no similarity; see ``link_option`` for that) and no store of
text: an entry keeps the node number, never the graph, so a cached lexicon does not keep a graph alive.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from medreason.linking.normalise import words

if TYPE_CHECKING:
    from medreason.kg.store import Graph
    from medreason.records import Concept

Key = tuple[str, ...]

STOP_WORDS = frozenset({"of", "the", "in", "a", "an", "on", "at", "his", "her", "their", "its", "morphology"})
REORDERED = range(2, 5)  # names of 2 to 4 content words are also found in another order

# Ways of saying the same that differ between authors; only used where word order is free ("reordered").
_ALIKE = {
    alike: word
    for word, group in {
        "abnormal": "abnormality anomaly malformation anomalous malformed",
        "heart": "cardiac", "eye": "ocular", "skin": "cutaneous dermal", "kidney": "renal",
        "face": "facial", "lung": "pulmonary", "stomach": "gastric", "bone": "osseous",
        "intestine": "intestinal", "tooth": "dental", "nose": "nasal", "mouth": "oral", "nail": "ungual",
        "short": "shortening shortened", "hypoplasia": "hypoplastic", "aplasia": "aplastic",
        "neoplasm": "tumor", "liver": "hepatic", "small": "smaller",
        "muscle": "muscular", "vertebra": "vertebral",
        "enlarged": "enlargement", "wide": "widened widening", "thin": "thinning thinned",
        "increased": "elevated raised increase elevation high", "decreased": "reduced decrease reduction low",
        "recurrent": "recurring repeated frequent",
        "loss": "lost", "absent": "absence missing", "atrophy": "atrophic", "calcification": "calcified",
        "dilatation": "dilated dilation", "ossification": "ossified", "rib": "costal", "spine": "spinal",
    }.items()
    for alike in group.split()
}  # fmt: skip

# An adjective belongs to the noun after it: "small nasal polyp" is no small nose.
ADJECTIVES = frozenset({word for word in _ALIKE if word.endswith(("al", "ic", "ous", "ar"))})

# Names that are words of every text and say nothing about a patient.
_GENERIC = frozenset({"all", "phenotypic abnormality", "phenotype", "disease", "disorder", "syndrome", "abnormality"})


class Entry(NamedTuple):
    """One name of one concept. Entries of a key are sorted: the first is the one a mention is linked to.

    Attributes:
        rank: 0 preferred name, 1 exact synonym, 2 exact abbreviation, 3 narrow, 4 broad, 5 related.
        number: Node number; numbers ascend with ids, so it also decides ties.
        kind: ``name`` or ``synonym``, or the kind its source gives (``layperson``, ``abbreviation`` …).
        scope: ``EXACT``, ``NARROW``, ``BROAD`` or ``RELATED``.
        text: The name as its source writes it.
        cased: The name only counts where the text writes it letter by letter like this ("MI", not "mi").
    """

    rank: int
    number: int
    kind: str
    scope: str
    text: str
    cased: bool


_RANK = {"EXACT": 1, "NARROW": 3, "BROAD": 4, "RELATED": 5}


def names_of(concept: Concept, number: int) -> Iterator[Entry]:
    """All names of a concept, preferred name first."""
    yield Entry(0, number, "name", "EXACT", concept.name, _cased(concept.name, ""))
    for synonym in concept.synonyms:
        short = synonym.kind == "abbreviation"
        rank = 2 if short and synonym.scope == "EXACT" else _RANK.get(synonym.scope, 5)
        cased = _cased(synonym.text, synonym.kind)
        yield Entry(rank, number, synonym.kind or "synonym", synonym.scope, synonym.text, cased)


def _cased(name: str, kind: str) -> bool:
    if " " in name:
        return False
    return len(name) <= 3 or kind == "abbreviation" or (len(name) <= 6 and name.isupper())


def usable(name: str) -> bool:
    """Whether a name says something about a patient."""
    if len(name) > 24:  # longer than any generic name
        return True
    return sum(map(str.isalpha, name)) > 1 and name.lower() not in _GENERIC


def content_key(words: Iterable[str]) -> Key:
    """The words that carry meaning, sorted: the key under which word order does not matter."""
    return tuple(sorted([_ALIKE.get(w, w) for w in words if w not in STOP_WORDS]))


def _in_any_order(ordered: dict[Key, tuple[Entry, ...]]) -> dict[Key, list[Entry]]:
    names: dict[Key, list[Entry]] = {}
    for key, entries in ordered.items():
        content = content_key(key)
        if len(content) in REORDERED:
            names.setdefault(content, []).extend(entries)
    return names


def _tidy(names: dict[Key, list[Entry]]) -> dict[Key, tuple[Entry, ...]]:
    return {k: tuple(sorted(set(e)) if len(e) > 1 else e) for k, e in names.items()}


class Lexicon:
    """Names of all nodes of some types. Building it reads every node once (see ``__init__`` for the cost).

    Attributes:
        types: The node types it covers.
        vocabularies: Number of concepts by id prefix, e.g. ``{"HP": 18384}``.
    """

    def __init__(self, graph: Graph, types: tuple[str, ...] = ("phenotype",)) -> None:
        self.types = types
        self.vocabularies: Counter[str] = Counter()
        collecting = gc.isenabled()
        gc.disable()  # 100,000 small tuples without cycles: 1.3 s instead of 1.7 s for HPO
        try:
            self._ordered = _tidy(self._collect(graph))
            self._sorted = _tidy(_in_any_order(self._ordered))
        finally:
            if collecting:
                gc.enable()
        self._firsts: dict[str, int] = {}
        for key in self._ordered:
            if len(key) > self._firsts.get(key[0], 0):
                self._firsts[key[0]] = len(key)
        self._words = frozenset([word for key in self._sorted for word in key])

    def _collect(self, graph: Graph) -> dict[Key, list[Entry]]:
        names: dict[Key, list[Entry]] = {}
        for number in range(graph.n_nodes):
            concept = graph.concept_at(number)
            if concept.type not in self.types:
                continue
            self.vocabularies[concept.id.partition(":")[0]] += 1
            for entry in names_of(concept, number):
                if usable(entry.text) and (key := words(entry.text)):
                    names.setdefault(key, []).append(entry)
        return names

    def __len__(self) -> int:
        return len(self._ordered)

    @cached_property
    def keys(self) -> list[Key]:
        """All names as normalised words."""
        return list(self._ordered)

    @cached_property
    def joined(self) -> list[str]:
        """:attr:`keys`, each as one string."""
        return [" ".join(key) for key in self.keys]

    def reach(self, word: str) -> int:
        """Number of tokens of the longest name that begins with this normalised word, 0 if none does."""
        return self._firsts.get(word, 0)

    def knows(self, word: str) -> bool:
        """Whether the normalised word occurs in a name that may be found in another order."""
        return _ALIKE.get(word, word) in self._words

    def named(self, key: Key) -> tuple[Entry, ...]:
        """Entries whose name has exactly these normalised words in this order, best first."""
        return self._ordered.get(key, ())

    def reordered(self, key: Key) -> tuple[Entry, ...]:
        """Entries whose name has these content words (see :func:`content_key`), best first."""
        return self._sorted.get(key, ())


_CACHE: WeakKeyDictionary[Graph, dict[tuple[str, ...], Lexicon]] = WeakKeyDictionary()


def lexicon(graph: Graph, types: tuple[str, ...] = ("phenotype",)) -> Lexicon:
    """The lexicon of a graph, built once per graph object and types and dropped with the graph."""
    by_types = _CACHE.setdefault(graph, {})
    if types not in by_types:
        by_types[types] = Lexicon(graph, types)
    return by_types[types]
