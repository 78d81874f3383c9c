"""``medreason verify``: checks every step of a dataset against the graph it cites; needs no model.

With ``--other-version`` or ``--was`` it compares the dataset with another version of that graph instead; with
``--free-text`` it checks chains that cite nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from medreason.kg.store import Graph
    from medreason.quality.drift import DriftReport, EdgeDrift, RecordDrift
    from medreason.quality.verify import VerifyReport
    from medreason.records import GraphRef

MOST_SHOWN = 20
MOST_OF_A_RECORD = 5
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


# -- another version of the graph ------------------------------------------------------------------------


def edge_words(edge: EdgeDrift, new: Graph, old: Graph | None) -> str:
    """What became of an edge, in one line."""
    from medreason.cli._kg_diff import change_words

    if old is None or old.edge_number(edge.edge) is None:
        return f"edge {edge.edge} is not in the graph"
    was = old.edge(edge.edge)
    ends = f"{old.name(was.head)} → {old.name(was.tail)}" + (" (absent)" if was.polarity == "absent" else "")
    if edge.fate == "changed" and edge.change is not None:
        return f"{ends}: {change_words(old, new, edge.change)}"
    if edge.fate == "flipped":
        return f"{ends} is {new.edge(edge.now).polarity} now ({edge.now})"
    if edge.fate == "moved":
        return f"{ends}: same statement under another id ({edge.now})"
    lost = [end for end in (was.head, was.tail) if new.number(end) is None]
    gone = f"; {' and '.join(lost)} left the graph" if lost else ""
    return f"{ends} is gone ({edge.edge}){gone}"


def _told(ref: GraphRef) -> str:
    return f"{ref.source} {ref.version}"


def drift_json(report: DriftReport, old: Graph | None) -> dict[str, Any]:
    """The comparison as one JSON document; records that hold with all edges unchanged are only counted."""
    from medreason.records import to_dict

    def edge(found: EdgeDrift) -> dict[str, Any]:
        facts = {k: v for k, v in to_dict(found).items() if k != "change"}
        if old is not None and old.edge_number(found.edge) is not None:
            was = old.edge(found.edge)
            facts |= {"head": was.head, "head_name": old.name(was.head), "relation": was.relation}
            facts |= {"tail": was.tail, "tail_name": old.name(was.tail), "polarity": was.polarity}
        if found.change is not None:
            frequency = [None if f is None else f._asdict() for f in found.change.frequency]
            rest = {k: v for k, v in to_dict(found.change).items() if k != "edge"}
            facts["change"] = rest | {"kinds": found.change.kinds, "frequency": frequency}
        return facts

    def record(found: RecordDrift) -> dict[str, Any]:
        return {
            "item": found.item,
            "outcome": found.outcome,
            "chosen": found.chosen[0],
            "best_supported_now": found.chosen[1],
            "margin": found.margin[0],
            "margin_now": found.margin[1],
            "renamed": [r._asdict() for r in found.renamed],
            "edges": [edge(e) for e in found.edges],
            "problems": [p._asdict() for p in found.problems],
        }

    return {
        "graph": to_dict(report.graph),
        "was": None if report.was is None else to_dict(report.was),
        "made_on": [to_dict(ref) for ref in report.made_on],
        "records": len(report.records),
        "steps": report.steps,
        "citations": report.citations,
        "holds": report.holds,
        "outcomes": report.outcomes,
        "edges": report.fates,
        "problems": [p._asdict() for p in report.problems],
        "drift": [record(r) for r in report.records if r.edges or r.outcome != "holds"],
    }


def _rows(found: RecordDrift, new: Graph, old: Graph | None) -> Iterator[tuple[str, str]]:
    """Steps and words for a record that no longer holds: choice, then edges, then what else is wrong."""
    from medreason.quality.drift import WEIGHTS

    before, now = found.chosen
    if found.outcome == "choice":
        yield "-", f"{now or 'no option'} is best supported now, not {before}"
    for edge in found.lost:
        steps = ", ".join(map(str, edge.steps)) or "-"
        yield steps, edge_words(edge, new, old)
    if found.outcome in {"statements", "faulty"}:
        told = [p for p in found.problems if found.outcome == "faulty" or p.rule not in WEIGHTS]
        changes = {e.edge: e for e in found.edges if e.fate == "changed"}
        for problem in told:
            edges = [e for word in problem.message.split() if (e := changes.get(word))]
            words = "".join(f": {edge_words(e, new, old)}" for e in edges)
            yield str(problem.step or "-"), problem.message + words


def _lost_rows(report: DriftReport, new: Graph, old: Graph | None) -> list[tuple[str, str, str]]:
    """Item, steps and words of every record that no longer holds, a few rows each."""
    from medreason.quality.drift import STANDING

    out = []
    for found in report.records:
        rows = list(_rows(found, new, old)) if found.outcome not in STANDING else []
        out += [(found.item, *row) for row in rows[:MOST_OF_A_RECORD]]
        if len(rows) > MOST_OF_A_RECORD:
            out.append((found.item, "…", f"and {len(rows) - MOST_OF_A_RECORD:,} more"))
    return out


def _changed_rows(report: DriftReport, new: Graph, old: Graph | None) -> list[tuple[str, str]]:
    """Number of records and words of every edge that changed and is still there."""
    cited: dict[str, list[EdgeDrift]] = {}
    for edge in (e for r in report.records for e in r.edges if not e.lost):
        cited.setdefault(edge.edge, []).append(edge)
    return [(f"{len(rows):,}", edge_words(rows[0], new, old)) for rows in cited.values()]


def show_drift(console: Console, report: DriftReport, new: Graph, old: Graph | None) -> None:
    """Prints how many records came to what, what is lost, and which edges changed."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from medreason.quality.drift import OUTCOMES, STANDING
    from medreason.quality.language import printable
    from medreason.quality.verify import told

    for ref in report.made_on:
        console.print(Text(f"made on        {printable(told(ref))}"), soft_wrap=True)
    console.print(Text(f"compared with  {told(report.graph)}"), soft_wrap=True)
    counts = Table("of the records", box=box.SIMPLE_HEAD, pad_edge=False)
    counts.add_column("n", justify="right")
    counts.add_column("still hold")
    for outcome, n in report.outcomes.items():
        if n or outcome != "faulty":
            counts.add_row(OUTCOMES[outcome], f"{n:,}", "yes" if outcome in STANDING else "no")
    counts.add_section()
    counts.add_row("all", f"{len(report.records):,}", "")
    console.print(counts)
    if report.fates:
        fates = ", ".join(f"{n:,} {word}" for word, n in report.fates.items())
        console.print(f"edges that the records cite: {fates}\n", highlight=False)

    def listing(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows[:MOST_SHOWN]:
            table.add_row(*(Text(printable(cell)) for cell in row))
        console.print(Text(title, style="bold"))
        console.print(table)
        if len(rows) > MOST_SHOWN:
            console.print(f"… and {len(rows) - MOST_SHOWN:,} more (--json lists all)\n", highlight=False)

    bad = [(p.item, str(p.step or "-"), p.message) for p in report.problems]
    if bad:
        listing(f"lines that are no records, or repeat an id: {len(bad):,}", ("item", "step", "what"), bad)
    lost = _lost_rows(report, new, old)
    if lost:
        listing(f"records that no longer hold: {report.broken:,}", ("item", "step", "what"), lost)
    if changed := _changed_rows(report, new, old):
        listing(f"edges that changed and are still there: {len(changed):,}", ("records", "edge"), changed)
    if old is None and any(report.outcomes[o] for o in OUTCOMES if o != "holds"):
        console.print("--was DIR (the graph of the dataset) tells what became of each edge", highlight=False)
    console.print(Text(drift_summary(report)), soft_wrap=True)
    console.print(Text(NOTE), soft_wrap=True)


def drift_summary(report: DriftReport) -> str:
    """The outcome in one line."""
    if not report.records and not report.problems:
        return "no records: nothing to check"
    standing = len(report.records) - report.broken
    return f"{standing:,} of {len(report.records):,} records still hold on {_told(report.graph)}"


# -- the command -----------------------------------------------------------------------------------------


def _drift(dataset: Path, kg: Path, was: Path | None, *, as_document: bool) -> None:
    import json

    from rich.console import Console

    from medreason.errors import CheckError
    from medreason.kg.store import open_graph
    from medreason.quality.drift import drift

    new, old = open_graph(kg), None if was is None else open_graph(was)
    report = drift(dataset, new, old)
    if as_document:
        typer.echo(json.dumps(drift_json(report, old), ensure_ascii=False, indent=1))
    else:
        show_drift(Console(), report, new, old)
    if report.holds:
        return
    causes = []
    if report.broken:
        causes.append(f"{report.broken:,} of {len(report.records):,} records no longer hold on {_told(report.graph)}")
    if report.problems:
        causes.append(f"{len(report.problems):,} lines of the dataset are no records or repeat an id")
    raise CheckError(
        "; ".join(causes),
        fix="cite the version that the dataset was made on, drop these records, or make the dataset again",
    )


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("verify")
    def verify_command(
        dataset: Annotated[
            Path,
            typer.Argument(
                help="A dataset.jsonl, or a run folder that holds one; with --free-text any JSON lines with reasoning."
            ),
        ],
        kg: Annotated[Path, typer.Option(metavar="DIR", help="Graph folder to check against.")],
        other_version: Annotated[
            bool, typer.Option("--other-version", help="The dataset cites another version: tell what has changed.")
        ] = False,
        was: Annotated[
            Path | None,
            typer.Option(metavar="DIR", help="Graph folder that the dataset cites, to tell what became of its edges."),
        ] = None,
        free_text: Annotated[
            bool, typer.Option("--free-text", help="Check chains that cite nothing: link names, look up pairs.")
        ] = False,
        page: Annotated[
            Path | None, typer.Option(metavar="FILE", help="With --free-text: write a page with claims in the text.")
        ] = None,
        out: Annotated[
            Path | None, typer.Option(metavar="FILE", help="With --free-text: write every claim, one JSON line each.")
        ] = None,
        json_: Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")] = False,
    ) -> None:
        """Check every step of a dataset against its graph, or another version of it, without a model."""
        import json

        from rich.console import Console

        from medreason.errors import CheckError, UsageError
        from medreason.kg.store import open_graph
        from medreason.quality.language import printable
        from medreason.quality.verify import verify

        if free_text:
            from medreason.cli._verify_free import check_free_text

            if other_version or was is not None:
                raise UsageError("--free-text compares no versions", fix="leave out --other-version and --was")
            check_free_text(dataset, kg, page, out, as_document=json_)
            return
        if page is not None or out is not None:
            raise UsageError("--page and --out belong to --free-text", fix="add --free-text, or leave them out")
        if other_version or was is not None:
            _drift(dataset, kg, was, as_document=json_)
            return
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
