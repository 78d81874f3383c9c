"""The evidence of a record as flat rows: what a reward, a table or a page reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from medreason.records import Evidence, Record

# The pieces that make up so much of the answer's support, strongest first, are decisive.
DECISIVE_SHARE = 0.8
# Bits from which a piece against the runner-up is decisive.
AGAINST = 1.0


def evidence_rows(record: Record, name_of: Callable[[str], str]) -> list[dict[str, Any]]:
    """One row a piece of evidence, in the order of the options.

    Args:
        record: A record of either teacher.
        name_of: Name of a concept by its CURIE.

    Returns:
        Rows with ``id`` (the sheet's, else E1, E2, … in the order of the options), ``option``, ``finding``,
        ``finding_name``, ``wording`` (of the case), ``stance``, ``bits`` (signed), ``decisive`` and ``edges``.
    """
    wording = {f.concept: f.text for f in record.findings}
    rows = _from_sheet(record) if record.sheet else _from_evidence(record)
    decisive = _decisive(record, rows)
    for row in rows:
        concept = row["finding"]
        row["finding_name"], row["wording"] = name_of(concept), wording.get(concept, "")
        row["decisive"] = row["id"] in decisive
    return rows


def _from_evidence(record: Record) -> list[dict[str, Any]]:
    pieces = [(o.key, piece) for o in record.options for piece in record.evidence.get(o.key, ())]
    return [_row(f"E{n}", key, p.finding, p.stance, p.weight, (p.edge,)) for n, (key, p) in enumerate(pieces, 1)]


def _from_sheet(record: Record) -> list[dict[str, Any]]:
    weights: Mapping[tuple[str, str], list[Evidence]] = defaultdict(list)
    for key, pieces in record.evidence.items():
        for piece in pieces:
            weights[key, piece.edge].append(piece)
    rows = []
    for line in record.sheet:
        if line.option and line.edges and line.concepts:
            own = [p for e in line.edges for p in weights.get((line.option, e), ()) if p.finding in line.concepts]
            bits = sum(p.weight for p in own)
            rows.append(_row(line.id, line.option, line.concepts[0], line.stance, bits, line.edges))
    return rows


def _row(id_: str, option: str, finding: str, stance: str, bits: float, edges: tuple[str, ...]) -> dict[str, Any]:
    return {
        "id": id_, "option": option, "finding": finding, "stance": stance, "bits": round(bits, 4), "edges": list(edges),
    }  # fmt: skip


def _decisive(record: Record, rows: list[dict[str, Any]]) -> set[str]:
    """Ids of the evidence that decides: most of what the answer has, and what speaks against the runner-up."""
    own = sorted((r for r in rows if r["option"] == record.answer_key and r["bits"] > 0), key=lambda r: -r["bits"])
    wanted = DECISIVE_SHARE * sum(r["bits"] for r in own)
    found: set[str] = set()
    reached = 0.0
    for row in own:
        if reached >= wanted:
            break
        found.add(row["id"])
        reached += row["bits"]
    others = {key: score.total for key, score in record.scores.items() if key != record.answer_key}
    second = max(others, key=lambda k: others[k], default="")
    return found | {r["id"] for r in rows if r["option"] == second and r["bits"] <= -AGAINST}
