"""Identical requests that are under way together are answered once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from medreason.llm.parse import Verdict
from medreason.llm.request import Canonical, Request


class InFlight:
    """The requests under way, by key.

    Args:
        answer: Answers one request; called once for all that ask the same while it runs.
    """

    def __init__(self, answer: Callable[[Request, Canonical], Awaitable[Verdict]]) -> None:
        self._answer = answer
        self._flying: dict[str, asyncio.Task[Verdict]] = {}

    @property
    def tasks(self) -> set[asyncio.Task[Any]]:
        """The tasks under way."""
        return set(self._flying.values())

    async def fetch(self, request: Request, key: Canonical) -> Verdict:
        """The verdict on a request; whoever waits for it may be cancelled without ending it for the others."""
        task = self._flying.get(key.sha)
        if task is None:
            task = asyncio.create_task(self._run(request, key))
            self._flying[key.sha] = task
            task.add_done_callback(lambda done: self._landed(key.sha, done))
        return await asyncio.shield(task)

    async def _run(self, request: Request, key: Canonical) -> Verdict:
        return await self._answer(request, key)

    def _landed(self, sha: str, task: asyncio.Task[Verdict]) -> None:
        self._flying.pop(sha, None)
        if not task.cancelled():
            task.exception()  # whoever still waits has it; if nobody does, asyncio need not complain
