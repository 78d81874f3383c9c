"""How ``medreason evaluate`` tells what is asked, and what came of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from medreason.evaluation.beyond import Changed
    from medreason.evaluation.compare import Comparison, Scope
    from medreason.evaluation.contrasts import Score
    from medreason.evaluation.run import Done
    from medreason.evaluation.sets import QuestionSet
    from medreason.statistics.rates import Estimate

# Share of questions on which two models of one size mostly differ; only for the column "shows".
DIFFERING = 0.2
NAMES = {"pooled": "all questions", "macro": "mean of the tasks"}
CONDITIONS = {
    "resampled": "nothing, sampled twice", "shuffled": "another order", "hinted": "a wrong hint",
    "corrupted": "evidence exchanged",
}  # fmt: skip


def show_start(console: Console, sets: dict[str, QuestionSet], asked: str) -> None:
    """What will be asked, and where it goes."""
    from rich.text import Text

    from medreason.quality.language import printable

    for name, found in sets.items():
        files = ", ".join(f"{origin.name} (SHA-256 {origin.sha256[:12]}…)" for origin in found.origins)
        console.print(Text(printable(f"{name}: {len(found.items):,} questions of {files or 'a data set of the hub'}")),
                      soft_wrap=True)  # fmt: skip
        for note in found.notes:
            console.print(Text(f"  note: {printable(note)}", "yellow"), soft_wrap=True)
    console.print(Text(printable(asked)), soft_wrap=True)


def percent(value: float) -> str:
    """A share in percent with one decimal."""
    return f"{100 * value:.1f}"


def interval(told: Estimate) -> str:
    """A 95 % interval in percent."""
    return f"{percent(told.low)} to {percent(told.high)}"


def compared(done: Done) -> Comparison:
    """Accuracy of every task, by the statistics of ``medreason compare``, of one run."""
    from medreason.evaluation.compare import compare
    from medreason.evaluation.runs import align, make_run

    return compare(align([make_run("model", done.rows)]))


def shows(score: Score, scope: Scope) -> float:
    """Smallest difference to another model that the questions of a task show, if the two differ on a fifth of them."""
    from medreason.statistics.power import paired_difference

    return paired_difference(scope.questions, DIFFERING) if score.outputs else math.nan


def as_json(done: Done) -> dict[str, Any]:
    """The whole outcome as one JSON document, without a text of a question."""
    from medreason.evaluation.beyond import changed

    found = compared(done)
    told = []
    for scope in found.scopes:
        score = next(s for s in found.scores if (s.scope, s.subset) == (scope.name, scope.subset))
        told.append({
            "scope": scope.name, "subset": scope.subset, "questions": scope.questions, "outputs": score.outputs,
            "accuracy": score.accuracy._asdict(), "unreadable": score.reasons, "chance": scope.chance,
        })  # fmt: skip
    return {
        "scores": told,
        "sets": {
            name: {
                "files": [o._asdict() for o in s.origins], "rows": s.rows, "questions": len(s.items),
                "left_out": s.left_out, "repeated": s.repeated, "odd": s.odd, "notes": s.notes,
            }
            for name, s in done.sets.items()
        },
        "changes": [_plain(change) for change in changed(done.rows)],
        "unfit": done.unfit,
        "unmoved": done.unmoved,
    }  # fmt: skip


def show(console: Console, done: Done, out: Path) -> None:
    """The table of tasks, what changed questions did, and where everything is."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from medreason.evaluation.beyond import changed
    from medreason.quality.language import printable

    found = compared(done)
    several = any(row.sample for row in done.rows)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("task", overflow="fold")
    for column in ("questions", *(["outputs"] if several else []), "right %", "95 %", "unread", "chance %", "shows"):
        table.add_column(column, justify="right", no_wrap=True)
    for scope in found.scopes:
        score = next(s for s in found.scores if (s.scope, s.subset) == (scope.name, scope.subset))
        name = NAMES.get(scope.name, scope.name) + (" (clean)" if scope.subset == "clean" else "")
        least = shows(score, scope)
        outputs = [f"{score.outputs:,}"] if several else []
        table.add_row(
            Text(printable(name)), f"{scope.questions:,}", *outputs, percent(score.accuracy.value),
            interval(score.accuracy), f"{score.unread:,}", percent(scope.chance),
            "-" if math.isnan(least) or scope.name == "macro" else percent(least),
        )  # fmt: skip
    console.print(table)
    _show_notes(console, done, found)
    if changes := changed(done.rows):
        console.print(_changes(changes))
        console.print("other: readable answers that are another one; followed: answers that now name the wrong option "
                      "which the hint or the evidence speaks for", soft_wrap=True)  # fmt: skip
    console.print(Text(printable(f"written to {out}: readings.jsonl, outputs.jsonl, logs/ (inspect view --log-dir "
                                 f"{out}/logs)")), soft_wrap=True)  # fmt: skip


def _changes(changes: Sequence[Changed]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from medreason.quality.language import printable

    table = Table(title="Changed questions", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("task: what was changed", overflow="fold")
    for column in ("pairs", "right %: was", "is", "other %", "followed %"):
        table.add_column(column, justify="right", no_wrap=True)
    for c in changes:
        name = f"{NAMES.get(c.task, c.task)}: {CONDITIONS[c.condition]}"
        followed = "-" if c.followed is None or math.isnan(c.followed.value) else percent(c.followed.value)
        other = "-" if math.isnan(c.flipped.value) else percent(c.flipped.value)
        table.add_row(Text(printable(name)), f"{c.pairs:,}", percent(c.before), percent(c.after), other, followed)
    return table


def _plain(change: Changed) -> dict[str, Any]:
    """A change as JSON can hold it: no value where none could be counted."""

    def told(value: Any) -> Any:
        if isinstance(value, tuple) and hasattr(value, "_asdict"):
            return {k: told(v) for k, v in value._asdict().items()}
        return None if isinstance(value, float) and math.isnan(value) else value

    return {k: told(v) for k, v in change._asdict().items()}


def _show_notes(console: Console, done: Done, found: Comparison) -> None:
    from rich.text import Text

    from medreason.quality.language import printable

    told = [
        f"{score.scope}: unreadable, counted as wrong: "
        + ", ".join(f"{why.replace('_', ' ')} {n:,}" for why, n in score.reasons.items())
        for score in found.scores
        if score.reasons and score.scope in done.sets and score.subset == "full"
    ]
    told.append("shows: points of difference to another model that so many questions find (power 80 %; the two differ "
                "on a fifth of them)")  # fmt: skip
    told += [f"{name}: {n:,} questions keep the order of their options (they refer to it, or are yes or no)"
             for name, n in done.unmoved.items()]  # fmt: skip
    told += [f"{name}: {n:,} questions cannot be changed so and were not asked" for name, n in done.unfit.items()]
    for line in told:
        console.print(Text(printable(line)), soft_wrap=True)
