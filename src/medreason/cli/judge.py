"""``medreason judge``: whether a judge's verdicts can be trusted, measured against human labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from medreason.quality.judging import Calibration, Corrected, Group
    from medreason.statistics import Estimate

app = typer.Typer(help="Measure a judge's verdicts against human labels.", no_args_is_help=True)
# An interval as wide as this says little; in points of accuracy.
WIDE = 20
WORDS = {
    "accuracy": "judge and human agree",
    "sensitivity": "of what humans call good, called good",
    "specificity": "of what humans call not good, called not good",
    "balanced_accuracy": "mean of these two",
    "ppv": "of what the judge calls good, is good",
    "npv": "of what the judge calls not good, is not",
    "prevalence": "humans call it good",
    "called_good": "judge calls it good",
    "kappa": "agreement beyond chance, -1 to 1",
}
NOTE = "Intervals are 95 % and take the items as independent. Human labels count as right; they may not be."


def register(parent: typer.Typer) -> None:
    """Adds the command group to the main app."""
    parent.add_typer(app, name="judge")


# -- as JSON ---------------------------------------------------------------------------------------------


def _estimate(e: Estimate) -> dict[str, Any]:
    import math

    if math.isnan(e.value):
        return {"value": None, "low": None, "high": None, "n": e.n}
    return {"value": round(e.value, 4), "low": round(e.low, 4), "high": round(e.high, 4), "n": e.n}


def _group(found: Group) -> dict[str, Any]:
    return {
        "items": found.items,
        "compared": found.confusion.n,
        "missing_verdicts": found.missing,
        "tied_raters": found.ties,
        "confusion": found.confusion._asdict(),
        **{name: _estimate(e) for name, e in found.rates._asdict().items()},
    }


def _corrected(found: Corrected) -> dict[str, Any]:
    share = found.share
    known = not share.why
    return {
        "verdicts": found.verdicts,
        "missing_verdicts": found.missing,
        "also_labelled": found.labelled,
        "called_good": _estimate(share.called),
        "truly_good": {
            "value": round(share.value, 4) if known else None,
            "low": round(share.low, 4) if known else None,
            "high": round(share.high, 4) if known else None,
            "cut": share.cut,
            "why_not": share.why,
        },
    }


def as_json(found: Calibration, share: Corrected | None, by: list[str]) -> dict[str, Any]:
    """Everything as one JSON document; shares from 0 to 1, null where they cannot be estimated."""
    from medreason.quality.judging import RULE, queue_row

    return {
        **_group(found.whole),
        "missing_ids": found.missing,
        "tied_ids": found.ties,
        "raters": found.raters._asdict(),
        "notes": found.notes,
        "by": {field: {name: _group(g) for name, g in groups.items()} for field, groups in found.groups.items()},
        "corrected": None if share is None else _corrected(share),
        "queue_rule": RULE,
        "queue": [queue_row(case, by) for case in found.queue],
    }


# -- on the terminal -------------------------------------------------------------------------------------


def _told(e: Estimate, *, percent: bool = True, gap: str = " ") -> str:
    """A value with its interval: "91.2 % (88.0–93.6)"; a dash where it cannot be estimated."""
    import math

    if math.isnan(e.value):
        return "–"
    if percent:
        return f"{100 * e.value:.1f} %{gap}({100 * e.low:.1f}–{100 * e.high:.1f})"
    return f"{e.value:.2f}{gap}({e.low:.2f} to {e.high:.2f})"


def _overall(console: Console, found: Calibration) -> None:
    from medreason.cli.status import plain_table

    whole, counts = found.whole, found.whole.confusion
    table = plain_table("", "judge: good", "judge: not good", "all")
    table.add_row("human: good", f"{counts.tp:,}", f"{counts.fn:,}", f"{counts.tp + counts.fn:,}")
    table.add_row("human: not good", f"{counts.fp:,}", f"{counts.tn:,}", f"{counts.fp + counts.tn:,}")
    table.add_section()
    table.add_row("all", f"{counts.tp + counts.fp:,}", f"{counts.fn + counts.tn:,}", f"{counts.n:,}")
    console.print(table)
    console.print()
    rates = plain_table("", "", "estimate (95 %)", "n", left=2)
    rates.columns[2].no_wrap = True
    for name, e in whole.rates._asdict().items():
        told = _told(e, percent=name != "kappa")
        rates.add_row(name.replace("_", " ").replace("ppv", "PPV").replace("npv", "NPV"), WORDS[name], told, f"{e.n:,}")
    console.print(rates)


def _subgroups(console: Console, found: Calibration) -> None:
    from rich.text import Text

    from medreason.cli.status import plain_table
    from medreason.quality.language import printable

    wide = 0
    for field, groups in found.groups.items():
        table = plain_table(printable(field), "n", "accuracy", "sensitivity", "specificity", "kappa")
        for column in table.columns[1:]:
            column.no_wrap = True
        for value, group in groups.items():
            r = group.rates
            few = 100 * (r.accuracy.high - r.accuracy.low) > WIDE
            wide += few
            cells = [_told(e, gap="\n") for e in (r.accuracy, r.sensitivity, r.specificity)]
            kappa = _told(r.kappa, percent=False, gap="\n").replace(" to ", "–" if r.kappa.low >= 0 else " to ")
            table.add_row(Text(printable(value)), f"{group.confusion.n:,}{'*' if few else ''}", *cells, kappa)
        console.print()
        console.print(table)
    count = sum(map(len, found.groups.values()))
    if wide:
        console.print(f"* the interval of the accuracy is wider than {WIDE} points: too few items to tell")
    if count:
        missed = f"of so many intervals about {count / 20:.1f} a rate miss the truth by chance"
        told = f"{count} subgroups: {missed}, and the best and the worst look further apart than they are"
        console.print(told, soft_wrap=True, highlight=False)


def _share(console: Console, found: Corrected) -> None:
    from rich.text import Text

    share = found.share
    lines = [f"\n{found.verdicts:,} verdicts without labels"]
    if found.missing:
        lines[0] += f" ({found.missing:,} further items without a verdict)"
    lines.append(f"  called good by the judge          {_told(share.called)}")
    if share.why:
        lines.append(f"  truly good: cannot be estimated: {share.why}")
    else:
        told = f"{100 * share.value:.1f} % ({100 * share.low:.1f}–{100 * share.high:.1f})"
        lines.append(f"  truly good, corrected for errors  {told}")
    if share.cut:
        lines.append("  the estimate lay outside 0 to 100 % and was cut: the labels may not be like these items")
    if found.labelled:
        lines.append(f"  {found.labelled:,} of these items stand in the label file too")
    lines.append("  This holds if the judge errs here as it does on the labelled items.")
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def show(console: Console, found: Calibration, share: Corrected | None) -> None:
    """Prints counts, rates, subgroups, the corrected share, and what goes into the queue."""
    from rich.text import Text

    from medreason.cli.funnel import counted

    whole = found.whole
    told = [f"{whole.items:,} labelled items, {whole.confusion.n:,} compared"]
    if whole.missing:
        told.append(f"{whole.missing:,} without a verdict")
    if whole.ties:
        told.append(f"{whole.ties:,} with tied raters")
    console.print(Text(", ".join(told)), soft_wrap=True)
    console.print()
    _overall(console, found)
    for note in found.notes:
        console.print(Text(note, "bold"), soft_wrap=True)
    raters = found.raters
    if raters.pairs:
        agree = f"{100 * raters.agree / raters.pairs:.1f} % of {raters.pairs:,} pairs of labels agree"
        console.print(Text(f"{raters.items:,} items have several raters: {agree}"), soft_wrap=True)
    _subgroups(console, found)
    if share is not None:
        _share(console, share)
    split = sum(case.label.judge is not None and case.label.label is not None for case in found.queue)
    ties = len(found.queue) - split
    console.print(Text(f"\nfor adjudication: {counted(split, 'disagreement')}, {counted(ties, 'tie')}"), soft_wrap=True)
    console.print(Text(NOTE), soft_wrap=True)


# -- the command -----------------------------------------------------------------------------------------


def write_queue(found: Calibration, path: Path, by: list[str]) -> None:
    """Writes the items for adjudication as JSONL.

    Raises:
        InputError: the file cannot be written.
    """
    import json

    from medreason.errors import InputError
    from medreason.quality.judging import queue_row

    rows = [json.dumps(queue_row(case, by), ensure_ascii=False) + "\n" for case in found.queue]
    try:
        path.write_text("".join(rows), encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", fix="check --queue", item=path.name) from error


@app.callback()
def _group_of_commands() -> None:
    """Measure a judge's verdicts against human labels."""


@app.command()
def calibrate(
    labels: Annotated[Path, typer.Argument(help="JSONL: id, human and judge, and fields for subgroups.")],
    verdicts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="JSONL: id and judge, of items without human labels.")
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option(metavar="FIELD", help="Also by this field's values; repeat for more.")
    ] = None,
    queue: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write ties and disagreements here, the most telling first.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Compare a judge with human labels: agreement, errors, subgroups, and the true share behind its verdicts."""
    import json

    from rich.console import Console

    from medreason.cli._outputs import check_output
    from medreason.quality.judging import calibrate as compare
    from medreason.quality.judging import corrected
    from medreason.quality.labels import read_labels, read_verdicts

    if queue is not None:
        check_output(queue, labels, *([verdicts] if verdicts is not None else []))
    rows = read_labels(labels)
    fields = by or []
    found = compare(rows, fields)
    share = None if verdicts is None else corrected(read_verdicts(verdicts), rows)
    if queue is not None:
        write_queue(found, queue, fields)
    if json_:
        typer.echo(json.dumps(as_json(found, share, fields), ensure_ascii=False, indent=1))
        return
    console = Console()
    show(console, found, share)
    if queue is not None:
        console.print(f"written to {queue}", soft_wrap=True, highlight=False, markup=False)
