"""``medreason review``: blinded review of reasoning by clinicians, from the protocol to the log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medreason.cli import _review_people, _review_plan, _review_results, _review_serve

if TYPE_CHECKING:
    from medreason.review.store import Dashboard, StudyFile

app = typer.Typer(help="Blinded review of reasoning by clinicians.", no_args_is_help=True)
Study = Annotated[Path, typer.Argument(metavar="STUDY.db", help="A study made by medreason review create.")]


def register(parent: typer.Typer) -> None:
    """Adds the command group to the main app."""
    parent.add_typer(app, name="review")


def opened(path: Path) -> StudyFile:
    """The study in a file."""
    from medreason.review.store import StudyFile

    return StudyFile.open(path)


@app.command()
def create(
    protocol: Annotated[Path, typer.Argument(metavar="STUDY.yaml", help="The study protocol.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="STUDY.db", help="The study file to make.")],
    kg: Annotated[Path | None, typer.Option("--kg", metavar="DIR", help="Graph that the steps cite.")] = None,
) -> None:
    """Draw the cases of a protocol and freeze both in a new study file."""
    from medreason.kg.store import open_graph
    from medreason.review.protocol import read_protocol
    from medreason.review.sampling import gather
    from medreason.review.store import StudyFile

    read = read_protocol(protocol)
    if out.exists():
        from medreason.errors import UsageError

        raise UsageError("there is a file already", fix="give a new name: no study is written over", item=out.name)
    material = gather(read, open_graph(kg) if kg else None)
    study = StudyFile.create(out, read, material)
    lines = [f"{out.name}: {len(material.cases):,} of {material.available:,} cases drawn, protocol {study.hash}"]
    lines += [f"left out: {count:,} {why}" for why, count in sorted(material.left_out.items())]
    lines += [f"next: medreason review roster {out.name} PEOPLE.csv --out LINKS.csv"]
    _say(*lines)


@app.command("status")
def status_command(study: Study) -> None:
    """Show how far a study is, never by arm."""
    found = opened(study)
    _say(f"{found.protocol.title}: {found.state}, {found.size:,} cases, protocol {found.hash[:16]}…")
    _show(found, found.dashboard())


def _show(study: StudyFile, found: Dashboard) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from medreason.quality.language import printable

    names = {person.id: person.name for person in study.people()}
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("reviewer", "done", "outside", "median", "repeats alike", ""):
        table.add_column(title, justify="left" if title in {"reviewer", ""} else "right")
    for one in found.reviewers:
        flags = ["rushing"] * one.rushing + ["inconsistent"] * one.inconsistent
        table.add_row(
            Text(printable(names[one.person])), f"{one.done} of {one.total}", str(one.outside),
            "–" if one.seconds is None else f"{one.seconds:.0f} s",
            f"{one.repeats[1]} of {one.repeats[0]}" if one.repeats[0] else "–", ", ".join(flags),
        )  # fmt: skip
    if found.reviewers:
        Console(highlight=False).print(table)
    width = "" if found.width is None else f", interval {100 * found.width:.0f} points wide"
    _say(
        f"{found.done:,} of {found.total:,} answers; {found.covered:,} of {found.cases:,} cases have enough; "
        f"{found.open_disagreements:,} disagreements to decide; "
        f"expected end {found.expected_end or 'not known yet'}{width}",
        f"stopping rule: {'met' if found.stop else 'not met'}",
    )


@app.command()
def freeze(study: Study) -> None:
    """Close a study: after this no answer can be given or changed. It cannot be taken back."""
    opened(study).freeze()
    _say("closed and logged", "next: medreason review unblind, or review report for the blinded part")


@app.command()
def unblind(study: Study) -> None:
    """Let the arms be read, once the study is frozen. It cannot be taken back."""
    found = opened(study)
    found.unblind()
    _say("unblinded and logged", *(f"{name}: {found.protocol.name_of(name)}" for name in found.protocol.arms))


@app.command()
def audit(study: Study) -> None:
    """Print the log and check that each row follows from the row before."""
    from medreason.errors import CheckError

    found = opened(study)
    _say(*(f"{row.n:>5}  {row.at}  {row.who}: {row.what}  {row.detail}".rstrip() for row in found.audit()))
    if row := found.audit_broken():
        raise CheckError(f"row {row} of the log does not follow from the row before", fix="compare it with a backup")
    last = found.audit()[-1]
    _say(
        "each row follows from the row before",
        f"last row: {last.n}, {last.hash}. Note it elsewhere: rows cut off the end leave no other trace.",
    )


@app.command()
def backup(study: Study, target: Annotated[Path, typer.Argument(metavar="FILE", help="The copy to make.")]) -> None:
    """Copy a study file while it is being served."""
    opened(study).backup(target)
    _say(f"{target.name} holds the study as of now; medreason review restore makes it a study again")


@app.command()
def restore(
    copy: Annotated[Path, typer.Argument(metavar="FILE", help="A copy made by medreason review backup.")],
    study: Annotated[Path, typer.Argument(metavar="STUDY.db", help="The study file to make; nothing is written over.")],
) -> None:
    """Make a study of a backup."""
    found = opened(copy)
    found.backup(study)
    _say(f"{study.name}: {found.protocol.title}, {found.state}, protocol {found.hash[:16]}…")


def _say(*lines: str) -> None:
    from rich.console import Console
    from rich.text import Text

    from medreason.quality.language import printable

    console = Console(highlight=False)
    for line in lines:
        console.print(Text(printable(line)), soft_wrap=True)


_review_plan.register(app)
_review_people.register(app)
_review_serve.register(app)
_review_results.register(app)
