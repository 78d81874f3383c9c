"""The claims of a chain: pairs of concepts that a sentence or a path names, what is said of them, and the verdict.

A pair is two mentions of one sentence whose families a relation ties: a disease has a finding, a drug treats a disease
or causes a finding, a gene is associated with a disease, and of one family one is a kind of the other. The plainest
claim of two places counts, once a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

from medreason.kg.store import Graph
from medreason.quality.freetext import assertions
from medreason.quality.freetext.assertions import NOTHING, Assertion, Certainty, Pair, Said
from medreason.quality.freetext.lookup import Lookup, Relation, Verdict
from medreason.quality.freetext.mentions import At, families, masked, mentions, places, within
from medreason.quality.freetext.parts import ARROW, PartStep, Sentence, split
from medreason.quality.freetext.rows import Chain

# Families that a claim ties → its relation; the head's family first.
RELATIONS: dict[tuple[str, str], Relation] = {
    ("disease", "finding"): "has",
    ("drug", "finding"): "causes",
    ("drug", "disease"): "treats",
    ("gene", "disease"): "associated",
    ("disease", "disease"): "is_a",
    ("finding", "finding"): "is_a",
}
SCOPES = ("excluded", "uncertain", "hypothetical", "history", "family")
_RANK = {"asserted": 0, "suggested": 1, "together": 2}
_STRENGTH = {"grounded": 0, "derivable": 1, "contradicted": 2, "unsupported": 3}


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
        words: Place of the words that tie the two; empty (0, 0) in a path and where nothing is claimed.
        relation: ``has``, ``causes``, ``treats``, ``associated`` or ``is_a``.
        said: ``present``, ``absent``, ``is_a``; empty where the two are only named together.
        certainty: ``asserted``, ``suggested`` or ``together``.
        verdict: What the graph says to it.
        by: What a derivation rests on: ``finding``, ``form``, ``both`` or ``hierarchy``.
        edges: Ids of the edges that the verdict rests on; of an unsupported claim, edges too weak to speak against it.
    """

    chain: str
    step: int
    start: int
    end: int
    head: str
    tail: str
    spans: tuple[tuple[int, int], tuple[int, int]]
    words: tuple[int, int]
    relation: Relation
    said: Said
    certainty: Certainty
    verdict: Verdict
    by: str
    edges: tuple[str, ...]

    @property
    def checkable(self) -> bool:
        """Whether the text says something of the two: what is only named together is no claim."""
        return self.certainty != "together"


class Read(NamedTuple):
    """A chain with its steps, its claims, and how often each thing occurs of which nothing can be claimed.

    ``spoken`` counts names (``named``), names in each of ``SCOPES``, and sentences: ``of_the_case``, without any name
    (``no_name``), with names that no relation ties (``no_pair``), with a pair of which nothing is said (``no_claim``).
    """

    chain: Chain
    steps: tuple[PartStep, ...]
    claims: tuple[FreeClaim, ...]
    spoken: dict[str, int]


class _Said(NamedTuple):
    """A pair with its head first, the relation asked for, and what the text says."""

    head: At
    tail: At
    relation: Relation
    assertion: Assertion


class Reader:
    """Reads chains against a graph.

    Args:
        graph: Any graph of the store; its names are what can be found.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._lookup = Lookup(graph)
        self._types = families(graph)

    def read(self, chain: Chain) -> Read:
        """The steps and claims of a chain. O(words + pairs x edges)."""
        steps = split(chain.text)
        found = mentions(self._graph, self._types, chain.text)
        claims = tuple(c for step in steps for c in self._step(chain, step, found))
        return Read(chain, steps, claims, _spoken(chain, steps, claims, found))

    def _step(self, chain: Chain, step: PartStep, found: Sequence[At]) -> Iterator[FreeClaim]:
        nodes: list[Sentence] = []
        for sentence in step.sentences:
            if sentence.path:
                nodes.append(sentence)
            else:
                said = self._sentence(chain, sentence, within(found, sentence.start, sentence.end))
                yield from self._judged(chain, step, sentence, said)
        for a, b in pairwise(nodes):
            if ARROW.fullmatch(chain.text, a.end, b.start):  # else one path ends and the next begins
                tie = assertions.of_path(chain.text[a.start : a.end], chain.text[b.start : b.end])
                found_said = _steps(within(found, a.start, a.end), within(found, b.start, b.end), tie)
                yield from self._judged(chain, step, Sentence(a.start, b.end, True), found_said)

    # -- what is said --------------------------------------------------------------------------------------

    def _sentence(self, chain: Chain, sentence: Sentence, found: Sequence[At]) -> Iterator[_Said | None]:
        text = masked(chain.text[sentence.start : sentence.end], sentence.start, found)
        for x, y in combinations(found, 2):
            if x.end <= y.start:
                yield _ordered(x, y, self._said(text, sentence.start, x, y, found))

    def _said(self, text: str, at: int, x: At, y: At, found: Sequence[At]) -> Assertion:
        """What a sentence says of two mentions, the first in it first."""
        denied = any(m.scope == "excluded" for m in (x, y) if m.family == "finding")
        pair = Pair(text, (x.start - at, x.end - at), (y.start - at, y.end - at), denied)
        if "family" in (x.scope, y.scope):
            return NOTHING
        if x.family == y.family:
            return assertions.is_a(pair)
        kinds = {x.family, y.family}
        if kinds == {"drug", "disease"}:
            return assertions.treats(pair, drug_first=x.family == "drug")
        first = "drug" if "drug" in kinds else "gene" if "gene" in kinds else "disease"
        # Another head between the two may be the one that is meant; a name of both families is a finding there.
        findings = {(m.start, m.end) for m in found if m.family == "finding"}
        between = [
            m
            for m in found
            if x.end <= m.start and m.end <= y.start and m.family == first and m.node not in (x.node, y.node)
        ]
        if any((m.start, m.end) not in findings or first == "gene" for m in between):
            return NOTHING
        if x.family == first:
            return assertions.disease_then_finding(pair, cause_only=first == "drug")
        return assertions.finding_then_disease(pair, cause_only=first == "drug")

    # -- verdicts ------------------------------------------------------------------------------------------

    def _named(self, node: int) -> str:
        return self._graph.concept_at(node).name.casefold().removesuffix(" (disease)")

    def _judged(
        self, chain: Chain, step: PartStep, sentence: Sentence, said: Iterable[_Said | None]
    ) -> Iterator[FreeClaim]:
        """The claims of a sentence, one for two places: the plainest, and of equally plain ones the best founded."""
        best: dict[tuple[tuple[int, int], ...], FreeClaim] = {}
        for found in said:
            if found is None or self._named(found.head.node) == self._named(found.tail.node):
                continue
            claim = self._claim(chain, step, sentence, found)
            key = tuple(sorted(claim.spans))  # one name may be in two families
            if key not in best or _order(claim) < _order(best[key]):
                best[key] = claim
        once: dict[tuple[str, str], FreeClaim] = {}
        for claim in sorted(best.values(), key=_order):
            once.setdefault((claim.head, claim.tail), claim)  # "X (XY) causes …": one concept at two places
        yield from sorted(once.values(), key=lambda c: c.spans)

    def _claim(self, chain: Chain, step: PartStep, sentence: Sentence, found: _Said) -> FreeClaim:
        head, tail, relation, assertion = found
        nodes = [(a, b) for a in (head.node, head.also) for b in (tail.node, tail.also) if min(a, b) >= 0]
        verdicts = [(a, b, self._lookup.verdict(a, b, relation, assertion)) for a, b in nodes]
        # Of two nodes of one name the better founded is meant.
        a, b, verdict = min(verdicts, key=lambda v: _STRENGTH[v[2].verdict])
        at = sentence.start if assertion.end else 0
        return FreeClaim(
            chain.id, step.n, sentence.start, sentence.end, self._graph.curie(a), self._graph.curie(b),
            ((head.start, head.end), (tail.start, tail.end)), (at + assertion.start, at + assertion.end),
            relation, assertion.said, assertion.certainty, verdict.verdict, verdict.by, verdict.edges,
        )  # fmt: skip


def _order(claim: FreeClaim) -> tuple[int, int]:
    return _RANK[claim.certainty], _STRENGTH[claim.verdict]


def _ordered(x: At, y: At, assertion: Assertion) -> _Said | None:
    """The pair with its head first; ``None`` where no relation ties such families, or both are one place or concept."""
    if x.node == y.node or (x.start < y.end and y.start < x.end):
        return None
    if x.family == y.family:
        relation = RELATIONS.get((x.family, y.family))
        return _Said(x, y, relation, assertion) if relation is not None and assertion.said == "is_a" else None
    for head, tail in ((x, y), (y, x)):
        if (relation := RELATIONS.get((head.family, tail.family))) is not None:
            return _Said(head, tail, relation, assertion)
    return None


def _steps(a: Sequence[At], b: Sequence[At], assertion: Assertion) -> Iterator[_Said | None]:
    """What one node of a path and the next say; where the first can be the head of a claim, the second is not."""
    for x in a:
        for y in b:
            said = _ordered(x, y, assertion)
            if said is None or said.head == x or not any(_overlap(x, m) and m.family == y.family for m in a):
                yield said


def _overlap(x: At, y: At) -> bool:
    return x.start < y.end and y.start < x.end


def _spoken(
    chain: Chain, steps: Sequence[PartStep], claims: Sequence[FreeClaim], found: Sequence[At]
) -> dict[str, int]:
    """The counts of :class:`Read`."""
    once = list(places(found))
    counts = {"named": len(once), **{scope: sum(m.scope == scope for m in once) for scope in SCOPES}}
    counts |= dict.fromkeys(("of_the_case", "no_name", "no_pair", "no_claim"), 0)
    said, paired = {(c.start, c.end) for c in claims if c.checkable}, {(c.start, c.end) for c in claims}
    for s in (s for step in steps for s in step.sentences if not s.path):
        counts["of_the_case"] += assertions.speaks_of_the_case(chain.text[s.start : s.end])
        if (s.start, s.end) not in said:
            pair, name = (s.start, s.end) in paired, bool(within(once, s.start, s.end))
            counts["no_claim" if pair else "no_pair" if name else "no_name"] += 1
    return counts
