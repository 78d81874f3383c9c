"""How ``medreason balance`` looks on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from medreason.dataset.balance import Balance, Letters, Spread
    from medreason.dataset.shuffle import Shuffled

MOST_SHOWN = 10
NOTE = (
    "A record may have several organ systems. p: two-sided, items as independent; rules corrected for their number "
    "(Holm). These are counts, no verdict on the dataset."
)


def _probability(p: float) -> str:
    from medreason.statistics.chance import DRAWS

    least = 1 / (1 + DRAWS)
    return "< 0.0001" if p <= 10 * least else f"{p:.4f}" if p < 0.1 else f"{p:.2f}"


def _show_letters(console: Console, found: Letters) -> None:
    from rich.text import Text

    from medreason.cli.status import plain_table
    from medreason.quality.language import printable

    table = plain_table("answer", "items", "by chance", "share")
    total = sum(found.counts.values())
    for key, n in found.counts.items():
        share = f"{100 * n / total:.1f} %" if total else "–"
        table.add_row(Text(printable(key)), f"{n:,}", f"{found.fit.expected[key]:,.1f}", share)
    console.print(table)
    fit = f"chi-square {found.fit.statistic:.2f}, p {_probability(found.fit.p)} (100,000 draws of chance)"
    console.print(fit, highlight=False)


def _show_near(console: Console, found: Balance) -> None:
    from rich.text import Text

    from medreason.cli.status import plain_table
    from medreason.quality.language import printable

    many = sum(len(g.ids) for g in found.near)
    told = f"{len(found.near):,} groups of {many:,} records" if found.near else "none"
    console.print(
        f"\n[bold]near duplicates[/bold] (questions, likeness from {found.threshold:g}): {told}", highlight=False
    )
    if not found.near:
        return
    table = plain_table("records", "answers", "which", left=0)
    table.columns[2].justify = "left"
    for group in found.near[:MOST_SHOWN]:
        which = ", ".join(group.ids[:3]) + (f" and {len(group.ids) - 3:,} more" if len(group.ids) > 3 else "")
        table.add_row(f"{len(group.ids):,}", f"{len(group.answers):,}", Text(printable(which)))
    console.print(table)
    if len(found.near) > MOST_SHOWN:
        console.print(f"… and {len(found.near) - MOST_SHOWN:,} more groups (--json lists all)", highlight=False)


def _show_rules(console: Console, found: Balance) -> None:
    from rich.text import Text

    from medreason.cli.funnel import share
    from medreason.cli.status import plain_table
    from medreason.quality.language import printable

    if not found.rules:
        return
    console.print("\n[bold]what can be guessed from the options alone[/bold]")
    table = plain_table("rule", "right (95 %)", "chance", "by answer (95 %)", "p")
    for column in table.columns[1:]:
        column.no_wrap = True
    for name, rule in found.rules.items():
        right, macro = share(rule.guess.right).replace(" (", "\n("), share(rule.macro).replace(" (", "\n(")
        style = "bold" if rule.p < 0.05 else ""
        cells = [right, f"{100 * rule.guess.chance:.1f} %", macro, _probability(rule.p)]
        table.add_row(Text(printable(name)), *cells, style=style)
    console.print(table)
    console.print(
        "by answer: each answer disease weighing the same; bold: differs from chance, p < 0.05", highlight=False
    )


def _show_spread(console: Console, title: str, found: Spread, most: int = MOST_SHOWN) -> None:
    from rich.text import Text

    from medreason.cli.status import plain_table
    from medreason.quality.language import printable

    if len(found.counts) == 1:
        console.print(Text.assemble((f"\n{title}", "bold"), f": {printable(next(iter(found.counts)))}"), soft_wrap=True)
        return
    if found.counts and max(found.counts.values()) == 1:
        console.print(Text.assemble((f"\n{title}", "bold"), f": {len(found.counts):,}, each once"), soft_wrap=True)
        return
    told = f": {len(found.counts):,}, spread like {found.effective:.1f} equally frequent ones"
    console.print(Text.assemble((f"\n{title}", "bold"), told), soft_wrap=True)
    table = plain_table("", "records", "share")
    total = found.items or 1
    for name, n in list(found.counts.items())[:most]:
        table.add_row(Text(printable(name)), f"{n:,}", f"{100 * n / total:.1f} %")
    if len(found.counts) > most:
        rest = list(found.counts.values())[most:]
        table.add_row(Text(f"… {len(rest):,} others", "dim"), f"{sum(rest):,}", f"{100 * sum(rest) / total:.1f} %")
    table.show_header = False
    console.print(table)


def _show_numbers(console: Console, found: Balance) -> None:
    from medreason.cli.status import plain_table

    console.print("\n[bold]difficulty and length[/bold]")
    levels = found.margin.quantiles or found.steps.quantiles
    names = {0.0: "least", 0.5: "median", 1.0: "most"}
    table = plain_table("records up to", *(names.get(q, f"{100 * q:g} %") for q in levels))
    rows = (("lead of the best option, bits", found.margin, 1), ("steps a chain", found.steps, 0))
    for name, numbers, digits in rows:
        if numbers.quantiles:
            table.add_row(name, *(f"{v:.{digits}f}" for v in numbers.quantiles.values()))
    console.print(table)
    bins = ", ".join(f"{name}: {n:,}" for name, n in found.margin.counts.items() if n)
    console.print(f"records by lead in bits: {bins}", soft_wrap=True, highlight=False)


def show(console: Console, found: Balance) -> None:
    """Prints letters, near duplicates, guessing rules, and the spread of everything else."""
    from rich.text import Text

    from medreason.cli.funnel import counted

    told = counted(found.records, "record")
    if found.answered < found.records:
        told += f", {found.records - found.answered:,} without a known answer among their options"
    console.print(Text(told + "\n"), soft_wrap=True)
    if found.letters.counts:
        _show_letters(console, found.letters)
    _show_near(console, found)
    _show_rules(console, found)
    _show_spread(console, "answers", found.answers)
    _show_spread(console, "organ systems", found.systems, 30)
    for title, part in (("sources", found.sources), ("kinds", found.kinds), ("written by", found.teachers)):
        _show_spread(console, title, part)
    _show_numbers(console, found)
    console.print(Text("\n" + NOTE), soft_wrap=True)


def show_shuffled(console: Console, done: list[Shuffled], after: Letters, out: Path) -> None:
    """Prints how many records were shuffled, which were left and why, and the letters now."""
    from rich.text import Text

    from medreason.cli.funnel import counted
    from medreason.quality.language import printable

    left = [s for s in done if s.left]
    console.print(f"\n[bold]shuffled[/bold] {counted(len(done) - len(left), 'record')}", highlight=False)
    if left:
        console.print(f"left as they are: {counted(len(left), 'record')}", highlight=False)
        for one in left[:MOST_SHOWN]:
            console.print(Text(f"  {printable(one.record.id)}: {printable(one.left)}"), soft_wrap=True)
        if len(left) > MOST_SHOWN:
            console.print(f"  … and {len(left) - MOST_SHOWN:,} more (--json lists all)", highlight=False)
    if after.counts:
        console.print()
        _show_letters(console, after)
    console.print(Text(f"written to {printable(str(out))}"), soft_wrap=True)
