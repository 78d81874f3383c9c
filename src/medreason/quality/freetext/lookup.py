"""What a graph says of two concepts: an edge, something that follows by the hierarchy, the opposite, or nothing.

grounded      an edge ties the two with the polarity that is claimed
derivable     the disease, or a narrower one, has the finding or a narrower one: who has ptosis of one eye has ptosis;
              what a form of a disease has, the disease is associated with. Never from broader to narrower.
              For "X is a Y": Y lies above X
contradicted  an edge says the opposite, and the claim is plain: NOT or 0 of n against "has"; a recorded finding against
              "does not have"
unsupported   none of these: not in this graph, which is no sign that it is wrong
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from medreason.kg.store import Graph
from medreason.quality.freetext.assertions import Assertion

Verdict = Literal["grounded", "derivable", "contradicted", "unsupported"]
VERDICTS: tuple[Verdict, ...] = ("grounded", "derivable", "contradicted", "unsupported")
MOST_FORMS = 500
# Patients from which "in none of n" speaks against a claim.
LEAST_SEEN = 10


class Found(NamedTuple):
    """A verdict and the ids of the edges that it rests on."""

    verdict: Verdict
    edges: tuple[str, ...]


class Lookup:
    """Looks pairs up in a graph.

    Args:
        graph: Any graph of the store.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._is_a = graph.relation_code("is_a")
        self.forms = lru_cache(maxsize=4096)(self._forms)

    def verdict(self, a: int, b: int, assertion: Assertion) -> Found:
        """What the graph says to a claim of two nodes, the disease (drug, narrower concept) first.

        O(edges of the two and of the narrower diseases).
        """
        if assertion.said == "is_a":
            return self._kind(a, b)
        direct = self._between(a, b)
        if assertion.said != "absent":
            return self._present(a, b, direct, plain=assertion.certainty == "asserted")
        return self._absent(a, b, direct, plain=assertion.certainty == "asserted")

    def _kind(self, a: int, b: int) -> Found:
        direct = [e for e in self.graph.outgoing[a].tolist() if self._names(e) == (a, b) and self._is_kind(e)]
        if direct:
            return self._found("grounded", direct)
        return Found("derivable", ()) if b in self.graph.ancestors[a] else Found("unsupported", ())

    def _present(self, a: int, b: int, direct: list[int], *, plain: bool) -> Found:
        held = [e for e in direct if self.graph.present[e]]
        if held:
            return self._found("grounded", held)
        if below := list(self._below(a, b, present=True)):
            return self._found("derivable", below[:3])
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
        # Who has no abnormality of the eye has no ptosis: absence goes from broader to narrower.
        above = {int(n) for n in self.graph.ancestors[b]}
        edges = self.graph.outgoing[a].tolist()
        wider = [e for e in edges if not self.graph.present[e] and int(self.graph.tail[e]) in above]
        if wider and not held:
            return self._found("derivable", wider)
        if held and plain:
            return self._found("contradicted", held)
        return Found("unsupported", ())

    # -- edges ---------------------------------------------------------------------------------------------

    def _names(self, edge: int) -> tuple[int, int]:
        return int(self.graph.head[edge]), int(self.graph.tail[edge])

    def _is_kind(self, edge: int) -> bool:
        return int(self.graph.relation[edge]) == self._is_a

    def _between(self, a: int, b: int) -> list[int]:
        """Numbers of the edges between two nodes, in either direction, those of the hierarchy left out."""
        pairs = ((a, b), (b, a))
        return [e for x, y in pairs for e in self.graph.outgoing[x].tolist() if self._names(e)[1] == y
                and not self._is_kind(e)]  # fmt: skip

    def _below(self, a: int, b: int, *, present: bool) -> Iterator[int]:
        """Edges from a disease, or a narrower one, to a finding or a narrower one."""
        for disease in self.forms(a):
            for edge in self.graph.outgoing[disease].tolist():
                tail = int(self.graph.tail[edge])
                same = tail == b or b in self.graph.ancestors[tail]
                if bool(self.graph.present[edge]) is present and same and not self._is_kind(edge):
                    yield edge

    def _forms(self, a: int) -> tuple[int, ...]:
        """A node and those below it, at most ``MOST_FORMS``."""
        found = [a]
        seen = {a}
        for node in found:
            for edge in self.graph.incoming[node].tolist():
                head = int(self.graph.head[edge])
                if self._is_kind(edge) and head not in seen and len(found) < MOST_FORMS:
                    seen.add(head)
                    found.append(head)
        return tuple(found)

    def _found(self, verdict: Verdict, edges: Iterable[int]) -> Found:
        return Found(verdict, tuple(self.graph.edge_id(e) for e in edges))
