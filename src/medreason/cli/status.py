"""``medreason status``: how a run with a language model stands, finished or interrupted: items, calls, cost, pace."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from medreason.cli._run_folder import Folder
    from medreason.llm.accounts import Pace

# Changes of the limit that are listed; --json has all.
MOST_CHANGES = 8
WIDTH = 60
BARS = "▁▂▃▄▅▆▇█"
STATES = {
    "finished": "finished",
    "unfinished": "unfinished; the same command goes on",
    "replies": "no run has begun here; replies of a pilot",
}
QUIET = ("start", "growth", "end")


def standing(folder: Folder) -> dict[str, Any]:
    """Everything that is told, as one JSON document.

    Raises:
        RunFolderError: a run is writing the folder, or a file of it is damaged.
    """
    from medreason.llm.accounts import account, history

    replies, config = folder.replies, folder.config()
    if replies is not None:
        llm, pace = account(replies), [p._asdict() for p in history(replies)]
    else:
        llm, pace = (folder.manifest() or {}).get("llm") or {}, []
    asked: dict[str, Any] = {key: config[key] for key in ("model", "profile") if key in config}
    return {"run": folder.path.name, **asked, **folder.counts(), "llm": llm, "pace": pace}


def short(number: float | None) -> str:
    """A count of at most six characters: "12,345", "1.23M"; a dash for none."""
    if number is None:
        return "–"
    for size, sign in ((1e9, "G"), (1e6, "M")):
        if number >= size:
            return f"{number / size:.3g}{sign}"
    return f"{number:,.0f}"


def money(cost: float | None) -> str:
    """A cost with four figures; a dash where no price was given."""
    return "–" if cost is None else f"{cost:,.2f}" if cost >= 10 else f"{cost:.4g}"


def seconds(value: float | None) -> str:
    """Seconds with three figures."""
    return "–" if value is None else f"{value:.3g}" if value < 100 else f"{value:,.0f}"


def plain_table(*columns: str, left: int = 1) -> Table:
    """A table without frame whose first columns are texts and whose others are numbers."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for n, column in enumerate(columns):
        table.add_column(column, justify="left" if n < left else "right", overflow="fold")
    return table


def clock(total: float) -> str:
    """Seconds as hours, minutes and seconds."""
    minutes, rest = divmod(round(total), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def sparkline(pace: Sequence[Pace], width: int = WIDTH) -> str:
    """The highest number of slots in each of equal parts of the time; time between sessions counts for nothing."""
    at = [0.0]
    for before, after in pairwise(pace):
        at.append(at[-1] + (0.0 if after.reason == "start" else max(0.0, after.at - before.at)))
    width = min(width, max(1, len(pace) - 1)) if at[-1] < width else width
    top, heights, n = max(p.slots for p in pace), [], 0
    for part in range(width):
        end = at[-1] * (part + 1) / width
        highest = pace[n].slots
        while n + 1 < len(pace) and at[n + 1] <= end:
            n += 1
            highest = max(highest, pace[n].slots)
        heights.append(highest)
    return "".join(BARS[min(len(BARS) - 1, int(h / top * len(BARS)))] for h in heights)


def _calls(llm: dict[str, Any]) -> Table:
    columns = ("stage", "items", "requests", "calls", "prompt", "reply", "cost", "median s", "p95 s")
    table = plain_table(*columns)
    rows = [*llm["stages"].items(), *([("all", llm["total"])] if len(llm["stages"]) > 1 else [])]
    for stage, sums in rows:
        took = sums.get("seconds", {})
        counts = (sums[key] for key in ("items", "requests", "attempts", "prompt_tokens", "completion_tokens"))
        last = (money(sums["cost"]), seconds(took.get("median")), seconds(took.get("p95")))
        table.add_row(stage, *map(short, counts), *last, style="bold" if stage == "all" else "")
    return table


def show_pace(console: Console, pace: Sequence[Pace]) -> None:
    """The history of the limit: a line over time, and the last changes with their reasons."""
    from datetime import UTC, datetime

    from rich.text import Text

    console.print("\n[bold]Most calls at once[/bold]")
    slots = [p.slots for p in pace]
    line = f"{sparkline(pace)}  {int(min(slots))} to {int(max(slots))}, {int(pace[-1].slots)} at the end"
    console.print(Text(line))
    changes = [p for p in pace if p.reason not in QUIET]
    if not changes:
        console.print("never cut")
        return
    first = pace[0].at
    console.print(f"times since {datetime.fromtimestamp(first, UTC):%Y-%m-%d %H:%M:%S} UTC", highlight=False)
    table = plain_table("time", "limit", "why", left=0)
    table.columns[2].justify = "left"
    for p in changes[-MOST_CHANGES:]:
        table.add_row(clock(p.at - first), f"{int(p.slots)}", Text(p.reason))
    console.print(table)
    if len(changes) > MOST_CHANGES:
        console.print(f"… after {len(changes) - MOST_CHANGES:,} earlier ones (--json lists all)", highlight=False)


def _items(console: Console, told: dict[str, Any]) -> None:
    table = plain_table("stage", "outcome", "items", left=2)
    for name, count in told["rejected"].items():
        table.add_row(*name.split("/", 1), f"{count:,}")
    table.add_row("kept", "record", f"{told['kept']:,}", style="bold")
    table.add_row("ended" if told["state"] != "finished" else "all", "", f"{told['items']:,}")
    console.print(table)


def show(console: Console, told: dict[str, Any]) -> None:
    """Prints how a run stands."""
    from rich.text import Text

    from medreason.cli.explain import plain
    from medreason.llm.accounts import Pace

    by = " ".join(f"{key} {told[key]}" for key in ("model", "profile") if key in told)
    state = STATES[told["state"]]
    console.print(Text.assemble((plain(told["run"]), "bold"), f"  {state}" + (f"  ({plain(by)})" if by else "")))
    if told["state"] != "replies":
        _items(console, told)
    llm = told["llm"]
    if not llm or not llm["total"]["attempts"]:
        console.print("\nno language model was asked")
        return
    console.print("\n[bold]Calls and tokens by stage[/bold]")
    console.print(_calls(llm))
    if llm["failures"]:
        failures = ", ".join(f"{n:,} {name}" for name, n in llm["failures"].items())
        console.print(Text(f"faults: {failures}"))
    total = llm["total"]
    if unknown := total["unknown_bills"]:
        cost = f" and {money(total['unknown_cost_at_most'])}" if total["unknown_cost_at_most"] else ""
        tokens = short(total["unknown_tokens_at_most"])
        console.print(f"bill not known: {unknown:,} calls, at most {tokens} tokens{cost}", highlight=False)
    if told["pace"]:
        show_pace(console, [Pace(**p) for p in told["pace"]])


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("status")
    def status_command(
        run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, finished or interrupted.")],
        json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """Show how a run with a language model stands: items, calls, cost, and how many calls went at once."""
        import json

        from rich.console import Console

        from medreason.cli._run_folder import Folder

        told = standing(Folder(run))
        if json_:
            typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        else:
            show(Console(), told)
