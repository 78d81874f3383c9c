"""The numbers of the figures of ``medreason plot``, each a table that is also written as CSV.

A figure that a run has no data for is a :class:`Missing` with the reason; nothing is made up to fill it.
"""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from medreason.ledger import Ledger
from medreason.statistics import Estimate, mean, wilson

if TYPE_CHECKING:
    from medreason.kg.store import Graph

Cell = Any  # a text, a number, or None: the header says which
# Rows read at a time where the graph is asked about each.
BATCH = 400


class Table(NamedTuple):
    """A figure in numbers.

    Attributes:
        name: Of its files.
        title: What is shown; over the figure.
        note: Of how many, and how; below the title.
        header: Column names.
        rows: Cells; shares from 0 to 1, an empty cell where nothing was measured.
    """

    name: str
    title: str
    note: str
    header: tuple[str, ...]
    rows: list[tuple[Cell, ...]]


class Missing(NamedTuple):
    """A figure that was left out, and why."""

    name: str
    why: str


Made = Table | Missing


def csv_text(table: Table) -> str:
    """The table as CSV (RFC 4180, but lines end in one newline)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(table.rows)
    return text.getvalue()


def _shares(e: Estimate) -> tuple[Cell, Cell, Cell]:
    low, value, high = (None if math.isnan(v) else round(v, 4) for v in (e.low, e.value, e.high))
    return value, low, high


def funnel(found: Ledger) -> Made:
    """Items that ended at each stage for each reason; share of those that entered the stage (Wilson, 95 %)."""
    if not found.items:
        return Missing("funnel", "no item has ended")
    rows: list[tuple[Cell, ...]] = [
        (p.stage, row.reason, row.items, p.entered, *_shares(row.share)) for p in found.passages for row in p.left
    ]
    rows.append(("kept", "record", found.kept, found.items, *_shares(found.share)))
    header = ("stage", "reason", "items", "entered", "share", "low", "high")
    return Table("funnel", "Where items end", f"n = {found.items:,} items, each counted once", header, rows)


def yield_by_source(found: Ledger, source: str, answerable: int | None) -> Made:
    """Records of all items, and of those that could be asked fairly. A run has one source.

    Args:
        found: The run's ledger.
        source: The source, as the configuration has it; empty where it is not stated.
        answerable: Questions put to the teacher, where the run counted them; fewer than records are not believed.
    """
    if not found.items or not source:
        return Missing("yield", "the run does not state its source" if found.items else "no item has ended")
    rows: list[tuple[Cell, ...]] = [(source, "items", found.kept, found.items, *_shares(found.share))]
    if answerable and answerable >= found.kept:
        rows.append((source, "answerable", found.kept, answerable, *_shares(wilson(found.kept, answerable))))
    note = f"n = {found.items:,} items; bars: 95 % intervals (Wilson)"
    return Table("yield", "Records by source", note, ("source", "of", "records", "n", "share", "low", "high"), rows)


def systems(counts: Mapping[str, int], records: int) -> Made:
    """Records by organ system of the case; a case can have several."""
    if not counts:
        return Missing("systems", "no record states an organ system")
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    rows: list[tuple[Cell, ...]] = [(name, n, round(n / records, 4)) for name, n in ranked]
    note = f"n = {records:,} records; a record can have several"
    return Table("systems", "Organ systems of the cases", note, ("system", "records", "share"), rows)


def curve(points: Sequence[Mapping[str, Any]]) -> Made:
    """Accuracy when only the surest share of the questions is answered, per item and macro over diseases."""
    if not points:
        return Missing("coverage", "the run ranked no answers by lead")
    header = (
        "coverage", "least_lead_bits", "n", "right", "low", "high", "diseases", "macro", "macro_low", "macro_high",
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for p in points:
        item, macro = p["right"]["per_item"], p["right"]["macro_over_diseases"]
        cells = [side[k] for side in (item, macro) for k in ("n", "value", "low", "high")]
        rows.append((p["coverage"], p["margin"], *cells))
    n = rows[-1][2]
    note = f"n = {n:,} questions at full coverage; bands: 95 % intervals"
    return Table("coverage", "Accuracy over coverage", note, header, rows)


def grounding(claims: Mapping[str, int] | None) -> Made:
    """What the kept chains say of pairs of finding and option, by the checker's verdict."""
    if not claims:
        return Missing("grounding", "no language model wrote chains in this run, so no claims were counted")
    total = sum(claims.values())
    rows: list[tuple[Cell, ...]] = [
        (verdict, n, *_shares(wilson(n, total))) for verdict, n in sorted(claims.items(), key=lambda p: (-p[1], p[0]))
    ]
    note = f"n = {total:,} claims of kept chains; bars: 95 % intervals (Wilson, claims taken as independent)"
    return Table("grounding", "Claims by verdict", note, ("verdict", "claims", "share", "low", "high"), rows)


def cost(costs: Mapping[str, float | None] | None, kept: Iterable[str], total: float | None) -> Made:
    """Cost of each record's own requests, in the order of cost.

    Args:
        costs: Item → cost of its answered requests; ``None`` for a run without a journal.
        kept: Ids of the records.
        total: Cost of the whole run, items without a record included; ``None`` where no price is known.
    """
    if costs is None:
        return Missing("cost", "the run has no journal of replies: no language model was asked")
    own = sorted((c, name) for name in kept if (c := costs.get(name)) is not None)
    if not own or total is None:
        return Missing("cost", "the journal knows no price for the replies of any record")
    e = mean([c for c, _ in own])
    spread = f"mean {e.value:.4g} ({e.low:.4g} to {e.high:.4g})"
    note = f"n = {len(own):,} records, {spread}; with all that was not kept {total / len(own):.4g} a record"
    rows: list[tuple[Cell, ...]] = [
        (name, round(c, 6), round((i + 1) / len(own), 4)) for i, (c, name) in enumerate(own)
    ]
    return Table("cost", "Cost of a record", note, ("record", "cost", "share_at_most"), rows)


class Walks:
    """Path lengths and relations of records, counted in batches; needs the graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._batch: list[dict[str, Any]] = []
        self._records = 0
        self._lengths: Counter[str] = Counter()
        self._relations: Counter[str] = Counter()

    def add(self, row: dict[str, Any]) -> None:
        """Takes a record; one that cites nothing (the published method) does not count."""
        if "steps" in row:
            self._batch.append(row)
            self._records += 1
        if len(self._batch) >= BATCH:
            self._count()

    def _count(self) -> None:
        from medreason.report.content import distributions

        found = distributions(self._graph, self._batch)
        for bar in found["lengths"]:
            self._lengths[bar.label] += bar.items
        for bar in found["relations"]:
            self._relations[bar.label] += bar.items
        self._batch = []

    def tables(self) -> list[Made]:
        """The two figures."""
        self._count()
        return [
            _counted(
                "lengths", "Length of evidence paths", "pieces of evidence", "length", self._lengths, self._records
            ),
            _counted(
                "relations", "Relations that steps cite", "edges cited", "relation", self._relations, self._records
            ),
        ]


def _counted(name: str, title: str, what: str, column: str, counts: Counter[str], records: int) -> Made:
    total = counts.total()
    if not total:
        return Missing(name, f"no record has {what}")
    by_length = name == "lengths"
    ranked = sorted(counts.items(), key=lambda p: (_first_number(p[0]) if by_length else -p[1], p[0]))
    rows: list[tuple[Cell, ...]] = [(label, n, round(n / total, 6)) for label, n in ranked]
    return Table(name, title, f"n = {total:,} {what} of {records:,} records", (column, "count", "share"), rows)


def _first_number(label: str) -> float:
    """The number that a label begins with ("2 edges"); labels without one come last."""
    head = label.partition(" ")[0]
    return int(head) if head.isdigit() else math.inf
