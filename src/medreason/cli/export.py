"""``medreason export``: a run as a dataset for training or publishing, with its card."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console


class Format(StrEnum):
    """Formats of an export."""

    hf = "hf"
    medreason = "medreason"
    sft = "sft"
    sharegpt = "sharegpt"
    alpaca = "alpaca"
    dpo = "dpo"
    rl = "rl"


class Think(StrEnum):
    """How the thinking of a target is marked."""

    headings = "headings"
    tags = "tags"


class Shape(StrEnum):
    """Columns of ``sft``."""

    messages = "messages"
    pairs = "prompt-completion"


def _licences(stated: list[str]) -> dict[str, str]:
    """``SOURCE=TEXT`` as a mapping.

    Raises:
        UsageError: one has no source or no text.
    """
    from medreason.errors import UsageError

    found = {}
    for one in stated:
        source, sign, text = one.partition("=")
        if not sign or not source.strip() or not text.strip():
            raise UsageError(f"--licence {one!r} names no source", fix="give --licence jsonl='CC BY 4.0'")
        found[source.strip()] = text.strip()
    return found


def _report(path: Path) -> dict[str, Any]:
    """A contamination report.

    Raises:
        InputError: it cannot be read.
    """
    import json

    from medreason.errors import InputError

    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot be read ({error})", fix="give a file of contamination --json", item=path.name
        ) from None
    return found if isinstance(found, dict) else {}


def _account(run: Path) -> dict[str, Any] | None:
    """Requests, tokens and cost of a run with a language model, from a copy of its journal: the run is not touched."""
    import shutil
    import tempfile

    from medreason.engine_llm import REPLIES, summary_of

    if not run.is_dir() or not (run / REPLIES).is_file():
        return None
    with tempfile.TemporaryDirectory() as copy:
        for path in run.glob(f"{REPLIES}*"):
            shutil.copy2(path, copy)
        return summary_of(Path(copy)) or None


def show(console: Console, told: dict[str, Any], out: Path) -> None:
    """Prints what was written, what stays out, and what to know of it."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from medreason.quality.language import printable

    table = Table(title=f"Export, format {told['format']}", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("split")
    for column in ("rows", "questions", "answers"):
        table.add_column(column, justify="right")
    for name, one in told["splits"].items():
        table.add_row(name, *(f"{one[key]:,}" for key in ("rows", "records", "answers")))
    console.print(table)
    if told["dropped"]:
        left = Table(title="Left out (ids in dropped.jsonl)", title_justify="left", box=box.SIMPLE_HEAD)
        left.add_column("reason")
        left.add_column("rows or questions", justify="right")
        for reason, n in told["dropped"].items():
            left.add_row(reason, f"{n:,}")
        console.print(left)
    if told["errors"]:
        wrong = Table(title="Rejected chains", title_justify="left", box=box.SIMPLE_HEAD)
        wrong.add_column("what is wrong")
        wrong.add_column("pairs", justify="right")
        for error, n in told["errors"].items():
            wrong.add_row(error, f"{n:,}")
        console.print(wrong)
    if told["tokens"]:
        _show_tokens(console, told["tokens"])
    for note in notes(told):
        console.print(Text(f"note: {printable(note)}", "yellow"), soft_wrap=True)
    console.print(Text(f"written to {printable(str(out))}: data/, README.md (the card), export.json, dropped.jsonl"),
                  soft_wrap=True)  # fmt: skip


def _show_tokens(console: Console, tokens: dict[str, Any]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(title="Tokens a row, without a chat template's own", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("")
    for column in ("shortest", "median", "90 %", "99 %", "longest"):
        table.add_column(column, justify="right")
    for name in ("prompt", "target", "total"):
        table.add_row(name, *(f"{n:,}" for n in tokens[name].values()))
    console.print(table)
    limits = Table(title="Rows longer than", title_justify="left", box=box.SIMPLE_HEAD)
    for limit in tokens["longer_than"]:
        limits.add_column(f"{int(limit):,}", justify="right")
    limits.add_row(*(f"{n:,}" for n in tokens["longer_than"].values()))
    console.print(limits)


def notes(told: dict[str, Any]) -> list[str]:
    """What the user should know of an export before using it."""
    from medreason.dataset.export.metadata import UNSTATED

    found = []
    if n := (told["sheets"] or {}).get("none", 0) if (told["form"] or {}).get("citations") else 0:
        found.append(f"{n:,} questions have no evidence sheet: their prompts show no evidence and their steps cite none"
                     + ("" if told["one_disorder"] else "; --kg makes sheets"))  # fmt: skip
    if not told["one_disorder"]:
        found.append("without --kg, other names of one disorder are not looked for when splitting")
    unstated = sorted({p["source"] for p in told["parts"] if p["licence"] == UNSTATED})
    if unstated:
        found.append(f"no licence is stated for: {', '.join(unstated)}; --licence SOURCE=TEXT states one")
    if told["evaluation_split"]:
        found.append(f"{told['evaluation_split']:,} questions are test data, and the card says so")
    refused = ((told["contamination"] or {}).get("exported") or {}).get("refuse", 0)
    if refused:
        found.append(f"{refused:,} questions have the verdict refuse in the contamination report")
    if told["contamination"] is None:
        found.append("contamination was not checked; --contamination FILE puts a report on the card")
    return found


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("export")
    def export_command(
        run: Annotated[Path, typer.Argument(help="A run folder, a folder of medreason synth, or a dataset.jsonl.")],
        format_: Annotated[Format, typer.Option("--format", help="What is written; docs/export.md describes each.")],
        out: Annotated[Path, typer.Option(metavar="DIR", help="A new folder.")],
        kg: Annotated[
            Path | None,
            typer.Option(metavar="DIR", help="The run's graph: sheets, planted errors, names of disorders."),
        ] = None,
        think: Annotated[Think, typer.Option(help="Form of the thinking in a target.")] = Think.headings,
        citations: Annotated[
            bool, typer.Option("--citations/--no-citations", help="Evidence in prompts, and steps that cite it.")
        ] = True,
        shape: Annotated[Shape, typer.Option(help="Columns of sft.")] = Shape.messages,
        splits: Annotated[str, typer.Option(metavar="SHARES", help="Train, validation, test.")] = "0.8,0.1,0.1",
        seed: Annotated[int, typer.Option(min=0, help="Orders the splits and the planted errors.")] = 0,
        planted: Annotated[int, typer.Option(min=0, max=5, help="dpo: planted pairs a question at most.")] = 1,
        tokenizer: Annotated[
            Path | None, typer.Option(metavar="PATH", help="Count tokens: tokenizer.json or its folder.")
        ] = None,
        max_tokens: Annotated[int, typer.Option(min=0, help="Leave out longer rows; 0 for no limit.")] = 0,
        licence: Annotated[
            list[str] | None, typer.Option(metavar="SOURCE=TEXT", help="Licence of a source that states none.")
        ] = None,
        contamination: Annotated[
            Path | None, typer.Option(metavar="FILE", help="Output of contamination check --json.")
        ] = None,
        include_evaluation_split: Annotated[
            bool, typer.Option("--include-evaluation-split", help="Let test data in; the card says so.")
        ] = False,
        json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """Write a run as a dataset for training or publishing, split by disease, with a dataset card."""
        import json

        from rich.console import Console

        from medreason.cli.run import progress_bar
        from medreason.dataset.export import Form, Options, export
        from medreason.dataset.export.lengths import counter
        from medreason.dataset.export.splits import shares_of
        from medreason.llm.request import prompt_digests

        options = Options(
            format=format_.value, form=Form(think.value, citations), shape=shape.value, shares=shares_of(splits),
            seed=seed, planted=planted, max_tokens=max_tokens, include_evaluation_split=include_evaluation_split,
            licences=_licences(licence or []),
        )  # fmt: skip
        options.check(counts_tokens=tokenizer is not None)
        knowledge = None
        if kg is not None:
            from medreason.cli._export_graph import ExportGraph

            knowledge = ExportGraph(kg)
        count = counter(tokenizer) if tokenizer is not None else None
        report = _report(contamination) if contamination is not None else None
        with progress_bar("records") as update:
            told = export(
                run, out, options, knowledge=knowledge, count=count, contamination=report, account=_account(run),
                prompts=prompt_digests(), progress=update,
            )  # fmt: skip
        if json_:
            typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        else:
            show(Console(), told, out)
