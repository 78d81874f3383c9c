"""How a dataset fares on another version of its graph: what of each record still holds, and what became of its edges.

What it is: the checker of :mod:`medreason.quality.verify` run against a graph that the records do not cite, with its
findings sorted by what they mean to someone who keeps the dataset. What it deliberately is not: a repair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, NamedTuple

from medreason.errors import GraphError
from medreason.kg.diff import EdgeChange, Fate, Renamed, edge_change, fate
from medreason.kg.store import Graph
from medreason.quality import rules
from medreason.quality.language import printable, sentences
from medreason.quality.problem import Problem
from medreason.quality.verify import Examined, examine, read_lines, told, verify_record
from medreason.records import GraphRef, Record

Outcome = Literal["holds", "names", "weights", "statements", "edges", "choice", "faulty"]
# From best to worst; a record has the worst one that applies.
OUTCOMES: dict[Outcome, str] = {
    "holds": "hold entirely",
    "names": "hold, with other names or ids of the same",
    "weights": "hold, with other weights or counts",
    "statements": "say something that no longer holds",
    "edges": "lost an edge",
    "choice": "would now choose another option",
    "faulty": "do not hold on their own graph either",
}
STANDING: frozenset[Outcome] = frozenset({"holds", "names", "weights"})
# Rules that any release breaks which adds a disease, since shares of all annotated diseases enter every weight.
WEIGHTS = frozenset({"evidence", "weight", "score", "margin", "number"})
# Do not depend on a graph.
_FAULTS = frozenset({"id", "keys", "patient", "review", "steps", "reasoning"})


@dataclass(frozen=True, slots=True)
class EdgeDrift:
    """An edge of a record that is gone or has changed.

    Attributes:
        edge: Id that the record cites.
        fate: ``changed``: other evidence. ``moved``, ``flipped``, ``removed``: as in :mod:`medreason.kg.diff`.
            ``vanished``: not in the new graph, and the old one was not given or lacks it too.
        steps: Numbers of the steps that cite it.
        options: Keys of the options whose evidence lists it.
        now: Id in the new graph of a moved or flipped edge.
        change: What changed, for ``changed``.
    """

    edge: str
    fate: Fate | Literal["changed", "vanished"]
    steps: tuple[int, ...]
    options: tuple[str, ...]
    now: str = ""
    change: EdgeChange | None = None

    @property
    def lost(self) -> bool:
        """Whether its statement no longer stands in the graph, as far as that is known."""
        return self.fate in {"flipped", "removed", "vanished"}


@dataclass(frozen=True, slots=True)
class RecordDrift:
    """What became of one record.

    Attributes:
        item: Id of the record.
        outcome: One of :data:`OUTCOMES`.
        edges: Its edges that are gone or changed, in the order of the steps.
        renamed: Concepts it names by a name that the graph no longer prefers; known only with the old graph.
        problems: What the checker finds on the new graph (of a faulty record: on its own graph).
        chosen: Key it chose, and the key that the new graph supports best (``""``: none).
        margin: Lead in bits that it states, and on the new graph.
    """

    item: str
    outcome: Outcome
    edges: tuple[EdgeDrift, ...]
    renamed: tuple[Renamed, ...]
    problems: tuple[Problem, ...]
    chosen: tuple[str, str]
    margin: tuple[float, float]

    @property
    def lost(self) -> tuple[EdgeDrift, ...]:
        """Edges whose statement no longer stands."""
        return tuple(e for e in self.edges if e.lost)


@dataclass(slots=True)
class DriftReport:
    """What became of a dataset; ``problems`` are lines that cannot be read and ids that occur twice."""

    graph: GraphRef
    was: GraphRef | None
    made_on: list[GraphRef] = field(default_factory=list)
    records: list[RecordDrift] = field(default_factory=list)
    steps: int = 0
    citations: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """How many records came to which outcome; they add up to all records."""
        counts = Counter(r.outcome for r in self.records)
        return {outcome: counts[outcome] for outcome in OUTCOMES}

    @property
    def broken(self) -> int:
        """How many records no longer hold."""
        return sum(r.outcome not in STANDING for r in self.records)

    @property
    def holds(self) -> bool:
        """Whether every line is a record that still holds."""
        return not self.broken and not self.problems

    @property
    def fates(self) -> dict[str, int]:
        """How many distinct edges met which fate."""
        return dict(Counter({e.edge: e.fate for r in self.records for e in r.edges}.values()).most_common())


class _Fate(NamedTuple):
    fate: Fate | Literal["changed", "vanished"]
    now: str = ""
    change: EdgeChange | None = None


class _Versions:
    """The new graph, the old one where it is given, and the fates of edges met so far."""

    def __init__(self, new: Graph, old: Graph | None) -> None:
        self._new, self._old = new, old
        self._fates: dict[str, _Fate | None] = {}

    def record(self, record: Record) -> RecordDrift:
        """Checks one record against the new graph, and against the old one where that is given."""
        edges = tuple(self._edges(record))
        renamed = tuple(self._renamed(record))
        current = _translated(record, edges, renamed)
        found = examine(current, self._new, self._other_names(renamed))
        faults = verify_record(record, self._old) if self._old else [p for p in found.problems if p.rule in _FAULTS]
        verdict = found.case.verdict
        key, score = verdict.ranking[0] if verdict.scores else ("", 0.0)
        if score <= 0 or not any(w.stance == "supports" for w in verdict.evidence[key].values()):
            key = ""
        problems = faults or self._problems(current, renamed, found)
        if verdict.scores.get(record.chosen_key) == score and key:
            key = record.chosen_key
        drift = RecordDrift(
            record.id, "faulty", edges, renamed, tuple(problems), (record.chosen_key, key),
            (record.margin, round(verdict.margin, 4)),
        )  # fmt: skip
        return drift if faults else replace(drift, outcome=_outcome(drift))

    def _edges(self, record: Record) -> Iterator[EdgeDrift]:
        steps: dict[str, list[int]] = {}
        options: dict[str, list[str]] = {}
        for step in record.steps:
            for edge in dict.fromkeys(step.edges):
                steps.setdefault(edge, []).append(step.n)
        for key, rows in record.evidence.items():
            for edge in dict.fromkeys(row.edge for row in rows):
                options.setdefault(edge, []).append(key)
        for edge in dict.fromkeys([*steps, *options]):
            if found := self._fate(edge):
                yield EdgeDrift(edge, found.fate, tuple(steps.get(edge, ())), tuple(options.get(edge, ())), *found[1:])

    def _fate(self, edge: str) -> _Fate | None:
        if edge not in self._fates:
            self._fates[edge] = self._look(edge)
        return self._fates[edge]

    def _look(self, edge: str) -> _Fate | None:
        old, new = self._old, self._new
        if new.edge_number(edge) is not None:
            change = edge_change(old, new, edge) if old else None
            return _Fate("changed", change=change) if change else None
        if old is None or old.edge_number(edge) is None:
            return _Fate("vanished")
        return _Fate(*fate(old, new, old.edge(edge)))

    def _renamed(self, record: Record) -> Iterator[Renamed]:
        """Concepts that the record names as the old graph does, and the new one does not."""
        old, new = self._old, self._new
        if old is None:
            return
        said = "\n".join([record.question, *(o.text for o in record.options), *record.organ_systems])
        said = f"{said}\n{record.reasoning}".casefold()
        cited = {e for step in record.steps for e in step.edges}
        ends = {end for e in cited if old.edge_number(e) is not None for end in (old.edge(e).head, old.edge(e).tail)}
        concepts = {*ends, *(o.concept for o in record.options), *(f.concept for f in record.findings)}
        numbers = {n for c in concepts if (n := old.number(c)) is not None}
        for number in sorted(numbers.union(*(old.ancestors[n].tolist() for n in numbers))):
            before = old.concept_at(number)
            now = new.number(before.id)
            if now is not None and new.concept_at(now).name != before.name and before.name.casefold() in said:
                yield Renamed(before.id, before.name, new.concept_at(now).name)

    def _other_names(self, renamed: tuple[Renamed, ...]) -> list[tuple[int, str]]:
        return [(self._new.require(r.id), r.before) for r in renamed]

    @staticmethod
    def _problems(record: Record, renamed: tuple[Renamed, ...], found: Examined) -> list[Problem]:
        """The problems that names do not explain, and those that a wrong count hides."""
        explained = set[Problem]()
        if renamed:
            called, facts = _called(renamed), found.case.facts
            findings = tuple(replace(f, text=called.get(f.text.casefold(), f.text)) for f in record.findings)
            worded = replace(record, findings=findings)
            explained = set(rules.wording(record, facts)) - set(rules.wording(worded, facts))
        return [*(p for p in found.problems if p not in explained), *_no_longer_rarest(record, found)]


def _translated(record: Record, edges: tuple[EdgeDrift, ...], renamed: tuple[Renamed, ...]) -> Record:
    """A record with the ids that moved edges have now, and options and organ systems under their current names."""
    now = {e.edge: e.now for e in edges if e.fate == "moved"}
    if not now and not renamed:
        return record
    steps = (replace(s, edges=tuple(dict.fromkeys(now.get(e, e) for e in s.edges))) for s in record.steps)
    evidence = {k: tuple(replace(w, edge=now.get(w.edge, w.edge)) for w in rows) for k, rows in record.evidence.items()}
    called = _called(renamed)
    options = (replace(o, text=called.get(o.text.casefold(), o.text)) for o in record.options)
    systems = tuple(called.get(s.casefold(), s) for s in record.organ_systems)
    return replace(record, steps=tuple(steps), evidence=evidence, options=tuple(options), organ_systems=systems)


def _called(renamed: tuple[Renamed, ...]) -> dict[str, str]:
    """Old name, capitals aside → new name."""
    return {r.before.casefold(): r.after for r in renamed}


def _no_longer_rarest(record: Record, found: Examined) -> Iterator[Problem]:
    """Findings told as the most selective one, with a count that is no longer right, that no longer are it."""
    view, case = found.case.verdict.view, found.case
    for n in dict.fromkeys(p.step for p in found.problems if p.rule == "number"):
        text = next(s.text for s in record.steps if s.n == n)
        for sentence in sentences(text, found.names):
            named = {c for token in sentence for c in token.concepts}
            if len(named) != 1 or sum(token.kind == "number" for token in sentence) != 2:
                continue
            finding = named.pop()
            if any(0 < view.carriers(f) < view.carriers(finding) for f in case.verdict.observed):
                name = view.graph.concept_at(finding).name
                yield Problem(record.id, n, "claim", f"{name} is not the most selective finding")


def _outcome(drift: RecordDrift) -> Outcome:
    found = {p.rule for p in drift.problems}
    if "choice" in found:
        return "choice"
    if drift.lost:
        return "edges"
    if found - WEIGHTS:
        return "statements"
    if found:
        return "weights"
    return "names" if drift.renamed or any(e.fate == "moved" for e in drift.edges) else "holds"


def drift(dataset: Path | str, graph: Graph, was: Graph | None = None) -> DriftReport:
    """Compares every record of a dataset with a graph that it need not cite.

    Args:
        dataset: A ``dataset.jsonl`` or a run folder that holds one. It is streamed.
        graph: The graph to compare with, usually a newer build.
        was: The graph that the records cite. With it, vanished edges have a fate, changed evidence is told before and
            after, other names are followed, and records that never held are told apart.

    Raises:
        InputError: there is no such file, or it cannot be read, or is no text.
        GraphError: ``was`` is not the graph that a record cites.

    Cost: one check of every record, two with ``was`` (about 20 ms each on HPO).
    """
    versions = _Versions(graph, was)
    report = DriftReport(graph.ref, None if was is None else was.ref)
    for where, found in read_lines(dataset):
        if isinstance(found, Problem):
            report.problems.append(found)
            continue
        if was is not None and found.graph != was.ref:
            raise GraphError(
                f"the record cites {told(found.graph)}, the older graph is {told(was.ref)}",
                fix="give the graph that the dataset was made on with --was, or leave --was out",
                item=f"{where} ({printable(found.id)})",
            )
        if found.graph not in report.made_on:
            report.made_on.append(found.graph)
        report.steps += len(found.steps)
        report.citations += sum(len(step.edges) for step in found.steps)
        report.records.append(versions.record(found))
    return report
