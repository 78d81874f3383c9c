"""``medreason estimate``: what a run would take: a pilot of some of its questions, projected on all of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from medreason.cli._run_options import Config, with_run_options

if TYPE_CHECKING:
    from rich.console import Console

    from medreason.config import RunConfig
    from medreason.llm.accounts import Spent
    from medreason.questions.reading import Item
    from medreason.records import Rejection

PILOT = 20
LEFT_OUT = (
    "calls that fail and are sent again, and the waits before",
    "bills of calls that broke off",
    "a server that slows down under the load of the whole run, or is away",
)


class Pilot(NamedTuple):
    """A pilot: items in all, items tried, what each took, how many became records, and where its journal lies."""

    items: int
    tried: int
    spent: list[Spent]
    kept: int
    folder: Path | None


def chosen(number: int, pilot: int, seed: int) -> list[int]:
    """Places of a pilot among ``number`` items, spread: one at random from each of ``pilot`` equal parts."""
    pilot = min(pilot, number)
    draw = random.Random(f"pilot {seed}")
    if not pilot:
        return []
    edges = [number * part // pilot for part in range(pilot + 1)]
    return [draw.randrange(low, high) for low, high in pairwise(edges)]


def _folder(given: Path | None) -> AbstractContextManager[Path | str]:
    """The folder of the pilot's journal: the one that was given, else one that is deleted.

    Raises:
        RunFolderError: it holds something else, or cannot be made.
    """
    import tempfile

    from medreason.errors import RunFolderError
    from medreason.llm.journal import JOURNAL

    if given is None:
        return tempfile.TemporaryDirectory(prefix="medreason-")
    try:
        given.mkdir(parents=True, exist_ok=True)
        strange = not (given / JOURNAL).exists() and any(given.iterdir())
    except OSError as error:
        raise RunFolderError(f"cannot write: {error.strerror}", fix="choose another --out", item=given.name) from error
    if strange:
        raise RunFolderError(
            "the folder holds something else than a run with a model", fix="choose a new --out", item=given.name
        )
    return nullcontext(given)


def carry_out(config: RunConfig, pilot: int, *, keep: bool) -> Pilot:
    """Takes a pilot's items through the pipeline; their replies are journalled in the folder of the configuration.

    Raises:
        UsageError, InputError, LLMError: as of a run.
    """
    from medreason.cli.run import progress_bar
    from medreason.engine_llm import fill
    from medreason.intake import items_of, make_source
    from medreason.kg.store import open_graph
    from medreason.llm.accounts import Spent, spent
    from medreason.llm.journal import JOURNAL
    from medreason.pipeline import Outcome
    from medreason.questions.reading import Item
    from medreason.records import Rejection

    graph = open_graph(config.kg)
    source = make_source(graph, config)
    items: Sequence[Item | Rejection] = items_of(source, config)
    places = chosen(len(items), pilot, config.seed)
    outcomes: list[tuple[int, Outcome]] = []
    todo = [(n, item) for n in places if isinstance(item := items[n], Item)]

    with progress_bar("pilot") as update:

        def commit(batch: list[tuple[int, Outcome]]) -> None:
            outcomes.extend(batch)
            update(len(outcomes), len(todo))

        fill(config, graph, source, todo, commit)
    path = config.out / JOURNAL
    took = spent(path) if path.exists() else {}
    nothing = Spent(0, 0, 0, None, 0.0)
    each = [took.get(items[n].id, nothing) for n in places]
    kept = sum(not isinstance(outcome.row, Rejection) for _, outcome in outcomes)
    return Pilot(len(items), len(places), each, kept, config.out if keep else None)


def project(found: Pilot, config: RunConfig) -> dict[str, Any]:
    """The projection as one JSON document: sums over all items, with 95 % bootstrap intervals over pilot items."""
    from medreason.statistics import mean

    def total(values: Sequence[float]) -> dict[str, float]:
        estimate = mean(values, seed=config.seed)
        return {key: getattr(estimate, key) * found.items for key in ("value", "low", "high")}

    each = found.spent
    slots, limits = min(config.llm.start, config.llm.most), config.llm
    paces = [[s.seconds / slots for s in each]]
    if limits.requests_per_minute:
        paces.append([60 * s.calls / limits.requests_per_minute for s in each])
    if limits.tokens_per_minute:
        paces.append([60 * (s.prompt_tokens + s.completion_tokens) / limits.tokens_per_minute for s in each])
    priced = any(s.cost is not None for s in each)
    return {
        "model": config.model,
        "profile": config.profile,
        "items": found.items,
        "pilot": {
            "items": found.tried,
            "records": found.kept,
            "calls": sum(s.calls for s in each),
            "prompt_tokens": sum(s.prompt_tokens for s in each),
            "completion_tokens": sum(s.completion_tokens for s in each),
            "cost": sum(s.cost or 0.0 for s in each) if priced else None,
            "folder": None if found.folder is None else str(found.folder),
        },
        "calls_at_once": slots,
        "whole": {
            "calls": total([s.calls for s in each]),
            "prompt_tokens": total([s.prompt_tokens for s in each]),
            "completion_tokens": total([s.completion_tokens for s in each]),
            "cost": total([s.cost or 0.0 for s in each]) if priced else None,
            "seconds": max((total(pace) for pace in paces), key=lambda t: t["value"]),
        },
        "not_included": list(LEFT_OUT),
    }


def show(console: Console, told: dict[str, Any]) -> None:
    """Prints a projection."""
    from medreason.cli.explain import plain
    from medreason.cli.status import clock, money, plain_table, short

    pilot, whole = told["pilot"], told["whole"]
    tried = f"pilot of {pilot['items']:,} of {told['items']:,} items"
    console.print(f"{tried}: {pilot['calls']:,} calls, {pilot['records']:,} records", highlight=False)
    table = plain_table(f"all {told['items']:,} items", "estimate", "95 % from", "to")
    shown = {"calls": short, "prompt_tokens": short, "completion_tokens": short, "cost": money, "seconds": clock}
    labels = {
        "seconds": "hours, minutes, seconds",
        "completion_tokens": "reply tokens",
        "prompt_tokens": "prompt tokens",
    }
    for key, words in shown.items():
        if whole[key] is not None:
            table.add_row(labels.get(key, key), *(words(whole[key][part]) for part in ("value", "low", "high")))
    console.print(table)
    if whole["cost"] is None:
        console.print("cost: no price is known; give llm.prices in the run file", highlight=False)
    console.print(
        f"time: at {told['calls_at_once']} calls at once and the seconds a call of the pilot", highlight=False
    )
    console.print("not included:", *(f"  {words}" for words in told["not_included"]), sep="\n", highlight=False)
    if pilot["folder"]:
        console.print(
            f"the replies are in {plain(pilot['folder'])}; a run with this --out reuses them",
            soft_wrap=True, highlight=False, markup=False,
        )  # fmt: skip


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("estimate")
    @with_run_options
    def estimate_command(
        config: Config = None,
        *,
        given: dict[str, Any],
        pilot: Annotated[int, typer.Option(metavar="N", min=2, help="Questions to try, spread over the file.")] = PILOT,
        json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """Try a few questions and project calls, tokens, money and time of the whole run; options as of run."""
        import json

        from rich.console import Console

        from medreason.config import load_config
        from medreason.errors import UsageError

        out: Path | None = given["out"]
        settings = load_config(config, {**given, "out": out or Path()})
        if not settings.teacher.startswith("http"):
            raise UsageError(
                f"there is nothing to estimate with --teacher {settings.teacher}",
                fix="give the base URL of a chat server",
            )
        with _folder(out) as folder:
            settings = settings.model_copy(update={"out": Path(folder)})
            told = project(carry_out(settings, pilot, keep=out is not None), settings)
        if json_:
            typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        else:
            show(Console(), told)
