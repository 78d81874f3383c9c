"""The clients for code that does not use asyncio: one event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

from medreason.llm.ask import Chat, Outcome
from medreason.llm.request import Request

T = TypeVar("T")
# Requests that wait ahead of the one whose outcome is due; above the most calls in flight (256).
AHEAD = 1024


class SyncChat:
    """Runs a client in a thread; use as a context manager. Safe to call from several threads.

    Args:
        make: Makes the client inside the loop.
        close: Closes it, if it needs closing.
    """

    def __init__(self, make: Callable[[], Chat], close: Callable[[Any], Awaitable[None]] | None = None) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="llm", daemon=True)
        self._thread.start()
        self._close = close
        try:
            self.client = self._run(_made(make))
        except BaseException:
            self._end()
            raise

    def call(self, request: Request) -> Outcome:
        """The outcome of one request; see :meth:`medreason.llm.ask.Chat.call`."""
        return self._run(self.client.call(request))

    def map(self, requests: Iterable[Request]) -> Iterator[Outcome]:
        """Outcomes in the order of the requests, which are drawn as they are needed."""
        waiting: deque[Future[Outcome]] = deque()
        try:
            for request in requests:
                waiting.append(asyncio.run_coroutine_threadsafe(self.client.call(request), self._loop))
                if len(waiting) >= AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def close(self) -> None:
        """Closes the client and its loop."""
        if not self._loop.is_closed():
            try:
                if self._close is not None:
                    self._run(_awaited(self._close(self.client)))
            finally:
                self._end()

    def __enter__(self) -> SyncChat:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _made(make: Callable[[], Chat]) -> Chat:
    return make()


async def _awaited(work: Awaitable[None]) -> None:
    await work
