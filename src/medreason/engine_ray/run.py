"""A run on Ray: questions go out in blocks as a Ray data set, each block comes back as one part on the disk.

A driver that is killed goes on from the parts. Every node needs the graph and ``OUT`` at the same path, on a shared
disk.
"""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from medreason.config import RunConfig
from medreason.engine import Progress, RunResult, encode, finished_run, identity_of, refuse_other
from medreason.engine_llm import AHEAD
from medreason.engine_ray.cluster import joined, processors_of
from medreason.engine_ray.llm import Actors, answered
from medreason.engine_ray.offline import Work
from medreason.engine_ray.parts import block_folders, folder_of, read_parts, write_part
from medreason.errors import InputError, UsageError
from medreason.intake import items_of, make_source
from medreason.kg.store import open_graph
from medreason.pipeline import Outcome, Source
from medreason.questions.reading import Item
from medreason.records import Rejection
from medreason.sharding import write_merged

# Items of a block: small enough that a dead worker costs seconds, large enough that parts stay few.
BLOCK = 64
# The same with a language model, whose items take longer and whose replies are journalled one by one.
LLM_BLOCK = 32

# Actors in a row that may die before they have begun, until the run ends: one that was killed is no fault of the run.
BEGUN_AGAIN = 5

Todo = list[tuple[int, Item]]


def run_ray(config: RunConfig, progress: Progress | None = None, *, address: str = "") -> RunResult:
    """Carries out a run on Ray, or goes on with it, or finds it finished.

    Args:
        config: What to run. ``workers`` is the most actors, 1 for as many as the cluster has processors.
        progress: Called with (items done, items in all) as parts come.
        address: Of a cluster, as Ray takes it (``auto``, ``ray://HOST:PORT``); empty for this machine alone.

    Raises:
        UsageError: Ray is not installed, or the run is of a kind that Ray does not do.
        RunFolderError: the folder belongs to another run or cannot be written.
        LLMError: the language model cannot be used, or a limit is reached; what was answered is kept.
        MedReasonError: the cluster fails; the same command goes on.
    """
    _refuse(config)
    graph = open_graph(config.kg)
    source = make_source(graph, config)
    identity = identity_of(config, graph, source)
    if (manifest := finished_run(config.out)) is not None:
        refuse_other(manifest["identity"], identity, config.out)
        return RunResult(config.out, manifest, fresh=False)
    folder = folder_of(config.out, identity)
    whole = _fill(config, source, folder, progress, address)
    outcomes = read_parts(folder)
    if len(outcomes) != whole:
        raise InputError(f"{len(outcomes)} results for {whole} items", fix="use another --out")
    result = write_merged(config.out, graph, identity, outcomes, block_folders(folder))
    shutil.rmtree(folder, ignore_errors=True)
    return result


def _fill(config: RunConfig, source: Source, folder: Path, progress: Progress | None, address: str) -> int:
    """Brings about a part for every item that has none; returns how many items there are."""
    items = list(enumerate(items_of(source, config)))
    have = read_parts(folder)
    unread = [(n, encode(Outcome(i))) for n, i in items if isinstance(i, Rejection) and n not in have]
    if unread:
        write_part(folder, [n for n, _ in unread], [text for _, text in unread])
    todo = [(n, item) for n, item in items if isinstance(item, Item) and n not in have]
    done = len(items) - len(todo)
    if todo:
        for rows in _on_ray(config, folder, todo, address):
            done += rows
            if progress:
                progress(done, len(items))
    return len(items)


def _refuse(config: RunConfig) -> None:
    """Refuses what Ray does not do."""
    if config.teacher.startswith("files:"):
        raise UsageError("--engine ray needs a teacher that answers", fix="leave it out where requests go to files")
    if config.retry_failed:
        raise UsageError("--engine ray does not ask again what failed", fix="leave out --engine ray for that")


def blocks_of(todo: Todo, size: int) -> list[dict[str, Any]]:
    """Items in blocks whose limits depend on their numbers alone, so that a block is the same when a run goes on."""
    grouped = groupby(todo, key=lambda pair: pair[0] // size)
    return [{"block": block, "items": pickle.dumps(list(pairs))} for block, pairs in grouped]


def _on_ray(config: RunConfig, folder: Path, todo: Todo, address: str) -> Iterator[int]:
    """Rows of each part as it stands on the disk."""
    with joined(address) as ray:
        from ray.data import ActorPoolStrategy, DataContext

        context = DataContext.get_current()
        context.enable_progress_bars = False
        if hasattr(context, "max_consecutive_actor_init_deaths"):
            context.max_consecutive_actor_init_deaths = BEGUN_AGAIN
        most = config.workers if config.workers > 1 else processors_of(ray)
        if config.offline:
            parts = _blocks(blocks_of(todo, BLOCK)).map_batches(
                Work, fn_constructor_args=(config, str(folder.resolve())), batch_size=1, num_cpus=1,
                compute=ActorPoolStrategy(min_size=1, max_size=most),
            )  # fmt: skip
            yield from (int(row["rows"]) for row in parts.iter_rows())
            return
        rows = blocks_of(todo, LLM_BLOCK)
        at_once = max(2, -(-AHEAD * config.llm.most // (most * LLM_BLOCK)))
        yield from answered(ray, config, folder, _blocks(rows), Actors(most, at_once))


def _blocks(rows: list[dict[str, Any]]) -> Any:
    """A data set with a row a block."""
    from ray.data import from_items

    return from_items(rows, override_num_blocks=len(rows))
