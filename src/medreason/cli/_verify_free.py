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

MOST_SHOWN = 20
MOST_WORDS = 160
NOTE = (
    "Unsupported means: not in this graph, never that it is wrong. Most sentences say nothing that the graph "
    "could have. This is no clinical validation."
)
SAYS = {"present": "has or causes", "absent": "does not have or cause", "is_a": "is a kind of", "": "named with"}


def _claim(found: FreeClaim, graph: Graph) -> dict[str, Any]:
    row = found._asdict()
    return {**row, "head_name": graph.name(found.head), "tail_name": graph.name(found.tail)}


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
             "claims": [_claim(c, graph) for c in r.claims]} for r in read
        ],
    }  # fmt: skip


def show(console: Console, read: Sequence[Read], summary: dict[str, Any], graph: Graph) -> None:
    """Prints counts, and the claims that the graph contradicts."""
    from rich.table import Table
    from rich.text import Text

    from medreason.quality.freetext.lookup import VERDICTS
    from medreason.quality.language import printable

    table = Table("claims", *VERDICTS, "all")
    for column in table.columns[1:]:
        column.justify = "right"
    words = {"asserted": "plainly said", "suggested": "said with a hedge", "together": "only named together"}
    for certainty, counts in summary["claims"].items():
        table.add_row(words[certainty], *(f"{counts[v]:,}" for v in VERDICTS), f"{sum(counts.values()):,}")
    told = (
        f"{summary['chains']:,} chains, {summary['steps']:,} steps, {summary['sentences']:,} sentences, "
        f"{summary['path_nodes']:,} nodes of paths, against {graph.ref.source} {graph.ref.version}"
    )
    console.print(Text(told), soft_wrap=True)
    console.print(table)
    for name, text in (
        ("supported_of_checkable", "grounded or derivable, of the claims"),
        ("sentences_with_a_claim", "sentences with a claim that can be looked up"),
    ):
        e = summary[name]
        if e["value"] is not None:
            value, low, high = (f"{100 * e[k]:.1f}" for k in ("value", "low", "high"))
            console.print(Text(f"{text}: {value} % ({low} to {high}, over chains)"), soft_wrap=True)
    wrong = [(r, c) for r in read for c in r.claims if c.verdict == "contradicted"]
    if wrong:
        listed = Table("chain", "step", "the graph says the opposite", title_justify="left")
        for r, c in wrong[:MOST_SHOWN]:
            sentence = " ".join(r.chain.text[c.start : c.end].split())[:MOST_WORDS]
            claim = f"{graph.name(c.head)} {SAYS[c.said]} {graph.name(c.tail)}: {sentence}"
            listed.add_row(Text(printable(c.chain)), str(c.step), Text(printable(claim)))
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

    from medreason.cli.run import progress_bar
    from medreason.errors import InputError
    from medreason.kg.store import open_graph
    from medreason.quality.freetext.claims import Reader
    from medreason.quality.freetext.counts import summarise
    from medreason.quality.freetext.rows import FIELDS, read_chains
    from medreason.quality.language import printable
    from medreason.records import Rejection

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
        _write(out, "".join(json.dumps(_claim(c, graph), ensure_ascii=False) + "\n" for r in read for c in r.claims))
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
