"""The client against the scripted server: every fault ends in a reply or a true, typed failure; nothing is lost."""

import asyncio
import random
import socket
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from medreason.errors import (
    AuthError,
    LLMError,
    MedReasonError,
    PriceError,
    PrivacyError,
    QuotaError,
    ServerGoneError,
    UnknownModelError,
    UsageError,
)
from medreason.llm.ask import Failure
from medreason.llm.client import Client
from medreason.llm.journal import JOURNAL, Journal
from medreason.llm.parse import Reply
from medreason.llm.request import Message, Request
from medreason.llm.settings import Budget, Endpoint, Limits, Patience
from tests.llm.server import Script, ScriptedServer
from tests.llm.tools import SHAPE, JumpClock, ask_for, call_all, collect, converse, many, rows

QUICK = Patience(scale=0.01)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_a_reply_is_asked_once_and_remembered(tmp_path: Path) -> None:
    with ScriptedServer() as server:
        first, totals = converse(tmp_path, server.url, many(20, shape=SHAPE))
        again, same = converse(tmp_path, server.url, many(20, shape=SHAPE))
    assert server.calls == 20
    assert first == again
    assert totals == same
    assert all(isinstance(r, Reply) and r.value == {"answer": r.value["answer"]} for r in first)


def test_identical_requests_in_flight_are_sent_once(tmp_path: Path) -> None:
    with ScriptedServer(Script(latency=0.05)) as server:
        outcomes, totals = converse(tmp_path, server.url, [ask_for("same")] * 30 + [ask_for("other")])
    assert (server.calls, totals.calls) == (2, 2)
    assert len(set(map(str, outcomes))) == 2


def test_samples_are_requests_of_their_own(tmp_path: Path) -> None:
    with ScriptedServer() as server:
        outcomes, _ = converse(tmp_path, server.url, [ask_for(seed=7, sample=i) for i in range(3)])
    assert len({o.text for o in outcomes if isinstance(o, Reply)}) == 3
    assert sorted(body["seed"] for body in server.bodies) == [7, 8, 9]


@pytest.mark.parametrize("seed", [0, 1])
def test_faults_at_random_end_in_replies_or_true_failures(tmp_path: Path, seed: int) -> None:
    kinds = tuple(
        "429 429wait 500 503 drop cut_body cut_json empty error200 wrong_schema refusal filter badfilter".split()
    )
    with ScriptedServer(Script(rate=0.3, kinds=kinds, seed=seed)) as server:
        outcomes, totals = converse(tmp_path, server.url, many(300, shape=SHAPE))
        truth = list(server.seen)
    assert len(outcomes) == 300
    last = Counter(s.kind for s in truth)
    found = Counter(o.kind if isinstance(o, Failure) else "ok" for o in outcomes)
    assert set(found) <= {"ok", "refusal", "content_filter", "schema"}
    assert found["refusal"] == last["refusal"]
    assert found["content_filter"] == last["filter"] + last["badfilter"]
    assert totals.prompt_tokens == sum(s.prompt for s in truth)
    assert totals.completion_tokens == sum(s.completion for s in truth)
    assert totals.calls == len(truth)
    assert all(isinstance(o, Reply) or (o.raw or o.kind == "content_filter") for o in outcomes)


def test_the_same_outcomes_under_faults_as_without(tmp_path: Path) -> None:
    calm_dir, stormy_dir = tmp_path / "calm", tmp_path / "stormy"
    calm_dir.mkdir()
    stormy_dir.mkdir()
    with ScriptedServer() as server:
        calm, _ = converse(calm_dir, server.url, many(60, shape=SHAPE))
    with ScriptedServer(Script(rate=0.4, seed=3)) as server:
        stormy, _ = converse(stormy_dir, server.url, many(60, shape=SHAPE))
    assert server.calls > 60
    assert calm == stormy


@pytest.mark.parametrize("kind", ["cut_body", "cut_json", "empty", "500", "drop", "error200"])
def test_a_passing_fault_is_retried_and_kept(tmp_path: Path, kind: str) -> None:
    with ScriptedServer(Script(schedule={0: kind})) as server:
        (outcome,), _ = converse(tmp_path, server.url, [ask_for(shape=SHAPE)])
    assert isinstance(outcome, Reply)
    assert [status for status, _ in rows(tmp_path)] == ["failed", "ok"]


@pytest.mark.parametrize("kind", ["invalid_json", "wrong_schema", "prose", "cut_json"])
def test_a_disobeyed_schema_is_asked_once_more(tmp_path: Path, kind: str) -> None:
    schedule = dict.fromkeys(range(3 if kind == "cut_json" else 1), kind)
    with ScriptedServer(Script(schedule=schedule)) as server:
        (outcome,), _ = converse(tmp_path, server.url, [ask_for(shape=SHAPE)])
    assert isinstance(outcome, Reply)
    assert outcome.asked == 2
    again = server.bodies[-1]["messages"]
    assert [m["role"] for m in again] == ["user", "assistant", "user"]
    assert "could not be used" in again[-1]["content"]


def test_a_model_that_never_obeys_is_a_failure_with_its_raw_text(tmp_path: Path) -> None:
    with ScriptedServer(Script(always="wrong_schema")) as server:
        (outcome,), _ = converse(tmp_path, server.url, [ask_for(shape=SHAPE)])
        assert server.calls == 2
        (same,), _ = converse(tmp_path, server.url, [ask_for(shape=SHAPE)])
        assert server.calls == 2
    assert isinstance(outcome, Failure)
    assert (outcome.kind, outcome.raw) == ("schema", '{"wrong": 1}')
    assert "answer is missing" in outcome.detail
    assert outcome.fix
    assert same == outcome
    assert rows(tmp_path) == [("ok", "schema")] * 2


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("context", "context_length"),
        ("badfilter", "content_filter"),
        ("filter", "content_filter"),
        ("refusal", "refusal"),
        ("400", "bad_request"),
        ("length", "length"),
        ("500", "server"),
        ("empty", "empty"),
        ("cut_body", "bad_body"),
    ],
)
def test_a_fault_that_stays_costs_its_item_alone(tmp_path: Path, kind: str, name: str) -> None:
    with ScriptedServer(Script(schedule=dict.fromkeys(range(99), kind))) as server:
        outcomes, _ = converse(tmp_path, server.url, [ask_for(shape=SHAPE)])
        server.script.schedule = {}
        after, _ = converse(tmp_path, server.url, [ask_for("next")])
    assert isinstance(outcomes[0], Failure)
    assert outcomes[0].kind == name
    assert outcomes[0].fix and outcomes[0].detail
    assert isinstance(after[0], Reply)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("401", AuthError),
        ("404", UnknownModelError),
        ("quota", QuotaError),
        ("redirect", ServerGoneError),
    ],
)
def test_a_fault_of_the_run_stops_it_and_nothing_is_lost(tmp_path: Path, kind: str, error: type[LLMError]) -> None:
    with ScriptedServer(Script(schedule=dict.fromkeys(range(5, 300), kind))) as server:
        with pytest.raises(error) as caught:
            converse(tmp_path, server.url, many(40), limits=Limits(start=1, most=1))
        assert server.calls == 6
        server.script.schedule = {}
        _, totals = converse(tmp_path, server.url, many(40))
        assert server.calls == 41
    assert caught.value.fix
    assert caught.value.exit_code == 4
    assert (totals.calls, totals.failed) == (41, 1)


def test_a_run_that_stops_keeps_what_was_in_flight(tmp_path: Path) -> None:
    with ScriptedServer(Script(latency=0.1, schedule={0: "401"})) as server, pytest.raises(AuthError):
        converse(tmp_path, server.url, many(40), limits=Limits(start=8, most=8))
    assert sorted(rows(tmp_path)) == [("failed", "auth"), *[("ok", None)] * 7]


def test_no_server_is_said_soon(tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(ServerGoneError, match="no server") as caught:
        converse(tmp_path, f"http://127.0.0.1:{free_port()}/v1", many(20))
    assert time.monotonic() - begun < 3
    assert "start it" in caught.value.fix


def test_a_server_that_goes_pauses_the_run_and_comes_back(tmp_path: Path) -> None:
    said, notify = collect()
    port = free_port()

    async def session() -> list[Any]:
        journal = Journal(tmp_path / JOURNAL)
        options: dict[str, Any] = {"patience": QUICK, "notify": notify, "limits": Limits(start=16, most=16)}
        async with Client(Endpoint(f"http://127.0.0.1:{port}/v1"), journal, **options) as client:
            server = ScriptedServer(port=port).__enter__()
            await call_all(client, many(4))
            await asyncio.to_thread(server.__exit__)
            rest = asyncio.ensure_future(call_all(client, many(60)))
            await asyncio.sleep(0.5)
            assert not rest.done()
            with ScriptedServer(port=port):
                outcomes = await rest
        journal.close()
        return outcomes

    outcomes = asyncio.run(session())
    assert all(isinstance(o, Reply) for o in outcomes)
    assert "is gone" in said[0]
    assert "answers again" in said[-1]


def test_a_server_that_stays_away_stops_the_run(tmp_path: Path) -> None:
    with ScriptedServer(Script(schedule=dict.fromkeys(range(2, 999), "drop"))) as server:
        patience = Patience(gone=0.2, scale=0.01)
        with pytest.raises(ServerGoneError, match="has been gone"):
            converse(tmp_path, server.url, many(40), patience=patience, limits=Limits(start=2, most=2))


def test_a_long_wait_is_not_waited_for(tmp_path: Path) -> None:
    with ScriptedServer(Script(always="429wait", wait=7200)) as server, pytest.raises(QuotaError, match="120 min"):
        converse(tmp_path, server.url, [ask_for()])


def test_a_wait_of_the_server_is_told_once(tmp_path: Path) -> None:
    said, notify = collect()

    async def session(url: str) -> list[Any]:
        clock = JumpClock()
        journal = Journal(tmp_path / JOURNAL)
        async with Client(Endpoint(url), journal, notify=notify, clock=clock) as client:
            outcomes = asyncio.ensure_future(call_all(client, many(20)))
            while not outcomes.done():
                await asyncio.sleep(0.02)
                clock.jump()
            journal.close()
            return outcomes.result()

    with ScriptedServer(Script(schedule=dict.fromkeys(range(20), "429wait"), wait=30)) as server:
        outcomes = asyncio.run(session(server.url))
    assert all(isinstance(o, Reply) for o in outcomes)
    assert [text.split(" asks ")[1] for text in said] == ["to wait 30 s (rate_limit); the run pauses"]


def test_a_storm_of_429_ends_with_all_replies(tmp_path: Path) -> None:
    with ScriptedServer(Script(latency=0.02, capacity=8)) as server:
        outcomes, totals = converse(tmp_path, server.url, many(150), limits=Limits(start=64, most=64))
    assert all(isinstance(o, Reply) for o in outcomes)
    assert server.peak <= 64
    assert totals.failed < 150


def test_a_slow_reply_is_a_timeout(tmp_path: Path) -> None:
    with ScriptedServer(Script(schedule={0: "slow"})) as server:
        (outcome,), totals = converse(tmp_path, server.url, [ask_for()], endpoint={"timeout": 0.2})
    assert isinstance(outcome, Reply)
    assert rows(tmp_path)[0] == ("failed", "timeout")
    assert totals.unknown_calls == 1


def test_a_very_long_reply_arrives_whole(tmp_path: Path) -> None:
    with ScriptedServer(Script(always="long")) as server:
        (outcome,), _ = converse(tmp_path, server.url, [ask_for()])
    assert isinstance(outcome, Reply)
    assert len(outcome.text) == 5 * 400_000 - 1


def test_a_server_without_schemas_gets_the_schema_in_the_prompt(tmp_path: Path) -> None:
    def content(sha: str, body: dict[str, Any]) -> str:
        return '{"answer": "A"}' if '"properties"' in body["messages"][-1]["content"] else "prose"

    said, notify = collect()
    with ScriptedServer(Script(always="unstructured", content=content)) as server:
        outcomes, _ = converse(tmp_path, server.url, many(5, shape=SHAPE), notify=notify)
    assert all(isinstance(o, Reply) and o.value == {"answer": "A"} for o in outcomes)
    assert [text.split("(")[-1] for text in said] == ["json_object)", "none)"]


@pytest.mark.parametrize("structured", ["json_object", "none"])
def test_how_the_server_is_told_of_a_schema_is_a_setting(tmp_path: Path, structured: str) -> None:
    with ScriptedServer(Script(content=lambda *_: '{"answer": "A"}')) as server:
        (outcome,), _ = converse(tmp_path, server.url, [ask_for(shape=SHAPE)], endpoint={"structured": structured})
    assert isinstance(outcome, Reply)
    assert server.bodies[0].get("response_format", {}).get("type", "none") == structured


def test_reasoning_is_kept_apart(tmp_path: Path) -> None:
    script = Script(content=lambda *_: "<think>hm</think>\n\nB", message={"reasoning_content": "first"})
    with ScriptedServer(script) as server:
        (outcome,), _ = converse(tmp_path, server.url, [ask_for()])
    assert isinstance(outcome, Reply)
    assert (outcome.text, outcome.reasoning) == ("B", "first\nhm")


def test_only_local_refuses_and_elsewhere_is_announced_first(tmp_path: Path) -> None:
    journal = Journal(tmp_path / JOURNAL)
    with pytest.raises(PrivacyError, match=r"api\.example\.org"):
        Client(Endpoint("https://api.example.org/v1"), journal, local_only=True)
    events: list[str] = []

    class Recorder:
        async def send(self, payload: bytes) -> Any:
            events.append("sent")
            raise MedReasonError("no network in tests")

        async def close(self) -> None:
            pass

    async def session() -> None:
        endpoint = Endpoint("https://api.example.org/v1")
        async with Client(endpoint, journal, notify=events.append, transport=Recorder()) as client:
            with pytest.raises(MedReasonError):
                await client.call(ask_for(fields=("stem", "options")))

    asyncio.run(session())
    journal.close()
    assert events[1:] == ["sent"]
    assert "api.example.org, model m (stage test): stem, options" in events[0]


def test_ids_are_not_sent(tmp_path: Path) -> None:
    leaking = Request("m", (Message("user", "The patient PMID_123_case7 has fever"),), item="PMID_123_case7")
    with ScriptedServer() as server:
        outcomes, _ = converse(tmp_path, server.url, [leaking, ask_for("a", item="PMID_123_case7")])
    assert isinstance(outcomes[0], Failure)
    assert outcomes[0].kind == "private"
    assert isinstance(outcomes[1], Reply)
    assert server.calls == 1
    assert "PMID" not in str(server.bodies) + str(server.headers)
    assert "test" not in str(server.bodies)


def test_a_key_is_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    secret = "sk-very-secret-1234567890"
    monkeypatch.setenv("TEST_LLM_KEY", secret)
    endpoint = {"key_env": "TEST_LLM_KEY"}
    with ScriptedServer(Script(schedule={1: "401echo"})) as server:
        converse(tmp_path, server.url, [ask_for("a")], endpoint=endpoint)
        with pytest.raises(AuthError) as caught:
            converse(tmp_path, server.url, [ask_for("b")], endpoint=endpoint)
    assert server.headers[0]["Authorization"] == f"Bearer {secret}"
    assert "bad header Bearer [key]" in str(caught.value)
    files = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    out = capfd.readouterr()
    assert secret.encode() not in files
    assert secret not in str(caught.value) + repr(caught.value) + out.out + out.err


def test_a_missing_price_under_a_cost_limit_is_an_error(tmp_path: Path) -> None:
    with ScriptedServer() as server, pytest.raises(PriceError, match="no price"):
        converse(tmp_path, server.url, [ask_for()], budget=Budget(cost=1.0))
    assert server.calls == 0


def test_a_cancelled_caller_does_not_cancel_the_call(tmp_path: Path) -> None:
    async def session(url: str) -> Any:
        journal = Journal(tmp_path / JOURNAL)
        async with Client(Endpoint(url), journal, jitter=random.Random(0)) as client:
            impatient = asyncio.ensure_future(client.call(ask_for()))
            patient = asyncio.ensure_future(client.call(ask_for()))
            await asyncio.sleep(0.05)
            impatient.cancel()
            outcome = await patient
        journal.close()
        return outcome

    with ScriptedServer(Script(latency=0.2)) as server:
        assert isinstance(asyncio.run(session(server.url)), Reply)
    assert server.calls == 1


@pytest.mark.parametrize("url", ["http://u:p@h/v1", "https://h/v1?key=1", "ftp://h", "http://evil\\@127.0.0.1/v1", "h"])
def test_an_address_with_more_than_an_address_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="base URL"):
        converse(tmp_path, url, [ask_for()])
