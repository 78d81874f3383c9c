"""Everything that limits a client's calls, together: slots, limits per minute, budget.

A client has its own; clients of one run in several processes share one (:mod:`medreason.engine_ray`).
"""

from __future__ import annotations

from collections.abc import Mapping

from medreason.errors import MedReasonError
from medreason.llm.budget import Ledger
from medreason.llm.clock import Clock
from medreason.llm.rate import Aimd, Gate, PerMinute
from medreason.llm.settings import Budget, Limits, Price


class Control:
    """The limits of one client.

    Args:
        limits: How much goes at once.
        budget: The most a run may cost.
        prices: Price by model name.
        clock: Time.
        slack: Seconds that a call may go later than it was let.

    Attributes:
        gate: Slots for calls in flight.
        ledger: What is spent and reserved.
        shared: Whether others use the same limits; then they are noted by whoever holds them.
    """

    shared = False

    def __init__(
        self, limits: Limits, budget: Budget, prices: Mapping[str, Price], clock: Clock, slack: float = 0.0
    ) -> None:
        self.gate = Gate(Aimd(limits.start, limits.most), clock)
        self.ledger = Ledger(budget, prices)
        self._clock = clock
        requests, tokens = limits.requests_per_minute, limits.tokens_per_minute
        self._requests = PerMinute(requests, slack) if requests else None
        self._tokens = PerMinute(tokens, slack) if tokens else None

    async def pace(self, tokens: float) -> float:
        """Takes one request and its tokens from the limits per minute; returns the seconds to wait before it goes."""
        now = self._clock.now()
        wait = self._requests.take(1, now) if self._requests else 0.0
        return max(wait, self._tokens.take(tokens, now)) if self._tokens is not None else wait

    def again(self, tokens: float) -> None:
        """Counts a request and its tokens once more, from now on."""
        if self._requests is not None:
            self._requests.correct(1, self._clock.now())
        self.correct(tokens)

    def goes(self, tokens: float, late: float) -> None:
        """A request is sent now, so many seconds later than :meth:`pace` said."""

    def ended(self, error: MedReasonError) -> None:
        """Hears of what ends the run; the client itself lets nothing more through."""

    def correct(self, difference: float) -> None:
        """Counts that a call used more tokens than were taken (or less, if negative)."""
        if self._tokens is not None:
            self._tokens.correct(difference, self._clock.now())
