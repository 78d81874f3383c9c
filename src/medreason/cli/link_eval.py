"""``medreason link-eval``: the linker against an annotated corpus, with every error written out."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from medreason.kg.store import Graph
    from medreason.linking.choose import Thresholds
    from medreason.linking.dense import DenseIndex

# What each format annotates: node types, and vocabularies of the ids where they are not the graph's own.
NODE_TYPES = {"gsc": ("phenotype", "inheritance", "clinical_course", "modifier"), "pubtator": ("disease",)}
VOCABULARIES: dict[str, tuple[str, ...]] = {"gsc": (), "pubtator": ("MESH", "OMIM")}
NESTED = {"gsc": True, "pubtator": False}


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"


def _between(interval: list[float] | None) -> str:
    return "" if not interval else f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}"


def _rows(scores: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    rows: list[tuple[str, dict[str, Any]]] = []
    for level in ("document", "mention", "span"):
        part = scores[level]
        for name in ("all", "abnormality"):
            if name in part:
                rows.append((f"{level}, {name}", part[name]))
                if "lenient" in part[name]:
                    rows.append((f"{level}, {name}, lenient", part[name]["lenient"]))
        rows.extend((f"{level}, {kind}", found) for kind, found in part.get("by_type", {}).items())
    return rows


def show(console: Console, scores: dict[str, Any]) -> None:
    """Prints both tasks as tables, in per cent."""
    from rich.table import Table

    left = "".join(f"; {n:,} annotations of type {t} left out" for t, n in scores["left_out"].items())
    console.print(
        f"{scores['documents']:,} documents, {scores['annotations']:,} annotations "
        f"({scores['gold_ids_not_in_graph']:,} ids not in the graph){left}",
        highlight=False,
    )
    table = Table(title="End to end: the text alone is given", title_justify="left", title_style="bold", box=None)
    table.add_column("", no_wrap=True)
    for column in ("precision", "recall", "F1", "95 %"):
        table.add_column(column, justify="right", no_wrap=True)
    for label, found in _rows(scores):
        table.add_row(
            label, _percent(found.get("precision")), _percent(found.get("recall")), _percent(found.get("f1")),
            _between(found.get("f1_interval")),
        )  # fmt: skip
    console.print(table)
    given = scores["given_mention"]
    lines = [("names of the graph", given), ("yardstick: trigram TF-IDF", given["baseline"])]
    if "given_mention_learned" in scores:
        lines.append(("and names from --learn", scores["given_mention_learned"]))
    table = Table(
        title="Mentions given: accuracy of the concept", title_justify="left", title_style="bold", box=None
    )  # fmt: skip
    table.add_column("", no_wrap=True)
    for column in ("id in graph", "95 %", "all", "95 %"):
        table.add_column(column, justify="right", no_wrap=True)
    for label, found in lines:
        inside, every = found["in_graph"], found["accuracy"]
        table.add_row(
            label, _percent(inside["value"]), _between(inside["interval"]),
            _percent(every["value"]), _between(every["interval"]),
        )  # fmt: skip
    console.print(table)


@contextmanager
def bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr that shows only on a terminal; give it how many of how many are done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(label, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def _thresholds(profile: str, file: Path | None) -> tuple[str, Thresholds]:
    from medreason.config import load_linking
    from medreason.linking.choose import Thresholds

    values = load_linking(file, profile).model_dump()
    return values.pop("profile"), Thresholds(**values)


def _dense(graph: Graph, model: str, types: tuple[str, ...], folder: Path | None) -> DenseIndex:
    from medreason.linking.dense import SentenceEncoder, dense_index

    encoder = SentenceEncoder(model)
    with bar("names encoded") as progress:
        return dense_index(graph, encoder, types, folder, progress=progress)


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("link-eval")
    def link_eval(
        corpus: Annotated[Path, typer.Argument(metavar="CORPUS", help="Annotated documents; may be gzipped.")],
        kg: Annotated[Path, typer.Option(metavar="DIR", help="Graph folder.")],
        format_: Annotated[str, typer.Option("--format", metavar="FORMAT", help="gsc or pubtator.")],
        type_: Annotated[
            list[str] | None,
            typer.Option("--type", metavar="TYPE", help="Node type that may be linked; repeatable."),
        ] = None,
        vocabulary: Annotated[
            list[str] | None,
            typer.Option(metavar="PREFIX", help="The answer has an id of it, preferred in this order; none: any node."),
        ] = None,
        only: Annotated[
            list[str] | None, typer.Option(metavar="TYPE", help="Annotation type that counts; repeatable.")
        ] = None,
        nested: Annotated[
            bool | None, typer.Option("--nested/--no-nested", help="Look for names inside names. Default: gsc.")
        ] = None,
        learn: Annotated[
            list[Path] | None, typer.Option(metavar="FILE", help="Training corpus to learn names from; repeatable.")
        ] = None,
        profile: Annotated[str, typer.Option(help="Thresholds: default or compat.")] = "",
        config: Annotated[Path | None, typer.Option(metavar="FILE", help="Run file with a linking: section.")] = None,
        encoder: Annotated[str, typer.Option(metavar="MODEL", help="Dense encoder: a folder or hub name.")] = "",
        embeddings: Annotated[Path | None, typer.Option(metavar="DIR", help="Where its vectors are kept.")] = None,
        errors: Annotated[Path | None, typer.Option(metavar="FILE", help="Write every error, one JSON a line.")] = None,
        seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
        json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """Score linking on an annotated corpus: precision, recall, F1, given mentions, errors."""
        import json
        from dataclasses import asdict

        from rich.console import Console

        from medreason.cli.link import node_types
        from medreason.errors import InputError, UsageError
        from medreason.kg.store import open_graph
        from medreason.linking.corpora import read_corpus
        from medreason.linking.evaluate import Task, evaluate
        from medreason.records import to_dict

        documents = read_corpus(corpus, format_)
        training = [d for path in learn or [] for d in read_corpus(path, format_)]
        graph = open_graph(kg)
        known = graph.manifest["counts"]["node_types"]
        types = node_types(graph, type_ or [t for t in NODE_TYPES[format_] if t in known])
        wanted = VOCABULARIES[format_] if vocabulary is None else tuple(v for v in vocabulary if v != "none")
        task = Task(
            types, wanted, tuple(only or ()), NESTED[format_] if nested is None else nested, bool(wanted), seed
        )  # fmt: skip
        used, thresholds = _thresholds(profile, config)
        if thresholds.similar_only and not encoder:
            raise UsageError("this profile finds similar names by embedding", fix="give --encoder MODEL")
        dense = _dense(graph, encoder, types, embeddings) if encoder else None
        with bar("documents") as progress:
            found = evaluate(
                graph, documents, task, training=training, thresholds=thresholds, dense=dense, progress=progress
            )
        head = {
            "corpus": corpus.name, "format": format_, "graph": to_dict(graph.ref), "profile": used,
            "encoder": encoder, "thresholds": asdict(thresholds),
        }  # fmt: skip
        if errors is not None:
            try:
                with errors.open("w", encoding="utf-8") as out:
                    out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in found.errors)
            except OSError as error:
                raise InputError(f"cannot write: {error.strerror}", fix="give a file", item=errors.name) from error
        if json_:
            typer.echo(json.dumps({**head, **found.scores, "errors": len(found.errors)}, ensure_ascii=False, indent=1))
        else:
            show(Console(), found.scores)
