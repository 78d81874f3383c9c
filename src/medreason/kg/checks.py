"""Clinical-logic checks: small named rules on an option of a question, and on a path from a finding to it.

Each rule answers *pass*, *fail* or *not applicable* with a sentence why and the edges it rests on (METHOD section 4).
What a failure is not: a refutation. How often each rule fails on solved diseases is measured
(``python -m benchmarks.checks``); no rule rejects anything, and those the score knows are in docs/scoring.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from typing import Literal, NamedTuple

from medreason.kg.frequency import in_words, nearly_always
from medreason.kg.meanings import NEVER_A_REASON, SIDE_EFFECT
from medreason.kg.naming import in_sentence, join
from medreason.kg.patient import X_LINKED_RECESSIVE, earliest_onset, female_in_x_recessive, too_young, visible, years
from medreason.kg.source import IS_A
from medreason.kg.view import GraphView
from medreason.records import Path, Patient

Outcome = Literal["pass", "fail", "not_applicable"]
# An intermediate concept below this says too little: one in four annotated diseases carries a term of 2 bits.
TRIVIAL_BITS = 2.0
# An intermediate node joined to more than this share of all nodes connects everything with everything.
TRIVIAL_SHARE = 0.01
MALE_ORGANS, FEMALE_ORGANS = "HP:0010461", "HP:0010460"  # abnormality of the male, of the female genitalia


class Check(NamedTuple):
    """What one rule says: outcome, why, and the ids of the edges that show it."""

    rule: str
    outcome: Outcome
    reason: str
    edges: tuple[str, ...] = ()


class Case(NamedTuple):
    """What the rules know of a case: node numbers of the findings that count, and the patient."""

    observed: tuple[int, ...]
    excluded: tuple[int, ...] = ()
    patient: Patient = Patient()


def option_checks(view: GraphView, disease: int, case: Case) -> tuple[Check, ...]:
    """The rules on one disease as an answer: polarity, excluded finding, sex, age.

    Args:
        view: The graph as the case may see it.
        disease: Node number of the option.
        case: Findings and patient.

    Cost: O(annotations of the disease x findings).
    """
    option = _Option(view, disease, case)
    return tuple(rule(option) for rule in OPTION_RULES.values())


def path_checks(view: GraphView, path: Path, case: Case) -> tuple[Check, ...]:
    """The rules on one path from a finding to an option: polarity, meaning, direction, hub, treatment.

    Raises:
        UnknownConceptError: the path is not of this graph.

    Cost: O(hops), and for the treatment rule O(edges of the finding).
    """
    walk = _Walk(view, path, case)
    return tuple(rule(walk) for rule in PATH_RULES.values())


class _Option:
    def __init__(self, view: GraphView, disease: int, case: Case) -> None:
        self.view = view
        self.graph = view.graph
        self.disease = disease
        self.case = case
        self.above = cache(lambda node: frozenset(self.graph.ancestors[node].tolist()))
        self.annotated = cache(self._annotated)

    def name(self, node: int) -> str:
        return in_sentence(self.graph.concept_at(node).name)

    def names(self, nodes: Collection[int]) -> str:
        return join([self.name(n) for n in nodes])

    def _annotated(self, *, present: bool) -> list[tuple[int, int]]:
        """(edge, term) of the visible annotations of one polarity."""
        edges = self.view.annotations(self.disease)
        return [(e, int(self.graph.tail[e])) for e in edges[self.graph.present[edges] == present].tolist()]


def _polarity(o: _Option) -> Check:
    absent, present = o.annotated(present=False), {t for _, t in o.annotated(present=True)}
    denied = {}
    for f in o.case.observed:
        edges = [e for e, t in absent if t in o.above(f)]
        if edges and not any(f in o.above(t) for t in present):
            denied[f] = edges[0]
    if denied:
        reason = f"{o.names(denied)} was looked for in this disease and not seen"
        return Check("polarity", "fail", reason, tuple(o.graph.edge_id(e) for e in denied.values()))
    if not absent:
        return Check("polarity", "not_applicable", "nothing is recorded as absent in this disease")
    return Check("polarity", "pass", "no observed finding is recorded as absent in this disease")


def _excluded_finding(o: _Option) -> Check:
    rule = "excluded_finding"
    if not o.case.excluded:
        return Check(rule, "not_applicable", "the case excludes no finding")
    for e, t in o.annotated(present=True):
        frequency = o.view.frequency(o.graph.edge_at(e), e)
        hit = next((x for x in o.case.excluded if x in o.above(t)), None)
        if hit is not None and nearly_always(frequency):
            reason = f"{o.name(t)} is nearly always there ({in_words(o.graph, frequency)}), and the patient lacks it"
            return Check(rule, "fail", reason, (o.graph.edge_id(e),))
    return Check(rule, "pass", "no excluded finding is nearly always there in this disease")


def _sex(o: _Option) -> Check:
    sex = o.case.patient.sex
    if not sex:
        return Check("sex", "not_applicable", "the sex of the patient is not known")
    if female_in_x_recessive(o.view, o.disease, o.case.patient):
        return Check("sex", "fail", "X-linked recessive inheritance is recorded, and the patient is female")
    other = o.graph.number(MALE_ORGANS if sex == "female" else FEMALE_ORGANS)
    bound = [f for f in o.case.observed if other is not None and other in o.above(f)]
    if bound:
        return Check("sex", "fail", f"{o.names(bound)} is a finding of organs of the other sex")
    limited = [
        e for e, t in o.annotated(present=True)
        if any(f in o.above(t) for f in o.case.observed) and _other_sex_only(o, e, sex)
    ]  # fmt: skip
    if limited:
        terms = o.names([int(o.graph.tail[e]) for e in limited])
        ids = tuple(o.graph.edge_id(e) for e in limited)
        return Check("sex", "fail", f"{terms} is recorded in patients of the other sex only", ids)
    modes = {a.concept for a in visible(o.view, o.disease, "inheritance")}
    why = "either sex is affected" if X_LINKED_RECESSIVE not in modes else f"the patient is {sex}"
    return Check("sex", "pass", f"nothing recorded speaks of the other sex ({why})")


def _other_sex_only(o: _Option, edge: int, sex: str) -> bool:
    told = {row.sex.lower() for row in o.graph.evidence_at(edge)}
    return bool(told) and told <= {"male", "female"} - {sex}


def _age(o: _Option) -> Check:
    if years(o.case.patient) is None:
        return Check("age", "not_applicable", "the age of the patient is not known")
    onset = earliest_onset(o.view, o.disease)
    if onset is None:
        return Check("age", "not_applicable", "no onset is recorded for this disease")
    name = in_sentence(o.graph.name(onset))
    if too_young(o.view, o.disease, o.case.patient):
        return Check("age", "fail", f"the patient is younger than the earliest recorded onset, {name}")
    return Check("age", "pass", f"the patient is not younger than the earliest recorded onset, {name}")


OPTION_RULES: dict[str, Callable[[_Option], Check]] = {
    "polarity": _polarity,
    "excluded_finding": _excluded_finding,
    "sex": _sex,
    "age": _age,
}


class _Walk:
    """A path by numbers: nodes, edges and directions, from the finding to the option."""

    def __init__(self, view: GraphView, path: Path, case: Case) -> None:
        graph = self.graph = view.graph
        self.view = view
        self.case = case
        self.nodes = [graph.require(n) for n in path.nodes]
        self.edges = [graph.edge(h.edge) for h in path.hops]
        self.forward = [h.forward for h in path.hops]
        self.ids = tuple(h.edge for h in path.hops)

    def name(self, node: int) -> str:
        return in_sentence(self.graph.concept_at(node).name)

    def climbs(self) -> Iterator[Literal["up", "down", "across"]]:
        """How each hop moves: up or down the hierarchy, or across it."""
        for edge, forward in zip(self.edges, self.forward, strict=True):
            yield "across" if edge.relation != IS_A else "up" if forward else "down"


# How a path may climb (u) and descend (d) from an observed finding to the annotated term, and what that means.
_SOUND = {
    "": "the finding itself is recorded",
    "d+": "the annotated term implies the finding",
    "u+": "weaker: the annotated term is broader than the finding",
    "u+d+": "weaker: finding and annotated term are kinds of one concept",
}


def _path_polarity(w: _Walk) -> Check:
    absent = tuple(e.id for e in w.edges if e.polarity == "absent")
    if absent:
        return Check(
            "polarity", "fail", "an edge of the path says that the connection was looked for and not seen", absent
        )
    return Check("polarity", "pass", "every edge of the path is recorded as present")


def _meaning(w: _Walk) -> Check:
    wrong = [e for e in w.edges if e.relation.partition(":")[0] in NEVER_A_REASON]
    if wrong:
        relations = join(sorted({e.relation for e in wrong}), "or")
        reason = f"{relations} is never a reason for a diagnosis"
        return Check("relation_meaning", "fail", reason, tuple(e.id for e in wrong))
    return Check("relation_meaning", "pass", "each relation of the path can be part of a reason")


def _direction(w: _Walk) -> Check:
    moves = "".join({"up": "u", "down": "d", "across": "x"}[move] for move in w.climbs())
    if "x" not in moves:
        return Check("direction", "not_applicable", "the path stays within the hierarchy")
    if moves.index("x") != len(moves) - 1:
        reason = "the path leads through a third thing: what holds there need not hold here"
        return Check("direction", "fail", reason, w.ids)
    climbed = moves[:-1]
    if w.nodes[0] in w.case.excluded:
        if "u" in climbed:
            reason = "an excluded finding excludes what is below it, not what is above"
            return Check("direction", "fail", reason, w.ids)
        return Check("direction", "pass", "an excluded finding excludes what is below it")
    for form, reason in _SOUND.items():
        if re.fullmatch(form, climbed):
            return Check("direction", "pass", reason)
    reason = "the path descends and climbs again: the finding does not imply what lies there"
    return Check("direction", "fail", reason, w.ids)


def _hub(w: _Walk) -> Check:
    between = w.nodes[1:-1]
    if not between:
        return Check("trivial_hub", "not_applicable", "nothing lies between the two ends")
    degree = w.graph.adjacency.indptr
    for node in between:
        carried = w.view.carrier_count(node)
        if carried and w.view.information(node) < TRIVIAL_BITS:
            reason = f"{w.name(node)} is carried by {carried} of {w.view.n_diseases} annotated diseases"
            return Check("trivial_hub", "fail", reason)
        if not carried and int(degree[node + 1] - degree[node]) > TRIVIAL_SHARE * w.graph.n_nodes:
            reason = f"{w.name(node)} has {int(degree[node + 1] - degree[node])} edges"
            return Check("trivial_hub", "fail", reason)
    return Check("trivial_hub", "pass", "no concept on the way is shared by everything")


def _treatment(w: _Walk) -> Check:
    rule, graph, drugs = "explained_by_treatment", w.graph, w.case.patient.treatments
    taken = [n for d in drugs if (n := graph.number(d)) is not None]
    codes = [graph.relation_code(r) for r in SIDE_EFFECT if graph.relation_code(r) >= 0]
    if not taken or not codes:
        why = "no treatment of the patient is known" if not taken else "the graph records no side effects"
        return Check(rule, "not_applicable", why)
    start = w.nodes[0]
    row = slice(int(graph.adjacency.indptr[start]), int(graph.adjacency.indptr[start + 1]))
    for other, edge in zip(graph.adjacency.values[row].tolist(), graph.adjacency_edge[row].tolist(), strict=True):
        if other in taken and int(graph.relation[edge]) in codes and w.view.keeps(edge):
            reason = f"{w.name(start)} is a recorded side effect of {w.name(other)}, which the patient takes"
            return Check(rule, "fail", reason, (graph.edge_id(edge),))
    return Check(rule, "pass", "the finding is no recorded side effect of a treatment named")


PATH_RULES: dict[str, Callable[[_Walk], Check]] = {
    "polarity": _path_polarity,
    "relation_meaning": _meaning,
    "direction": _direction,
    "trivial_hub": _hub,
    "explained_by_treatment": _treatment,
}


def failed(checks: Sequence[Check]) -> tuple[Check, ...]:
    """The checks that failed."""
    return tuple(c for c in checks if c.outcome == "fail")
