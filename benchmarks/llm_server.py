"""The scripted chat server as a process of its own: ``python -m benchmarks.llm_server SPEC.json``.

Prints its port, serves until SIGTERM, then writes what it billed to the file that the specification names.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.llm.authors import first_right, published
from tests.llm.server import Script, ScriptedServer


async def serve(spec: dict[str, Any]) -> None:
    content = None
    if spec.get("author") == "chains":
        content = first_right(json.loads(Path(spec["keys"]).read_text(encoding="utf-8")), spec.get("wrong", 0.0))
    elif spec.get("author") == "published":
        from medreason.kg.store import open_graph

        content = published(open_graph(spec["kg"]))
    script = Script(content=content, **spec["script"])
    server = ScriptedServer(script)
    await server.start()
    print(server.port, flush=True)
    storm = spec.get("storm")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    tasks = [asyncio.create_task(_storm(server, *storm))] if storm else []
    await stop.wait()
    for task in tasks:
        task.cancel()
    good = Counter(s.sha for s in server.seen if not s.kind and s.prompt)
    stats = {
        "calls": server.calls,
        "peak": server.peak,
        "prompt_tokens": sum(s.prompt for s in server.seen),
        "completion_tokens": sum(s.completion for s in server.seen),
        "kinds": dict(Counter(s.kind or "ok" for s in server.seen)),
        "most_good_replies_of_a_request": max(good.values(), default=0),
        "requests_with_more_than_one_good_reply": sum(n > 1 for n in good.values()),
        "good_replies_beyond_one": sum(n - 1 for n in good.values()),
        "storm_over": bool(tasks and tasks[0].done()),
    }
    Path(spec["stats"]).write_text(json.dumps(stats), encoding="utf-8")


async def _storm(server: ScriptedServer, after: float, lasts: float) -> None:
    """From some seconds after the first call, every call gets 429 for some time."""
    while not server.calls:
        await asyncio.sleep(0.05)
    await asyncio.sleep(after)
    server.script.always = "429"
    await asyncio.sleep(lasts)
    server.script.always = ""


@dataclass
class Served:
    """A server under way."""

    url: str
    _process: subprocess.Popen[str]
    _stats: Path

    def stop(self) -> dict[str, Any]:
        """Ends it; what it saw."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)
        found: dict[str, Any] = json.loads(self._stats.read_text(encoding="utf-8"))
        return found


@contextlib.contextmanager
def served(folder: Path, **spec: Any) -> Iterator[Served]:
    """A server with a specification, ended at the end."""
    stats = folder / f"stats-{time.monotonic_ns()}.json"
    path = folder / f"spec-{time.monotonic_ns()}.json"
    path.write_text(json.dumps({"script": {}, **spec, "stats": str(stats)}), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.llm_server", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        try:
            yield Served(f"http://127.0.0.1:{port}/v1", process, stats)
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(serve(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
