"""The limits that client actors share, without Ray: four real clients over HTTP, one desk, all in one event loop."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from medreason.engine_ray.control import Call, SharedControl
from medreason.engine_ray.desk import Desk
from medreason.engine_ray.llm import spent_of
from medreason.errors import AuthError, BudgetError, MedReasonError, PriceError, QuotaError
from medreason.llm import rate
from medreason.llm.ask import Failure
from medreason.llm.budget import Bound
from medreason.llm.client import Client
from medreason.llm.journal import Journal
from medreason.llm.request import Message, Request
from medreason.llm.settings import Budget, Endpoint, Limits, Price
from tests.llm.counting import CountingServer
from tests.llm.server import Script

MANY = 15
WIDE = Budget()


def to(desk: Desk, holder: str) -> Call:
    """Reaches a desk as an actor would: what is sent is on its way at once."""
    return lambda method, *values: asyncio.ensure_future(getattr(desk, method)(holder, *values))


def requests(name: str, tokens: int = 300) -> list[Request]:
    return [Request("m", (Message("user", f"{name} {n}"),), max_tokens=tokens, item=f"{name}-{n}") for n in range(MANY)]


async def _four(desk: Desk, folder: Path, url: str, limits: Limits, budget: Budget, price: dict[str, Price]) -> Any:
    """What four clients get that share a desk, each with a journal of its own."""

    async def one(name: str) -> list[Any]:
        await desk.alive(name)
        journal = Journal(folder / f"{name}.sqlite")
        control = SharedControl(to(desk, name), limits, budget, price)
        try:
            async with Client(Endpoint(url), journal, prices=price, control=control, notify=lambda _: None) as client:
                work = [client.call(request) for request in requests(name)]
                return list(await asyncio.gather(*work, return_exceptions=True))
        finally:
            journal.close()

    return await asyncio.gather(*(one(name) for name in "abcd"))


def four(
    server: CountingServer, folder: Path, limits: Limits, budget: Budget = WIDE, spent: int = 0, **price: Price
) -> list[Any]:
    async def work() -> list[Any]:
        desk = Desk(limits, budget, Bound(spent, 0.0))
        found = await _four(desk, folder, server.url, limits, budget, price)
        await asyncio.sleep(0.05)
        assert desk._own.gate.active == 0 and not desk._own.ledger._held
        await desk.end()
        return [reply for of_one in found for reply in of_one]

    return asyncio.run(work())


def test_slots_are_shared(tmp_path: Path) -> None:
    with CountingServer(Script(latency=0.02)) as server:
        found = four(server, tmp_path, Limits(5, 5))
        assert server.peak == 5 and server.calls == 4 * MANY
    assert not [r for r in found if isinstance(r, Exception | Failure)]


def test_a_limit_per_minute_is_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate, "MINUTE", 1.0)
    with CountingServer() as server:
        four(server, tmp_path, Limits(64, 64, requests_per_minute=20))
        assert server.calls == 4 * MANY and server.most_within(1.0) <= 20


def test_the_budget_is_shared_and_not_passed(tmp_path: Path) -> None:
    limit = 6000
    with CountingServer(Script(latency=0.01)) as server:
        found = four(server, tmp_path, Limits(8, 8), Budget(tokens=limit))
        billed = server.tokens()
    stopped = [r for r in found if isinstance(r, MedReasonError)]
    assert stopped and all(isinstance(r, BudgetError) for r in stopped)
    assert 0 < billed <= limit
    journals = sorted(tmp_path.glob("*.sqlite"))
    assert spent_of(journals, {}).tokens == billed
    again = limit + 2000
    with CountingServer() as server:
        four(server, tmp_path, Limits(8, 8), Budget(tokens=again), billed)
        assert billed + server.tokens() <= again and server.calls < len(stopped)


def test_a_cost_limit_needs_a_price_and_holds(tmp_path: Path) -> None:
    with CountingServer() as server:
        (tmp_path / "none").mkdir()
        found = four(server, tmp_path / "none", Limits(8, 8), Budget(cost=1.0))
        assert server.calls == 0 and all(isinstance(r, PriceError | BudgetError) for r in found)
        price = Price(1.0, 1.0)
        found = four(server, tmp_path, Limits(8, 8), Budget(cost=0.006), m=price)
        assert any(isinstance(r, BudgetError) for r in found) and server.tokens() <= 6000
        assert spent_of(sorted(tmp_path.glob("*.sqlite")), {"m": price}).cost == pytest.approx(server.tokens() / 1e6)


def test_what_ends_the_run_for_one_ends_it_for_all(tmp_path: Path) -> None:
    with CountingServer(Script(latency=0.02, always="401")) as server:
        found = four(server, tmp_path, Limits(4, 4))
        assert server.calls <= 8 and all(isinstance(r, AuthError) for r in found)


def test_an_overload_slows_all(tmp_path: Path) -> None:
    """The desk learns from every client: what one is told, the others keep to."""
    with CountingServer(Script(latency=0.01, capacity=4)) as server:
        limits = Limits(16, 16)

        async def work() -> tuple[list[Any], list[tuple[float, float, str]]]:
            desk = Desk(limits, WIDE, Bound(0, 0.0))
            return await _four(desk, tmp_path, server.url, limits, WIDE, {}), await desk.end()

        found, pace = asyncio.run(work())
    assert not [r for of_one in found for r in of_one if isinstance(r, Exception | Failure)]
    assert pace[0][2] == "start" and "overload" in {reason for *_, reason in pace}


# -- holders that die, clients that give up ---------------------------------------------------------------------


def alone(work: Awaitable[None]) -> None:
    async def inner() -> None:
        await asyncio.wait_for(work, 10)

    asyncio.run(inner())


async def _died() -> None:
    desk = Desk(Limits(2, 2), Budget(tokens=100), Bound(0, 0.0), silent=0.1)
    await desk.alive("dead")
    await desk.alive("other")
    for ticket in ("1", "2"):
        assert (await desk.enter("dead", ticket)).error is None
    assert (await desk.reserve("dead", "r", Bound(60, 0.0))).error is None
    waits = asyncio.ensure_future(desk.enter("other", "3"))
    await asyncio.sleep(0.2)
    assert not waits.done()
    await desk.alive("other")
    assert (await waits).error is None
    refused = (await desk.reserve("other", "s", Bound(50, 0.0))).error
    assert isinstance(refused, BudgetError) and "60 used" in refused.cause
    await desk.leave("dead", "1")  # it lives after all: what it had is gone already
    assert desk._own.gate.active == 1


def test_what_a_dead_holder_had_is_free_and_its_reservations_are_spent() -> None:
    alone(_died())


async def _given_up() -> None:
    desk = Desk(Limits(1, 1), Budget(tokens=100), Bound(0, 0.0))
    await desk.alive("a")
    assert (await desk.enter("a", "1")).error is None
    waits = asyncio.ensure_future(desk.enter("a", "2"))
    await asyncio.sleep(0.01)
    await desk.give_up("a", "2")
    assert (await waits).error is not None
    await desk.leave("a", "1")
    assert desk._own.gate.active == 0
    await desk.enter("a", "3")
    await desk.give_up("a", "3")  # the grant and the change of mind crossed
    await desk.reserve("a", "r", Bound(100, 0.0))
    await desk.give_up("a", "r")
    await desk.give_up("a", "4")  # the change of mind came first
    assert (await desk.enter("a", "4")).error is not None
    assert desk._own.gate.active == 0 and not desk._own.ledger._held


def test_who_gives_up_keeps_nothing() -> None:
    alone(_given_up())


async def _stopped() -> None:
    desk = Desk(Limits(1, 1), WIDE, Bound(0, 0.0))
    await desk.alive("a")
    await desk.enter("a", "1")
    waits = asyncio.ensure_future(desk.enter("a", "2"))
    await asyncio.sleep(0.01)
    await desk.stop(QuotaError("no credit", fix="pay"))
    await desk.stop(BudgetError("later"))
    for answer in (await waits, await desk.enter("a", "3"), await desk.reserve("a", "4", Bound(1, 0.0))):
        assert isinstance(answer.error, QuotaError)
    assert isinstance(await desk.stopped(), QuotaError)
    await desk.say("once")
    await desk.say("once")
    assert await desk.news() == ["once"] and await desk.news() == []


def test_the_first_error_ends_it_for_all() -> None:
    alone(_stopped())


async def _lost() -> None:
    def call(method: str, *_: Any) -> Any:
        async def gone() -> None:
            raise ConnectionResetError("actor died")

        return asyncio.ensure_future(gone()) if method != "leave" else None

    control = SharedControl(call, Limits(requests_per_minute=5), WIDE, {})
    with pytest.raises(MedReasonError, match="shared limits are lost"):
        await control.gate.enter()
    with pytest.raises(MedReasonError, match="shared limits are lost"):
        await control.pace(3.0)


def test_without_the_desk_the_run_ends() -> None:
    alone(_lost())
