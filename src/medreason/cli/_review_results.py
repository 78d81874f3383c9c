"""``medreason review report`` and ``apply``: what a study found, and its way back into the dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Study = Annotated[Path, typer.Argument(metavar="STUDY.db", help="A study made by medreason review create.")]


def register(group: typer.Typer) -> None:
    """Adds the commands."""

    @group.command("report")
    def report(
        study: Study, out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the report goes.")]
    ) -> None:
        """Write statistics, tables, codebook and page; while the study is blinded, the part that needs no arm."""
        from medreason.cli.review import _say, opened
        from medreason.review.results import write_report

        found = opened(study)
        files = write_report(found, out)
        if found.state != "unblinded":
            _say("the study is blinded: the report holds what needs no arm")
        _say(f"{out / 'report.html'} and {len(files) - 1} files beside it, protocol {found.hash[:16]}…")

    @group.command("apply")
    def apply_command(
        study: Study,
        dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="Run folder or dataset.jsonl of the arm.")],
        arm: Annotated[str, typer.Option(help="Name or label of the arm that the dataset is.")],
        out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the new version.")],
        policy: Annotated[
            str, typer.Option(metavar="drop|flag", help="What a refused step does to its record.")
        ] = "drop",
        min_reviewers: Annotated[int, typer.Option(min=1, help="Fewest reviewers whose labels count.")] = 1,
        any_harmful: Annotated[
            bool, typer.Option("--any-harmful", help="One reviewer who says harmful is enough.")
        ] = False,
    ) -> None:
        """Write a new version of a dataset: steps that reviewers refused drop or flag their record."""
        from medreason.cli.review import _say, opened
        from medreason.errors import UsageError
        from medreason.review.apply import Rule, apply

        if policy not in {"drop", "flag"}:
            raise UsageError(f"--policy is drop or flag, not {policy!r}")
        rule = Rule("flag" if policy == "flag" else "drop", min_reviewers, any_harmful)
        found = apply(opened(study), dataset, out, arm, rule)
        _say(
            f"{found.before:,} records, {found.after:,} after; {found.reviewed:,} reviewed: {found.dropped:,} dropped, "
            f"{found.flagged:,} flagged",
            *([f"{found.changed:,} changed since the review: left as they are"] if found.changed else []),
            f"{out / 'dataset.jsonl'}, with removed.jsonl, labels.jsonl and review.json beside it",
        )
