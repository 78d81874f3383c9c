"""One attempt of a request: wait for its turn, reserve, note, send, judge, commit, and learn for the next one."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from medreason.errors import LLMError, MedReasonError, QuotaError
from medreason.llm.budget import Bound
from medreason.llm.circuit import Circuit
from medreason.llm.clock import Clock, SystemClock
from medreason.llm.control import Control
from medreason.llm.faults import Fault
from medreason.llm.journal import Journal, Result
from medreason.llm.keys import read_key
from medreason.llm.parse import OK, Verdict, judge
from medreason.llm.privacy import announcement, check_host, is_loopback
from medreason.llm.rate import History
from medreason.llm.request import Canonical, Request
from medreason.llm.settings import STRUCTURED, Budget, Endpoint, Limits, Patience, Price
from medreason.llm.transport import RawReply, Transport, TransportError, open_transport

# Bytes of English prompt text a token; only for the pace of tokens, never for the budget.
BYTES_PER_TOKEN = 4
# A wait of the server that is longer than this is told to the user.
TOLD_WAIT = 10.0
NOTHING = Bound(0, 0.0)
_WIRE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Sender:
    """Everything that attempts at one server share; arguments as of :class:`medreason.llm.client.Client`."""

    def __init__(
        self,
        endpoint: Endpoint,
        journal: Journal,
        *,
        limits: Limits,
        budget: Budget,
        prices: Mapping[str, Price],
        patience: Patience,
        local_only: bool,
        notify: Callable[[str], None],
        clock: Clock | None,
        transport: Transport | None,
        control: Control | None = None,
    ) -> None:
        self._host = check_host(endpoint.base_url, local_only=local_only)
        self._key = read_key(endpoint.key_env, endpoint.key_file)
        self._endpoint = endpoint
        self._journal = journal
        self._patience = patience
        self._notify = notify
        self.clock = clock or SystemClock()
        self._transport = transport or open_transport(endpoint, self._key)
        self._control = control or Control(limits, budget, prices, self.clock)
        self._gate = self._control.gate
        self._history = History(self._gate.aimd, _nowhere if self._control.shared else journal.pace)
        self._circuit = Circuit(self._host, patience, self.clock, notify)
        self._ledger = self._control.ledger
        self._loaded: asyncio.Task[None] | None = None
        self._structured: str = STRUCTURED[0] if endpoint.structured == "auto" else endpoint.structured
        self._announced: set[tuple[str, str, tuple[str, ...]]] = set()
        self._stopped: MedReasonError | None = None
        self.sending: set[asyncio.Task[Any]] = set()

    async def attempt(self, request: Request, key: Canonical, tries: Counter[str]) -> Verdict:
        """Sends a request once, when its turn comes; counts its fault in ``tries``.

        Raises:
            LLMError: the run cannot go on; every later attempt raises the same.
        """
        if self._loaded is None:
            self._loaded = asyncio.create_task(self._load_spent())
        await asyncio.shield(self._loaded)
        await self._gate.enter()
        try:
            return await self._attempt(request, key, tries)
        finally:
            self._gate.leave()

    async def close(self) -> None:
        """Closes the connections."""
        self._history.ended(self.clock.date())
        self._gate.close()
        await self._transport.close()

    async def _attempt(self, request: Request, key: Canonical, tries: Counter[str]) -> Verdict:
        self._check_stopped()
        structured = self._structured
        content = request.payload(structured, self._endpoint.max_tokens_field)
        payload = _WIRE.encode(content).encode()
        probe = await self._circuit.admit()
        try:
            pace, due = await self._keep_pace(request, payload)
            self._check_stopped()
            self._announce(request)
            bound = self._ledger.bound(request, len(payload))
            held = await self._ledger.reserve(bound)
        except BaseException as error:
            if probe:
                self._circuit.abandoned()
            raise self._stop(error) from None
        used = bound  # until it is known, and if this is cancelled
        task = asyncio.current_task()
        assert task is not None
        self.sending.add(task)
        try:
            started = self.clock.now()
            number, committed = self._journal.begin(request, key, bound, self.clock.date())
            await committed
            self._control.goes(pace, self.clock.now() - due)
            received = await self._send(payload)
            verdict = self._judge(request, received, tries)
            if verdict.fault is not None and verdict.fault.kind.name == "unstructured":
                self._step_down(structured)
            result = self._result(request, received, verdict, bound, tries)
            await self._journal.end(number, key.sha, result)
            used = self._used(result)
        except BaseException as error:
            if probe:
                self._circuit.abandoned()
            raise self._stop(error) from None
        finally:
            self.sending.discard(task)
            self._ledger.settle(held, used)
        if verdict.usage is not None:
            self._control.correct(sum(verdict.usage[:2]) - pace)
        self._learn(verdict, received, started, probe=probe)
        return verdict

    async def _load_spent(self) -> None:
        """What earlier sessions spent; calls that had no price then are priced now."""
        self._history.mark(self.clock.date(), "start")
        totals = await self._journal.totals()
        priced = [self._ledger.cost(model, usage) or 0.0 for model, usage in await self._journal.tokens_without_cost()]
        tokens = totals.prompt_tokens + totals.completion_tokens + totals.bound.tokens
        self._ledger.start(Bound(tokens, totals.cost + sum(priced) + totals.bound.cost))

    async def _keep_pace(self, request: Request, payload: bytes) -> tuple[float, float]:
        """Waits for the limits per minute; the tokens that were taken, and when the request may go."""
        tokens = len(payload) / BYTES_PER_TOKEN + (request.max_tokens or 0)
        asked = self.clock.now()
        wait = await self._control.pace(tokens)
        if wait > 0:
            await self.clock.sleep(wait)
        return tokens, asked + wait

    async def _send(self, payload: bytes) -> _Received:
        try:
            reply = await self._transport.send(payload)
            return _Received(reply._replace(body=self._key.scrub(reply.body)), None)
        except TransportError as error:
            return _Received(None, error.fault)

    def _judge(self, request: Request, received: _Received, tries: Counter[str]) -> Verdict:
        reply = received.reply
        verdict = Verdict(None, received.fault, None, "") if reply is None else judge(request, *reply)
        if verdict.fault is not None:
            tries[verdict.fault.kind.name] += 1
        return verdict

    def _result(
        self, request: Request, received: _Received, verdict: Verdict, bound: Bound, tries: Counter[str]
    ) -> Result:
        """The journal's row: ``ok`` for a reply that stands, whatever its text is worth."""
        status = received.reply.status if received.reply else None
        body = received.reply.body if received.reply else ""
        kind = verdict.fault.kind if verdict.fault else None
        stands = kind is None or kind.scope == "item" or (kind.name == "truncated" and tries[kind.name] > kind.tries)
        ok = status == OK and stands
        cost = None if verdict.usage is None else self._ledger.cost(request.model, verdict.usage)
        unknown = verdict.usage is None and (kind is None or kind.billable or ok)
        return Result(
            "ok" if ok else "failed",
            status,
            kind.name if kind else None,
            verdict.usage,
            cost,
            self.clock.date(),
            bound if unknown else NOTHING,
            body,
            verdict.fault.detail if verdict.fault else "",
        )

    def _used(self, result: Result) -> Bound:
        known = sum(result.usage[:2]) if result.usage else 0
        return Bound(known + result.unknown.tokens, (result.cost or 0.0) + result.unknown.cost)

    # -- what an attempt teaches -------------------------------------------------------------------------

    def _learn(self, verdict: Verdict, received: _Received, started: float, *, probe: bool) -> None:
        problem = verdict.fault
        if problem is not None and problem.kind.name in ("unreachable", "dropped", "timeout"):
            try:
                reached = problem.kind.name != "unreachable"
                self._circuit.failed(problem.detail, probe=probe, reached=reached)
            except LLMError as error:
                raise self._stop(error) from None
        elif received.reply is not None:
            self._circuit.answered()
        elif probe:
            self._circuit.abandoned()
        if problem is None:
            self._gate.aimd.succeeded()
            self._history.grown(self.clock.date())
            return
        if problem.kind.scope == "run":
            raise self._stop(problem.kind.error(f"{self._host}: {problem.detail}", fix=problem.kind.fix))
        if problem.kind.slows:
            before = self._gate.aimd.limit
            self._gate.aimd.overloaded(started, self.clock.now())
            if self._gate.aimd.limit < before:
                status = f" (HTTP {received.reply.status})" if received.reply else ""
                self._history.mark(self.clock.date(), problem.kind.name + status)
            self._wait_for_server(problem)

    def _wait_for_server(self, problem: Fault) -> None:
        if not problem.wait:
            return
        if problem.wait > self._patience.longest_wait:
            raise self._stop(
                QuotaError(
                    f"{self._host} asks to wait {problem.wait / 60:.0f} min: {problem.detail}",
                    fix="run the same command after that: it goes on",
                )
            )
        was_open = self._gate.shut(problem.wait)
        if was_open:
            self._history.mark(self.clock.date(), f"Retry-After {problem.wait:g} s")
        if was_open and problem.wait >= TOLD_WAIT:
            self._notify(f"{self._host} asks to wait {problem.wait:.0f} s ({problem.kind.name}); the run pauses")

    def _step_down(self, refused: str) -> None:
        if self._endpoint.structured == "auto" and self._structured == refused and refused != STRUCTURED[-1]:
            self._structured = STRUCTURED[STRUCTURED.index(refused) + 1]
            self._notify(f"{self._host} refuses {refused}; the schema goes into the prompt ({self._structured})")

    def _announce(self, request: Request) -> None:
        what = (request.model, request.stage, request.fields)
        if what not in self._announced:
            self._announced.add(what)
            if not is_loopback(self._host):
                self._notify(announcement(self._endpoint.base_url, request))

    def _stop(self, error: BaseException) -> BaseException:
        """Remembers the first error that ends the run, for all who still wait."""
        if isinstance(error, MedReasonError) and self._stopped is None:
            self._stopped = error
            self._control.ended(error)
        return error

    def _check_stopped(self) -> None:
        if (first := self._stopped) is not None:
            raise type(first)(first.cause, fix=first.fix, item=first.item)


def _nowhere(_at: float, _slots: float, _reason: str) -> None:
    """Where the pace of shared limits is noted by a client that shares them."""


class _Received(NamedTuple):
    """What came: a reply, or the fault of the connection."""

    reply: RawReply | None
    fault: Fault | None
