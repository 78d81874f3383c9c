"""What a graph says of two concepts: an edge, something that follows by the hierarchy, the opposite, or nothing.

grounded      an edge of the relation that is claimed ties the two, with the polarity that is claimed
derivable     it follows from such an edge. Of presence, from narrower to broader: a disease with a narrower finding has
              the broader one (``finding``: who has ptosis of one eye has ptosis), and what a form of a disease has
              occurs in that disease (``form``: in some of its forms, not in all). Of absence, from broader to narrower:
              no abnormal nail, no split nail. For "X is a kind of Y": Y lies above X, over several edges
contradicted  the claim is asserted and an edge says the opposite: against "has", NOT or 0 of at least ``LEAST_SEEN``
              patients; against "does not have", a recorded finding
unsupported   none of these: not in this graph, which is no sign that it is wrong
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from medreason.kg.meanings import SIDE_EFFECT
from medreason.kg.store import Graph
from medreason.quality.freetext.assertions import Assertion

Verdict = Literal["grounded", "derivable", "contradicted", "unsupported"]
Relation = Literal["has", "causes", "treats", "associated", "is_a"]
VERDICTS: tuple[Verdict, ...] = ("grounded", "derivable", "contradicted", "unsupported")
# Relation of a claim → relations of the graphs that say it (HPO, MONDO, Hetionet, PrimeKG).
MEANS: dict[Relation, frozenset[str]] = {
    "has": frozenset({
        "has_phenotype", "presents", "phenotype present", "phenotype absent", "RO:0004029",
        "http://purl.obolibrary.org/obo/mondo#disease_has_major_feature",
        "http://purl.obolibrary.org/obo/mondo#disease_causes_feature",
    }),
    "causes": SIDE_EFFECT,
    "treats": frozenset({"treats", "palliates", "indication", "off-label use"}),
    "associated": frozenset({"associated", "associated with"}),
    "is_a": frozenset({"is_a"}),
}  # fmt: skip
# What more than so many forms have between them says little of a disease ("infection", "cancer").
MOST_FORMS = 50
# Patients from which "in none of n" speaks against a claim.
LEAST_SEEN = 10
MOST_EDGES = 3


class Found(NamedTuple):
    """A verdict, the ids of the edges that it rests on, and by what it is derived (finding, form, both, hierarchy)."""

    verdict: Verdict
    edges: tuple[str, ...]
    by: str = ""


class Lookup:
    """Looks pairs up in a graph.

    Args:
        graph: Any graph of the store.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._codes = {r: {graph.relation_code(n) for n in names} - {-1} for r, names in MEANS.items()}
        self._is_a = graph.relation_code("is_a")
        self.forms = lru_cache(maxsize=4096)(self._forms)

    def verdict(self, a: int, b: int, relation: Relation, assertion: Assertion) -> Found:
        """What the graph says to a claim of two nodes, the disease (drug, gene, narrower concept) first.

        O(edges of the two and of the narrower diseases).
        """
        if relation == "is_a":
            return self._kind(a, b)
        codes = self._codes[relation]
        direct = [e for x, y in ((a, b), (b, a)) for e in self.graph.outgoing[x].tolist()
                  if int(self.graph.tail[e]) == y and int(self.graph.relation[e]) in codes]  # fmt: skip
        plain = assertion.certainty == "asserted"
        if assertion.said == "absent":
            return self._absent(a, b, direct, plain=plain)
        return self._present(a, b, direct, codes, plain=plain)

    def _present(self, a: int, b: int, direct: list[int], codes: set[int], *, plain: bool) -> Found:
        if held := [e for e in direct if self.graph.present[e]]:
            return self._found("grounded", held)
        if below := list(self._below(a, b, codes)):
            best = min(below, key=lambda found: ("finding", "form", "both").index(found[1]))[1]
            return self._found("derivable", [e for e, by in below if by == best][:MOST_EDGES], best)
        firm = [e for e in direct if self._firm(e)]
        return self._found("contradicted" if firm and plain else "unsupported", firm or direct)

    def _firm(self, edge: int) -> bool:
        """Whether an absence rests on enough patients, or on a plain NOT."""
        counts = [row.frequency.n for row in self.graph.evidence_at(edge) if row.frequency is not None]
        known = [n for n in counts if n is not None]
        return not known or sum(known) >= LEAST_SEEN

    def _absent(self, a: int, b: int, direct: list[int], *, plain: bool) -> Found:
        gone, held = [[e for e in direct if bool(self.graph.present[e]) is p] for p in (False, True)]
        if gone and not held:
            return self._found("grounded", gone)
        above = {int(n) for n in self.graph.ancestors[b]}
        edges = self.graph.outgoing[a].tolist()
        wider = [e for e in edges if not self.graph.present[e] and int(self.graph.tail[e]) in above]
        if wider and not held:
            return self._found("derivable", wider[:MOST_EDGES], "finding")
        return self._found("contradicted", held) if held and plain else Found("unsupported", ())

    # -- the hierarchy -------------------------------------------------------------------------------------

    def _kind(self, a: int, b: int) -> Found:
        if b not in self.graph.ancestors[a]:
            return Found("unsupported", ())
        steps = self._steps(a, b)
        return self._found(
            "grounded" if len(steps) == 1 else "derivable", steps, "" if len(steps) == 1 else "hierarchy"
        )

    def _steps(self, a: int, b: int) -> list[int]:
        """The edges of one shortest way up from a node to one above it."""
        came: dict[int, int] = {}
        level = [a]
        while level and b not in came:
            following = []
            for node in level:
                for edge in self.graph.outgoing[node].tolist():
                    tail = int(self.graph.tail[edge])
                    if int(self.graph.relation[edge]) == self._is_a and tail not in came and tail != a:
                        came[tail] = edge
                        following.append(tail)
            level = following
        steps = []
        while b != a and b in came:
            steps.append(came[b])
            b = int(self.graph.head[came[b]])
        return steps[::-1]

    def _below(self, a: int, b: int, codes: set[int]) -> Iterator[tuple[int, str]]:
        """Present edges from a disease, or a form of it, to a finding or a narrower one, and what is narrower."""
        for disease in self.forms(a):
            for edge in self.graph.outgoing[disease].tolist():
                tail = int(self.graph.tail[edge])
                if int(self.graph.relation[edge]) not in codes or not self.graph.present[edge]:
                    continue
                if tail == b:
                    yield edge, "form"
                elif b in self.graph.ancestors[tail]:
                    yield edge, "finding" if disease == a else "both"

    def _forms(self, a: int) -> tuple[int, ...]:
        """A node and those below it; the node alone if they are more than ``MOST_FORMS``."""
        found = [a]
        seen = {a}
        for node in found:
            for edge in self.graph.incoming[node].tolist():
                head = int(self.graph.head[edge])
                if int(self.graph.relation[edge]) == self._is_a and head not in seen:
                    seen.add(head)
                    found.append(head)
            if len(found) > MOST_FORMS:
                return (a,)
        return tuple(found)

    def _found(self, verdict: Verdict, edges: Iterable[int], by: str = "") -> Found:
        return Found(verdict, tuple(self.graph.edge_id(e) for e in edges), by)
