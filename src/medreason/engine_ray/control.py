"""The shared limits as one client sees them: each method goes to the run's desk (:mod:`medreason.engine_ray.desk`).

What is waited for is a round trip; what is given back is sent and not waited for.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from medreason.engine_ray.desk import SLACK, Granted
from medreason.errors import MedReasonError
from medreason.llm.budget import Bound, Ledger
from medreason.llm.clock import SystemClock
from medreason.llm.control import Control
from medreason.llm.rate import Aimd, Gate
from medreason.llm.settings import Budget, Limits, Price

# Calls a method of the desk by name, for a holder; what it returns can be awaited, and need not be.
Call = Callable[..., Awaitable[Any]]


class SharedControl(Control):
    """Limits that live elsewhere.

    Args:
        call: Reaches the desk.
        limits: As at the desk; where there is no limit, nothing is asked.
        budget: Likewise.
        prices: Price by model name.
    """

    shared = True

    def __init__(self, call: Call, limits: Limits, budget: Budget, prices: Mapping[str, Price]) -> None:
        self._call = call
        self._paced = bool(limits.requests_per_minute or limits.tokens_per_minute)
        self.gate: Gate = _FarGate(call, limits)
        self.ledger: Ledger = _FarLedger(call, budget, prices)

    async def pace(self, tokens: float) -> float:
        """Takes one request and its tokens; returns the seconds to wait."""
        return float(await asked(self._call("pace", tokens))) if self._paced else 0.0

    def goes(self, tokens: float, late: float) -> None:
        """A request is sent; one that is late counts once more, from now on."""
        if self._paced and late > SLACK / 2:
            self._call("late", tokens)

    def ended(self, error: MedReasonError) -> None:
        """Tells the desk at once, so that no other client sends what would be refused as well."""
        self._call("halt", error)

    def correct(self, difference: float) -> None:
        """Counts that a call used more tokens than were taken."""
        if self._paced:
            self._call("correct", difference)


async def asked(answer: Awaitable[Any]) -> Any:
    """What the desk answers.

    Raises:
        MedReasonError: it does not; the run cannot go on.
    """
    try:
        return await answer
    except Exception as error:  # of Ray: the desk's process or node is gone
        cause = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise MedReasonError(f"the shared limits are lost ({cause})", fix="run the same command: it goes on") from None


async def _granted(call: Call, method: str, ticket: str, *more: Any) -> Granted:
    try:
        granted: Granted = await asked(call(method, ticket, *more))
    except asyncio.CancelledError:
        call("give_up", ticket)
        raise
    if granted.error is not None:
        raise type(granted.error)(granted.error.cause, fix=granted.error.fix, item=granted.error.item)
    return granted


class _FarAimd(Aimd):
    """Tells the desk what a call taught; knows the number of slots as of the last grant."""

    def __init__(self, call: Call, limits: Limits) -> None:
        super().__init__(limits.start, limits.most)
        self._call = call

    def succeeded(self) -> None:
        """A reply came."""
        self._call("succeeded")

    def overloaded(self, started: float, now: float) -> None:
        """A call that started then was turned away, or timed out."""
        self._call("overloaded", now - started)


class _FarGate(Gate):
    """Slots of the desk. They are alike, so any of those held is given back."""

    def __init__(self, call: Call, limits: Limits) -> None:
        super().__init__(_FarAimd(call, limits), SystemClock())
        self._call = call
        self._held: list[str] = []

    async def enter(self) -> None:
        """Waits for a slot and takes it.

        Raises:
            MedReasonError: the run ends.
        """
        ticket = uuid.uuid4().hex
        self.aimd.limit = (await _granted(self._call, "enter", ticket)).value
        self._held.append(ticket)
        self.active += 1

    def leave(self) -> None:
        """Gives a slot back."""
        self.active -= 1
        self._call("leave", self._held.pop())

    def shut(self, seconds: float) -> bool:
        """Lets nobody in for some seconds; the desk notes it."""
        self._call("shut", seconds)
        return True


class _FarLedger(Ledger):
    """Bounds and costs are reckoned here; what is spent is known at the desk."""

    def __init__(self, call: Call, budget: Budget, prices: Mapping[str, Price]) -> None:
        super().__init__(budget, prices)
        self._call = call
        self._limited = budget.cost is not None or budget.tokens is not None
        self._tickets: dict[int, str] = {}

    def start(self, spent: Bound) -> None:
        """The desk knows what was spent."""

    async def reserve(self, bound: Bound) -> int:
        """Reserves, where there is a limit.

        Raises:
            BudgetError: the bound does not fit and nothing is in flight.
        """
        self._number += 1
        number = self._number
        if self._limited:
            ticket = uuid.uuid4().hex
            await _granted(self._call, "reserve", ticket, bound)
            self._tickets[number] = ticket
        return number

    def settle(self, number: int, used: Bound) -> None:
        """Ends a reservation with what the call used."""
        if (ticket := self._tickets.pop(number, None)) is not None:
            self._call("settle", ticket, used)
