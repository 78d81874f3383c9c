"""Whether the steps of free-form outputs hold: each is checked against a graph by the checker of free text.

What it is: counts of steps by what the graph says to their claims. What it is not: a verdict on a model. The graph has
no edge for most of what a text says; such a step is *silent* and stands in no share but that of what was checked.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from medreason.errors import InputError
from medreason.evaluation.results import OUTPUTS
from medreason.statistics import Estimate, paired_bootstrap, wilson

if TYPE_CHECKING:
    from medreason.kg.store import Graph
    from medreason.quality.freetext.claims import Read

# Kinds of a step, the one that decides first.
CONTRADICTED, UNSUPPORTED, GROUNDED, SILENT = "contradicted", "unsupported", "grounded", "silent"
KINDS = {
    CONTRADICTED: "a claim of it goes against an edge of the graph",
    UNSUPPORTED: "no claim goes against the graph, but one is not in it",
    GROUNDED: "every claim of it is in the graph or follows from it",
    SILENT: "nothing in it can be looked up",
}


class Output(NamedTuple):
    """A text that a model gave to a question as it is."""

    task: str
    id: str
    sample: int
    text: str


class Grounded(NamedTuple):
    """Steps of outputs by kind.

    Attributes:
        outputs: Outputs that were read.
        steps: Steps by kind, all of :data:`KINDS`.
        checked: Share of steps with something to look up.
        shares: Of the steps that are not silent, the share of each other kind; intervals over outputs.
    """

    outputs: int
    steps: dict[str, int]
    checked: Estimate
    shares: dict[str, Estimate]


def read_outputs(folder: Path) -> list[Output]:
    """The texts of ``outputs.jsonl`` in a folder, but those to changed questions; empty where there is no such file.

    Raises:
        InputError: a line holds no text; with file and line.
    """
    path = folder / OUTPUTS
    if not path.is_file():
        return []
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", fix="give JSON lines in UTF-8", item=path.name) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            told = Output(str(row["task"]), str(row["id"]), int(row.get("sample", 0)), row["output"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            fix = "a row holds task, id, sample and output"
            raise InputError("the line is no output", fix=fix, item=f"{path.name}:{number}") from error
        if not isinstance(told.text, str):
            raise InputError("its output is no text", fix="leave the row out", item=f"{path.name}:{number}")
        if not row.get("condition"):
            found.append(told)
    return found


def grounded(outputs: Sequence[Output], graph: Graph, *, seed: int = 0) -> Grounded:
    """Steps by kind. About 80 outputs a second.

    Args:
        outputs: Texts; empty ones have no step.
        graph: What they are checked against.
        seed: Of the intervals.
    """
    from medreason.quality.freetext.claims import Reader
    from medreason.quality.freetext.rows import Chain

    reader = Reader(graph)
    kinds: list[tuple[str, str]] = []
    for n, output in enumerate(outputs):
        read = reader.read(Chain(str(n), "", output.text, "", "text"))
        kinds += [(str(n), kind) for kind in of_steps(read)]
    told = [(name, kind) for name, kind in kinds if kind != SILENT]
    counts = Counter(kind for _, kind in kinds)
    return Grounded(
        len(outputs),
        {kind: counts[kind] for kind in KINDS},
        _share(((name, float(kind != SILENT)) for name, kind in kinds), seed),
        {kind: _share(((name, float(k == kind)) for name, k in told), seed) for kind in KINDS if kind != SILENT},
    )


def of_steps(read: Read) -> list[str]:
    """The kind of each step of a chain, in order."""
    said: dict[int, set[str]] = {step.n: set() for step in read.steps}
    for claim in read.claims:
        if claim.checkable:
            said[claim.step].add(claim.verdict)
    return [
        CONTRADICTED if "contradicted" in verdicts else UNSUPPORTED if "unsupported" in verdicts
        else GROUNDED if verdicts else SILENT for verdicts in said.values()
    ]  # fmt: skip


def _share(values: Iterable[tuple[str, float]], seed: int) -> Estimate:
    found = list(values)
    drawn = paired_bootstrap(found, seed=seed)
    if not found or drawn.low == drawn.high:
        return wilson(drawn.value * drawn.n if found else 0.0, drawn.n)._replace(n=len(found))
    return Estimate(drawn.value, drawn.low, drawn.high, len(found))
