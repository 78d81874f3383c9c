"""Fifty reviewers at once on loopback: how long the review server takes for an answer.

    python -m benchmarks.review_load [--reviewers 50] [--items 10] [--pause 1.0]

Each reviewer opens the link, consents and works through the cases: reads the page, saves after each of eight answers as
the page's script does (PUT), and marks it done. ``--pause`` is the mean pause between two requests of one reviewer,
drawn evenly between half and one and a half of it; 0 is a reviewer who never thinks. The server is a process of its own
with one worker; this process asks. Times are from the request sent to the last byte read.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx2
from tests.review.server.made import make
from tests.review.server.running import Running

SAVES = 8
CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class Reviewer:
    """One person with a browser of their own."""

    def __init__(self, url: str, token: str, pause: float, seed: int, times: dict[str, list[float]]) -> None:
        self.client = httpx2.AsyncClient(base_url=url, timeout=60)
        self.token, self.pause, self.times = token, pause, times
        self.random = random.Random(seed)
        self.headers: dict[str, str] = {}

    async def ask(self, kind: str, method: str, path: str, good: int, **options: Any) -> Any:
        if self.pause:
            await asyncio.sleep(self.random.uniform(0.5, 1.5) * self.pause)
        begin = time.perf_counter()
        reply = await self.client.request(method, path, **options)
        self.times[kind].append(1000 * (time.perf_counter() - begin))
        if reply.status_code != good:
            raise RuntimeError(f"{method} {kind}: {reply.status_code} {reply.text[:300]}")
        return reply

    async def work(self) -> None:
        async with self.client:
            await self.ask("link", "GET", f"/r/{self.token}", 303)
            page = await self.ask("consent page", "GET", "/consent", 200)
            found = CSRF.search(page.text)
            assert found
            self.headers = {"X-CSRF-Token": found[1], "Accept": "application/json"}
            form = {"csrf": found[1], "agree": "yes"}
            reply = await self.ask("consent", "POST", "/consent", 303, data=form)
            page = await self.ask("list of cases", "GET", reply.headers["location"], 200)
            where = re.search(r'href="(/task/[^"]+)"', page.text)
            address = where[1] if where else "/end"
            while address != "/end":
                address = await self.case(address)

    async def case(self, address: str) -> str:
        """One case from its page to done; the address of the next."""
        await self.ask("case page", "GET", address, 200)
        now = await self.ask("case as saved", "GET", f"{address}/answer", 200)
        body, base = now.json()["body"], int(now.json()["revision"])
        body["outside_specialty"] = True
        for n in range(SAVES):
            body["comment"] = f"{n} " + "why " * 20
            sent = {"base": base, "body": body}
            reply = await self.ask("save", "PUT", f"{address}/answer", 200, json=sent, headers=self.headers)
            base = int(reply.json()["revision"])
        sent = {"base": base, "body": body}
        reply = await self.ask("done", "POST", f"{address}/done", 200, json=sent, headers=self.headers)
        return str(reply.json()["next"])


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


async def all_at_once(url: str, tokens: list[str], pause: float) -> dict[str, list[float]]:
    times: dict[str, list[float]] = defaultdict(list)
    async with asyncio.TaskGroup() as group:
        for seed, token in enumerate(tokens):
            group.create_task(Reviewer(url, token, pause, seed, times).work())
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reviewers", type=int, default=50)
    parser.add_argument("--items", type=int, default=10, help="cases in the study")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two requests of one reviewer, mean")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        names = [f"reviewer {n}" for n in range(given.reviewers)]
        made = make(Path(folder), items=given.items, reviewers=names, overlap=given.reviewers)
        with Running(made.path) as server:
            begin = time.perf_counter()
            times = asyncio.run(all_at_once(server.url, [made.tokens[name] for name in names], given.pause))
            took = time.perf_counter() - begin
    every = [t for found in times.values() for t in found]
    print(f"{given.reviewers} reviewers, mean pause {given.pause} s: {len(every):,} requests in {took:.1f} s,"
          f" {len(every) / took:.0f} a second")  # fmt: skip
    print(f"{'milliseconds':<16}{'n':>7}{'median':>9}{'p95':>9}{'p99':>9}{'most':>9}")
    for kind, found in [*times.items(), ("all", every)]:
        row = [quantile(found, share) for share in (0.5, 0.95, 0.99, 1.0)]
        print(f"{kind:<16}{len(found):>7,}" + "".join(f"{value:>9.1f}" for value in row))


if __name__ == "__main__":
    main()
