"""The whole flow, in one place.

    item → question → findings → view → chain → record | rejection

One direction, no way back; each line of :meth:`Pipeline.process` is one arrow. The teacher gets the question
without its key; the key is looked at once, at the end, to keep or reject what was already written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple, Protocol

from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.quality.accept import accept
from medreason.quality.systems import organ_systems
from medreason.questions.blind import blind_rules
from medreason.questions.distractors import DistractorIndex
from medreason.questions.findings import NAME_OVERLAP, flag_overlap, read_findings
from medreason.questions.reading import Item
from medreason.records import Chain, Question, Record, Rejection, Sample


class Source(Protocol):
    """Turns an item into a question."""

    @property
    def name(self) -> str:
        """Its name."""

    def question(self, item: Item) -> Question | Rejection:
        """A question, or why there is none."""


class Teacher(Protocol):
    """Writes a chain without the answer key."""

    name: str

    def teach(self, question: Question, view: GraphView) -> Chain:
        """The chain; empty where nothing speaks for any option."""

    def decided(self, chain: Chain) -> bool:
        """Whether the lead of the best option is enough."""


class Audit(NamedTuple):
    """What the manifest counts about an item that reached the teacher."""

    answer: str
    margin: float
    decided: bool
    right: bool
    name_overlap: bool
    blind: dict[str, float]


class Outcome(NamedTuple):
    """Where an item ended, and the chains that a language model wrote on the way and that were not kept.

    ``row`` is a mapping where the ``compat`` profile writes the published row format.
    """

    row: Record | Rejection | dict[str, str]
    audit: Audit | None = None
    samples: tuple[Sample, ...] = ()
    claims: Mapping[str, int] = MappingProxyType({})


class Pipeline:
    """The flow on one graph; holds no state from one item to the next."""

    def __init__(self, graph: Graph, source: Source, teacher: Teacher) -> None:
        self._graph = graph
        self._source = source
        self._teacher = teacher
        self._bare = GraphView(graph)
        self._index = DistractorIndex(graph)

    def process(self, item: Item) -> Outcome:
        """Takes one item to its record or its rejection."""
        question = self._source.question(item)
        if isinstance(question, Rejection):
            return Outcome(question)
        question = flag_overlap(self._graph, read_findings(self._graph, question))
        view = GraphView(self._graph, question.excluded_publications)
        chain = self._teacher.teach(replace(question, answer_key="", location=""), view)
        decided = self._teacher.decided(chain)
        systems = organ_systems(self._graph, question.findings)
        row = accept(question, chain, view, decided=decided, teacher=self._teacher.name, systems=systems)
        rules = blind_rules(self._index, view, self._bare, question)
        answer = next((o.concept for o in question.options if o.key == question.answer_key), "")
        right = bool(chain.chosen_key) and chain.chosen_key == question.answer_key
        overlap = NAME_OVERLAP in question.flags
        return Outcome(row, Audit(answer, chain.margin, decided, right, overlap, rules))
