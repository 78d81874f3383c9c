"""Synthetic questions made by tasks of Ray, in the order and so to the bytes of the local engine.

A task is a chunk of subjects; Ray places it, and makes it again where its worker or node died. A worker process opens
the graph once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from medreason.engine_ray.cluster import joined, processors_of
from medreason.synth import Made, produce
from medreason.synth.draft import Finished
from medreason.synth.make import Maker, Task, cut, start, work
from medreason.synth.produce import Update

# Chunks under way for each processor: enough that none waits for the driver, few enough that results stay small.
AHEAD = 4

_ready: tuple[str, int] | None = None


def make_chunk(folder: str, seed: int, tasks: list[Task]) -> list[Finished | None]:
    """The questions of a chunk, in a worker process; the first call of a process opens the graph."""
    global _ready  # noqa: PLW0603 - what a worker process has open
    if _ready != (folder, seed):
        start(folder, seed)
        _ready = folder, seed
    return work(tasks)


class RayPool:
    """As :class:`medreason.synth.make.Pool`, on a cluster.

    Args:
        maker: The driver's own.
        workers: Processors of this machine, where Ray is started here.
        address: Of the cluster; empty for this machine alone.
    """

    def __init__(self, maker: Maker, workers: int, address: str) -> None:
        self._folder = str(Path(maker.world.graph.folder).resolve())
        self._seed = maker.seed
        self._workers = workers
        self._address = address
        self._stack = ExitStack()

    def __enter__(self) -> RayPool:
        self._ray: Any = self._stack.enter_context(joined(self._address, self._workers))
        self._work = self._ray.remote(num_cpus=1, max_retries=-1)(make_chunk)
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def map(self, tasks: Iterable[Task]) -> Iterator[Finished | None]:
        """The questions in the order of their tasks."""
        waiting = iter(cut(tasks))
        running: deque[Any] = deque()
        most = AHEAD * processors_of(self._ray)
        while True:
            while len(running) < most and (chunk := next(waiting, None)) is not None:
                running.append(self._work.remote(self._folder, self._seed, chunk))
            if not running:
                return
            yield from self._ray.get(running.popleft())


def produce_ray(kg: Path, n: int, seed: int, kinds: list[str], workers: int, update: Update, *, address: str) -> Made:
    """As :func:`medreason.synth.produce`, on Ray.

    Args:
        kg: Graph folder; every node reads it at this path.
        n: Questions.
        seed: Same seed, graph and number: same bytes.
        kinds: Kinds of questions.
        workers: Processors used where Ray is started here; a cluster that is joined gives all of its own.
        update: Called with (questions made, ``n``).
        address: Of the cluster; empty for this machine alone.

    Raises:
        UsageError, InputError: as the local engine; Ray is not installed.
        MedReasonError: the cluster fails.
    """
    return produce(kg, n, seed, kinds, workers, update, lambda maker, many: RayPool(maker, many, address))
