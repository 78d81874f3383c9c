"""``medreason train tiny``: do checked chains in training improve answers? The published claim in miniature."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from medreason.training.tiny import Study


def _tables(console: Console, results: Mapping[str, Any]) -> None:
    """Prints what each arm reached and each comparison."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from medreason.quality.language import printable
    from medreason.training.tiny.arms import ARMS
    from medreason.training.tiny.report import NOT, TESTS, p_value, points, reading, share

    for book, arms in results["arms"].items():
        console.print(Text(printable(TESTS[book])), soft_wrap=True)
        table = Table("arm", "tokens", "right, %", "unread", "steps true", box=box.SIMPLE_HEAD)
        for column in table.columns[1:]:
            column.justify = "right"
        for name, of in arms.items():
            table.add_row(
                ARMS[name].told, f"{of.tokens[0]:,}", points(of.right), share(of.unread), share(of.true_steps)
            )
        console.print(table)
        for e in results["effects"][book]:
            told = (
                f"chain against {ARMS[e.other].told}: {points(e.over_seeds)} points over seeds, {points(e.over_items)} "
                f"over questions, p {p_value(e.corrected)}: {reading(e)}"
            )
            console.print(Text(told), soft_wrap=True)
        console.print()
    console.print(Text(NOT, style="dim"), soft_wrap=True)


def _trials(console: Console, found: list[dict[str, Any]]) -> None:
    """Prints what each rate reached on development questions, and the best of each arm."""
    from rich import box
    from rich.table import Table

    table = Table("test", "arm", "rate", "right on development, %", "last loss", box=box.SIMPLE_HEAD)
    for run in found:
        last = run["curve"][-1]
        right = f"{100 * last['right']:.1f}"
        table.add_row(run["book"], run["arm"], f"{run['rate']:g}", right, f"{last['loss']:.4f}")
    console.print(table)


def _device(size: str, device: str) -> str:
    """The device asked for; by default a GPU for the large size where there is one.

    Raises:
        UsageError: there is no such device.
    """
    from importlib.util import find_spec

    from medreason.errors import UsageError

    if device not in {"", "cpu", "cuda"}:
        raise UsageError(f"there is no device {device}", fix="one of cpu, cuda")
    if device == "cpu" or (not device and size != "large") or not find_spec("torch"):
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise UsageError("there is no GPU that torch can use", fix="leave --device out")
    return "cpu"


def _show(console: Console, study: Study, *, tune: bool, as_json: bool) -> None:
    import json

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.text import Text

    from medreason.quality.language import printable
    from medreason.training.tiny import carry_out, jobs, together, trials, write

    wanted = trials(study) if tune else jobs(study)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:
        bar = bars.add_task("questions", total=None)
        found = carry_out(
            study, wanted, lambda what, done, of: bars.update(bar, description=what, completed=done, total=of or 1)
        )
    if tune:
        _trials(console, found)
        return
    results = together(found, study.out)
    files = write(results, study.out, study.size)
    if as_json:
        typer.echo((study.out / "results.json").read_text(encoding="utf-8"), nl=False)
        return
    _tables(console, results)
    console.print(Text(f"written to {printable(str(study.out))}: {json.dumps(files)[1:-1]}".replace('"', "")),
                  soft_wrap=True)  # fmt: skip


def register(train: typer.Typer) -> None:
    """Adds the command."""

    @train.command()
    def tiny(
        kg: Annotated[Path, typer.Option(help="Graph folder (medreason kg build).")],
        out: Annotated[Path, typer.Option(help="Folder of the study; the same command goes on where it stopped.")],
        size: Annotated[
            str, typer.Option(help="quick (a test), small (2 CPU cores), long (small, twice as long), large (a GPU).")
        ] = "small",
        seeds: Annotated[int, typer.Option(help="Seeds; more of them may be added later.")] = 5,
        book: Annotated[str, typer.Option(help="open, closed, or both joined by a comma.")] = "open,closed",
        workers: Annotated[int, typer.Option(help="Trainings side by side, one thread each.")] = 2,
        device: Annotated[str, typer.Option(help="cpu or cuda; by default a GPU for the large size alone.")] = "",
        quick: Annotated[bool, typer.Option("--quick", help="The same as --size quick.")] = False,
        tune: Annotated[bool, typer.Option("--tune", help="Try every learning rate in every arm instead.")] = False,
        json_: Annotated[bool, typer.Option("--json", help="Print what results.json holds.")] = False,
    ) -> None:
        """Do checked chains in training improve answers? Small models from nothing, on questions from the graph."""
        from rich.console import Console

        from medreason.errors import UsageError
        from medreason.training.tiny import Study
        from medreason.training.tiny.arms import BOOKS

        named = [b.strip() for b in book.split(",") if b.strip()]
        if not named or any(b not in BOOKS for b in named):
            raise UsageError(f"there is no test {book}", fix="open, closed, or open,closed")
        size = "quick" if quick else size
        books = tuple(b for b in BOOKS if b in named)
        study = Study(kg, out, size, seeds, books, workers, _device(size, device))
        _show(Console(highlight=False, stderr=json_), study, tune=tune, as_json=json_)
