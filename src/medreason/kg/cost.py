"""What a path costs, in bits: the one place of the weights that rank paths. Lower is better.

    cost = sum over intermediate nodes of toll + sum over edges of fare + sum over neighbouring edges of turn

- **toll** of a node: ``hub * log2(1 + reach)``; reach is its degree over all edges of the graph, or the number of
  diseases that carry the term or one below it, whichever is larger. To name one of r neighbours takes log2 r bits:
  a node that connects everything says nothing about what it connects, and a general finding that hundreds of
  diseases share says little about one. The ends of the path are given and cost nothing.
- **fare** of an edge: the cost of its relation (:data:`RELATION_COSTS`), or ``absent`` for an edge that reports an
  absence. A present ``has_phenotype`` edge adds ``frequency * min(rarest, -log2 p)``, the surprise of meeting the
  finding in a patient: p is the share of patients of docs/scoring.md, counts shrunk towards one half by one patient
  ((k + 0.5) / (n + 1), so that 1 of 1 costs 0.42 and 20 of 20 costs 0.03), 0.5 where nothing is recorded; and the
  cost of its strongest evidence code. Edges of other relations add the cost of their code where they have one.
- **turn** between two edges: ``change`` where the relation differs, since each change of meaning is a further
  inference; ``reversal`` where an ``is_a`` edge is walked up and the next one down, or down and up: siblings share
  an ancestor, but neither implies the other.

Every part is rounded to 1e-9 bits before it is added, so costs add up exactly, in any order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from medreason.errors import UsageError
from medreason.kg._net import Fares
from medreason.kg.arrays import I32, I64
from medreason.kg.frequency import Pooled, share
from medreason.kg.meanings import NEVER_A_REASON
from medreason.kg.source import ASSOCIATED, HAS_PHENOTYPE, IS_A
from medreason.kg.store import Graph

UNIT = 1e9  # parts of a bit that costs are counted in
MOST = 1e6  # bits; sums of some million such parts still fit 63 bits
NO_REASON = 6.0  # a side effect, a contraindication or an expression is never a reason for a diagnosis
# Bits, on the scale of log2: 1 more weighs as much as a node of twice the degree.
RELATION_COSTS: Mapping[str, float] = MappingProxyType(
    {
        IS_A: 0.5,  # holds by definition
        HAS_PHENOTYPE: 1.0,  # reported in some patients; frequency and code are added: 3 where nothing is recorded
        ASSOCIATED: 3.5,  # an association and not a cause: no better than a finding about which nothing is recorded
        **dict.fromkeys(sorted(NEVER_A_REASON), NO_REASON),
        "synergistic interaction": NO_REASON,  # of two drugs
    }
)
CODE_COSTS: Mapping[str, float] = MappingProxyType(
    {
        "PCS": 0.0,  # a published clinical study
        "TAS": 0.5,  # a traceable author statement
        "IEA": 1.0,  # inferred electronically, nobody looked
    }
)


@dataclass(frozen=True, eq=False)
class Cost:
    """The weights, all in bits except the factors ``hub`` and ``frequency``.

    Attributes:
        hub: Factor of ``log2(1 + reach)``.
        relations: Relation → cost; a name with a colon is also looked up without what follows it.
        other_relation: Relations not named: at best an association.
        absent: Edges that report an absence: the connection was looked for and not seen.
        frequency: Factor of ``-log2 p``.
        rarest: The most a frequency may cost; 0 of 40 patients would cost 6.4.
        codes: Evidence code → cost.
        other_code: Other codes, and ``has_phenotype`` edges without one: nobody says how it is known.
        change: A turn to another relation.
        reversal: A turn from ``is_a`` upwards to downwards, or back.

    Raises:
        UsageError: a weight is not a finite number from 0 to 1,000,000.
    """

    hub: float = 1.0
    relations: Mapping[str, float] = field(default_factory=lambda: RELATION_COSTS)
    other_relation: float = 3.5
    absent: float = 6.0
    frequency: float = 1.0
    rarest: float = 6.0
    codes: Mapping[str, float] = field(default_factory=lambda: CODE_COSTS)
    other_code: float = 1.0
    change: float = 1.0
    reversal: float = 2.0

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            named = value.items() if isinstance(value, Mapping) else [("", value)]
            for name, weight in named:
                if not (isinstance(weight, int | float) and 0 <= weight <= MOST):
                    label = f"{entry.name}[{name!r}]" if name else entry.name
                    raise UsageError(
                        f"the cost {label} is {weight}, which no path can be ranked by",
                        fix=f"give a finite number from 0 to {MOST:,.0f}",
                    )

    def relation(self, relation: str, polarity: str = "present") -> float:
        """Cost of an edge's relation, without its evidence."""
        if polarity == "absent":
            return self.absent
        found = self.relations.get(relation, self.relations.get(relation.partition(":")[0]))
        return self.other_relation if found is None else found

    def seen(self, pooled: Pooled | None) -> float:
        """Cost of a frequency."""
        p = share(pooled)
        return self.frequency * (min(self.rarest, -math.log2(p)) if p > 0 else self.rarest)

    def code(self, code: str) -> float:
        """Cost of an edge's strongest evidence code."""
        return self.codes.get(code, self.other_code)


DEFAULT_COST = Cost()


def units(bits: float | NDArray[np.float64]) -> I64:
    """Bits as whole units of 1e-9."""
    return np.rint(np.asarray(bits, dtype=np.float64) * UNIT).astype(np.int64)


_reaches: WeakKeyDictionary[Graph, NDArray[np.float64]] = WeakKeyDictionary()


def reaches(graph: Graph) -> NDArray[np.float64]:
    """``log2(1 + reach)`` of every node; O(nodes) once a graph."""
    found = _reaches.get(graph)
    if found is None:
        degree, carried = np.diff(graph.adjacency.indptr), np.diff(graph.carriers.indptr)
        found = _reaches[graph] = np.log2(1.0 + np.maximum(degree, carried))
    return found


def _prices(graph: Graph, cost: Cost) -> tuple[I64, I64]:
    """``2 * relation + present``, grade → cost of an edge; and the same with frequencies unrecorded."""
    grades = graph.grades
    code = units(np.asarray([cost.code(code) for code in grades.codes]))[grades.code]
    columns = (column.tolist() for column in (grades.k, grades.n, grades.percent, grades.term))
    seen = units(np.asarray([
        cost.seen(
            Pooled(k=k, n=n) if n else Pooled(percent=p) if not math.isnan(p) else Pooled(term=grades.terms[term])
        )
        for k, n, p, term in zip(*columns, strict=True)
    ]))  # fmt: skip
    names = [(r, p) for r in graph.relations for p in ("absent", "present")]
    base = units(np.asarray([cost.relation(*name) for name in names], dtype=np.float64))[:, None]
    counted = np.asarray([name == (HAS_PHENOTYPE, "present") for name in names], dtype=np.bool_)[:, None]
    plain = np.where(
        np.arange(len(code)) > 0, code, 0
    )  # grade 0, no evidence, only counts in statements about patients
    price, bare = (
        np.where(counted, base + code + surprise, base + plain) for surprise in (seen, units(cost.seen(None)))
    )
    return np.ascontiguousarray(price), np.ascontiguousarray(bare)


def _turns(graph: Graph, cost: Cost) -> I64:
    """Class, following class (``2 * relation + against``) → cost of the turn."""
    count = len(graph.relations)
    relation = np.repeat(np.arange(count), 2)
    turn = np.where(relation[:, None] != relation[None, :], units(cost.change), 0)
    is_a = graph.relation_code(IS_A)
    if is_a >= 0:
        turn[2 * is_a, 2 * is_a + 1] = turn[2 * is_a + 1, 2 * is_a] = units(cost.reversal)
    return np.ascontiguousarray(turn, dtype=np.int64).reshape(2 * count, 2 * count)


def fares_of(graph: Graph, cost: Cost, touched: I32) -> Fares:
    """The cost of everything in a graph, as the compiled search reads it.

    Args:
        graph: An open graph.
        cost: The weights.
        touched: Sorted numbers of edges whose frequency the case may not see.

    Cost: O(nodes + grades + relations²); nothing is made for each edge.
    """
    price, bare = _prices(graph, cost)
    toll = units(cost.hub * reaches(graph))
    inner = toll[np.diff(graph.adjacency.indptr) > 1]
    return Fares(
        toll=toll,
        grade=np.asarray(graph.grade),
        price=price,
        bare=bare,
        touched=touched,
        turn=_turns(graph, cost),
        least_fare=int(price.min()) if price.size else 0,
        least_toll=int(inner.min()) if len(inner) else 0,
    )
