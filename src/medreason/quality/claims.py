"""The case that a chain is about, and the single claims that its statements are made of.

A claim is looked up, never believed: a finding in the case, an annotation and a walk among the cited edges, a
frequency in the pooled rows. What does not hold raises :class:`Wrong`.
"""

from __future__ import annotations

from typing import NamedTuple

from medreason.quality.citations import Citations
from medreason.quality.facts import Facts, Seen
from medreason.quality.language import Role
from medreason.quality.problem import Wrong
from medreason.quality.reading import Quantity, Reading, Said
from medreason.quality.recompute import Verdict, Weight


class Case(NamedTuple):
    """The case a chain is about: recomputed verdict, all findings by status, chosen disease (-1: none)."""

    facts: Facts
    verdict: Verdict
    seen: frozenset[int]
    gone: frozenset[int]
    chosen: int

    def is_disease(self, node: int) -> bool:
        """Whether a node is an option, or something else that has annotations."""
        return node in self.verdict.diseases.values() or bool(self.facts.annotations(node))

    def evidence(self, disease: int) -> dict[int, Weight]:
        """Recomputed evidence of an option's disease."""
        key = next(key for key, number in self.verdict.diseases.items() if number == disease)
        return self.verdict.evidence[key]


class Claims:
    """What the statements of one sentence may be checked with.

    Args:
        reading: The sentence as read.
        case: What it must agree with.
        cited: What it must stand on.
    """

    def __init__(self, reading: Reading, case: Case, cited: Citations) -> None:
        self._r = reading
        self._case = case
        self._cited = cited
        self._above = case.facts.above

    def _without(self, *roles: Role) -> None:
        for role in roles:
            if self._r.roles[role]:
                raise Wrong("polarity", f"a word of the role {role!r} does not belong in this kind of statement")

    def _finding(self, finding: int, *, excluded: bool = False) -> int:
        if finding not in (self._case.gone if excluded else self._case.seen):
            kind = "excluded" if excluded else "observed"
            raise Wrong("finding", f"{self._cited.name(finding)} is no {kind} finding of the case")
        return finding

    def _one(self) -> Said:
        if len(self._r.said) != 1:
            raise Wrong("sentence", f"one finding is expected here, {len(self._r.said)} are named")
        return self._r.said[0]

    def _plain(self) -> list[int]:
        """The findings named, none with a term in brackets."""
        if any(s.term is not None for s in self._r.said):
            raise Wrong("sentence", "a term in brackets does not belong in this kind of statement")
        return [s.finding for s in self._r.said]

    def _frequency(self, edge: int) -> None:
        q = self._r.quantity
        view = self._case.verdict.view
        if q is None:
            return
        if q.kind in {"open", "aside"} and view.set_aside(edge) is not (q.kind == "aside"):
            raise Wrong("frequency", f"the frequency of edge {self._edge_id(edge)} is not told as it is")
        if q.kind != "aside" and not _agrees(q, view.seen(edge)):
            raise Wrong("frequency", f"the frequency stated is not the one of edge {self._edge_id(edge)}")

    def _edge_id(self, edge: int) -> str:
        return self._case.facts.graph.edge_at(edge).id

    def _annotated(self, disease: int, said: Said, *, excluded: bool = False) -> tuple[int, set[int]]:
        """The cited *present* edge to a finding or to the narrower term named with it, and all edges used."""
        finding = self._finding(said.finding, excluded=excluded)
        term = finding if said.term is None else said.term
        if said.term is not None and (term == finding or finding not in self._above(term)):
            raise Wrong("claim", f"{self._cited.name(term)} is not a kind of {self._cited.name(finding)}")
        if not excluded and self._barred(term):
            raise Wrong("claim", f"{self._cited.name(term)} is excluded in the patient: it supports nothing")
        edge = self._cited.annotation(disease, term, present=True)
        return edge, {edge} | self._cited.walk(term, finding)

    def _barred(self, term: int) -> bool:
        """Whether a term is at or below an excluded finding of the case."""
        return not self._case.gone.isdisjoint(self._above(term))

    def _weighed(self, disease: int, finding: int) -> tuple[int, set[int]]:
        """The cited edge that supports a disease through a finding named alone, and all edges used."""
        weight = self._case.evidence(disease).get(self._finding(finding))
        if weight is None or weight.stance != "supports":
            raise Wrong("claim", f"{self._cited.name(finding)} does not support {self._cited.name(disease)}")
        edge = self._cited.annotation(disease, weight.term, present=True)
        return edge, {edge} | self._cited.walk(weight.term, finding)

    def _unrecorded(self, disease: int, finding: int) -> None:
        for note in self._case.verdict.view.annotations(disease):
            if note.present and finding in self._above(note.term) and not self._barred(note.term):
                name, where = self._cited.name(finding), self._cited.name(disease)
                raise Wrong("claim", f"{name} is recorded for {where} (edge {self._edge_id(note.edge)})")


def _agrees(q: Quantity, seen: Seen) -> bool:
    """Whether a frequency in words is the pooled one."""
    if q.kind == "count":
        return (q.k, q.n) == (seen.k, seen.n)
    if q.kind == "percent":
        return seen.percent is not None and abs(q.percent - seen.percent) <= 1e-5 * max(1.0, seen.percent)
    if q.kind == "grade":
        return seen.n is None and seen.term == q.term
    return not seen.recorded
