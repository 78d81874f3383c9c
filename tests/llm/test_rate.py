"""Slots, limits per minute, the circuit and the budget, on a clock that jumps."""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreason.errors import BudgetError, PriceError, ServerGoneError
from medreason.llm.budget import Bound, Ledger
from medreason.llm.circuit import GONE_AFTER, NEVER_AFTER, Circuit
from medreason.llm.parse import Usage
from medreason.llm.rate import MINUTE, Aimd, Gate, PerMinute
from medreason.llm.request import Message, Request
from medreason.llm.settings import Budget, Patience, Price
from tests.llm.tools import JumpClock, ask_for, collect


def simulate(work: Any) -> Any:
    async def outer() -> Any:
        clock = JumpClock()
        return await clock.run(work(clock))

    return asyncio.run(outer())


def test_slots_double_a_round_then_grow_by_one_and_a_storm_halves_once() -> None:
    aimd = Aimd(8, 256)
    for _ in range(8):
        aimd.succeeded()
    assert aimd.limit == 16
    for _ in range(200):
        aimd.overloaded(started=1.0, now=2.0)
    assert aimd.limit == 8
    for _ in range(8):
        aimd.succeeded()
    assert 8.9 < aimd.limit <= 9
    aimd.overloaded(started=3.0, now=4.0)
    assert aimd.limit < 5
    for step in range(50):
        aimd.overloaded(started=5.0 + step, now=5.5 + step)
    assert aimd.limit == 1


def test_calls_in_flight_follow_a_server_through_a_storm() -> None:
    """A server of 24 slots that has 4 for ten seconds; the mean in flight follows within a factor of two."""

    async def work(clock: JumpClock) -> dict[str, float]:
        gate, active, seen = Gate(Aimd(8, 64), clock), 0, []

        async def call() -> None:
            nonlocal active
            while True:
                await gate.enter()
                started = clock.now()
                active += 1
                capacity = 4 if 1010 <= started < 1020 else 24
                refused = active > capacity
                seen.append((started, active, refused))
                await clock.sleep(0.01 if refused else 0.2)
                active -= 1
                if refused:
                    gate.aimd.overloaded(started, clock.now())
                else:
                    gate.aimd.succeeded()
                gate.leave()
                if not refused:
                    return
                await clock.sleep(0.5 + random.Random(len(seen)).random())

        await asyncio.gather(*(call() for _ in range(2_500)))

        def mean(since: float, until: float) -> float:
            some = [number for at, number, _ in seen if since <= at < until]
            return sum(some) / len(some)

        return {"before": mean(1005, 1010), "storm": mean(1014, 1020), "after": mean(1024, 1028)}

    found = simulate(work)
    assert 12 <= found["before"] <= 26, found
    assert found["storm"] <= 8, found
    assert found["after"] >= 12, found


def test_a_shut_gate_opens_when_the_server_said() -> None:
    async def work(clock: JumpClock) -> list[float]:
        gate, times = Gate(Aimd(2, 2), clock), []

        async def call() -> None:
            await gate.enter()
            times.append(clock.now() - 1000)
            if len(times) == 1:
                gate.shut(30)
            await clock.sleep(1)
            gate.leave()

        await asyncio.gather(*(call() for _ in range(5)))
        return times

    assert simulate(work) == [0, 30, 30, 31, 31]


def test_a_caller_that_is_cancelled_gives_its_slot_on() -> None:
    async def work(clock: JumpClock) -> int:
        gate = Gate(Aimd(1, 1), clock)
        await gate.enter()
        waiting = [asyncio.ensure_future(gate.enter()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        gate.leave()
        waiting[1].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return gate.active

    assert simulate(work) == 1


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 60)), min_size=1, max_size=60), st.integers(10, 100))
def test_no_minute_holds_more_than_the_limit(calls: list[tuple[float, int]], limit: int) -> None:
    pace, now, sent = PerMinute(limit), 0.0, []
    for gap, amount in calls:
        now += gap
        sent.append((now + pace.take(amount, now), amount))
    for start, _ in sent:
        inside = [amount for at, amount in sent if start <= at < start + MINUTE - 1e-6]
        assert sum(inside) <= limit or len(inside) == 1


def test_an_idle_limit_costs_no_wait() -> None:
    pace = PerMinute(60)
    assert [pace.take(1, float(i)) for i in range(60)] == [0.0] * 60
    assert pace.take(1, 59.5) == pytest.approx(0.5)
    pace.correct(30, 100.0)
    assert pace.take(30, 101.0) > 0


def test_the_circuit_pauses_probes_one_at_a_time_and_goes_on() -> None:
    said, notify = collect()

    async def work(clock: JumpClock) -> list[float]:
        circuit, tried = Circuit("host", Patience(), clock, notify), []
        circuit.answered()
        for _ in range(GONE_AFTER):
            circuit.failed("refused", probe=False, reached=False)

        async def call() -> None:
            while True:
                probe = await circuit.admit()
                tried.append(clock.now() - 1000)
                await clock.sleep(0.001)
                if clock.now() > 1020:
                    circuit.answered()
                    return
                circuit.failed("refused", probe=probe, reached=False)

        await asyncio.gather(*(call() for _ in range(20)))
        return tried

    tried = simulate(work)
    before = [t for t in tried if t <= 20]
    assert [round(t) for t in before] == [1, 3, 7, 15]
    assert len(tried) == 4 + 20
    assert "is gone (refused)" in said[0]
    assert "answers again after 31 s" in said[1]


def test_the_circuit_gives_up() -> None:
    async def work(clock: JumpClock) -> None:
        never = Circuit("host", Patience(), clock, print)
        for _ in range(NEVER_AFTER - 1):
            never.failed("refused", probe=False, reached=False)
        with pytest.raises(ServerGoneError, match="no server: refused"):
            never.failed("refused", probe=False, reached=False)
        gone = Circuit("host", Patience(gone=60), clock, lambda _: None)
        gone.answered()
        for _ in range(GONE_AFTER):
            gone.failed("refused", probe=False, reached=True)
        with pytest.raises(ServerGoneError, match="has been gone"):
            for _ in range(50):
                gone.failed("refused", probe=await gone.admit(), reached=True)
        assert clock.now() < 1000 + 60 + 60

    simulate(work)


PRICES = {"m": Price(prompt=1.0, completion=4.0, cached=0.5)}


def test_costs_are_by_price_and_cached_prompts_are_cheaper() -> None:
    ledger = Ledger(Budget(), PRICES)
    assert ledger.cost("m", Usage(1_000_000, 500_000, 200_000)) == pytest.approx(0.8 + 0.1 + 2.0)
    assert ledger.cost("other", Usage(1, 1)) is None
    with pytest.raises(PriceError, match=r"prices\.other"):
        Ledger(Budget(cost=1), PRICES).bound(Request("other", (Message("user", "x"),)), 10)
    assert Ledger(Budget(tokens=9), {}).bound(ask_for(), 10) == Bound(10 + 16 + 300, 0.0)


@given(
    st.lists(st.tuples(st.integers(1, 400), st.floats(0, 1)), min_size=1, max_size=60),
    st.integers(1, 3000),
    st.integers(1, 16),
)
def test_a_budget_is_never_passed(calls: list[tuple[int, float]], limit: int, slots: int) -> None:
    async def work(clock: JumpClock) -> tuple[int, int, int]:
        ledger, gate, used, most, refused = Ledger(Budget(tokens=limit), {}), asyncio.Semaphore(slots), 0, 0, 0

        async def call(bound: int, share: float) -> None:
            nonlocal used, most, refused
            async with gate:
                try:
                    held = await ledger.reserve(Bound(bound, 0.0))
                except BudgetError:
                    refused += 1
                    return
                await clock.sleep(share)
                used += int(bound * share)
                most = max(most, used)
                ledger.settle(held, Bound(int(bound * share), 0.0))

        await asyncio.gather(*(call(*c) for c in calls))
        return used, most, refused

    used, most, refused = simulate(work)
    assert used == most <= limit
    assert refused == 0 or used + max(bound for bound, _ in calls) > limit


def test_waiting_for_the_budget_ends_when_a_call_gives_back() -> None:
    async def work(clock: JumpClock) -> list[float]:
        ledger, times = Ledger(Budget(cost=1.0), PRICES), []

        async def call() -> None:
            held = await ledger.reserve(Bound(10, 0.6))
            times.append(clock.now() - 1000)
            await clock.sleep(1)
            ledger.settle(held, Bound(1, 0.01))

        waits: list[Coroutine[Any, Any, None]] = [call() for _ in range(4)]
        await asyncio.gather(*waits)
        return times

    assert simulate(work) == [0, 1, 2, 3]


def test_after_a_storm_the_number_of_slots_comes_back_quickly() -> None:
    aimd = Aimd(64, 64)
    for second in range(10):
        aimd.overloaded(started=second + 0.5, now=second + 1.0)
    assert aimd.limit == 1
    rounds = 0
    while aimd.limit < 0.9 * 64:
        for _ in range(int(aimd.limit)):
            aimd.succeeded()
        rounds += 1
    assert rounds <= 7


def test_a_server_that_is_full_is_approached_slowly() -> None:
    aimd = Aimd(64, 256)
    aimd.overloaded(started=0.5, now=1.0)
    for _ in range(64):
        aimd.succeeded()
    aimd.overloaded(started=2.0, now=3.0)
    half = aimd.limit
    for _ in range(int(half)):
        aimd.succeeded()
    assert half < aimd.limit <= half + 1.1
