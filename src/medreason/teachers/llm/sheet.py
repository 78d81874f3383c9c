"""The evidence sheet: everything a model may cite, one numbered line each.

``F`` lines are findings of the case, ``E`` lines recorded evidence for or against an option, ``C`` lines sentences of
the question's context. A line says in words what its edges say: relation, polarity, frequency with its n, references.
The sheet is made without the answer key, and no line tells what an option's score is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from medreason.kg.frequency import in_words
from medreason.kg.hierarchy import ladder
from medreason.kg.patient import Conflict, conflicts
from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.records import Evidence, Option, Question, Score, SheetLine
from medreason.teachers.llm.walks import Walks
from medreason.teachers.weigh import Weighed, Weigher

MOST_REFERENCES = 2
# A finding and a term that share only a concept of fewer bits than this are no kin that a clinician would see
# ("neoplasm by histology"): they count in the score with what they weigh, and are not shown.
SHOWN_KIN_BITS = 7.0


class Sheet(NamedTuple):
    """A question's sheet and what it was made from.

    Attributes:
        lines: All lines in their order.
        evidence: Weighed evidence by option, as a record holds it.
        scores: Scores by option; not shown to a model.
        silent: By option, ids of observed findings that the graph does not record for it.
        shared: By option, ids of observed findings whose record counts, there, for another finding.
    """

    lines: tuple[SheetLine, ...]
    evidence: dict[str, tuple[Evidence, ...]]
    scores: dict[str, Score]
    silent: dict[str, tuple[str, ...]]
    shared: dict[str, tuple[str, ...]]

    def of(self, option: str) -> list[SheetLine]:
        """The evidence lines of an option."""
        return [line for line in self.lines if line.option == option]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to reason from: no evidence line and no context."""
        return all(line.id.startswith("F") for line in self.lines)


class SheetMaker:
    """Makes the sheets of questions on one graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._weigher = Weigher(graph)
        self._walks = Walks(graph)

    def make(self, question: Question, view: GraphView) -> Sheet:
        """The sheet of a question; ``answer_key`` and ``reference`` are not read. Cost: as the offline teacher's."""
        observed, excluded = self._weigher.telling(question.findings)
        lines = list(self._findings(question, view, [*observed, *excluded]))
        label = {line.concepts[0]: line.id for line in lines if line.concepts}
        evidence: dict[str, tuple[Evidence, ...]] = {}
        scores: dict[str, Score] = {}
        silent: dict[str, tuple[str, ...]] = {}
        shared: dict[str, tuple[str, ...]] = {}
        number = 0
        for option in question.options:
            node = self._graph.number(option.concept) if option.concept else None
            told: list[SheetLine] = []
            if node is not None:
                weighed = self._weigher.weigh(view, node, observed, excluded)
                evidence[option.key] = tuple(self._weigher.record(w) for w in weighed)
                scores[option.key] = self._weigher.score(view, node, weighed, observed, question.patient)
                told = [self._line(option, node, w, view, label) for w in _shown(weighed, view)]
                told += [self._conflict(option, node, c) for c in conflicts(view, node, question.patient)]
            annotated = node is not None and len(view.annotations(node)) > 0
            if not annotated:
                told += self._walks.lines(question, option, view, label)
            met = {line.concepts[0] for line in told}
            if annotated and node is not None:
                covered = self._weigher.covered(view, node, excluded)
                untold = [n for n in observed if self._graph.curie(n) not in met]
                silent[option.key] = tuple(label[self._graph.curie(n)] for n in untold if n not in covered)
                shared[option.key] = tuple(label[self._graph.curie(n)] for n in untold if n in covered)
            for line in told:
                number += 1
                lines.append(SheetLine(f"E{number}", line.text, line.option, line.stance, line.concepts, line.edges))
        if question.kind == "boolean":
            for line in self._walks.between(question, view):
                number += 1
                lines.append(SheetLine(f"E{number}", line.text, "", line.stance, line.concepts, line.edges))
        lines += [SheetLine(f"C{n}", text) for n, text in enumerate(question.context, 1)]
        return Sheet(tuple(_noted(lines, shared)), evidence, scores, silent, shared)

    def _findings(self, question: Question, view: GraphView, telling: Sequence[int]) -> Iterator[SheetLine]:
        given = {self._graph.number(f.concept): f for f in question.findings}
        for n, node in enumerate(telling, 1):
            finding = given[node]
            name = self._graph.concept_at(node).name
            wording = f' ("{finding.text}")' if finding.text.casefold() != name.casefold() else ""
            if finding.status == "excluded":
                text = f"{name}{wording}: looked for and absent"
            else:
                carriers = view.carrier_count(node)
                rare = f"; on record for {carriers} of {view.n_diseases} annotated diseases" if carriers else ""
                text = f"{name}{wording}: present{rare}"
            yield SheetLine(f"F{n}", text, concepts=(self._graph.curie(node),))

    def _line(self, option: Option, node: int, w: Weighed, view: GraphView, label: dict[str, str]) -> SheetLine:
        graph = self._graph
        finding, term = graph.curie(w.finding), graph.concept_at(w.term).name
        name = graph.concept_at(w.finding).name
        said = f"{name} ({label[finding]})"
        often = _often(graph, w)
        kind = "" if w.term == w.finding else f" as {term}"
        if w.stance == "supports":
            what = f"{said} is recorded{kind}, {often}"
        elif w.stance == "compatible" and w.via == w.term:
            what = f"{said}: only the broader {term} is recorded, {often}"
        elif w.stance == "compatible":
            above = graph.concept_at(w.via).name
            what = f"{said}: not recorded itself; the related {term} is (both are kinds of {above})"
        elif w.status == "excluded":
            what = f"{said} is absent here, yet recorded{kind} {often}"
        else:
            seen = f"0 of {w.frequency.n} patients had it" if w.frequency and w.frequency.n else "reported as not seen"
            what = f"{said}: looked for{kind} in the disease and not found, {seen}"
        edge = graph.edge_at(w.edge)
        sources = view.references(edge)
        cited = "; ".join(sources[:MOST_REFERENCES])
        more = f" and {len(sources) - MOST_REFERENCES} more" if len(sources) > MOST_REFERENCES else ""
        edges = dict.fromkeys((w.edge, *ladder(graph, w.finding, w.via), *ladder(graph, w.term, w.via)))
        concepts = dict.fromkeys((finding, graph.curie(w.term), graph.curie(w.via), graph.curie(node)))
        return SheetLine(
            "", f"{what} [{cited}{more}]", option.key, w.stance, tuple(concepts),
            tuple(graph.edge_at(e).id for e in edges),
        )  # fmt: skip

    def _conflict(self, option: Option, node: int, conflict: Conflict) -> SheetLine:
        """What the patient's age or sex says: it rests on an attribute of the disease, not on an edge."""
        concept = self._graph.name(conflict.concept)
        text = f"sex: {concept} is recorded, and the patient is female; this weighs against it but settles nothing"
        if conflict.rule == "age":
            text = f"age: the earliest onset recorded is {concept}, and the patient is younger"
        return SheetLine("", text, option.key, "contradicts", (conflict.concept, self._graph.curie(node)))


def _noted(lines: Sequence[SheetLine], shared: Mapping[str, Sequence[str]]) -> Iterator[SheetLine]:
    """The lines, findings with a note where no option has them on record, or none is contradicted by their absence."""
    met = {line.concepts[0] for line in lines if line.id.startswith("E") and line.concepts}
    held = {finding for findings in shared.values() for finding in findings}
    for line in lines:
        if not line.id.startswith("F") or line.concepts[0] in met or line.id in held:
            yield line
            continue
        absent = line.text.endswith("looked for and absent")
        note = "; this counts against no option" if absent else "; no option has it on record"
        yield replace(line, text=line.text + note)


def _shown(weighed: Sequence[Weighed], view: GraphView) -> list[Weighed]:
    """What is told of an option: all that weighs, but for remote kin."""
    remote = {w for w in weighed if w.stance == "compatible" and w.via != w.term}
    remote = {w for w in remote if view.information(w.via) < SHOWN_KIN_BITS}
    speaks = sorted((w for w in weighed if w.weight > 0 and w not in remote), key=lambda w: (-w.weight, w.finding))
    return [*speaks, *(w for w in weighed if w.weight <= 0)]


def _often(graph: Graph, w: Weighed) -> str:
    if w.frequency is None:
        return "how often is not stated"
    words = in_words(graph, w.frequency)
    if w.frequency.n is not None:
        single = w.frequency.n == 1
        return f"seen in {words} patient (single report)" if single else f"seen in {words} patients"
    return f"seen in {words} of patients" if w.frequency.percent is not None else f"frequency: {words}"
