"""What the tests of this room share: a clock that jumps, requests, a client of a scripted server."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
import sqlite3
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar

from medreason.llm.ask import Outcome
from medreason.llm.client import Client
from medreason.llm.journal import JOURNAL, Journal, Totals
from medreason.llm.request import Message, Request
from medreason.llm.schema import shape_of_schema
from medreason.llm.settings import Endpoint, Patience

T = TypeVar("T")
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}
SHAPE = shape_of_schema("answer", SCHEMA)


class JumpClock:
    """Time that stands still while there is work, and jumps to the next sleeper when there is none."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    def date(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), turn))
        await turn

    def jump(self) -> None:
        """Goes on to the next sleeper, if there is one."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        if self._sleepers:
            at, _, turn = heapq.heappop(self._sleepers)
            self._now = max(self._now, at)
            turn.set_result(None)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.ensure_future(work)
        while not task.done():
            for _ in range(12):
                await asyncio.sleep(0)
            if not task.done():
                self.jump()
        return task.result()


def ask_for(text: str = "x", **options: Any) -> Request:
    return Request("m", (Message("user", f"Question {text}"),), stage="test", max_tokens=300, **options)


def many(number: int, **options: Any) -> list[Request]:
    return [ask_for(str(i), item=f"case-{i}", **options) for i in range(number)]


async def call_all(client: Client, requests: Iterable[Request]) -> list[Outcome]:
    return list(await asyncio.gather(*(client.call(r) for r in requests)))


def converse(
    folder: Path, url: str, requests: Iterable[Request], *, endpoint: dict[str, Any] | None = None, **options: Any
) -> tuple[list[Outcome], Totals]:
    """One session of a run: all outcomes and the totals."""

    async def session() -> tuple[list[Outcome], Totals]:
        journal = Journal(folder / JOURNAL)
        options.setdefault("patience", Patience(scale=0.01))
        options.setdefault("notify", lambda _: None)
        options.setdefault("jitter", random.Random(1))
        try:
            async with Client(Endpoint(url, **(endpoint or {})), journal, **options) as client:
                outcomes = await call_all(client, requests)
                return outcomes, await client.totals()
        finally:
            journal.close()

    return asyncio.run(session())


def rows(folder: Path, query: str = "SELECT status, error_class FROM attempt ORDER BY id") -> list[tuple[Any, ...]]:
    db = sqlite3.connect(folder / JOURNAL)
    try:
        return db.execute(query).fetchall()
    finally:
        db.close()


def collect() -> tuple[list[str], Callable[[str], None]]:
    said: list[str] = []
    return said, said.append
