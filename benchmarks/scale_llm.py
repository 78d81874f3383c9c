"""Four client actors on Ray before one scripted server: ``python -m benchmarks.scale_llm QUESTIONS --kg KG``.

one process         what the others are held against
limits              the server's highest concurrency and rate in 60 s, against the shared limits
budget              tokens the server billed when the run stopped, against the limit; then the limit raised
an actor killed     SIGKILL, when a third of the calls have come; calls that were answered twice
the driver killed   likewise, then the same command again
desk                calls a second that one desk takes
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.llm.authors import first_right
from tests.llm.counting import CountingServer
from tests.llm.server import Script

from benchmarks.llm_runs import asked
from benchmarks.scale_bytes import joined, kill_actor, two_nodes
from medreason.config import RunConfig, load_config
from medreason.engine import run
from medreason.engine_ray import run_ray
from medreason.engine_ray.desk import Desk
from medreason.errors import BudgetError
from medreason.kg.store import open_graph
from medreason.llm.budget import Bound
from medreason.llm.settings import Budget, Limits

ACTORS = 4
FILES = ("dataset.jsonl", "dataset.parquet", "rejected.jsonl", "samples.jsonl")


class Work(NamedTuple):
    """What is run, and the answers that the server's author knows."""

    questions: Path
    source: str
    kg: Path
    limit: int
    keys: dict[str, str]
    latency: float
    most: int

    def config(self, out: Path, url: str, **more: Any) -> RunConfig:
        """The run file."""
        given = {"questions": self.questions, "source": self.source, "kg": self.kg, "out": out, "limit": self.limit}
        rate = {"llm.most": self.most, "llm.start": self.most, "llm.gone": 5.0, "llm.seed": 1}
        return load_config(None, {**given, "teacher": url, "model": "m", "workers": ACTORS, **rate, **more})

    def server(self) -> CountingServer:
        """A server; one answer in five is wrong at first."""
        return CountingServer(Script(content=first_right(self.keys, 0.2), latency=self.latency))


def digest(out: Path) -> str:
    """SHA-256 over the files that must be equal for equal replies."""
    whole = hashlib.sha256()
    for name in FILES:
        whole.update(hashlib.sha256((out / name).read_bytes()).digest())
    return whole.hexdigest()[:16]


def when(server: CountingServer, calls: int, act: Callable[[], None]) -> list[int]:
    """Acts when so many calls have come; the list gets how many were in flight then."""
    flying: list[int] = []

    def wait() -> None:
        while server.calls < calls:
            time.sleep(0.01)
        flying.append(server.active)
        act()

    threading.Thread(target=wait, daemon=True).start()
    return flying


def twice(server: CountingServer) -> int:
    """Whole replies beyond the first of a request."""
    return sum(n - 1 for n in server.good().values())


def journalled(out: Path) -> dict[str, int]:
    """From the journal of a finished run: requests with two replies that stand, and calls that were cut off."""
    with contextlib.closing(sqlite3.connect(out / "journal.sqlite")) as db:
        again = (
            "SELECT COUNT(*) FROM (SELECT 1 FROM attempt WHERE status = 'ok' GROUP BY request_sha HAVING COUNT(*) > 1)"
        )
        lost = "SELECT COUNT(*) FROM attempt WHERE status IN ('sent', 'lost')"
        return {"journalled twice": db.execute(again).fetchone()[0], "cut off": db.execute(lost).fetchone()[0]}


def limits(work: Work, folder: Path, per_minute: int) -> dict[str, Any]:
    """Slots and requests a minute, as the server sees them."""
    with work.server() as server, two_nodes(2) as cluster, joined(cluster):
        started = time.perf_counter()
        run_ray(work.config(folder / "limits", server.url, **{"llm.requests_per_minute": per_minute}))
        return {
            "seconds": round(time.perf_counter() - started, 1), "calls": server.calls,
            "highest concurrency": f"{server.peak} (limit {work.most})",
            "most requests in 60 s": f"{server.most_within(60.0)} (limit {per_minute})",
            "files": digest(folder / "limits"),
        }  # fmt: skip


def budget(work: Work, folder: Path, tokens: int) -> dict[str, Any]:
    """A run that stops at a limit of tokens, and goes on with a higher one."""
    with work.server() as server, two_nodes(2) as cluster, joined(cluster):
        out = folder / "budget"
        try:
            run_ray(work.config(out, server.url, **{"llm.max_run_tokens": tokens}))
            raise RuntimeError("the limit was not reached")
        except BudgetError as error:
            told = error.cause
        billed = server.tokens()
        run_ray(work.config(out, server.url))
        return {
            "billed": f"{billed:,} (limit {tokens:,})", "overshoot": max(0, billed - tokens), "told": told,
            "answered twice": twice(server), "files": digest(out),
        }  # fmt: skip


def actor_killed(work: Work, folder: Path, calls: int) -> dict[str, Any]:
    """One of the four actors killed."""
    with work.server() as server, two_nodes(2) as cluster, joined(cluster):
        flying = when(server, calls, kill_actor)
        run_ray(work.config(folder / "killed", server.url))
        found = {"in flight": flying[0], "answered twice": twice(server), **journalled(folder / "killed")}
        return {**found, "files": digest(folder / "killed")}


def driver_killed(work: Work, folder: Path, calls: int) -> dict[str, Any]:
    """The driver killed, and the same command again, on the cluster that stands."""
    with work.server() as server, two_nodes(2) as cluster:
        out = folder / "driver"
        file = folder / "run.yaml"
        file.write_text(f"llm: {{most: {work.most}, start: {work.most}, gone: 5.0, seed: 1}}\n", encoding="utf-8")
        options = ["--questions", work.questions, "--source", work.source, "--kg", work.kg, "--limit", work.limit]
        options += ["--out", out, "--teacher", server.url, "--model", "m", "--workers", ACTORS]
        line = [Path(sys.executable).with_name("medreason"), "run", file, *options]
        told = [*map(str, line), "--engine", "ray", "--address", cluster.address]
        process = subprocess.Popen(told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        flying = when(server, calls, process.kill)
        process.wait()
        if not flying:
            raise RuntimeError("the driver ended before it was killed")
        subprocess.run(told, check=True, stdout=subprocess.DEVNULL)
        return {"in flight": flying[0], "answered twice": twice(server), **journalled(out), "files": digest(out)}


def desk(seconds: float) -> dict[str, Any]:
    """How many calls one desk takes from four clients: a slot, a reservation, and both given back."""
    with two_nodes(2) as cluster, joined(cluster):
        import ray

        wide = Limits(4096, 4096), Budget(None, 10**12)
        one = ray.remote(Desk).options(num_cpus=0, max_concurrency=20_000).remote(*wide, Bound(0, 0.0))
        client = ray.remote(num_cpus=1)(_client)
        done = ray.get([client.remote(one, str(n), seconds) for n in range(ACTORS)])
        return {"calls a second": round(sum(done) / seconds)}


def _client(one: Any, holder: str, seconds: float) -> int:
    """Calls that a client had admitted, 64 at once."""

    async def call(number: int) -> None:
        ticket = f"{holder}-{number}"
        await one.enter.remote(holder, ticket)
        await one.reserve.remote(holder, f"{ticket}r", Bound(10, 0.0))
        one.settle.remote(holder, f"{ticket}r", Bound(10, 0.0))
        one.leave.remote(holder, ticket)

    async def work() -> int:
        await one.alive.remote(holder)
        end, made = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            await asyncio.gather(*(call(made + i) for i in range(64)))
            made += 64
        return made

    return asyncio.run(work())


def all_parts(work: Work, folder: Path, per_minute: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every part with what was found."""
    with work.server() as server:
        run(work.config(folder / "local", server.url))
        calls, tokens = server.calls, server.tokens()
    yield "one process", {"calls": calls, "tokens": f"{tokens:,}", "files": digest(folder / "local")}
    yield "limits", limits(work, folder, per_minute)
    yield "budget", budget(work, folder, tokens // 2 + work.most * 4096)
    yield "an actor killed", actor_killed(work, folder, calls // 3)
    yield "the driver killed", driver_killed(work, folder, calls // 3)
    yield "desk", desk(5.0)


def main() -> None:
    """Prints a line a part; exit code 1 where files differ."""
    parser = argparse.ArgumentParser()
    parser.add_argument("questions", type=Path)
    parser.add_argument("--source", default="phenopackets")
    parser.add_argument("--kg", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=400)
    parser.add_argument("--latency", type=float, default=0.5)
    parser.add_argument("--most", type=int, default=12)
    parser.add_argument("--per-minute", type=int, default=300)
    given = parser.parse_args()
    found = asked(open_graph(given.kg), given.questions, given.source, given.kg, given.limit)
    keys = {q.text: q.answer_key for q in found}
    work = Work(given.questions, given.source, given.kg, given.limit, keys, given.latency, given.most)
    seen = set()
    with tempfile.TemporaryDirectory() as folder:
        for name, told in all_parts(work, Path(folder), given.per_minute):
            seen |= {told["files"]} if "files" in told else set()
            print(f"{name:18} " + "; ".join(f"{k} {v}" for k, v in told.items()), flush=True)
    sys.exit(0 if len(seen) == 1 else 1)


if __name__ == "__main__":
    main()
