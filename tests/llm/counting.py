"""The scripted server with a clock: when each call came, and what it could have cost."""

from __future__ import annotations

import time
from typing import Any

from aiohttp import web

from tests.llm.server import Script, ScriptedServer


class CountingServer(ScriptedServer):
    """Keeps the arrival of every call, in seconds of the monotonic clock."""

    def __init__(self, script: Script | None = None, port: int = 0) -> None:
        super().__init__(script, port)
        self.came: list[float] = []

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        self.came.append(time.monotonic())
        return await super()._chat(request)

    def most_within(self, seconds: float) -> int:
        """The most calls that came within any span of so many seconds."""
        times, first, most = sorted(self.came), 0, 0
        for last, at in enumerate(times):
            while times[first] <= at - seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    def good(self) -> dict[str, int]:
        """How often each request was answered with a whole reply."""
        found: dict[str, int] = {}
        for seen in self.seen:
            if not seen.kind and seen.prompt:
                found[seen.sha] = found.get(seen.sha, 0) + 1
        return found

    def tokens(self) -> int:
        """Tokens of all whole replies."""
        return sum(s.prompt + s.completion for s in self.seen)


def asked_most(bodies: list[dict[str, Any]]) -> int:
    """The most tokens that replies to some requests may have."""
    return sum(int(body.get("max_tokens") or 0) for body in bodies)
