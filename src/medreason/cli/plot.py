"""``medreason plot``: the figures of a run as SVG and PNG, and the numbers of each as CSV."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from medreason.cli.site import Run
    from medreason.kg.store import Graph
    from medreason.report.plot_numbers import Made


def _formats(text: str) -> list[str]:
    """The formats asked for, each once.

    Raises:
        UsageError: one is not known.
    """
    from medreason.errors import UsageError
    from medreason.report.plots import FORMATS

    found = list(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    wrong = [form for form in found if form not in FORMATS]
    if wrong or not found:
        raise UsageError(f"{text!r} is no list of formats", fix=f"give --format {','.join(FORMATS)}, or one of them")
    return found


def tables_of(run: Run, graph: Graph | None) -> list[Made]:
    """Every figure's numbers, or why there are none; reads the run once.

    Raises:
        RunFolderError: the files of the run do not add up.
        GraphError: the run cites another graph.
    """
    from medreason.cli.site import counted
    from medreason.report import plot_numbers as numbers

    walks = numbers.Walks(graph) if graph is not None else None
    systems: Counter[str] = Counter()
    kept: list[str] = []

    def through() -> Any:
        for kind, row in run.endings():
            if kind == "record":
                kept.append(str(row.get("id") or row.get("id_in_dataset")))
                systems.update(row.get("organ_systems") or ())
                if walks is not None:
                    walks.add(row)
            yield kind, row

    _same_graph(run, graph)
    ledger = counted(run, through(), list(run.samples()))
    summary = run.manifest.get("summary") or {}
    source = str(run.config.get("source") or ("synthetic" if run.manifest.get("synthetic") else ""))
    without = "give the graph with --kg: lengths and relations are read from it"
    costs, total = _costs(run)
    return [
        numbers.funnel(ledger),
        numbers.yield_by_source(ledger, source, (summary.get("accuracy") or {}).get("answerable")),
        *(walks.tables() if walks else [numbers.Missing(name, without) for name in ("lengths", "relations")]),
        numbers.grounding((summary.get("chains") or {}).get("claims")),
        numbers.curve(summary.get("coverage_accuracy_curve") or () if "margin" in run.config else ()),
        numbers.cost(costs, kept, total),
        numbers.systems(systems, len(kept)),
    ]  # fmt: skip


def _same_graph(run: Run, graph: Graph | None) -> None:
    from medreason.errors import GraphError

    stated = (run.manifest.get("graph") or {}).get("sha256")
    if graph is not None and stated and stated != graph.ref.sha256:
        raise GraphError(
            f"the run cites graph {stated[:12]}…, the graph given is {graph.ref.sha256[:12]}…",
            fix="give the graph of the run with --kg, or leave --kg out",
            item=run.name,
        )


def _costs(run: Run) -> tuple[dict[str, float | None] | None, float | None]:
    """Cost by item and of the whole run, where there is a journal."""
    if run.folder is None or run.folder.replies is None:
        return None, None
    from medreason.llm.accounts import spent

    found = {item: s.cost for item, s in spent(run.folder.replies).items()}
    known = [c for c in found.values() if c is not None]
    return found, sum(known) if known else None


def write_figures(tables: list[Made], out: Path, formats: list[str]) -> list[dict[str, Any]]:
    """Draws and writes; returns what became of each figure.

    Raises:
        UsageError: matplotlib is not installed.
        InputError: the folder cannot be written.
    """
    from medreason.errors import InputError
    from medreason.report.plot_numbers import Missing, csv_text
    from medreason.report.plots import render

    drawn = [(t, {} if isinstance(t, Missing) else render(t, formats)) for t in tables]
    told: list[dict[str, Any]] = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for table, files in drawn:
            if isinstance(table, Missing):
                told.append({"figure": table.name, "files": [], "left_out": table.why})
                continue
            data = {"csv": csv_text(table).encode(), **files}
            for form, content in data.items():
                (out / f"{table.name}.{form}").write_bytes(content)
            names = [f"{table.name}.{form}" for form in (*files, "csv")]
            told.append({"figure": table.name, "title": table.title, "note": table.note, "files": names})
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror}", fix="give another --out", item=out.name) from error
    return told


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("plot")
    def plot_command(
        run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, or of medreason synth.")],
        out: Annotated[Path, typer.Option(help="New or empty folder.")],
        format_: Annotated[str, typer.Option("--format", metavar="LIST", help="svg, png, or both.")] = "svg,png",
        kg: Annotated[Path | None, typer.Option(help="Graph of the run, for path lengths and relations.")] = None,
        json_: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
    ) -> None:
        """Draw the figures of a run as SVG and PNG, and write the numbers of each as CSV."""
        import json

        from rich.console import Console
        from rich.text import Text

        from medreason.cli.site import empty_folder, run_of
        from medreason.quality.language import printable

        formats = _formats(format_)
        empty_folder(out)
        found = run_of(run)
        graph = None
        if kg is not None:
            from medreason.kg.store import open_graph

            graph = open_graph(kg)
        told = write_figures(tables_of(found, graph), out, formats)
        if json_:
            typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
            return
        console = Console(highlight=False)
        for one in told:
            if one["files"]:
                console.print(
                    Text.assemble((f"{one['figure']:<10}", "bold"), printable(f"{one['title']}; {one['note']}"))
                )
            else:
                console.print(Text.assemble((f"{one['figure']:<10}", "dim"), f"left out: {printable(one['left_out'])}"))
        drawn = sum(bool(one["files"]) for one in told)
        console.print(Text(f"{drawn} figures as {' and '.join(formats)}, numbers as csv, in {printable(str(out))}"))
