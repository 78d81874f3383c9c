"""What a graph says of some hundred findings and all diseases that have enough of them, as one table.

Only the commonest findings take part (of those that are no commonplace, as in :mod:`medreason.synth.diagnosis`), so
that a vocabulary with one word a finding stays small and every word is met often.
"""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from medreason.errors import InputError
from medreason.kg.store import open_graph
from medreason.questions.disorders import DisorderIndex, series_words
from medreason.synth.diagnosis import MAX_CARRIERS, subjects
from medreason.synth.world import World

ON, OFF, UNUSABLE = 1, 0, -1
LEAST = 6
"""Findings of the table that a disease must have on record."""
HELD_OUT = 0.2

Cells = npt.NDArray[np.int8]


class Row(NamedTuple):
    """A disease of the table: node number, name, whether it is held out of training."""

    node: int
    name: str
    held_out: bool


class Table:
    """Diseases by findings.

    Attributes:
        world: The graph as :mod:`medreason.synth` reads it.
        findings: Node numbers of the findings, one a column, the commonest first.
        words: Their names, each as one word without blanks; no two are equal.
        rows: The diseases.
        cells: :data:`ON` where the finding or a narrower one is recorded as present, :data:`OFF` where nothing is
            recorded, :data:`UNUSABLE` where the record says yes and no.
    """

    def __init__(self, kg: Path | str, findings: int) -> None:
        """Reads the table. About 5 s for HPO.

        Raises:
            InputError: the graph has too few findings or diseases for questions.
        """
        self.world = World(open_graph(kg))
        self.disorders = DisorderIndex(self.world.graph)
        diseases = subjects(self.world)
        self.findings = self._commonest(diseases, findings)
        self.words = [word(self.world.name(f)) for f in self.findings]
        cells = np.array([self._row(d) for d in diseases], dtype=np.int8).reshape(len(diseases), len(self.findings))
        enough = (cells == ON).sum(axis=1) >= LEAST
        if len(self.findings) < findings or enough.sum() < 50:
            raise InputError("the graph has too few findings or diseases for questions", fix="take the whole HPO graph")
        self.cells = cells[enough]
        self.rows = [
            Row(d, self.world.name(d), held_out(self.world.name(d)))
            for d, kept in zip(diseases, enough.tolist(), strict=True)
            if kept
        ]

    def _commonest(self, diseases: list[int], wanted: int) -> list[int]:
        graph, world = self.world.graph, self.world
        counts = np.zeros(graph.n_nodes, dtype=np.int64)
        for disease in diseases:
            counts[graph.profile[disease]] += 1
        found, known = list[int](), set[str]()
        for term in np.argsort(-counts, kind="stable").tolist():
            if len(found) == wanted or not counts[term]:
                break
            name = word(world.name(term))
            common = len(world.carriers(term)) > MAX_CARRIERS * len(world.diseases)
            if world.parents(term) and not common and name not in known:
                found.append(term)
                known.add(name)
        return found

    def _row(self, disease: int) -> list[int]:
        world = self.world
        facts, profile = world.facts[disease], world.profile(disease)
        on = {t for t, f in facts.items() if f.present and f.share > 0}
        on = on.union(*(world.above(t) for t in on))
        cells = []
        for term in self.findings:
            if term not in profile:
                cells.append(OFF)
            else:
                cells.append(UNUSABLE if term not in on or world.absent_at_or_above(disease, term) else ON)
        return cells

    @cached_property
    def apart(self) -> npt.NDArray[np.bool_]:
        """Pairs of findings of which none is above the other (nor the same)."""
        above = [self.world.above(f) | {f} for f in self.findings]
        return np.array([[a not in y and b not in x for b, y in zip(self.findings, above, strict=True)]
                         for a, x in zip(self.findings, above, strict=True)])  # fmt: skip

    @cached_property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Annotations of each disease."""
        return np.array([self.world.sizes[r.node] for r in self.rows])

    @cached_property
    def space(self) -> npt.NDArray[np.int64]:
        """Who names each disease (OMIM, Orphanet …), as a number."""
        return np.array([self.world.space[r.node] for r in self.rows])

    def same(self, a: int, b: int) -> bool:
        """Whether two rows are one disorder, for the purpose of an options list."""
        return self.disorders.same(self.rows[a].node, self.rows[b].node)


def word(name: str) -> str:
    """A name as one word of small letters."""
    return re.sub(r"\W+", "_", name.lower()).strip("_")


def held_out(name: str) -> bool:
    """Whether a disease is kept for the test: by a hash of its name without numbering, so that the members of a
    numbered series stay together."""
    key = " ".join(sorted(series_words(name)))
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") < HELD_OUT * 2**32
