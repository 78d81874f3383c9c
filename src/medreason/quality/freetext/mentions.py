"""The concepts that a chain names: by family, with their places, and which stand in a negation or a hypothesis."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from medreason.kg.store import Graph
from medreason.linking import link
from medreason.linking.lexicon import lexicon
from medreason.linking.normalise import words
from medreason.quality.freetext.patterns import MASK
from medreason.records import Link

# Family → node types, as the graphs call them.
FAMILIES = {
    "disease": ("disease",),
    "finding": ("phenotype", "effect/phenotype"),
    "drug": ("drug",),
    "gene": ("gene", "gene/protein"),
}
SHORTEST_SYMBOL, SHORTEST_DRUG = 3, 5
PREFERRED_OR_EXACT = 1  # the worst kind of name (rank) that a single word may be
# Words of degree and time that vocabularies list as concepts, and that no sentence means as a finding.
_DEGREES = frozenset("severe mild moderate profound acute chronic progressive recurrent onset age all".split())
_WORD = re.compile(r"\b[^\W_][\w-]*")
_GENE = re.compile(r" (?:genes?|mutations?|variants?|protein|deletion)\b", re.IGNORECASE)
_SPREAD = re.compile(r"\b(?:in|of|with|and|or|the|for|to)\b|[,;]", re.IGNORECASE)


class At(NamedTuple):
    """A mention of a concept: its place in the chain, its family, its node, and how it is spoken of.

    ``scope``: ``excluded``, ``family``, ``hypothetical``, ``uncertain``, ``history``, or empty where it is plain.
    ``also``: another node that has the same name, -1 for none.
    """

    start: int
    end: int
    family: str
    node: int
    scope: str
    also: int = -1


def families(graph: Graph) -> dict[str, tuple[str, ...]]:
    """The families that a graph has nodes of, with their types."""
    known = {family: tuple(t for t in types if t in graph.node_types) for family, types in FAMILIES.items()}
    return {family: types for family, types in known.items() if types}


def mentions(graph: Graph, types: dict[str, tuple[str, ...]], text: str) -> list[At]:
    """All mentions of a text in order; one place may name a disease and a finding. O(words)."""
    found = []
    for family, of_family in types.items():
        for linked in link(graph, text, of_family):
            node = graph.number(linked.concept)
            if node is not None and _usable(family, linked):
                m = linked.mention
                scope = "family" if m.subject == "family" else "excluded" if m.status == "excluded" else m.scope
                found.append(At(m.start, m.end, family, node, scope, _namesake(graph, linked)))
        if family in ("drug", "gene"):
            found += _single_words(graph, family, of_family, text, {(m.start, m.end) for m in found})
    return sorted(found)


def _single_words(
    graph: Graph, family: str, types: tuple[str, ...], text: str, taken: set[tuple[int, int]]
) -> Iterator[At]:
    """Drugs and genes of one word, which the recogniser of findings passes over.

    A symbol that could be any short form ("CRP") counts only beside "gene", "mutation" or the like, or with a digit.
    """
    names = lexicon(graph, types)
    for match in _WORD.finditer(text):
        word, place = match.group(), match.span()
        if place in taken or len(word) < (SHORTEST_DRUG if family == "drug" else SHORTEST_SYMBOL):
            continue
        if family == "gene" and not _is_symbol(word, text[match.end() : match.end() + 12]):
            continue
        entries = [e for e in names.named(words(word)) if e.rank <= PREFERRED_OR_EXACT]
        if entries:
            yield At(*place, family, entries[0].number, "")


def _is_symbol(word: str, following: str) -> bool:
    if word != word.upper() or not word[0].isalpha():
        return False
    return any(c.isdigit() for c in word) or _GENE.match(following) is not None


def _namesake(graph: Graph, found: Link) -> int:
    """The node of the runner-up, where it has the very name: which of the two is meant cannot be told."""
    other = graph.number(found.runner_up) if found.runner_up else None
    if other is None:
        return -1
    concept = graph.concept_at(other)
    names = {concept.name.casefold(), *(s.text.casefold() for s in concept.synonyms)}
    return other if found.mention.text.casefold() in names else -1


def _usable(family: str, found: Link) -> bool:
    """Words in another order name a finding in running text, no disease; symbols of genes count in capitals alone."""
    text = found.mention.text
    how = ("exact", "normalised", "measured", "reordered") if family == "finding" else ("exact", "normalised")
    if found.method not in how or text.casefold() in _DEGREES or (found.method == "reordered" and _SPREAD.search(text)):
        return False
    return family != "gene" or (len(text) >= SHORTEST_SYMBOL and text == text.upper())


def within(found: Sequence[At], start: int, end: int) -> list[At]:
    """The mentions inside a stretch of the text."""
    return [m for m in found if start <= m.start and m.end <= end]


def masked(text: str, at: int, found: Sequence[At]) -> str:
    """A sentence that begins at ``at``, with every name replaced by signs of the same length."""
    signs = list(text)
    for m in found:
        signs[m.start - at : m.end - at] = MASK * (m.end - m.start)
    return "".join(signs)


def places(found: Sequence[At]) -> Iterator[At]:
    """One mention a place, so that a name in two families counts once."""
    seen: set[tuple[int, int]] = set()
    for m in found:
        if (m.start, m.end) not in seen:
            seen.add((m.start, m.end))
            yield m
