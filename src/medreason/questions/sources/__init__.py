"""Published question sources: one file each, one table of them, three calls.

    split = check_split("medmcqa", place, allow_evaluation_split=False)
    source = open_source("medmcqa", graph, split)
    items = read_questions(source, place)

A place is a file (JSON, JSON lines, Parquet), a folder of them, or ``hf:NAME[/config][:split]``.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path

from medreason.errors import InputError, UsageError
from medreason.kg.store import Graph
from medreason.questions.reading import Item, RawRow, file_rows, gather
from medreason.questions.sources import splits
from medreason.questions.sources.base import (
    EVALUATION,
    NO_KEY,
    NO_SPLIT,
    BadRow,
    Layout,
    QuestionSource,
    Spec,
    Split,
    layout_of,
)
from medreason.questions.sources.hle import HLE
from medreason.questions.sources.huatuo import HUATUO
from medreason.questions.sources.medbullets import MEDBULLETS
from medreason.questions.sources.medmcqa import MEDMCQA
from medreason.questions.sources.medqa import MEDQA
from medreason.questions.sources.medxpertqa import MEDXPERTQA
from medreason.questions.sources.mmlu import MMLU
from medreason.questions.sources.places import hub_place, local_files
from medreason.questions.sources.pubmedqa import PUBMEDQA
from medreason.records import Rejection

__all__ = [
    "EVALUATION", "NO_KEY", "SOURCES", "BadRow", "Layout", "QuestionSource", "Spec", "Split", "check_split",
    "open_source", "question_files", "read_questions", "spec_of",
]  # fmt: skip

SOURCES: dict[str, Spec] = {
    spec.name: spec for spec in (MEDQA, MEDMCQA, PUBMEDQA, MMLU, MEDXPERTQA, HLE, HUATUO, MEDBULLETS)
}


def spec_of(name: str) -> Spec:
    """What is known of a source.

    Raises:
        UsageError: no such source.
    """
    if name not in SOURCES:
        raise UsageError(f"there is no question source {name!r}", fix=f"give one of: {', '.join(SOURCES)}")
    return SOURCES[name]


def check_split(source: str, place: str | Path, split: str = "", *, allow_evaluation_split: bool = False) -> Split:
    """The split that will be read; see :func:`medreason.questions.sources.splits.check_split`.

    Raises:
        UsageError: no such source; the split is unknown, contradicts the place, or is for evaluation and not allowed.
        InputError: nothing at the place.
    """
    return splits.check_split(spec_of(source), place, split, allow_evaluation_split=allow_evaluation_split)


def open_source(name: str, graph: Graph, split: Split = NO_SPLIT) -> QuestionSource:
    """A source over a graph, for one split; cheap, so that each worker makes its own.

    Args:
        name: One of :data:`SOURCES`.
        graph: Where options are linked.
        split: As :func:`check_split` gave it.

    Raises:
        UsageError: no such source.
    """
    return QuestionSource(spec_of(name), graph, split)


def question_files(source: QuestionSource, place: str | Path) -> list[tuple[str, Path]]:
    """Label and path of the local files that will be read for the source's split; none for what ``datasets`` reads.

    Raises:
        InputError: nothing there.
    """
    if hub_place(place) is not None:
        return []
    files = local_files(place)
    told = {label: splits.split_in(source.spec, label) for label, _ in files}
    if not Path(place).is_dir() or not any(told.values()):
        return files
    return [(label, path) for label, path in files if told[label] == source.split.name]


def read_questions(
    source: QuestionSource, place: str | Path, limit: int | None = None, *, first_cop: int | None = None
) -> list[Item | Rejection]:
    """The items of one split, at most ``limit``; what cannot be read, or repeats a question, as a rejection.

    Args:
        source: From :func:`open_source`, with the split that was checked.
        place: File, folder or hub id.
        limit: Largest number of rows.
        first_cop: For MedMCQA only: whether ``cop`` counts from 0 or 1. Left out: 0 for hub ids and Parquet, else told
            from the rows that are read.

    Raises:
        UsageError: ``datasets`` is needed and missing; ``cop`` cannot be told; rows that are test data by their layout.
        InputError: nothing there.
    """
    spec, hub = source.spec, hub_place(place)
    rows: Iterable[RawRow | Rejection]
    if hub is not None:
        from medreason.questions.sources.hub import hub_rows

        rows, hubs_own = hub_rows(hub, source.split.name), True
    else:
        files = question_files(source, place)
        rows = chain.from_iterable(file_rows(label, path) for label, path in files)
        hubs_own = all(path.suffix == ".parquet" for _, path in files)
    read = list(islice(rows, limit))
    objects = [row.data for row in read if isinstance(row, RawRow) and isinstance(row.data, dict)]
    if spec.settle is not None:
        spec.settle(objects, 0 if first_cop is None and hubs_own else first_cop)
    if not source.split.evaluation:
        _refuse_test_data(spec, read)
    items = gather(read, None, source.identify)
    if not items:
        raise InputError("no question in the input", fix="give a file with at least one row", item=Path(place).name)
    return items


def _refuse_test_data(spec: Spec, rows: list[RawRow | Rejection]) -> None:
    for row in rows:
        if isinstance(row, RawRow) and isinstance(row.data, dict):
            try:
                layout = layout_of(spec, row.data)
            except BadRow:
                continue
            if layout.test_data:
                raise UsageError(
                    f"rows in the layout {layout.name} are test data, whatever the file is called",
                    fix="give --split test --allow-evaluation-split",
                    item=row.location,
                )
