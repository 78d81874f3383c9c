"""KGX tables (Biolink model, as Monarch, RTX-KG2 and others publish them) as a graph source.

Nodes: ``id category name synonym xref``; edges: ``subject predicate object`` and, where given, ``negated``,
``publications``, ``primary_knowledge_source``, ``knowledge_level``, ``has_evidence``, ``has_count``, ``has_total``,
``has_percentage``, ``onset_qualifier``, ``sex_qualifier``. Lists are joined by ``|``.

``negated`` true means polarity ``absent``. Rows that agree in ends, predicate, polarity and knowledge source are one
edge, each row with publications, a level or a frequency one piece of its evidence. ``biolink:subclass_of`` is read
as ``is_a``. Predicates that Biolink calls symmetric are undirected, head is the smaller id; all others are directed.
Format: https://github.com/biolink/kgx/blob/master/specification/kgx-format.md
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from medreason.errors import InputError
from medreason.kg.source import SourceGraph
from medreason.kg.sources import text
from medreason.kg.sources.edges import HOUSE_NAMES, Label, codes, doubled, edge_table, positions, type_of
from medreason.records import Concept, EdgeEvidence, Frequency, Synonym

SYMMETRIC = frozenset(
    """
    related_to associated_with correlated_with positively_correlated_with negatively_correlated_with coexists_with
    coexpressed_with colocalizes_with interacts_with directly_physically_interacts_with physically_interacts_with
    genetically_interacts_with genetically_associated_with similar_to chemically_similar_to homologous_to
    orthologous_to paralogous_to xenologous_to same_as close_match exact_match gene_fusion_with in_cell_population_with
    in_complex_with in_pathway_with in_linkage_disequilibrium_with opposite_of related_to_at_instance_level
    related_to_at_concept_level
    """.split()
)
# Categories that every node has, or that say less than another one beside them.
GENERIC = frozenset(
    """
    NamedThing Entity BiologicalEntity PhysicalEssence PhysicalEssenceOrOccurrent OntologyClass ThingWithTaxon
    DiseaseOrPhenotypicFeature GeneOrGeneProduct GenomicEntity ChemicalEntityOrGeneOrGeneProduct
    MacromolecularMachineMixin SubjectOfInvestigation ChemicalOrDrugOrTreatment
    """.split()
)
TYPES = {"PhenotypicFeature": "phenotype", "AnatomicalEntity": "anatomy"}
EVIDENCE = [
    *("publications", "knowledge_level", "has_evidence", "has_count", "has_total", "has_percentage"),
    *("onset_qualifier", "sex_qualifier"),
]
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Files(NamedTuple):
    """Node tables and edge tables."""

    nodes: list[Path]
    edges: list[Path]


def kgx_files(place: Path, edges: Path | None = None) -> Files:
    """The tables of a folder (``*nodes.tsv``, ``*edges.tsv``, gzipped or not), or the two that are given."""
    if edges is not None:
        return Files([place], [edges])
    found = [sorted(p for p in place.glob(f"*{part}.tsv*") if p.is_file()) for part in ("nodes", "edges")]
    if not all(found):
        raise InputError(
            "no *nodes.tsv and *edges.tsv in the folder", fix="give both: --input NODES --edges EDGES", item=place.name
        )
    return Files(*found)


def _split(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in cell.split("|") if part.strip()))


def type_of_category(category: str) -> str:
    """``biolink:MolecularActivity|biolink:NamedThing`` → ``molecular_activity``; the most special comes first."""
    names = [c.removeprefix("biolink:") for c in _split(category)]
    special = [n for n in names if n not in GENERIC] or names
    return TYPES.get(special[0], _CAMEL.sub("_", special[0]).lower()) if special else ""


def _concepts(path: Path) -> list[Concept]:
    table = text.read_table(path, ["id"], separator="\t", quoted=False)
    text.need_values(table, ["id"], path.name)
    for name in ("category", "name", "synonym", "xref", "description"):
        if name not in table.columns:
            table = table.with_columns(pl.lit("").alias(name))
    rows = table.select("id", "category", "name", "synonym", "xref", "description").iter_rows()
    return [
        Concept(
            curie,
            type_of_category(category) or type_of(curie),
            name or curie,
            tuple(Synonym(s) for s in _split(synonym) if s != name),
            definition,
            _split(xref),
        )
        for curie, category, name, synonym, xref, definition in rows
    ]


def _frequency(count: str, total: str, percentage: str) -> Frequency | None:
    if count and total:
        k, n = int(float(count)), int(float(total))
        if not 0 <= k <= n or n == 0:
            raise ValueError(f"{count} of {total} is no share")
        return Frequency(k=k, n=n)
    if percentage:
        share = float(percentage)
        if not 0 <= share <= 100:
            raise ValueError(f"{percentage} is no percentage")
        return Frequency(percent=share)
    return None


def _evidence(table: pl.DataFrame) -> dict[int, EdgeEvidence]:
    filled = table.with_columns(pl.lit("").alias(n) for n in EVIDENCE if n not in table.columns)
    some = filled.with_row_index("row").filter(pl.any_horizontal(pl.col(EVIDENCE) != ""))
    out = {}
    for row, line, name, publications, level, codes_, k, n, percent, onset, sex in some.select(
        "row", "line", "file", *EVIDENCE
    ).iter_rows():
        try:
            frequency = _frequency(k, n, percent)
        except ValueError as error:
            raise InputError(str(error), fix="correct the row", item=f"{name}:{line}") from error
        out[row] = EdgeEvidence(_split(publications), codes_ or level, frequency, onset, sex)
    return out


def _edge_rows(path: Path) -> pl.DataFrame:
    table = text.read_table(path, ["subject", "predicate", "object"], separator="\t", quoted=False)
    text.need_values(table, ["subject", "predicate", "object"], path.name)
    missing = [c for c in ("negated", "primary_knowledge_source") if c not in table.columns]
    table = table.with_columns(pl.lit("").alias(c) for c in missing)
    negated = table["negated"].str.strip_chars().str.to_lowercase()
    bad = ~negated.is_in(["", "true", "false"])
    if bad.any():
        row = int(bad.arg_max() or 0)
        raise InputError(
            f"negated is {table['negated'][row]!r}, neither true nor false",
            fix="correct the row",
            item=f"{path.name}:{table['line'][row]}",
        )
    kept = ["line", "subject", "predicate", "object", "primary_knowledge_source"]
    kept += [c for c in EVIDENCE if c in table.columns]
    polarity = pl.select(pl.when(negated == "true").then(pl.lit("absent")).otherwise(pl.lit("present"))).to_series()
    return table.select(kept).with_columns(polarity.alias("polarity"), pl.lit(path.name).alias("file"))


def read_kgx(place: Path, edges: Path | None = None, *, version: str = "unknown") -> SourceGraph:
    """Reads KGX tables.

    Args:
        place: A folder, or the node table if ``edges`` is given.
        edges: The edge table.
        version: The source's version, which KGX tables do not state.

    Raises:
        InputError: naming the line at fault.
    """
    files = kgx_files(place, edges)
    graph = SourceGraph("kgx", version, "as the source states", "", [*files.nodes, *files.edges])
    for path in files.nodes:
        graph.concepts.extend(_concepts(path))
    ids = [c.id for c in graph.concepts]
    if twice := doubled(ids):
        raise InputError(f"{len(twice)} node ids occur twice, the first is {twice[0]}", fix="keep one row of each",
                         item=files.nodes[0].name)  # fmt: skip
    tables = [_edge_rows(path) for path in files.edges]
    ends = [
        [positions(t[c], ids, t["line"], p.name) for t, p in zip(tables, files.edges, strict=True)]
        for c in ("subject", "object")
    ]
    head, tail = (np.concatenate(parts) for parts in ends)
    table = pl.concat(tables, how="diagonal").with_columns(pl.col(pl.String).fill_null(""))
    code, kinds = codes(table.select("predicate", "polarity", "primary_knowledge_source"))
    labels = []
    for predicate, polarity, source in kinds:
        name = predicate.removeprefix("biolink:")
        labels.append(Label(HOUSE_NAMES.get(name, name), polarity == "present", name not in SYMMETRIC, source or "kgx"))
    order = np.argsort(np.argsort(np.asarray(ids)))
    swap = ~np.asarray([x.directed for x in labels])[code] & (order[head] > order[tail])
    head, tail = np.where(swap, tail, head), np.where(swap, head, tail)
    distinct = {label: i for i, label in enumerate(dict.fromkeys(labels))}
    label = np.asarray([distinct[x] for x in labels], dtype=np.int64)[code]
    graph.table, repeated = edge_table(head, tail, label, list(distinct), _evidence(table))
    graph.notes |= {"rows": table.height, "rows_joined_to_another": repeated}
    return graph
