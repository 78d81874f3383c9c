"""``medreason verify --free-text``: chains that cite nothing, checked claim by claim against a graph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from medreason.kg.store import Graph
    from medreason.quality.freetext.claims import FreeClaim, Read
    from medreason.records import Rejection
    from medreason.report.claims_page import Explained

MOST_SHOWN = 20
MOST_WORDS = 160
NOTE = (
    "Unsupported means: not in this graph, never that it is wrong. This is no clinical validation: names and patterns "
    "are read by rules, and a claim that is found is right only as far as the graph is."
)


def _claim(found: FreeClaim, text: str, graph: Graph) -> dict[str, Any]:
    """A claim with its sentence, its names, and its edges in words with their references."""
    from medreason.report.claims_page import explained

    row = {**found._asdict(), "head_name": graph.name(found.head), "tail_name": graph.name(found.tail)}
    edges = [{"id": e.id, "says": e.says, "references": [r for r, _ in e.references]} for e in explained(graph, row)]
    return {**row, "sentence": text[found.start : found.end], "phrase": text[slice(*found.words)], "evidence": edges}


def document(read: Sequence[Read], rejected: Sequence[Rejection], summary: dict[str, Any], graph: Graph) -> Any:
    """Everything as one JSON document."""
    from medreason.quality.freetext.counts import of_claims
    from medreason.records import to_dict

    def steps(r: Read) -> list[dict[str, Any]]:
        return [{"n": s.n, "section": s.section, "start": s.start, "end": s.end, "sentences": len(s.sentences),
                 "claims": of_claims([c for c in r.claims if c.step == s.n])} for s in r.steps]  # fmt: skip

    return {
        "graph": to_dict(graph.ref),
        "summary": summary,
        "rejected": [to_dict(r) for r in rejected],
        "chains": [
            {"id": r.chain.id, "shape": r.chain.shape, "counts": of_claims(r.claims), "steps": steps(r),
             "dataset": r.chain.dataset, "spoken": r.spoken,
             "claims": [_claim(c, r.chain.text, graph) for c in r.claims]} for r in read
        ],
    }  # fmt: skip


def _share(estimate: dict[str, Any]) -> str:
    """A share as "3 of 8: 37.5 % (10.0 to 60.0)"; without an interval where the bootstrap has none."""
    if estimate["value"] is None:
        return "none"
    count = f"{round(estimate['value'] * estimate['n']):,} of {estimate['n']:,}: {100 * estimate['value']:.1f} %"
    if estimate["low"] is None:
        return count
    return f"{count} ({100 * estimate['low']:.1f} to {100 * estimate['high']:.1f})"


def _datasets(console: Console, summary: dict[str, Any]) -> None:
    """One block a dataset: how much can be checked at all, then what the graph says to it."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from medreason.quality.freetext.lookup import VERDICTS
    from medreason.quality.language import printable

    words = {"asserted": "plainly said", "suggested": "said with a hedge", "together": "only named together"}
    for name, found in summary["datasets"].items():
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("pairs of concepts that are")
        for column in (*VERDICTS, "all"):
            table.add_column(column, justify="right")
        for certainty, counts in found["claims"].items():
            table.add_row(words[certainty], *(f"{counts[v]:,}" for v in VERDICTS), f"{sum(counts.values()):,}")
        told = ", ".join(f"{found[k]:,} {k if found[k] != 1 else k[:-1]}" for k in ("chains", "steps", "sentences"))
        nodes = f", {found['path_nodes']:,} nodes of paths" if found["path_nodes"] else ""
        console.print(Text(f"{printable(name)}: {told}{nodes}", style="bold"), soft_wrap=True)
        covered = _share(found["sentences_with_a_claim"])
        console.print(Text(f"sentences with a claim that can be looked up: {covered}. Of the rest this says nothing."),
                      soft_wrap=True)  # fmt: skip
        console.print(table)
        said = {"supported_of_asserted": "plainly said", "supported_of_checkable": "said at all"}
        for key, whose in said.items():
            console.print(Text(f"grounded or derivable, of what is {whose}: {_share(found[key])}"), soft_wrap=True)
        console.print()


def _reasons(edges: Sequence[Explained]) -> str:
    return "; ".join(" ".join([e.says, *(r for r, _ in e.references)]) for e in edges)


def show(console: Console, read: Sequence[Read], summary: dict[str, Any], graph: Graph) -> None:
    """Prints counts by dataset, and the claims that the graph contradicts."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from medreason.quality.language import printable
    from medreason.report.claims_page import explained, in_words

    told = f"checked against {graph.ref.source} {graph.ref.version}; in brackets 95 % intervals, bootstrap over chains"
    console.print(Text(f"{told}\n"), soft_wrap=True)
    _datasets(console, summary)
    wrong = [(r, c) for r in read for c in r.claims if c.verdict == "contradicted"]
    if not wrong:
        console.print("No claim is contradicted.\n")
    else:
        listed = Table("chain", "step", "claim", "sentence", "the graph says", box=box.SIMPLE_HEAD, pad_edge=False)
        for r, c in wrong[:MOST_SHOWN]:
            sentence = " ".join(r.chain.text[c.start : c.end].split())[:MOST_WORDS]
            row = {**c._asdict(), "head_name": graph.name(c.head), "tail_name": graph.name(c.tail)}
            cells = (c.chain, str(c.step), in_words(row), sentence, _reasons(explained(graph, row)))
            listed.add_row(*(Text(printable(cell)) for cell in cells))
        console.print(Text(f"contradicted: {len(wrong):,}", style="bold"))
        console.print(listed)
        if len(wrong) > MOST_SHOWN:
            console.print(f"… and {len(wrong) - MOST_SHOWN:,} more (--json lists all)", highlight=False)
    console.print(Text(NOTE), soft_wrap=True)


def _write(path: Path, text: str) -> None:
    from medreason.dataset.write import replace_text
    from medreason.errors import RunFolderError

    try:
        replace_text(path, [text])
    except OSError as error:
        raise RunFolderError(
            f"cannot write it: {error.strerror or error}", fix="give a file that can be written", item=path.name
        ) from error


def check_free_text(dataset: Path, kg: Path, page: Path | None, out: Path | None, *, as_document: bool) -> None:
    """Reads all chains of a file, prints what they claim, and writes what is asked for.

    Raises:
        InputError: no file, or no chain in it.
        RunFolderError: a file cannot be written.
    """
    import json

    from rich.console import Console
    from rich.text import Text

    from medreason.cli._outputs import check_output
    from medreason.cli.run import progress_bar
    from medreason.errors import InputError
    from medreason.kg.store import open_graph
    from medreason.quality.freetext.claims import Reader
    from medreason.quality.freetext.counts import summarise
    from medreason.quality.freetext.rows import FIELDS, read_chains
    from medreason.quality.language import printable
    from medreason.records import Rejection

    for target in (page, out):
        if target is not None:
            check_output(target, dataset)
    graph = open_graph(kg)
    rows = list(read_chains(dataset / "dataset.jsonl" if dataset.is_dir() else dataset))
    rejected = [r for r in rows if isinstance(r, Rejection)]
    chains = [r for r in rows if not isinstance(r, Rejection)]
    if not chains:
        first = f": {rejected[0].id}: {rejected[0].detail}" if rejected else ""
        raise InputError(f"no chain is in this file{first}", fix=f"give rows with {FIELDS}", item=dataset.name)
    reader = Reader(graph)
    read: list[Read] = []
    with progress_bar("chains") as update:
        for chain in chains:
            read.append(reader.read(chain))
            update(len(read), len(chains))
    summary = {**summarise(read), "rejected": len(rejected)}
    if out is not None:
        _write(
            out,
            "".join(
                json.dumps(_claim(c, r.chain.text, graph), ensure_ascii=False) + "\n" for r in read for c in r.claims
            ),
        )
    if page is not None:
        _page(page, dataset, graph, read, summary)
    if as_document:
        typer.echo(json.dumps(document(read, rejected, summary, graph), ensure_ascii=False, indent=1))
        return
    console = Console()
    for rejection in rejected[:MOST_SHOWN]:
        console.print(Text(f"left out: {printable(rejection.id)}: {printable(rejection.detail)}"), soft_wrap=True)
    show(console, read, summary, graph)


def _page(page: Path, dataset: Path, graph: Graph, read: Sequence[Read], summary: dict[str, Any]) -> None:
    from medreason.report.claims_page import PageChain, render_claims

    shown = [PageChain(r.chain.id, r.chain.question, r.chain.text,
                       [c._asdict() for c in r.claims if c.checkable]) for r in read]  # fmt: skip
    _write(page, render_claims(graph, dataset.name, shown, summary))
