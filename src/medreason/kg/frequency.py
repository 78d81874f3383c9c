"""How often a finding was seen: the rows of an edge pooled, as a share of patients, and in words.

The rules are those of docs/scoring.md and METHOD section 4: counts keep their ``n``; "nearly always" needs a term that
says so or ten patients; a percentage without ``n`` never is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from medreason.kg.store import Graph
from medreason.records import Frequency

SHARE_OF_TERM = {
    "HP:0040280": 1.0,
    "HP:0040281": 0.9,
    "HP:0040282": 0.55,
    "HP:0040283": 0.17,
    "HP:0040284": 0.03,
}
NEARLY_ALWAYS_TERMS = frozenset({"HP:0040280", "HP:0040281"})
UNRECORDED_SHARE = 0.5


class Pooled(NamedTuple):
    """The frequency of an edge over its rows: k of n summed, or one percentage, or one term."""

    k: int | None = None
    n: int | None = None
    percent: float | None = None
    term: str | None = None


def pool(frequencies: Iterable[Frequency | None]) -> Pooled | None:
    """Pools the frequencies of an edge's rows.

    Counts are summed over rows (studies may share patients: HPO does not say). Without any count, a single
    percentage or frequency term is taken when the rows agree; if they disagree there is no pooled value.
    """
    given = [f for f in frequencies if f is not None]
    counts = [f for f in given if f.n is not None]
    if counts:
        return Pooled(k=sum(f.k or 0 for f in counts), n=sum(f.n or 0 for f in counts))
    distinct = {(f.percent, f.term) for f in given}
    if len(distinct) != 1:
        return None
    percent, term = distinct.pop()
    return Pooled(percent=percent, term=term)


def share(frequency: Pooled | None) -> float:
    """A frequency as a share of patients, 0 to 1 (counts shrunk towards one half by one patient)."""
    if frequency is None:
        return UNRECORDED_SHARE
    if frequency.n is not None and frequency.k is not None:
        return (frequency.k + 0.5) / (frequency.n + 1)
    if frequency.percent is not None:
        return frequency.percent / 100
    return SHARE_OF_TERM.get(frequency.term or "", UNRECORDED_SHARE)


def nearly_always(frequency: Pooled | None) -> bool:
    """Obligate, very frequent, or at least 90 % of at least ten patients (METHOD.md, section 4)."""
    if frequency is None:
        return False
    if frequency.n is not None and frequency.k is not None:
        return frequency.n >= 10 and frequency.k / frequency.n >= 0.9
    return frequency.term in NEARLY_ALWAYS_TERMS


def in_words(graph: Graph, pooled: Pooled | None) -> str:
    """``3 of 7``, ``40 %``, the name of a frequency term, or ``not recorded``."""
    if pooled is None:
        return "not recorded"
    if pooled.n is not None:
        return f"{pooled.k} of {pooled.n}"
    if pooled.percent is not None:
        return f"{pooled.percent:g} %"
    term = pooled.term or ""
    return graph.name(term).lower() if graph.number(term) is not None else term
