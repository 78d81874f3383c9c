"""Throughput of the client beside its peers: ``python -m benchmarks.llm_throughput --latency 0.2 --sdk PYTHON``.

5,000 different calls of about 600 prompt tokens against the scripted server (a process of its own), at most 256 at
once. Rows: a bare aiohttp loop, our client with journal and rate control (from 64 slots and from 256), and, in
environments of their own, a bare loop over the ``openai`` SDK and bespokelabs-curator. The ideal is calls / slots x
latency.
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
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.llm_server import served
from medreason.llm.accounts import account
from medreason.llm.client import Client
from medreason.llm.journal import Journal
from medreason.llm.request import Message, Request
from medreason.llm.settings import Endpoint, Limits

CALLS, SLOTS = 5000, 256
WORDS = "the patient is a child with fever and a rash who has been tired for three weeks and "

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
begun, cpu = time.perf_counter(), time.process_time()
asyncio.run(main())
print(json.dumps({"wall": time.perf_counter() - begun, "cpu": time.process_time() - cpu}))
"""

CURATOR = """
import json, os, sys, time
import tiktoken
class Quarters:  # its tokenizer would be downloaded; four characters a token cost it less
    def encode(self, text, **_):
        return [0] * (len(text) // 4)
tiktoken.get_encoding = tiktoken.encoding_for_model = lambda _: Quarters()
from bespokelabs import curator
from datasets import Dataset
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
begun, cpu = time.perf_counter(), time.process_time()
found = asker(rows)
print()
print(json.dumps({"wall": time.perf_counter() - begun, "cpu": time.process_time() - cpu, "rows": len(found.dataset)
                  if hasattr(found, "dataset") else len(found)}))
"""


def requests(calls: int) -> list[Request]:
    """Different prompts of some 2,400 characters."""
    text = WORDS * (2400 // len(WORDS))
    return [Request("m", (Message("user", f"{n} {text}"),), stage="bench", item=str(n)) for n in range(calls)]


async def bare(url: str, calls: int) -> None:
    slots = asyncio.Semaphore(SLOTS)
    payloads = [json.dumps(r.payload("none")).encode() for r in requests(calls)]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(payload: bytes) -> None:
            async with slots, session.post(f"{url}/chat/completions", data=payload) as reply:
                json.loads(await reply.read())

        await asyncio.gather(*(one(p) for p in payloads))


async def ours(url: str, calls: int, start: int, path: Path) -> None:
    journal = Journal(path)
    async with Client(Endpoint(url), journal, limits=Limits(start=start, most=SLOTS)) as client:
        await asyncio.gather(*(client.call(r) for r in requests(calls)))
    journal.close()


def timed(work: Coroutine[Any, Any, None]) -> dict[str, float]:
    begun, cpu = time.perf_counter(), time.process_time()
    asyncio.run(work)
    return {"wall": time.perf_counter() - begun, "cpu": time.process_time() - cpu}


def peer(python: str, script: str, *given: object) -> dict[str, float]:
    """A peer in its own environment; an empty result with its last words on stderr where it fails."""
    environment = {
        **os.environ, "WORDS": WORDS * (2400 // len(WORDS)), "OPENAI_API_KEY": "none", "TELEMETRY_ENABLED": "0",
        "HF_HUB_OFFLINE": "1", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "CURATOR_DISABLE_RICH_DISPLAY": "1",
        "CURATOR_CACHE_DIR": tempfile.mkdtemp(), "HOSTED_CURATOR_VIEWER": "0",
    }  # fmt: skip
    done = subprocess.run(
        [python, "-c", script, *map(str, given)], capture_output=True, text=True, check=False, env=environment,
        timeout=1200,
    )  # fmt: skip
    if done.returncode != 0:
        print(done.stderr[-1500:], file=sys.stderr)
        return {}
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--sdk", default="", help="Python of an environment with openai.")
    parser.add_argument("--curator", default="", help="Python of an environment with bespokelabs-curator.")
    parser.add_argument("--curator-calls", type=int, default=1000)
    given = parser.parse_args()
    ideal = given.calls / SLOTS * given.latency
    print(
        f"{given.calls} calls, {SLOTS} slots, {given.latency:g} s: ideal {ideal:.2f} s; load {os.getloadavg()[0]:.2f}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with served(folder, script={"latency": given.latency}) as server:
            url = server.url
            rows = {
                "bare aiohttp": lambda: timed(bare(url, given.calls)),
                "client": lambda: timed(ours(url, given.calls, 64, folder / "a.sqlite")),
                "client from 256": lambda: timed(ours(url, given.calls, SLOTS, folder / "b.sqlite")),
            }
            if given.sdk:
                rows["openai SDK"] = lambda: peer(given.sdk, SDK, url, given.calls, SLOTS, "httpx")
                rows["openai SDK, aiohttp"] = lambda: peer(given.sdk, SDK, url, given.calls, SLOTS, "aiohttp")
            for label, work in rows.items():
                show(label, work(), given.calls, ideal)
            if given.curator:
                calls = given.curator_calls
                show("curator", peer(given.curator, CURATOR, url, calls, SLOTS), calls, ideal * calls / given.calls)
            server.stop()
        total = account(folder / "a.sqlite")["total"]
        print(f"journal: {total['replies']} replies, {total['prompt_tokens']} + {total['completion_tokens']} tokens")


def show(label: str, row: dict[str, float], calls: int, ideal: float) -> None:
    if not row:
        print(f"{label:22} failed")
        return
    share, cpu = 100 * ideal / row["wall"], 1000 * row["cpu"] / calls
    print(
        f"{label:22} {row['wall']:7.2f} s  {share:5.1f} % of the ideal  {row['wall'] / ideal:5.2f} x  {cpu:5.2f} ms CPU"
    )


if __name__ == "__main__":
    main()
