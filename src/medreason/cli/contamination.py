"""``medreason contamination``: which questions of a dataset stand in evaluation sets; indexes of such sets by hash.

``medreason contamination DATASET --against FILES`` is short for ``medreason contamination check DATASET …``; a dataset
that is called like a subcommand is given as ``./index``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from rich.console import Console

    from medreason.cli._contamination_read import Reading
    from medreason.quality.contamination import EvaluationSet, Verdict

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
MOST_SHOWN = 20
LEGEND = "overlap: share of the runs of 13 words; couples: likeness by runs of two words; both weighed by rarity\n"
NOTE = "Wording is compared, not meaning: questions told anew are found only in part, translated ones not at all."


class _CheckByDefault(TyperGroup):
    """A group whose first argument, where it is no subcommand, is the dataset of ``check``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in {"-h", "--help"}:
            args = ["check", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_CheckByDefault,
    help="Find questions that stand in evaluation sets: medreason contamination DATASET --against FILE…",
    no_args_is_help=True,
)


def register(parent: typer.Typer) -> None:
    """Adds the command group to the main app."""
    parent.add_typer(app, name="contamination")


def _set_name(path: Path) -> str:
    name = path.name
    for ending in (".gz", ".jsonl", ".ndjson", ".json", ".parquet"):
        name = name.removesuffix(ending)
    return name or path.name


def open_sets(places: list[Path]) -> tuple[list[EvaluationSet], dict[str, int]]:
    """Evaluation sets of indexes and of question files; the latter take the salt of the former.

    Returns:
        The sets, and by set the rows of question files that are no question (sets without such rows are left out).

    Raises:
        UsageError: two sets of one name, or indexes of different salts.
        InputError: a file cannot be read.
    """
    from medreason.cli._contamination_read import read
    from medreason.quality.contamination import is_index, make_set, read_index
    from medreason.quality.contamination.items import SALT

    sets: list[EvaluationSet] = []
    for place in places:
        sets += read_index(place) if is_index(place) else []
    salt = sets[0].salt if sets else SALT
    unread: dict[str, int] = {}
    for place in places:
        if not is_index(place):
            told = read(place)
            sets.append(make_set(_set_name(place), told.items, origins=told.origins, salt=salt))
            unread |= {sets[-1].name: sum(told.unread.values())} if told.unread else {}
    return sets, unread


def as_json(
    told: Reading, sets: list[EvaluationSet], unread: dict[str, int], verdicts: list[Verdict]
) -> dict[str, Any]:
    """The whole outcome as one JSON document, without a text."""
    return {
        "items": len(verdicts),
        "unread": told.unread,
        "files": [o._asdict() for o in told.origins],
        "verdicts": count(verdicts),
        "sets": [
            {
                "name": s.name,
                "items": len(s.ids),
                "unread": unread.get(s.name, 0),
                "origins": [o._asdict() for o in s.origins],
                **of_set(verdicts, s.name),
            }
            for s in sets
        ],
        "found": [row(v) for v in verdicts if v.matches],
    }


def row(verdict: Verdict) -> dict[str, Any]:
    """One verdict as a JSON row; shares with four decimals."""

    def rounded(value: dict[str, Any]) -> dict[str, Any]:
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in value.items()}

    matches = [rounded(m._asdict()) | {"pairs": [rounded(p._asdict()) for p in m.pairs]} for m in verdict.matches]
    return {"id": verdict.item, "verdict": verdict.verdict, "short": verdict.short, "matches": matches}


def count(verdicts: list[Verdict]) -> dict[str, int]:
    """Questions by verdict."""
    from collections import Counter

    from medreason.quality.contamination import VERDICTS

    found = Counter(v.verdict for v in verdicts)
    return {name: found[name] for name in reversed(VERDICTS)}


def of_set(verdicts: list[Verdict], name: str) -> dict[str, Any]:
    """Of one set: questions by verdict, and by verdict and reason."""
    from collections import Counter

    from medreason.quality.contamination import CLEAN

    matches = [m for v in verdicts for m in v.matches if m.set == name]
    levels = Counter(m.verdict for m in matches if m.verdict != CLEAN)
    reasons = Counter(f"{m.verdict}: {', '.join(m.reasons)}" for m in matches if m.verdict != CLEAN)
    return {
        "refuse": levels["refuse"],
        "review": levels["review"],
        "clean": len(verdicts) - sum(levels.values()),
        "reasons": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        "panels_only": sum(m.panels > 0 and m.runs == 0 and not m.pairs for m in matches),
    }


def write(out: Path, verdicts: list[Verdict]) -> None:
    """Writes ``clean.txt`` (ids), ``review.jsonl`` and ``refused.jsonl``.

    Raises:
        InputError: the folder cannot be written.
    """
    import json

    from medreason.errors import InputError
    from medreason.quality.contamination import CLEAN, REFUSE, REVIEW

    try:
        out.mkdir(parents=True, exist_ok=True)
        clean = [v.item.replace("\n", " ") for v in verdicts if v.verdict == CLEAN]
        (out / "clean.txt").write_text("".join(f"{name}\n" for name in clean), encoding="utf-8")
        for name, verdict in (("review.jsonl", REVIEW), ("refused.jsonl", REFUSE)):
            rows = [json.dumps(row(v), ensure_ascii=False) for v in verdicts if v.verdict == verdict]
            (out / name).write_text("".join(f"{r}\n" for r in rows), encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", fix="check --out", item=out.name) from error


def show(console: Console, told: dict[str, Any], verdicts: list[Verdict]) -> None:
    """Prints counts of each set, then the pairs."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from medreason.quality.contamination import CLEAN
    from medreason.quality.language import printable

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("evaluation set", overflow="fold")
    for column in ("items", "refuse", "review", "clean"):
        table.add_column(column, justify="right")
    table.add_column("reasons", overflow="fold")
    for one in told["sets"]:
        numbers = [f"{one[k]:,}" for k in ("items", "refuse", "review", "clean")]
        reasons = "; ".join(f"{why.replace('_', ' ')} {n:,}" for why, n in one["reasons"].items())
        table.add_row(Text(printable(one["name"])), *numbers, Text(printable(reasons or "-")))
    console.print(table)
    pairs = [(v, m) for v in verdicts for m in v.matches if m.verdict != CLEAN]
    pairs.sort(key=lambda vm: (vm[1].verdict != "refuse", -vm[1].overlap, vm[0].item))
    if pairs:
        console.print(_listing(pairs[:MOST_SHOWN]))
        console.print(LEGEND, soft_wrap=True, highlight=False)
    if len(pairs) > MOST_SHOWN:
        console.print(f"… and {len(pairs) - MOST_SHOWN:,} more (--json or --out lists all)\n", highlight=False)
    if told["unread"]:
        reasons = ", ".join(f"{printable(reason)} {n:,}" for reason, n in told["unread"].items())
        console.print(Text(f"rows that are no question: {reasons}"), soft_wrap=True)
    for one in told["sets"]:
        if one["unread"]:
            lost = f"{printable(one['name'])}: {one['unread']:,} rows are no question and were not compared with"
            console.print(Text(lost), soft_wrap=True)
    if short := sum(v.short for v in verdicts):
        console.print(f"{short:,} texts of fewer than 13 words: compared as a whole only", highlight=False)
    counts = told["verdicts"]
    total = f"of {len(verdicts):,} questions: {counts['refuse']:,} refuse, {counts['review']:,} review, "
    console.print(Text(f"{total}{counts['clean']:,} clean"), soft_wrap=True)
    console.print(Text(NOTE), soft_wrap=True)


def _listing(pairs: list[tuple[Verdict, Any]]) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from medreason.quality.language import printable

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("verdict", "question", "evaluation question", "kind"):
        table.add_column(column, overflow="fold")
    table.add_column("overlap", justify="right")
    table.add_column("couples", justify="right")
    for verdict, match in pairs:
        best = match.pairs[0] if match.pairs else None
        further = len(match.pairs) + match.more - 1
        other = f"{match.set}: {best.evaluation if best else 'several'}" + (
            f" and {further} more" if further > 0 else ""
        )
        kind = ", ".join(r.replace("_", " ") for r in match.reasons)
        alike = f"{100 * best.couples:.1f} %" if best else "-"
        cells = [match.verdict, verdict.item, other, kind]
        table.add_row(*(Text(printable(c)) for c in cells), f"{100 * match.overlap:.1f} %", alike)
    return table


@app.command()
def check(
    dataset: Annotated[Path, typer.Argument(help="A dataset.jsonl, a run folder, or a file or folder of questions.")],
    against: Annotated[
        list[Path], typer.Option(metavar="FILE", help="Questions for evaluation, or an index of them; repeat for more.")
    ],
    more: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", help="Further files for --against.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write clean.txt, review.jsonl and refused.jsonl here.")
    ] = None,
    refuse: Annotated[float, typer.Option(help="Overlap from which a question is refused, 0 to 1.")] = 0.5,
    review: Annotated[float, typer.Option(help="Overlap from which a human should look, 0 to 1.")] = 0.1,
    near: Annotated[float, typer.Option(help="Likeness from which texts are near duplicates, 0 to 1.")] = 0.8,
    json_: Json = False,
) -> None:
    """Compare the questions of a dataset with evaluation sets: refuse, review or clean."""
    import json

    from rich.console import Console

    from medreason.cli._contamination_read import read
    from medreason.quality.contamination import Firewall, Limits

    sets, unread = open_sets([*against, *(more or ())])
    firewall = Firewall(sets, Limits(refuse, review, near))
    told = read(dataset)
    verdicts = firewall.check(told.items)
    if out is not None:
        write(out, verdicts)
    document = as_json(told, sets, unread, verdicts)
    if json_:
        typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        show(Console(), document, verdicts)


@app.command()
def index(
    files: Annotated[list[Path], typer.Argument(help="Files or folders of questions; each becomes a set of its name.")],
    out: Annotated[Path, typer.Option(metavar="FILE.npz", help="The index to write.")],
    salt: Annotated[str, typer.Option(help="A text that goes into every hash, instead of the usual one.")] = "",
    json_: Json = False,
) -> None:
    """Write an index of evaluation sets: names, counts, ids and hashes, no text."""
    import json

    from medreason.cli._contamination_read import read
    from medreason.errors import UsageError
    from medreason.quality.contamination import make_set, write_index
    from medreason.quality.contamination.items import SALT

    if out.suffix != ".npz":
        raise UsageError("an index is a file that ends in .npz", fix="give --out NAME.npz", item=out.name)
    sets = []
    for place in files:
        told = read(place)
        used = salt.encode() or SALT
        sets.append(make_set(_set_name(place), told.items, origins=told.origins, salt=used))
    write_index(sets, out)
    if json_:
        rows = [{"name": s.name, "items": len(s.ids), "origins": [o._asdict() for o in s.origins]} for s in sets]
        typer.echo(json.dumps({"sets": rows, "bytes": out.stat().st_size}, ensure_ascii=False, indent=1))
        return
    from medreason.quality.language import printable

    for s in sets:
        typer.echo(f"{printable(s.name)}: {len(s.ids):,} questions")
    typer.echo(f"{printable(out.name)}: {len(sets)} sets, {out.stat().st_size:,} bytes, no text")


@app.command("sets")
def sets_command(json_: Json = False) -> None:
    """List the public evaluation sets that are known: source, splits, rows, licence."""
    import json

    from rich.console import Console
    from rich.text import Text

    from medreason.quality.contamination import known_sets

    known = known_sets()
    if json_:
        typer.echo(json.dumps([k._asdict() for k in known], ensure_ascii=False, indent=1))
        return
    console = Console()
    for one in known:
        splits = ", ".join(f"{s} ({one.rows[s]:,} questions)" if s in one.rows else s for s in one.splits)
        read_by = f"--source {one.reader}" if one.reader else "no reader here"
        console.print(Text.assemble((one.name, "bold"), f"  {one.source}"), soft_wrap=True)
        console.print(Text(f"  for evaluation: {splits}; {read_by}; licence: {one.licence}"), soft_wrap=True)
        console.print(Text(f"  {one.note}\n"), soft_wrap=True)
