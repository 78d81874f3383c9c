"""Which organ systems a case is about: a documented rule over the top level of HPO.

A finding belongs to every child of ``HP:0000118`` (Phenotypic abnormality) that is it or is above it. A case is
about a system that holds at least a third of its observed findings; if none does, about the largest. Order:
number of findings, then id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from medreason.kg.source import IS_A
from medreason.kg.store import Graph
from medreason.records import Finding

PHENOTYPE_ROOT = "HP:0000118"
SHARE = 1 / 3


def top_level(graph: Graph) -> dict[int, str]:
    """Node number → name of the top-level branches."""
    root = graph.number(PHENOTYPE_ROOT)
    if root is None:
        return {}
    edges = graph.incoming[root]
    edges = edges[graph.relation[edges] == graph.relation_code(IS_A)]
    return {int(n): graph.concept_at(int(n)).name for n in graph.head[edges]}


def organ_systems(graph: Graph, findings: Iterable[Finding]) -> tuple[str, ...]:
    """Names of the organ systems of a case (see the module's rule)."""
    branches = top_level(graph)
    numbers = {graph.number(f.concept) for f in findings if f.status == "observed"} - {None}
    counts = Counter(int(a) for n in numbers if n is not None for a in graph.ancestors[n] if int(a) in branches)
    if not counts:
        return ()
    least = min(SHARE * len(numbers), max(counts.values()))
    kept = [(-count, branch) for branch, count in counts.items() if count >= least]
    return tuple(branches[branch] for _, branch in sorted(kept))
