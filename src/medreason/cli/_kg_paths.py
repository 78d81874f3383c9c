"""``medreason kg paths``: how two concepts are connected, hop by hop, as JSON, and as a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

if TYPE_CHECKING:
    from rich.text import Text

    from medreason.kg.cost import Cost
    from medreason.kg.pathset import PathSet
    from medreason.kg.store import Graph
    from medreason.kg.view import GraphView
    from medreason.records import Hop
    from medreason.records import Path as FoundPath
    from medreason.report.path_svg import Drawn

TOP, SLACK, LIMIT = 5, 1, 1000
REFERENCES = 2  # shown of each edge; --json has all
CONNECTION = "A path is a connection on record, not a reason for a diagnosis. Not medical advice."
NO_BREAK = "\u00a0"
LISTED = "repeatable, or with commas"


def register(app: typer.Typer) -> None:
    """Adds the command to the group ``kg``."""
    app.command("paths")(paths_command)


def paths_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A graph folder.")],
    start: Annotated[str, typer.Argument(metavar="FROM", help="CURIE or exact name.")],
    goal: Annotated[str, typer.Argument(metavar="TO", help="CURIE or exact name.")],
    top: Annotated[int | None, typer.Option(min=1, help=f"How many of the cheapest paths: {TOP} if not given.")] = None,
    slack: Annotated[int, typer.Option(min=0, help="Hops allowed above the shortest length.")] = SLACK,
    relations: Annotated[
        list[str] | None, typer.Option(metavar="A,B", help=f"Walk these relations only; {LISTED}.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without-relations", metavar="A,B", help=f"Not these; {LISTED}.")
    ] = None,
    types: Annotated[
        list[str] | None, typer.Option(metavar="A,B", help=f"Pass through these node types only; {LISTED}.")
    ] = None,
    pattern: Annotated[
        str,
        typer.Option(
            metavar="STOPS", help="A meta-path, e.g. \"phenotype <has_phenotype disease\"; 'quotes' around blanks."
        ),
    ] = "",
    polarity: Annotated[str, typer.Option(metavar="present|any", help="any: also edges that say absent.")] = "present",
    exclude_edge: Annotated[
        list[str] | None, typer.Option(metavar="EDGE_ID", help=f"As if not in the graph; {LISTED}.")
    ] = None,
    exclude_publication: Annotated[
        list[str] | None, typer.Option(metavar="PMID", help=f"Without what only these state; {LISTED}.")
    ] = None,
    cost: Annotated[
        list[str] | None, typer.Option(metavar="NAME=BITS", help="Another weight, e.g. hub=0 or relation:is_a=2.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="All simple paths within the slack, shortest first.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"How many paths --all may give: {LIMIT} if not given.")
    ] = None,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the paths into an SVG file.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show how two concepts are connected: the cheapest paths, with their sources."""
    from medreason.errors import UsageError
    from medreason.kg.filters import Filters
    from medreason.kg.paths import Searcher
    from medreason.kg.store import open_graph
    from medreason.kg.view import GraphView

    if all_ and top is not None:
        raise UsageError("--all gives every path, --top the cheapest", fix="give one of them; --limit bounds --all")
    if limit is not None and not all_:
        raise UsageError("--limit bounds --all", fix="give --all with it, or --top instead")
    filters = Filters(
        relations=_names(relations), not_relations=_names(without) or (), types=_names(types),
        polarity=polarity, pattern=_meta_path(pattern),  # type: ignore[arg-type]  # Filters checks the polarity
    )  # fmt: skip
    weights = _cost(cost or [])
    graph = open_graph(folder)
    ends = _end(graph, start), _end(graph, goal)
    if ends[0] == ends[1]:
        raise UsageError(f"both ends are {_called(graph, ends[0])}", fix="give two concepts")
    hidden, unknown = _publications(graph, _names(exclude_publication) or ())
    view = GraphView(graph, hidden)
    excluded = [_edge_id(e) for e in _names(exclude_edge) or ()]
    searcher = Searcher(graph, filters=filters, cost=weights, view=view, excluded_edges=excluded)
    if all_:
        found = searcher.simple(*ends, slack=slack, limit=limit or LIMIT)
    else:
        found = searcher.best(*ends, top or TOP, slack=slack)
    shown = document(found, view, ends)
    drawn = _draw(shown, svg) if svg is not None and found else None
    if json_:
        import json

        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    elif found:
        show(shown)
        if unknown:
            typer.echo(f"not cited anywhere in this graph: {', '.join(unknown)}")
        if drawn is not None:
            part = "" if drawn.paths == len(found) else f" (the first {drawn.paths} paths; more would not be readable)"
            typer.echo(f"drawn in {svg}{part}")
    if not found:
        raise _nothing(graph, ends, found)


# -- what was asked for ----------------------------------------------------------------------------------


def _end(graph: Graph, text: str) -> str:
    """The concept meant by an id or a name; of several with one name it says what each is.

    Raises:
        UnknownConceptError: nothing fits (with the nearest names), or several concepts do.
        InputError: the text is empty.
    """
    from medreason.errors import UnknownConceptError
    from medreason.kg.search import resolve, search

    try:
        return resolve(graph, text)
    except UnknownConceptError as error:
        hits = search(graph, text, 20)
        exact = [h for h in hits if h.how == "name"] or [h for h in hits if h.how == "synonym"]
        if len(exact) < 2:
            raise
        rows, degree = [], graph.adjacency.indptr
        for hit in exact:
            number = graph.require(hit.id)
            rows.append(f"  {hit.id}  {hit.name}: {hit.type}, {degree[number + 1] - degree[number]:,} edges")
        raise UnknownConceptError(
            "\n".join([f"{len(exact)} concepts are called {text!r}:", *rows]), fix="give the id of the one you mean"
        ) from error


def _names(given: Sequence[str] | None) -> tuple[str, ...] | None:
    """Values given one by one or with commas; ``None`` where the option was not given."""
    from medreason.errors import UsageError

    if given is None or not given:
        return None
    names = tuple(dict.fromkeys(part.strip() for text in given for part in text.split(",") if part.strip()))
    if not names:
        raise UsageError(f"{' '.join(given)!r} names nothing", fix="give names with commas between them")
    return names


def _meta_path(text: str) -> tuple[str, ...]:
    import shlex

    from medreason.errors import UsageError

    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"cannot read the pattern {text!r}: {error}", fix="close the quotation mark") from error


def _edge_id(text: str) -> str:
    return text[:1].upper() + text[1:].lower()


def _publications(graph: Graph, given: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Publications in the graph's spelling, and those of them that it does not cite."""
    from medreason.questions.publications import normalised

    hidden = normalised(f"PMID:{text}" if text.isdecimal() else text for text in given)
    return hidden, [text for text in hidden if not len(graph.edges_citing(text))]


def _cost(given: Sequence[str]) -> Cost:
    """The weights of :class:`medreason.kg.cost.Cost` with some of them changed."""
    from dataclasses import fields

    from medreason.errors import UsageError
    from medreason.kg.cost import CODE_COSTS, DEFAULT_COST, RELATION_COSTS, Cost

    if not given:
        return DEFAULT_COST
    plain = [f.name for f in fields(Cost) if f.name not in ("relations", "codes")]
    changed: dict[str, Any] = {"relations": dict(RELATION_COSTS), "codes": dict(CODE_COSTS)}
    for text in given:
        name, equals, bits = text.rpartition("=")
        kind, colon, member = name.partition(":")
        known = kind in ("relation", "code") and member if colon else name in plain
        if not equals or not known:
            raise UsageError(
                f"{text!r} is no weight", fix=f"give NAME=BITS with {', '.join(plain)}, relation:NAME or code:NAME"
            )
        try:
            value = float(bits)
        except ValueError as error:
            raise UsageError(f"the cost {name} is {bits!r}, which is no number", fix="give bits, e.g. 1.5") from error
        if colon:
            changed[f"{kind}s"][member] = value
        else:
            changed[name] = value
    return Cost(**changed)


def _called(graph: Graph, curie: str) -> str:
    return f"{graph.name(curie)} ({curie})"


def _nothing(graph: Graph, ends: tuple[str, str], found: PathSet) -> Exception:
    """The error that says why there is no path, and what to do."""
    from medreason.errors import InputError

    fixes = {
        "not connected": "the two lie in different parts of the graph; another graph, or kg merge, may join them",
        "filtered": "leave out a filter or an exclusion",
        "no match": "change the pattern, or allow more relations",
        "search bound": "ask for less slack",
    }
    both = f"{_called(graph, ends[0])} and {_called(graph, ends[1])}"
    return InputError(f"nothing to show between {both}: {found.explanation}", fix=fixes.get(found.reason, ""))


# -- what was found --------------------------------------------------------------------------------------


class _Reading(NamedTuple):
    """A relation as it reads in walking direction: an arrow and words."""

    arrow: str
    words: str


def reading(relation: str, *, forward: bool, symmetric: bool) -> _Reading:
    """How a hop reads. Walked against its direction, a relation has another name, or an arrow that points back."""
    from medreason.kg.source import INVERSE_READING

    if symmetric:
        return _Reading("—", relation.replace("_", " "))
    inverse = None if forward else INVERSE_READING.get(relation)
    return _Reading("→" if forward or inverse else "←", (inverse or relation).replace("_", " "))


def document(found: PathSet, view: GraphView, ends: tuple[str, str]) -> dict[str, Any]:
    """Everything about some paths, as plain data; the terminal and the drawing show parts of it."""
    graph = view.graph
    return {
        "graph": {"source": graph.ref.source, "version": graph.ref.version, "sha256": graph.ref.sha256},
        "from": _node(graph, ends[0]),
        "to": _node(graph, ends[1]),
        "excluded_publications": sorted(view.excluded),
        "paths": [
            {
                "rank": rank,
                "cost": path.cost,
                "nodes": [_node(graph, n) for n in path.nodes],
                "hops": [_hop(view, hop) for hop in path.hops],
                "checks": _checks(view, path),
            }
            for rank, path in enumerate(found.paths, 1)
        ],
        "total": found.total,
        "truncated": found.truncated,
        "reason": found.reason,
        "explanation": found.explanation,
    }


def _node(graph: Graph, curie: str) -> dict[str, str]:
    concept = graph.concept(curie)
    return {"id": concept.id, "name": concept.name, "type": concept.type}


def _hop(view: GraphView, hop: Hop) -> dict[str, Any]:
    from medreason.kg.frequency import in_words
    from medreason.kg.source import ASSOCIATED

    graph = view.graph
    number = graph.edge_number(hop.edge) or 0
    edge = graph.edge_at(number)
    head, tail = graph.concept(edge.head), graph.concept(edge.tail)
    # An edge without direction between two types reads from its head all the same: "drug treats disease".
    symmetric = not edge.directed and (head.type == tail.type or edge.relation == ASSOCIATED)
    arrow, words = reading(edge.relation, forward=hop.forward, symmetric=symmetric)
    pooled = view.frequency(edge, number)
    return {
        "edge": edge.id,
        "head": edge.head,
        "relation": edge.relation,
        "tail": edge.tail,
        "forward": hop.forward,
        "directed": edge.directed,
        "reading": f"{arrow} {words}",
        "polarity": edge.polarity,
        "frequency": None if pooled is None else {**pooled._asdict(), "words": in_words(graph, pooled)},
        "references": list(view.references(edge)),
        "codes": list(dict.fromkeys(row.code for row in edge.evidence if row.code)),
        "source": edge.source,
    }


def _checks(view: GraphView, path: FoundPath) -> list[dict[str, Any]]:
    """The clinical checks, read from the finding to the other end wherever one end alone is a finding."""
    from medreason.kg.checks import Case, path_checks
    from medreason.records import Hop
    from medreason.records import Path as Found

    graph = view.graph
    finding = ["phenotype" in graph.concept(path.nodes[end]).type for end in (0, -1)]
    if finding == [False, True]:
        path = Found(path.nodes[::-1], tuple(Hop(h.edge, not h.forward) for h in path.hops[::-1]), path.cost)
    case = Case((graph.require(path.nodes[0]),))
    return [{**c._asdict(), "edges": list(c.edges)} for c in path_checks(view, path, case)]


# -- terminal --------------------------------------------------------------------------------------------


def some(references: Sequence[str], most: int = REFERENCES) -> str:
    """The first references, and how many more there are."""
    more = len(references) - most
    return ", ".join(references[:most]) + (f" and {more} more" if more > 0 else "")


def show(shown: dict[str, Any]) -> None:
    """Prints the paths hop by hop, each with its cost and the checks it fails."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    for path in shown["paths"]:
        hops = len(path["hops"])
        title = (f"{path['rank']}  ", "bold"), f"{hops} hop{'' if hops == 1 else 's'}, cost {path['cost']:.2f} bits"
        console.print(Text.assemble(*title))
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(ratio=1, overflow="fold")
        grid.add_column(overflow="fold", max_width=24, justify="right")
        for number, node in enumerate(path["nodes"]):
            if number:
                words, edge = _hop_cells(path["hops"][number - 1])
                grid.add_row(Padding(words, (0, 0, 0, 2)), edge)
            grid.add_row(Text(node["name"], "bold"), Text(node["id"], "dim"))
        console.print(Padding(grid, (0, 0, 0, 3)))
        for check in path["checks"]:
            if check["outcome"] == "fail":
                words = Text(f"check {check['rule'].replace('_', ' ')}: {check['reason']}", "yellow")
                console.print(Padding(words, (0, 0, 0, 3)))
        console.print()
    if shown["truncated"]:
        console.print(Text(shown["explanation"]))
    console.print(Text(CONNECTION, "dim"))


def _hop_cells(hop: dict[str, Any]) -> tuple[Text, Text]:
    """A hop in words, and its edge."""
    from rich.text import Text

    seen = hop["polarity"] == "present"
    details = [hop["reading"] if seen else f"{hop['reading']}, looked for and not seen"]
    if hop["frequency"]:
        details.append(hop["frequency"]["words"])
    if hop["references"]:
        details.append(some(hop["references"]))
    return Text("; ".join(details), "cyan" if seen else "red"), Text(hop["edge"], "dim")


# -- drawing ---------------------------------------------------------------------------------------------


def _draw(shown: dict[str, Any], file: Path) -> Drawn:
    from medreason.errors import InputError
    from medreason.report.path_svg import Box, Line, draw

    paths = shown["paths"]
    boxes = {n["id"]: Box(n["id"], n["name"], n["type"]) for p in paths for n in p["nodes"]}
    lines = {h["edge"]: Line(h["edge"], h["head"], h["tail"], *_line(h)) for p in paths for h in p["hops"]}
    graph = shown["graph"]
    drawn = draw(
        list(boxes.values()),
        list(lines.values()),
        [([n["id"] for n in p["nodes"]], [h["edge"] for h in p["hops"]]) for p in paths],
        title=f"{shown['from']['name']} – {shown['to']['name']}",
        caption=f"Graph: {graph['source']} {graph['version']}. {CONNECTION}",
        best=min(range(len(paths)), key=lambda n: paths[n]["cost"]),
    )
    try:
        file.write_text(drawn.svg, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"cannot write: {error.strerror}", fix="give a file in a folder that exists", item=str(file)
        ) from error
    return drawn


def _line(hop: dict[str, Any]) -> tuple[str, bool, bool]:
    """Label, arrow and polarity of an edge in the drawing, where it stands as the graph states it."""
    present = hop["polarity"] == "present"
    words = hop["relation"].replace("_", NO_BREAK)
    often = ", " + hop["frequency"]["words"].replace(" ", NO_BREAK) if hop["frequency"] else ""
    return f"{words}{often}" if present else f"not seen: {words}{often}", not hop["reading"].startswith("—"), present
