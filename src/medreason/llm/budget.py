"""Cost and tokens of a run: each call reserves the most it can use before it is sent.

The bound of a call is one token for a byte of its prompt (no tokenizer in use makes more), a few for each message,
and ``max_tokens``. With ``max_tokens`` set on every request the limit is never passed; without it, by at most what
the calls in flight write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from medreason.errors import BudgetError, PriceError
from medreason.llm.parse import Usage
from medreason.llm.request import Request
from medreason.llm.settings import Budget, Price

# Tokens of a chat template around one message; the templates of Llama 3, Qwen 3 and gpt-oss take 4 to 8.
TEMPLATE_TOKENS = 16
MILLION = 1_000_000.0


class Bound(NamedTuple):
    """The most a call can use."""

    tokens: int
    cost: float


class Ledger:
    """What is spent and reserved against a budget."""

    def __init__(self, budget: Budget, prices: Mapping[str, Price]) -> None:
        self._budget = budget
        self._prices = prices
        self._spent = Bound(0, 0.0)
        self._held: dict[int, Bound] = {}
        self._changed: list[asyncio.Future[None]] = []
        self._number = 0

    def start(self, spent: Bound) -> None:
        """Sets what earlier sessions of the run spent, calls of unknown bill at their bound."""
        self._spent = spent

    def cost(self, model: str, usage: Usage) -> float | None:
        """Cost of a call, or ``None`` where the model has no price."""
        price = self._prices.get(model)
        if price is None:
            return None
        cached = price.prompt if price.cached is None else price.cached
        prompt = (usage.prompt - usage.cached) * price.prompt + usage.cached * cached
        return (prompt + usage.completion * price.completion) / MILLION

    def bound(self, request: Request, payload_bytes: int) -> Bound:
        """The most a request can use; its whole payload counts as prompt.

        Raises:
            PriceError: a cost limit is set and the model has no price.
        """
        usage = Usage(payload_bytes + TEMPLATE_TOKENS * len(request.messages), request.max_tokens or 0)
        cost = self.cost(request.model, usage)
        if cost is None and self._budget.cost is not None:
            raise PriceError(
                f"a cost limit is set and model {request.model} has no price",
                fix=f"add prices.{request.model} with prompt and completion per million tokens (0 for a free server)",
            )
        return Bound(usage.prompt + usage.completion, cost or 0.0)

    async def reserve(self, bound: Bound) -> int:
        """Reserves; waits while calls in flight may still give something back.

        Raises:
            BudgetError: the bound does not fit and nothing is in flight.
        """
        while (reached := self._reached(bound)) is not None:
            if not self._held:
                raise BudgetError(reached, fix="raise the limit and run the same command: it goes on")
            change = asyncio.get_running_loop().create_future()
            self._changed.append(change)
            await change
        self._number += 1
        self._held[self._number] = bound
        return self._number

    def settle(self, number: int, used: Bound) -> None:
        """Ends a reservation with what the call used."""
        del self._held[number]
        self._spent = Bound(self._spent.tokens + used.tokens, self._spent.cost + used.cost)
        waiting, self._changed = self._changed, []
        for change in waiting:
            if not change.done():
                change.set_result(None)

    def _reached(self, bound: Bound) -> str | None:
        if self._budget.tokens is not None:
            tokens = self._spent.tokens + bound.tokens + sum(h.tokens for h in self._held.values())
            if tokens > self._budget.tokens:
                return f"the limit of {self._budget.tokens:,} tokens is reached ({self._spent.tokens:,} used)"
        if self._budget.cost is not None:
            cost = self._spent.cost + bound.cost + sum(h.cost for h in self._held.values())
            if cost > self._budget.cost:
                return f"the cost limit of {self._budget.cost:g} is reached ({self._spent.cost:.4f} spent)"
        return None
