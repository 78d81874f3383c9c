"""The claims of a chain: pairs of concepts that a sentence or a path names, what is said of them, and the verdict.

A pair is two mentions of one sentence whose types the graph ties by some relation: a disease (or gene, or drug) and a
finding; a drug or gene and a disease; two concepts of one type, where the sentence calls one a kind of the other. The
plainest claim of a pair counts, once a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

from medreason.kg.store import Graph
from medreason.linking import link
from medreason.quality.freetext import assertions
from medreason.quality.freetext.assertions import NOTHING, Assertion, Certainty, Said
from medreason.quality.freetext.lookup import Lookup, Verdict
from medreason.quality.freetext.parts import PartStep, Sentence, split
from medreason.quality.freetext.rows import Chain
from medreason.records import Link

FAMILIES = {
    "disease": ("disease",),
    "finding": ("phenotype", "effect/phenotype"),
    "drug": ("drug",),
    "gene": ("gene", "gene/protein"),
}
# Which families a claim ties, the one that comes first in a verdict's question first.
_PAIRS = {("disease", "finding"), ("drug", "disease"), ("drug", "finding"), ("gene", "disease"), ("disease", "disease"),
          ("finding", "finding")}  # fmt: skip
SHORTEST_SYMBOL = 3
# Words of degree and time that vocabularies list as concepts, and that no sentence means as a finding.
_DEGREES = frozenset("severe mild moderate profound acute chronic progressive recurrent onset age all".split())
# What may stand between the items of a list of findings.
_LISTED = re.compile(r"^[\s,]*(?:and|or|,|/)?[\s,]*(?:\w+\s)?$")
_SPREAD = re.compile(r"\b(?:in|of|with|and|or|the|for|to)\b|[,;]", re.IGNORECASE)
_RANK = {"asserted": 0, "suggested": 1, "together": 2}


class FreeClaim(NamedTuple):
    """A pair of concepts in a chain.

    Attributes:
        chain: Id of the chain.
        step: Number of the step.
        start: Where the sentence or path begins in the chain.
        end: Where it ends.
        head: CURIE of the disease, drug, gene or narrower concept.
        tail: CURIE of the other.
        spans: Places of the two mentions in the chain, in the order of head and tail.
        said: ``present``, ``absent``, ``is_a``; empty where the two are only named together.
        certainty: ``asserted``, ``suggested`` or ``together``.
        verdict: What the graph says to it.
        edges: Ids of the edges that the verdict rests on.
    """

    chain: str
    step: int
    start: int
    end: int
    head: str
    tail: str
    spans: tuple[tuple[int, int], tuple[int, int]]
    said: Said
    certainty: Certainty
    verdict: Verdict
    edges: tuple[str, ...]

    @property
    def checkable(self) -> bool:
        """Whether the text says something of the two: what is only named together is no claim."""
        return self.certainty != "together"


class Read(NamedTuple):
    """A chain with its steps and claims."""

    chain: Chain
    steps: tuple[PartStep, ...]
    claims: tuple[FreeClaim, ...]


class _At(NamedTuple):
    """A mention of a concept: its place in the chain, its family and its node."""

    start: int
    end: int
    family: str
    node: int


class Reader:
    """Reads chains against a graph.

    Args:
        graph: Any graph of the store; its names are what can be found.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._lookup = Lookup(graph)
        known = {family: tuple(t for t in types if t in graph.node_types) for family, types in FAMILIES.items()}
        self._types = {family: types for family, types in known.items() if types}

    def read(self, chain: Chain) -> Read:
        """The steps and claims of a chain. O(words + pairs x edges)."""
        steps = split(chain.text)
        mentions = sorted(self._mentions(chain.text))
        claims = [c for step in steps for c in self._step(chain, step, mentions)]
        return Read(chain, steps, tuple(claims))

    # -- mentions ------------------------------------------------------------------------------------------

    def _mentions(self, text: str) -> Iterator[_At]:
        for family, types in self._types.items():
            for found in link(self._graph, text, types):
                node = self._graph.number(found.concept)
                if node is not None and _usable(family, found):
                    m = found.mention
                    yield _At(m.start, m.end, family, node)

    def _step(self, chain: Chain, step: PartStep, mentions: Sequence[_At]) -> Iterator[FreeClaim]:
        paths: dict[int, list[Sentence]] = {}
        for sentence in step.sentences:
            if not sentence.path:
                yield from self._sentence(chain, step, sentence, _within(mentions, sentence))
                continue
            # Nodes of one line are one path.
            line = chain.text.rfind("\n", 0, sentence.start)
            paths.setdefault(line, []).append(sentence)
        for nodes in paths.values():
            yield from self._path(chain, step, nodes, mentions)

    def _path(
        self, chain: Chain, step: PartStep, nodes: Sequence[Sentence], mentions: Sequence[_At]
    ) -> Iterator[FreeClaim]:
        for a, b in pairwise(nodes):
            whole = Sentence(a.start, b.end, True)
            pairs = [(x, y) for x in _within(mentions, a) for y in _within(mentions, b)]
            yield from self._judged(chain, step, whole, [(x, y, assertions.of_path()) for x, y in pairs])

    def _sentence(self, chain: Chain, step: PartStep, sentence: Sentence, found: Sequence[_At]) -> Iterator[FreeClaim]:
        text = chain.text[sentence.start : sentence.end]
        said = [(x, y, self._said(text, sentence.start, x, y, found)) for x, y in combinations(found, 2)]
        yield from self._judged(chain, step, sentence, said)

    def _said(self, text: str, at: int, x: _At, y: _At, found: Sequence[_At]) -> Assertion:
        """What a sentence says of two mentions, the first in it first."""
        end, start = x.end - at, y.start - at
        if end > start:
            return NOTHING
        if x.family == y.family:
            return assertions.is_a(text, end, start)
        families = {x.family, y.family}
        if "drug" in families:
            return assertions.treats(text, end, start)
        first = "gene" if "gene" in families else "disease"
        disease_first = x.family == first
        if not disease_first and any(
            m.family == "finding"
            and x.end < m.start
            and m.end <= y.start
            and not _LISTED.match(text[end : m.start - at])
            for m in found
        ):
            return NOTHING  # "a shunt that turned into another due to hypertension": the nearest finding is meant
        # Another disease between the two may be the one that is meant.
        if any(m.family == first and x.end <= m.start and m.end <= y.start for m in found if m not in (x, y)):
            return NOTHING
        return assertions.read(text, (x.start - at, end), start, disease_first=disease_first)

    def _named(self, node: int) -> str:
        return self._graph.concept_at(node).name.casefold().removesuffix(" (disease)")

    # -- verdicts ------------------------------------------------------------------------------------------

    def _judged(
        self, chain: Chain, step: PartStep, sentence: Sentence, said: Iterable[tuple[_At, _At, Assertion]]
    ) -> Iterator[FreeClaim]:
        """The claims of a sentence, the plainest of each pair of concepts."""
        best: dict[tuple[tuple[int, int], ...], tuple[_At, _At, Assertion]] = {}
        for x, y, assertion in said:
            if (ordered := _ordered(x, y, assertion)) is None:
                continue
            head, tail = ordered
            key = tuple(sorted(((head.start, head.end), (tail.start, tail.end))))  # one name may be in two families
            if self._named(head.node) == self._named(tail.node):
                continue
            if key not in best or _RANK[assertion.certainty] < _RANK[best[key][2].certainty]:
                best[key] = (head, tail, assertion)
        for head, tail, assertion in best.values():
            verdict, edges = self._lookup.verdict(head.node, tail.node, assertion)
            yield FreeClaim(
                chain.id, step.n, sentence.start, sentence.end,
                self._graph.curie(head.node), self._graph.curie(tail.node),
                ((head.start, head.end), (tail.start, tail.end)),
                assertion.said, assertion.certainty, verdict, edges,
            )  # fmt: skip


def _within(mentions: Sequence[_At], part: Sentence) -> list[_At]:
    return [m for m in mentions if part.start <= m.start and m.end <= part.end]


def _ordered(x: _At, y: _At, assertion: Assertion) -> tuple[_At, _At] | None:
    """The pair with its head first; ``None`` where the graph ties no such types, or both are one place or concept."""
    if x.node == y.node or (x.start < y.end and y.start < x.end):
        return None
    if x.family == y.family:
        return (x, y) if assertion.said == "is_a" and (x.family, y.family) in _PAIRS else None
    if (x.family, y.family) in _PAIRS:
        return x, y
    return (y, x) if (y.family, x.family) in _PAIRS else None


def _usable(family: str, found: Link) -> bool:
    """Words in another order name a finding in running text, no disease; symbols of genes count in capitals alone."""
    text = found.mention.text
    how = ("exact", "normalised", "measured", "reordered") if family == "finding" else ("exact", "normalised")
    if found.method not in how or text.casefold() in _DEGREES or (found.method == "reordered" and _SPREAD.search(text)):
        return False
    return family != "gene" or (len(text) >= SHORTEST_SYMBOL and text == text.upper())
