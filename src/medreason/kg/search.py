"""Finds concepts by id, name or synonym, for people who type; and suggests names for what was not found.

What it is: exact, prefix and approximate look-up over one graph. What it is not: the linking of mentions in a
text (:mod:`medreason.linking`), which has stricter rules and its own scores.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process

from medreason.errors import InputError, UnknownConceptError, UsageError
from medreason.kg.arrays import I32
from medreason.kg.store import Graph

How = Literal["id", "name", "synonym", "prefix", "similar"]
# Scores fall in bands, so that the way of a match weighs more than its closeness.
SYNONYM_SCORE = 0.98
PREFIX_BAND = (0.90, 0.97)  # rises with the share of the name that was typed
# rapidfuzz token_ratio, scaled. Not WRatio: its partial matches find the gene AR in every "marfan".
SIMILAR_BAND = (0.0, 0.89)
LEAST_RATIO = 60.0


@dataclass(frozen=True, slots=True)
class Hit:
    """A concept that was found: the wording that matched, how, and a score from 0 to 1."""

    id: str
    type: str
    name: str
    matched: str
    how: How
    score: float


def normalise(text: str) -> str:
    """Case, accents' composition, punctuation and runs of blanks removed."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split())


class _Names:
    """All names and synonyms of a graph, normalised, with the node each belongs to."""

    def __init__(self, graph: Graph) -> None:
        table = pl.read_parquet(graph.folder / "nodes.parquet", columns=["name", "synonyms"])
        synonyms = table["synonyms"].to_list()
        count = len(synonyms)
        self.texts: list[str] = [*table["name"].to_list(), *(s for row in synonyms for s in row)]
        self.keys = [normalise(t) for t in self.texts]
        owners = np.repeat(np.arange(count, dtype=np.int32), [len(row) for row in synonyms])
        self.node: I32 = np.concatenate([np.arange(count, dtype=np.int32), owners])
        self.first_synonym = count
        self.at: dict[str, list[int]] = {}
        for i, key in enumerate(self.keys):
            self.at.setdefault(key, []).append(i)


@lru_cache(maxsize=2)
def _names(graph: Graph) -> _Names:
    return _Names(graph)


def _by_id(graph: Graph, text: str) -> str | None:
    prefix, colon, rest = text.strip().partition(":")
    for curie in dict.fromkeys([text.strip(), f"{prefix.upper()}{colon}{rest}"] if colon else []):
        if current := graph.current_id(curie):
            return current
    return None


def _matches(names: _Names, key: str, limit: int) -> Iterable[tuple[int, How, float]]:
    """Positions in ``names`` with way and score; the same node may come more than once."""
    for i in names.at.get(key, ()):
        yield (i, "name", 1.0) if i < names.first_synonym else (i, "synonym", SYNONYM_SCORE)
    low, high = PREFIX_BAND
    for i, candidate in enumerate(names.keys):
        if candidate.startswith(key) and candidate != key:
            yield i, "prefix", low + (high - low) * len(key) / len(candidate)
    low, high = SIMILAR_BAND
    found = process.extract(key, names.keys, scorer=fuzz.token_ratio, limit=4 * limit, score_cutoff=LEAST_RATIO)
    for _, ratio, i in found:
        yield i, "similar", low + (high - low) * ratio / 100


def search(graph: Graph, text: str, limit: int = 10) -> list[Hit]:
    """The concepts that best match an id, a name or part of one.

    An exact id (a retired one gives the current concept) is the only hit. Otherwise the order is exact name,
    exact synonym, prefix, similar; then the score, the shorter name, the id. Each concept comes once, by its
    best match.

    Args:
        graph: An open graph.
        text: What was typed; case and punctuation do not matter.
        limit: How many hits at most.

    Raises:
        UsageError: ``limit`` is below 1.

    Cost: O(names); reading and normalising the names once a graph, then about 0.2 s on HPO.
    """
    if limit < 1:
        raise UsageError(f"a limit of {limit} hits leaves nothing to find", fix="give 1 or more")
    if (curie := _by_id(graph, text)) is not None:
        concept = graph.concept(curie)
        return [Hit(concept.id, concept.type, concept.name, text.strip(), "id", 1.0)]
    key = normalise(text)
    if not key:
        return []
    names = _names(graph)
    ranked: dict[int, tuple[float, int, How]] = {}
    for i, how, score in _matches(names, key, limit):
        node = int(names.node[i])
        if score > ranked.get(node, (-1.0, 0, how))[0]:
            ranked[node] = (score, i, how)
    order = sorted(ranked, key=lambda n: (-ranked[n][0], len(names.texts[ranked[n][1]]), n))
    hits = []
    for node in order[:limit]:
        score, i, how = ranked[node]
        concept = graph.concept_at(node)
        hits.append(Hit(concept.id, concept.type, concept.name, names.texts[i], how, round(score, 4)))
    return hits


def resolve(graph: Graph, text: str) -> str:
    """The one concept meant by a CURIE, an exact name or, where no name fits, an exact synonym.

    Raises:
        UnknownConceptError: nothing fits (with the nearest names), or several concepts do (all named).
        InputError: the text is empty.
    """
    if (curie := _by_id(graph, text)) is not None:
        return curie
    key = normalise(text)
    if not key:
        raise InputError("an empty text names no concept", fix="give an id such as HP:0001250, or a name")
    names = _names(graph)
    exact = names.at.get(key, [])
    exact = [i for i in exact if i < names.first_synonym] or exact
    nodes = sorted({int(names.node[i]) for i in exact})
    if len(nodes) == 1:
        return graph.curie(nodes[0])
    if nodes:
        listed = "; ".join(f"{graph.curie(n)} {graph.concept_at(n).name}" for n in nodes)
        raise UnknownConceptError(f"{len(nodes)} concepts are called {text!r}: {listed}", fix="give the id")
    near = "; ".join(f"{hit.id} {hit.name}" for hit in search(graph, text, 3))
    raise UnknownConceptError(
        f"{text!r} is not in the graph {graph.ref.source} {graph.ref.version}",
        fix=f"did you mean {near}?" if near else "look it up: medreason kg search DIR TEXT",
    )
