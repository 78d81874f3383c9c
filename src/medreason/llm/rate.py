"""How much is sent at once: a number of slots that follows the server, and limits per minute.

:class:`Aimd` and :class:`PerMinute` are plain arithmetic over times that are given; :class:`Gate` makes callers wait;
:class:`History` tells what is worth remembering of the first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from medreason.llm.clock import Clock

MINUTE = 60.0
CUT = 0.5
AFTER_STORM = 0.9
SOME = 0.1
# Least seconds between two notes of growth.
NOTED = 1.0


class Aimd:
    """Additive increase, multiplicative decrease of the number of calls in flight.

    Until the first sign of overload the number doubles with each round of replies. A sign of overload halves it, once
    for all calls that had started before the last cut; from then on it grows by one a round. Where one cut follows
    another with next to no reply in between, the server was away rather than full: when replies come again, the number
    doubles up to :data:`AFTER_STORM` of what it was before the first of those cuts.
    """

    def __init__(self, start: int, most: int) -> None:
        self.limit = float(min(start, most))
        self._most = float(most)
        self._quick_to = float("inf")
        self._before = self.limit
        self._replies = 0
        self._last_cut = float("-inf")

    def succeeded(self) -> None:
        """A reply came."""
        self._replies += 1
        step = 1.0 if self.limit < self._quick_to else 1.0 / self.limit
        self.limit = min(self._most, self.limit + step)

    def overloaded(self, started: float, now: float) -> None:
        """A call that started then was turned away, or timed out."""
        if started <= self._last_cut:
            return
        first = self._last_cut == float("-inf")
        if first or self._replies >= self.limit:
            self._before = self.limit
        storm = not first and self._replies < SOME * self.limit
        self._quick_to = self._before * AFTER_STORM if storm else self.limit * CUT
        self._last_cut = now
        self._replies = 0
        self.limit = max(1.0, self.limit * CUT)


class History:
    """What is noted of the number of slots: where it begins, every cut, and where it grows to, at most once a second.

    Args:
        aimd: Whose number.
        note: Gets the time, the number and the reason.
    """

    def __init__(self, aimd: Aimd, note: Callable[[float, float, str], None]) -> None:
        self._aimd = aimd
        self._note = note
        self._noted = 0
        self._last = float("-inf")

    def mark(self, at: float, reason: str) -> None:
        """Notes the number as it is."""
        self._noted, self._last = int(self._aimd.limit), at
        self._note(at, self._aimd.limit, reason)

    def grown(self, at: float) -> None:
        """Notes the number if it is higher than when it was noted last."""
        if int(self._aimd.limit) > self._noted and at - self._last >= NOTED:
            self.mark(at, "growth")

    def ended(self, at: float) -> None:
        """Notes where it ends, if it was ever noted."""
        if self._noted:
            self.mark(at, "end")


class PerMinute:
    """At most ``limit`` units in any 60 seconds; one call above it goes alone. O(1) amortised a call.

    Args:
        limit: Units.
        slack: Seconds that a call may go later than it was let, and the limit still holds.
    """

    def __init__(self, limit: float, slack: float = 0.0) -> None:
        self._limit = limit
        self._slack = slack
        self._taken: deque[tuple[float, float]] = deque()
        self._sum = 0.0
        self._last = float("-inf")

    def take(self, amount: float, now: float) -> float:
        """Takes units; returns the seconds to wait before they may be used."""
        at = max(now, self._last)
        self._drop(at)
        while self._taken and self._sum + amount > self._limit:
            oldest, units = self._taken.popleft()
            self._sum -= units
            at = max(at, oldest + MINUTE + self._slack)
        self._add(at, amount)
        return at - now

    def correct(self, difference: float, now: float) -> None:
        """Counts that a call used more units than were taken (or less, if negative)."""
        self._add(max(now, self._last), difference)

    def _add(self, at: float, amount: float) -> None:
        self._taken.append((at, amount))
        self._sum += amount
        self._last = at

    def _drop(self, at: float) -> None:
        while self._taken and self._taken[0][0] <= at - MINUTE - self._slack:
            self._sum -= self._taken.popleft()[1]
        if not self._taken:
            self._sum = 0.0


class Gate:
    """Slots for calls in flight: first come, first served; shut for as long as a server asks."""

    def __init__(self, aimd: Aimd, clock: Clock) -> None:
        self.aimd = aimd
        self.active = 0
        self._clock = clock
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._shut_until = float("-inf")
        self._opener: asyncio.Task[None] | None = None

    async def enter(self) -> None:
        """Waits for a slot and takes it."""
        if not self._waiting and self._free():
            self.active += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Gives a slot back."""
        self.active -= 1
        self._wake()

    def shut(self, seconds: float) -> bool:
        """Lets nobody in for some seconds; whether the gate was open until now."""
        self._shut_until = max(self._shut_until, self._clock.now() + seconds)
        if self._opener is not None:
            return False
        self._opener = asyncio.get_running_loop().create_task(self._open_later())
        return True

    def close(self) -> None:
        """Forgets a pause that is under way."""
        if self._opener is not None:
            self._opener.cancel()

    def _free(self) -> bool:
        return self.active < int(self.aimd.limit) and self._clock.now() >= self._shut_until

    def _wake(self) -> None:
        while self._waiting and self._free():
            turn = self._waiting.popleft()
            if not turn.done():
                self.active += 1
                turn.set_result(None)

    async def _open_later(self) -> None:
        while (left := self._shut_until - self._clock.now()) > 0:
            await self._clock.sleep(left)
        self._opener = None
        self._wake()
