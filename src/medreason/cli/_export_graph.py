"""What ``medreason export`` asks of a graph: sheets for records without one, sameness, the checker's word."""

from __future__ import annotations

from pathlib import Path

from medreason.errors import GraphError
from medreason.kg.store import open_graph
from medreason.kg.view import GraphView
from medreason.quality.problem import Problem
from medreason.quality.verify import verify_record
from medreason.questions.disorders import DisorderIndex
from medreason.records import Question, Record, SheetLine
from medreason.teachers.llm.sheet import SheetMaker

DISEASE = "disease"


class ExportGraph:
    """A graph as an export uses it.

    Args:
        folder: A built graph.
    """

    def __init__(self, folder: Path) -> None:
        self._graph = open_graph(folder)
        self._maker = SheetMaker(self._graph)
        self._disorders = DisorderIndex(self._graph)

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
        x, y = self._graph.number(a), self._graph.number(b)
        if x is None or y is None or not all(self._graph.concept_at(n).type == DISEASE for n in (x, y)):
            return False
        return self._disorders.same(x, y)

    def problems(self, record: Record) -> list[Problem]:
        """What the checker finds wrong with a record."""
        return verify_record(record, self._graph)
