"""Runs the pipeline of a language model over many items at once, in one process and one event loop.

Replies are durable in ``journal.sqlite`` before a stage sees them, results in the work journal as items end; a run
killed at any moment goes on with both. What needs the processor runs in one thread beside the loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from medreason.config import LlmConfig, RunConfig
from medreason.errors import MedReasonError, WaitingError
from medreason.kg.store import Graph
from medreason.linking.choose import Thresholds
from medreason.llm.accounts import account
from medreason.llm.ask import Chat
from medreason.llm.client import Client
from medreason.llm.control import Control
from medreason.llm.files import FilesClient, Pending
from medreason.llm.journal import Journal as Replies
from medreason.llm.privacy import say
from medreason.llm.replay import ReplayClient
from medreason.llm.request import prompt_version
from medreason.llm.settings import Budget, Endpoint, Limits, Patience, Price
from medreason.pipeline import Outcome, Source
from medreason.pipeline_compat import CompatPipeline
from medreason.pipeline_llm import LlmPipeline
from medreason.questions.reading import Item
from medreason.records import Rejection
from medreason.teachers.llm.settings import Asking
from medreason.teachers.llm.stages import Stages

REPLIES = "journal.sqlite"
COMMIT_SECONDS = 0.5
# Items under way for each call that may be in flight: enough that the line never waits for the processor.
AHEAD = 2

Commit = Callable[[list[tuple[int, Outcome]]], None]
PROMPTS = {
    "default": ("reason", "hint", "propose", "judge", "extract", "choose", "prune", "answer", "schema", "reask"),
    "compat": (
        "compat_extract",
        "compat_choose",
        "compat_prune",
        "compat_reason",
        "compat_answer",
        "compat_judge",
        "schema",
        "reask",
    ),
    "answerability": ("answer", "answer_open", "judge", "schema", "reask"),
}


class Pipe(Protocol):
    """A pipeline of either profile."""

    async def process(self, item: Item) -> Outcome:
        """Takes one item to where it ends."""


class Kept(NamedTuple):
    """The client of a run and the journal of its replies (``None`` in a replay)."""

    chat: Chat
    replies: Replies | None


def asking(config: RunConfig) -> Asking:
    """The settings of the stages from a run's configuration."""
    c = config.llm
    return Asking(
        config.model,
        config.profile,
        samples=c.samples,
        hint=c.hint,
        temperature=c.temperature,
        top_p=c.top_p,
        max_tokens=c.max_tokens,
        seed=c.seed,
        reasoning_effort=c.reasoning_effort,
        extra=c.extra,
        mark=c.mark,
    )


def endpoint(url: str, c: LlmConfig) -> Endpoint:
    """The server of a run."""
    return Endpoint(
        url,
        key_env=c.key_env,
        key_file=c.key_file,
        transport=c.transport,
        key_header=c.key_header,
        api_version=c.api_version,
        structured=c.structured,
        max_tokens_field=c.max_tokens_field,
        timeout=c.timeout,
    )


def prices(c: LlmConfig) -> dict[str, Price]:
    """Prices by model."""
    return {model: Price(p.prompt, p.completion, p.cached) for model, p in c.prices.items()}


def versions(config: RunConfig) -> dict[str, str]:
    """The version of every prompt that a run's profile may send."""
    return {name: prompt_version(name) for name in PROMPTS[config.profile]}


@asynccontextmanager
async def client(
    config: RunConfig, folder: Path, notify: Callable[[str], None] = say, control: Control | None = None
) -> AsyncIterator[Kept]:
    """The client that a configuration names, closed at the end; ``control`` holds limits shared with other clients.

    Raises:
        UsageError, AuthError, PrivacyError, RunFolderError, ReplayError: as the clients do when they are made.
    """
    c = config.llm
    if config.teacher.startswith("replay:"):
        path = Path(config.teacher.removeprefix("replay:")).expanduser()
        replay = ReplayClient(path / REPLIES if path.is_dir() else path)
        try:
            yield Kept(replay, None)
        finally:
            replay.close()
        return
    replies = Replies(folder / REPLIES)
    try:
        if config.teacher.startswith("files:"):
            where = Path(config.teacher.removeprefix("files:")).expanduser()
            async with FilesClient(
                where, replies, prices=prices(c), max_tokens_field=c.max_tokens_field, notify=notify
            ) as files:
                yield Kept(files, replies)
            return
        async with Client(
            endpoint(config.teacher, c),
            replies,
            limits=Limits(c.start, c.most, c.requests_per_minute, c.tokens_per_minute),
            budget=Budget(c.max_cost, c.max_run_tokens),
            prices=prices(c),
            patience=Patience(gone=c.gone),
            local_only=c.local_only,
            notify=notify,
            control=control,
        ) as live:
            yield Kept(live, replies)
    finally:
        replies.close()


def make_pipe(graph: Graph, source: Source, chat: Chat, config: RunConfig, worker: Executor) -> Pipe:
    """The pipeline of a run's profile."""
    if config.profile == "compat":
        return CompatPipeline(graph, source, chat, asking(config), kept=config.llm.kept, seed=config.seed)
    s = config.llm.stages
    stages = Stages(s.extract == "llm", s.choose == "llm", s.prune == "llm", s.answer == "llm")
    limits = Thresholds(**config.linking.model_dump(exclude={"profile"}))
    return LlmPipeline(graph, source, chat, asking(config), worker, stages, config.llm.kept, limits)


def fill(
    config: RunConfig,
    graph: Graph,
    source: Source,
    todo: list[tuple[int, Item]],
    commit: Commit,
    notify: Callable[[str], None] = say,
) -> None:
    """Takes items to their outcomes, which are handed to ``commit`` in batches as they come, in any order.

    Raises:
        LLMError: the run cannot go on; what was done is committed.
        WaitingError: requests wait for their responses (files instead of a network).
    """
    asyncio.run(Filling(config, graph, source, commit, notify).fill(todo))


class Filling:
    """One pass over the items of a run, within one event loop; arguments as of :func:`fill` and :func:`client`."""

    def __init__(
        self,
        config: RunConfig,
        graph: Graph,
        source: Source,
        commit: Commit,
        notify: Callable[[str], None],
        control: Control | None = None,
    ) -> None:
        self._config = config
        self._graph = graph
        self._source = source
        self._commit = commit
        self._notify = notify
        self._control = control
        self._batch: list[tuple[int, Outcome]] = []
        self._last = time.monotonic()
        self._pending = 0

    async def fill(self, todo: list[tuple[int, Item]]) -> None:
        """All items; commits what is done whatever happens."""
        worker = ThreadPoolExecutor(1, thread_name_prefix="evidence")
        try:
            async with client(self._config, self._config.out, self._notify, self._control) as kept:
                pipe = make_pipe(self._graph, self._source, kept.chat, self._config, worker)
                await self._all(pipe, todo)
                if isinstance(kept.chat, FilesClient):
                    await self._finish(kept.chat)
        finally:
            self._flush()
            worker.shutdown(wait=True, cancel_futures=True)

    async def _all(self, pipe: Pipe, todo: list[tuple[int, Item]]) -> None:
        waiting = iter(todo)
        under_way: set[asyncio.Task[None]] = set()
        most = AHEAD * self._config.llm.most
        try:
            while True:
                while len(under_way) < most and (pair := next(waiting, None)) is not None:
                    under_way.add(asyncio.create_task(self._one(pipe, *pair)))
                if not under_way:
                    return
                done, under_way = await asyncio.wait(
                    under_way, timeout=COMMIT_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                # All are looked at: asyncio prints a traceback for an error that nobody has asked for.
                errors = [error for task in done if (error := task.exception()) is not None]
                if errors:
                    raise errors[0]
                if time.monotonic() - self._last >= COMMIT_SECONDS:
                    self._flush()
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _one(self, pipe: Pipe, number: int, item: Item) -> None:
        try:
            outcome = await pipe.process(item)
        except Pending:
            self._pending += 1
            return
        except MedReasonError:
            raise
        except Exception as error:  # a fault of the program costs this item alone; the rejection says what to report
            outcome = internal(item, error)
        self._batch.append((number, outcome))

    def _flush(self) -> None:
        batch, self._batch, self._last = self._batch, [], time.monotonic()
        if batch:
            self._commit(batch)

    async def _finish(self, chat: FilesClient) -> None:
        self._flush()
        wave = await chat.finish()
        if not self._pending:
            return
        raise WaitingError(
            f"{self._pending} items wait for {wave.waiting} responses",
            fix="put the responses beside the requests, then run the same command: it goes on",
        )


def internal(item: Item, error: Exception) -> Outcome:
    """The outcome of an item that met a fault of the program."""
    detail = f"{item.location}: {type(error).__name__}: {error}; please report this"
    return Outcome(Rejection(item.id, "internal", "internal_error", detail))


def summary_of(folder: Path) -> dict[str, Any]:
    """Calls, tokens and cost of a run so far, from its journal of replies; empty where there is none."""
    path = folder / REPLIES
    return account(path) if path.exists() else {}
