"""Makes drafts in worker processes and keeps the first good ones, in an order that no number of workers changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Protocol

from medreason.kg.store import open_graph
from medreason.questions.disorders import DisorderIndex
from medreason.synth import absent, asknext, diagnosis, distinguish, gene
from medreason.synth.draft import Draft, Finished, finished
from medreason.synth.draw import seeded, shuffled
from medreason.synth.world import World

KINDS: dict[str, ModuleType] = {m.KIND: m for m in (diagnosis, distinguish, gene, absent, asknext)}
CHUNK = 64


class Task(NamedTuple):
    """One thing to ask about: kind, what of its list of subjects, and for the how many-th time."""

    kind: str
    subject: Any
    at: int
    round: int


class Maker:
    """Everything that a worker needs."""

    def __init__(self, folder: Path | str, seed: int) -> None:
        self.world = World(open_graph(folder))
        self.disorders = DisorderIndex(self.world.graph)
        self.seed = seed

    def make(self, task: Task) -> Finished | None:
        """The question of one task, or ``None`` where no fair one was found."""
        rng = seeded("synth", self.seed, task.kind, task.at, task.round)
        draft: Draft | None = KINDS[task.kind].make(self.world, self.disorders, task.subject, rng)
        if draft is None or not self._tellable(draft):
            return None
        curies = [self.world.graph.curie(o.node) for o in draft.options]
        return finished(draft, curies, [[self.world.edge_id(e) for e in s.edges] for s in draft.steps], rng)

    def _tellable(self, draft: Draft) -> bool:
        """Whether no two concepts of the question bear one name."""
        graph = self.world.graph
        nodes = {o.node for o in draft.options}
        nodes |= {int(end[e]) for s in draft.steps for e in s.edges for end in (graph.head, graph.tail)}
        return len({self.world.name(n).casefold() for n in nodes}) == len(nodes)

    def tasks(self, kind: str, subjects: Sequence[Any], rounds: int) -> Iterator[Task]:
        """Every subject once in an order of chance, then every one again, and so on."""
        for turn in range(rounds):
            order = shuffled(seeded("order", self.seed, kind, turn), range(len(subjects)))
            yield from (Task(kind, subjects[i], i, turn) for i in order)


_maker: Maker | None = None


def start(folder: str, seed: int) -> None:
    """Opens the graph in a worker."""
    global _maker  # noqa: PLW0603
    _maker = Maker(folder, seed)


def work(tasks: list[Task]) -> list[Finished | None]:
    """The questions of a chunk of tasks."""
    assert _maker is not None
    return [_maker.make(task) for task in tasks]


def cut(tasks: Iterable[Task]) -> list[list[Task]]:
    """Tasks in chunks, in their order."""
    listed = list(tasks)
    return [listed[i : i + CHUNK] for i in range(0, len(listed), CHUNK)]


class Drafts(Protocol):
    """Whoever makes the questions of tasks; a context manager."""

    def __enter__(self) -> Drafts:
        """Starts what it needs."""

    def __exit__(self, *error: Any) -> None:
        """Ends it."""

    def map(self, tasks: Iterable[Task]) -> Iterator[Finished | None]:
        """The questions in the order of their tasks."""


class Pool:
    """Workers, or this process alone where one is asked for."""

    def __init__(self, maker: Maker, workers: int) -> None:
        self._maker = maker
        folder = str(maker.world.graph.folder)
        context = get_context("spawn")
        self._pool = (
            ProcessPoolExecutor(workers, context, initializer=start, initargs=(folder, maker.seed))
            if workers > 1
            else None
        )

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, tasks: Iterable[Task]) -> Iterator[Finished | None]:
        """The questions in the order of their tasks."""
        if self._pool is None:
            yield from map(self._maker.make, tasks)
            return
        for found in self._pool.map(work, cut(tasks)):
            yield from found
