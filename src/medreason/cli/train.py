"""``medreason train``: fine-tuning from a recipe. One command a way of training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medreason.cli import _train_plan, _train_scratch, _train_tiny

if TYPE_CHECKING:
    from rich.console import Console

    from medreason.training.run import Trained

RecipeName = Annotated[str, typer.Argument(metavar="RECIPE", help="A YAML file, or the name of a shipped recipe.")]
DataFolder = Annotated[Path | None, typer.Option(help="Folder of medreason export, instead of the recipe's.")]
ModelName = Annotated[str | None, typer.Option(help="Folder or hub name of a model, instead of the recipe's.")]
OutFolder = Annotated[Path | None, typer.Option(help="Folder for weights and records, instead of the recipe's.")]
DropLong = Annotated[bool, typer.Option("--drop-long", help="Leave rows over max_length out instead of stopping.")]
Json = Annotated[bool, typer.Option("--json", help="Print what train.json holds.")]


@contextmanager
def _bars(console: Console) -> Iterator[tuple[Callable[[int, int], None], Callable[[int, int, float | None], None]]]:
    """Progress of tokens and of steps; at a terminal alone, so that logs hold no bars."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:
        rows, steps = bars.add_task("rows as tokens", visible=False), bars.add_task("steps", visible=False)

        def preparing(done: int, total: int) -> None:
            bars.update(rows, completed=done, total=total, visible=done < total)

        def progress(done: int, total: int, loss: float | None) -> None:
            named: dict[str, Any] = {} if loss is None else {"description": f"steps, loss {loss:.3f}"}
            bars.update(steps, completed=done, total=total, visible=True, **named)

        yield preparing, progress


def _carry_out(
    method: str, name: str, data: Path | None, model: str | None, out: Path | None, *, drop_long: bool, as_json: bool
) -> None:
    import json
    import os

    from rich.console import Console

    from medreason.cli._train_print import show_end, show_start
    from medreason.training import train_dpo, train_sft
    from medreason.training.recipe import load_recipe

    recipe = load_recipe(name, data=data, model=model, out=out, drop_long=drop_long or None)
    console = Console(highlight=False, stderr=as_json)
    carry: Callable[..., Trained] = {"sft": train_sft, "dpo": train_dpo}[method]
    with _bars(console) as (preparing, progress):
        done = carry(recipe, before=lambda start: show_start(console, start), preparing=preparing, progress=progress)
    if os.environ.get("RANK", "0") != "0":  # of several processes, the first one tells
        return
    if as_json:
        typer.echo(json.dumps(done.told, ensure_ascii=False, indent=1))
        return
    show_end(console, done)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    train = typer.Typer(no_args_is_help=True, help="Fine-tune a model on an export, from a recipe.")
    app.add_typer(train, name="train")

    @train.command()
    def sft(
        recipe: RecipeName, data: DataFolder = None, model: ModelName = None, out: OutFolder = None,
        drop_long: DropLong = False, json_: Json = False,
    ) -> None:  # fmt: skip
        """Supervised fine-tuning; the loss is on the replies alone. Stopped, the same command goes on."""
        _carry_out("sft", recipe, data, model, out, drop_long=drop_long, as_json=json_)

    @train.command()
    def dpo(
        recipe: RecipeName, data: DataFolder = None, model: ModelName = None, out: OutFolder = None,
        drop_long: DropLong = False, json_: Json = False,
    ) -> None:  # fmt: skip
        """Preference optimization on pairs of chains. Stopped, the same command goes on."""
        _carry_out("dpo", recipe, data, model, out, drop_long=drop_long, as_json=json_)

    for part in (_train_plan, _train_scratch, _train_tiny):
        part.register(train)
