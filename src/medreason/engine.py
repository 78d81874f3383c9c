"""Runs the pipeline over many items: in this process or in several, resumable, stoppable.

Results are journalled by item number as they come, so neither the number of workers nor an interruption shows in
the final files. What it is not: a scheduler; a cluster has better ones.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import medreason
from medreason.config import RunConfig
from medreason.dataset.journal import JOURNAL, Journal
from medreason.dataset.summary import summarise
from medreason.dataset.write import (
    DATASET,
    LOG,
    MANIFEST,
    PARQUET,
    REJECTED,
    REPORT,
    SAMPLES,
    replace_text,
    write_results,
)
from medreason.engine_llm import REPLIES, fill, summary_of, versions
from medreason.errors import InputError, MedReasonError, RunFolderError
from medreason.intake import files_of, items_of, make_source
from medreason.kg.build import sha256_of
from medreason.kg.store import Graph, open_graph
from medreason.llm.accounts import reopen
from medreason.pipeline import Outcome, Pipeline, Source
from medreason.questions.reading import Item
from medreason.records import Rejection, to_dict
from medreason.teachers.offline import OfflineTeacher

CHUNK = 16
COMMIT_SECONDS = 0.5
# Below this, starting processes (about 1.5 s each) costs more than it saves.
SMALL = 64
# Folder of the shards of a run (medreason.sharding) in its run folder.
SHARDS = "shards"

Progress = Callable[[int, int], None]


class RunResult(NamedTuple):
    """A finished run: its folder, its manifest, and whether it was there already."""

    folder: Path
    manifest: dict[str, Any]
    fresh: bool


def make_pipeline(graph: Graph, config: RunConfig) -> Pipeline:
    """The offline pipeline that a configuration describes."""
    return Pipeline(graph, make_source(graph, config), OfflineTeacher(graph, margin=config.margin))


def encode(outcome: Outcome) -> str:
    """An outcome as one line of JSON for the journal."""
    kind = "rejection" if isinstance(outcome.row, Rejection) else "record"
    row = outcome.row if isinstance(outcome.row, dict) else to_dict(outcome.row)
    whole: dict[str, Any] = {"kind": kind, "row": row, "audit": outcome.audit._asdict() if outcome.audit else None}
    if outcome.samples or outcome.claims:
        whole |= {"samples": [to_dict(s) for s in outcome.samples], "claims": dict(outcome.claims)}
    return json.dumps(whole, ensure_ascii=False)


# -- in a worker process -------------------------------------------------------------------------------

_pipeline: Pipeline | None = None


def _start_worker(config: RunConfig, parent: int) -> None:
    global _pipeline  # noqa: PLW0603 - the one object a worker process keeps
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with, args=(parent,), daemon=True).start()
    _pipeline = make_pipeline(open_graph(config.kg), config)


def _die_with(parent: int) -> None:
    """Ends this process when its parent is gone (killed parents cannot tell their children)."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _work(items: list[tuple[int, Item]]) -> list[tuple[int, str]]:
    assert _pipeline is not None
    return [(number, outcome_of(_pipeline, item)) for number, item in items]


def outcome_of(pipeline: Pipeline, item: Item) -> str:
    """One item's outcome; a fault of the program costs that item alone, by name, and never the run."""
    try:
        return encode(pipeline.process(item))
    except Exception as error:  # the run must go on, and the rejection says what to report
        detail = f"{item.location}: {type(error).__name__}: {error}; please report this"
        return encode(Outcome(Rejection(item.id, "internal", "internal_error", detail)))


@contextmanager
def _interrupt_held() -> Iterator[None]:
    """Holds Ctrl-C back while worker processes start: they inherit the block, and this process hears it after."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# -- in the main process -------------------------------------------------------------------------------


def _outcomes(config: RunConfig, graph: Graph, todo: list[tuple[int, Item]]) -> Iterator[list[tuple[int, str]]]:
    chunks = [todo[i : i + CHUNK] for i in range(0, len(todo), CHUNK)]
    if config.workers == 1 or len(todo) <= SMALL:
        pipeline = make_pipeline(graph, config)
        for chunk in chunks:
            for number, item in chunk:
                yield [(number, outcome_of(pipeline, item))]
        return
    waiting = iter(chunks)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # workers share the cores already; see cli.main
    with ProcessPoolExecutor(
        config.workers, get_context("spawn"), initializer=_start_worker, initargs=(config, os.getpid())
    ) as pool:
        running: set[Future[list[tuple[int, str]]]] = set()
        try:
            while True:
                for chunk in waiting:
                    with _interrupt_held():
                        running.add(pool.submit(_work, chunk))
                    if len(running) >= 3 * config.workers:
                        break
                if not running:
                    return
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield future.result()
        except BrokenProcessPool as error:
            raise MedReasonError(
                "a worker process died (out of memory, or killed)", fix="run the same command: it goes on"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def identity_of(config: RunConfig, graph: Graph, source: Source) -> dict[str, Any]:
    """What a run is of: program, configuration, inputs, graph, prompts."""
    files = files_of(source, config)
    identity = {
        "program": {"name": "medreason", "version": medreason.__version__},
        "config": config.identity(),
        "inputs": {label: sha256_of(path) for label, path in files},
        "graph": to_dict(graph.ref),
    }
    return identity if config.offline else {**identity, "prompts": versions(config)}


def _may_change(old: dict[str, Any], new: dict[str, Any], config: RunConfig) -> bool:
    """Whether a run may go on as another: with a language model, other questions, prompts or samples are no other run.

    Every reply is journalled by its request, so what did not change is not asked again.
    """
    if config.offline or "prompts" not in old:
        return False

    def fixed(identity: dict[str, Any]) -> dict[str, Any]:
        config = {k: v for k, v in identity["config"].items() if k not in ("limit", "llm")}
        return {"program": identity["program"], "graph": identity["graph"], "config": config}

    return fixed(old) == fixed(new)


def _difference(old: dict[str, Any], new: dict[str, Any], path: str = "") -> list[str]:
    found = []
    for key in sorted({*old, *new}):
        a, b = old.get(key), new.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            found += _difference(a, b, f"{path}{key}.")
        elif a != b:
            found.append(f"{path}{key} was {a!r}, now {b!r}")
    return found


def refuse_other(old: dict[str, Any], new: dict[str, Any], folder: Path) -> None:
    """Refuses a folder whose identity is another, naming the difference."""
    differences = _difference(old, new)
    if differences:
        raise RunFolderError(
            f"the folder holds another run: {'; '.join(differences)}",
            fix="use another --out, or the same inputs and options",
            item=folder.name,
        )


def finished_run(folder: Path) -> dict[str, Any] | None:
    """The manifest of a folder whose run is finished and whole; ``None`` where none is."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise RunFolderError(f"cannot read {MANIFEST}: {error}", fix="use another --out", item=folder.name) from error
    whole = isinstance(manifest, dict) and isinstance(manifest.get("identity"), dict) and "summary" in manifest
    if not whole:
        raise RunFolderError(f"{MANIFEST} is not of a run", fix="use another --out", item=folder.name)
    missing = [name for name in (DATASET, PARQUET, REJECTED, REPORT) if not (folder / name).is_file()]
    if missing:
        raise RunFolderError(
            f"a finished run without {', '.join(missing)}",
            fix=f"delete {MANIFEST} to make it again, or use another --out",
            item=folder.name,
        )
    return dict(manifest)


def _prepare(folder: Path) -> None:
    ours = {DATASET, PARQUET, REJECTED, REPORT, MANIFEST, LOG, SAMPLES}
    ours |= {name + suffix for name in (JOURNAL, REPLIES) for suffix in ("", "-wal", "-shm")}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strange = [p.name for p in folder.iterdir() if p.name not in ours and not p.name.endswith(".part")]
    except OSError as error:
        raise RunFolderError(f"cannot write: {error.strerror}", fix="choose another --out", item=folder.name) from error
    if SHARDS in strange:
        raise RunFolderError(
            "the folder holds shards of a run", fix="go on with --shard, or bring them together: medreason merge",
            item=folder.name,
        )  # fmt: skip
    if strange and not (folder / JOURNAL).exists() and not (folder / REPLIES).exists():
        raise RunFolderError(
            f"the folder is not empty ({sorted(strange)[0]})", fix="choose a new --out", item=folder.name
        )


def run(config: RunConfig, progress: Progress | None = None) -> RunResult:
    """Carries out a run, or goes on with it, or finds it finished.

    Args:
        config: What to run.
        progress: Called with (items done, items in all) as results are committed.

    Raises:
        InputError: questions or graph cannot be read.
        RunFolderError: the folder belongs to another run or cannot be written.
        KeyboardInterrupt: stopped; everything done so far is journalled.
    """
    started = time.time()
    graph = open_graph(config.kg)
    source = make_source(graph, config)
    identity = identity_of(config, graph, source)
    manifest = finished_run(config.out)
    if manifest is not None:
        changed = manifest["identity"] != identity
        if not (changed or config.retry_failed) or not _may_change(manifest["identity"], identity, config):
            refuse_other(manifest["identity"], identity, config.out)
            return RunResult(config.out, manifest, fresh=False)
        (config.out / MANIFEST).unlink()
    items = items_of(source, config)
    _prepare(config.out)
    journal = Journal(config.out)
    try:
        earlier = journal.identity()
        if config.retry_failed and (config.out / REPLIES).exists():
            reopen(config.out / REPLIES, config.retry_failed)
            journal.restart(identity)
        elif earlier is None:
            journal.begin(identity)
        elif earlier != identity and _may_change(earlier, identity, config):
            journal.restart(identity)
        else:
            refuse_other(earlier, identity, config.out)
        resumed = fill_journal(journal, list(enumerate(items)), config, graph, progress)
        outcomes = list(journal.outcomes())
        if len(outcomes) != len(items):
            raise InputError(f"{len(outcomes)} results for {len(items)} items", fix="use another --out")
        summary = summarise(outcomes)
        manifest = {"identity": identity, "graph": licence_of(graph), "summary": summary}
        if not config.offline:
            manifest["llm"] = summary_of(config.out)
        log = {
            "started": started, "seconds": round(time.time() - started, 3), "workers": config.workers,
            "items_from_earlier_attempts": resumed, "host": platform.node(), "python": platform.python_version(),
            "questions": str(config.questions), "kg": str(config.kg), "out": str(config.out),
        }  # fmt: skip
        try:
            replace_text(config.out / LOG, [json.dumps(log, indent=1) + "\n"])
        except OSError as error:
            raise RunFolderError(f"cannot write {LOG}: {error.strerror}", fix="free some space") from error
        write_results(config.out, outcomes, manifest, graph)
    except BaseException:
        journal.close()
        raise
    journal.remove()
    return RunResult(config.out, manifest, fresh=True)


def licence_of(graph: Graph) -> dict[str, Any]:
    """What a manifest says of its graph."""
    return {key: graph.manifest[key] for key in ("source", "version", "sha256", "licence", "attribution", "inputs")}


def fill_journal(
    journal: Journal,
    items: list[tuple[int, Item | Rejection]],
    config: RunConfig,
    graph: Graph,
    progress: Progress | None,
) -> int:
    """Journals a result for every numbered item that has none; returns how many had one."""
    have = journal.done()
    done = len(have)
    unread = [(n, encode(Outcome(i))) for n, i in items if isinstance(i, Rejection) and n not in have]
    journal.add(unread)
    done += len(unread)
    todo = [(n, item) for n, item in items if isinstance(item, Item) and n not in have]
    if not config.offline:
        _fill_llm(journal, todo, config, graph, progress, done, len(items))
        return len(have)
    batch: list[tuple[int, str]] = []
    last = time.monotonic()
    try:
        for results in _outcomes(config, graph, todo):
            batch += results
            if time.monotonic() - last >= COMMIT_SECONDS:
                journal.add(batch)
                done += len(batch)
                batch, last = [], time.monotonic()
                if progress:
                    progress(done, len(items))
    finally:
        journal.add(batch)
    if progress:
        progress(done + len(batch), len(items))
    return len(have)


def _fill_llm(
    journal: Journal,
    todo: list[tuple[int, Item]],
    config: RunConfig,
    graph: Graph,
    progress: Progress | None,
    done: int,
    total: int,
) -> None:
    """As :func:`_fill`, with a language model."""

    def commit(batch: list[tuple[int, Outcome]]) -> None:
        nonlocal done
        journal.add([(number, encode(outcome)) for number, outcome in batch])
        done += len(batch)
        if progress:
            progress(done, total)

    fill(config, graph, make_source(graph, config), todo, commit)
