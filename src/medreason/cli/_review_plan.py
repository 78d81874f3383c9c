"""``medreason review plan``: what a study costs, and how precise it will be, before anybody is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(group: typer.Typer) -> None:
    """Adds the command."""

    @group.command("plan")
    def plan_command(
        protocol: Annotated[Path, typer.Argument(metavar="STUDY.yaml", help="The study protocol.")],
        reviewers: Annotated[int, typer.Option(min=1, max=10_000, help="How many reviewers take part.")] = 4,
        ties: Annotated[float, typer.Option(min=0, max=0.99, help="Share of ties to expect.")] = 0.25,
        between_reviewers: Annotated[
            float, typer.Option(min=0, max=1, help="Share of the variance of an answer that lies between reviewers.")
        ] = 0.05,
        between_cases: Annotated[
            float, typer.Option(min=0, max=1, help="Share of the variance that lies between cases.")
        ] = 0.20,
        width: Annotated[
            float, typer.Option(min=0, max=1, help="Also: cases needed for an interval so wide (0.2: 20 points).")
        ] = 0.0,
    ) -> None:
        """Show sample size, hours and the expected width of the interval of the preference."""
        from itertools import combinations

        from rich import box
        from rich.console import Console
        from rich.table import Table

        from medreason.review.plan import Assumed, cases_for, plan
        from medreason.review.protocol import read_protocol

        read = read_protocol(protocol)
        assumed = Assumed(ties, between_reviewers, between_cases)
        pairs = len(list(combinations(read.arms, 2)))
        console = Console(highlight=False)
        items = read.sample.items
        table = Table(box=box.SIMPLE_HEAD)
        for title in ("cases", "reviewers", "answers", "a reviewer", "hours", "interval", "smallest difference"):
            table.add_column(title, justify="right")
        for cases in sorted({max(1, items // 2), items, 2 * items, 4 * items}):
            found = plan(
                cases, reviewers, read.overlap, repeats=read.repeats, minutes=read.minutes_per_item, assumed=assumed
            )
            own = (
                found
                if pairs == 1
                else plan(max(1, cases // pairs), reviewers, read.overlap, repeats=0, minutes=1, assumed=assumed)
            )
            table.add_row(
                f"{cases:,}" + ("  *" if cases == items else ""), str(reviewers), f"{found.answers:,}",
                f"{found.per_reviewer:,}", f"{found.minutes / 60:.1f}", f"±{50 * own.width:.1f}",
                f"{100 * own.smallest:.1f}",
                style="bold" if cases == items else "",
            )  # fmt: skip
        console.print(table)
        each = f" Of {pairs} pairs of arms each gets its share of the cases." if pairs > 1 else ""
        console.print(
            f"* the protocol's. Interval and difference in points of the preference (wins and half of the ties, 50: no "
            f"difference); difference: found with 80 % power.{each}",
            soft_wrap=True,
        )
        console.print(
            f"Assumed: {100 * ties:.0f} % ties; of the variance of an answer {100 * between_reviewers:.0f} % between "
            f"reviewers, {100 * between_cases:.0f} % between cases. A pilot shows what holds.",
            soft_wrap=True,
        )
        if width:
            needed = cases_for(width, reviewers, read.overlap, assumed)
            told = f"{needed * pairs:,} cases" if needed else "no number of cases is enough: ask more reviewers"
            console.print(f"For an interval {100 * width:.0f} points wide with {reviewers} reviewers: {told}.")
