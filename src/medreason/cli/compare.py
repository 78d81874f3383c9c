"""``medreason compare``: runs on the same questions: accuracy, differences with intervals and tests, and a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from medreason.evaluation.published import Beside
    from medreason.evaluation.report import Report
    from medreason.evaluation.runs import Aligned, Run
    from medreason.evaluation.tables import Table

# Below this width an interval stands under its value, without the bootstrap's; below theirs, tables become lines.
ROOMY, LONG = 110, 12
WHOLE = ("questions", "points (95 %)", "bootstrap", "right (95 %)", "p")
LINES = {"published": 140, "calibration": 110, "changes": 150, "grounding": 140}
# Tables for the terminal; the report has all of them.
SHOWN = ("accuracy", "differences", "clean", "clean-differences", "unreadable", "published", "calibration", "changes",
         "grounding")  # fmt: skip


# -- what the options mean -----------------------------------------------------------------------------------


def unclean_of(told: Sequence[str], aligned: Aligned) -> dict[str, frozenset[str]]:
    """Task → ids that a contamination report does not call clean.

    Args:
        told: ``TASK=FILE`` each, or ``FILE`` where one task is compared; FILE as written by
            ``medreason contamination QUESTIONS --against TRAINING --json``.
        aligned: The runs.

    Raises:
        UsageError: no task is named where there are several, or it is none of them.
        InputError: the file is no such report, or speaks of other questions.
    """
    from medreason.errors import UsageError

    found: dict[str, frozenset[str]] = {}
    tasks = list(aligned.tasks)
    for value in told:
        name, sign, place = value.partition("=")
        task, path = (name, Path(place)) if sign else (tasks[0], Path(value))
        if not sign and len(tasks) > 1:
            raise UsageError("--contamination names no task", fix=f"give TASK=FILE, with a task of {', '.join(tasks)}")
        if task not in aligned.tasks:
            raise UsageError(f"there is no task {task!r} to compare", fix=f"tasks are {', '.join(tasks)}")
        found[task] = found.get(task, frozenset()) | _unclean(path, task, aligned)
    return found


def _unclean(path: Path, task: str, aligned: Aligned) -> frozenset[str]:
    import json

    from medreason.errors import InputError

    how = "give what `medreason contamination QUESTIONS --against TRAINING --json` prints"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"cannot be read as JSON: {error}", fix=how, item=path.name) from error
    try:
        found = frozenset(str(row["id"]) for row in data["found"] if row["verdict"] != "clean")
        asked = int(data["items"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("is no contamination report", fix=how, item=path.name) from error
    known = {id_ for run in aligned.having(task) for id_ in run.tasks[task]}
    if asked < len(aligned.tasks[task]) or (found and not found & known and asked <= len(known)):
        raise InputError(
            f"speaks of {asked:,} questions that are not those of {task}: none of the ids fits, or they are too few",
            fix="check the question file itself: it comes first, the training data after --against",
            item=path.name,
        )
    return found


def beside_of(told: Sequence[str], names: Sequence[str]) -> list[tuple[str, str]]:
    """Run and published model of each ``RUN=MODEL``, or ``MODEL`` for the first run.

    Raises:
        UsageError: no such run, or no such model.
    """
    from medreason.errors import UsageError
    from medreason.evaluation.published import model_of

    found = []
    for value in told:
        run, sign, model = value.partition("=")
        if sign and run not in names:
            raise UsageError(f"there is no run {run!r}", fix=f"runs are {', '.join(names)}")
        found.append((run if sign else names[0], model_of(model if sign else value)))
    return found


def _grounded(runs: Sequence[Run], places: Sequence[Path], kg: Path, seed: int) -> tuple[dict[str, Any], str]:
    """Steps of the outputs that lie in the folders of the runs, checked against a graph."""
    from medreason.errors import InputError
    from medreason.evaluation.grounded import grounded, read_outputs
    from medreason.kg.store import open_graph

    graph = open_graph(kg)
    found = {}
    for run, place in zip(runs, places, strict=True):
        outputs = read_outputs(place if place.is_dir() else place.parent)
        if outputs:
            found[run.name] = grounded(outputs, graph, seed=seed)
    if not found:
        raise InputError(
            "no run has an outputs.jsonl, so there are no steps to check",
            fix="leave --kg out, or put the texts beside the readings",
            item=places[0].name,
        )
    return found, f"{graph.ref.source} {graph.ref.version}"


def report_of(
    places: Sequence[Path],
    names: Sequence[str],
    *,
    published: Sequence[str] = (),
    contamination: Sequence[str] = (),
    kg: Path | None = None,
    strict: bool = False,
    against_first: bool = False,
    seed: int = 0,
) -> Report:
    """Reads the runs and computes everything that there is data for.

    Raises:
        MedReasonError: a file or an option cannot be used.
    """
    from medreason.evaluation import beyond
    from medreason.evaluation.compare import compare
    from medreason.evaluation.published import beside
    from medreason.evaluation.report import Report
    from medreason.evaluation.runs import align, read_run

    models = beside_of(published, names)
    runs = [read_run(place, name) for place, name in zip(places, names, strict=True)]
    aligned = align(runs, strict=strict)
    found = compare(aligned, unclean=unclean_of(contamination, aligned), against_first=against_first, seed=seed)
    told: list[Beside] = [one for run, model in models for one in beside(found, run, model)]
    steps, graph = _grounded(runs, places, kg, seed) if kg is not None else ({}, "")
    sure = {run.name: beyond.calibration(run.rows, seed=seed) for run in runs}
    long = {run.name: beyond.lengths(run.rows) for run in runs}
    turned = {run.name: beyond.changed(run.rows, seed=seed) for run in runs}
    return Report(
        found,
        told,
        {name: c for name, c in sure.items() if c is not None},
        {name: n for name, n in long.items() if n is not None},
        {name: c for name, c in turned.items() if c},
        steps,
        graph,
    )


# -- what is shown ------------------------------------------------------------------------------------------


def _table(console: Console, table: Table) -> None:
    """A table; that of differences is cut into one a pair, which leaves room for the numbers."""
    from rich.text import Text

    from medreason.quality.language import printable

    console.print(Text(f"\n{table.title}", style="bold"))
    roomy = console.width >= ROOMY
    if console.width < LINES.get(table.name, 0):
        for row in table.rows:
            told = "; ".join(
                f"{h} {c}" for n, (h, c) in enumerate(zip(table.header, row, strict=True))
                if c and not (table.is_text(n) and n < abs(table.texts))
            )  # fmt: skip
            head = ", ".join(row[: abs(table.texts)])
            console.print(Text.assemble((printable(head), "bold"), printable(f": {told}")))
    elif "pair" not in table.header:
        console.print(_plain(table.header, table.rows, table, roomy=roomy))
    else:
        hidden = {"pair"} if roomy else {"pair", "bootstrap"}
        kept = [n for n, h in enumerate(table.header) if h not in hidden]
        at = table.header.index("pair")
        for pair in dict.fromkeys(row[at] for row in table.rows):
            rows = [[row[n] for n in kept] for row in table.rows if row[at] == pair]
            console.print(Text(printable(pair), style="bold dim"))
            console.print(_plain([table.header[n] for n in kept], rows, table._replace(texts=1), roomy=roomy))
    for note in table.notes:
        console.print(Text(printable(note), style="dim"))


def _plain(header: Sequence[str], rows: Sequence[Sequence[str]], table: Table, *, roomy: bool) -> Any:
    """A table whose intervals stand on a line of their own where there is little room, and never break."""
    from rich.text import Text

    from medreason.cli.status import plain_table
    from medreason.quality.language import printable

    shown = plain_table(*header)
    for n, column in enumerate(shown.columns):
        column.justify = "left" if table.is_text(n) else "right"
        column.no_wrap = header[n] in WHOLE
    for row in rows:
        cells = [printable(cell) for cell in row]
        shown.add_row(*(Text(c if roomy or len(c) <= LONG else c.replace(" (", "\n(", 1)) for c in cells))
    return shown


def show(console: Console, report: Report) -> None:
    """Prints the tables that matter on a terminal, then each verdict as a line."""
    from rich.text import Text

    from medreason.evaluation.report import lead, sections
    from medreason.quality.language import printable

    console.print(Text(printable(lead(report.found))))
    tables = {table.name: table for table in sections(report)}
    for name in SHOWN:
        if name in tables:
            _table(console, tables[name])
    if "verdicts" in tables:
        console.print(Text("\nWhat it comes to", style="bold"))
        rows = tables["verdicts"].rows
        for pair in dict.fromkeys(row[1] for row in rows):
            console.print(Text(printable(pair), style="bold dim"))
            for scope, _, words in (row for row in rows if row[1] == pair):
                console.print(Text.assemble((printable(scope), "bold"), printable(f": {words}")))
    if "left" in tables:
        console.print(Text("\nLeft out of the comparison", style="bold"))
        for row in tables["left"].rows:
            console.print(Text(printable(row[0])))


def write(out: Path, report: Report) -> list[str]:
    """Writes the report as Markdown, page and JSON; returns the names.

    Raises:
        InputError: the folder cannot be written.
    """
    import json

    from medreason.errors import InputError
    from medreason.evaluation.report import JSON, MARKDOWN, PAGE, document, markdown, page

    texts = {
        MARKDOWN: markdown(report),
        PAGE: page(report),
        JSON: json.dumps(document(report), ensure_ascii=False, indent=1) + "\n",
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", fix="check --out", item=out.name) from error
    return list(texts)


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("compare")
    def compare_command(
        runs: Annotated[list[Path], typer.Argument(metavar="RUN…", help="Folders or files of readings, base first.")],
        out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write a report here: md, html, json.")] = None,
        names: Annotated[str | None, typer.Option(metavar="A,B,…", help="Names of the runs, in their order.")] = None,
        published: Annotated[
            list[str] | None,
            typer.Option(metavar="[RUN=]MODEL", help="Show published numbers of this model beside the (first) run."),
        ] = None,
        contamination: Annotated[
            list[str] | None,
            typer.Option(metavar="[TASK=]FILE", help="JSON of `medreason contamination`; clean ones apart."),
        ] = None,
        kg: Annotated[Path | None, typer.Option(metavar="DIR", help="Graph; check the steps in outputs.jsonl.")] = None,
        against_first: Annotated[
            bool, typer.Option("--against-first", help="Compare the others with the first alone.")
        ] = False,
        strict: Annotated[bool, typer.Option("--strict", help="Fail where a question is not in every run.")] = False,
        seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
        json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """Compare runs on the same questions: who is better, how sure that is, what the questions can show."""
        import json

        from rich.console import Console
        from rich.text import Text

        from medreason.evaluation.report import document
        from medreason.evaluation.runs import names_of
        from medreason.quality.language import printable

        report = report_of(
            runs, names_of(runs, names), published=published or (), contamination=contamination or (), kg=kg,
            strict=strict, against_first=against_first, seed=seed,
        )  # fmt: skip
        written = write(out, report) if out is not None else []
        if json_:
            typer.echo(json.dumps(document(report), ensure_ascii=False, indent=1))
            return
        console = Console(highlight=False)
        show(console, report)
        if written:
            console.print(Text(f"\nwritten to {printable(str(out))}: {', '.join(written)}"), soft_wrap=True)
