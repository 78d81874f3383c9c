"""``medreason verify``: checks every step of a dataset against the graph it cites; needs no model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from medreason.quality.verify import VerifyReport

MOST_SHOWN = 20
NOTE = "This checks what is said against the graph. It is no clinical validation."


def summary(report: VerifyReport) -> str:
    """The outcome in one line."""
    outcome = "all hold"
    if report.problems:
        outcome = f"{len(report.problems):,} problems in {report.bad_records:,} records"
    if not report.records and not report.problems:
        return "no records: nothing to check"
    counts = f"{report.records:,} records, {report.steps:,} steps, {report.citations:,} citations"
    return f"{counts} checked against graph {report.graph.source} {report.graph.version}: {outcome}"


def as_json(report: VerifyReport) -> dict[str, Any]:
    """The report as one JSON document, every problem included."""
    return {
        "graph": {"source": report.graph.source, "version": report.graph.version, "sha256": report.graph.sha256},
        "records": report.records,
        "steps": report.steps,
        "citations": report.citations,
        "holds": not report.problems,
        "by_rule": report.by_rule,
        "problems": [p._asdict() for p in report.problems],
    }


def show(console: Console, report: VerifyReport) -> None:
    """Prints what each rule found, the first problems, and the summary."""
    from rich.table import Table
    from rich.text import Text

    from medreason.quality.language import printable

    if report.problems:
        rules = Table("rule", "problems")
        for rule, count in report.by_rule.items():
            rules.add_row(rule, f"{count:,}")
        console.print(rules)
        listed = Table("item", "step", "message")
        for problem in report.problems[:MOST_SHOWN]:
            told = Text(printable(problem.message))
            listed.add_row(Text(printable(problem.item)), str(problem.step or "-"), told)
        console.print(listed)
        if len(report.problems) > MOST_SHOWN:
            console.print(f"… and {len(report.problems) - MOST_SHOWN:,} more (--json lists all)", highlight=False)
    console.print(Text(summary(report)), soft_wrap=True)
    console.print(Text(NOTE), soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("verify")
    def verify_command(
        dataset: Annotated[Path, typer.Argument(help="A dataset.jsonl, or a run folder that holds one.")],
        kg: Annotated[Path, typer.Option(help="Graph folder that the dataset cites.")],
        json_: Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")] = False,
    ) -> None:
        """Check every step of a dataset against its graph, without a model."""
        import json

        from rich.console import Console

        from medreason.errors import CheckError
        from medreason.kg.store import open_graph
        from medreason.quality.language import printable
        from medreason.quality.verify import verify

        report = verify(dataset, open_graph(kg))
        if json_:
            typer.echo(json.dumps(as_json(report), ensure_ascii=False, indent=1))
        else:
            show(Console(), report)
        if report.problems:
            first = report.problems[0]
            step = f", step {first.step}" if first.step else ""
            raise CheckError(
                f"{printable(first.message)} ({len(report.problems):,} problems in all)",
                fix="do not use this dataset; make it again, or drop the records listed",
                item=f"{printable(first.item)}{step}",
            )
