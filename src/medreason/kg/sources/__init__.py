"""Readers of graph sources, and one place that knows which of them a request means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from medreason.errors import UsageError
from medreason.kg.names import apply_names
from medreason.kg.source import SourceGraph
from medreason.kg.sources.triples import TripleColumns

SOURCES = ("hpo", "primekg", "hetionet", "kgx", "triples", "obo")


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asks a build to read.

    Attributes:
        source: One of :data:`SOURCES`.
        input: File or folder of the source; only ``hpo`` has a default.
        edges: Edge table of KGX, where ``input`` is the node table.
        columns: Column names of triples.
        names: Files that add names.
        mappings: Files that add cross-references and, over exact matches, names.
        version: The source's version, for files that do not state one.
    """

    source: str
    input: Path | None = None
    edges: Path | None = None
    columns: TripleColumns = field(default_factory=TripleColumns)
    names: tuple[Path, ...] = ()
    mappings: tuple[Path, ...] = ()
    version: str = ""


class Plan(NamedTuple):
    """The files that will be read, the options that go into the manifest, and the reading itself."""

    files: list[Path]
    options: dict[str, Any]
    read: Callable[[], SourceGraph]


def _reader(request: Request) -> tuple[list[Path], Callable[[], SourceGraph]]:
    source, place, version = request.source, request.input, request.version
    if source == "hpo":
        from medreason.kg.hpo import read_hpo, release_files

        return release_files(place), lambda: read_hpo(place)
    if place is None:
        raise UsageError(f"{source} needs its files", fix="give --input; 'medreason kg fetch' gets public releases")
    if source == "primekg":
        from medreason.kg.sources.primekg import read_primekg

        path = _inside(place, ("kg.csv", "kg.csv.gz"))
        return [path], lambda: read_primekg(path, version=version or "unknown")
    if source == "hetionet":
        from medreason.kg.sources.hetionet import hetionet_files, read_hetionet

        return list(hetionet_files(place)), lambda: read_hetionet(place, version=version or "1.0")
    if source == "kgx":
        from medreason.kg.sources.kgx import kgx_files, read_kgx

        files = kgx_files(place, request.edges)
        return [*files.nodes, *files.edges], lambda: read_kgx(place, request.edges, version=version or "unknown")
    if source == "triples":
        from medreason.kg.sources.triples import read_triples

        return [place], lambda: read_triples(place, request.columns, version=version or "unknown")
    from medreason.kg.sources.ontology import read_ontology

    return [place], lambda: read_ontology(place, version=version)


def _inside(place: Path, names: tuple[str, ...]) -> Path:
    """The file itself, or the first of ``names`` in a folder."""
    if not place.is_dir():
        return place
    return next((place / n for n in names if (place / n).is_file()), place / names[0])


def plan(request: Request) -> Plan:
    """Says what a request reads, before anything is read.

    Raises:
        UsageError: no such source, or an option that it lacks or does not take.
        InputError: a folder does not hold the files of the source.
    """
    if request.source not in SOURCES:
        raise UsageError(f"there is no source {request.source!r}", fix=f"give one of: {', '.join(SOURCES)}")
    if request.edges and request.source != "kgx":
        raise UsageError(f"--edges is for kgx, not for {request.source}", fix="leave it out")
    columns = {k: v for k, v in asdict(request.columns).items() if v}
    if columns and request.source != "triples":
        raise UsageError(f"columns are named for triples, not for {request.source}", fix="leave these options out")
    files, read = _reader(request)
    options: dict[str, Any] = dict(columns)
    if request.version:
        options["version"] = request.version
    for name, paths in (("names", request.names), ("mappings", request.mappings)):
        if paths:
            options[name] = [p.name for p in paths]

    def both() -> SourceGraph:
        graph = read()
        if request.names or request.mappings:
            apply_names(graph, request.names, request.mappings)
        graph.facts["options"] = options
        return graph

    return Plan([*files, *request.names, *request.mappings], options, both)
