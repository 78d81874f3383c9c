"""Records made from real cases by the real teacher, for the checker to find nothing wrong with."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.quality.accept import accept
from medreason.quality.systems import organ_systems
from medreason.questions.phenopackets import PhenopacketSource
from medreason.questions.reading import Item
from medreason.records import Question, Record
from medreason.teachers.offline import OfflineTeacher


def record_of(question: Question, graph: Graph, teacher: OfflineTeacher | None = None) -> Record | None:
    """The record of a question, whatever option the evidence favours; ``None`` without a chain."""
    teacher = teacher or OfflineTeacher(graph, margin=0.0)
    view = GraphView(graph, question.excluded_publications)
    chain = teacher.teach(question, view)
    if not chain.chosen_key:
        return None
    question = replace(question, answer_key=chain.chosen_key)
    systems = organ_systems(graph, question.findings)
    row = accept(question, chain, view, decided=True, teacher=teacher.name, systems=systems)
    return row if isinstance(row, Record) else None


def records(cases: Path, graph: Graph, *, every: int = 1, own_paper: bool = False) -> Iterator[Record]:
    """Records of every n-th case of a file; ``own_paper``: nothing is excluded."""
    source = PhenopacketSource(graph, seed=7, exclude_own_paper=not own_paper)
    teacher = OfflineTeacher(graph, margin=0.0)
    with gzip.open(cases, "rt", encoding="utf-8") as lines:
        for line in islice(lines, 0, None, every):
            data = json.loads(line)
            question = source.question(Item(data["id"], cases.name, data))
            if isinstance(question, Question) and (record := record_of(question, graph, teacher)):
                yield record
