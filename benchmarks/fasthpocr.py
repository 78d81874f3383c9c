"""FastHPOCR on the same texts: ``benchmarks.linking --fasthpocr PYTHON --fasthpocr-index FILE``.

This file is both sides. Run by the other interpreter it is the worker: it imports FastHPOCR alone, reads a JSON list
of texts from the first line of its input, and for every further line annotates all of them once. Imported by the
benchmark it starts that worker in the interpreter that has the package, so that both recognisers are timed in turn,
in processor time, on the same texts.
What it is not: a scorer. The ids go back to the benchmark, which scores both with the same functions.

The index is made once, in about half an hour: ``IndexHPO("hp.obo", FOLDER, indexConfig={}).index()``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.linking import Corpus


class FastHPOCR:
    """The worker and the pipe to it; a context manager.

    Attributes:
        version: The version of the package.
    """

    def __init__(self, python: str, index: Path, texts: list[str]) -> None:
        self._worker = subprocess.Popen(
            [python, str(Path(__file__).resolve()), str(index.resolve())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip
        self.version = str(json.loads(self._ask(json.dumps(texts)))["version"])

    def _ask(self, line: str) -> str:
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        print(line, file=self._worker.stdin, flush=True)
        answer = self._worker.stdout.readline()
        if not answer:
            raise SystemExit("FastHPOCR ended without an answer; its message stands above")
        return answer

    def annotate(self) -> tuple[list[set[str]], float]:
        """The ids of each text, and the processor seconds for all texts once."""
        answer = json.loads(self._ask("again"))
        return [set(ids) for ids in answer["ids"]], float(answer["seconds"])

    def __enter__(self) -> FastHPOCR:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._worker.stdin is not None
        self._worker.stdin.close()
        self._worker.wait(60)


def beside(
    theirs: FastHPOCR, corpus: Corpus, found: Callable[[], list[set[str]]], seconds: Callable[[], float], rounds: int
) -> None:
    """Prints both recognisers on the same texts: one scorer, timed in turn; the first pass of each does not count."""
    with theirs:
        ids, _ = theirs.annotate()
        ours = found()
        passes = [(theirs.annotate()[1], seconds()) for _ in range(rounds)]
    speeds = [len(corpus.texts) / min(times) for times in zip(*passes, strict=True)]
    print("| | all P | R | F1 | abnormality P | R | F1 | documents/s | ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    names = f"FastHPOCR {theirs.version}", "medreason"
    for name, concepts, speed in zip(names, ([corpus.current(row) for row in ids], ours), speeds, strict=True):
        cells = [f"{s.precision:.3f} | {s.recall:.3f} | {s.f1:.3f}" for s in corpus.scores(concepts)]
        print(f"| {name} | {' | '.join(cells)} | {speed:.0f} | {speed / speeds[0]:.2f} |")


def work(index: str) -> None:
    """The other side: answers until its input ends."""
    texts = json.loads(sys.stdin.readline())
    annotator = import_module("FastHPOCR.HPOAnnotator").HPOAnnotator(index)
    print(json.dumps({"version": version("FastHPOCR")}), flush=True)
    for _ in sys.stdin:
        begin = time.process_time()
        found = [annotator.annotate(text) for text in texts]
        seconds = time.process_time() - begin
        ids = [sorted({one.hpoUri for one in row}) for row in found]
        print(json.dumps({"ids": ids, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    work(sys.argv[1])
