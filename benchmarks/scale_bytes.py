"""One run in every way it can be divided, and its bytes: ``python -m benchmarks.scale_bytes QUESTIONS --kg KG``.

    one process           what the others are held against
    4 shards, merged
    Ray, two nodes        on one machine (ray.cluster_utils.Cluster), one processor each
    a worker killed       SIGKILL, when a third of the parts are there
    a node killed         the second one, likewise, and no other takes its place
    the driver killed     SIGKILL, likewise; then the same command again

Prints a row each: seconds, items that were done when something was killed, SHA-256 of the dataset.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from tests.runs import fingerprint

from medreason.config import RunConfig, load_config
from medreason.engine import run
from medreason.engine_ray import PARTS, run_ray
from medreason.sharding import Shard, merge, run_shard

SHARDS = 4


class Told(NamedTuple):
    """One way: seconds, items done before something was killed (0: nothing was), SHA-256 by final file."""

    way: str
    seconds: float
    before: int
    files: dict[str, str]


class Work(NamedTuple):
    """What is run."""

    questions: Path
    source: str
    kg: Path
    limit: int | None

    def config(self, out: Path) -> RunConfig:
        """The run file, into a folder."""
        given = {"questions": self.questions, "source": self.source, "kg": self.kg, "out": out, "limit": self.limit}
        return load_config(None, {**given, "workers": 1})


@contextlib.contextmanager
def two_nodes(processors: int = 1) -> Iterator[Any]:
    """A cluster of two nodes on this machine, of so many processors each (by name)."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": processors, "include_dashboard": False})
    try:
        cluster.add_node(num_cpus=processors)
        yield cluster
    finally:
        cluster.shutdown()


@contextlib.contextmanager
def joined(cluster: Any) -> Iterator[None]:
    """This process as a driver of the cluster."""
    import ray

    ray.init(address=cluster.address, logging_level="error", log_to_driver=False)
    try:
        yield
    finally:
        ray.shutdown()


def actors() -> list[int]:
    """Process ids of the actors of Ray that this process started, by way of its nodes."""
    parents, named = {}, []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            pid = int(entry.name)
            parents[pid] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if b"MapWorker" in (entry / "cmdline").read_bytes():
                named.append(pid)

    def ours(pid: int) -> bool:
        while pid > 1 and pid != os.getpid():
            pid = parents.get(pid, 0)
        return pid == os.getpid()

    return [pid for pid in named if ours(pid)]


def rows_in(out: Path) -> int:
    """Items in the parts of a run that is under way."""
    found = 0
    for part in (out / PARTS).glob("*.parquet"):
        with contextlib.suppress(OSError):
            found += int(pl.scan_parquet(part).select(pl.len()).collect().item())
    return found


def once(out: Path, many: int, act: Callable[[], None]) -> tuple[threading.Thread, list[int]]:
    """Acts when so many items are done; the list gets how many there were."""
    before: list[int] = []

    def wait() -> None:
        while rows_in(out) < many:
            time.sleep(0.05)
        before.append(rows_in(out))
        act()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread, before


def kill_actor() -> None:
    """SIGKILL to one actor."""
    os.kill(actors()[0], signal.SIGKILL)


def on_ray(work: Work, out: Path, way: str, many: int, kill: Callable[[Any], None] | None) -> Told:
    """A run on two nodes, in which something may be killed. The seconds are those after the cluster stands."""
    with two_nodes() as cluster, joined(cluster):
        started = time.perf_counter()
        thread, before = once(out, many, lambda: kill(cluster)) if kill else (None, [0])
        run_ray(work.config(out))
        seconds = time.perf_counter() - started
        if thread:
            thread.join(10)
    return Told(way, seconds, before[0], fingerprint(out))


def driver_killed(work: Work, out: Path, many: int) -> Told:
    """A driver of its own, killed when so many items are done; then the same command."""
    options = ["run", "--questions", work.questions, "--source", work.source, "--kg", work.kg, "--out", out]
    options += ["--limit", work.limit] if work.limit else []
    with two_nodes() as cluster:
        line = [Path(sys.executable).with_name("medreason"), *options, "--engine", "ray", "--address", cluster.address]
        told = [str(part) for part in line]
        started = time.perf_counter()
        process = subprocess.Popen(told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        thread, before = once(out, many, process.kill)
        thread.join()
        if process.wait() != -signal.SIGKILL:
            raise RuntimeError("the driver ended before it was killed")
        subprocess.run(told, check=True, stdout=subprocess.DEVNULL)
        return Told("the driver killed, resumed", time.perf_counter() - started, before[0], fingerprint(out))


def local(work: Work, folder: Path) -> Iterator[Told]:
    """Without Ray: in one process, and in shards."""
    started = time.perf_counter()
    run(work.config(folder / "one"))
    yield Told("one process", time.perf_counter() - started, 0, fingerprint(folder / "one"))
    started = time.perf_counter()
    for n in range(1, SHARDS + 1):
        run_shard(work.config(folder / "shards"), Shard(n, SHARDS))
    merge(folder / "shards", work.kg)
    yield Told(f"{SHARDS} shards, merged", time.perf_counter() - started, 0, fingerprint(folder / "shards"))


def all_ways(work: Work, folder: Path, many: int) -> Iterator[Told]:
    """Every way; what is killed is killed when ``many`` items are done."""
    yield from local(work, folder)
    yield on_ray(work, folder / "ray", "Ray, two nodes", many, None)
    yield on_ray(work, folder / "worker", "a worker killed", many, lambda _: kill_actor())
    yield on_ray(work, folder / "node", "a node killed", many, kill_node)
    yield driver_killed(work, folder / "driver", many)


def kill_node(cluster: Any) -> None:
    """The second node, with all its processes."""
    cluster.remove_node(cluster.list_all_nodes()[-1], allow_graceful=False)


def main() -> None:
    """Prints the table; exit code 1 where bytes differ."""
    parser = argparse.ArgumentParser()
    parser.add_argument("questions", type=Path)
    parser.add_argument("--source", default="phenopackets")
    parser.add_argument("--kg", type=Path, required=True)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--many", type=int, default=1300, help="Items done when something is killed.")
    given = parser.parse_args()
    work = Work(given.questions, given.source, given.kg, given.limit)
    base: dict[str, str] = {}
    equal = True
    with tempfile.TemporaryDirectory() as folder:
        for told in all_ways(work, Path(folder), given.many):
            base = base or told.files
            same = told.files == base
            equal &= same
            print(
                f"{told.way:28}{told.seconds:8.1f} s{told.before:7,} before  {told.files['dataset.jsonl'][:16]}  "
                f"{'five files equal' if same else 'DIFFERENT'}",
                flush=True,
            )
    sys.exit(0 if equal else 1)


if __name__ == "__main__":
    main()
