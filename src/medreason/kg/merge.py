"""Joins two graphs into one source: nodes over equal ids and cross-references, edges as they are.

Rules, in this order; a node that one rule joins or finds ambiguous is out of the reach of the next:

1. the same id;
2. the id of one node is a cross-reference of the other;
3. both have the same cross-reference of a kind that names one thing (:data:`NAMING`).

Ids are compared as in :func:`medreason.kg.sources.curies.canonical`; only nodes of one family of types are joined
(a disease is never a phenotype). A join must be one to one: where a node has several partners, or its partner has,
nothing is joined, the nodes are counted and the first of them are listed in the manifest.

A joined node keeps the first graph's id, type and name; the second's id becomes a cross-reference and finds the
node as a retired id does; its name and synonyms become synonyms. Edges keep their source; two that agree in ends,
relation, polarity and source are one with the evidence of both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from medreason.kg.source import EdgeTable, SourceGraph
from medreason.kg.sources.curies import canonical
from medreason.kg.sources.edges import merge_tables
from medreason.kg.store import Graph
from medreason.records import Concept, EdgeEvidence, Synonym

NAMING = frozenset(["mondo", "umls", "doid", "omim", "orpha", "mesh", "hp", "ncbigene", "hgnc", "ensembl", "chebi"])
FAMILIES = {
    "gene/protein": "gene", "protein": "gene", "effect/phenotype": "phenotype", "small_molecule": "drug",
    "chemical": "drug", "chemical_entity": "drug", "gross_anatomical_structure": "anatomy",
}  # fmt: skip
VAGUE = frozenset(["entity", "term", "gene_ontology_term"])  # guessed from a prefix: fit any type
EXAMPLES = 50  # ambiguous nodes that the manifest lists


@dataclass(slots=True)
class Joins:
    """Second graph's node → first graph's node, and the nodes left apart, with their partners."""

    pairs: dict[int, int] = field(default_factory=dict)
    by_rule: dict[str, int] = field(default_factory=dict)
    ambiguous: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)


def _concepts(graph: Graph) -> list[Concept]:
    return [graph.concept_at(i) for i in range(graph.n_nodes)]


def _fit(a: Concept, b: Concept) -> bool:
    """Whether two nodes can be one thing, by their types."""
    one, other = FAMILIES.get(a.type, a.type), FAMILIES.get(b.type, b.type)
    return one == other or one in VAGUE or other in VAGUE


def _keys(concept: Concept, rule: int) -> Iterator[str]:
    """Ids under which a rule finds a node: 1 itself, 2 its cross-references too, 3 those that name one thing."""
    if rule < 3:
        yield canonical(concept.id)
    if rule > 1:
        for key in dict.fromkeys(map(canonical, concept.xrefs)):
            if rule == 2 or key.partition(":")[0] in NAMING:
                yield key


def _candidates(first: list[Concept], second: list[Concept], rule: int, joins: Joins) -> set[tuple[int, int]]:
    taken_first, taken_second = set(joins.pairs.values()), set(joins.pairs)
    at: defaultdict[str, list[int]] = defaultdict(list)
    for number, concept in enumerate(first):
        if number not in taken_first:
            for key in _keys(concept, rule):
                at[key].append(number)
    out = set()
    for number, concept in enumerate(second):
        if number in taken_second:
            continue
        own = canonical(concept.id)
        for key in _keys(concept, rule):
            for other in at.get(key, ()):
                direct = rule != 2 or key == own or key == canonical(first[other].id)
                if direct and _fit(first[other], concept):
                    out.add((other, number))
    return out


def find_joins(first: list[Concept], second: list[Concept]) -> Joins:
    """Applies the three rules. O(nodes and cross-references)."""
    joins = Joins()
    closed: tuple[set[int], set[int]] = (set(), set())
    for rule, name in ((1, "same_id"), (2, "cross_reference"), (3, "shared_cross_reference")):
        found = _candidates(first, second, rule, joins)
        found = {(a, b) for a, b in found if a not in closed[0] and b not in closed[1]}
        of_first: defaultdict[int, list[int]] = defaultdict(list)
        of_second: defaultdict[int, list[int]] = defaultdict(list)
        for a, b in sorted(found):
            of_first[a].append(b)
            of_second[b].append(a)
        sure = [(a, b) for a, b in sorted(found) if len(of_first[a]) == len(of_second[b]) == 1]
        joins.pairs |= {b: a for a, b in sure}
        joins.by_rule[name] = len(sure)
        joined = {a for a, _ in sure}
        for a, partners in of_first.items():
            if a not in joined:
                closed[0].add(a)
                joins.ambiguous.append((first[a].id, tuple(second[b].id for b in partners)))
        closed[1].update(b for b in of_second if b not in joins.pairs)
    return joins


def _joined(ours: Concept, other: Concept) -> Concept:
    xrefs = tuple(dict.fromkeys((*ours.xrefs, other.id, *other.xrefs)))
    taken = {ours.name.casefold(), *(s.text.casefold() for s in ours.synonyms)}
    extra = []
    for synonym in (Synonym(other.name), *other.synonyms):
        if synonym.text.casefold() not in taken:
            taken.add(synonym.text.casefold())
            extra.append(synonym)
    attributes = tuple(dict.fromkeys((*ours.attributes, *other.attributes)))
    return replace(
        ours,
        type=other.type if ours.type in VAGUE else ours.type,
        synonyms=(*ours.synonyms, *extra),
        definition=ours.definition or other.definition,
        xrefs=tuple(x for x in xrefs if x != ours.id),
        attributes=attributes,
    )


def _table(graph: Graph) -> EdgeTable:
    evidence: dict[int, tuple[EdgeEvidence, ...]] = {}
    if graph.manifest["counts"]["evidence_rows"]:
        evidence = {n: rows for n in range(graph.n_edges) if (rows := graph.evidence_at(n))}
    head, tail, relation = np.asarray(graph.head), np.asarray(graph.tail), np.asarray(graph.relation)
    present, directed, source = np.asarray(graph.present), np.asarray(graph.directed), np.asarray(graph.edge_source)
    return EdgeTable(head, tail, relation, present, directed, source, graph.relations, graph.sources, evidence)


def _both(a: str, b: str) -> str:
    return a if a == b or not b else f"{a}; {b}" if a else b


def merge_graphs(first: Graph, second: Graph) -> SourceGraph:
    """The two graphs as one source, to be built.

    Cost: decodes every node and every piece of evidence once (HPO: 3 s), else O(nodes + edges).
    """
    ours, theirs = _concepts(first), _concepts(second)
    joins = find_joins(ours, theirs)
    a, b = first.manifest, second.manifest
    graph = SourceGraph(
        f"{a['source']}+{b['source']}",
        f"{a['version']}+{b['version']}",
        _both(a["licence"], b["licence"]),
        _both(a["attribution"], b["attribution"]),
        [first.folder / "manifest.json", second.folder / "manifest.json"],
    )
    graph.concepts = list(ours)
    where = np.empty(len(theirs), dtype=np.int64)
    for number, concept in enumerate(theirs):
        if number in joins.pairs:
            at = joins.pairs[number]
            graph.concepts[at] = _joined(graph.concepts[at], concept)
        else:
            at = len(graph.concepts)
            graph.concepts.append(concept)
        where[number] = at
    _keep_apart(graph.concepts, len(ours))
    own = {c.id for c in graph.concepts}
    for old, number in second.retired():
        graph.retired[old] = graph.concepts[int(where[number])].id
    graph.retired |= {old: graph.concepts[number].id for old, number in first.retired()}
    for number, at in joins.pairs.items():
        graph.retired.setdefault(theirs[number].id, graph.concepts[at].id)
    graph.retired = {old: new for old, new in graph.retired.items() if old not in own}
    graph.table, doubled = merge_tables(_table(first), _table(second), where)
    graph.notes = {
        "nodes_joined": len(joins.pairs),
        **{f"joined_by_{name}": n for name, n in joins.by_rule.items()},
        "nodes_ambiguous": len(joins.ambiguous),
        "edges_in_both": doubled,
    }
    graph.facts["parts"] = [{k: m[k] for k in ("source", "version", "sha256", "licence")} for m in (a, b)]
    graph.facts["ambiguous"] = [{"id": i, "partners": list(p[:10])} for i, p in sorted(joins.ambiguous)[:EXAMPLES]]
    return graph


def _keep_apart(concepts: list[Concept], count: int) -> None:
    """Gives a node of the second graph whose id the first uses for something else an id with its type."""
    used = {c.id for c in concepts[:count]}
    for at in range(count, len(concepts)):
        concept = concepts[at]
        if concept.id in used:
            kind = "".join(x if x.isalnum() else "_" for x in concept.type)
            concepts[at] = replace(concept, id=f"{concept.id}#{kind}", xrefs=(*concept.xrefs, concept.id))
        used.add(concepts[at].id)
