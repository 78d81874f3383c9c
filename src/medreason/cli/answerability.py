"""``medreason answerability``: does a chain lead to its answer once the answer is hidden, and better than no chain?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from medreason.records import Record

ARMS = {"chain": "own chain", "none": "no chain", "other": "another item's chain"}
VERDICTS = {
    "adds": "right with its chain, and more often than without it and with another's",
    "not shown": "right with its chain, and no less often in a control",
    "fails": "not right with its chain",
    "incomplete": "replies are missing",
}
NOTE = "A lift says that a chain leads to its answer. It does not say that the chain is good medicine."


def _read(dataset: Path, limit: int | None) -> list[Record]:
    """The records of a dataset that have an answer; the first line that is none ends it."""
    from medreason.errors import InputError
    from medreason.quality.problem import Problem
    from medreason.quality.verify import read_lines

    found: list[Record] = []
    for where, record in read_lines(dataset):
        if isinstance(record, Problem):
            raise InputError(record.message, fix="mend or drop this line", item=where)
        keys = [o.key for o in record.options]
        if record.answer_key and (record.answer_key not in keys or len(set(keys)) < len(keys)):
            raise InputError(
                "the answer key is no option, or two options have one key", fix="mend or drop this line", item=where
            )
        if record.answer_key and len(record.steps) > 1:
            found.append(record)
    if not found:
        raise InputError(
            "no record has an answer and a chain of at least two steps",
            fix="give a dataset.jsonl of medreason run",
            item=dataset.name,
        )
    return found[:limit]


def _told(estimate: dict[str, Any], *, signed: bool = False) -> str:
    if estimate["value"] is None:
        return "-"
    value, low, high = (f"{100 * estimate[k]:{'+' if signed else ''}.1f}" for k in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def show(console: Console, found: dict[str, Any]) -> None:
    """Prints right answers by arm, lifts and verdicts."""
    from rich.table import Table
    from rich.text import Text

    from medreason.quality.language import printable

    who = "cited edges alone, no model" if found["answerer"] == "offline" else found["answerer"]
    hidden = {"all": "all options", "answer": "the answer"}.get(found.get("mask", ""), "")
    told = f", {found['samples']} samples an arm, names hidden: {hidden}" if hidden else ""
    console.print(Text(f"{found['items']:,} items, answered by {printable(who)}{told}"), soft_wrap=True)
    table = Table("right, % (95 % interval)", "", title_justify="left")
    for arm, words in ARMS.items():
        tested = "a foreign chain, as a check" if arm == "chain" and found["foreign_chains"] else words
        table.add_row(tested, _told(found["right"][arm]))
    table.add_section()
    for control, estimate in found["lift"].items():
        table.add_row(f"lift over {ARMS[control]}, points", _told(estimate["per_item"], signed=True))
        table.add_row("  each answer weighing the same", _told(estimate["macro_over_answers"], signed=True))
    console.print(table)
    verdicts = Table("items", "verdict", title_justify="left")
    verdicts.columns[0].justify = "right"
    for verdict, n in found["verdicts"].items():
        if n or verdict != "incomplete":
            verdicts.add_row(f"{n:,}", f"{verdict}: {VERDICTS[verdict]}")
    console.print(verdicts)
    if any(found["unread"].values()):
        unread = ", ".join(f"{ARMS[arm]} {n:,}" for arm, n in found["unread"].items() if n)
        console.print(Text(f"replies that name no option, counted as wrong: {unread}"), soft_wrap=True)
    if found["answerer"] == "offline":
        told = "without a model a chain that shares no option with the item is at chance by construction: no finding"
        console.print(Text(told), soft_wrap=True)
    donors = found["donors"]
    console.print(
        Text(
            f"other chains: {donors['same_group']:,} from the same organ system, "
            f"{donors['share_an_option']:,} share an option with the item"
        ),
        soft_wrap=True,
    )
    console.print(Text(NOTE), soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("answerability")
    def answerability_command(
        dataset: Annotated[Path, typer.Argument(help="A dataset.jsonl, or a run folder that holds one.")],
        kg: Annotated[Path, typer.Option(metavar="DIR", help="Graph folder of the dataset.")],
        answerer: Annotated[
            str, typer.Option(help="offline (cited edges alone), the URL of a chat server, files:DIR, or replay:DIR.")
        ] = "offline",
        model: Annotated[str, typer.Option(help="Name of the model at the server.")] = "",
        config: Annotated[
            Path | None, typer.Option(metavar="FILE", help="YAML file whose section llm says how the model is asked.")
        ] = None,
        samples: Annotated[int | None, typer.Option(help="Replies an item and arm.")] = None,
        mask: Annotated[str, typer.Option(help="What is hidden in a chain: all options, or the answer alone.")] = "all",
        foreign: Annotated[
            bool, typer.Option("--foreign", help="Test other items' chains instead: the lift must vanish.")
        ] = False,
        keep: Annotated[
            list[str] | None,
            typer.Option(metavar="VERDICT", help="Also write the records with this verdict; repeatable."),
        ] = None,
        key_env: Annotated[str | None, typer.Option(help="Environment variable that holds the server's key.")] = None,
        max_cost: Annotated[float | None, typer.Option(help="Most cost, over all resumes.")] = None,
        limit: Annotated[int | None, typer.Option(min=1, help="Only the first N items.")] = None,
        seed: Annotated[int, typer.Option(min=0, help="Seed of the other chains and of the intervals.")] = 0,
        out: Annotated[
            Path | None, typer.Option(help="Folder for results and replies; default: answerability in the run folder.")
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
    ) -> None:
        """Measure what each chain adds: answers with it, without it, and with another item's."""
        import json
        from typing import cast

        from rich.console import Console

        from medreason.answering import OFFLINE, answer_offline, answer_with_model, make_plan, summary, write
        from medreason.cli._outputs import make_folder
        from medreason.cli.run import progress_bar
        from medreason.config import load_config
        from medreason.errors import UsageError
        from medreason.kg.store import open_graph
        from medreason.quality.leaks.redact import Mask

        if mask not in ("all", "answer"):
            raise UsageError(f"--mask {mask} is not known", fix="give all or answer")
        if unknown := [v for v in keep or () if v not in VERDICTS]:
            raise UsageError(f"--keep {unknown[0]} is no verdict", fix=f"give one of: {', '.join(VERDICTS)}")
        beside = dataset if dataset.is_dir() else dataset.parent
        folder = out or beside / ("answerability-foreign" if foreign else "answerability")
        if answerer == OFFLINE and (model or samples or max_cost or key_env or mask != "all"):
            raise UsageError(
                "the answerer without a model takes no model, samples, mask, cost or key",
                fix="give --answerer, or less",
            )
        settings = None
        if answerer != OFFLINE:
            given = {
                "questions": str(dataset), "source": "records", "kg": str(kg), "out": str(folder), "teacher": answerer,
                "model": model or None, "seed": seed, "llm.samples": samples if samples or config else 1,
                "llm.key_env": key_env, "llm.max_cost": max_cost,
            }  # fmt: skip
            settings = load_config(config, given)
        make_folder(folder, dataset)
        graph = open_graph(kg)
        plan = make_plan(_read(dataset, limit), seed=seed, mask=cast(Mask, mask), foreign=foreign)
        with progress_bar("items") as update:
            if settings is None:
                answered = answer_offline(plan, graph, update)
            else:
                answered = answer_with_model(plan, graph, settings, update)
        found = summary(plan, answered, graph, settings)
        write(folder, plan, answered, found, keep or ())
        if as_json:
            typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
            return
        console = Console()
        show(console, found)
        console.print(f"written to {folder}", soft_wrap=True, highlight=False, markup=False)
