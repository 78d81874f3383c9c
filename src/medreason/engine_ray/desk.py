"""The limits that all client actors of a run share, held in one place: slots, limits per minute, budget.

One actor of Ray, on the driver's node, found by its name. What a client takes is on lease: a holder (an actor with its
clients) that is not heard of for :data:`SILENT` seconds loses its slots, and its reservations count as spent, for its
calls may have been answered. When the desk is lost the run ends, and the same command goes on: what was spent is read
from the journals.

Times never cross machines, only durations do.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable
from typing import Any, NamedTuple

from medreason.errors import MedReasonError
from medreason.llm.budget import Bound
from medreason.llm.clock import SystemClock
from medreason.llm.control import Control
from medreason.llm.rate import History
from medreason.llm.settings import Budget, Limits

# Seconds after which a holder that is not heard of counts as dead; a living one speaks every SPEAKS seconds.
SILENT = 20.0
SPEAKS = 2.0
# Seconds that a call may reach the server after it was let go, and a limit per minute still holds.
SLACK = 2.0


class Granted(NamedTuple):
    """What was asked for: the number of slots as it stands, or of the reservation; or why there is none."""

    value: float
    error: MedReasonError | None = None


class _Holder:
    """What one actor has on lease."""

    def __init__(self) -> None:
        self.heard = time.monotonic()
        self.slots: set[str] = set()
        self.reserved: dict[str, tuple[int, Bound]] = {}


class Desk:
    """Hands out permits; every method is called from afar, and none raises.

    Args:
        limits: How much goes at once, over all actors.
        budget: The most the run may cost.
        spent: What earlier sessions of the run spent, calls of unknown bill at their bound.
        silent: Seconds after which a silent holder counts as dead.
    """

    def __init__(self, limits: Limits, budget: Budget, spent: Bound, silent: float = SILENT) -> None:
        self._clock = SystemClock()
        self._own = Control(limits, budget, {}, self._clock, SLACK)
        self._own.ledger.start(spent)
        self._silent = silent
        self._holders: dict[str, _Holder] = {}
        self._waiting: dict[str, asyncio.Task[Any]] = {}
        self._given_up: set[str] = set()
        self._stopped: MedReasonError | None = None
        self._said: dict[str, None] = {}
        self._told = 0
        self._pace: list[tuple[float, float, str]] = []
        self._history = History(self._own.gate.aimd, lambda *row: self._pace.append(row))
        self._history.mark(self._clock.date(), "start")

    # -- what a call takes ---------------------------------------------------------------------------------

    async def enter(self, holder: str, ticket: str) -> Granted:
        """Waits for a slot."""
        if self._stopped is None and await self._wait(ticket, self._own.gate.enter()):
            if self._stopped is None and (at := self._holders.get(holder)) is not None:
                at.slots.add(ticket)
                return Granted(self._own.gate.aimd.limit)
            self._own.gate.leave()
        return Granted(0.0, self._stopped or _GONE)

    async def pace(self, _holder: str, tokens: float) -> float:
        """Seconds until a request with so many tokens may be sent."""
        return await self._own.pace(tokens)

    async def reserve(self, holder: str, ticket: str, bound: Bound) -> Granted:
        """Reserves the most that a call can use; waits while calls in flight may give something back."""
        numbers: list[int] = []

        async def work() -> None:
            numbers.append(await self._own.ledger.reserve(bound))

        try:
            if self._stopped is None and await self._wait(ticket, work()):
                if self._stopped is None and (at := self._holders.get(holder)) is not None:
                    at.reserved[ticket] = (numbers[0], bound)
                    return Granted(numbers[0])
                self._own.ledger.settle(numbers[0], Bound(0, 0.0))
        except MedReasonError as error:
            await self.stop(error)
        return Granted(0.0, self._stopped or _GONE)

    async def _wait(self, ticket: str, work: Awaitable[None]) -> bool:
        """Waits for something to be granted; whether it was, and the client had not given up."""
        task = asyncio.ensure_future(work)
        if ticket in self._given_up:
            self._given_up.discard(ticket)
            task.cancel()
        self._waiting[ticket] = task
        try:
            await task
            return True
        except asyncio.CancelledError:
            return False
        finally:
            self._waiting.pop(ticket, None)

    # -- what it gives back --------------------------------------------------------------------------------

    async def give_up(self, holder: str, ticket: str) -> None:
        """The client does not wait any more; what it was granted meanwhile comes back."""
        at = self._holders.get(holder)
        if (task := self._waiting.get(ticket)) is not None:
            task.cancel()
        elif at is not None and ticket in at.slots:
            await self.leave(holder, ticket)
        elif at is not None and ticket in at.reserved:
            await self.settle(holder, ticket, Bound(0, 0.0))
        else:
            self._given_up.add(ticket)

    async def leave(self, holder: str, ticket: str) -> None:
        """A slot is free."""
        at = self._holders.get(holder)
        if at is not None and ticket in at.slots:
            at.slots.discard(ticket)
            self._own.gate.leave()

    async def settle(self, holder: str, ticket: str, used: Bound) -> None:
        """A call has ended, and used so much."""
        at = self._holders.get(holder)
        if at is not None and ticket in at.reserved:
            self._own.ledger.settle(at.reserved.pop(ticket)[0], used)

    async def late(self, _holder: str, tokens: float) -> None:
        """A request went later than it was let: it counts from now on as well, so that the limit still holds."""
        self._own.again(tokens)

    async def correct(self, _holder: str, difference: float) -> None:
        """A call used more tokens than were taken (or less)."""
        self._own.correct(difference)

    # -- what is learnt --------------------------------------------------------------------------------------

    async def succeeded(self, _holder: str) -> None:
        """A reply came."""
        self._own.gate.aimd.succeeded()
        self._history.grown(self._clock.date())

    async def overloaded(self, _holder: str, age: float) -> None:
        """A call that began so many seconds ago was turned away, or timed out."""
        before, now = self._own.gate.aimd.limit, self._clock.now()
        self._own.gate.aimd.overloaded(now - age, now)
        if self._own.gate.aimd.limit < before:
            self._history.mark(self._clock.date(), "overload")

    async def shut(self, _holder: str, seconds: float) -> None:
        """The server asks to be left alone so long."""
        if self._own.gate.shut(seconds):
            self._history.mark(self._clock.date(), f"Retry-After {seconds:g} s")

    async def halt(self, _holder: str, error: MedReasonError) -> None:
        """As :meth:`stop`, from a client."""
        await self.stop(error)

    async def stop(self, error: MedReasonError) -> None:
        """The run cannot go on: nobody gets anything any more."""
        self._stopped = self._stopped or error
        for task in list(self._waiting.values()):
            task.cancel()

    async def stopped(self) -> MedReasonError | None:
        """Why the run cannot go on, if it cannot."""
        return self._stopped

    async def say(self, text: str) -> None:
        """A sentence for the user; each is told once."""
        self._said.setdefault(text)

    # -- who is there ----------------------------------------------------------------------------------------

    async def alive(self, holder: str) -> None:
        """A holder speaks; the first time it becomes known. Those that are silent for too long are let go."""
        self._holders.setdefault(holder, _Holder()).heard = time.monotonic()
        for name in [n for n, at in self._holders.items() if time.monotonic() - at.heard > self._silent]:
            self._let_go(name)

    def _let_go(self, holder: str) -> None:
        at = self._holders.pop(holder)
        for number, bound in at.reserved.values():
            self._own.ledger.settle(number, bound)
        for _ in at.slots:
            self._own.gate.leave()

    # -- for the driver ----------------------------------------------------------------------------------------

    async def news(self) -> list[str]:
        """Sentences that were not told before."""
        said = list(self._said)
        fresh, self._told = said[self._told :], len(said)
        return fresh

    async def end(self) -> list[tuple[float, float, str]]:
        """How many slots there were, from when on and why."""
        self._history.ended(self._clock.date())
        with contextlib.suppress(RuntimeError):
            self._own.gate.close()
        return self._pace


_GONE = MedReasonError("this worker counts as dead to the others", fix="run the same command: it goes on")
