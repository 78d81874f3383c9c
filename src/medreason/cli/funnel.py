"""``medreason funnel``: every item of a run and where it ended, stage by stage, with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from medreason.cli._run_folder import Folder
    from medreason.dataset.funnel import Chains, Example, Funnel
    from medreason.ledger import Left, Passage
    from medreason.statistics import Estimate

ONE, FILTERED, IN_JSON = 1, 5, 3
# From this width on the terminal shows a bar beside each stage.
WIDE, BAR = 100, 24
PARTLY = "unfinished: of the items that have ended so far; the quick ones end first, so shares may still move"


def survey_of(folder: Folder, examples: int) -> Funnel:
    """The funnel of a run folder.

    Raises:
        RunFolderError: a file is missing or damaged, or a run is writing the folder.
    """
    from medreason.dataset.funnel import survey

    endings = ((e.kind, e.row) for e in folder.every_ending())
    name = folder.path.resolve().name
    return survey(name, folder.manifest(), folder.config(), endings, folder.every_sample(), examples)


def share(e: Estimate) -> str:
    """A share as "23.4 % (22.1–24.8)", or a dash where there is nothing to share."""
    if e.n == 0:
        return "–"
    return f"{100 * e.value:.1f} % ({100 * e.low:.1f}–{100 * e.high:.1f})"


def counted(n: int, one: str) -> str:
    """A count with its noun: "1 chain", "2 chains"."""
    return f"{n:,} {one}" + ("" if n == 1 else "s")


# -- the ledger ------------------------------------------------------------------------------------------


def _told(reason: str, words: str) -> Text:
    from rich.text import Text

    from medreason.cli.explain import plain

    return Text.assemble(plain(reason), (f"\n{plain(words)}" if words else "", "dim"))


def _ledger(console: Console, funnel: Funnel, passages: list[Passage], reason: str) -> None:
    from rich.text import Text

    from medreason.cli.explain import plain
    from medreason.cli.status import plain_table

    found = funnel.ledger
    table = plain_table("stage", "outcome", "items", "of those entering (95 %)", left=2)
    table.columns[1].ratio = 1
    table.columns[2].no_wrap = table.columns[3].no_wrap = True
    wide = console.width >= WIDE
    if wide:
        table.add_column("")

    def add(stage: str, outcome: Text | str, items: int, told: str, style: str = "") -> None:
        bar = ["█" * round(BAR * items / found.items) if items else ""] if wide else []
        table.add_row(Text(stage), outcome, f"{items:,}", told, *bar, style=style)

    for p in passages:
        rows = [row for row in p.left if not reason or row.reason == reason]
        name = plain(p.stage)
        for n, row in enumerate(rows):
            add(name if n == 0 else "", _told(row.reason, row.words), row.items, share(row.share))
        if not reason:
            told = "went on" if p.lost else "all went on" if p.entered else "none entered"
            add(
                "" if rows else name,
                Text(told, "dim" if not p.lost else ""),
                p.went_on,
                share(p.share) if p.lost else "",
            )
    if passages == list(found.passages) and not reason:
        table.add_section()
        add("kept", "records; share of all items", found.kept, share(found.share), "bold")
    console.print(table)


def _examples(console: Console, funnel: Funnel, passages: list[Passage], reason: str) -> None:
    from rich.text import Text

    shown = [
        (p, row, funnel.examples.get(f"{p.stage}/{row.reason}", []))
        for p in passages
        for row in p.left
        if not reason or row.reason == reason
    ]
    if not any(examples for _, _, examples in shown):
        return
    console.print("\n[bold]Examples[/bold] (the first of each in the order of the input)", highlight=False)
    for p, row, examples in shown:
        console.print(Text(f"{p.stage}/{row.reason}: {len(examples):,} of {row.items:,}"))
        for example in examples:
            _example(console, example)


def _example(console: Console, example: Example) -> None:
    from textwrap import wrap

    from rich.text import Text

    from medreason.cli.explain import plain

    chose = f" (chose {example.chosen_key}" if example.chosen_key else ""
    chose += f", lead {example.margin:.1f} bits" if chose and example.margin is not None else ""
    console.print(Text(f"  {plain(example.id)}{plain(chose)}{')' if chose else ''}"), soft_wrap=True)
    for line in wrap(" ".join(plain(example.detail).split()), max(30, console.width - 4), break_on_hyphens=False):
        console.print(Text(f"    {line}", "dim"))


def _chains(console: Console, chains: Chains) -> None:
    from rich.text import Text

    from medreason.cli.explain import plain
    from medreason.cli.status import plain_table

    console.print("\n[bold]Chains[/bold]")
    for n, items in chains.kept_at.items():
        console.print(f"kept at sample {n}: {counted(items, 'item')}", highlight=False)
    console.print(f"kept after the answer was told: {counted(chains.hinted, 'item')}", highlight=False)
    for n, items in chains.not_kept.items():
        console.print(f"not kept after {counted(n, 'chain')}: {counted(items, 'item')}", highlight=False)
    if not chains.verdicts:
        return
    told = ", ".join(f"{n:,} {verdict}" for verdict, n in chains.verdicts.items())
    console.print(Text(f"chains that were not kept, by verdict: {plain(told)}"))
    if chains.rules:
        table = plain_table("what the checker found in them", "problems", "chains")
        for rule, n in chains.rules.items():
            table.add_row(Text(plain(rule)), f"{n:,}", f"{chains.rule_chains[rule]:,}")
        console.print(table)


def show(console: Console, funnel: Funnel, stage: str, reason: str) -> None:
    """Prints the ledger, examples, and what chains came to; with a filter only what it lets through."""
    from rich.text import Text

    from medreason.cli.explain import plain

    passages = [p for p in funnel.ledger.passages if not stage or p.stage == stage]
    if reason:
        passages = [p for p in passages if any(row.reason == reason for row in p.left)]
    console.print(Text.assemble((plain(funnel.run), "bold"), f"  {counted(funnel.ledger.items, 'item')}"))
    if funnel.state == "unfinished":
        console.print(Text(PARTLY))
    _ledger(console, funnel, passages, reason)
    _examples(console, funnel, passages, reason)
    if funnel.chains is not None and not stage and not reason:
        _chains(console, funnel.chains)


def narrowed(document: dict[str, Any], stage: str, reason: str) -> dict[str, Any]:
    """The JSON document with the stages and reasons of a filter alone; counts stay those of the whole run."""
    stages = [s for s in document["stages"] if not stage or s["stage"] == stage]
    if reason:
        stages = [{**s, "reasons": [r for r in s["reasons"] if r["reason"] == reason]} for s in stages]
        stages = [s for s in stages if s["reasons"]]
    return {**document, "stages": stages}


def _check_filter(funnel: Funnel, stage: str, reason: str) -> None:
    """Refuses a stage or reason that the run does not have, and names those that it has."""
    from medreason.errors import UsageError

    stages = [p.stage for p in funnel.ledger.passages]
    if stage and stage not in stages:
        raise UsageError(f"this run has no stage {stage!r}", fix=f"give one of: {', '.join(stages)}")
    found: list[Left] = [row for p in funnel.ledger.passages if stage in ("", p.stage) for row in p.left]
    if reason and all(row.reason != reason for row in found):
        names = ", ".join(dict.fromkeys(row.reason for row in found)) or "nothing ended there"
        where = f" at {stage}" if stage else ""
        raise UsageError(f"no item ended for {reason!r}{where}", fix=f"there are: {names}")


# -- the command -----------------------------------------------------------------------------------------


def _write_svg(funnel: Funnel, path: Path) -> None:
    from medreason.errors import InputError
    from medreason.report.sankey import sankey_file

    if not funnel.ledger.items:
        raise InputError("no item has ended yet: there is nothing to draw", fix="run it first", item=funnel.run)
    try:
        path.write_text(sankey_file(funnel.ledger), encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror}", fix="give another --svg", item=path.name) from error


def _stand(funnel: Funnel) -> None:
    """Raises where the files of a folder do not add up."""
    from medreason.errors import RunFolderError
    from medreason.quality.language import printable

    if funnel.faults:
        raise RunFolderError(
            "the files of this run do not add up: " + "; ".join(map(printable, funnel.faults)),
            fix="put the files back as the run wrote them, or make the run again",
            item=printable(funnel.run),
        )


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("funnel")
    def funnel_command(
        run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, finished or interrupted.")],
        stage: Annotated[str, typer.Option(metavar="S", help="Only what ended at this stage.")] = "",
        reason: Annotated[str, typer.Option(metavar="R", help="Only what ended for this reason.")] = "",
        item: Annotated[str, typer.Option(metavar="ID", help="One item's way from its line to its end.")] = "",
        examples: Annotated[int | None, typer.Option(min=0, metavar="N", help="Examples of each reason.")] = None,
        svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the figure as a file of its own.")] = None,
        json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """Account for every item of a run: which stage it left, why, and what it needed to become a record."""
        import json

        from rich.console import Console

        from medreason.cli._outputs import check_output
        from medreason.cli._run_folder import Folder
        from medreason.errors import InputError, UsageError

        if svg is not None:
            check_output(svg)
        folder = Folder(run)
        if item and (stage or reason or svg is not None or examples is not None):
            raise UsageError("--item is for one item alone", fix="leave out the other options, or --item")
        if item:
            from medreason.cli._funnel_item import one_item, print_way

            found = one_item(folder, item)
            if json_:
                typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
            else:
                print_way(Console(), found)
            return
        most = examples if examples is not None else IN_JSON if json_ else FILTERED if stage or reason else ONE
        funnel = survey_of(folder, most)
        if not funnel.ledger.items and not funnel.faults and funnel.state == "unfinished":
            raise InputError("no item has ended yet", fix="run it first", item=funnel.run)
        _check_filter(funnel, stage, reason)
        if json_:
            from medreason.dataset.funnel import as_json

            typer.echo(json.dumps(narrowed(as_json(funnel), stage, reason), ensure_ascii=False, indent=1))
        else:
            show(Console(), funnel, stage, reason)
        _stand(funnel)
        if svg is not None:
            _write_svg(funnel, svg)
