"""Adds names and cross-references from other files to the nodes of a source, before it is built.

Name files: OBO (names, synonyms, xrefs), SSSOM or any table with an id column and name, synonym or xref columns.
Mapping files: SSSOM (``subject_id predicate_id object_id`` and labels) or OBO (xrefs). Only ``exactMatch`` counts.

Rules. A node takes what is said of its own id, of an id that is its exact match, and of an exact match's names.
A mapping that is not one to one (a subject with several objects of one prefix, or the reverse) is ambiguous: its
cross-reference is kept, its names become synonyms of scope ``RELATED`` instead of ``EXACT``. Names of obsolete terms
are passed over. The preferred name of a node changes only where the source gave none but the id.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from medreason.errors import InputError
from medreason.kg.obo import read_obo
from medreason.kg.source import SourceGraph
from medreason.kg.sources import text
from medreason.kg.sources.curies import canonical
from medreason.records import Concept, Synonym

EXACT = ("skos:exactMatch", "owl:equivalentClass", "owl:sameAs", "semapv:crossSpeciesExactMatch")
ID_COLUMNS = ("id", "cls", "curie", "subject_id")
NAME_COLUMNS = ("name", "label", "cls_label", "subject_label")
SYNONYM_COLUMNS = ("synonym", "synonyms")
XREF_COLUMNS = ("xref", "xrefs")
_QUOTED = re.compile(r'^"(.*)"(?:@\w+|\^\^\S+)?$')


@dataclass(slots=True)
class Sayings:
    """What files say of ids (in comparable form): names, other ids, and exact matches between ids."""

    names: dict[str, dict[Synonym, None]] = field(default_factory=lambda: defaultdict(dict))
    xrefs: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    exact: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    passed_over: int = 0

    def name(self, curie: str, name: str, scope: str = "EXACT") -> None:
        """Notes a name, unless it is empty or that of an obsolete term."""
        name = unquoted(name)
        if name and not name.lower().startswith("obsolete "):
            self.names[canonical(curie)][Synonym(name, scope)] = None

    def xref(self, curie: str, other: str) -> None:
        """Notes a cross-reference."""
        if other := unquoted(other):
            self.xrefs[canonical(curie)][other] = None


def unquoted(cell: str) -> str:
    """A cell without the quotation marks and language tag that RDF exports leave around texts."""
    cell = cell.strip()
    match = _QUOTED.match(cell)
    return match[1].strip() if match else cell


def _is_obo(path: Path) -> bool:
    return path.name.removesuffix(".gz").endswith(".obo")


def _from_obo(path: Path, said: Sayings) -> None:
    with text.plain(path) as plain:
        ontology = read_obo(plain, path.name, strict=True)
    for term in ontology.terms.values():
        if term.obsolete:
            continue
        said.name(term.id, term.name)
        for synonym in term.synonyms:
            said.name(term.id, synonym.text, synonym.scope)
        for xref in term.xrefs:
            said.xref(term.id, xref)


def _from_sssom(path: Path, table: pl.DataFrame, said: Sayings) -> None:
    text.need_values(table, ["subject_id", "predicate_id", "object_id"], path.name)
    for column in ("subject_label", "object_label", "predicate_modifier"):
        if column not in table.columns:
            table = table.with_columns(pl.lit("").alias(column))
    order = ["subject_id", "predicate_id", "object_id", "subject_label", "object_label", "predicate_modifier"]
    for subject, predicate, object_, subject_label, object_label, modifier in table.select(order).iter_rows():
        said.name(subject, subject_label)
        said.name(object_, object_label)
        if predicate in EXACT and not modifier:
            said.exact.setdefault((canonical(subject), canonical(object_)), (subject, object_))
        else:
            said.passed_over += 1


def _read(path: Path, said: Sayings) -> None:
    if _is_obo(path):
        _from_obo(path, said)
        return
    table = text.read_table(path, [], separator=text.separator_of(path), quoted=text.separator_of(path) == ",")
    if {"subject_id", "predicate_id", "object_id"} <= set(table.columns):
        _from_sssom(path, table, said)
        return
    ids = [c for c in ID_COLUMNS if c in table.columns]
    named = [c for c in (*NAME_COLUMNS, *SYNONYM_COLUMNS) if c in table.columns]
    xrefs = [c for c in XREF_COLUMNS if c in table.columns]
    if not ids or not (named or xrefs):
        raise InputError(
            f"neither names nor mappings: the columns are {', '.join(table.columns[1:])[:200]}",
            fix=f"one of {', '.join(ID_COLUMNS)}, and one of {', '.join((*NAME_COLUMNS, *SYNONYM_COLUMNS, 'xref'))}",
            item=f"{path.name}:1",
        )
    text.need_values(table, ids[:1], path.name)
    for column in named:
        lists = column in SYNONYM_COLUMNS
        for curie, cell in table.select(ids[0], column).iter_rows():
            for name in cell.split("|") if lists else [cell]:
                said.name(curie, name)
    for column in xrefs:
        for curie, cell in table.select(ids[0], column).iter_rows():
            for xref in cell.split("|"):
                said.xref(curie, xref)


def ambiguous(pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """The pairs that are not one to one among ids of the same two prefixes."""
    forward: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    known = list(pairs)
    for a, b in known:
        forward[a, b.partition(":")[0]].add(b)
        forward[b, a.partition(":")[0]].add(a)
    return {
        (a, b) for a, b in known if len(forward[a, b.partition(":")[0]]) > 1 or len(forward[b, a.partition(":")[0]]) > 1
    }


def apply_names(graph: SourceGraph, names: Sequence[Path], mappings: Sequence[Path]) -> None:
    """Adds names and cross-references to ``graph.concepts`` and counts to ``graph.notes``.

    Raises:
        InputError: a file cannot be read, naming the line at fault.
    """
    said = Sayings()
    for path in (*names, *mappings):
        _read(path, said)
    unclear = ambiguous(said.exact)
    matches: defaultdict[str, list[tuple[str, str, bool]]] = defaultdict(list)
    for (a, b), (subject, object_) in said.exact.items():
        sure = (a, b) not in unclear
        matches[a].append((b, object_, sure))
        matches[b].append((a, subject, sure))
    before = [(len(c.synonyms), len(c.xrefs)) for c in graph.concepts]
    graph.concepts[:] = [_enriched(c, said, matches) for c in graph.concepts]
    graph.inputs = [*graph.inputs, *names, *mappings]
    graph.notes |= {
        "synonyms_added": sum(len(c.synonyms) - n for c, (n, _) in zip(graph.concepts, before, strict=True)),
        "xrefs_added": sum(len(c.xrefs) - n for c, (_, n) in zip(graph.concepts, before, strict=True)),
        "exact_matches_read": len(said.exact),
        "exact_matches_ambiguous": len(unclear),
        "mappings_not_exact": said.passed_over,
    }


def _enriched(concept: Concept, said: Sayings, matches: dict[str, list[tuple[str, str, bool]]]) -> Concept:
    own = canonical(concept.id)
    found: dict[Synonym, None] = dict(said.names.get(own, {}))
    xrefs = dict.fromkeys((*concept.xrefs, *said.xrefs.get(own, {})))
    for other, written, sure in matches.get(own, []):
        xrefs[written] = None
        for synonym in said.names.get(other, {}):
            found[synonym if sure else replace(synonym, scope="RELATED")] = None
    if not found and len(xrefs) == len(concept.xrefs):
        return concept
    name = concept.name
    if name == concept.id and said.names.get(own):
        name = next(iter(said.names[own])).text
    taken = {name.casefold(), *(s.text.casefold() for s in concept.synonyms)}
    synonyms = list(concept.synonyms)
    for synonym in found:
        if synonym.text.casefold() not in taken:
            taken.add(synonym.text.casefold())
            synonyms.append(synonym)
    kept = tuple(x for x in xrefs if canonical(x) != own or x in concept.xrefs)
    return replace(concept, name=name, synonyms=tuple(synonyms), xrefs=kept)
