"""What ``medreason export`` asks of a graph: sheets for records without one, sameness, the checker's word."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from medreason.errors import GraphError
from medreason.kg.store import open_graph
from medreason.kg.view import GraphView
from medreason.quality.problem import Problem
from medreason.quality.verify import verify_record
from medreason.questions.disorders import DisorderIndex, series_words
from medreason.records import Question, Record, SheetLine
from medreason.teachers.llm.sheet import SheetMaker

DISEASE = "disease"
# Words that alone make no two diseases one.
COMMON = frozenset(["syndrome", "disease", "disorder", "deficiency"])


class ExportGraph:
    """A graph as an export uses it.

    Args:
        folder: A built graph.
    """

    def __init__(self, folder: Path) -> None:
        self._graph = open_graph(folder)
        self._maker = SheetMaker(self._graph)
        self._disorders = DisorderIndex(self._graph)
        self._keys = lru_cache(maxsize=None)(self._read)

    def require(self, records: list[Record]) -> None:
        """Refuses a graph that the records do not cite.

        Raises:
            GraphError: a record cites another source, version or content.
        """
        own = self._graph.ref
        for record in records:
            if record.graph != own:
                cited = f"{record.graph.source} {record.graph.version} ({record.graph.sha256[:12]})"
                raise GraphError(
                    f"the record cites the graph {cited}, this one is {own.source} {own.version} ({own.sha256[:12]})",
                    fix="give the graph of the run as --kg, or none",
                    item=record.id,
                )

    def name(self, concept: str) -> str:
        """Name of a concept; the id itself where the graph has none."""
        number = self._graph.number(concept)
        return concept if number is None else self._graph.concept_at(number).name

    def sheet(self, record: Record) -> tuple[SheetLine, ...]:
        """The evidence sheet of a record's question; empty where the graph ties no finding to any option."""
        question = Question(
            id=record.id, source=record.source, text=record.question, options=record.options,
            findings=record.findings, excluded_publications=record.excluded_publications, patient=record.patient,
            kind=record.kind, context=record.context,
        )  # fmt: skip
        made = self._maker.make(question, GraphView(self._graph, record.excluded_publications))
        return () if made.empty else made.lines

    def same(self, a: str, b: str) -> bool:
        """Whether two concept ids are diseases that are, or may be, one disorder."""
        if self._keys(a).isdisjoint(self._keys(b)):
            return False
        return self._disorders.same(self._graph.require(a), self._graph.require(b))

    def _read(self, curie: str) -> frozenset[object]:
        """What two diseases must share some of to be one: a word or a whole name, a gene, a disease above; else none.

        It spares nearly all of the pairs the comparison of names: 12 million pairs of 5,000 answers.
        """
        graph = self._graph
        number = graph.number(curie)
        if number is None or graph.concept_at(number).type != DISEASE:
            return frozenset()
        concept = graph.concept_at(number)
        names = [series_words(n) for n in (concept.name, *(s.text for s in concept.synonyms))]
        near = {number, *graph.ancestors[number].tolist(), *graph.head[graph.incoming[number]].tolist()}
        return frozenset([*names, *(w for name in names for w in name if w not in COMMON), *near])

    def problems(self, record: Record) -> list[Problem]:
        """What the checker finds wrong with a record."""
        return verify_record(record, self._graph)
