"""``medreason kg``: looks into a graph folder (info, search, edge, export); the other commands are in ``_kg_*``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medreason.cli import _kg_build, _kg_diff, _kg_evidence, _kg_paths

if TYPE_CHECKING:
    from medreason.kg.store import Graph

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A graph folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

app = typer.Typer(help="Build a knowledge graph, and look into one.", no_args_is_help=True)
_kg_build.register(app)
_kg_diff.register(app)
_kg_paths.register(app)
_kg_evidence.register(app)


def register(parent: typer.Typer) -> None:
    """Adds the command group to the main app."""
    parent.add_typer(app, name="kg")


def _open(folder: Path) -> Graph:
    from medreason.kg.store import open_graph

    return open_graph(folder)


@app.command()
def info(
    folder: Folder,
    check: Annotated[bool, typer.Option("--check", help="Compare every file's SHA-256.")] = False,
    json: Json = False,
) -> None:
    """Show what a graph is: source, version, counts, licence."""
    from medreason.cli import _kg_print as show
    from medreason.errors import CheckError

    graph = _open(folder)
    damaged = graph.check_files() if check else None
    show.info(graph, damaged, as_json=json)
    if damaged:
        raise CheckError(f"{len(damaged)} files differ from the manifest: {', '.join(damaged)}", fix="build it again")


@app.command()
def edge(
    folder: Folder,
    edge_id: Annotated[str, typer.Argument(metavar="EDGE_ID", help="E and 16 hexadecimal digits.")],
    json: Json = False,
) -> None:
    """Show one edge with all the evidence its source gives."""
    from medreason.cli import _kg_print as show

    graph = _open(folder)
    show.edge(graph, graph.edge(edge_id), as_json=json)


@app.command()
def search(
    folder: Folder,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="An id, a name, or part of one.")],
    limit: Annotated[int, typer.Option(min=1, help="How many hits at most.")] = 10,
    json: Json = False,
) -> None:
    """Find concepts by id, name or synonym."""
    from medreason.cli import _kg_print as show
    from medreason.kg.search import search as find

    show.hits(find(_open(folder), text, limit), as_json=json)


@app.command()
def export(
    folder: Folder,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write; must be empty or new.")],
    format_: Annotated[str, typer.Option("--format", metavar="FORMAT", help="Only: tsv.")] = "tsv",
) -> None:
    """Write nodes, edges and evidence as tab-separated files."""
    from medreason.errors import UsageError

    if format_ != "tsv":
        raise UsageError(f"there is no export format {format_!r}", fix="give --format tsv")
    from medreason.kg.export import write_tsv

    for path in write_tsv(_open(folder), out):
        typer.echo(path)
