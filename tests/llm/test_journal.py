"""The journal: killed processes, modes, purge, damage, replay; and the client for code without asyncio."""

import asyncio
import os
import pickle
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from medreason.errors import AuthError, PrivacyError, ReplayError, RunFolderError, UsageError
from medreason.llm.ask import Failure, Outcome
from medreason.llm.budget import Bound
from medreason.llm.client import Client
from medreason.llm.journal import JOURNAL, Journal, purge
from medreason.llm.keys import Key, read_key
from medreason.llm.parse import Reply
from medreason.llm.privacy import check_text, host_of, is_loopback
from medreason.llm.replay import ReplayClient
from medreason.llm.request import Message, Request, prompt_text
from medreason.llm.settings import Budget, Endpoint, Limits, Patience, Price
from medreason.llm.sync import SyncChat
from tests.llm.server import Script, ScriptedServer
from tests.llm.tools import SHAPE, ask_for, converse, many, rows

ROOT = Path(__file__).resolve().parents[2]
SLOTS = 16


def start(folder: Path, url: str, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.llm.worker", str(folder), url, str(number)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_killed_run_goes_on_and_repeats_only_what_was_in_flight(tmp_path: Path) -> None:
    with ScriptedServer(Script(latency=0.03, rate=0.05, kinds=("500", "429"))) as server:
        for moment in (10, 40, 80, 120, 170):
            child = start(tmp_path, server.url, 200)
            while server.calls < moment and child.poll() is None:
                time.sleep(0.002)
            os.kill(child.pid, signal.SIGKILL)
            assert child.wait() == -signal.SIGKILL
            time.sleep(0.1)
        child = start(tmp_path, server.url, 200)
        printed = child.communicate(timeout=60)[0].split()
        answered = Counter(s.sha for s in server.seen if not s.kind)
        once = {s.sha: s.prompt + s.completion for s in server.seen if not s.kind}
    states = dict(rows(tmp_path, "SELECT status, COUNT(*) FROM attempt GROUP BY status"))
    ((tokens, bound),) = rows(tmp_path, "SELECT SUM(prompt_tokens + completion_tokens), SUM(bound_tokens) FROM attempt")
    repeated = answered.total() - 200
    assert printed[0] == "200"
    assert (states["ok"], len(answered)) == (200, 200)
    assert 0 <= repeated <= states["lost"] <= 5 * SLOTS
    assert tokens == int(printed[1]) + int(printed[2]) == sum(once.values())
    assert sum(once[sha] * (times - 1) for sha, times in answered.items()) <= bound


def test_without_a_kill_the_totals_are_the_servers(tmp_path: Path) -> None:
    with ScriptedServer(Script(rate=0.3, seed=5)) as server:
        converse(tmp_path, server.url, many(50))
        _, totals = converse(tmp_path, server.url, many(80))
        assert totals.prompt_tokens == sum(s.prompt for s in server.seen)
        assert totals.completion_tokens == sum(s.completion for s in server.seen)


def test_the_budget_holds_over_resumes(tmp_path: Path) -> None:
    prices = {"m": Price(prompt=10.0, completion=40.0)}
    limit = 0.1
    with ScriptedServer() as server:
        for number in (10, 40, 500):
            try:
                converse(tmp_path, server.url, many(number), prices=prices, budget=Budget(cost=limit))
            except Exception as error:
                assert "cost limit of 0.1 is reached" in str(error)
        spent = sum(s.prompt * 10 + s.completion * 40 for s in server.seen) / 1e6
    ((cost,),) = rows(tmp_path, "SELECT SUM(cost) FROM attempt")
    assert cost == pytest.approx(spent)
    assert limit * 0.8 < spent <= limit


def test_the_owner_alone_reads_the_files(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL
    old = os.umask(0)
    try:
        path.touch(0o666)
        path.chmod(0o666)

        async def session() -> list[int]:
            journal = Journal(path)
            request = ask_for()
            await journal.begin(request, request.canonical(), Bound(5, 0.5), 0.0)[1]
            modes = [stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()]
            journal.close()
            return modes

        assert set(asyncio.run(session())) == {0o600}
    finally:
        os.umask(old)
    assert rows(tmp_path) == [("sent", None)]
    Journal(path).close()
    assert rows(tmp_path) == [("lost", None)]


def test_one_run_at_a_time_and_damage_is_said(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL
    held = Journal(path)
    with pytest.raises(RunFolderError, match="another run"):
        Journal(path)
    with pytest.raises(RunFolderError, match="another run"):
        purge(path)
    held.close()
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(RunFolderError, match="damaged"):
        Journal(path)
    purge(path)
    assert not path.exists()
    with pytest.raises(RunFolderError, match="cannot open"):
        Journal(tmp_path / "no" / JOURNAL)
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(RunFolderError, match="version 99"):
        Journal(path)


def test_purge_takes_the_texts_and_keeps_the_accounts(tmp_path: Path) -> None:
    with ScriptedServer() as server:
        (outcome, *_), before = converse(tmp_path, server.url, many(20))
        assert isinstance(outcome, Reply)
        purge(tmp_path / JOURNAL, bodies_only=True)
        text = b"".join(p.read_bytes() for p in tmp_path.iterdir())
        assert outcome.text.encode() not in text
        assert b"Question" not in text
        _, after = converse(tmp_path, server.url, [])
    assert before == after
    purge(tmp_path / JOURNAL)
    purge(tmp_path / JOURNAL)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_stops_the_run_with_a_reason(tmp_path: Path) -> None:
    with ScriptedServer() as server:
        converse(tmp_path, server.url, many(5))

        async def session() -> None:
            journal = Journal(tmp_path / JOURNAL)
            journal._db.execute("PRAGMA max_page_count=1")
            try:
                async with Client(Endpoint(server.url), journal) as client:
                    await client.call(ask_for("y" * 200_000))
            finally:
                journal.close()

        with pytest.raises(RunFolderError, match="disk is full"):
            asyncio.run(session())
        assert server.calls == 5


def replay(folder: Path, requests: list[Request]) -> list[Outcome]:
    async def session() -> list[Outcome]:
        client = ReplayClient(folder / JOURNAL)
        try:
            return [await client.call(r) for r in requests]
        finally:
            client.close()

    return asyncio.run(session())


def test_a_replay_gives_the_same_outcomes_without_a_server(tmp_path: Path) -> None:
    kinds = ("500", "cut_json", "refusal", "badfilter", "context", "wrong_schema", "prose", "length", "drop")
    requests = [*many(60, shape=SHAPE), ask_for("case-77", item="case-77")]
    with ScriptedServer(Script(rate=0.6, kinds=kinds)) as server:
        live, _ = converse(tmp_path, server.url, requests)
    assert {o.kind for o in live if isinstance(o, Failure)} >= {
        "refusal",
        "content_filter",
        "context_length",
        "private",
    }
    before = (tmp_path / JOURNAL).read_bytes()
    assert replay(tmp_path, requests) == live
    assert (tmp_path / JOURNAL).read_bytes() == before
    with pytest.raises(ReplayError, match="no reply to this request"):
        replay(tmp_path, [ask_for("never asked")])
    with pytest.raises(ReplayError, match="there is no"):
        replay(tmp_path / "elsewhere", [])


def test_code_without_asyncio_gets_outcomes_in_order(tmp_path: Path) -> None:
    requests = many(50)
    with ScriptedServer(Script(latency=0.01, rate=0.3)) as server:
        journal = Journal(tmp_path / JOURNAL)

        def make() -> Client:
            return Client(Endpoint(server.url), journal, patience=Patience(scale=0.01), limits=Limits(8, 8))

        with SyncChat(make, Client.close) as chat:
            outcomes = list(chat.map(iter(requests)))
            assert chat.call(requests[3]) == outcomes[3]
        journal.close()
    assert [o.sha for o in outcomes] == [r.canonical().sha for r in requests]
    with SyncChat(lambda: ReplayClient(tmp_path / JOURNAL)) as chat:
        assert list(chat.map(requests)) == outcomes
    with pytest.raises(ReplayError):
        SyncChat(lambda: ReplayClient(tmp_path / "none"))


def test_what_changes_the_output_changes_the_key_and_nothing_else() -> None:
    base = ask_for(temperature=1, seed=1)
    same = [ask_for(temperature=1.0, seed=1, item="i", fields=("stem",))]
    other = [
        ask_for("z", temperature=1, seed=1),
        ask_for(temperature=0.5, seed=1),
        ask_for(temperature=1, seed=2),
        ask_for(temperature=1, seed=1, sample=1),
        ask_for(temperature=1, seed=1, shape=SHAPE),
        ask_for(temperature=1, seed=1, extra={"top_k": 5}),
        ask_for(temperature=1, seed=1, stop=("x",)),
    ]
    keys = [r.canonical().sha for r in [base, *same, *other]]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 1 + len(other)
    # Held fixed: a changed canonical form would ask every request of every old run again.
    assert base.canonical().sha == FIXED
    for key in ("user", "metadata", "n", "stream", "model"):
        with pytest.raises(UsageError, match=key):
            ask_for(extra={key: 1})


FIXED = "ec74304fc9cd191922dd6853765ebffdb44616d9acd9074dc779ef2afcffd134"


@pytest.mark.parametrize("name", ["schema", "reask"])
def test_prompts_have_a_text_and_a_version(name: str) -> None:
    assert "<!--" not in prompt_text(name)
    assert "{" in prompt_text(name)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("gpu-node", False),
    ],
)
def test_this_machine_is_known_by_name(host: str, local: bool) -> None:
    assert is_loopback(host) is local
    assert host_of(f"http://[{host}]:80/v1" if ":" in host else f"http://{host}:80/v1") == host


@pytest.mark.parametrize(
    ("item", "text", "refused"),
    [
        ("PMID_1_A", "seen in pmid_1_a.", True),
        ("Jane Doe", "jane doe has fever", True),
        ("q12", "in q12 hours", False),
        ("1024", "1024 mg", False),
        ("123456", "123456", True),
        ("HP:000", "HP:0001250", False),
        ("", "x", False),
    ],
)
def test_an_id_in_the_text_is_seen(item: str, text: str, refused: bool) -> None:
    request = Request("m", (Message("user", text),), item=item)
    if refused:
        with pytest.raises(PrivacyError):
            check_text(request)
    else:
        check_text(request)


def test_keys_come_from_a_variable_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key"
    file.write_text(" sk-1234\n")
    monkeypatch.setenv("SOME_KEY", "sk-5678")
    assert read_key(file=file).reveal() == "sk-1234"
    assert read_key("SOME_KEY").reveal() == "sk-5678"
    assert not read_key()
    assert f"{Key('sk-1')!r} {Key('sk-1')}" == "[key] [key]"
    with pytest.raises(TypeError):
        pickle.dumps(Key("sk-1"))
    file.write_text("sk-1\nsk-2")
    for variable, named in (("NOT_SET_KEY", None), ("", file), ("", tmp_path / "none"), ("SOME_KEY", file)):
        with pytest.raises(AuthError) as caught:
            read_key(variable, named)
        assert "sk-" not in str(caught.value)
        assert caught.value.fix


def test_the_room_loads_no_network_code() -> None:
    script = (
        "import medreason.llm.client, sys; print([m for m in ('aiohttp', 'openai', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_sdk_gives_the_same_outcomes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openai")
    monkeypatch.setenv("TEST_LLM_KEY", "sk-test")
    kinds = ("500", "429", "drop", "cut_body", "refusal", "context", "wrong_schema")
    results = []
    for transport in ("aiohttp", "openai", "azure"):
        folder = tmp_path / transport
        folder.mkdir()
        with ScriptedServer(Script(rate=0.4, kinds=kinds, content=lambda *_: '{"answer": "A"}')) as server:
            endpoint = {"transport": transport, "key_env": "TEST_LLM_KEY", "api_version": "2024-10-21"}
            url = server.url.removesuffix("/v1") if transport == "azure" else server.url
            outcomes, totals = converse(folder, url, many(30, shape=SHAPE), endpoint=endpoint)
            assert totals.prompt_tokens == sum(s.prompt for s in server.seen)
        assert all(isinstance(o, Reply) or o.kind in ("refusal", "context_length") for o in outcomes)
        results.append(sum(isinstance(o, Reply) for o in outcomes))
    assert min(results) > 15


def test_the_sdk_is_asked_for_by_name(tmp_path: Path) -> None:
    try:
        import openai  # noqa: F401
    except ImportError:
        with pytest.raises(UsageError, match=r"medreason\[openai\]") as caught:
            converse(tmp_path, "https://h.example/v1", [], endpoint={"transport": "openai"})
        assert "pip install" in caught.value.fix
