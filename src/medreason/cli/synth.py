"""``medreason synth``: makes questions with chains from the graph alone, labelled synthetic in every record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from medreason.synth import Made

ROWS = 5000
NOTE = "Synthetic: made from the graph alone; no patient, no clinical validation, reviewed by no clinician."


def write(folder: Path, made: Made) -> None:
    """Writes ``dataset.jsonl``, ``dataset.parquet`` and, last, ``manifest.json``.

    Raises:
        RunFolderError: the folder is not empty, or cannot be written.
    """
    import json

    import polars as pl

    from medreason.dataset.write import DATASET, MANIFEST, PARQUET, SCHEMA, replace_text
    from medreason.errors import RunFolderError
    from medreason.records import to_dict, to_json

    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_text(folder / DATASET, (to_json(r) + "\n" for r in made.records))
        tables = []
        for at in range(0, len(made.records), ROWS):
            rows = [{**to_dict(r), "evidence": []} for r in made.records[at : at + ROWS]]
            tables.append(pl.DataFrame(rows, schema=SCHEMA))
        temporary = folder / f".{PARQUET}.part"
        pl.concat(tables).write_parquet(temporary, compression="zstd")
        temporary.replace(folder / PARQUET)
        replace_text(folder / MANIFEST, [json.dumps(made.manifest, indent=1, ensure_ascii=False) + "\n"])
    except OSError as error:
        raise RunFolderError(
            f"cannot write the questions: {error.strerror or error}",
            fix="give a folder that can be written, on a disk with room",
            item=folder.name,
        ) from error


def _empty(folder: Path) -> None:
    """Refuses a folder that holds something, before an hour of work."""
    from medreason.errors import RunFolderError

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunFolderError("there is something already", fix="give --out a new or empty folder", item=folder.name)


def show(console: Console, made: Made, out: Path) -> None:
    """Prints what was made of each kind, what fell short, and where it is."""
    from rich.table import Table
    from rich.text import Text

    from medreason.quality.language import printable

    levels = ("easy", "medium", "hard")
    table = Table("kind", "made", "wanted", "facts", "of", *levels)
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    manifest = made.manifest
    for kind, of in manifest["kinds"].items():
        counts = (of["made"], of["asked_for"], of["facts_asked_about"], of["facts_in_the_graph"])
        table.add_row(kind, *(f"{c:,}" for c in (*counts, *(of["difficulty"].get(level, 0) for level in levels))))
    console.print(table)
    letters = ", ".join(f"{letter} {count:,}" for letter, count in manifest["letters"].items())
    graph = manifest["graph"]
    told = f"{manifest['made']:,} questions from graph {graph['source']} {graph['version']}; answers: {letters}"
    console.print(Text(printable(told)), soft_wrap=True)
    for kind, lacking in manifest["short"].items():
        reason = f"{lacking:,} short of {kind}: the graph has no more; the other kinds filled what they could"
        console.print(Text(reason, style="yellow"), soft_wrap=True)
    if manifest["made"] < manifest["n"]:
        console.print(Text(f"{manifest['n'] - manifest['made']:,} fewer than asked for", style="yellow"))
    console.print(Text(f"written to {printable(str(out))}; check: medreason verify {printable(str(out))} --kg KG"),
                  soft_wrap=True)  # fmt: skip
    console.print(Text(NOTE, style="dim"), soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("synth")
    def synth_command(
        kg: Annotated[Path, typer.Option(help="Graph folder (medreason kg build).")],
        n: Annotated[int, typer.Option("--n", help="How many questions.")],
        out: Annotated[Path, typer.Option(help="New or empty folder.")],
        seed: Annotated[int, typer.Option(help="Same seed, graph and number: same bytes.")] = 0,
        kinds: Annotated[
            str, typer.Option(help="diagnosis, distinguish, gene, next, absent, joined by commas; default: all.")
        ] = "",
        workers: Annotated[
            int, typer.Option(help="Processes; of a Ray cluster that is joined all processors are used.")
        ] = 2,
        engine: Annotated[str, typer.Option(help="local, or ray: the same questions made on a Ray cluster.")] = "local",
        address: Annotated[str, typer.Option(help="Of the Ray cluster; without it Ray starts here.")] = "",
        json_: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
    ) -> None:
        """Make questions with chains from the graph alone, each labelled synthetic."""
        import json

        from rich.console import Console

        from medreason import __version__
        from medreason.cli.run import check_engine, progress_bar
        from medreason.synth import chosen, produce

        check_engine(engine, "", address)
        wanted: list[str] = chosen(kinds)
        _empty(out)
        with progress_bar("questions") as update:
            if engine == "ray":
                from medreason.engine_ray.synth import produce_ray

                made = produce_ray(kg, n, seed, wanted, workers, update, address=address)
            else:
                made = produce(kg, n, seed, wanted, workers, update)
        program = {"name": "medreason", "version": __version__}
        manifest: dict[str, Any] = {"program": program, **made.manifest}
        write(out, made._replace(manifest=manifest))
        if json_:
            typer.echo(json.dumps(manifest, ensure_ascii=False, indent=1))
        else:
            show(Console(), made, out)
