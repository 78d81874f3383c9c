"""Whole evaluations against a scripted server: results, a kill, faults, variants, and that nothing goes elsewhere."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from medreason.errors import (
    AuthError,
    LLMError,
    RunFolderError,
    ServerGoneError,
    UnknownModelError,
    UsageError,
)
from medreason.evaluation.asking import Way, lure_of
from medreason.evaluation.beyond import changed
from medreason.evaluation.results import read_rows
from medreason.evaluation.run import Done, Plan, evaluate
from medreason.evaluation.server import Asking
from medreason.evaluation.sets import load_set
from medreason.records import SheetLine
from tests.dataset.small import record
from tests.evaluation.served import (
    QUESTIONS,
    Script,
    Server,
    asked_in,
    knows,
    letter_of,
    reply,
    shown,
    write_questions,
)
from tests.runs import command, medreason

pytest.importorskip("inspect_ai", reason="the extra [eval] is not installed")


def ask(
    server: Server, folder: Path, *, way: Way | None = None, asking: dict[str, Any] | None = None, **plan: Any
) -> Done:
    folder.mkdir(exist_ok=True)
    file = folder / "q.jsonl"
    if not file.exists():
        write_questions(file)
    places = plan.pop("places", {"questions": str(file)})
    told = {"retries": 0, **(asking or {})}
    return evaluate(Plan(places, way or Way(), **plan), Asking("openai/m", server.url, **told), folder / "out")


def test_results_hold_every_output_in_the_letters_of_the_source(tmp_path: Path) -> None:
    with Server(Script(content=knows("q1", "q2", "q3"))) as server:
        done = ask(server, tmp_path, way=Way(shuffle=3), samples=2, asking={"temperature": 0.5})
        bodies = list(server.bodies)
    assert len(bodies) == 8 and all(b["temperature"] == 0.5 and b["model"] == "m" for b in bodies)
    rows = read_rows(tmp_path / "out")
    assert rows == done.rows
    assert [(r.id, r.sample) for r in rows] == [(q[0], n) for q in QUESTIONS for n in (0, 1)]
    golds = {name: key for name, _, _, key in QUESTIONS}
    assert all(r.task == "questions" and r.options == 4 and r.gold == golds[r.id] for r in rows)
    assert [r.key for r in rows] == ["B", "B", "C", "C", "A", "A", None, None]
    assert rows[-1].why == "refusal" and not rows[-1].right and rows[0].length
    texts = [json.loads(line) for line in (tmp_path / "out" / "outputs.jsonl").read_text().splitlines()]
    assert texts[0]["output"].startswith("## Thinking") and len(texts) == 8
    told = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert told["sets"]["questions"]["files"][0]["sha256"] == done.sets["questions"].origins[0].sha256


def test_what_is_answered_is_not_asked_again_and_other_settings_are_refused(tmp_path: Path) -> None:
    with Server(Script(content=knows("q1"))) as server:
        first = ask(server, tmp_path)
        again = ask(server, tmp_path)
        assert server.calls == 4 and again.rows == first.rows
        wider = ask(server, tmp_path, variants=("order",))
        assert server.calls == 8 and len(wider.rows) == 8
        assert {r.condition for r in read_rows(tmp_path / "out")} == {"", "shuffled"}
        assert len(ask(server, tmp_path).rows) == 4 and len(read_rows(tmp_path / "out")) == 8
        for change, told in ({"way": Way("direct")}, "style"), ({"limit": 2}, "limit"), ({"samples": 3}, "samples"):
            with pytest.raises(RunFolderError, match=f"what differs: {told}"):
                ask(server, tmp_path, **change)
        with pytest.raises(RunFolderError, match="temperature"):
            ask(server, tmp_path, asking={"temperature": 1.0})
        write_questions(tmp_path / "q.jsonl", QUESTIONS[:2])
        with pytest.raises(RunFolderError, match="the files of questions"):
            ask(server, tmp_path)
        assert server.calls == 8


def many(path: Path, number: int) -> Path:
    rows = [(f"k{i}", f"What is number {i} called?", {"A": f"one {i}", "B": f"two {i}"}, "B") for i in range(number)]
    return write_questions(path, rows)


def test_a_killed_run_goes_on_without_asking_again(tmp_path: Path) -> None:
    many(tmp_path / "k.jsonl", 30)

    def content(_sha: str, body: dict[str, Any]) -> str:
        return reply(f"B. {shown(body)['B']}")

    with Server(Script(content=content, latency=0.2)) as server:
        run = command(
            "evaluate", "--model", "openai/m", "--base-url", server.url, "--tasks", "questions", "--data",
            tmp_path / "k.jsonl", "--out", tmp_path / "out", "--connections", 2, "--json",
        )  # fmt: skip
        with subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while server.calls < 13 and process.poll() is None:
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
        assert 13 <= server.calls < 30
        done = subprocess.run(run, capture_output=True, text=True, check=False, timeout=300)
        asked = Counter(map(asked_in, server.bodies))
    assert done.returncode == 0, done.stderr
    score = json.loads(done.stdout)["scores"][0]
    assert score["accuracy"]["value"] == 1.0 and score["questions"] == 30
    # What was under way when the process died was not answered; nothing else was asked twice.
    assert len(asked) == 30 and sum(n - 1 for n in asked.values()) <= 2
    assert len(read_rows(tmp_path / "out")) == 30


def test_a_server_that_dies_is_told_and_the_same_command_goes_on(tmp_path: Path) -> None:
    many(tmp_path / "q.jsonl", 12)
    with Server(Script(content=lambda _s, body: reply("B. " + shown(body)["B"]), schedule={5: "drop"})) as server:
        with pytest.raises(ServerGoneError) as caught:
            ask(server, tmp_path, asking={"connections": 1})
        assert "5 of 12 answered" in str(caught.value) and "it goes on" in str(caught.value)
        server.script = Script(content=server.script.content)
        done = ask(server, tmp_path, asking={"connections": 1})
        assert server.calls == 13 and len(done.rows) == 12 and all(r.right for r in done.rows)
    with pytest.raises(ServerGoneError, match=r"nothing answers at 127.0.0.1:\d+"):
        ask(server, tmp_path)


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("401", AuthError, "Incorrect API key"), ("404", UnknownModelError, "does not exist"),
        ("400", LLMError, "--most-failed"),
    ],
)  # fmt: skip
def test_refusals_of_the_server_are_errors_of_this_program(
    tmp_path: Path, fault: str, kind: type[LLMError], words: str
) -> None:
    with Server(Script(always=fault)) as server, pytest.raises(kind, match=words):
        ask(server, tmp_path)


def test_single_failures_may_be_let_through_and_count_as_wrong(tmp_path: Path) -> None:
    script = Script(content=knows("q1", "q2", "q3", "q4"), schedule={2: "400"})
    with Server(script) as server:
        done = ask(server, tmp_path, asking={"most_failed": 0.5, "connections": 1})
    assert [r.why for r in done.rows] == ["", "", "no_reply", ""] and done.rows[2].key is None


def test_passing_faults_are_tried_again(tmp_path: Path) -> None:
    with Server(Script(content=knows("q1", "q2", "q3", "q4"), schedule={1: "503"})) as server:
        done = ask(server, tmp_path, asking={"retries": 2})
        assert server.calls == 5 and all(r.right for r in done.rows)


def follows(_sha: str, body: dict[str, Any]) -> str:
    """A model that believes hints, and otherwise knows."""
    last = asked_in(body).rsplit("\n\n", 1)[-1]
    if "colleague" in last:
        return reply(last.split("the answer is ")[1])
    return knows("q1", "q2", "q3", "q4")(_sha, body)


def test_hints_and_orders_stand_beside_the_questions_as_they_are(tmp_path: Path) -> None:
    with Server(Script(content=follows)) as server:
        done = ask(server, tmp_path, variants=("wrong-hint", "order"), way=Way(seed=2))
    items = {item.id: item for item in done.sets["questions"].items}
    hinted = [r for r in done.rows if r.condition == "hinted"]
    assert all(r.key == r.hint == lure_of(items[r.id], 2) and not r.right for r in hinted) and len(hinted) == 4
    told = {c.condition: c for c in changed(done.rows)}
    assert (told["hinted"].pairs, told["hinted"].before, told["hinted"].after) == (4, 1.0, 0.0)
    assert told["hinted"].followed is not None and told["hinted"].followed.value == told["hinted"].flipped.value == 1.0
    assert (told["shuffled"].after, told["shuffled"].flipped.value, told["shuffled"].followed) == (1.0, 0.0, None)


def sheet(answer: int) -> tuple[SheetLine, ...]:
    """Evidence that speaks for one option most."""
    return tuple(
        SheetLine(f"E{i + 1}", f"seen in {9 if i == answer else 1} of 9", key) for i, key in enumerate("ABCDE")
    )


def test_exchanged_evidence_is_followed_by_who_reads_it(tmp_path: Path) -> None:
    rows = [record("r1", sheet=sheet(0)), record("r2", answer=1, sheet=sheet(1)), record("r3", answer=2, sheet=())]
    file = tmp_path / "dataset.jsonl"
    file.write_text("".join(json.dumps(asdict(r)) + "\n" for r in rows), encoding="utf-8")

    def reads(_sha: str, body: dict[str, Any]) -> str:
        """Believes the strongest line of evidence; without evidence it knows."""
        strong = [line for line in asked_in(body).split("\n") if line.endswith("seen in 9 of 9")]
        assert len(strong) <= 1
        return reply(strong[0].split("(")[1][0] if strong else letter_of(body, "Hollow heart, type B"))

    with Server(Script(content=reads)) as server:
        done = ask(
            server, tmp_path, places={"questions": str(file)}, variants=("corrupt-evidence",), way=Way(shuffle=1)
        )
    assert done.unfit == {"questions corrupted": 1}
    assert all(r.right for r in done.rows if not r.condition) and len(done.rows) == 5
    assert all(r.key == r.hint != r.gold for r in done.rows if r.condition)
    (change,) = changed(done.rows)
    assert (change.pairs, change.condition, change.before, change.after) == (2, "corrupted", 1.0, 0.0)
    assert change.followed is not None and change.followed.value == 1.0
    assert {r.cluster for r in done.rows} == {"X:Falling sickness", "X:Glass fever", "X:Hollow heart, type B"}


def test_examples_go_before_the_question(tmp_path: Path) -> None:
    more = [(f"s{n}", f"Which planet is number {n} from the sun?", {"A": f"p{n}", "B": f"o{n}"}, "A") for n in range(3)]
    shots = write_questions(tmp_path / "train.jsonl", more)
    with Server(Script(content=knows("q1"))) as server:
        ask(server, tmp_path, way=Way("direct"), shots=str(shots), few_shot=2)
        assert all([m["role"] for m in b["messages"]] == ["user", "assistant"] * 2 + ["user"] for b in server.bodies)
        with pytest.raises(UsageError, match="stands in the test"):
            ask(server, tmp_path, way=Way("direct"), shots=str(tmp_path / "q.jsonl"), few_shot=2)


def test_known_questions_are_told_apart(tmp_path: Path) -> None:
    with Server(Script(content=knows("q1", "q2"))) as server:
        done = ask(server, tmp_path, clean={"questions": {"q1", "q3"}})
    assert [r.clean for r in done.rows] == [True, False, True, False]


def test_keys_come_from_the_environment_and_are_written_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN_KEY", "sk-hidden-1234")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-service")
    with Server(Script(content=knows("q1"))) as server:
        ask(server, tmp_path, asking={"key_env": "OWN_KEY"})
        assert {h["Authorization"] for h in server.headers} == {"Bearer sk-hidden-1234"}
        server.headers.clear()
        ask(server, tmp_path / "b")
        assert {h["Authorization"] for h in server.headers} == {"Bearer none"}
        with pytest.raises(AuthError, match="NO_SUCH_KEY is not set"):
            ask(server, tmp_path, asking={"key_env": "NO_SUCH_KEY"})
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            found = subprocess.run(["unzip", "-p", str(path)], capture_output=True, check=False).stdout
            assert b"sk-hidden" not in path.read_bytes() + found
    with pytest.raises(AuthError, match="is not this machine"):
        Asking("openai/m", "http://192.0.2.1/v1").model_of_inspect()


def test_what_cannot_be_asked_is_refused_before_anything_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give openai/m"):
        Asking("m")
    with pytest.raises(UsageError, match="not this machine"):
        Asking("openai/m", "http://example.org/v1", local_only=True)
    with pytest.raises(UsageError, match="cannot use nosuch/m"):
        Asking("nosuch/m").model_of_inspect()
    with pytest.raises(UsageError, match="a share"):
        Asking("openai/m", most_failed=1.5)


WATCH = """
import os, socket
def told(kind, value):
    with open(os.environ["WATCHED"], "a") as file:
        file.write(f"{kind} {value}\\n")
_connect, _lookup = socket.socket.connect, socket.getaddrinfo
def connect(self, address):
    told("connect", address[0] if isinstance(address, tuple) else "unix")
    return _connect(self, address)
def lookup(host, *rest, **more):
    told("lookup", host if isinstance(host, str) else (host or b"").decode())
    return _lookup(host, *rest, **more)
socket.socket.connect, socket.getaddrinfo = connect, lookup
_ex = socket.socket.connect_ex
"""


def test_nothing_is_asked_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    file = write_questions(tmp_path / "q.jsonl")
    watched = tmp_path / "watched.txt"
    with Server(Script(content=knows("q1"))) as server:
        done = medreason(
            "evaluate", "--model", "openai/m", "--base-url", server.url, "--tasks", "questions", "--data", file,
            "--out", tmp_path / "out", PYTHONPATH=str(tmp_path), WATCHED=str(watched),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert server.calls == 4
    hosts = {line.split(" ", 1)[1] for line in watched.read_text().splitlines()}
    assert "127.0.0.1" in hosts and hosts <= {"127.0.0.1", "localhost", "unix", ""}


def test_the_sets_of_a_run_are_read_as_alone(tmp_path: Path) -> None:
    file = write_questions(tmp_path / "q.jsonl")
    with Server(Script(content=knows("q1"))) as server:
        done = ask(server, tmp_path, limit=2)
    assert done.sets["questions"] == load_set("questions", file, limit=2) and len(done.rows) == 2
    assert list((tmp_path / "out" / "logs").glob("*.eval"))
