"""Throughput of the client beside its peers: ``python -m benchmarks.llm_throughput --latency 0.2 --sdk PYTHON --kill``.

5,000 different calls of about 600 prompt tokens against the scripted server (a process of its own), at most 256 at
once. Rows: a bare aiohttp loop, our client with journal and rate control (from its usual number of slots, and from
256), and, in environments of their own, a bare loop over the ``openai`` SDK and bespokelabs-curator. The ideal is
calls / slots x latency: 5,000 / 256 x 0.2 s = 3.91 s. Of several rounds the fastest counts.

With ``--kill``, the client and curator are killed half-way and started again: the tokens that each then reports, beside
what the server billed.

An environment for a peer: ``python -m venv V; V/bin/pip install 'openai[aiohttp]'`` (or ``bespokelabs-curator``).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.llm_server import served
from medreason.llm.client import Client
from medreason.llm.journal import Journal
from medreason.llm.parse import Reply
from medreason.llm.request import Message, Request
from medreason.llm.settings import Endpoint, Limits

CALLS, SLOTS = 5000, 256
WORDS = "the patient is a child with fever and a rash who has been tired for three weeks and "
TEXT = WORDS * (2400 // len(WORDS))
Row = dict[str, Any]

# Each script prints "begun" before its first call, and a line of JSON at the end. Imports are not counted.
OURS = """
import asyncio, json, sys
from pathlib import Path
from benchmarks.llm_throughput import Limits, SLOTS, ours
from medreason.llm.accounts import account
url, calls, _, path = sys.argv[1], int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
print("begun", flush=True)
asyncio.run(ours(url, calls, Limits(most=SLOTS), path))
found = account(path)["total"]
print(json.dumps({"prompt": found["prompt_tokens"], "completion": found["completion_tokens"],
                  "unknown_bills": found["unknown_bills"], "unknown_at_most": found["unknown_tokens_at_most"],
                  "answers": found["replies"]}))
"""

SDK = """
import asyncio, json, os, sys, time
import openai
url, calls, slots, kind = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
words = os.environ["WORDS"]
async def main():
    options = {}
    if kind == "aiohttp":
        options["http_client"] = openai.DefaultAioHttpClient()
    client = openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=120, **options)
    gate = asyncio.Semaphore(slots)
    async def one(n):
        async with gate:
            await client.chat.completions.create(model="m", messages=[{"role": "user", "content": f"{n} {words}"}])
    await asyncio.gather(*(one(n) for n in range(calls)))
print("begun", flush=True)
begun, cpu = time.perf_counter(), time.process_time()
asyncio.run(main())
print(json.dumps({"wall": time.perf_counter() - begun, "cpu": time.process_time() - cpu}))
"""

CURATOR = """
import glob, json, os, sys, time
import tiktoken
class Quarters:  # its tokenizer would be downloaded; four characters a token cost it less
    def encode(self, text, **_):
        return [0] * (len(text) // 4)
tiktoken.get_encoding = tiktoken.encoding_for_model = lambda _: Quarters()
from bespokelabs import curator
from bespokelabs.curator.request_processor.online import openai_online_request_processor as online
from datasets import Dataset
fetch = online.fetch_response
async def with_total(*given, **named):  # it takes a reply without total_tokens as an error, and asks ten times more
    reply = await fetch(*given, **named)
    usage = reply["usage"]
    usage.setdefault("total_tokens", usage["prompt_tokens"] + usage["completion_tokens"])
    return reply
online.fetch_response = with_total
url, calls, slots = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
words = os.environ["WORDS"]
rows = Dataset.from_list([{"prompt": f"{n} {words}"} for n in range(calls)])
class Asker(curator.LLM):
    def prompt(self, row):
        return row["prompt"]
    def parse(self, row, response):
        return {"text": response}
asker = Asker(model_name="m", backend="openai", backend_params={
    "base_url": url, "api_key": "none", "max_requests_per_minute": 10**7, "max_tokens_per_minute": 10**10,
    "max_concurrent_requests": slots, "require_all_responses": False})
print("begun", flush=True)
begun, cpu = time.perf_counter(), time.process_time()
found = asker(rows)
wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
kept = [json.loads(line)["token_usage"] for path in glob.glob(os.environ["CURATOR_CACHE_DIR"] + "/*/responses_*.jsonl")
        for line in open(path)]
print()
print(json.dumps({
    "wall": wall, "cpu": cpu, "answers": len(found.dataset),
    "prompt": found.token_usage.input, "completion": found.token_usage.output,
    "kept_prompt": sum(u["input"] for u in kept), "kept_completion": sum(u["output"] for u in kept)}))
"""


def requests(calls: int) -> list[Request]:
    """Different prompts of some 2,400 characters."""
    return [Request("m", (Message("user", f"{n} {TEXT}"),), stage="bench", item=f"case-{n}") for n in range(calls)]


async def bare(url: str, calls: int) -> None:
    slots = asyncio.Semaphore(SLOTS)
    payloads = [json.dumps(r.payload("none")).encode() for r in requests(calls)]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(payload: bytes) -> None:
            async with slots, session.post(f"{url}/chat/completions", data=payload) as reply:
                json.loads(await reply.read())

        await asyncio.gather(*(one(p) for p in payloads))


async def ours(url: str, calls: int, limits: Limits, path: Path) -> None:
    journal = Journal(path)
    async with Client(Endpoint(url), journal, limits=limits) as client:
        outcomes = await asyncio.gather(*(client.call(r) for r in requests(calls)))
    journal.close()
    assert len(outcomes) == calls and all(isinstance(o, Reply) for o in outcomes)


def timed(work: Callable[[], Coroutine[Any, Any, None]]) -> Row:
    begun, cpu = time.perf_counter(), time.process_time()
    asyncio.run(work())
    return {"wall": time.perf_counter() - begun, "cpu": time.process_time() - cpu}


def peer(python: str, script: str, *given: object, cache: Path, kill_after: float = 0.0) -> Row:
    """Runs a script with another Python.

    Args:
        python: Whose.
        script: See above.
        given: Its arguments.
        cache: A folder; curator finds there what an earlier process left.
        kill_after: Seconds after its beginning when it is killed; 0 lets it end.

    Returns:
        What it prints at the end; empty where it was killed or failed (then its last words are shown).
    """
    environment = {
        **os.environ, "WORDS": TEXT, "OPENAI_API_KEY": "none", "TELEMETRY_ENABLED": "0", "HF_HUB_OFFLINE": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True", "CURATOR_DISABLE_RICH_DISPLAY": "1", "CURATOR_CACHE_DIR": str(cache),
        "HOME": str(cache), "CURATOR_VIEWER": "0",
    }  # fmt: skip
    command = [python, "-c", script, *map(str, given)]
    with tempfile.TemporaryFile("w+") as words:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=words, text=True, env=environment) as process:
            assert process.stdout is not None
            while (line := process.stdout.readline()) and line != "begun\n":
                pass
            if kill_after:
                time.sleep(kill_after)
                process.kill()
                return {}
            said = process.stdout.read()
        if process.returncode != 0:
            words.seek(0)
            print(words.read()[-1500:], file=sys.stderr)
            return {}
    found: Row = json.loads(said.strip().splitlines()[-1])
    return found


def one_round(given: argparse.Namespace, url: str, folder: Path) -> dict[str, Row]:
    """Each row once."""
    calls, usual, full = given.calls, Limits(most=SLOTS), Limits(start=SLOTS, most=SLOTS)
    rows = {
        "bare aiohttp": timed(partial(bare, url, calls)),
        "client": timed(partial(ours, url, calls, usual, folder / "a.sqlite")),
        "client from 256": timed(partial(ours, url, calls, full, folder / "b.sqlite")),
    }
    if given.sdk:
        rows["openai SDK"] = peer(given.sdk, SDK, url, calls, SLOTS, "httpx", cache=folder)
        rows["openai SDK, aiohttp"] = peer(given.sdk, SDK, url, calls, SLOTS, "aiohttp", cache=folder)
    if given.curator:
        rows["curator"] = peer(given.curator, CURATOR, url, calls, SLOTS, cache=folder)
    return {label: row for label, row in rows.items() if row}


def throughput(given: argparse.Namespace, folder: Path) -> dict[str, Row]:
    """The fastest of several rounds of each row."""
    best: dict[str, Row] = {}
    for turn in range(given.rounds):
        print(f"round {turn + 1}: load {os.getloadavg()[0]:.2f}", end="", flush=True)
        (part := folder / f"round{turn}").mkdir()
        with served(folder, script={"latency": given.latency}) as server:
            rows = one_round(given, server.url, part)
        print("".join(f"; {label} {row['wall']:.2f} s" for label, row in rows.items()), flush=True)
        for label, row in rows.items():
            if label not in best or row["wall"] < best[label]["wall"]:
                best[label] = row
    return best


def resumed(python: str, script: str, given: argparse.Namespace, folder: Path, wall: float) -> Row:
    """Tokens as reported after a kill half-way and a second process, and as the server billed them."""
    folder.mkdir()
    with served(folder, script={"latency": given.latency}) as server:
        run = partial(peer, python, script, server.url, given.calls, SLOTS, folder / "a.sqlite", cache=folder)
        run(kill_after=wall / 2)
        reported = run()
        billed = server.stop()
    names = ("calls", "prompt_tokens", "completion_tokens", "good_replies_beyond_one")
    return {"reported": reported, "server": {name: billed[name] for name in names}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sdk", default="", help="Python of an environment with openai.")
    parser.add_argument("--curator", default="", help="Python of an environment with bespokelabs-curator.")
    parser.add_argument("--kill", action="store_true", help="Also kill half-way, resume, and compare tokens.")
    given = parser.parse_args()
    ideal = given.calls / SLOTS * given.latency
    print(f"{given.calls} calls, {SLOTS} slots, {given.latency:g} s: ideal {ideal:.2f} s")
    with tempfile.TemporaryDirectory() as name:
        best = throughput(given, Path(name))
        print("row                     wall s  x ideal  % of the ideal rate  ms CPU a call")
        for label, row in best.items():
            share, cpu = 100 * ideal / row["wall"], 1000 * row["cpu"] / given.calls
            print(f"{label:22} {row['wall']:7.2f}  {row['wall'] / ideal:7.2f}  {share:19.1f}  {cpu:13.2f}")
        if given.kill:
            for label, python, script in (("client", sys.executable, OURS), ("curator", given.curator, CURATOR)):
                if label in best:
                    found = resumed(python, script, given, Path(name) / f"killed-{label}", best[label]["wall"])
                    print(json.dumps({"killed half-way": label, **found}, indent=1))


if __name__ == "__main__":
    main()
