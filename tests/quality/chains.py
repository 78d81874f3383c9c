"""Chains that were written by hand from evidence sheets of the vignettes: correct prose, to break and to leave alone.

The sheets are kept as the authors read them; later ones of the same vignettes differ where the linker or the sheet
maker does.
"""

from __future__ import annotations

import gzip
import json
from functools import cached_property
from pathlib import Path
from typing import Any

from medreason.kg.store import Graph
from medreason.quality.grounding import Grounder
from medreason.quality.problem import Problem
from medreason.records import Finding, Option, SheetLine, Step, from_dict

AUTHORED = Path(__file__).with_name("authored.jsonl.gz")


class Case:
    """A question, its sheet and the chain that was written from it."""

    def __init__(self, graph: Graph, row: dict[str, Any]) -> None:
        self.graph = graph
        self.row = row
        self.id = row["id"]
        self.question = row["question"]
        self.chosen = row["answer_key"]
        options = [from_dict(Option, o) for o in row["options"]]
        self.options = {o.key: o.text for o in options}
        self.findings = [from_dict(Finding, f) for f in row["findings"]]
        self.sheet = [from_dict(SheetLine, line) for line in row["sheet"]]
        self.lines = {line.id: line for line in self.sheet}
        self.steps = [self.step(n, s["text"], s["cites"]) for n, s in enumerate(row["steps"], 1)]
        self.grounder = Grounder(graph, self.id, self.question, options, self.findings, self.sheet)
        labels = {line.concepts[0]: line.id for line in self.sheet if line.id.startswith("F")}
        self.status = {f.concept: f.status for f in self.findings if f.concept in labels}
        self.labels = {c: labels[c] for c in self.status}

    def step(self, n: int, text: str, cites: list[str] | tuple[str, ...]) -> Step:
        """A step with the edges of the lines that it cites."""
        edges = dict.fromkeys(e for c in cites if c in self.lines for e in self.lines[c].edges)
        return Step(n, text, tuple(edges), tuple(cites))

    def check(self, steps: list[Step], chosen: str = "") -> list[Problem]:
        """What the checker says to a chain."""
        return self.grounder.check(steps, chosen or self.chosen).problems

    @cached_property
    def names(self) -> dict[str, list[str]]:
        """Concept of a finding → how the case calls it: its name, then the words of the question."""
        return {f.concept: [self.graph.name(f.concept), f.text] for f in self.findings if f.concept in self.labels}

    def of(self, option: str) -> list[SheetLine]:
        """The evidence lines of an option that rest on edges."""
        return [line for line in self.sheet if line.option == option and line.edges]

    def line(self, option: str, concept: str) -> SheetLine | None:
        """The line that says something of a finding in an option."""
        return next((line for line in self.of(option) if line.concepts[0] == concept), None)

    def touches(self, option: str, concept: str) -> bool:
        """Whether any line of an option names a finding, or a term above or below it."""
        number = self.graph.require(concept)
        given = (self.graph.number(c) for line in self.of(option) for c in line.concepts[:-1])
        named = {n for n in given if n is not None}
        above = {int(a) for a in self.graph.ancestors[number]}
        return any(n in above or number in self.graph.ancestors[n] for n in named)


def cases(graph: Graph) -> list[Case]:
    """All authored chains with their questions and sheets."""
    with gzip.open(AUTHORED, "rt", encoding="utf-8") as rows:
        return [Case(graph, json.loads(row)) for row in rows]
