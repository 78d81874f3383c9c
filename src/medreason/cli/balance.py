"""``medreason balance``: how a dataset is spread, what can be guessed in it, and new places for its options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from medreason.dataset.balance import Balance, Letters, Spread
    from medreason.dataset.shuffle import Shuffled
    from medreason.records import Record
    from medreason.statistics import Estimate


# -- as JSON ---------------------------------------------------------------------------------------------


def _estimate(e: Estimate) -> dict[str, Any]:
    import math

    if math.isnan(e.value):
        return {"value": None, "low": None, "high": None, "n": e.n}
    return {"value": round(e.value, 4), "low": round(e.low, 4), "high": round(e.high, 4), "n": e.n}


def _letters(found: Letters) -> dict[str, Any]:
    expected = {key: round(value, 2) for key, value in found.fit.expected.items()}
    statistic = round(found.fit.statistic, 4)
    return {"counts": found.counts, "expected": expected, "chi_square": statistic, "p": round(found.fit.p, 5)}


def _spread(found: Spread) -> dict[str, Any]:
    most = round(found.most, 4) if found.counts else None
    return {"items": found.items, "effective": round(found.effective, 2), "most": most, "counts": found.counts}


def as_json(found: Balance) -> dict[str, Any]:
    """Everything as one JSON document; shares from 0 to 1."""
    near = {
        "threshold": found.threshold,
        "groups": len(found.near),
        "records": sum(len(g.ids) for g in found.near),
        "of_different_answers": sum(len(g.answers) > 1 for g in found.near),
        "members": [g._asdict() for g in found.near],
    }
    rules = {
        name: {
            "right": _estimate(rule.guess.right),
            "chance": round(rule.guess.chance, 4),
            "macro_over_answers": _estimate(rule.macro),
            "p": round(rule.guess.p, 5),
            "p_corrected": round(rule.p, 5),
        }
        for name, rule in found.rules.items()
    }
    spreads = ("answers", "systems", "sources", "kinds", "teachers")
    return {
        "records": found.records,
        "answered": found.answered,
        "letters": _letters(found.letters),
        "near_duplicates": near,
        "blind_rules": rules,
        **{name: _spread(getattr(found, name)) for name in spreads},
        **{
            name: {"quantiles": {f"{q:g}": round(v, 4) for q, v in numbers.quantiles.items()}, "counts": numbers.counts}
            for name, numbers in (("margin_bits", found.margin), ("steps", found.steps))
        },
    }


def shuffled_json(done: list[Shuffled], after: Letters, seed: int) -> dict[str, Any]:
    """What shuffling came to."""
    left = [{"id": s.record.id, "why": s.left} for s in done if s.left]
    return {"seed": seed, "shuffled": len(done) - len(left), "left": left, "letters": _letters(after)}


# -- the command -----------------------------------------------------------------------------------------


def _shuffled(records: list[Record], dataset: Path, seed: int, out: Path) -> list[Shuffled]:
    """Shuffles the records and writes them.

    Raises:
        UsageError: the output would overwrite the dataset.
        InputError: it cannot be written.
    """
    from medreason.dataset.shuffle import shuffle_all
    from medreason.dataset.write import DATASET, replace_text
    from medreason.errors import InputError, UsageError
    from medreason.records import to_json

    source = dataset / DATASET if dataset.is_dir() else dataset
    if out.resolve() == source.resolve():
        raise UsageError("--out is the dataset itself", fix="give another file", item=out.name)
    done = shuffle_all(records, seed)
    try:
        replace_text(out, (to_json(one.record) + "\n" for one in done))
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", fix="check --out", item=out.name) from error
    return done


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("balance")
    def balance_command(
        dataset: Annotated[Path, typer.Argument(help="A dataset.jsonl, or a run folder that holds one.")],
        shuffle: Annotated[
            int | None, typer.Option(metavar="SEED", help="Give the options new places by this seed; needs --out.")
        ] = None,
        out: Annotated[Path | None, typer.Option(metavar="FILE", help="The shuffled dataset.jsonl to write.")] = None,
        near: Annotated[float, typer.Option(help="Likeness from which questions are near duplicates, 0 to 1.")] = 0.8,
        seed: Annotated[int, typer.Option(min=0, help="Seed of the tests and intervals.")] = 0,
        json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """Count duplicates, letters, answers, organ systems and what can be guessed; shuffle the options."""
        import json

        from rich.console import Console

        from medreason.cli._balance_print import show, show_shuffled
        from medreason.dataset.balance import balance, letters, read_records
        from medreason.errors import UsageError

        if (shuffle is None) != (out is None):
            raise UsageError("--shuffle and --out belong together", fix="give both: --shuffle 7 --out shuffled.jsonl")
        records = read_records(dataset)
        found = balance(records, threshold=near, seed=seed)
        document, console = as_json(found), Console()
        if not json_:
            show(console, found)
        if shuffle is not None and out is not None:
            done = _shuffled(records, dataset, shuffle, out)
            after = letters((one.record for one in done), seed=seed)
            document["shuffle"] = shuffled_json(done, after, shuffle)
            if not json_:
                show_shuffled(console, done, after, out)
        if json_:
            typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
