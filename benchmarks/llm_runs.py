"""Runs with a language model against the scripted server: ``python -m benchmarks.llm_runs faults --kg KG``.

    faults    2,000 questions, three in ten calls go wrong: what becomes of every item, and whose token count is right
    kills     SIGKILL at random moments with resume: the same files as an undisturbed run, hardly a call twice
    compare   profile compat against default on the same questions: calls and tokens an item
    blind     answer keys rotated: the same requests
    storm     a minute in which every call gets 429, in the middle of three: throughput before, in and after

The questions are published cases (shared/data/cases), the replies are made by rules (tests/llm/authors.py).
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.llm_server import Served, served
from medreason.config import RunConfig, load_config
from medreason.engine import run
from medreason.intake import items_of, make_source
from medreason.kg.store import Graph, open_graph
from medreason.llm.accounts import history
from medreason.llm.ask import Failure
from medreason.llm.client import Client
from medreason.llm.journal import Journal
from medreason.llm.request import Message, Request
from medreason.llm.settings import Endpoint, Limits
from medreason.records import Question

CASES = Path(__file__).resolve().parents[2] / "shared/data/cases/phenopackets-dev.jsonl.gz"
VIGNETTES = Path(__file__).resolve().parents[1] / "src/medreason/data/vignettes.jsonl"


def config(kg: Path, out: Path, url: str, *, questions: Path, source: str, **more: Any) -> RunConfig:
    given = {"questions": questions, "source": source, "kg": kg, "out": out, "teacher": url, "model": "scripted"}
    return load_config(None, {**given, "llm.seed": 1, **more})


def asked(graph: Graph, questions: Path, source: str, kg: Path, limit: int) -> list[Question]:
    settings = load_config(
        None, {"questions": questions, "source": source, "kg": kg, "out": Path("none"), "limit": limit}
    )
    made = make_source(graph, settings)
    found = [made.question(item) for item in items_of(made, settings) if hasattr(item, "data")]  # type: ignore[arg-type]
    return [q for q in found if isinstance(q, Question)]


def digest(folder: Path) -> dict[str, str]:
    names = ("dataset.jsonl", "rejected.jsonl", "samples.jsonl")
    return {n: hashlib.sha256((folder / n).read_bytes()).hexdigest()[:16] for n in names}


def keys_file(folder: Path, questions: list[Question]) -> Path:
    path = folder / "keys.json"
    path.write_text(json.dumps({q.text: q.answer_key for q in questions}), encoding="utf-8")
    return path


def totals(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["llm"]["total"]
    return found


def faults(kg: Path, limit: int, folder: Path) -> dict[str, Any]:
    questions = asked(open_graph(kg), CASES, "phenopackets", kg, limit)
    price = {"scripted": {"prompt": 1.0, "completion": 4.0}}
    kinds = "429 429wait 500 503 drop cut_body cut_json empty error200 invalid_json wrong_schema refusal length filter"
    script = {"rate": 0.3, "kinds": kinds.split(), "most": 2, "latency": 0.05, "seed": 3, "wait": 0.2}
    keys = str(keys_file(folder, questions))
    with served(folder, author="chains", keys=keys, wrong=0.2, script=script) as server:
        begun = time.perf_counter()
        out = folder / "faults"
        cases = {"questions": CASES, "source": "phenopackets"}
        result = run(config(kg, out, server.url, limit=limit, **cases, **{"llm.prices": price}))
        seconds = time.perf_counter() - begun
        seen = server.stop()
    ours = totals(out)
    rows = [json.loads(line)["id"] for name in ("dataset", "rejected") for line in (out / f"{name}.jsonl").open()]
    summary = result.manifest["summary"]
    bill = seen["prompt_tokens"] + 4 * seen["completion_tokens"]
    return {
        "items": summary["items"], "kept": summary["kept"], "rejected": summary["rejected"],
        "ids": len(rows), "distinct": len(set(rows)), "seconds": round(seconds, 1),
        "server": {k: seen[k] for k in ("calls", "prompt_tokens", "completion_tokens", "kinds")},
        "ours": ours, "cost_server": round(bill / 1e6, 6), "cost_ours": ours["cost"],
    }  # fmt: skip


def kills(kg: Path, limit: int, folder: Path, times: int) -> dict[str, Any]:
    questions = asked(open_graph(kg), CASES, "phenopackets", kg, limit)
    keys = str(keys_file(folder, questions))
    spec = {"author": "chains", "keys": keys, "wrong": 0.2, "script": {"latency": 0.4, "rate": 0.1, "seed": 5}}
    cases = {"questions": CASES, "source": "phenopackets"}
    with served(folder, **spec) as server:
        run(config(kg, folder / "calm", server.url, limit=limit, **cases, **{"llm.most": 12, "llm.start": 12}))
        calm = server.stop()
    draw = random.Random(7)
    killed = flying = 0
    with served(folder, **spec) as server:
        out = folder / "killed"
        command = _command(kg, out, server, limit)
        while True:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(2.5 + draw.uniform(0.0, 2.5) if killed < times else None)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                killed += 1
                flying += _flying(out / "journal.sqlite")
                continue
            if process.returncode != 0:
                raise SystemExit(f"the run ended with {process.returncode}")
            break
        seen = server.stop()
    ours = totals(out)
    return {
        "kills": killed, "same_files": digest(out) == digest(folder / "calm"), "digest": digest(out),
        "good_replies_beyond_one": seen["good_replies_beyond_one"], "sent_at_kills": flying,
        "most_good_replies_of_a_request": seen["most_good_replies_of_a_request"],
        "calls": {"calm": calm["calls"], "killed": seen["calls"]},
        "tokens": {
            "server": [seen["prompt_tokens"], seen["completion_tokens"]],
            "ours": [ours["prompt_tokens"], ours["completion_tokens"]],
            "unknown_bills": ours["unknown_bills"],
        },
    }  # fmt: skip


def _command(kg: Path, out: Path, server: Served, limit: int) -> list[str]:
    file = out.parent / "run.yaml"
    file.write_text(
        f"questions: {CASES}\nsource: phenopackets\nkg: {kg}\nout: {out}\nteacher: {server.url}\nmodel: scripted\n"
        f"limit: {limit}\nllm: {{seed: 1, most: 12, start: 12}}\n"
    )
    return [str(Path(sys.executable).parent / "medreason"), "run", str(file)]


def _flying(journal: Path) -> int:
    """Calls that were under way when a run was killed, by its journal."""
    if not journal.exists():
        return 0
    try:
        db = sqlite3.connect(journal, timeout=5)
        found = db.execute("SELECT COUNT(*) FROM attempt WHERE status = 'sent'").fetchone()[0]
        db.close()
        return int(found)
    except sqlite3.Error:
        return 0


def compare(kg: Path, limit: int, folder: Path) -> dict[str, Any]:
    graph = open_graph(kg)
    questions = asked(graph, CASES, "phenopackets", kg, limit)
    keys = str(keys_file(folder, questions))
    cases = {"questions": CASES, "source": "phenopackets"}
    found: dict[str, Any] = {}
    for profile, spec in (
        ("default", {"author": "chains", "keys": keys}),
        ("compat", {"author": "published", "kg": str(kg)}),
    ):
        with served(folder, **spec) as server:
            out = folder / profile
            result = run(config(kg, out, server.url, limit=limit, profile=profile, **cases))
            server.stop()
        llm = result.manifest["llm"]
        items = llm["total"]["items"]
        found[profile] = {
            "asked_items": items, "kept": result.manifest["summary"]["kept"],
            "rejected": result.manifest["summary"]["rejected"],
            "calls": round(llm["total"]["requests"] / items, 2),
            "prompt_tokens": round(llm["total"]["prompt_tokens"] / items, 1),
            "calls_by_stage": {s: round(v["requests"] / items, 2) for s, v in llm["stages"].items()},
        }  # fmt: skip
    found["calls_ratio"] = round(found["default"]["calls"] / found["compat"]["calls"], 3)
    return found


def blind(kg: Path, limit: int, folder: Path) -> dict[str, Any]:
    rows = [json.loads(line) for line in VIGNETTES.open(encoding="utf-8")][:limit]
    sent: dict[str, dict[int, set[str]]] = {}
    for turn in (0, 1):
        path = folder / f"turned{turn}.jsonl"
        for row in rows:
            keys = [o["key"] for o in row["options"]]
            row["answer_key"] = keys[(keys.index(row["answer_key"]) + turn) % len(keys)]
        path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
        with served(folder, author="chains", keys=str(keys_file(folder, []))) as server:
            out = folder / f"turned{turn}"
            run(config(kg, out, server.url, questions=path, source="jsonl"))
            server.stop()
        db = sqlite3.connect(out / "journal.sqlite")
        stages = db.execute("SELECT sample, request_sha FROM attempt WHERE stage = 'reason'").fetchall()
        sent[str(turn)] = {s: {sha for n, sha in stages if n == s} for s in range(3)}
    first, second = sent["0"], sent["1"]
    return {
        "questions": len(rows),
        "first_samples_equal": first[0] == second[0],
        "requests": {str(s): [len(first[s]), len(second[s]), len(first[s] & second[s])] for s in range(3)},
    }


def storm(seconds: float, folder: Path) -> dict[str, Any]:
    """Calls from 128 workers without end; the middle third of the time answers 429."""
    done: list[float] = []
    failed = 0
    over = time.perf_counter() + 3 * seconds

    async def drive(url: str) -> None:
        nonlocal failed
        journal = Journal(folder / "storm.sqlite")
        async with Client(Endpoint(url), journal, limits=Limits(start=16, most=64), notify=lambda _: None) as client:

            async def worker(number: int) -> None:
                nonlocal failed
                count = 0
                while time.perf_counter() < over:
                    count += 1
                    request = Request("m", (Message("user", f"{number} {count}"),), stage="storm", item=f"w{number}")
                    failed += isinstance(await client.call(request), Failure)
                    done.append(time.perf_counter())

            await asyncio.gather(*(worker(n) for n in range(128)))
        journal.close()

    with served(folder, script={"latency": 0.25}, storm=[seconds, seconds]) as server:
        begun = time.perf_counter()
        asyncio.run(drive(server.url))
        seen = server.stop()
    spans = {"before": (0.25, 1), "storm": (1.05, 2), "after, first half": (2, 2.5), "after, second half": (2.5, 3)}
    rates = {
        name: sum(begun + a * seconds <= t < begun + b * seconds for t in done) / ((b - a) * seconds)
        for name, (a, b) in spans.items()
    }
    return {
        "seconds": seconds, "calls": len(done), "failed_items": failed, "server_kinds": seen["kinds"],
        "per_second": {name: round(rate, 1) for name, rate in rates.items()},
        "recovered": {n: round(rates[n] / rates["before"], 3) for n in list(spans)[2:]},
        "history_rows": len(history(folder / "storm.sqlite")),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("faults", "kills", "compare", "blind", "storm"))
    parser.add_argument("--kg", type=Path, default=Path("kg/hpo"))
    parser.add_argument("--seconds", type=float, default=60.0, help="Length of each third of a storm.")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--times", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.what == "faults":
            found = faults(given.kg, given.limit or 2000, folder)
        elif given.what == "kills":
            found = kills(given.kg, given.limit or 1000, folder, given.times)
        elif given.what == "storm":
            found = storm(given.seconds, folder)
        elif given.what == "compare":
            found = compare(given.kg, given.limit or 200, folder)
        else:
            found = blind(given.kg, given.limit or 139, folder)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
