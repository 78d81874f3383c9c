"""``medreason evaluate``: asks a model the questions of known sets, and scores what it says."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from medreason.errors import InputError


class Style(StrEnum):
    """How the reply is asked for."""

    headings = "headings"
    tags = "tags"
    direct = "direct"


class Variant(StrEnum):
    """What is changed in a question."""

    wrong_hint = "wrong-hint"
    order = "order"
    corrupt_evidence = "corrupt-evidence"


def _clean(told: list[str]) -> dict[str, frozenset[str]]:
    from medreason.errors import UsageError
    from medreason.evaluation.catalogue import names_of

    found: dict[str, frozenset[str]] = {}
    for value in told:
        name, sign, place = value.partition("=")
        if not sign:
            raise UsageError(f"--clean {value!r} names no task", fix="give TASK=FILE, with clean.txt of contamination")
        try:
            ids = frozenset(Path(place).read_text(encoding="utf-8").splitlines())
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot be read: {error}", fix="check --clean", item=Path(place).name) from error
        found |= dict.fromkeys(names_of(name), ids)
    return found


def _asked(asking: Any, style: str) -> str:
    where = f"at {asking.base_url}" if asking.base_url else "at its provider's address"
    return f"asking {asking.model} {where}, style {style}; the questions leave for there and nowhere else"


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("evaluate")
    def evaluate_command(
        model: Annotated[str, typer.Option(help="As Inspect names it: openai/NAME for any compatible server.")],
        tasks: Annotated[str, typer.Option(metavar="NAME,…", help="Question sets: medqa, medmcqa, mirage, …")],
        data: Annotated[list[str], typer.Option(metavar="DIR|NAME=FILE", help="Where the questions are; repeat.")],
        out: Annotated[Path, typer.Option(metavar="DIR", help="New folder, or one whose evaluation goes on.")],
        base_url: Annotated[str, typer.Option(metavar="URL", help="Address up to /chat/completions.")] = "",
        key_env: Annotated[str, typer.Option(metavar="NAME", help="Environment variable of the server's key.")] = "",
        local_only: Annotated[bool, typer.Option("--local-only", help="Refuse a server elsewhere.")] = False,
        limit: Annotated[int | None, typer.Option(min=1, help="Only the first N questions of each set.")] = None,
        samples: Annotated[int, typer.Option(min=1, help="Outputs a question.")] = 1,
        style: Annotated[Style, typer.Option(help="Steps as in training, in two forms, or the answer alone.")] = (
            Style.headings
        ),
        evidence: Annotated[bool, typer.Option("--evidence/--no-evidence", help="Show evidence sheets.")] = True,
        shuffle_seed: Annotated[int | None, typer.Option(min=0, help="Options in an order by this seed.")] = None,
        few_shot: Annotated[int, typer.Option(min=0, help="Examples before each question.")] = 0,
        shots: Annotated[Path | None, typer.Option(metavar="FILE", help="Examples, apart from the test.")] = None,
        seed: Annotated[int, typer.Option(min=0, help="Draws examples, hints and phenopacket options.")] = 0,
        variant: Annotated[list[Variant] | None, typer.Option(help="Ask changed questions, too; repeat.")] = None,
        kg: Annotated[Path | None, typer.Option(metavar="DIR", help="Graph, for phenopackets.")] = None,
        clean: Annotated[list[str] | None, typer.Option(metavar="NAME=FILE", help="Ids from contamination.")] = None,
        temperature: Annotated[float, typer.Option(min=0, help="Of the sampling.")] = 0.0,
        top_p: Annotated[float | None, typer.Option(min=0, max=1, help="Of the sampling.")] = None,
        model_seed: Annotated[int | None, typer.Option(help="Seed that is sent to the server.")] = None,
        max_tokens: Annotated[int, typer.Option(min=1, help="Most tokens of a reply, thinking included.")] = 4096,
        connections: Annotated[int, typer.Option(min=1, help="Requests at once.")] = 16,
        timeout: Annotated[int, typer.Option(min=1, help="Seconds for one try.")] = 600,
        retries: Annotated[int, typer.Option(min=0, help="Further tries after a passing failure.")] = 5,
        most_failed: Annotated[float, typer.Option(min=0, help="Share of answers that may be missing.")] = 0.0,
        json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """Ask a model the questions of known sets, and score its answers. Stopped, the same command goes on."""
        import json

        from rich.console import Console

        from medreason.cli._evaluate_print import as_json, show, show_start
        from medreason.cli._outputs import make_folder
        from medreason.cli.run import progress_bar
        from medreason.evaluation.asking import Way
        from medreason.evaluation.catalogue import names_of
        from medreason.evaluation.run import Plan, evaluate
        from medreason.evaluation.server import Asking
        from medreason.evaluation.sets import places_of

        names = names_of(tasks)
        asking = Asking(
            model, base_url, key_env, temperature, max_tokens, top_p, model_seed, connections, timeout, retries,
            most_failed, local_only,
        )  # fmt: skip
        plan = Plan(
            places_of(data, names), Way(style.value, evidence, shuffle_seed, "", seed),
            tuple(dict.fromkeys(v.value for v in variant or [])), samples, limit, str(shots or ""), few_shot, kg,
            _clean(clean or []),
        )  # fmt: skip
        console = Console(highlight=False, stderr=json_)
        make_folder(out)
        with progress_bar("outputs") as update:
            done = evaluate(
                plan, asking, out, before=lambda sets: show_start(console, sets, _asked(asking, style.value)),
                progress=update,
            )  # fmt: skip
        if json_:
            typer.echo(json.dumps(as_json(done), ensure_ascii=False, indent=1))
        else:
            show(console, done, out)
