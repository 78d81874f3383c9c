"""The live client: asks each request once, remembers every attempt, keeps to the server's pace and to the budget.

    call ── journal: answered before? ──▶ the stored reply
      └─ in flight already? ──▶ the same reply
      └─ slot ▸ circuit ▸ pace ▸ budget ▸ journal "sent" ▸ server ▸ journal "ok" or "failed" ▸ verdict
                                    ▲                                        │
                                    └──── wait by class of fault ◀───────────┘

Calls are made at least once, their effects exactly once: a reply is committed before a stage sees it, and a request
with a committed reply is never sent again. The one window: a process that dies after the server began to work and
before the commit sends that call again, and may pay for it twice; the journal keeps it as ``lost``.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping

from medreason.llm.ask import Outcome, ask
from medreason.llm.attempt import Sender
from medreason.llm.clock import Clock
from medreason.llm.control import Control
from medreason.llm.faults import Fault
from medreason.llm.inflight import InFlight
from medreason.llm.journal import Journal, Totals
from medreason.llm.parse import OK, Verdict, judge
from medreason.llm.privacy import say
from medreason.llm.request import Canonical, Request
from medreason.llm.settings import Budget, Endpoint, Limits, Patience, Price
from medreason.llm.transport import Transport

# Seconds for calls in flight when a run ends early; most chains are written in less.
GRACE = 60.0


class Client:
    """A client of one server; make it and use it within one event loop.

    Args:
        endpoint: The server.
        journal: Where attempts are kept; the caller closes it.
        limits: How much goes at once.
        budget: The most a run may cost, over all resumes.
        prices: Price by model name.
        patience: How long is waited.
        local_only: Refuse a server that is not this machine.
        notify: Gets the sentences the user must see.
        clock: Time; for tests.
        jitter: Spreads waits; never changes what is sent.
        transport: The way to the server, if not the one the end point names.
        control: Limits that are shared with other clients, instead of ``limits`` and ``budget``.

    Raises:
        AuthError: the key is missing.
        PrivacyError: the server is not this machine, and only this machine is allowed.
        UsageError: the address is not plain, or a package is missing.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        journal: Journal,
        *,
        limits: Limits | None = None,
        budget: Budget | None = None,
        prices: Mapping[str, Price] | None = None,
        patience: Patience | None = None,
        local_only: bool = False,
        notify: Callable[[str], None] = say,
        clock: Clock | None = None,
        jitter: random.Random | None = None,
        transport: Transport | None = None,
        control: Control | None = None,
    ) -> None:
        self._journal = journal
        self._scale = (patience or Patience()).scale
        self._jitter = jitter or random.Random()
        self._sender = Sender(
            endpoint,
            journal,
            limits=limits or Limits(),
            budget=budget or Budget(),
            prices=prices or {},
            patience=patience or Patience(),
            local_only=local_only,
            notify=notify,
            clock=clock,
            transport=transport,
            control=control,
        )
        self._flying = InFlight(self._answer)
        self._closing = False

    async def call(self, request: Request) -> Outcome:
        """The reply to a request, or the failure that stands for it.

        Raises:
            LLMError: the run cannot go on (key, model, credit, budget, server gone).
            PriceError: a cost limit is set and the model has no price.
            RunFolderError: the journal cannot be written.
        """
        return await ask(self._flying.fetch, request)

    async def totals(self) -> Totals:
        """Calls, tokens and cost of the run so far, over all resumes."""
        return await self._journal.totals()

    async def close(self, grace: float = GRACE) -> None:
        """Ends what has not been sent, waits some seconds for what has (it is paid for), and closes the connections.

        What does not come in time stays in the journal as sent, and is sent again by the next session.
        """
        self._closing = True
        flying, sending = self._flying.tasks, set(self._sender.sending)
        for task in flying - sending:
            task.cancel()
        if sending:
            await asyncio.wait(sending, timeout=grace)
        for task in sending:
            task.cancel()
        await asyncio.gather(*flying, return_exceptions=True)
        await self._sender.close()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _answer(self, request: Request, key: Canonical) -> Verdict:
        stored = await self._journal.reply(key.sha)
        if stored is not None:
            return judge(request, stored.http_status or OK, {}, stored.body)
        tries: Counter[str] = Counter()
        while True:
            verdict = await self._sender.attempt(request, key, tries)
            problem = verdict.fault
            if problem is None or problem.kind.scope == "item" or tries[problem.kind.name] > problem.kind.tries:
                return verdict
            if self._closing:
                raise asyncio.CancelledError
            await self._sender.clock.sleep(self._delay(problem, tries[problem.kind.name]))

    def _delay(self, problem: Fault, tried: int) -> float:
        """Seconds before the same request is sent again: doubling by class, from half to whole by jitter."""
        longest: float = min(problem.kind.longest, problem.kind.delay * 2.0 ** min(tried - 1, 16))
        return longest * self._scale * self._jitter.uniform(0.5, 1.0)
