"""``medreason kg diff``: what changed between two builds of a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from medreason.kg.diff import EdgeChange, GraphDiff, RelationCounts
    from medreason.kg.store import Graph

SHOWN = 5
COUNTS = ("added", "removed", "moved", "flipped", "changed")


def register(app: typer.Typer) -> None:
    """Adds the command to the group ``kg``."""
    app.command("diff")(diff_command)


def diff_command(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The graph folder before.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The graph folder after.")],
    limit: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help=f"Examples of each kind: {SHOWN} if not given; all with --json."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Compare two graphs: nodes, edges, polarity, evidence."""
    from medreason.kg.diff import diff
    from medreason.kg.store import open_graph

    graphs = open_graph(old), open_graph(new)
    found = diff(*graphs)
    if json_:
        import json

        typer.echo(json.dumps(as_json(found, *graphs, limit), ensure_ascii=False, indent=2))
    else:
        show(found, *graphs, SHOWN if limit is None else limit)


# -- words ---------------------------------------------------------------------------------------------


def change_words(old: Graph, new: Graph, change: EdgeChange) -> str:
    """What changed behind an edge, in one line: ``frequency 3 of 7 → 4 of 10; new reference PMID:1``."""
    from medreason.kg.frequency import in_words

    parts = []
    if "frequency" in change.kinds:
        parts.append(f"frequency {in_words(old, change.frequency[0])} → {in_words(new, change.frequency[1])}")
    for word, found in (
        ("new reference", change.references_added),
        ("reference gone", change.references_removed),
        ("new code", change.codes_added),
        ("code gone", change.codes_removed),
    ):
        if found:
            parts.append(f"{word} {', '.join(found)}")
    if change.turned:
        parts.append("with a direction in one graph only")
    return "; ".join(parts) or "other onset, sex, modifiers or rows; same frequency and references"


def _edge_words(graph: Graph, number: int) -> str:
    edge = graph.edge_at(number)
    return f"{graph.name(edge.head)} → {graph.name(edge.tail)}\n{edge.relation}, {edge.polarity}"


# -- terminal ------------------------------------------------------------------------------------------

Example = tuple[str, str]
Group = tuple[str, int, Callable[[int], Iterator[Example]]]


def _groups(found: GraphDiff, old: Graph, new: Graph) -> list[Group]:
    """Title, count, and the first N examples of everything that changed: id, and words."""

    def named(graph: Graph, ids: Sequence[str]) -> Callable[[int], Iterator[Example]]:
        return lambda n: ((i, graph.name(i)) for i in ids[:n])

    def edges(graph: Graph, numbers: Any) -> Callable[[int], Iterator[Example]]:
        return lambda n: ((graph.edge_id(i), _edge_words(graph, i)) for i in numbers[:n].tolist())

    def moved(n: int) -> Iterator[Example]:
        for a, b in found.moved[:n].tolist():
            yield old.edge_id(a), f"{_edge_words(old, a)}; now {new.edge_id(b)}"

    def flipped(n: int) -> Iterator[Example]:
        for a, b in found.flipped[:n].tolist():
            yield old.edge_id(a), f"{_edge_words(old, a)} → {new.edge_at(b).polarity}; now {new.edge_id(b)}"

    def changed(n: int) -> Iterator[Example]:
        for change in found.changed[:n]:
            edge = old.edge(change.edge)
            ends = f"{old.name(edge.head)} → {old.name(edge.tail)}"
            yield change.edge, f"{ends}\n{change_words(old, new, change)}"

    def retired(n: int) -> Iterator[Example]:
        for node in found.retired[:n]:
            yield node.id, f"{old.name(node.id)}; now {node.current} {new.name(node.current)}"

    return [
        ("nodes added", len(found.nodes_added), named(new, found.nodes_added)),
        ("nodes removed", len(found.nodes_removed), named(old, found.nodes_removed)),
        ("ids retired", len(found.retired), retired),
        ("nodes renamed", len(found.renamed), lambda n: ((r.id, f"{r.before} → {r.after}") for r in found.renamed[:n])),
        (
            "nodes of another type",
            len(found.retyped),
            lambda n: ((r.id, f"{new.name(r.id)}: {r.before} → {r.after}") for r in found.retyped[:n]),
        ),
        ("nodes with other details", len(found.described), named(new, found.described)),
        ("edges added", len(found.edges_added), edges(new, found.edges_added)),
        ("edges removed", len(found.edges_removed), edges(old, found.edges_removed)),
        ("edges moved to a current id", len(found.moved), moved),
        ("edges with flipped polarity", len(found.flipped), flipped),
        ("edges changed", len(found.changed), changed),
    ]


def _relations(found: GraphDiff) -> tuple[Table, int]:
    """Counts by relation and polarity, and how many rows without a change are left out."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    def cells(row: RelationCounts) -> list[int]:
        return [row.old, row.new, *(getattr(row, name) for name in COUNTS)]

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0))
    table.add_column("edges", overflow="fold")
    for name in ("old", "new", *COUNTS):
        table.add_column(name, justify="right", no_wrap=True)
    left_out = 0
    for row in found.relations:
        label = row.relation if row.polarity == "present" else f"{row.relation} {row.polarity}"
        if any(cells(row)[2:]) or row.old != row.new:
            table.add_row(Text(label), *(f"{n:,}" if n else "-" for n in cells(row)))
        else:
            left_out += 1
    sums = [sum(column) for column in zip(*map(cells, found.relations), strict=True)] or [0] * (2 + len(COUNTS))
    table.add_section()
    table.add_row("all", *(f"{n:,}" if n else "-" for n in sums))
    return table, left_out


def show(found: GraphDiff, old: Graph, new: Graph, limit: int) -> None:
    """Prints counts, then the first examples of each kind of change."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if found.identical:
        console.print(Text(f"identical: both are {_told(found.old)}"), soft_wrap=True)
        return
    grid = Table.grid(padding=(0, 2))
    for label, ref, nodes in zip(("old", "new"), (found.old, found.new), found.nodes, strict=True):
        grid.add_row(Text(label, style="bold"), Text(_told(ref)), f"{nodes:,} nodes")
    console.print(grid)
    if found.old.source != found.new.source:
        console.print(Text("These graphs come from different sources: ids and edges may have little in common."))
    table, left_out = _relations(found)
    console.print(table)
    if left_out:
        console.print(f"not listed, without a change: {left_out}")
    groups = [group for group in _groups(found, old, new) if group[1]]
    kinds = ", ".join(f"{kind} {n:,}" for kind, n in found.changed_by_kind.items() if n)
    for title, count, examples in groups:
        how = f" ({kinds})" if title == "edges changed" else ""
        console.print()
        console.print(Text.assemble((f"{title}: {count:,}", "bold"), how))
        listed = Table.grid(padding=(0, 2))
        listed.add_column(no_wrap=True, style="dim")
        listed.add_column(overflow="fold")
        for ident, words in examples(limit):
            listed.add_row(Text(f"  {ident}"), Text(words))
        if limit:
            console.print(listed)
        if count > limit > 0:
            console.print(Text(f"  … and {count - limit:,} more", style="dim"))
    if groups and limit:
        console.print(Text("\n--limit N shows more, --json lists all", style="dim"))


def _told(ref: Any) -> str:
    return f"{ref.source} {ref.version}, sha256 {ref.sha256[:12]}…"


# -- JSON ----------------------------------------------------------------------------------------------


def as_json(found: GraphDiff, old: Graph, new: Graph, limit: int | None) -> dict[str, Any]:
    """The differences as one document; ``limit`` cuts the lists, not the counts."""
    from medreason.records import to_dict

    def named(graph: Graph, ids: Sequence[str]) -> list[dict[str, str]]:
        return [{"id": i, "name": graph.name(i)} for i in ids[:limit]]

    def edge(graph: Graph, number: int) -> dict[str, str]:
        e = graph.edge_at(number)
        return {
            "id": e.id, "head": e.head, "head_name": graph.name(e.head), "relation": e.relation, "tail": e.tail,
            "tail_name": graph.name(e.tail), "polarity": e.polarity, "source": e.source,
        }  # fmt: skip

    def pairs(rows: Any) -> list[dict[str, str]]:
        return [{**edge(old, a), "now": new.edge_id(b)} for a, b in rows[:limit].tolist()]

    def changed(change: EdgeChange) -> dict[str, Any]:
        number = old.edge_number(change.edge)
        frequency = [None if f is None else f._asdict() for f in change.frequency]
        facts = {k: v for k, v in to_dict(change).items() if k not in ("edge", "frequency")}
        return {**edge(old, number or 0), "kinds": change.kinds, "frequency": frequency, **facts}

    return {
        "old": to_dict(found.old),
        "new": to_dict(found.new),
        "identical": found.identical,
        "counts": {
            "nodes_old": found.nodes[0],
            "nodes_new": found.nodes[1],
            **{title.replace(" ", "_"): count for title, count, _ in _groups(found, old, new)},
            "changed_by_kind": found.changed_by_kind,
        },
        "relations": [to_dict(row) for row in found.relations],
        "nodes": {
            "added": named(new, found.nodes_added),
            "removed": named(old, found.nodes_removed),
            "retired": [{**r._asdict(), "name": old.name(r.id)} for r in found.retired[:limit]],
            "renamed": [r._asdict() for r in found.renamed[:limit]],
            "other_type": [r._asdict() for r in found.retyped[:limit]],
            "other_details": named(new, found.described),
        },
        "edges": {
            "added": [edge(new, n) for n in found.edges_added[:limit].tolist()],
            "removed": [edge(old, n) for n in found.edges_removed[:limit].tolist()],
            "moved": pairs(found.moved),
            "flipped": pairs(found.flipped),
            "changed": [changed(c) for c in found.changed[:limit]],
        },
    }
