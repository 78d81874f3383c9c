"""``medreason site``: a run as a folder of pages with search, opened from disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

if TYPE_CHECKING:
    from medreason.kg.store import Graph
    from medreason.ledger import Ledger


class Run(NamedTuple):
    """What a site or a figure is made of: a run folder, or a folder of synthetic questions.

    Attributes:
        name: Of the folder.
        state: ``finished`` or ``unfinished``.
        manifest: Empty for a run under way.
        config: The part of the configuration that identifies the run.
        folder: The run folder; ``None`` for synthetic questions.
    """

    name: str
    state: str
    manifest: dict[str, Any]
    config: dict[str, Any]
    folder: Any
    path: Path

    def endings(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every item: ``record`` or ``rejection``, and the row."""
        if self.folder is not None:
            yield from ((e.kind, e.row) for e in self.folder.every_ending())
            return
        import json

        from medreason.errors import RunFolderError

        with (self.path / "dataset.jsonl").open(encoding="utf-8") as lines:
            for number, text in enumerate(lines, 1):
                try:
                    yield "record", json.loads(text)
                except ValueError:
                    raise RunFolderError(
                        "the line is damaged", fix="make the folder again", item=f"dataset.jsonl:{number}"
                    ) from None

    def samples(self) -> Iterator[dict[str, Any]]:
        """Chains that were not kept."""
        if self.folder is not None:
            yield from self.folder.every_sample()


def run_of(path: Path) -> Run:
    """Opens a run folder, or one of ``medreason synth``.

    Raises:
        InputError, RunFolderError: there is no run, or it is damaged.
    """
    import json

    from medreason.cli._run_folder import Folder

    name = path.resolve().name
    try:
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        manifest = None
    if isinstance(manifest, dict) and manifest.get("synthetic") and (path / "dataset.jsonl").is_file():
        return Run(name, "finished", manifest, {"seed": manifest.get("seed")}, None, path)
    folder = Folder(path)
    found = folder.manifest()
    return Run(name, "unfinished" if found is None else "finished", found or {}, folder.config(), folder, path)


def facts_of(run: Run, graph: Graph | None) -> dict[str, Any]:
    """Graph, version, seed and licence for the foot of every page."""
    identity = run.manifest.get("identity") or {}
    program = identity.get("program") or run.manifest.get("program") or {}
    stated = run.manifest.get("graph") or {}
    found = [stated.get(key, "") for key in ("source", "version", "sha256")] if stated else None
    if found is None and graph is not None:
        found = [graph.ref.source, graph.ref.version, graph.ref.sha256]
    return {
        "graph": found, "licence": stated.get("licence", ""), "attribution": stated.get("attribution", ""),
        "version": program.get("version", ""), "seed": run.config.get("seed"), "named": graph is not None,
        "state": run.state,
    }  # fmt: skip


def counted(run: Run, endings: Iterator[tuple[str, dict[str, Any]]], samples: list[dict[str, Any]]) -> Ledger:
    """The run's ledger, counted while its items go by.

    Raises:
        RunFolderError: the files of the run do not add up.
    """
    from medreason.dataset.funnel import survey
    from medreason.errors import RunFolderError
    from medreason.ledger import ledger
    from medreason.quality.language import printable

    if run.folder is None:
        return ledger({}, sum(1 for _ in endings), "offline")
    found = survey(run.name, run.manifest or None, run.config, endings, samples, 0)
    if found.faults:
        raise RunFolderError(
            "the files of this run do not add up: " + "; ".join(map(printable, found.faults)),
            fix="put the files back as the run wrote them, or make the run again",
            item=printable(run.name),
        )
    return found.ledger


def empty_folder(out: Path) -> None:
    """Checks that a folder can be written anew.

    Raises:
        UsageError: it holds something, or is a file.
    """
    from medreason.errors import UsageError

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("the folder is not empty", fix="name a new or empty folder with --out", item=out.name)


def _write(run: Run, out: Path, graph: Graph | None) -> dict[str, Any]:
    """Writes the site beside its place and moves it there when it is whole."""
    import shutil
    import tempfile

    from medreason.errors import InputError
    from medreason.site.details import Details
    from medreason.site.folder import Site

    samples = list(run.samples())
    by_item: dict[str, list[dict[str, Any]]] = {}
    for sample in samples:
        by_item.setdefault(str(sample["id"]), []).append(sample)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror}", fix="give another --out", item=out.name) from error
    try:
        site = Site(partial, Details(graph, _spent(run), by_item))
        funnel = counted(run, site.through(run.endings()), samples)
        site.finish(run.name, funnel, facts_of(run, graph))
        if out.exists():
            out.rmdir()
        partial.chmod(0o755)
        partial.rename(out)
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror}", fix="give another --out", item=out.name) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return {
        "items": site.numbers.items, "records": site.numbers.kept, "reviewed": site.numbers.reviewed,
        "with_graph": graph is not None, "bytes": site.bytes, "page": str(out / "index.html"),
    }  # fmt: skip


def _spent(run: Run) -> dict[str, list[Any]]:
    """Calls, tokens and cost by item, where the run has a journal of replies."""
    if run.folder is None or run.folder.replies is None:
        return {}
    from medreason.llm.accounts import spent

    found = spent(run.folder.replies)
    return {item: [s.calls, s.prompt_tokens, s.completion_tokens, s.cost] for item, s in found.items()}


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("site")
    def site_command(
        run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, or of medreason synth.")],
        out: Annotated[Path, typer.Option(help="New or empty folder.")],
        kg: Annotated[
            Path | None, typer.Option(help="Graph of the run: edges get names, references and a figure.")
        ] = None,
        json_: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
    ) -> None:
        """Write a run as pages with search and every record; they open from disk and ask no network."""
        import json

        from rich.console import Console
        from rich.text import Text

        from medreason.quality.language import printable

        empty_folder(out)
        found = run_of(run)
        graph = None
        if kg is not None:
            from medreason.kg.store import open_graph

            graph = open_graph(kg)
        done = _write(found, out, graph)
        if json_:
            typer.echo(json.dumps(done, ensure_ascii=False, indent=1))
            return
        console = Console(highlight=False)
        named = "" if graph is not None else "; edges by their ids alone (give --kg for names and references)"
        console.print(
            Text(f"{done['items']:,} items, {done['records']:,} of them records, {done['bytes'] / 1e6:.1f} MB{named}")
        )
        console.print(Text(f"open {printable(done['page'])}"), soft_wrap=True)
