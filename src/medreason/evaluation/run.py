"""Asks a model the questions of many sets through Inspect, and writes what it answered; a stopped run goes on.

    OUT/logs/            Inspect's own logs, for ``inspect view``; from them the next call takes what is answered
    OUT/evaluation.json  what decides the outputs (another call must agree), and the files with their SHA-256
    OUT/readings.jsonl   one row an output (:mod:`medreason.evaluation.results`); OUT/outputs.jsonl their texts

A killed process loses the replies that were under way. Nothing is sent anywhere but to the model's address.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from medreason.errors import InputError, RunFolderError, UsageError
from medreason.evaluation.asking import Variant, Way
from medreason.evaluation.results import OUTPUTS, READINGS, Row, read_rows, write_rows
from medreason.evaluation.server import Asking, check_server, failure

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample

    from medreason.evaluation.sets import QuestionSet

SETTINGS, LOGS = "evaluation.json", "logs"
NO_REPLY = "no_reply"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked.

    Attributes:
        places: Task → file or folder of its questions.
        way: How questions are put.
        variants: Asked beside the questions as they are.
        samples: Outputs a question.
        limit: Only the first questions of each set.
        shots: File of few-shot examples, and how many.
        few_shot: See ``shots``.
        kg: Graph, for phenopackets.
        clean: Task → ids of questions that are not known from training data.
    """

    places: Mapping[str, str]
    way: Way = field(default_factory=Way)
    variants: tuple[Variant, ...] = ()
    samples: int = 1
    limit: int | None = None
    shots: str = ""
    few_shot: int = 0
    kg: Path | None = None
    clean: Mapping[str, Collection[str]] = field(default_factory=dict)


class Done(NamedTuple):
    """What an evaluation came to.

    Attributes:
        rows: Every output, those of changed questions with their condition.
        sets: Task → its question set.
        unfit: ``task condition`` → questions of which the variant cannot be made.
        unmoved: Task → questions whose options could not be put in another order.
    """

    rows: list[Row]
    sets: dict[str, QuestionSet]
    unfit: dict[str, int]
    unmoved: dict[str, int]


def evaluate(
    plan: Plan, asking: Asking, out: Path, *, before: Callable[[dict[str, QuestionSet]], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Done:  # fmt: skip
    """Asks what is not yet answered in ``out``, and writes all of it.

    Args:
        plan: What is asked.
        asking: Whom, and how.
        out: New folder, or that of the same evaluation.
        before: Called with the sets once they are read, before anything is asked.
        progress: Called with outputs scored now and all outputs; what was answered before is not scored again.

    Raises:
        UsageError: Inspect is missing, or a set, example or variant cannot be.
        InputError: a file cannot be read.
        RunFolderError: the folder holds another evaluation.
        LLMError: the model cannot be asked on; the same command goes on where it stopped.
    """
    if find_spec("inspect_ai") is None:
        raise UsageError("evaluating a model needs the package inspect_ai", fix="pip install 'medreason[eval]'")
    from medreason.evaluation.sets import load_set

    sets = {
        name: load_set(name, place, kg=plan.kg, seed=plan.way.seed, limit=plan.limit)
        for name, place in plan.places.items()
    }
    tasks, unfit, unmoved = _tasks(plan, sets)
    _settle(plan, asking, sets, out)
    if before is not None:
        before(sets)
    check_server(asking)
    with _told(progress, sum(len(task.dataset) for task in tasks) * plan.samples):
        logs = _asked(tasks, plan, asking, out / LOGS)
    rows, texts = _collect(logs, plan.clean)
    _write(out, rows, texts)
    return Done(rows, sets, unfit, unmoved)


def _settle(plan: Plan, asking: Asking, sets: Mapping[str, QuestionSet], out: Path) -> None:
    """Compares what decides the outputs with what the folder was begun with, and writes it.

    Raises:
        RunFolderError: they differ, or the folder cannot be written.
    """
    from medreason.evaluation.sets import origin_of

    way = {k: v for k, v in asdict(plan.way).items() if k != "variant"}
    now: dict[str, Any] = {
        **asking.told(), **way, "samples": plan.samples, "limit": plan.limit, "few_shot": plan.few_shot,
        "shots": origin_of(Path(plan.shots)).sha256 if plan.shots else "",
    }  # fmt: skip
    files = {name: {"rows": s.rows, "files": [o._asdict() for o in s.origins]} for name, s in sets.items()}
    path = out / SETTINGS
    try:
        out.mkdir(parents=True, exist_ok=True)
        before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        was, known = before.get("settings", now), before.get("sets", {})
        differing = [k for k in now if json.loads(json.dumps(now[k])) != was.get(k)]
        differing += [f"the files of {name}" for name, told in files.items() if known.get(name, told) != told]
        if differing:
            raise RunFolderError(
                f"the folder holds another evaluation; what differs: {', '.join(differing)}",
                fix="give the same options, or another folder with --out",
                item=out.name,
            )
        whole = {"settings": now, "sets": {**known, **files}}
        path.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except (OSError, ValueError) as error:
        raise RunFolderError(f"{SETTINGS} cannot be used: {error}", fix="check --out", item=out.name) from error


def _tasks(plan: Plan, sets: Mapping[str, QuestionSet]) -> tuple[list[Any], dict[str, int], dict[str, int]]:
    from dataclasses import replace

    from medreason.evaluation.tasks import CONDITION, examples, task_of

    made, unfit, unmoved = [], {}, {}
    for name, found in sets.items():
        shots = examples(found, plan.way, plan.shots, plan.few_shot)
        for variant in ("", *plan.variants):
            condition = CONDITION[variant]
            called = f"{name}-{condition}" if condition else name
            task = task_of(found, replace(plan.way, variant=variant), shots, name=called)
            made.append(task)
            told = task.metadata or {}
            if told["unfit"]:
                unfit[f"{name} {condition}"] = told["unfit"]
            if told["unmoved"] and not variant:
                unmoved[name] = told["unmoved"]
    return made, unfit, unmoved


@contextlib.contextmanager
def _told(progress: Callable[[int, int], None] | None, total: int) -> Iterator[None]:
    """Tells of every output that is scored meanwhile."""
    from medreason.evaluation.scorer import listeners

    counted = count(1)
    told = (lambda: progress(next(counted), total)) if progress else (lambda: None)
    listeners.append(told)
    try:
        yield
    finally:
        listeners.remove(told)


def _asked(tasks: Sequence[Any], plan: Plan, asking: Asking, logs: Path) -> list[EvalLog]:
    """Runs what is not answered yet.

    Raises:
        LLMError: some of it could not be answered.
    """
    from inspect_ai import eval_set
    from inspect_ai._util.error import PrerequisiteError

    with _quiet():
        try:
            success, told = eval_set(
                list(tasks), log_dir=str(logs), model=asking.model_of_inspect(), epochs=plan.samples, display="none",
                retry_attempts=1, retry_immediate=False, fail_on_error=asking.most_failed or True, ctl_server=False,
                log_dir_allow_dirty=True, log_level="error", score_display=False, max_tasks=1,
            )  # fmt: skip
        except PrerequisiteError as error:
            raise UsageError(f"Inspect cannot start: {error}", fix="check --model") from error
    if not success:
        raise failure(told, asking)
    return list(told)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps Inspect's closing lines off the terminal: the command says what was done."""
    import rich

    console = rich.get_console()
    before, console.quiet = console.quiet, True
    try:
        yield
    finally:
        console.quiet = before


def _collect(logs: Sequence[EvalLog], clean: Mapping[str, Collection[str]]) -> tuple[list[Row], list[dict[str, Any]]]:
    """Rows and texts of all samples, in the order of tasks, questions and samples."""
    from inspect_ai.log import read_eval_log

    rows, texts = [], []
    for header in logs:
        log = read_eval_log(header.location, resolve_attachments=True)
        place = {name: n for n, name in enumerate(log.eval.dataset.sample_ids or [])}
        for sample in sorted(log.samples or [], key=lambda s: (place.get(s.id, 0), s.epoch)):
            row = _row(log.eval.task, sample, clean)
            rows.append(row)
            text = {"task": row.task, "id": row.id, "sample": row.sample, "output": sample.output.completion}
            texts.append(text | ({"condition": row.condition} if row.condition else {}))
    return rows, texts


def _row(task: str, sample: EvalSample, clean: Mapping[str, Collection[str]]) -> Row:
    metadata = sample.metadata
    name = task.removeprefix("medreason/").removesuffix(f"-{metadata['condition']}")
    score = (sample.scores or {}).get("answer_read")
    told: dict[str, Any] = (score.metadata or {}) if score else {"why": NO_REPLY}
    known = clean.get(name)
    return Row(
        task=name, id=str(sample.id), options=len(metadata["options"]), gold=metadata["gold"],
        key=told.get("key") or None, sample=sample.epoch - 1, rule=told.get("rule", ""), why=told.get("why", ""),
        clean=None if known is None else str(sample.id) in known, length=told.get("length"),
        condition=metadata["condition"], hint=metadata["hint"], cluster=metadata["cluster"],
    )  # fmt: skip


def _write(out: Path, rows: Sequence[Row], texts: Sequence[Mapping[str, Any]]) -> None:
    """Writes rows and texts; those of other tasks and conditions that the folder holds stay."""
    now = {(row.task, row.condition) for row in rows}
    kept = [r for r in read_rows(out) if (r.task, r.condition) not in now] if (out / READINGS).is_file() else []
    path = out / OUTPUTS
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    others = [t for t in map(json.loads, lines) if (t["task"], t.get("condition", "")) not in now]
    write_rows(out, [*rows, *kept])
    told = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in (*texts, *others))
    try:
        path.write_text(told, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", fix="check --out", item=path.name) from error
