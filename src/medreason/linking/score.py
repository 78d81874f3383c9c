"""Counts what a linker found against what annotators marked: precision, recall, F1, with intervals over documents.

Definitions. A *mention* is right (strict) if span and concept agree, (lenient) if the spans overlap and the concept
agrees; each counts once. A *document* is scored on its set of distinct concepts: (strict) equal, (lenient) equal or
one ``is_a`` step apart. A gold id *stands for* the node with that id (retired ids: its successor), or else every node
that has it as a cross-reference; a found concept agrees with a gold id that stands for it. Gold ids that stand for no
node are counted as missed. What it is not: a judge of the cross-references, some of which are wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from medreason.kg.source import IS_A
from medreason.kg.sources.curies import canonical

if TYPE_CHECKING:
    from medreason.kg.store import Graph
    from medreason.linking.corpora import Document

RESAMPLES = 1000


class Counts(NamedTuple):
    """True positives, false positives, false negatives."""

    tp: int
    fp: int
    fn: int

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 0 if nothing was found."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0

    @property
    def recall(self) -> float:
        """Share of what was marked that was found; 0 if nothing was marked."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp else 0.0


class Marked(NamedTuple):
    """A span and the concept it is tied to (a CURIE, or a gold id that agrees with it)."""

    start: int
    end: int
    concept: str


def compared(gold: Collection[Any], found: Collection[Any]) -> Counts:
    """Counts over two sets."""
    gold, found = set(gold), set(found)
    right = len(gold & found)
    return Counts(right, len(found) - right, len(gold) - right)


def total(parts: Iterable[Counts]) -> Counts:
    """The sums of several counts (micro average)."""
    rows = list(parts)
    return Counts(sum(r.tp for r in rows), sum(r.fp for r in rows), sum(r.fn for r in rows))


def paired(
    gold: Sequence[Any], found: Sequence[Any], agree: Callable[[Any, Any], bool]
) -> list[tuple[Any | None, Any | None]]:
    """One-to-one pairs of what agrees, equal ones first, then in order; what is left stands beside ``None``."""
    rest = list(dict.fromkeys(found))
    pairs: list[tuple[Any | None, Any | None]] = []
    open_ = []
    for one in dict.fromkeys(gold):
        if one in rest:
            rest.remove(one)
            pairs.append((one, one))
        else:
            open_.append(one)
    for one in open_:
        match = next((other for other in rest if agree(one, other)), None)
        if match is not None:
            rest.remove(match)
        pairs.append((one, match))
    return pairs + [(None, other) for other in rest]


def counted(pairs: Iterable[tuple[Any | None, Any | None]]) -> Counts:
    """Counts over pairs as :func:`paired` gives them."""
    rows = list(pairs)
    return Counts(
        sum(a is not None and b is not None for a, b in rows),
        sum(a is None for a, _ in rows),
        sum(b is None for _, b in rows),
    )


def overlapping(gold: Sequence[Marked], found: Sequence[Marked]) -> Counts:
    """Lenient counts of mentions: overlap of spans and the same concept."""
    return counted(paired(gold, found, lambda a, b: a.concept == b.concept and a.start < b.end and b.start < a.end))


def summary(parts: Sequence[Counts], *, seed: int = 0) -> dict[str, Any]:
    """Micro precision, recall and F1 with 95 % intervals from documents drawn again (percentile bootstrap).

    Args:
        parts: One entry a document; documents without anything count too.
        seed: Seed of the bootstrap.
    """
    whole = total(parts)
    result: dict[str, Any] = {
        "precision": round(whole.precision, 4), "recall": round(whole.recall, 4), "f1": round(whole.f1, 4),
        "tp": whole.tp, "fp": whole.fp, "fn": whole.fn,
    }  # fmt: skip
    table = np.asarray([tuple(p) for p in parts], dtype=np.float64).reshape(-1, 3)
    if len(table) > 1:
        rng = np.random.Generator(np.random.PCG64(seed))
        drawn = rng.multinomial(len(table), np.full(len(table), 1 / len(table)), size=RESAMPLES) @ table
        tp, fp, fn = drawn[:, 0], drawn[:, 1], drawn[:, 2]
        for name, top, bottom in (
            ("precision", tp, tp + fp), ("recall", tp, tp + fn), ("f1", 2 * tp, 2 * tp + fp + fn),
        ):  # fmt: skip
            low, high = np.quantile(top / np.maximum(bottom, 1), [0.025, 0.975])
            result[f"{name}_interval"] = [round(float(low), 4), round(float(high), 4)]
    return result


def share(right: Sequence[Sequence[bool]], *, seed: int = 0) -> dict[str, Any]:
    """Accuracy over mentions grouped by document, with the same kind of interval."""
    found = summary([Counts(sum(row), len(row) - sum(row), 0) for row in right], seed=seed)
    return {
        "value": found["precision"],
        "interval": found.get("precision_interval"),
        "right": found["tp"],
        "n": found["tp"] + found["fp"],
    }


def spans(document: Document, types: Collection[str] = ()) -> set[tuple[int, int, str]]:
    """Start, end and type of the annotations of some types (all if none are given)."""
    return {(a.start, a.end, a.type) for a in document.annotations if not types or a.type in types}


def ids(document: Document, types: Collection[str] = (), current: Mapping[str, str] | None = None) -> set[str]:
    """Distinct ids of the annotations of some types; ``current`` says what replaced a retired id."""
    new = current or {}
    marks = [a for a in document.annotations if not types or a.type in types]
    return {new.get(i, i) for a in marks for i in a.ids}


class Equivalents:
    """Which nodes a gold id stands for (see the module text), among nodes of some types (all if none are given)."""

    def __init__(self, graph: Graph, types: Collection[str] = ()) -> None:
        self._graph = graph
        self._types = frozenset(types)
        self._by_xref: defaultdict[str, set[str]] = defaultdict(set)
        for number in range(graph.n_nodes):
            concept = graph.concept_at(number)
            if not types or concept.type in self._types:
                for xref in concept.xrefs:
                    self._by_xref[canonical(xref)].add(concept.id)

    def nodes(self, curie: str) -> frozenset[str]:
        """CURIEs of the nodes a gold id stands for; empty if it stands for none."""
        own = self._graph.current_id(curie)
        if own is not None:
            counts = not self._types or self._graph.concept(own).type in self._types
            return frozenset({own}) if counts else frozenset()
        return frozenset(self._by_xref.get(canonical(curie), ()))

    def key(self, curie: str) -> str:
        """The form in which a gold id is compared: the current id if it is a node's own, else as given."""
        return self._graph.current_id(curie) or curie

    def agreeing(self, gold: Iterable[str]) -> dict[str, str]:
        """Node → the (smallest) gold key of these that stands for it."""
        return {node: self.key(g) for g in sorted(set(gold), reverse=True) for node in self.nodes(g)}

    def near(self, gold: str, found: str) -> bool:
        """Whether a found concept is one ``is_a`` step from a node that a gold key stands for."""
        graph = self._graph
        other = graph.number(found)
        code = graph.relation_code(IS_A)
        if other is None:
            return False
        for node in self.nodes(gold):
            number = graph.require(node)
            up = graph.outgoing[number]
            down = graph.incoming[number]
            if other in graph.tail[up[graph.relation[up] == code]] or (
                other in graph.head[down[graph.relation[down] == code]]
            ):
                return True
        return False
