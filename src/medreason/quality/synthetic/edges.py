"""What one statement says, held against the edges that its step cites. Each check returns the edges it stood on."""

from __future__ import annotations

from collections.abc import Sequence

from medreason.kg.source import ASSOCIATED
from medreason.quality.facts import Facts, Seen
from medreason.quality.problem import Wrong

_WORDS = {
    "obligate": "HP:0040280", "very frequent": "HP:0040281", "frequent": "HP:0040282",
    "occasional": "HP:0040283", "very rare": "HP:0040284",
}  # fmt: skip


class Cited:
    """The edges of one step, by what they join."""

    def __init__(self, facts: Facts, edges: Sequence[int]) -> None:
        graph = facts.graph
        self.facts = facts
        self.all = frozenset(edges)
        self.has: dict[tuple[int, int, bool], int] = {}
        self.up: dict[int, list[tuple[int, int]]] = {}
        self.genes: dict[tuple[int, int], int] = {}
        associated = graph.relation_code(ASSOCIATED)
        for edge in edges:
            head, tail, relation = int(graph.head[edge]), int(graph.tail[edge]), int(graph.relation[edge])
            if relation == facts.has:
                self.has[head, tail, bool(graph.present[edge])] = edge
            elif relation == facts.is_a:
                self.up.setdefault(head, []).append((tail, edge))
            elif relation == associated and graph.present[edge]:
                self.genes[head, tail] = edge

    def annotation(self, disease: int, term: int, *, present: bool) -> int:
        """The cited edge between the two, of that polarity, where the graph records no other polarity for them."""
        name, of = self.facts.name(term), self.facts.name(disease)
        edge = self.has.get((disease, term, present))
        if edge is None:
            raise Wrong("edge", f"no edge cited says that {of} is recorded {'with' if present else 'without'} {name}")
        if sum(a.term == term for a in self.facts.annotations(disease)) != 1:
            raise Wrong("edge", f"{of} is recorded both with and without {name}")
        return edge

    def walk(self, low: int, high: int) -> set[int]:
        """Cited ``is_a`` edges on a walk from a term up to another."""
        came: dict[int, tuple[int, int]] = {low: (-1, -1)}
        level = [low]
        while level and high not in came:
            following = []
            for node in level:
                for parent, edge in self.up.get(node, ()):
                    if parent not in came:
                        came[parent] = (node, edge)
                        following.append(parent)
            level = following
        if high not in came:
            names = self.facts.name(low), self.facts.name(high)
            raise Wrong("edge", f"the edges cited do not lead from {names[0]} up to {names[1]}")
        used = set[int]()
        node = high
        while node != low:
            node, edge = came[node]
            used.add(edge)
        return used


def counted(seen: Seen, *, present: bool) -> tuple[int, int]:
    """Patients with the finding and patients examined; zero patients examined where there is no count."""
    if seen.n is None or seen.k is None or (not present and seen.k):
        return 0, 0
    return seen.k, seen.n


def says_often(seen: Seen, often: str) -> bool:
    """Whether a frequency in words is the one on record."""
    if seen.n is not None:
        return often == f"{seen.k} of {seen.n} patients"
    if seen.percent is not None:
        return often == f"{seen.percent:g} % of patients"
    return _WORDS.get(often, "") == (seen.term if seen.recorded else "")


def recorded(facts: Facts, disease: int, finding: int) -> bool:
    """Whether a disease is recorded with a finding or a narrower one."""
    return any(a.present and (a.term == finding or finding in facts.above(a.term)) for a in facts.annotations(disease))


def excluded(facts: Facts, disease: int, finding: int) -> bool:
    """Whether a disease is recorded without a finding or a broader one."""
    above = facts.above(finding)
    return any(not a.present and (a.term == finding or a.term in above) for a in facts.annotations(disease))


def listed(cited: Cited, disease: int, finding: int, term: int, often: str) -> set[int]:
    """A disease is recorded with a finding, through ``term``, so often."""
    edge = cited.annotation(disease, term, present=True)
    if not says_often(cited.facts.pooled(edge), often):
        raise Wrong("number", f"{cited.facts.name(term)} is not recorded as {often or 'without frequency'}")
    if term == finding:
        return {edge}
    if finding not in cited.facts.above(term):
        raise Wrong("edge", f"{cited.facts.name(finding)} is not above {cited.facts.name(term)}")
    return {edge, *cited.walk(term, finding)}


def unseen(cited: Cited, disease: int, finding: int, patients: int) -> set[int]:
    """A disease is recorded without a finding, in so many patients (0: no count)."""
    edge = cited.annotation(disease, finding, present=False)
    if counted(cited.facts.pooled(edge), present=False)[1] != patients:
        raise Wrong("number", f"{cited.facts.name(finding)} was not looked for in {patients} patients")
    if recorded(cited.facts, disease, finding):
        raise Wrong("edge", f"{cited.facts.name(disease)} is recorded with {cited.facts.name(finding)} elsewhere")
    return {edge}


def count(cited: Cited, disease: int, finding: int, k: int, n: int) -> int:
    """So many of so many patients with a disease had a finding; returns the edge."""
    edge = cited.annotation(disease, finding, present=(disease, finding, True) in cited.has)
    present = bool(cited.facts.graph.present[edge])
    if counted(cited.facts.pooled(edge), present=present) != (k, n):
        raise Wrong("number", f"{k} of {n} is not the count of {cited.facts.name(finding)} on record")
    return edge


def genes_of(facts: Facts, disease: int) -> set[int]:
    """Genes associated with a disease."""
    graph = facts.graph
    code = graph.relation_code(ASSOCIATED)
    return {int(graph.head[e]) for e in graph.incoming[disease].tolist() if graph.relation[e] == code}


def associated(cited: Cited, gene: int, disease: int, *, only: bool) -> set[int]:
    """A gene is recorded with a disease, or is the only one."""
    edge = cited.genes.get((gene, disease))
    if edge is None:
        names = cited.facts.name(gene), cited.facts.name(disease)
        raise Wrong("edge", f"no edge cited associates {names[0]} with {names[1]}")
    if only and genes_of(cited.facts, disease) != {gene}:
        raise Wrong("edge", f"{cited.facts.name(disease)} has other genes on record")
    return {edge}
