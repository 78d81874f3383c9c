"""Any ontology in OBO format as a graph source.

``is_a`` and ``relationship`` tags become directed edges; what they name outside the file is counted, not kept.
A type is the term's ``namespace`` where the file uses several, else it is read from the id's prefix.
Obsolete terms are left out; ``alt_id`` and ``replaced_by`` make retired ids.
"""

from __future__ import annotations

from pathlib import Path

from medreason.kg.obo import OboTerm, read_obo
from medreason.kg.source import IS_A, SourceGraph, make_edge
from medreason.kg.sources.edges import HOUSE_NAMES, type_of
from medreason.kg.sources.text import plain
from medreason.records import Concept


def read_ontology(path: Path, *, version: str = "") -> SourceGraph:
    """Reads an OBO file, gzipped or not.

    Raises:
        InputError: the file cannot be read, naming the line where there is one.
    """
    with plain(path) as unpacked:
        ontology = read_obo(unpacked, path.name, strict=True)
    header = ontology.header
    name = header.get("ontology", "obo").removesuffix(".obo") or "obo"
    version = version or header.get("data-version", "unknown").rsplit("/releases/", 1)[-1].removesuffix(f"/{name}.obo")
    graph = SourceGraph("obo", version, "as the ontology states", header.get("ontology", ""), [path])
    live = {t.id: t for t in ontology.terms.values() if not t.obsolete}
    spaces = {t.namespace for t in live.values()}
    for term in ontology.terms.values():
        for alt in term.alt_ids:
            graph.retired[alt] = term.id
        if term.obsolete and term.replaced_by:
            graph.retired[term.id] = term.replaced_by
    outside = 0
    source = name.upper()
    for term in live.values():
        kind = term.namespace if len(spaces) > 1 and term.namespace else _type(term)
        synonyms, xrefs = tuple(dict.fromkeys(term.synonyms)), tuple(dict.fromkeys(term.xrefs))
        graph.concepts.append(Concept(term.id, kind, term.name or term.id, synonyms, term.definition, xrefs))
        stated = [(IS_A, parent) for parent in term.parents]
        stated += [(HOUSE_NAMES.get(r, r), target) for r, target in term.relationships]
        for relation, target in dict.fromkeys(stated):
            if target in live:
                graph.edges.append(make_edge(term.id, relation, target, source))
            else:
                outside += 1
    graph.notes["edges_to_terms_outside_the_file"] = outside
    return graph


def _type(term: OboTerm) -> str:
    kind = type_of(term.id)
    return "term" if kind == "entity" else kind
