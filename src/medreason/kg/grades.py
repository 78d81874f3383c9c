"""What the evidence of every edge comes to, as columns made at build: pooled frequency and strongest code.

Edges with the same pooled frequency and code share a *grade* (HPO: a few thousand grades for 254,000 edges).
``edge.grade.npy`` gives every edge its grade; ``grade.k``, ``.n``, ``.percent``, ``.term`` and ``.code`` say what
a grade is: patients with the finding, patients asked (0: no count), percentage (NaN: none), and places in
``frequency_terms`` and ``evidence_codes`` of the manifest, whose first entry is empty. Grade 0 is no evidence.
These are facts of the source; what they weigh is said in :mod:`medreason.kg.cost`. The files are written only
where some edge has evidence.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from medreason.kg.arrays import I32
from medreason.kg.columns import Columns
from medreason.records import EdgeEvidence

STRONGEST_FIRST = ("PCS", "TAS", "IEA")  # published clinical study, author statement, inferred electronically


class Grades(NamedTuple):
    """Facts of every grade; arrays aligned with grade numbers."""

    k: I32
    n: I32
    percent: NDArray[np.float64]
    term: I32
    code: I32
    terms: list[str]
    codes: list[str]


def strongest(rows: tuple[EdgeEvidence, ...]) -> str:
    """The strongest evidence code of an edge; codes of other vocabularies come last, in text order."""
    codes = {row.code for row in rows if row.code}
    known = [code for code in STRONGEST_FIRST if code in codes]
    return known[0] if known else min(codes, default="")


def write_grades(folder: Path, columns: Columns) -> dict[str, list[str]]:
    """Writes the columns; returns the manifest's ``frequency_terms`` and ``evidence_codes``."""
    from medreason.kg.frequency import pool

    facts: dict[tuple[int, int, float, str, str], int] = {(0, 0, -1.0, "", ""): 0}
    grade = np.zeros(len(columns.head), dtype=np.uint32)
    for edge, rows in columns.evidence.items():
        seen = pool(row.frequency for row in rows)
        k, n, percent, term = (None, None, None, None) if seen is None else seen
        fact = (k or 0, n or 0, -1.0 if percent is None else percent, term or "", strongest(rows))
        grade[edge] = facts.setdefault(fact, len(facts))
    terms, codes = sorted({fact[3] for fact in facts}), sorted({fact[4] for fact in facts})
    if columns.evidence:
        percent_ = np.asarray([fact[2] for fact in facts], dtype=np.float64)
        np.save(folder / "edge.grade.npy", grade.astype(np.uint16 if len(facts) < 65_536 else np.uint32))
        np.save(folder / "grade.k.npy", np.asarray([fact[0] for fact in facts], dtype=np.int32))
        np.save(folder / "grade.n.npy", np.asarray([fact[1] for fact in facts], dtype=np.int32))
        np.save(folder / "grade.percent.npy", np.where(percent_ < 0, np.nan, percent_))
        np.save(folder / "grade.term.npy", np.asarray([terms.index(fact[3]) for fact in facts], dtype=np.int32))
        np.save(folder / "grade.code.npy", np.asarray([codes.index(fact[4]) for fact in facts], dtype=np.int32))
    return {"frequency_terms": terms, "evidence_codes": codes}
