"""The commands around a run with a language model: status, show, purge, check, estimate."""

import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from medreason.cli._show_item import of_prompt
from medreason.cli.estimate import chosen
from medreason.cli.status import sparkline
from medreason.llm.accounts import Pace, history
from medreason.llm.rate import Aimd, History
from medreason.statistics import mean
from tests.llm.authors import chain, question_of, user_text
from tests.llm.server import Script, ScriptedServer, example
from tests.runs import command, medreason

VIGNETTES = Path(__file__).parents[2] / "src" / "medreason" / "data" / "vignettes.jsonl"
KEYS = {row["question"]: row["answer_key"] for row in map(json.loads, VIGNETTES.open(encoding="utf-8"))}
RUN_FILE = "llm:\n  seed: 1\n  start: 8\n  prices: {m: {prompt: 2.0, completion: 8.0}}\n"
ITEMS = 30


def replies(_sha: str, body: dict[str, Any]) -> str:
    """Chains of which some are wrong, some ungrounded, some against the schema; the same for the same request."""
    text = next(str(m["content"]) for m in body["messages"] if m["role"] == "user")
    if "\n\nOptions\n" not in text:
        return json.dumps(example(body["response_format"]["json_schema"]["schema"], "0" * 64))
    key = KEYS.get(question_of(text), "A")
    draw = int(hashlib.sha256(f"{question_of(text)} {body.get('seed')}".encode()).hexdigest()[:4], 16) / 2**16
    if draw < 0.3:
        return chain(text, "A" if key != "A" else "B")
    if draw < 0.55:
        return chain(text, key).replace("evidence supports", "evidence proves Noonan syndrome and supports")
    if draw < 0.65 and "could not be used" not in user_text(body):
        return json.dumps({"steps": [{"text": "It is so.", "cites": ["E99"]}], "answer": key})
    return chain(text, key)


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    script = Script(latency=0.02, rate=0.15, kinds=("429wait", "503", "drop"), content=replies)
    with ScriptedServer(script) as found:
        yield found


def options(hpo_dir: Path, url: str, folder: Path, limit: int = ITEMS) -> list[object]:
    (folder / "run.yaml").write_text(RUN_FILE)
    return [folder / "run.yaml", "--questions", VIGNETTES, "--source", "jsonl", "--kg", hpo_dir, "--teacher", url,
            "--model", "m", "--limit", limit]  # fmt: skip


@pytest.fixture(scope="module")
def finished(hpo_dir: Path, server: ScriptedServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    done = medreason("run", *options(hpo_dir, server.url, folder), "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    return folder / "out"


def told(*arguments: object) -> Any:
    done = medreason(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(code: int, says: str, *arguments: object, **given: Any) -> None:
    done = medreason(*arguments, **given)
    assert done.returncode == code, (done.stdout, done.stderr)
    assert re.search(says, " ".join(done.stderr.split())), done.stderr
    assert "Traceback" not in done.stderr


def narrow(text: str) -> bool:
    return max(map(len, text.splitlines())) <= 80


def rejected(folder: Path) -> dict[str, Any]:
    rows = map(json.loads, (folder / "rejected.jsonl").open(encoding="utf-8"))
    return next(row for row in rows if row["reason"] == "not_grounded")


# -- status ----------------------------------------------------------------------------------------------


def test_status_of_a_finished_run_counts_what_the_journal_and_the_manifest_count(finished: Path) -> None:
    status = told("status", finished)
    manifest = json.loads((finished / "manifest.json").read_text())
    assert status["state"] == "finished"
    assert status["items"] == ITEMS == status["kept"] + sum(status["rejected"].values())
    assert status["rejected"] == manifest["summary"]["rejected"]
    db = sqlite3.connect(finished / "journal.sqlite")
    calls, cost = db.execute("SELECT COUNT(*), SUM(cost) FROM attempt").fetchone()
    assert status["llm"]["total"]["attempts"] == calls == sum(s["attempts"] for s in status["llm"]["stages"].values())
    assert status["llm"]["total"]["cost"] == pytest.approx(cost, abs=1e-5)
    faults = db.execute("SELECT COUNT(*) FROM attempt WHERE error_class = 'rate_limit'").fetchone()[0]
    assert status["llm"]["failures"]["rate_limit"] == faults > 0
    assert [p["reason"] for p in status["pace"]][:1] == ["start"]
    reasons = {p["reason"] for p in status["pace"]}
    assert {"rate_limit (HTTP 429)", "Retry-After 0.05 s", "overload (HTTP 503)", "end"} <= reasons
    assert all(1 <= p["slots"] <= 256 for p in status["pace"])


def test_status_fits_a_terminal_and_says_why_the_limit_fell(finished: Path) -> None:
    done = medreason("status", finished, COLUMNS="80")
    assert done.returncode == 0
    assert narrow(done.stdout)
    assert "Most calls at once" in done.stdout
    assert "rate_limit (HTTP 429)" in done.stdout
    assert "bill not known" in done.stdout  # dropped connections


def test_status_and_show_refuse_while_a_run_writes_and_tell_how_a_killed_one_stands(
    hpo_dir: Path, tmp_path: Path
) -> None:
    with ScriptedServer(Script(latency=0.3, content=replies)) as slow:
        out = tmp_path / "out"
        run = command("run", *options(hpo_dir, slow.url, tmp_path, 139), "--out", out)
        (tmp_path / "run.yaml").write_text(RUN_FILE + "  most: 16\n")
        child = subprocess.Popen(run, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        while slow.calls < 30 and child.poll() is None:
            time.sleep(0.01)
        for words in (["status", out], ["show", out, "mr-0001"], ["purge", out, "--yes"]):
            refused(3, "a run is writing this folder", *words)
        while slow.calls < 120 and child.poll() is None:
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    status = told("status", out)
    assert status["state"] == "unfinished"
    assert 0 < status["items"] < 139
    assert status["llm"]["failures"]["lost"] > 0
    assert status["llm"]["total"]["unknown_bills"] > 0
    db = sqlite3.connect(out / "work.sqlite")
    outcome = json.loads(db.execute("SELECT outcome FROM item").fetchone()[0])
    db.close()
    assert told("show", out, outcome["row"]["id"])["ended"][0]["row"] == outcome["row"]


def test_the_history_notes_each_cut_and_growth_once_a_second() -> None:
    rows: list[tuple[float, float, str]] = []
    aimd = Aimd(4, 64)
    noted = History(aimd, lambda *row: rows.append(row))
    noted.mark(0.0, "start")
    for n in range(40):
        aimd.succeeded()
        noted.grown(n / 10)
    assert [at for at, _, _ in rows] == [0.0, 1.0, 2.0, 3.0]
    assert [slots for _, slots, _ in rows] == [4, 15, 25, 35]
    aimd.overloaded(1.0, 4.0)
    noted.mark(4.0, "timeout")
    noted.grown(9.0)  # not higher than when it was noted
    assert rows[4:] == [(4.0, 22.0, "timeout")]


def test_a_line_over_time_leaves_out_the_time_between_sessions() -> None:
    pace = [Pace(0.0, 8, "start"), Pace(50.0, 64, "growth"), Pace(100.0, 64, "end"), Pace(1e6, 8, "start"),
            Pace(1e6 + 100, 8, "end")]  # fmt: skip
    line = sparkline(pace, 20)
    assert len(line) == 20
    assert line[5:10] == "█" * 5
    assert line[11:] == "▂" * 9


def test_a_journal_of_before_has_no_history(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "old")
    db = sqlite3.connect(tmp_path / "old" / "journal.sqlite")
    db.execute("DROP TABLE pace")
    db.commit()
    db.close()
    assert history(tmp_path / "old" / "journal.sqlite") == []
    assert told("status", tmp_path / "old")["pace"] == []


# -- show ------------------------------------------------------------------------------------------------


def test_show_tells_a_rejected_item_from_question_to_end(finished: Path) -> None:
    row = rejected(finished)
    found = told("show", finished, row["id"])
    question = next(r for r in map(json.loads, VIGNETTES.open(encoding="utf-8")) if r["id"] == row["id"])
    assert found["question"] == question["question"]
    assert [o["text"] for o in found["options"]] == [o["text"] for o in question["options"]]
    assert {line["option"] for line in found["sheet"] if line["id"].startswith("E")} <= {"A", "B", "C", "D", "E"}
    assert found["ended"] == [{"kind": "rejection", "row": row}]
    assert {a["status"] for r in found["requests"] for a in r["attempts"]} <= {"ok", "failed"}
    assert {s["request"] for s in found["samples"]} <= {r["sha"] for r in found["requests"]}
    text = medreason("show", finished, row["id"], COLUMNS="80").stdout
    assert narrow(text)
    assert "rejected: check/not_grounded" in text.splitlines()[0]
    flat = " ".join(text.split())
    assert flat.count(" ".join(question["question"].split())) == 1
    for sample in found["samples"]:
        for problem in sample["problems"]:
            assert " ".join(problem.split()) in flat


def test_the_sheet_of_a_record_is_the_one_of_its_prompt(finished: Path) -> None:
    record = json.loads((finished / "dataset.jsonl").open(encoding="utf-8").readline())
    found = told("show", finished, record["id"])
    prompt = of_prompt(found["requests"][0]["messages"][-1]["content"])
    assert prompt is not None
    keys = ("id", "text", "option", "stance")
    expected = [{k: line[k] for k in keys} for line in record["sheet"]]
    mine = [{**line, "stance": line["stance"] or ""} for line in prompt.sheet]
    assert sorted(map(str, mine)) == sorted(map(str, expected))


def test_full_shows_every_text_whole_and_once(finished: Path) -> None:
    row = rejected(finished)
    flat = " ".join(medreason("show", finished, row["id"], "--full", COLUMNS="80").stdout.split())
    messages = {m["content"] for r in told("show", finished, row["id"])["requests"] for m in r["messages"]}
    for text in (m for m in messages if not m.startswith("{")):
        assert flat.count(" ".join(text.split())) == 1


def test_an_unknown_id_is_one_error_with_near_ones(finished: Path, tmp_path: Path) -> None:
    refused(3, r"no item 'mr-01'.*did you mean mr-", "show", finished, "mr-01")
    refused(3, "is not a folder", "show", tmp_path / "nothing", "x")
    refused(3, "holds no run", "status", tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    refused(3, "manifest.json is not of a run", "status", tmp_path)


def test_what_a_reply_holds_cannot_steer_the_terminal(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "run")
    name = rejected(finished)["id"]
    db = sqlite3.connect(tmp_path / "run" / "journal.sqlite")
    db.execute("UPDATE reply SET body = ? ", ("\x1b[31mred[/bold] [red]",))
    db.commit()
    db.close()
    done = medreason("show", tmp_path / "run", name)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "[/bold] [red]" in done.stdout


# -- purge -----------------------------------------------------------------------------------------------


def test_purge_asks_and_says_what_is_gone(finished: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished, run)
    before = told("status", run)
    no = medreason("purge", run, stdin="n\n")
    assert no.returncode == 0
    assert "nothing was deleted" in no.stdout
    refused(2, "nobody answered", "purge", run, stdin="")
    bodies = medreason("purge", run, "--bodies-only", "--yes")
    assert "deleted the texts of" in bodies.stdout
    assert b"Noonan" not in (run / "journal.sqlite").read_bytes()
    assert told("status", run)["llm"] == before["llm"]
    name = rejected(finished)["id"]
    shown = medreason("show", run, name, COLUMNS="80").stdout
    assert "the texts are purged" in shown
    assert "proves Noonan" in " ".join(shown.split())  # the chain stands in rejected.jsonl
    gone = medreason("purge", run, stdin="y\n")
    assert "journal.sqlite is gone" in gone.stdout
    assert not list(run.glob("journal.sqlite*"))
    refused(3, "nothing to delete", "purge", run)
    assert told("status", run)["llm"] == json.loads((run / "manifest.json").read_text())["llm"]


# -- check -----------------------------------------------------------------------------------------------


def test_check_tells_what_the_server_obeys() -> None:
    with ScriptedServer() as server:
        found = told("check", server.url, "--model", "m", "--local-only")
        done = medreason("check", server.url, "--model", "m", COLUMNS="80")
    assert server.calls == 8
    assert found["structured"]["json_schema"]["obeyed"]
    assert not found["structured"]["none"]["obeyed"]  # the scripted server reads no prompt
    assert found["use"] == "auto"
    assert found["tokens"]["completion"] > 0
    assert narrow(done.stdout)
    assert "a run can use it as it is" in done.stdout


def test_check_names_the_way_of_a_server_that_ignores_a_schema() -> None:
    def reply(_sha: str, body: dict[str, Any]) -> str:
        told = "wet" in user_text(body) and "schema" in user_text(body).lower()
        return '{"wet": true, "why": "It is."}' if told else "Yes, it is."

    with ScriptedServer(Script(content=reply)) as server:
        done = medreason("check", server.url, "--model", "m", COLUMNS="80")
        assert "set structured: json_object" in done.stdout
        server.script.always = "unstructured"
        assert told("check", server.url, "--model", "m")["use"] == "auto"  # refused twice, then the prompt alone


@pytest.mark.parametrize(
    ("fault", "says"),
    [("401", "Incorrect API key"), ("404", "model `m` does not exist"), ("quota", "add credit"), ("400", "'seed'"),
     ("429", "Rate limit"), ("redirect", "check the base URL"), ("500", "internal"), ("drop", "connection broke"),
     ("cut_body", "chat server"), ("prose", "replies in no JSON")],
)  # fmt: skip
def test_check_has_an_error_for_each_fault(fault: str, says: str) -> None:
    with ScriptedServer(Script(always=fault)) as server:
        refused(4, says, "check", server.url, "--model", "m")


def test_check_without_a_server_or_a_key() -> None:
    refused(4, "cannot connect", "check", "http://127.0.0.1:1/v1", "--model", "m")
    refused(4, "NO_SUCH_KEY is not set", "check", "http://127.0.0.1:1/v1", "--model", "m", "--key-env", "NO_SUCH_KEY")
    refused(2, "not this machine", "check", "http://192.0.2.1/v1", "--model", "m", "--local-only")
    refused(2, "plain http", "check", "ftp://x", "--model", "m")
    refused(2, "model", "check", "http://127.0.0.1:1/v1")


# -- estimate --------------------------------------------------------------------------------------------


def test_a_pilot_is_projected_and_a_run_in_its_folder_reuses_it(
    hpo_dir: Path, server: ScriptedServer, finished: Path, tmp_path: Path
) -> None:
    given = options(hpo_dir, server.url, tmp_path)
    out = tmp_path / "pilot"
    found = told("estimate", *given, "--pilot", 10, "--out", out)
    assert (found["items"], found["pilot"]["items"]) == (ITEMS, 10)
    actual = told("status", finished)["llm"]["total"]
    for key, value in (("calls", actual["requests"]), ("prompt_tokens", actual["prompt_tokens"])):
        whole = found["whole"][key]
        assert whole["low"] <= whole["value"] <= whole["high"]
        assert whole["value"] == pytest.approx(value, rel=0.5)
    price = 2e-6 * found["whole"]["prompt_tokens"]["value"] + 8e-6 * found["whole"]["completion_tokens"]["value"]
    assert found["whole"]["cost"]["value"] == pytest.approx(price, rel=1e-3)
    assert told("status", out)["state"] == "replies"
    again = told("estimate", *given, "--pilot", 10, "--out", out)
    assert again["whole"]["calls"] == found["whole"]["calls"]
    assert medreason("run", *given, "--out", out).returncode == 0
    db = sqlite3.connect(out / "journal.sqlite")
    asked = db.execute("SELECT COUNT(*), COUNT(DISTINCT request_sha) FROM attempt WHERE status = 'ok'").fetchone()
    assert asked[0] == asked[1] == actual["requests"]
    text = medreason("estimate", *given, "--pilot", 3, COLUMNS="80").stdout
    assert narrow(text)
    assert "not included" in text


def test_estimate_refuses_what_cannot_be_estimated(hpo_dir: Path, tmp_path: Path) -> None:
    given = options(hpo_dir, "http://127.0.0.1:1/v1", tmp_path)
    refused(4, "cannot connect", "estimate", *given)
    refused(2, "nothing to estimate", "estimate", *given, "--teacher", "offline")
    refused(2, "greater than or equal to 2", "estimate", *given, "--pilot", 1)
    refused(3, "holds something else", "estimate", *given, "--out", hpo_dir)
    refused(2, "questions is missing", "estimate", "--kg", hpo_dir, "--source", "jsonl")


def test_a_pilot_is_spread_and_by_seed() -> None:
    assert chosen(1000, 10, 3) == chosen(1000, 10, 3) != chosen(1000, 10, 4)
    assert [n // 100 for n in chosen(1000, 10, 3)] == list(range(10))
    assert chosen(5, 20, 0) == [0, 1, 2, 3, 4]
    assert chosen(0, 20, 0) == []


def test_the_mean_of_values_of_any_size() -> None:
    found = mean([10.0, 20.0, 30.0, 40.0], seed=1)
    assert (found.value, found.n) == (25.0, 4)
    assert 10 <= found.low < 25 < found.high <= 40
    assert mean([7.0, 7.0])[:3] == (7.0, 7.0, 7.0)


def test_every_command_has_a_help_page() -> None:
    for name in ("run", "estimate", "check", "status", "show", "purge"):
        done = medreason(name, "--help", COLUMNS="80")
        assert done.returncode == 0, done.stderr
        assert "Usage" in done.stdout
