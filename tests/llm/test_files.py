"""Files instead of a network: waves out, responses in, and every way in which a folder of them can be wrong."""

import asyncio
import json
import os
import random
import re
import shutil
import sqlite3
import stat
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from medreason.errors import LLMError, RunFolderError, UsageError
from medreason.llm.ask import Failure, Outcome
from medreason.llm.batch import Folder
from medreason.llm.files import FilesClient, Outbox, Pending, Waiting
from medreason.llm.journal import JOURNAL, Journal, Totals
from medreason.llm.parse import Reply
from medreason.llm.replay import ReplayClient
from medreason.llm.request import Message, Request
from medreason.llm.settings import Price
from medreason.llm.wave import Wave
from tests.llm.tools import SHAPE, ask_for, many, rows

USAGE = {"prompt_tokens": 100, "completion_tokens": 20}
GOOD = '{"answer": "B"}'


class Session(NamedTuple):
    outcomes: list[Outcome | Pending]
    out: Outbox
    said: list[str]
    state: Waiting
    totals: Totals

    @property
    def kinds(self) -> list[str]:
        names = {Reply: "reply", Pending: "pending"}
        return [o.kind if isinstance(o, Failure) else names[type(o)] for o in self.outcomes]

    @property
    def text(self) -> str:
        return "\n".join(self.said)


async def outcome(client: FilesClient, request: Request) -> Outcome | Pending:
    try:
        return await client.call(request)
    except Pending as pending:
        return pending


def session(root: Path, requests: Iterable[Request], **options: Any) -> Session:
    """One run of the command: the journal beside the folder of files."""

    async def run() -> Session:
        said: list[str] = []
        journal = Journal(root / JOURNAL)
        try:
            async with FilesClient(root / "files", journal, notify=said.append, **options) as client:
                outcomes = await asyncio.gather(*(outcome(client, r) for r in requests))
                out = await client.finish()
                return Session(outcomes, out, said, client.waiting(), await client.totals())
        finally:
            journal.close()

    return asyncio.run(run())


def wave(root: Path, number: int = 1) -> list[dict[str, Any]]:
    path = root / "files" / f"requests-{number:04d}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def waves(root: Path) -> list[str]:
    return sorted(p.name for p in (root / "files").iterdir() if p.name.startswith("requests"))


def completion(text: str = GOOD, finish: str = "stop", **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, **more}
    return {"model": "m-1", "choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": USAGE}


def response(sha: str, body: Any = None, status: int = 200, **more: Any) -> dict[str, Any]:
    inner = {"status_code": status, "request_id": "r", "body": completion() if body is None else body}
    return {"id": f"batch_req_{sha[:8]}", "custom_id": sha, "response": inner, "error": None, **more}


def expired(sha: str) -> dict[str, Any]:
    error = {"code": "batch_expired", "message": "This request could not be executed before the window ended."}
    return {"id": f"batch_req_{random.random()}", "custom_id": sha, "response": None, "error": error}


def put(root: Path, lines: Iterable[Any], name: str = "responses-1.jsonl", date: float | None = None) -> Path:
    path = root / "files" / name
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
    if date is not None:
        os.utime(path, (date, date))
    return path


def answer(root: Path, number: int = 1, body: Any = None, name: str = "") -> None:
    put(root, [response(line["custom_id"], body) for line in wave(root, number)], name or f"responses-{number}.jsonl")


def copy_run(source: Path, target: Path) -> None:
    db, copy = sqlite3.connect(source / JOURNAL), sqlite3.connect(target / JOURNAL)
    db.backup(copy)
    db.close()
    copy.close()
    shutil.copytree(source / "files", target / "files")


def sha_of(request: Request) -> str:
    return request.canonical().sha


# -- the thin flow -----------------------------------------------------------------------------------------------------


def test_requests_go_out_and_responses_come_back(tmp_path: Path) -> None:
    requests = many(3, shape=SHAPE)
    first = session(tmp_path, requests)
    assert first.kinds == ["pending"] * 3
    assert first.out == Outbox(3, 3, {"requests-0001.jsonl": 3}, {}, 0, 0, 0)
    assert first.state == Waiting(3, 0)
    assert rows(tmp_path) == []

    lines = wave(tmp_path)
    assert [line["custom_id"] for line in lines] == [sha_of(r) for r in requests]
    assert all((line["method"], line["url"]) == ("POST", "/v1/chat/completions") for line in lines)
    assert lines[0]["body"] == requests[0].payload("none")
    assert all(set(line) == {"custom_id", "method", "url", "body"} for line in lines)

    date = 1_700_000_000.25
    put(tmp_path, [response(line["custom_id"]) for line in lines], date=date)
    second = session(tmp_path, requests, prices={"m": Price(1.0, 10.0)})
    assert [o.value for o in second.outcomes if isinstance(o, Reply)] == [{"answer": "B"}] * 3
    assert second.out == Outbox(0, 0, {}, {}, 0, 0, 0)
    assert second.said == []
    columns = "status, http_status, error_class, prompt_tokens, completion_tokens, started, ended, bound_tokens, item"
    assert rows(tmp_path, f"SELECT {columns} FROM attempt ORDER BY item") == [
        ("ok", 200, None, 100, 20, date, date, 0, f"case-{i}") for i in range(3)
    ]
    assert second.totals.cost == pytest.approx(3 * (100 * 1.0 + 20 * 10.0) / 1e6)

    for path in (tmp_path / "files").iterdir():
        path.unlink()
    third = session(tmp_path, requests)
    assert third.outcomes == second.outcomes
    assert third.totals == second.totals
    assert third.state == Waiting(0, 3)
    replay = ReplayClient(tmp_path / JOURNAL)
    assert asyncio.run(replay.call(requests[1])) == second.outcomes[1]
    replay.close()


def test_the_message_says_where_and_how(tmp_path: Path) -> None:
    said = session(tmp_path, [ask_for("a", fields=("question", "patient"))]).said
    assert len(said) == 1
    for words in ("1 request without", "requests-0001.jsonl (1)", "patient, question", "responses-*", "custom_id"):
        assert words in said[0]
    assert str(tmp_path / "files") in said[0]


def test_nothing_is_written_twice(tmp_path: Path) -> None:
    session(tmp_path, many(2))
    again = session(tmp_path, many(2))
    assert again.out == Outbox(2, 0, {"requests-0001.jsonl": 2}, {}, 0, 0, 0)
    more = session(tmp_path, many(3))
    assert more.out == Outbox(3, 1, {"requests-0001.jsonl": 2, "requests-0002.jsonl": 1}, {}, 0, 0, 0)
    assert [line["custom_id"] for line in wave(tmp_path, 2)] == [sha_of(many(3)[2])]


def test_a_wave_whose_file_is_gone_is_written_again(tmp_path: Path) -> None:
    session(tmp_path, many(1))
    session(tmp_path, many(2))
    (tmp_path / "files" / "requests-0001.jsonl").unlink()
    assert session(tmp_path, many(2)).out.files == {"requests-0002.jsonl": 1, "requests-0003.jsonl": 1}


def test_finishing_twice_writes_once(tmp_path: Path) -> None:
    async def run() -> tuple[Outbox, Outbox, Outbox]:
        journal = Journal(tmp_path / JOURNAL)
        async with FilesClient(tmp_path / "files", journal, notify=lambda _: None) as client:
            await outcome(client, ask_for("a"))
            first = await client.finish()
            second = await client.finish()
            await outcome(client, ask_for("b"))
            await outcome(client, ask_for("a"))
            third = await client.finish()
        journal.close()
        return first, second, third

    first, second, third = asyncio.run(run())
    assert (first.written, second.written, third.written) == (1, 0, 1)
    assert third.files == {"requests-0001.jsonl": 1, "requests-0002.jsonl": 1}


def test_an_empty_folder_and_no_requests(tmp_path: Path) -> None:
    empty = session(tmp_path, [])
    assert empty.out == Outbox(0, 0, {}, {}, 0, 0, 0)
    assert empty.said == []
    assert list((tmp_path / "files").iterdir()) == []


def test_equal_requests_of_several_items_go_out_once(tmp_path: Path) -> None:
    same = [ask_for("same", item=f"patient-{i}") for i in range(20)]
    assert session(tmp_path, same).out.written == 1
    answer(tmp_path)
    second = session(tmp_path, same)
    assert second.kinds == ["reply"] * 20
    assert rows(tmp_path) == [("ok", None)]
    assert second.state == Waiting(0, 1)


def test_a_killed_session_has_committed_what_it_took(tmp_path: Path) -> None:
    """The commit comes before the reply: a client that dies in between finds it in the journal."""
    session(tmp_path, many(1))
    answer(tmp_path)

    class Dying(Journal):
        async def take(self, *args: Any) -> None:
            await super().take(*args)
            raise RuntimeError("killed")

    async def run() -> None:
        journal = Dying(tmp_path / JOURNAL)
        client = FilesClient(tmp_path / "files", journal)
        try:
            with pytest.raises(RuntimeError, match="killed"):
                await client.call(many(1)[0])
        finally:
            await client.close()
            journal.close()

    asyncio.run(run())
    (tmp_path / "files" / "responses-1.jsonl").unlink()
    assert session(tmp_path, many(1)).kinds == ["reply"]
    assert rows(tmp_path) == [("ok", None)]


# -- what leaves -------------------------------------------------------------------------------------------------------


def test_files_hold_no_ids_and_are_for_the_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        session(tmp_path, many(4))
    finally:
        os.umask(old)
    path = tmp_path / "files" / "requests-0001.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "case-" not in path.read_text(encoding="utf-8")
    assert waves(tmp_path) == ["requests-0001.jsonl"]
    assert [p.name for p in path.parent.iterdir()] == ["requests-0001.jsonl"]


def test_a_text_with_its_id_is_refused_and_not_written(tmp_path: Path) -> None:
    result = session(tmp_path, [ask_for("of patient-17", item="patient-17")])
    assert result.kinds == ["private"]
    assert waves(tmp_path) == []


@pytest.mark.parametrize("structured", ["none", "json_object", "json_schema"])
def test_the_body_is_what_the_live_client_sends(tmp_path: Path, structured: str) -> None:
    request = ask_for("é\u2028x", shape=SHAPE, seed=3, sample=2)
    session(tmp_path, [request], structured=structured, max_tokens_field="max_completion_tokens")
    (line,) = wave(tmp_path)
    assert line["body"] == request.payload(structured, "max_completion_tokens")
    assert "é" in (tmp_path / "files" / "requests-0001.jsonl").read_text(encoding="utf-8")


def test_a_file_is_of_one_model(tmp_path: Path) -> None:
    messages = (Message("user", "hello"),)
    out = session(tmp_path, [Request(m, messages, sample=i) for i in range(2) for m in ("large", "small")]).out
    assert out.files == {"requests-0001.jsonl": 2, "requests-0002.jsonl": 2}
    assert [{line["body"]["model"] for line in wave(tmp_path, n)} for n in (1, 2)] == [{"large"}, {"small"}]


def test_waves_are_cut_by_number_and_by_bytes(tmp_path: Path) -> None:
    def cut(**most: int) -> dict[str, int]:
        wave = Wave(tmp_path, **most)
        for i in range(7):
            wave.add(f"{i:064x}", {"model": "m", "messages": ["x" * 100]})
        return wave.write(1)

    assert cut(most_requests=3) == {"requests-0001.jsonl": 3, "requests-0002.jsonl": 3, "requests-0003.jsonl": 1}
    by_bytes = cut(most_bytes=700)
    assert list(by_bytes) == [f"requests-{number:04d}.jsonl" for number in (4, 5, 6, 7)]
    assert all((tmp_path / name).stat().st_size <= 700 for name in by_bytes)
    assert sum(by_bytes.values()) == 7
    assert len(cut(most_bytes=10)) == 7


# -- what comes back ---------------------------------------------------------------------------------------------------


def test_a_part_of_the_responses(tmp_path: Path) -> None:
    requests = many(5)
    session(tmp_path, requests)
    put(tmp_path, [response(sha_of(r)) for r in requests[:2]])
    second = session(tmp_path, requests)
    assert second.kinds == ["reply"] * 2 + ["pending"] * 3
    assert second.out == Outbox(3, 0, {"requests-0001.jsonl": 3}, {}, 0, 0, 0)
    put(tmp_path, [response(sha_of(r)) for r in requests[2:]], "responses-2.jsonl")
    assert session(tmp_path, requests).kinds == ["reply"] * 5


@pytest.mark.parametrize("content", [GOOD, json.loads(GOOD), f"```json\n{GOOD}\n```"])
def test_responses_written_by_hand(tmp_path: Path, content: Any) -> None:
    request = ask_for(shape=SHAPE)
    session(tmp_path, [request])
    put(tmp_path, ["\ufeff" + json.dumps({"custom_id": sha_of(request), "content": content}) + "\r", "", "  "])
    result = session(tmp_path, [request])
    (reply,) = result.outcomes
    assert isinstance(reply, Reply)
    assert (reply.value, reply.usage) == ({"answer": "B"}, None)
    assert result.said == []
    assert rows(tmp_path, "SELECT status, http_status, prompt_tokens, cost, bound_tokens FROM attempt") == [
        ("ok", 200, None, None, 0)
    ]


def test_the_first_usable_of_several_responses_counts(tmp_path: Path) -> None:
    requests = many(2, shape=SHAPE)
    session(tmp_path, requests)
    one, two = map(sha_of, requests)
    put(tmp_path, [expired(one), response(one, completion("prose")), response(two)], "responses-a.jsonl")
    second, third = completion('{"answer": "second"}'), completion('{"answer": "third"}')
    put(tmp_path, [response(one, second), response(one, third), response(two)], "responses-b.jsonl")
    result = session(tmp_path, requests)
    assert [o.value["answer"] for o in result.outcomes if isinstance(o, Reply)] == ["second", "B"]
    assert result.out.duplicates == 3
    assert "3 responses to a request that had one already" in result.text
    assert session(tmp_path, requests).outcomes == result.outcomes


def test_responses_nobody_asked_for(tmp_path: Path) -> None:
    session(tmp_path, many(2))
    answer(tmp_path)
    put(tmp_path, [response("ab" * 32), response("request-7"), response("AB" * 32)], "responses-other.jsonl")
    result = session(tmp_path, many(2))
    assert result.kinds == ["reply"] * 2
    assert result.out.unknown == 3
    assert "3 responses to no request" in result.text
    (tmp_path / "files" / "requests-0001.jsonl").unlink()
    assert session(tmp_path, []).out.unknown == 3, "what the journal holds was asked for once"


BAD = {
    "cut": '{"custom_id": "',
    "prose": "hello",
    "list": "[1]",
    "no id": '{"content": "x"}',
    "number as id": '{"custom_id": 5, "content": "x"}',
    "nothing": '{"custom_id": "SHA", "response": null, "error": null}',
    "a request": '{"custom_id": "SHA", "method": "POST", "body": {}}',
    "a number": '{"custom_id": "SHA", "content": 4}',
    "deep": "[" * 5000,
    "latin": b'{"custom_id": "SHA", "content": "\xe9"}',
}


@pytest.mark.parametrize("line", BAD.values(), ids=BAD)
def test_a_line_that_is_no_response_is_told_and_left_out(tmp_path: Path, line: str | bytes) -> None:
    requests = many(2)
    session(tmp_path, requests)
    raw = line.encode() if isinstance(line, str) else line
    path = put(tmp_path, [response(sha_of(requests[1]))])
    path.write_bytes(raw.replace(b"SHA", sha_of(requests[0]).encode()) + b"\n" + path.read_bytes())
    result = session(tmp_path, requests)
    assert result.kinds == ["pending", "reply"]
    assert (result.out.malformed, result.out.written) == (1, 0)
    assert "1 line of" in result.text
    assert result.text.count("responses-1.jsonl:1: ") == 1


def test_many_bad_lines_are_counted(tmp_path: Path) -> None:
    session(tmp_path, many(1))
    put(tmp_path, ["x"] * 1200)
    result = session(tmp_path, many(1))
    assert result.out.malformed == 1200
    assert "1,200 lines" in result.text
    assert "and 1,195 more" in result.text
    assert len(re.findall(r"responses-1\.jsonl:\d+", result.text)) == 5


def test_a_file_cut_in_its_last_line(tmp_path: Path) -> None:
    requests = many(3)
    session(tmp_path, requests)
    answer(tmp_path)
    path = tmp_path / "files" / "responses-1.jsonl"
    path.write_bytes(path.read_bytes()[:-40])
    result = session(tmp_path, requests)
    assert result.kinds == ["reply", "reply", "pending"]
    assert "responses-1.jsonl:3: " in result.text


# -- errors ------------------------------------------------------------------------------------------------------------


def http_error(status: int, message: str) -> Callable[[str], dict[str, Any]]:
    return lambda sha: response(sha, {"error": {"message": message}}, status)


def plain_error(error: Any, answered: Any = None) -> Callable[[str], dict[str, Any]]:
    return lambda sha: {"id": "x", "custom_id": sha, "response": answered, "error": error}


PASSING = {
    "overload": expired,
    "rate_limit": http_error(429, "slow down"),
    "server": http_error(500, "oh"),
    "quota": http_error(429, "insufficient_quota"),
    "auth": http_error(401, "no key"),
    "unknown_model": http_error(404, "model_not_found"),
    "timeout": plain_error({"code": "request_timeout", "message": "late"}),
    "empty": lambda sha: response(sha, completion("")),
    "bad_body": lambda sha: response(sha, {"object": "list"}),
}


@pytest.mark.parametrize("name", PASSING)
def test_an_error_that_may_pass_goes_into_the_next_wave_once(tmp_path: Path, name: str) -> None:
    request = ask_for(item="case-1")
    sha = sha_of(request)
    session(tmp_path, [request])
    put(tmp_path, [PASSING[name](sha)])
    second = session(tmp_path, [request])
    assert second.kinds == ["pending"]
    assert second.out == Outbox(1, 1, {"requests-0002.jsonl": 1}, {name: 1}, 0, 0, 0)
    assert f"1 {name} (" in second.text
    assert rows(tmp_path) == []
    assert wave(tmp_path, 2) == wave(tmp_path, 1)

    third = session(tmp_path, [request])
    assert third.out == Outbox(1, 0, {"requests-0002.jsonl": 1}, {}, 0, 0, 0)
    put(tmp_path, [response(sha)], "responses-2.jsonl")
    fourth = session(tmp_path, [request])
    assert fourth.kinds == ["reply"]
    assert fourth.out.duplicates == 0


def test_a_copy_of_a_file_of_errors_counts_once(tmp_path: Path) -> None:
    request = ask_for()
    session(tmp_path, [request])
    lines = [expired(sha_of(request))]
    put(tmp_path, lines)
    put(tmp_path, lines, "responses-1 (1).jsonl")
    assert session(tmp_path, [request]).out.written == 1
    assert session(tmp_path, [request]).out.written == 0


FINAL = {
    "content_filter": http_error(400, "flagged by content_filter"),
    "context_length": http_error(400, "maximum context length is 8192"),
    "bad_request": http_error(400, "temperature must be below 2"),
    "bad_request of vLLM": plain_error({"error": {"message": "bad", "code": 400}}, {"status_code": 400, "body": None}),
    "context_length without status": plain_error("prompt is too long"),
    "content_filter without status": plain_error({"code": "content_filter"}, {"status_code": 200, "body": {}}),
}


@pytest.mark.parametrize("name", FINAL)
def test_an_error_of_the_item_is_a_recorded_failure(tmp_path: Path, name: str) -> None:
    request = ask_for()
    session(tmp_path, [request])
    path = put(tmp_path, [FINAL[name](sha_of(request))])
    second = session(tmp_path, [request])
    kind = name.split(maxsplit=1)[0]
    assert second.kinds == [kind]
    assert second.out.waiting == 0
    assert rows(tmp_path) == [("failed", kind)]
    assert session(tmp_path, [request]).outcomes == second.outcomes
    path.unlink()
    assert session(tmp_path, [request]).outcomes == second.outcomes, "the journal keeps it"
    assert rows(tmp_path) == [("failed", kind)]
    replay = ReplayClient(tmp_path / JOURNAL)
    assert asyncio.run(replay.call(request)) == second.outcomes[0]
    replay.close()
    put(tmp_path, [response(sha_of(request))], "responses-2.jsonl")
    assert session(tmp_path, [request]).kinds == ["reply"], "a reply takes its place"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("refusal", completion("", refusal="I cannot")),
        ("length", completion("", "length")),
        ("content_filter", completion("x", "content_filter")),
    ],
)
def test_a_text_that_is_no_reply_fails_its_item(tmp_path: Path, kind: str, body: dict[str, Any]) -> None:
    session(tmp_path, [ask_for()])
    answer(tmp_path, body=body)
    assert session(tmp_path, [ask_for()]).kinds == [kind]
    assert rows(tmp_path) == [("ok", kind)]
    (tmp_path / "files" / "responses-1.jsonl").unlink()
    assert session(tmp_path, [ask_for()]).kinds == [kind]


def test_a_request_is_not_asked_for_ever(tmp_path: Path) -> None:
    request = ask_for()
    session(tmp_path, [request])
    for number in range(1, 4):
        put(tmp_path, [response(sha_of(request), completion(""), id=f"r{number}")], f"responses-{number}.jsonl")
        assert session(tmp_path, [request]).kinds == ["pending"]
    assert len(waves(tmp_path)) == 4
    put(tmp_path, [response(sha_of(request), completion(""), id="r4")], "responses-4.jsonl")
    last = session(tmp_path, [request])
    assert last.kinds == ["empty"]
    assert last.out.waiting == 0
    assert session(tmp_path, [request]).outcomes == last.outcomes
    assert rows(tmp_path) == [("failed", "empty")]


def test_a_service_that_refuses_schemas_gets_them_in_the_prompt(tmp_path: Path) -> None:
    request = ask_for(shape=SHAPE)
    session(tmp_path, [request], structured="json_schema")
    put(tmp_path, [http_error(400, "response_format json_schema is not supported")(sha_of(request))])
    session(tmp_path, [request], structured="json_schema")
    assert wave(tmp_path, 1)[0]["body"] == request.payload("json_schema")
    assert wave(tmp_path, 2)[0]["body"] == request.payload("json_object")


@pytest.mark.parametrize("text", ["prose", '{"answer": 5}', '{"answer": "B'])
def test_a_bad_shape_is_asked_once_more_over_two_waves(tmp_path: Path, text: str) -> None:
    request = ask_for(shape=SHAPE, item="case-9")
    session(tmp_path, [request])
    answer(tmp_path, 1, completion(text))
    second = session(tmp_path, [request])
    assert second.kinds == ["pending"]
    assert second.out.files == {"requests-0002.jsonl": 1}
    assert len(rows(tmp_path)) == 1
    (asked,) = wave(tmp_path, 2)
    assert asked["custom_id"] != sha_of(request)
    assert [m["role"] for m in asked["body"]["messages"]] == ["user", "assistant", "user"]
    assert session(tmp_path, [request]).out.written == 0

    good, bad = tmp_path / "good", tmp_path / "bad"
    for root, reply in ((good, GOOD), (bad, "prose again")):
        root.mkdir()
        copy_run(tmp_path, root)
        answer(root, 2, completion(reply))
    (reply,) = session(good, [request]).outcomes
    assert isinstance(reply, Reply)
    assert (reply.asked, reply.sha, reply.value) == (2, asked["custom_id"], {"answer": "B"})
    assert session(bad, [request]).kinds == ["schema"]
    assert len(waves(bad)) == 2


# -- the folder --------------------------------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file")
    with pytest.raises(RunFolderError, match="cannot make"):
        session(tmp_path, [])
    with pytest.raises(UsageError):
        session(tmp_path, [], structured="auto")


def test_a_folder_that_may_not_be_written_is_told_at_the_first_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session(tmp_path, many(1))
    answer(tmp_path)

    def refuse(**_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert session(tmp_path, many(1)).kinds == ["reply"], "what is answered needs no writing"
    with pytest.raises(RunFolderError, match=r"cannot write .*files: Permission denied"):
        session(tmp_path, many(2))


def test_a_folder_that_fails_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunFolderError, match="No space left"):
        session(tmp_path, many(2))
    assert list((tmp_path / "files").iterdir()) == []
    monkeypatch.undo()
    assert session(tmp_path, many(2)).out.written == 2


def test_a_file_that_changes_under_the_run(tmp_path: Path) -> None:
    session(tmp_path, many(2))
    answer(tmp_path)
    folder = Folder(tmp_path / "files")
    path = tmp_path / "files" / "responses-1.jsonl"
    path.write_bytes(b"x" * 50 + path.read_bytes())
    with pytest.raises(RunFolderError, match="changed while it was read"):
        list(folder.entries(sha_of(many(2)[1])))


def test_pending_is_no_error_of_the_run() -> None:
    assert not issubclass(Pending, LLMError)
    assert issubclass(Pending, Exception)
    assert Pending("ab" * 32).sha == "ab" * 32


def test_many_responses_are_indexed_without_their_texts(tmp_path: Path) -> None:
    import tracemalloc

    (tmp_path / "files").mkdir()
    requests = many(5000)
    body = completion(" ".join(["word"] * 2000))
    size = put(tmp_path, [response(sha_of(r), body) for r in requests]).stat().st_size
    assert size > 50_000_000
    start = time.monotonic()
    tracemalloc.start()
    folder = Folder(tmp_path / "files")
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.monotonic() - start < 10
    assert held < 3_000_000
    assert peak < 5_000_000
    (entry,) = folder.entries(sha_of(requests[4321]))
    assert json.loads(entry.body) == body
