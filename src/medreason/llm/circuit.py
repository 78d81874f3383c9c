"""Pauses all calls while the server is gone, says so, and tries one call at a time until it is back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from medreason.errors import ServerGoneError
from medreason.llm.clock import Clock
from medreason.llm.settings import Patience

# Connection failures in a row, without a reply between, after which the server counts as gone.
GONE_AFTER = 8
# The same for a server that never answered in this run: a wrong address should not cost minutes.
NEVER_AFTER = 3
FIRST_PROBE = 1.0
LONGEST_PROBE = 30.0


class Circuit:
    """Open (paused) or closed; one for a server."""

    def __init__(self, host: str, patience: Patience, clock: Clock, notify: Callable[[str], None]) -> None:
        self._host = host
        self._patience = patience
        self._clock = clock
        self._notify = notify
        self._failures = 0
        self._answered = False
        self._gone_since: float | None = None
        self._probing = False
        self._pause = FIRST_PROBE
        self._next_probe = 0.0
        self._changed = asyncio.Event()

    async def admit(self) -> bool:
        """Waits until a call may go; whether it is the one that tries a server that was gone."""
        while self._gone_since is not None:
            wait = self._next_probe - self._clock.now()
            if not self._probing and wait <= 0:
                self._probing = True
                return True
            if self._probing:
                await self._changed.wait()
            else:
                await self._clock.sleep(wait)
        return False

    def abandoned(self) -> None:
        """A call that tried the server was given up without a result."""
        self._probing = False
        self._signal()

    def answered(self) -> None:
        """The server sent something over HTTP."""
        self._failures = 0
        self._answered = True
        if self._gone_since is not None:
            seconds = self._clock.now() - self._gone_since
            self._gone_since, self._probing, self._pause = None, False, FIRST_PROBE
            self._notify(f"{self._host} answers again after {seconds:.0f} s; the run goes on")
            self._signal()

    def failed(self, detail: str, *, probe: bool, reached: bool) -> None:
        """A connection could not be made, or broke (``reached``).

        Raises:
            ServerGoneError: the server never answered, or has been gone for longer than the patience.
        """
        now = self._clock.now()
        self._failures += 1
        if not self._answered and not reached and self._failures >= NEVER_AFTER:
            raise ServerGoneError(f"no server: {detail}", fix="start it or correct the base URL, then run again")
        if self._gone_since is None:
            if self._failures < GONE_AFTER:
                return
            self._gone_since = now
            self._notify(
                f"{self._host} is gone ({detail}); the run pauses and tries again for up to "
                f"{self._patience.gone / 60:.0f} min; Ctrl-C stops it and nothing is lost"
            )
        elif not probe:
            return
        self._probing = False
        if now - self._gone_since > self._patience.gone:
            self._signal()
            raise ServerGoneError(
                f"{self._host} has been gone for {(now - self._gone_since) / 60:.0f} min: {detail}",
                fix="start it and run the same command: it goes on",
            )
        self._next_probe = now + self._pause * self._patience.scale
        self._pause = min(LONGEST_PROBE, 2 * self._pause)
        self._signal()

    def _signal(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
