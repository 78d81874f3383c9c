"""``medreason run``: questions in, records and rejections out; resumable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medreason.cli._run_options import Config, with_run_options

if TYPE_CHECKING:
    from rich.table import Table

    from medreason.engine import RunResult
    from medreason.sharding import ShardResult


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr with rate and time left; silent where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
    )  # fmt: skip
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=None, rate="")

        def update(done: int, total: int) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, total=total, rate=f"{speed:.0f}/s" if speed else "")

        yield update


def percent(rate: dict[str, Any]) -> str:
    """A rate as "61 % (58–64)"."""
    if rate["value"] is None:
        return "–"
    return f"{100 * rate['value']:.1f} % ({100 * rate['low']:.1f}–{100 * rate['high']:.1f})"


def funnel_table(summary: dict[str, Any]) -> Table:
    """What became of every item."""
    from rich.table import Table

    table = Table(title="Every item accounted for", title_justify="left", title_style="bold")
    table.add_column("stage")
    table.add_column("outcome")
    table.add_column("items", justify="right")
    for name, count in summary["rejected"].items():
        stage, reason = name.split("/", 1)
        table.add_row(stage, reason, f"{count:,}")
    table.add_row("kept", "record", f"{summary['kept']:,}", style="bold", end_section=True)
    table.add_row("all", "", f"{summary['items']:,}")
    return table


def accuracy_table(summary: dict[str, Any]) -> Table:
    """Decided, right and kept, with 95 % intervals."""
    from rich.table import Table

    accuracy = summary["accuracy"]
    count = accuracy["answerable"]
    title = f"{count:,} answerable question{'' if count == 1 else 's'}, 95 % intervals"
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("")
    table.add_column("per item")
    table.add_column("macro over diseases")
    for label, key in (("decided", "decided"), ("right among decided", "right_among_decided"), ("kept", "kept")):
        table.add_row(label, percent(accuracy[key]["per_item"]), percent(accuracy[key]["macro_over_diseases"]))
    if "chains" in summary:  # a language model's: no threshold was set on any half
        return table
    held = summary["accuracy_report_half"]["right_among_decided"]
    table.add_row(
        "  on the report half", percent(held["per_item"]), percent(held["macro_over_diseases"]), end_section=True
    )
    return table


def tell(result: RunResult) -> None:
    """Prints what a run came to."""
    from rich.console import Console

    console = Console()
    if not result.fresh:
        console.print(
            f"{result.folder} holds this run already, finished; nothing was changed.", soft_wrap=True, markup=False
        )
    console.print(funnel_table(result.manifest["summary"]))
    if result.manifest["summary"]["accuracy"]["answerable"]:
        console.print(accuracy_table(result.manifest["summary"]))
    console.print(f"written to {result.folder}", soft_wrap=True, highlight=False, markup=False)


def check_engine(engine: str, shard: str, address: str) -> None:
    """Refuses an engine that there is not, and options that do not go together."""
    from medreason.errors import UsageError

    if engine not in ("local", "ray"):
        raise UsageError(f"there is no engine {engine!r}", fix="give --engine local or ray")
    if engine == "ray" and shard:
        raise UsageError("Ray divides the run itself", fix="leave out --shard or --engine ray")
    if engine == "local" and address:
        raise UsageError("--address is of a Ray cluster", fix="add --engine ray")


def _tell_shard(done: ShardResult, shard: str, *, as_json: bool) -> None:
    """What a shard came to."""
    import json

    from rich.console import Console

    if as_json:
        typer.echo(json.dumps({**done._asdict(), "folder": str(done.folder)}))
        return
    other = f", {done.elsewhere:,} of them done by shards of another division" if done.elsewhere else ""
    Console().print(
        f"shard {shard}: {done.items:,} of {done.whole:,} items are done{other}\n"
        f"when all shards are: medreason merge {done.folder.parent.parent} --kg KG",
        soft_wrap=True, highlight=False, markup=False,
    )  # fmt: skip


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("run")
    @with_run_options
    def run_command(
        config: Config = None,
        *,
        given: dict[str, Any],
        shard: Annotated[
            str, typer.Option(metavar="I/N", help="Only the I-th of N parts; medreason merge brings them together.")
        ] = "",
        engine: Annotated[str, typer.Option(help="local, or ray: the same run on a Ray cluster.")] = "local",
        address: Annotated[str, typer.Option(help="Of the Ray cluster; without it Ray starts here.")] = "",
        as_json: Annotated[bool, typer.Option("--json", help="Print the manifest's summary as JSON.")] = False,
    ) -> None:
        """Turn questions into checked reasoning records. The same command resumes."""
        import json

        from rich.console import Console

        from medreason.config import load_config
        from medreason.engine import run
        from medreason.engine_ray import run_ray
        from medreason.sharding import run_shard, shard_of

        settings = load_config(config, given)
        part = shard_of(shard) if shard else None
        check_engine(engine, shard, address)
        errors = Console(stderr=True)
        try:
            with progress_bar("items") as update:
                if part is not None:
                    _tell_shard(run_shard(settings, part, update), shard, as_json=as_json)
                    return
                result = run(settings, update) if engine == "local" else run_ray(settings, update, address=address)
        except KeyboardInterrupt:
            errors.print(
                f"stopped; what is done is kept in {settings.out}. The same command goes on.",
                soft_wrap=True,
                markup=False,
            )
            raise
        if as_json:
            typer.echo(json.dumps(result.manifest["summary"], indent=1))
            return
        tell(result)
