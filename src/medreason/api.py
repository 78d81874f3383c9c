"""The library in six calls: open_graph, link, evidence, explain, verify, run.

Thin, typed doors to the rooms behind them; nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from medreason.config import DEFAULT_MARGIN, load_config
from medreason.engine import RunResult
from medreason.engine import run as _run
from medreason.errors import InputError
from medreason.kg.frequency import in_words
from medreason.kg.store import Graph, open_graph
from medreason.kg.view import GraphView
from medreason.linking import link as _link
from medreason.quality.systems import organ_systems
from medreason.quality.verify import VerifyReport
from medreason.quality.verify import verify as _verify
from medreason.questions.findings import read_findings
from medreason.questions.jsonl import JsonlSource
from medreason.questions.reading import Item
from medreason.records import Chain, Link, Question, Rejection
from medreason.teachers.offline import OfflineTeacher

__all__ = ["Explanation", "Piece", "evidence", "explain", "link", "open_graph", "run", "verify"]


class Piece(NamedTuple):
    """One piece of evidence in words: an option, a finding of the case, the annotated term, and the source."""

    option: str
    stance: str
    finding: str
    term: str
    frequency: str
    references: tuple[str, ...]
    weight: float
    edge: str


class Explanation(NamedTuple):
    """What the recorded evidence says about a question; ``adequate`` is false where it names no best option."""

    question: Question
    chain: Chain
    pieces: tuple[Piece, ...]
    organ_systems: tuple[str, ...]
    adequate: bool


def link(graph: Graph, text: str) -> tuple[Link, ...]:
    """Finds the concepts that a text names: spans, status (observed, excluded), method and score."""
    return _link(graph, text)


def as_question(graph: Graph, question: Mapping[str, Any] | Question) -> Question:
    """A question from a JSON-like mapping (see ``questions/jsonl.py``), findings read from its text.

    Raises:
        InputError: the mapping is not a question with options.
    """
    if not isinstance(question, Question):
        name = str(question.get("id", "question"))
        made = JsonlSource(graph).question(Item(name, name, dict(question)))
        if isinstance(made, Rejection):
            raise InputError(made.detail, fix='give {"question": "…", "options": [{"key": "A", "text": "…"}, …]}')
        question = made
    return read_findings(graph, question)


def _pieces(view: GraphView, chain: Chain) -> tuple[Piece, ...]:
    graph = view.graph
    pieces = []
    for key, found in chain.evidence.items():
        for e in sorted(found, key=lambda e: -abs(e.weight)):
            edge = graph.edge(e.edge)
            words = in_words(graph, view.frequency(edge, graph.edge_number(e.edge) or 0))
            pieces.append(
                Piece(
                    key, e.stance, graph.name(e.finding), graph.name(edge.tail), words,
                    view.references(edge), e.weight, e.edge,
                )
            )  # fmt: skip
    return tuple(pieces)


def explain(graph: Graph, question: Mapping[str, Any] | Question, *, margin: float = DEFAULT_MARGIN) -> Explanation:
    """Weighs the recorded evidence for every option of one question; an answer key is neither needed nor read.

    Args:
        graph: An open graph.
        question: ``{"question": text, "options": [{"key", "text"}, …]}`` or a ``Question``.
        margin: Lead in bits from which the evidence is called adequate.

    Raises:
        InputError: not a question with options.
    """
    asked = as_question(graph, question)
    view = GraphView(graph, asked.excluded_publications)
    teacher = OfflineTeacher(graph, margin=margin)
    chain = teacher.teach(replace(asked, answer_key="", location=""), view)
    systems = organ_systems(graph, asked.findings)
    return Explanation(asked, chain, _pieces(view, chain), systems, teacher.decided(chain))


def evidence(graph: Graph, question: Mapping[str, Any] | Question) -> tuple[Piece, ...]:
    """The evidence table of a question: for each option what supports and what contradicts it."""
    return explain(graph, question).pieces


def verify(dataset: Path | str, graph: Graph) -> VerifyReport:
    """Checks every record of a dataset against a graph, sharing no code with the teacher."""
    return _verify(Path(dataset), graph)


def run(questions: Path | str, source: str, kg: Path | str, out: Path | str, **options: Any) -> RunResult:
    """Runs the pipeline over a file or folder of questions.

    Args:
        questions: File or folder.
        source: ``phenopackets`` or ``jsonl``.
        kg: Graph folder.
        out: Run folder; a finished or interrupted run of the same inputs is taken up.
        **options: ``limit``, ``seed``, ``margin``, ``exclude_own_paper``, ``workers``. More than one worker needs the
            ``if __name__ == "__main__":`` guard in the calling script.

    Raises:
        UsageError: an option is unknown or of wrong value.
        InputError, RunFolderError: as :func:`medreason.engine.run`.
    """
    given = {"questions": questions, "source": source, "kg": kg, "out": out, **options}
    return _run(load_config(None, given))
