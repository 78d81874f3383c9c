"""The statistics of a site: what the records are, counted while they go by; and the page that shows them."""

from __future__ import annotations

from array import array
from collections import Counter
from itertools import pairwise
from typing import Any, NamedTuple

from medreason.ledger import Ledger
from medreason.report.content import Bar, bars
from medreason.site.lines import KEPT, Line
from medreason.statistics import wilson

# Bounds of the lead in bits, in the table of leads.
STEPS = (0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0)


def system_name(name: str) -> str:
    """An organ system without the words that all of them begin with: "Nervous system"."""
    short = name.removeprefix("Abnormality of ").removeprefix("the ")
    return short[:1].upper() + short[1:]


class Letter(NamedTuple):
    """An answer letter: records, share among records that offer it, and that share's 95 % interval (0 to 1)."""

    key: str
    items: int
    offered: int
    share: float
    low: float
    high: float
    width: float


class Numbers:
    """Counts of a run, one item at a time."""

    def __init__(self) -> None:
        self.items = 0
        self.kept = 0
        self.reviewed = 0
        self._sources: Counter[str] = Counter()
        self._systems: Counter[str] = Counter()
        self._flags: Counter[str] = Counter()
        self._letters: Counter[str] = Counter()
        self._offered: Counter[str] = Counter()
        self._leads = array("d")

    def add(self, found: Line, row: dict[str, Any]) -> None:
        """Counts an item."""
        self.items += 1
        if found.outcome != KEPT:
            return
        self.kept += 1
        self.reviewed += found.reviewed
        self._sources[found.source or "not stated"] += 1
        self._systems.update(map(system_name, found.systems or ("none stated",)))
        self._flags.update(found.flags or ("no flags",))
        if found.lead is not None:
            self._leads.append(found.lead)
        options = row.get("options")
        if isinstance(options, list):
            self._letters[str(row["answer_key"])] += 1
            self._offered.update(str(o["key"]) for o in options)

    def thirds(self) -> tuple[float, float] | tuple[None, None]:
        """The two leads that part the records into thirds, in tenths of bits; nothing where they do not differ."""
        found = sorted(self._leads)
        if not found:
            return None, None
        low, high = (round(found[(n * (len(found) - 1)) // 3], 1) for n in (1, 2))
        return (low, high) if low < high else (None, None)

    def letters(self) -> list[Letter]:
        """How often each letter is the answer, of the records that offer it."""
        found = []
        for key in sorted(self._offered):
            n, offered = self._letters[key], self._offered[key]
            e = wilson(n, offered)
            found.append(Letter(key, n, offered, e.value, e.low, e.high, round(100 * e.value, 1)))
        return found

    def leads(self) -> list[Bar]:
        """Records by lead."""
        counts = [0] * len(STEPS)
        for lead in self._leads:
            counts[max((i for i, step in enumerate(STEPS) if lead >= step), default=0)] += 1
        top = max(counts, default=1) or 1
        names = [f"{low:g} to {high:g} bits" for low, high in pairwise(STEPS)]
        names.append(f"{STEPS[-1]:g} bits and more")
        bars = [Bar(name, n, round(100 * n / top, 1)) for name, n in zip(names, counts, strict=True)]
        return bars if self._leads else []

    def tables(self) -> list[tuple[str, str, list[Bar]]]:
        """Title, note and rows of each table of counts."""
        return [
            ("Where the questions come from", "", bars(self._sources)),
            ("Organ systems of the cases", "A case can have several.", bars(self._systems, 24)),
            ("Lead of the best option over the second", "A small lead makes a hard question.", self.leads()),
            ("Flags", "A record can have several.", bars(self._flags, 16)),
        ]


def statistics_page(environment: Any, found: Numbers, funnel: Ledger, shared: dict[str, Any]) -> str:
    """The page as HTML, without script; a pure function of its arguments.

    Args:
        environment: The Jinja environment of the site.
        found: Counts.
        funnel: The run's ledger.
        shared: What every page of the site is given.
    """
    from medreason.report.sankey import sankey_figure

    figure = sankey_figure(funnel) if funnel.items and funnel.passages else ""
    return str(
        environment.get_template("statistics.html").render(
            **shared, numbers=found, funnel=funnel, figure=figure, letters=found.letters(), tables=found.tables()
        )
    )
