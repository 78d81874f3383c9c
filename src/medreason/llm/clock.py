"""Time as the client sees it, so that tests can bring their own."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Seconds that only go forward, the time of day, and waiting."""

    def now(self) -> float:
        """Seconds of a clock that only goes forward."""

    def date(self) -> float:
        """Seconds since 1970, for the journal."""

    async def sleep(self, seconds: float) -> None:
        """Waits."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    def date(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Waits without holding the loop."""
        await asyncio.sleep(seconds)
