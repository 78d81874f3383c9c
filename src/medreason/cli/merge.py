"""``medreason merge``: the shards of a run brought together, to the bytes of a run in one piece."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("merge")
    def merge_command(
        out: Annotated[Path, typer.Argument(help="The --out of medreason run --shard I/N.")],
        others: Annotated[
            list[Path] | None, typer.Argument(help="More such folders, for example of other machines.")
        ] = None,
        kg: Annotated[Path, typer.Option(help="The graph of the run.")] = ...,  # type: ignore[assignment]
        as_json: Annotated[bool, typer.Option("--json", help="Print the manifest's summary as JSON.")] = False,
    ) -> None:
        """Bring the shards of a run together and write its final files."""
        import json

        from medreason.cli.run import tell
        from medreason.sharding import merge

        result = merge(out, kg, others or [])
        if as_json:
            typer.echo(json.dumps(result.manifest["summary"], indent=1))
        else:
            tell(result)
