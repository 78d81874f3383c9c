"""``medreason train plan``: steps, tokens, memory and time of a recipe, before anything big is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from medreason.training.plan import Plan

# Characters of a line of text at most, so that wide terminals do not stretch them.
WIDTH = 100


def facts(found: Plan) -> Iterator[tuple[str, str]]:
    """Name and text of each line above the table."""
    from medreason.training.memory import case_of

    recipe, laid, batch = found.recipe, found.laid, found.recipe.batch
    trained = case_of(recipe, found.shape).trained
    how = "all weights" if recipe.lora is None else f"LoRA of rank {recipe.lora.r}"
    yield "model", recipe.model
    yield "trained", f"{how}: {trained:,} of {found.shape.parameters:,} parameters"
    yield "rows", _rows(found)
    yield "tokens", _tokens(found)
    samples = f"{batch.samples:,} rows a step = {batch.per_device} x {batch.accumulate} x {batch.devices}"
    yield "steps", f"{found.steps:,} over {found.epochs:,.3g} epochs of {laid.rows:,} rows; {samples}"
    sharing = {"none": "", "zero3": ", DeepSpeed ZeRO-3", "fsdp2": ", FSDP2"}[recipe.distributed]
    yield "at once", f"{found.at_once:,} tokens on a device"
    yield "device", f"{batch.devices} x {recipe.hardware.accelerator}{sharing}"


def _rows(found: Plan) -> str:
    laid = found.laid
    packed = f", packed into {laid.rows:,} rows of at most {found.recipe.max_length or max(found.volume.lengths):,}"
    return f"{found.volume.rows - laid.too_long:,} to train on" + (packed if found.recipe.packing else "")


def _tokens(found: Plan) -> str:
    laid, volume = found.laid, found.volume
    if found.recipe.packing:
        room = 1 - laid.tokens / (laid.rows * (found.recipe.max_length or max(volume.lengths)))
        more = f"; {100 * room:.1f} % of the packed rows stays empty"
    elif laid.too_long:
        more = ""
    else:
        padding = 1 - volume.read / laid.tokens
        more = f"; {100 * padding:.1f} % of them padding" if padding > 0 else "; no padding"
    return f"{laid.tokens:,} an epoch, {volume.how}; the longest row has {max(volume.lengths):,}{more}"


def memory_table(found: Plan) -> Table:
    """Memory of one device, part by part."""
    from medreason.cli.status import plain_table

    table = plain_table("memory of one device", "GB", "how")
    table.columns[2].justify = "left"
    memory = found.memory
    for part in memory.held:
        table.add_row(part.name, f"{part.bytes / 1e9:,.2f}", part.how)
    for part in (memory.kept, *memory.moments, *([memory.step] if memory.step.bytes else [])):
        size = f"{part.bytes / 1e9:,.2f}"  # in brackets: at another moment
        table.add_row(part.name, size if part in memory.peak else f"({size})", part.how)
    total = f"{found.memory.total / 1e9:,.2f}"
    share = found.memory.total / (found.recipe.hardware.memory_gb * 1e9)
    style = "bold red" if share > 1 else "bold"
    of = f"{100 * share:.0f} % of {found.recipe.hardware.memory_gb:g} GB of {found.recipe.hardware.accelerator}"
    table.add_row("at the fullest moment", total, of, style=style)
    return table


def work_lines(found: Plan) -> Iterator[tuple[str, str]]:
    """Name and text of each line below the table."""
    from medreason.training.plan import span

    work, hardware, devices = found.work, found.recipe.hardware, found.recipe.batch.devices
    yield "work", f"{work.total:.3g} operations = {work.formula}"
    yield "", f"of them attention {100 * work.attention / work.total:.1f} %"
    if found.recipe.lora is not None:
        saved = 1 - work.weights / work.unsaved
        yield "", f"{100 * saved:.0f} % less than with all weights trained"
    if found.seconds is None:
        yield "time", "not known: hardware.peak_tflops is not given"
    else:
        rate = f"{devices} x {hardware.peak_tflops:g} TFLOPS x {100 * hardware.utilisation:g} %"
        yield "time", f"{span(found.seconds)} at {rate}"


def show(console: Console, found: Plan, command: str) -> None:
    """Prints a plan."""
    from rich.text import Text

    from medreason.quality.language import printable

    console.print(Text(f"Plan of {printable(found.recipe.name)}", style="bold"))
    _lines(console, facts(found))
    console.print()
    console.print(memory_table(found))
    console.print()
    _lines(console, work_lines(found))
    console.print()
    for line in found.warnings:
        _indented(console, "warning", line, style="bold yellow")
    own = ("reckoned, not measured; nothing was loaded", "in brackets: memory of another moment, not added")
    for n, line in enumerate((*own, *found.notes)):
        _indented(console, "" if n else "notes", line, style="dim")
    console.print()
    console.print(Text(printable(command)), soft_wrap=True)


def _lines(console: Console, lines: Iterator[tuple[str, str]]) -> None:
    for name, text in lines:
        _indented(console, name, text)


def _indented(console: Console, name: str, text: str, *, style: str = "") -> None:
    """A name, and its text beside it in as many lines as it needs."""
    from rich.table import Table
    from rich.text import Text

    from medreason.quality.language import printable

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=7, no_wrap=True)
    grid.add_column(overflow="fold", max_width=WIDTH)
    grid.add_row(Text(name, style=style or "bold"), Text(printable(text), style=style))
    console.print(grid)


def register(app: typer.Typer) -> None:
    """Adds the command to ``medreason train``."""

    @app.command("plan")
    def plan_command(
        recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A YAML file, or a shipped recipe's name.")],
        data: Annotated[Path | None, typer.Option(help="Folder of medreason export, instead of the recipe's.")] = None,
        model: Annotated[str | None, typer.Option(help="Folder with a config.json, or a hub name.")] = None,
        rows: Annotated[int | None, typer.Option(min=1, help="Without data: rows to reckon with.")] = None,
        row_tokens: Annotated[int | None, typer.Option(min=1, help="Without data: tokens of a row.")] = None,
        json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """Steps, tokens, memory and time of a recipe; nothing is loaded, trained or downloaded."""
        import json

        from rich.console import Console

        from medreason.training.plan import command_of, plan_of, told

        found = plan_of(recipe, data=data, model=model, rows=rows, row_tokens=row_tokens)
        command = command_of(found, recipe, data=str(data or ""), model=model or "")
        if json_:
            typer.echo(json.dumps({**told(found), "command": command}, ensure_ascii=False, indent=1))
            return
        show(Console(highlight=False), found, command)
