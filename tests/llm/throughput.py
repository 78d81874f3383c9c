"""Calls a second and CPU a call at a latency of 200 ms and 256 slots: python -m tests.llm.throughput.

The server is a process of its own. Rows: bare aiohttp, the client with its journal, the client started at 256 slots.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from medreason.llm.client import Client
from medreason.llm.journal import JOURNAL, Journal
from medreason.llm.settings import Endpoint, Limits
from tests.llm.tools import call_all, many

CALLS = 5000
SLOTS = 256
LATENCY = 0.2
IDEAL = CALLS / SLOTS * LATENCY


async def bare(url: str) -> None:
    slots = asyncio.Semaphore(SLOTS)
    payloads = [json.dumps(r.payload("none")).encode() for r in many(CALLS)]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(payload: bytes) -> None:
            async with slots, session.post(f"{url}/chat/completions", data=payload) as reply:
                json.loads(await reply.read())

        await asyncio.gather(*(one(p) for p in payloads))


async def ours(url: str, limits: Limits) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / JOURNAL)
        async with Client(Endpoint(url), journal, limits=limits) as client:
            await call_all(client, many(CALLS))
        journal.close()


def main() -> None:
    command = [sys.executable, "-m", "tests.llm.server", str(LATENCY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        try:
            for name, work in (
                ("bare aiohttp", bare(url)),
                ("client", ours(url, Limits(most=SLOTS))),
                ("client from 256", ours(url, Limits(start=SLOTS, most=SLOTS))),
            ):
                begun, cpu = time.perf_counter(), time.process_time()
                asyncio.run(work)
                wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
                rate, share, each = CALLS / wall, IDEAL / wall, cpu / CALLS * 1000
                print(f"{name:16} {rate:7.0f} calls/s {share:6.0%} of the ideal {each:6.2f} ms CPU a call")
        finally:
            server.kill()


if __name__ == "__main__":
    main()
