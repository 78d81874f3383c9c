"""The options of ``medreason run``, in one place: every command that needs a run's configuration takes them all."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any

import typer

Config = Annotated[Path | None, typer.Argument(help="A YAML run file; options override it.")]


def given(
    questions: Annotated[
        str | None, typer.Option(help="File or folder of questions, or of a hub: hf:NAME/CONFIG:SPLIT.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="phenopackets, jsonl, or a published set (medqa, medmcqa, …).")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Split of a published set, where the place does not tell.")] = None,
    allow_evaluation_split: Annotated[
        bool | None, typer.Option("--allow-evaluation-split", help="Read test data; every record is flagged.")
    ] = None,
    first_cop: Annotated[int | None, typer.Option(help="MedMCQA: answers count from 0 or 1.")] = None,
    kg: Annotated[Path | None, typer.Option(help="Graph folder (medreason kg build).")] = None,
    teacher: Annotated[
        str | None, typer.Option(help="offline, the base URL of a chat server, files:DIR, or replay:RUN.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Name of the model at the server.")] = None,
    profile: Annotated[str | None, typer.Option(help="default, or compat: the published method.")] = None,
    samples: Annotated[int | None, typer.Option(help="Blind samples a question, at most.")] = None,
    hint: Annotated[bool | None, typer.Option("--hint/--no-hint", help="One flagged try with the answer told.")] = None,
    key_env: Annotated[str | None, typer.Option(help="Environment variable that holds the server's key.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="File that holds the server's key.")] = None,
    local_only: Annotated[
        bool | None, typer.Option("--local-only", help="Refuse a server that is not this machine.")
    ] = None,
    max_cost: Annotated[float | None, typer.Option(help="Most cost of the run, over all its resumes.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Most tokens of the run, over all its resumes.")] = None,
    retry_failed: Annotated[str | None, typer.Option(metavar="CLASS", help="Ask again what failed so.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first N items.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of distractors and option order.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; the results do not depend on it.")] = None,
    margin: Annotated[float | None, typer.Option(help="Lead in bits from which a case is decided.")] = None,
    exclude_own_paper: Annotated[
        bool | None,
        typer.Option("--exclude-own-paper/--include-own-paper", help="Hide what a case's own paper says."),
    ] = None,
) -> dict[str, Any]:
    """What was given, by key of the run file; ``None`` where nothing was."""
    return {
        "questions": questions, "source": source, "split": split, "first_cop": first_cop,
        "allow_evaluation_split": allow_evaluation_split, "kg": kg, "teacher": teacher, "out": out, "limit": limit,
        "seed": seed, "workers": workers, "margin": margin, "exclude_own_paper": exclude_own_paper,
        "model": model, "profile": profile, "retry_failed": retry_failed, "llm.samples": samples, "llm.hint": hint,
        "llm.key_env": key_env, "llm.key_file": key_file, "llm.local_only": local_only, "llm.max_cost": max_cost,
        "llm.max_run_tokens": max_tokens,
    }  # fmt: skip


def with_run_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes the options of a run beside its own, and gets them as its argument ``given``."""
    own, shared = signature(command, eval_str=True).parameters, signature(given, eval_str=True).parameters

    @wraps(command)
    def whole(**values: Any) -> None:
        options = {name: values.pop(name) for name in shared}
        command(given=given(**options), **values)

    names = ["config", *shared, *(name for name in own if name not in ("config", "given"))]
    parameters = [(own.get(name) or shared[name]).replace(kind=Parameter.KEYWORD_ONLY) for name in names]
    whole.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return whole
