"""What a run of many questions takes: time, memory, disk, money, by a model of few numbers.

    python -m benchmarks.scale_model                         the table of docs/scale.md
    python -m benchmarks.scale_model measure Q --kg KG       memory, time and bytes of the merge, at three sizes

Every number of :data:`HERE` was measured on one machine (two shared cores, the HPO graph, 4,006 published cases) and is
checked against further measured points in tests/test_scale_model.py. What is assumed and not measured stands in
:class:`Teacher` and :class:`Machines`: it is given, never guessed here. Up to 4,006 questions were measured; all beyond
is the model's word.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from medreason.engine_ray.run import BLOCK, LLM_BLOCK

HOUR = 3600.0
GB = 1e9
MILLION = 1e6


class Costs(NamedTuple):
    """What one question takes, and what every run takes once; the processors measured had other jobs too.

    Attributes:
        seconds: Processor seconds of the offline flow of one question.
        start: Seconds until actors work: processes, graph, compiled code.
        merge: Processor seconds of the driver, a question, at the end.
        base: Bytes of the driver without questions.
        memory: Bytes that the driver holds at the end, a question.
        final: Bytes of the final files, a question.
        part: Bytes of the parts while the run is under way, a question.
        final_llm: The same with a language model, whose records hold the sheet of evidence.
        reply: Bytes of the journal of replies, a question with a language model that writes :data:`REPLY_TOKENS`.
    """

    seconds: float
    start: float
    merge: float
    base: float
    memory: float
    final: float
    part: float
    final_llm: float
    reply: float


HERE = Costs(
    seconds=0.0208,  # 4,006 cases in one process 92.5 s, less 2.5 s of start and the merge
    start=13.0,  # 256 cases on two Ray nodes 16.4 s, less their work
    merge=0.00162,  # 16,000 outcomes 25.9 s
    base=265e6,
    memory=44.8e3,  # 4,000 outcomes 444 MB at most, 16,000 981 MB
    final=6.9e3,  # 4,006 cases 27.7 MB
    part=1.02e3,  # 4,000 outcomes
    final_llm=17.4e3,  # 150 cases, scripted model, without the journal
    reply=13.7e3,  # likewise; 1,893 prompt and 130 written tokens a question
)
REPLY_TOKENS = 130
TOKEN_BYTES = 4


class Machines(NamedTuple):
    """Processors that work, and what one costs an hour (0: not asked)."""

    processors: int
    price: float = 0.0


class Teacher(NamedTuple):
    """A language model: tokens of one question, and either prices per million or a server's rate.

    Attributes:
        prompt: Prompt tokens of a question over all its calls.
        completion: Tokens written.
        prompt_price: Per million tokens.
        completion_price: Per million tokens.
        rate: Tokens a second that one accelerator reads and writes under full load; 0 for a bought service.
        accelerators: How many.
        accelerator_price: Of one, an hour.
        per_minute: The service's limit of tokens a minute; 0 for none.
    """

    prompt: float
    completion: float
    prompt_price: float = 0.0
    completion_price: float = 0.0
    rate: float = 0.0
    accelerators: int = 0
    accelerator_price: float = 0.0
    per_minute: float = 0.0


class Need(NamedTuple):
    """Hours, bytes and money of a run; ``teacher_hours`` is the part that waits for the model, not added to ``hours``.

    ``hours`` is the longer of the two, with the start and the merge: the work of the processors goes on while the
    model writes.
    """

    hours: float
    teacher_hours: float
    driver_bytes: float
    disk_bytes: float
    parts: int
    money: float


def need(questions: int, machines: Machines, teacher: Teacher | None = None, costs: Costs = HERE) -> Need:
    """What a run takes.

    Args:
        questions: How many.
        machines: What the run is given.
        teacher: The language model; ``None`` for the offline teacher.
        costs: What was measured.

    Raises:
        ValueError: there are no questions or no processors, or a server has no rate.
    """
    if questions < 1 or machines.processors < 1:
        raise ValueError("give at least one question and one processor")
    work = costs.start + questions * costs.seconds / machines.processors
    wait = _waiting(questions, teacher) if teacher else 0.0
    seconds = max(work, wait) + questions * costs.merge
    money = machines.processors * machines.price * seconds / HOUR
    disk, block = questions * (costs.final + costs.part), BLOCK
    if teacher:
        money += _paid(questions, teacher, seconds)
        # Replies lie twice on the disk while journals of blocks are put together into that of the run.
        reply = costs.reply + TOKEN_BYTES * (teacher.completion - REPLY_TOKENS)
        disk, block = questions * (costs.final_llm + costs.part + 2 * reply), LLM_BLOCK
    driver = costs.base + questions * costs.memory
    return Need(seconds / HOUR, wait / HOUR, driver, disk, -(-questions // block), money)


def _waiting(questions: int, teacher: Teacher) -> float:
    """Seconds that the model needs for all questions."""
    tokens = questions * (teacher.prompt + teacher.completion)
    per_second = teacher.rate * teacher.accelerators or teacher.per_minute / 60
    if per_second <= 0:
        raise ValueError("give the rate of the accelerators, or the service's tokens a minute")
    return tokens / per_second


def _paid(questions: int, teacher: Teacher, seconds: float) -> float:
    tokens = teacher.prompt * teacher.prompt_price + teacher.completion * teacher.completion_price
    return questions * tokens / MILLION + teacher.accelerators * teacher.accelerator_price * seconds / HOUR


def accelerators(questions: int, teacher: Teacher, hours: float) -> int:
    """How many accelerators of a rate finish in some hours, at the least.

    Raises:
        ValueError: no rate, or no time.
    """
    if teacher.rate <= 0 or hours <= 0:
        raise ValueError("give a rate and the hours")
    tokens = questions * (teacher.prompt + teacher.completion)
    return max(1, -int(-tokens // (teacher.rate * hours * HOUR)))


# -- measuring -----------------------------------------------------------------------------------------------


def sample(questions: Path, source: str, kg: Path, limit: int, folder: Path) -> None:
    """Outcomes of some questions, as a shard journals them, to ``outcomes.json``."""
    from medreason.config import load_config
    from medreason.dataset.journal import Journal
    from medreason.sharding import Shard, run_shard

    given = {"questions": questions, "source": source, "kg": kg, "out": folder / "run", "limit": limit}
    done = run_shard(load_config(None, given), Shard(1, 1))
    journal = Journal(done.folder)
    whole = {"identity": journal.identity(), "outcomes": [text for _, text in journal.rows()]}
    journal.close()
    (folder / "outcomes.json").write_text(json.dumps(whole), encoding="utf-8")


def merged(kg: Path, folder: Path, size: int) -> None:
    """Writes so many outcomes as parts, and the final files from them; prints what that took."""
    from medreason.engine_ray.parts import read_parts, write_part
    from medreason.kg.store import open_graph
    from medreason.sharding import write_merged

    whole = json.loads((folder / "outcomes.json").read_text(encoding="utf-8"))
    texts = whole["outcomes"]
    parts, out = folder / f"parts{size}", folder / f"out{size}"
    parts.mkdir()
    for first in range(0, size, BLOCK):
        numbers = list(range(first, min(first + BLOCK, size)))
        write_part(parts, numbers, [texts[n % len(texts)] for n in numbers])
    graph = open_graph(kg)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    started = time.process_time()
    write_merged(out, graph, whole["identity"], read_parts(parts), [])
    told = {
        "size": size, "seconds": round(time.process_time() - started, 2), "before_mb": round(base / 1e6),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6),
        "part_bytes": round(sum(p.stat().st_size for p in parts.iterdir()) / size),
        "final_bytes": round(sum(p.stat().st_size for p in out.iterdir()) / size),
    }  # fmt: skip
    print(json.dumps(told), flush=True)


def table() -> None:
    """Prints what 10^5 to 10^8 questions take."""
    for exponent in range(5, 9):
        many = 10**exponent
        for processors in (16, 256, 4096):
            found = need(many, Machines(processors))
            print(
                f"10^{exponent} {processors:5} cores {found.hours:9.2f} h; driver {found.driver_bytes / GB:8.1f} GB; "
                f"disk {found.disk_bytes / GB:8.1f} GB; {found.parts:,} parts"
            )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="?", default="table", choices=("table", "measure", "merged"))
    parser.add_argument("questions", nargs="?", type=Path)
    parser.add_argument("--source", default="phenopackets")
    parser.add_argument("--kg", type=Path)
    parser.add_argument("--limit", type=int, default=500)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 4000, 16000])
    given = parser.parse_args()
    if given.what == "table":
        table()
    elif given.what == "merged":
        merged(given.kg, given.questions, given.sizes[0])
    else:
        with tempfile.TemporaryDirectory() as folder:
            sample(given.questions, given.source, given.kg, given.limit, Path(folder))
            for size in given.sizes:
                line = [sys.executable, "-m", "benchmarks.scale_model", "merged", folder, "--kg", str(given.kg)]
                subprocess.run([*line, "--sizes", str(size)], check=True)


if __name__ == "__main__":
    main()
