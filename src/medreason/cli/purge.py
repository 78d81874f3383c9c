"""``medreason purge``: deletes a run's journal, or only the texts in it; asks first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def _size(path: Path) -> int:
    files = (path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm"))
    return sum(file.stat().st_size for file in files if file.exists())


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size / 1e3:,.1f} kB"


def _confirmed(question: str) -> bool:
    from medreason.errors import UsageError

    try:
        return typer.confirm(question)
    except typer.Abort:
        raise UsageError("nothing was deleted: nobody answered", fix="answer y, or give --yes") from None


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("purge")
    def purge_command(
        run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
        bodies_only: Annotated[
            bool, typer.Option("--bodies-only", help="Only the texts sent and received; the accounts stay.")
        ] = False,
        yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    ) -> None:
        """Delete a run's journal of requests and replies, or only the texts in it."""
        from medreason.cli._run_folder import Folder
        from medreason.errors import InputError
        from medreason.llm.accounts import account
        from medreason.llm.journal import purge

        path = Folder(run).replies
        if path is None:
            raise InputError("there is no journal.sqlite: nothing to delete", item=run.name)
        total, before = account(path)["total"], _size(path)
        what = "texts of" if bodies_only else "journal with"
        calls = f"{total['attempts']:,} call" + ("" if total["attempts"] == 1 else "s")
        typer.echo(f"{run}: {what} {calls} on {total['items']:,} items, {_megabytes(before)}")
        typer.echo("After this it cannot be replayed, and what is asked again is paid for again.")
        if not yes and not _confirmed("Delete?"):
            typer.echo("nothing was deleted")
            return
        purge(path, bodies_only=bodies_only)
        freed = before - _size(path)
        left = "tokens, costs and times stay" if bodies_only else "journal.sqlite is gone"
        typer.echo(f"deleted the {what} {calls} ({_megabytes(freed)} freed); {left}")
        kept = [name for name in ("dataset.jsonl", "samples.jsonl", "rejected.jsonl", "work.sqlite")
                if (run / name).exists()]  # fmt: skip
        if kept:
            typer.echo(f"untouched: {', '.join(kept)} (chains, questions)")
