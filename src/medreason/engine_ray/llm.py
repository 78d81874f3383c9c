"""A run with a language model on Ray: asynchronous client actors that share one desk of limits.

A block's replies are journalled beside the parts, under the block's number: when its actor dies, whichever actor takes
it up finds there what was paid for. What was in flight is asked again, as after any kill.
"""

from __future__ import annotations

import asyncio
import inspect
import pickle
import sqlite3
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from medreason.config import RunConfig
from medreason.engine import encode
from medreason.engine_llm import REPLIES, Filling, prices
from medreason.engine_ray.control import SharedControl, asked
from medreason.engine_ray.desk import SPEAKS, Desk
from medreason.engine_ray.parts import block_folder, block_folders, write_part
from medreason.errors import MedReasonError, RunFolderError, of_sqlite
from medreason.intake import make_source
from medreason.kg.store import open_graph
from medreason.llm.accounts import opened
from medreason.llm.budget import Bound, Ledger
from medreason.llm.journal import Journal, sums
from medreason.llm.parse import Usage
from medreason.llm.privacy import say
from medreason.llm.settings import Budget, Limits, Price
from medreason.pipeline import Outcome

# Seconds that a journal may be held by an actor that counts as dead but has not ended yet.
DYING = 60.0
# Calls of the desk that may wait at once.
WAITING = 20_000


class Actors(NamedTuple):
    """How many client actors there are, and how many blocks each has under way."""

    many: int
    at_once: int


class LlmWork:
    """The actor: several blocks at once, each with a client and a journal of its own, on one event loop."""

    def __init__(self, config: RunConfig, folder: str, desk: str) -> None:
        import ray

        self._config = config
        self._folder = Path(folder)
        self._graph = open_graph(config.kg)
        self._source = make_source(self._graph, config)
        self._desk = ray.get_actor(desk)
        self._holder = uuid.uuid4().hex
        ray.get(self._desk.alive.remote(self._holder))
        threading.Thread(target=self._speak, name="alive", daemon=True).start()

    async def __call__(self, rows: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Takes blocks of pickled items to parts; an error that ends the run is handed over and stops all others."""
        for block, items in zip(rows["block"], rows["items"], strict=True):
            try:
                part, many = await self._block(int(block), pickle.loads(items))
                yield {"part": [part], "rows": [many], "error": [b""]}
            except MedReasonError as error:
                self._desk.stop.remote(error)
                yield {"part": [""], "rows": [0], "error": [pickle.dumps(error)]}

    async def _block(self, block: int, todo: list[tuple[int, Any]]) -> tuple[str, int]:
        if (error := await asked(self._desk.stopped.remote())) is not None:
            raise error
        folder = block_folder(self._folder, block)
        folder.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(_wait_until_free, folder / REPLIES)
        told: dict[int, Outcome] = {}
        config = self._config.model_copy(update={"out": folder})
        control = SharedControl(self._call, limits_of(config), budget_of(config), prices(config.llm))
        filling = Filling(config, self._graph, self._source, told.update, self._desk.say.remote, control)
        await filling.fill(todo)
        numbers = sorted(told)
        return write_part(self._folder, numbers, [encode(told[n]) for n in numbers]), len(numbers)

    def _call(self, method: str, *values: Any) -> Any:
        return getattr(self._desk, method).remote(self._holder, *values)

    def _speak(self) -> None:
        while True:
            time.sleep(SPEAKS)
            self._desk.alive.remote(self._holder)


def _wait_until_free(path: Path) -> None:
    """Waits for the end of an actor that still holds a journal."""
    until = time.monotonic() + DYING
    while True:
        try:
            Journal(path).close()
            return
        except RunFolderError as error:
            if "another run" not in error.cause or time.monotonic() > until:
                raise


def limits_of(config: RunConfig) -> Limits:
    """How much goes at once, over all actors."""
    c = config.llm
    return Limits(c.start, c.most, c.requests_per_minute, c.tokens_per_minute)


def budget_of(config: RunConfig) -> Budget:
    """The most the run may cost, over all actors and resumes."""
    return Budget(config.llm.max_cost, config.llm.max_run_tokens)


def spent_of(journals: Sequence[Path], price: Mapping[str, Price]) -> Bound:
    """What was spent, by journals that nobody holds; calls of unknown bill at their bound.

    Raises:
        RunFolderError: a journal is damaged, or held.
    """
    ledger = Ledger(Budget(), price)
    tokens, cost = 0, 0.0
    for path in journals:
        db = opened(path)
        try:
            total = sums(db)
            unpriced = db.execute(
                "SELECT model, SUM(prompt_tokens), SUM(completion_tokens) FROM attempt "
                "WHERE cost IS NULL AND prompt_tokens IS NOT NULL GROUP BY model"
            ).fetchall()
        finally:
            db.close()
        tokens += total.prompt_tokens + total.completion_tokens + total.bound.tokens
        cost += total.cost + total.bound.cost
        cost += sum(ledger.cost(model, Usage(prompt, completion)) or 0.0 for model, prompt, completion in unpriced)
    return Bound(tokens, cost)


# -- in the driver -------------------------------------------------------------------------------------------


def answered(ray: Any, config: RunConfig, folder: Path, blocks: Any, actors: Actors) -> Iterator[int]:
    """Rows of each block as its part stands on the disk.

    Raises:
        MedReasonError: what ended the run first, after what was in flight has come to its end.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    journals = [f / REPLIES for f in block_folders(folder) if (f / REPLIES).exists()]
    for path in journals:
        _wait_until_free(path)
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    name = f"medreason-{uuid.uuid4().hex}"
    kept = {"name": name, "num_cpus": 0, "max_concurrency": WAITING, "scheduling_strategy": here}
    spent = spent_of(journals, prices(config.llm))
    desk = ray.remote(Desk).options(**kept).remote(limits_of(config), budget_of(config), spent)
    parts = blocks.map_batches(
        LlmWork, fn_constructor_args=(config, str(folder.resolve()), name), batch_size=1, num_cpus=1,
        **_pool(actors),
    )  # fmt: skip
    first: MedReasonError | None = None
    over = threading.Event()
    teller = threading.Thread(target=_tell, args=(ray, desk, over), daemon=True)
    teller.start()
    try:
        for row in parts.iter_rows():
            if row["error"]:
                first = first or pickle.loads(row["error"])
            yield int(row["rows"])
    finally:
        over.set()
        teller.join(10)
        with suppress(ray.exceptions.RayError):
            _note_pace(folder, ray.get(desk.end.remote(), timeout=10))
        ray.kill(desk)
    if first is not None:
        raise first


def _pool(actors: Actors) -> dict[str, Any]:
    """How Ray Data is told of the actors; how many calls one has at once had another name before Ray 2.60."""
    from ray.data import ActorPoolStrategy

    of: dict[str, Any] = {"min_size": actors.many, "max_size": actors.many}
    of["max_tasks_in_flight_per_actor"] = actors.at_once
    if "max_concurrent_calls_per_actor" in inspect.signature(ActorPoolStrategy).parameters:
        return {"compute": ActorPoolStrategy(**of, max_concurrent_calls_per_actor=actors.at_once)}
    return {"compute": ActorPoolStrategy(**of), "max_concurrency": actors.at_once}


def _tell(ray: Any, desk: Any, over: threading.Event) -> None:
    """Says what the actors want the user to see."""
    with suppress(ray.exceptions.RayError):
        last = False
        while not last:
            last = over.wait(1.0)
            for text in ray.get(desk.news.remote()):
                say(text)


def _note_pace(folder: Path, rows: Sequence[tuple[float, float, str]]) -> None:
    """Keeps the history of the slots in the first journal, from where it comes into that of the run."""
    journals = [f / REPLIES for f in block_folders(folder) if (f / REPLIES).exists()]
    if not journals:
        return
    try:
        db = sqlite3.connect(journals[0], timeout=5.0)
        with db:
            db.executemany("INSERT INTO pace VALUES (?, ?, ?)", rows)
        db.close()
    except sqlite3.Error as error:
        raise of_sqlite(error, journals[0].name) from error
