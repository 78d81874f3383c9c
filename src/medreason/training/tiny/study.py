"""The whole study: questions, trainings one after another or side by side, results. Stopped, it goes on.

``--out`` holds ``study.json`` (what is compared, with which graph and versions), ``open.json`` and ``closed.json`` (the
questions), ``runs/`` (one file a training, written when it is done), and at the end ``results.json``, ``curves.csv``,
``report.md`` and the figures.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from medreason.errors import RunFolderError, UsageError
from medreason.kg.store import open_graph
from medreason.training.tiny.arms import BOOKS, CHOSEN, RATES, TRIED, rate_of, size_of
from medreason.training.tiny.data import made, save
from medreason.training.tiny.job import Job, carried_out
from medreason.training.tiny.text import Book

Update = Callable[[str, int, int], None]
NEEDED = ("torch", "transformers", "tokenizers")


class Study(NamedTuple):
    """What to do.

    Attributes:
        kg: Graph folder.
        out: Folder of the study.
        size: Name of a size.
        seeds: How many; 1, 2, …
        books: Which tests.
        workers: Trainings side by side.
        device: ``cpu`` or ``cuda``.
    """

    kg: Path
    out: Path
    size: str = "small"
    seeds: int = 5
    books: tuple[Book, ...] = ("open", "closed")
    workers: int = 2
    device: str = "cpu"


def needed() -> None:
    """Sees to it that what training needs is installed.

    Raises:
        UsageError: it is not.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(f"training needs {', '.join(missing)}", fix="pip install 'medreason[train]'")


def jobs(study: Study) -> list[Job]:
    """All trainings, seed by seed, so that a study stopped early has whole seeds."""
    return [
        Job(book, arm, seed, study.size, rate_of(book, arm), study.device)
        for seed in range(1, study.seeds + 1)
        for book in study.books
        for arm in BOOKS[book]
    ]


def trials(study: Study) -> list[Job]:
    """The choice of learning rates: each rate in two arms, seed 0, asked development questions."""
    return [
        Job(book, arm, 0, study.size, rate, study.device, "dev")
        for book in study.books
        for arm in TRIED
        for rate in RATES
    ]


def carry_out(study: Study, wanted: Sequence[Job], update: Update) -> list[dict[str, Any]]:
    """Makes the questions, where they are not there yet, and does what is not done yet; all results in order.

    Raises:
        UsageError: a library is missing, a size unknown, or nothing asked for.
        RunFolderError: the folder holds another study.
    """
    size_of(study.size)
    if study.seeds < 1 or study.workers < 1 or not study.books:
        raise UsageError("nothing to train", fix="give --seeds and --workers of at least 1")
    needed()
    _same(study)
    runs = study.out / "runs"
    runs.mkdir(exist_ok=True)
    with _pool(study.workers) as pool:
        lacking = [b for b in study.books if not _questions(study, b).exists()]
        asked = [pool.submit(_make, study, book) for book in lacking]
        for done, _ in enumerate(as_completed(asked)):
            update("questions", done, len(asked))
        for one in asked:
            one.result()
        left = [job for job in wanted if _read(runs / f"{job.name}.json") is None]
        update("trainings", len(wanted) - len(left), len(wanted))
        going = [pool.submit(_train, job, _questions(study, job.book), runs) for job in left]
        for done, one in enumerate(as_completed(going), 1):
            one.result()
            update("trainings", len(wanted) - len(left) + done, len(wanted))
    return [found for job in wanted if (found := _read(runs / f"{job.name}.json")) is not None]


def _questions(study: Study, book: Book) -> Path:
    return study.out / f"{book}.json"


def _make(study: Study, book: Book) -> None:
    split, facts = made(study.kg, size_of(study.size), 1, book)
    save(split, facts, _questions(study, book))


def _train(job: Job, questions: Path, runs: Path) -> None:
    found = carried_out(job, questions, 1)
    temporary = runs / f".{job.name}.part"
    temporary.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    temporary.replace(runs / f"{job.name}.json")


def _read(path: Path) -> dict[str, Any] | None:
    """A result; ``None`` where it is not there or broken off."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _same(study: Study) -> None:
    """Writes what the study is; refuses a folder that holds another one, or something else."""
    told = {
        "size": study.size,
        "settings": json.loads(json.dumps(size_of(study.size)._asdict())),
        "device": study.device,
        "graph": open_graph(study.kg).ref.sha256,
        "rates": CHOSEN,
        "versions": {name: _version(name) for name in ("medreason", *NEEDED)},
    }
    path = study.out / "study.json"
    known = _read(path)
    if known is None and study.out.exists() and (not study.out.is_dir() or any(study.out.iterdir())):
        raise RunFolderError("there is something else", fix="give --out a new folder", item=study.out.name)
    if known is not None and known != told:
        unlike = ", ".join(k for k in told if known.get(k) != told[k])
        raise RunFolderError(f"the folder holds another study ({unlike})", fix="give --out a new folder",
                             item=study.out.name)  # fmt: skip
    try:
        study.out.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise RunFolderError(
            f"the folder cannot be written: {error.strerror}", fix="give another folder", item=study.out.name
        ) from error


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


class _Here(Executor):
    """Does what is asked for at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


@contextmanager
def _pool(workers: int) -> Iterator[Executor]:
    """Processes with one thread each: two small trainings side by side are quicker than one on two threads."""
    pool: Executor = _Here() if workers == 1 else ProcessPoolExecutor(workers, get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
