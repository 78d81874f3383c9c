"""Gives a record of the offline teacher a numbered evidence sheet, and its steps the ids of the lines they rest on.

Such a record cites edges; a student cites lines that it can read. A line belongs to a step if the step cites the edge
that the line stands on and names its finding; the line of a finding belongs to a step that names the finding and has no
line of evidence about it. A record that has a sheet keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from medreason.records import Record, SheetLine, Step

SheetOf = Callable[[Record], tuple[SheetLine, ...]]
NameOf = Callable[[str], str]


def with_sheet(record: Record, sheet: Sequence[SheetLine], name_of: NameOf) -> Record:
    """The record with this sheet; its steps cite lines of it.

    Args:
        record: A record without a sheet.
        sheet: Lines as a language model would have read them.
        name_of: Name of a concept by its CURIE.
    """
    wording = {f.concept: f.text for f in record.findings}
    spoken = {}
    for line in sheet:
        names = [name_of(c) for c in line.concepts[: len(line.concepts) - bool(line.option)]]
        if line.concepts and (given := wording.get(line.concepts[0])):
            names.append(given)
        spoken[line.id] = re.compile(
            "|".join(rf"(?<!\w){re.escape(n)}(?!\w)" for n in sorted(set(names), key=len, reverse=True)) or r"(?!)",
            re.IGNORECASE,
        )
    steps = tuple(replace(step, cites=_cites(step, sheet, spoken)) for step in record.steps)
    return replace(record, sheet=tuple(sheet), steps=steps)


def _cites(step: Step, sheet: Sequence[SheetLine], spoken: dict[str, re.Pattern[str]]) -> tuple[str, ...]:
    edges = set(step.edges)
    evidence = [line for line in sheet if line.option and spoken[line.id].search(step.text) and _rests(line, edges)]
    # What the patient's age or sex says stands on no edge: it goes with the option's other lines.
    options = {line.option for line in evidence if line.edges}
    evidence = [line for line in evidence if line.edges or options == {line.option}]
    told = {line.concepts[0] for line in evidence}
    findings = [
        line for line in sheet
        if line.id.startswith("F") and line.concepts[0] not in told and spoken[line.id].search(step.text)
    ]  # fmt: skip
    return tuple(line.id for line in (*evidence, *findings))


def _rests(line: SheetLine, edges: set[str]) -> bool:
    return not line.edges or line.edges[0] in edges
