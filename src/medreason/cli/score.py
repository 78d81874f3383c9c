"""``medreason score``: accuracy by task of outputs made elsewhere, with what could not be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from medreason.evaluation.score import Score, Scored

REASONS = {
    "empty": "nothing there, or an empty field",
    "only_thinking": "nothing behind the thinking",
    "truncated": "cut off before an answer",
    "refusal": "declines, or says that it cannot be known",
    "several": "more than one option",
    "two_answers": "two statements that disagree",
    "denied": "says only what the answer is not",
    "contradiction": "letter of one option, text of another",
    "repeated_text": "a text that two options share",
    "not_an_option": "an answer that is none of the options",
    "retracted": "taken back, and nothing in its place",
    "no_statement": "no statement of an answer",
}
NOTE = "Unreadable outputs count as wrong. Interval: 95 %."


def as_json(score: Score) -> dict[str, Any]:
    """A score as plain values; shares between 0 and 1."""
    accuracy = {
        "value": round(score.accuracy.value, 4),
        "low": round(score.accuracy.low, 4),
        "high": round(score.accuracy.high, 4),
    }
    by = "bootstrap over questions" if score.questions < score.outputs else "Wilson"
    return {
        "task": score.task, "outputs": score.outputs, "questions": score.questions, "right": score.right,
        "accuracy": {**accuracy, "interval": by}, "chance": round(score.chance, 4),
        "unreadable": sum(score.unreadable.values()), "reasons": score.unreadable, "rules": score.rules,
    }  # fmt: skip


def _line(scored: Scored) -> dict[str, Any]:
    output, reading = scored
    return {
        "task": output.task, "id": output.question, "sample": output.sample, "where": output.where, "gold": output.gold,
        "key": reading.key, "right": scored.right, "rule": reading.rule, "why": reading.why,
        "start": reading.start, "end": reading.end, "options": len(output.options), "length": len(output.text),
    }  # fmt: skip


def write(folder: Path, scored: list[Scored], found: dict[str, Any]) -> None:
    """Writes ``readings.jsonl`` and ``score.json``.

    Raises:
        RunFolderError: they cannot be written.
    """
    import json

    from medreason.errors import RunFolderError

    try:
        with (folder / "readings.jsonl").open("w", encoding="utf-8") as out:
            for one in scored:
                out.write(json.dumps(_line(one), ensure_ascii=False) + "\n")
        (folder / "score.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except (OSError, UnicodeEncodeError) as error:
        raise RunFolderError(
            f"cannot write the readings: {error}", fix="check the rights and the disk of --out", item=folder.name
        ) from error


def show(console: Console, scores: list[Score], every: Score) -> None:
    """Prints accuracy by task and why outputs could not be read."""
    from rich.text import Text

    from medreason.cli.funnel import counted
    from medreason.cli.status import plain_table
    from medreason.quality.language import printable

    samples = every.questions < every.outputs
    table = plain_table("task", "outputs", "right", "% (95 %)", "chance", "unreadable")
    for score in [*scores, *([every] if len(scores) > 1 else [])]:
        e, unread = score.accuracy, sum(score.unreadable.values())
        told = f"{100 * e.value:.1f} ({100 * e.low:.1f}–{100 * e.high:.1f})"
        cells = [f"{score.outputs:,}", f"{score.right:,}", told, f"{100 * score.chance:.1f}", f"{unread:,}"]
        table.add_row(Text(printable(score.task)), *cells, style="bold" if score is every else "")
    for column in table.columns[1:]:
        column.no_wrap = True
    console.print(table)
    if every.unreadable:
        reasons = plain_table("not read", "outputs", "what that means")
        reasons.columns[2].justify = "left"
        for why, n in every.unreadable.items():
            reasons.add_row(why.replace("_", " "), f"{n:,}", REASONS.get(why, ""))
        console.print()
        console.print(reasons)
    note = f"{NOTE} {counted(every.questions, 'question')}; intervals by bootstrap over them." if samples else NOTE
    console.print(Text(f"\n{note}"), soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("score")
    def score_command(
        file: Annotated[Path, typer.Argument(help="File of outputs, JSON lines; .gz is read too.")],
        kind: Annotated[str, typer.Option("--format", help="mirage, jsonl or lm-eval (samples_*.jsonl).")],
        out: Annotated[
            Path | None, typer.Option(metavar="DIR", help="Write readings.jsonl and score.json here.")
        ] = None,
        seed: Annotated[int, typer.Option(min=0, help="Seed of the intervals where there are samples.")] = 0,
        json_: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
    ) -> None:
        """Score outputs made elsewhere: the answer read by rule, accuracy, and what could not be read."""
        import json

        from rich.console import Console

        from medreason.cli._outputs import make_folder
        from medreason.evaluation.outputs import read_outputs
        from medreason.evaluation.score import score_outputs, score_task, score_tasks

        scored = score_outputs(read_outputs(file, kind))
        if out is not None:
            make_folder(out, file)
        scores, every = score_tasks(scored, seed=seed), score_task("all", scored, seed=seed)
        found = {"file": file.name, "format": kind, "tasks": [as_json(s) for s in scores], "all": as_json(every)}
        if out is not None:
            write(out, scored, found)
        if json_:
            typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
            return
        console = Console(highlight=False)
        show(console, scores, every)
        if out is not None:
            from rich.text import Text

            from medreason.quality.language import printable

            console.print(Text(f"written to {printable(str(out))}"), soft_wrap=True)
