"""Which question sets are known by name: how their files are recognised, read and counted."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from medreason.errors import UsageError

MIRAGE_PARTS = {"mmlu": 1089, "medqa": 1273, "medmcqa": 4183, "pubmedqa": 500, "bioasq": 618}


@dataclass(frozen=True, slots=True)
class Known:
    """A question set.

    Attributes:
        name: As it is asked for, and name of the task.
        title: As its authors call it.
        reader: Argument of :func:`medreason.evaluation.layouts.reader_of`; ``phenopackets`` are built on a graph.
        words: What a file name holds, one of them, for the file to be taken from a folder; ``!word`` forbids.
        options: Fewest and most options of its questions.
        rows: Questions of the published test split, where that is known here.
        part: Its name inside the file of MIRAGE.
    """

    name: str
    title: str
    reader: str
    words: tuple[str, ...]
    options: tuple[int, int] = (2, 26)
    rows: int | None = None
    part: str = ""


def _mirage(part: str, rows: int) -> Known:
    return Known(f"mirage_{part}", f"MIRAGE, {part}", "mirage", ("mirage", "benchmark"), rows=rows, part=part)


# Counts: data/evaluation/sets.json, which says where they come from.
KNOWN: dict[str, Known] = {
    known.name: known
    for known in (
        Known("medqa", "MedQA (USMLE), four options", "medqa", ("medqa", "!mirage"), (4, 4), 1273),
        Known("medqa_5", "MedQA (USMLE), five options", "medqa", ("medqa", "!mirage"), (5, 5), 1273),
        Known("medmcqa", "MedMCQA, dev", "medmcqa", ("medmcqa",), (4, 4), 4183),
        Known("pubmedqa", "PubMedQA, labelled, with context", "pubmedqa", ("pubmedqa", "pqal"), (3, 3), 500),
        Known("mmlu_medical", "MMLU, medical subjects", "mmlu", ("mmlu", "!pro"), (4, 4)),
        Known("mmlu_pro_medical", "MMLU-Pro, health and biology", "mmlu_pro", ("mmlu_pro", "mmlu-pro", "mmlupro")),
        Known("medbullets_4", "MedBullets, four options", "medbullets", ("medbullets",), (4, 4), 308),
        Known("medbullets_5", "MedBullets, five options", "medbullets", ("medbullets",), (5, 5), 308),
        Known("medxpertqa", "MedXpertQA Text", "medxpertqa", ("medxpertqa",)),
        Known("hle", "HLE, biomedical multiple choice", "hle", ("hle",), rows=103),
        *(_mirage(part, rows) for part, rows in MIRAGE_PARTS.items()),
        Known("phenopackets", "Cases as phenopackets, built on a graph", "phenopackets", ("phenopacket",), (5, 5)),
        Known("questions", "Own questions, or a dataset.jsonl", "questions", ("questions", "dataset")),
    )
}
GROUPS = {"mirage": tuple(name for name in KNOWN if name.startswith("mirage_"))}


def names_of(told: str) -> tuple[str, ...]:
    """The tasks in a list such as ``medqa,mirage``; ``-`` may stand for ``_``.

    Raises:
        UsageError: no such task, or none.
    """
    found: list[str] = []
    for word in told.split(","):
        name = word.strip().lower().replace("-", "_")
        if name:
            found += [known_set(part).name for part in GROUPS.get(name, (name,))]
    if not found:
        raise UsageError("no task is named", fix=f"give --tasks, of: {', '.join([*KNOWN, *GROUPS])}")
    return tuple(dict.fromkeys(found))


def known_set(name: str) -> Known:
    """The set of a name.

    Raises:
        UsageError: no such set; the nearest name is suggested.
    """
    if name in KNOWN:
        return KNOWN[name]
    near = difflib.get_close_matches(name, [*KNOWN, *GROUPS], 1, 0.5)
    fix = (f"did you mean {near[0]}? " if near else "") + f"there are {', '.join([*KNOWN, *GROUPS])}"
    raise UsageError(f"there is no task {name!r}", fix=fix)
