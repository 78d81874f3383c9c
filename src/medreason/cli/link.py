"""``medreason link``: a text with the concepts it names, in the terminal, as JSON or as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from medreason.kg.store import Graph
    from medreason.records import Link

# Node types looked for, in order of what the graph has, where none are asked for.
FINDINGS = ("phenotype", "effect/phenotype")
DISEASES = ("disease",)
STYLES = {"observed": "bold green", "excluded": "bold red", "family": "bold blue", "other": "bold yellow"}


def _is_file(given: str) -> bool:
    """Whether this is the name of a file, or one word that can only be meant as one."""
    if len(given) >= 1024 or "\n" in given:
        return False
    return Path(given).is_file() or (len(given.split()) == 1 and Path(given).suffix in {".txt", ".text", ".md"})


def read_text(given: str) -> str:
    """The text itself, the content of the file of that name, or standard input for ``-``.

    Raises:
        InputError: the file cannot be read, or there is no text.
    """
    import sys

    from medreason.errors import InputError

    name = ""
    try:
        if given == "-":
            name = "standard input"
            text = sys.stdin.read()
        elif _is_file(given):
            name = Path(given).name
            text = Path(given).read_text(encoding="utf-8")
        else:
            text = given
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else "not a text in UTF-8"
        raise InputError(f"cannot read: {cause}", fix="give a text, a text file, or -", item=name) from error
    if not text.strip():
        raise InputError("there is no text to link", fix="give a text, a text file, or -", item=name)
    return text


def node_types(graph: Graph, asked: Sequence[str]) -> tuple[str, ...]:
    """The asked node types, or those a graph has of the usual ones.

    Raises:
        UsageError: a type is not in the graph.
    """
    from medreason.errors import UsageError

    known = graph.manifest["counts"]["node_types"]
    wrong = [t for t in asked if t not in known]
    if wrong:
        raise UsageError(
            f"no node has the type {', '.join(wrong)}", fix=f"give one of: {', '.join(known)}", item=graph.folder.name
        )
    if asked:
        return tuple(dict.fromkeys(asked))
    usual = tuple(t for t in FINDINGS if t in known) or tuple(t for t in DISEASES if t in known)
    if not usual:
        raise UsageError("the graph has no findings or diseases", fix=f"give --type: one of {', '.join(known)}")
    return usual


def group(found: Link) -> str:
    """What a mention's scope means for the patient: observed, excluded, family or other."""
    mention = found.mention
    if mention.subject == "family":
        return "family"
    return "other" if mention.scope else mention.status


def scope(found: Link) -> str:
    """Status, subject and scope in words, e.g. ``observed``, ``excluded``, ``family, observed``."""
    mention = found.mention
    return ", ".join(
        part for part in ("family" if mention.subject == "family" else "", mention.status, mention.scope) if part
    )


def as_json(graph: Graph, text: str, types: Sequence[str], links: Sequence[Link]) -> dict[str, Any]:
    """The links of a text as one JSON document."""
    from medreason.records import to_dict

    rows = []
    for found in links:
        row = to_dict(found)
        row["name"], row["type"] = graph.name(found.concept), graph.concept(found.concept).type
        row["runner_up_name"] = graph.name(found.runner_up) if found.runner_up else ""
        rows.append(row)
    return {"graph": to_dict(graph.ref), "node_types": list(types), "text": text, "links": rows}


def show(console: Console, graph: Graph, text: str, links: Sequence[Link]) -> None:
    """Prints the text with its mentions marked, and one row a link."""
    from rich.table import Table
    from rich.text import Text

    from medreason.cli.explain import plain

    marked = Text(plain(text.strip()))
    shift = len(text) - len(text.lstrip())
    for found in links:
        marked.stylize(STYLES[group(found)], found.mention.start - shift, found.mention.end - shift)
    console.print(marked)
    console.print()
    if not links:
        console.print("No name of the graph was found in the text.")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("mention", "concept", "name", "scope", "method"):
        table.add_column(column, overflow="fold")
    table.add_column("score", justify="right", no_wrap=True)
    others = [f"{f.runner_up} {graph.name(f.runner_up)}" if f.runner_up else "" for f in links]
    if any(others):
        table.add_column("runner-up", overflow="fold")
    for found, other in zip(links, others, strict=True):
        wording = Text(" ".join(plain(found.mention.text).split()), STYLES[group(found)])
        name = Text(graph.name(found.concept))
        cells: list[str | Text] = [wording, found.concept, name, scope(found), found.method]
        table.add_row(*cells, f"{found.score:.2f}", *([Text(other)] if any(others) else []))
    console.print(table)


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("link")
    def link_command(
        text: Annotated[str, typer.Argument(metavar="TEXT|FILE|-", help="A text, a text file, or standard input.")],
        kg: Annotated[Path | None, typer.Option(metavar="DIR", help="Graph folder; default: the demo's graph.")] = None,
        type_: Annotated[
            list[str] | None,
            typer.Option("--type", metavar="TYPE", help="Node type to look for; repeatable. Default: findings."),
        ] = None,
        nested: Annotated[bool, typer.Option("--nested", help="Also show names inside longer names.")] = False,
        html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page.")] = None,
        json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """Show the concepts a text names: which, where, how sure, negated or not, of whom."""
        import json

        from rich.console import Console

        from medreason.cli.demo import demo_graph
        from medreason.errors import InputError
        from medreason.kg.store import open_graph
        from medreason.linking import link

        given = read_text(text)
        graph = open_graph(kg) if kg is not None else demo_graph()
        types = node_types(graph, type_ or [])
        links = link(graph, given, types, nested=nested)
        if html is not None:
            from medreason.report.linked import render_links

            try:
                html.write_text(render_links(graph, given, links), encoding="utf-8")
            except OSError as error:
                raise InputError(
                    f"cannot write: {error.strerror}", fix="give a file in a folder that exists", item=html.name
                ) from error
        if json_:
            typer.echo(json.dumps(as_json(graph, given, types, links), ensure_ascii=False, indent=1))
        else:
            show(Console(), graph, given, links)
