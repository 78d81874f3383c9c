"""Planted defects: what a plant is, how many are made of which records, and whether the checker finds them.

A plant changes one thing in a record that holds. Every plant must be a defect by construction: where the change can
leave a true record (two steps trade places and neither uses the other), the plant works that out from the graph, the
record and the sheet, not from the checker's verdict, and gives :class:`Harmless`, which is counted and left out.

The plants themselves: :mod:`tests.quality.defects_offline` for records of the offline teacher,
:mod:`tests.quality.defects_prose` for those of language models.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from medreason.kg.build import build
from medreason.kg.source import SourceGraph
from medreason.kg.store import Graph, open_graph
from medreason.quality.problem import Problem
from medreason.quality.verify import verify_record
from medreason.records import Record


class Harmless(NamedTuple):
    """A change that is no defect, and the record with it."""

    record: Record


Made = Record | Harmless | None
# All changed records of one kind that a record allows, or a draw of them; nothing where it cannot carry the kind.
Plant = Callable[[Record, Graph, random.Random], list[Made] | Made]
Find = Callable[[Record, Graph], list[Problem]]


@dataclass(slots=True)
class Row:
    """What became of the plants of one kind.

    Attributes:
        teacher: ``offline`` or ``language model``.
        family: The kind of defect.
        kind: The plant.
        records: How many records carry one of its plants or more.
        planted: Defects planted.
        found: Those in which the checker found a problem.
        harmless: Changes that are no defect, and are not counted among the planted.
        alarms: How many of these the checker refuses all the same.
        rules: Which rules found them: the first problem's, most first.
        missed: Ids of the records whose defect was missed.
    """

    teacher: str
    family: str
    kind: str
    records: int = 0
    planted: int = 0
    found: int = 0
    harmless: int = 0
    alarms: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    def add(self, made: Record, problems: Sequence[Problem]) -> None:
        """Counts one planted defect."""
        self.planted += 1
        if problems:
            self.found += 1
            self.rules.update({p.rule for p in problems})
        else:
            self.missed.append(made.id)


def plants(plant: Plant, record: Record, graph: Graph, rng: random.Random, most: int) -> list[Record | Harmless]:
    """Up to so many plants of one kind in one record, drawn by ``rng``; a harmless change is given once."""
    given = plant(record, graph, rng)
    found = [m for m in (given if isinstance(given, list) else [given]) if m is not None]
    made: list[Record | Harmless] = [m for m in found if isinstance(m, Record) and m != record]
    harmless = [m for m in found if isinstance(m, Harmless)]
    return [*rng.sample(made, min(most, len(made))), *harmless[:most]]


def measure(
    teacher: str, family: str, kind: str, plant: Plant, records: Iterable[Record], graph: Graph, *,
    seed: int, quota: int, most: int, find: Find = verify_record,
) -> Row:  # fmt: skip
    """Plants one kind of defect by seed into records until the quota is full.

    Args:
        teacher: Who wrote the records.
        family: Kind of defect, for the table.
        kind: Name of the plant; with the seed it fixes every draw.
        plant: The plant.
        records: Records that hold.
        graph: Their graph.
        seed: Seed of all draws.
        quota: Defects wanted.
        most: Defects in one record at most.
        find: What looks for problems.
    """
    row, rng = Row(teacher, family, kind), random.Random(f"{seed} {teacher} {kind}")
    order = list(records)
    rng.shuffle(order)
    for record in order:
        if row.planted >= quota:
            break
        found = plants(plant, record, graph, rng, min(most, quota - row.planted))
        spared = [m for m in found if isinstance(m, Harmless)]
        row.harmless += len(spared)
        row.alarms += sum(bool(find(m.record, graph)) for m in spared)
        made = [m for m in found if isinstance(m, Record)]
        row.records += bool(made)
        for one in made:
            row.add(one, find(one, graph))
    return row


def without(graph: Graph, edges: set[str], folder: Path) -> Graph:
    """The same graph built anew without some edges. About ten seconds for the HPO graph."""
    source = SourceGraph(graph.ref.source, f"{graph.ref.version}-thinned", "as the source's", "as the source's")
    source.concepts = [graph.concept_at(n) for n in range(graph.n_nodes)]
    source.edges = [e for e in map(graph.edge_at, range(graph.n_edges)) if e.id not in edges]
    source.retired = {old: graph.curie(new) for old, new in graph.retired()}
    build(source, folder)
    return open_graph(folder)


def edges_gone(
    teacher: str, records: Sequence[Record], graph: Graph, folder: Path, *, seed: int, quota: int
) -> Row:  # fmt: skip
    """Of each record drawn one cited annotation is taken out of the graph; found is what names this edge as missing."""
    rng = random.Random(f"{seed} {teacher} edges gone")
    drawn = rng.sample(list(records), min(quota, len(records)))
    gone: dict[str, str] = {}
    for record in drawn:
        cited = sorted({e for s in record.steps for e in s.edges if graph.edge(e).relation == "has_phenotype"})
        gone[record.id] = rng.choice(cited)
    thinned = without(graph, set(gone.values()), folder)
    row = Row(teacher, "edge removed", "from the graph", records=len(drawn))
    for record in drawn:
        told = f"edge {gone[record.id]} is not in the graph"
        row.add(record, [p for p in verify_record(record, thinned) if told in p.message])
    return row
