"""How ``medreason kg`` shows things: rich tables that fit 80 columns, or one JSON document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from medreason.kg.search import Hit
from medreason.kg.store import Graph
from medreason.records import Edge, Frequency, to_dict


def _print(*things: Any) -> None:
    console = Console(highlight=False)
    for thing in things:
        console.print(thing)


def _json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _facts(rows: Sequence[tuple[str, object]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, Text(str(value)))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def built(out: Path, manifest: dict[str, Any], *, fresh: bool) -> None:
    """What a build made, or that nothing had to be done."""
    counts = manifest["counts"]
    state = "built" if fresh else "up to date: same inputs, same format; nothing was changed"
    _print(
        _facts([
            ("graph", out),
            ("state", state),
            ("source", f"{manifest['source']} {manifest['version']}"),
            ("nodes", f"{counts['nodes']:,}"),
            ("edges", f"{counts['edges']:,}"),
            ("sha256", manifest["sha256"]),
        ])
    )  # fmt: skip


def merged(manifest: dict[str, Any]) -> None:
    """How many nodes a merge joined, and how many it left apart because it was not clear which."""
    counts = manifest["counts"]
    _print(
        _facts([
            ("joined nodes", f"{counts['nodes_joined']:,}"),
            ("ambiguous, left apart", f"{counts['nodes_ambiguous']:,} (examples in manifest.json)"),
        ])
    )  # fmt: skip


def info(graph: Graph, damaged: list[str] | None, *, as_json: bool) -> None:
    """The manifest without its file list, and the outcome of a check."""
    manifest = {k: v for k, v in graph.manifest.items() if k not in ("outputs", "relations")}
    checked = {} if damaged is None else {"files_ok": not damaged, "damaged": damaged}
    if as_json:
        _json({**manifest, "relations": graph.relations, **checked})
        return
    counts = manifest["counts"]
    rows: list[tuple[str, object]] = [
        ("source", f"{manifest['source']} {manifest['version']}"),
        ("sha256", manifest["sha256"]),
        ("licence", manifest["licence"]),
        ("attribution", manifest["attribution"]),
    ]
    if damaged is not None:
        rows.append(("files", f"damaged: {', '.join(damaged)}" if damaged else "all as the manifest says"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("count of")
    table.add_column("n", justify="right")
    for name, value in counts.items():
        if isinstance(value, dict):
            for kind, n in value.items():
                table.add_row(f"  {kind}", f"{n:,}")
        else:
            table.add_row(name.replace("_", " "), f"{value:,}")
    _print(_facts(rows), table)


def frequency_text(frequency: Frequency | None, graph: Graph) -> str:
    """A frequency as the source gave it: ``3/7``, ``40 %`` or the name of its term."""
    if frequency is None:
        return ""
    if frequency.n is not None:
        return f"{frequency.k}/{frequency.n}"
    if frequency.percent is not None:
        return f"{frequency.percent:g} %"
    return _named(graph, frequency.term or "")


def _named(graph: Graph, curie: str) -> str:
    number = graph.number(curie)
    return curie if number is None else graph.concept_at(number).name


def edge(graph: Graph, shown: Edge, *, as_json: bool) -> None:
    """One edge and its evidence rows."""
    head, tail = graph.concept(shown.head), graph.concept(shown.tail)
    if as_json:
        _json({**to_dict(shown), "head_name": head.name, "tail_name": tail.name})
        return
    facts = _facts([
        ("edge", shown.id),
        ("head", f"{head.name} ({head.id})"),
        ("relation", f"{shown.relation}, {shown.polarity}"),
        ("tail", f"{tail.name} ({tail.id})"),
        ("source", f"{shown.source}, {graph.ref.source} {graph.ref.version}"),
    ])  # fmt: skip
    if not shown.evidence:
        _print(facts)
        return
    table = _table("references", "code", "frequency", "onset", "sex", "modifiers")
    for row in shown.evidence:
        modifiers = ", ".join(_named(graph, m) for m in row.modifiers)
        frequency, onset = frequency_text(row.frequency, graph), _named(graph, row.onset)
        cells = (", ".join(row.references), row.code, frequency, onset, row.sex, modifiers)
        table.add_row(*(Text(cell) for cell in cells))
    _print(facts, table)


def hits(found: list[Hit], *, as_json: bool) -> None:
    """What a search found, best first."""
    if as_json:
        _json([to_dict(hit) for hit in found])
        return
    if not found:
        _print("nothing found")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("id", no_wrap=True)
    table.add_column("name", overflow="fold")
    table.add_column("matched", overflow="fold")
    table.add_column("how", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    for hit in found:
        other = "" if hit.matched == hit.name else hit.matched
        table.add_row(Text(hit.id), Text(hit.name), Text(other), hit.how, f"{hit.score:.3f}")
    _print(table)
