"""Which questions a run reads: its source, its items, and the files behind them.

Three kinds of source behind one door: phenopackets, own JSON questions, and the published question sets, whose
evaluation splits are refused unless the run allows them by name.
"""

from __future__ import annotations

from pathlib import Path

from medreason.config import RunConfig
from medreason.errors import UsageError
from medreason.kg.store import Graph
from medreason.pipeline import Source
from medreason.questions.jsonl import JsonlSource
from medreason.questions.phenopackets import PhenopacketSource
from medreason.questions.reading import Item, item_files, read_items
from medreason.questions.sources import (
    SOURCES,
    QuestionSource,
    check_split,
    open_source,
    question_files,
    read_questions,
)
from medreason.records import Rejection

OWN = ("phenopackets", "jsonl")


def make_source(graph: Graph, config: RunConfig) -> Source:
    """The question source that a configuration names; cheap, so that each worker makes its own.

    Raises:
        UsageError: no such source, or a split that may not be read.
        InputError: nothing at the place.
    """
    if config.source == "phenopackets":
        return PhenopacketSource(graph, seed=config.seed, exclude_own_paper=config.exclude_own_paper)
    if config.source == "jsonl":
        return JsonlSource(graph)
    if config.source not in SOURCES:
        known = ", ".join((*OWN, *SOURCES))
        raise UsageError(f"there is no question source {config.source!r}", fix=f"give --source, one of: {known}")
    allowed = config.allow_evaluation_split
    split = check_split(config.source, config.questions, config.split, allow_evaluation_split=allowed)
    return open_source(config.source, graph, split)


def files_of(source: Source, config: RunConfig) -> list[tuple[str, Path]]:
    """Label and path of the local files that a run reads; none for a hub id.

    Raises:
        InputError: nothing there.
    """
    if isinstance(source, QuestionSource):
        return question_files(source, config.questions)
    return item_files(Path(config.questions))


def items_of(source: Source, config: RunConfig) -> list[Item | Rejection]:
    """The items of a run; what cannot be read as a typed rejection.

    Raises:
        UsageError, InputError: as :func:`medreason.questions.sources.read_questions`.
    """
    if isinstance(source, QuestionSource):
        return read_questions(source, config.questions, config.limit, first_cop=config.first_cop)
    return read_items(Path(config.questions), config.limit)
