"""``medreason train scratch``: a small model from nothing, for trials."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(train: typer.Typer) -> None:
    """Adds the command."""

    @train.command("scratch")
    def scratch_command(
        data: Annotated[Path, typer.Option(help="Folder of medreason export --format sft.")],
        out: Annotated[Path, typer.Option(help="A new folder for tokenizer and weights.")],
        size: Annotated[str, typer.Option(help="nano, micro or mini: some 0.1, 1.4 and 9 million weights.")] = "nano",
        seed: Annotated[int, typer.Option(help="Of the weights.")] = 0,
    ) -> None:
        """Make a tokenizer and a small model with random weights, to try recipes and servers on."""
        from rich.console import Console

        from medreason.training.scratch import scratch

        made = scratch(data, out, size=size, seed=seed)  # type: ignore[arg-type]
        Console(highlight=False).print(
            f"{made.weights:,} random weights, {made.words:,} words, in {made.folder}: for trials, it knows nothing",
            soft_wrap=True, markup=False,
        )  # fmt: skip
