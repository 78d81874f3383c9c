"""Readings of several runs brought together: the questions that all of them answered, and what was left out.

A run is the readings of one model under one setting. Runs are compared on the same questions alone; what only some of
them have is named, never silently dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from medreason.errors import InputError, UsageError
from medreason.evaluation.results import Row, read_rows

MOST_NAMED = 5


class Asked(NamedTuple):
    """One question as one run answered it.

    Attributes:
        options: Options shown; 0 where it was not recorded.
        gold: Key of the right one.
        cluster: What it hangs together with; its task and id where nothing was said.
        clean: False known from training data, True not, None unknown.
        samples: Outputs to it.
        right: Of them, right ones.
        unread: Of them, those that could not be read.
    """

    options: int
    gold: str
    cluster: str
    clean: bool | None
    samples: int
    right: int
    unread: int

    @property
    def score(self) -> float:
        """Share of its outputs that are right, 0 to 1."""
        return self.right / self.samples


class Run(NamedTuple):
    """A run: its name, its questions by task and id, and all of its rows (those of changed questions too)."""

    name: str
    tasks: dict[str, dict[str, Asked]]
    rows: list[Row]


class Left(NamedTuple):
    """Questions that were left out because a run does not have them.

    Attributes:
        task: Their task.
        run: The run that lacks them.
        ids: Which, sorted; all of the task where it lacks the task.
        whole: It lacks the whole task.
    """

    task: str
    run: str
    ids: tuple[str, ...]
    whole: bool


class Aligned(NamedTuple):
    """Runs on common ground.

    Attributes:
        runs: The runs, in the given order.
        tasks: Task → ids that every run with this task answered, sorted; tasks in alphabetical order.
        left: What was left out.
    """

    runs: list[Run]
    tasks: dict[str, list[str]]
    left: list[Left]

    def having(self, task: str) -> list[Run]:
        """The runs that have a task."""
        return [run for run in self.runs if task in run.tasks]


def names_of(places: Sequence[Path], told: str | None = None) -> list[str]:
    """A name for each run: as told (separated by commas), else of folder or file, with its parent where two are alike.

    Raises:
        UsageError: another number of names than of runs, or one twice.
    """
    if told is not None:
        names = [name.strip() for name in told.split(",")]
        if len(names) != len(places) or len(set(names)) < len(names) or not all(names):
            raise UsageError(
                f"--names gives {len(names)} names for {len(places)} runs, or one twice",
                fix="give one name a run, separated by commas, in the order of the runs",
            )
        return names
    short = [_stem(place) for place in places]
    if len(set(short)) < len(short):
        short = [f"{place.resolve().parent.name}/{name}" for place, name in zip(places, short, strict=True)]
    if len(set(short)) < len(short):
        raise UsageError("two runs have one name", fix="give --names first,second or another folder")
    return short


def _stem(place: Path) -> str:
    name = place.resolve().name
    for ending in (".gz", ".jsonl"):
        name = name.removesuffix(ending)
    return name


def read_run(place: Path, name: str) -> Run:
    """A run from its folder or file.

    Raises:
        InputError: it cannot be read, or holds no answer to a question as it is.
    """
    return make_run(name, read_rows(place))


def make_run(name: str, rows: Iterable[Row]) -> Run:
    """A run of rows.

    Raises:
        InputError: no row of a question as it is, or samples of one question that differ in gold, options or cluster.
    """
    kept = list(rows)
    gathered: dict[tuple[str, str], list[Row]] = {}
    for row in kept:
        if not row.condition:
            gathered.setdefault((row.task, row.id), []).append(row)
    if not gathered:
        raise InputError("no row answers a question as it is", fix="leave `condition` out for those", item=name)
    tasks: dict[str, dict[str, Asked]] = {}
    for (task, id_), same in sorted(gathered.items()):
        tasks.setdefault(task, {})[id_] = _asked(name, same)
    return Run(name, tasks, kept)


def _asked(run: str, rows: list[Row]) -> Asked:
    first = rows[0]
    if len({(row.options, row.gold, row.cluster) for row in rows}) > 1:
        raise InputError(
            f"the samples of question {first.id} of task {first.task} differ in gold, options or cluster",
            fix="samples of one question share these",
            item=run,
        )
    known = {row.clean for row in rows} - {None}
    return Asked(
        options=first.options,
        gold=first.gold,
        cluster=first.cluster or f"{first.task}\t{first.id}",
        clean=None if not known else False not in known,
        samples=len(rows),
        right=sum(row.right for row in rows),
        unread=sum(row.key is None for row in rows),
    )


def align(runs: Sequence[Run], *, strict: bool = False) -> Aligned:
    """The questions that all runs with a task answered.

    Args:
        runs: At least one, of different names.
        strict: Whether anything left out is an error.

    Raises:
        InputError: a question with two golds or numbers of options, no common question, or with ``strict`` any
            question or task that one run alone lacks.
    """
    tasks: dict[str, list[str]] = {}
    left: list[Left] = []
    for task in sorted({task for run in runs for task in run.tasks}):
        having = [run for run in runs if task in run.tasks]
        every = sorted({id_ for run in having for id_ in run.tasks[task]})
        common = [id_ for id_ in every if all(id_ in run.tasks[task] for run in having)]
        _same_questions(task, common, having)
        if common:
            tasks[task] = common
        for run in runs:
            lacking = tuple(id_ for id_ in every if id_ not in run.tasks.get(task, {}))
            if lacking:
                left.append(Left(task, run.name, lacking, task not in run.tasks))
    if strict and left:
        raise InputError(
            f"the runs did not answer the same questions: {told_left(left[0])}",
            fix="leave --strict out to compare what is common",
            item=left[0].run,
        )
    if not tasks:
        raise InputError("the runs have no question in common", fix="tasks and ids must be the same in all of them")
    return Aligned(list(runs), tasks, left)


def told_left(found: Left) -> str:
    """What was left out, in words."""
    if found.whole:
        return f"{found.run} lacks the task {found.task} ({len(found.ids):,} questions)"
    named = ", ".join(found.ids[:MOST_NAMED])
    more = f" and {len(found.ids) - MOST_NAMED:,} more" if len(found.ids) > MOST_NAMED else ""
    return f"{found.run} lacks {len(found.ids):,} of {found.task}: {named}{more}"


def _same_questions(task: str, ids: Sequence[str], runs: Sequence[Run]) -> None:
    for id_ in ids:
        first = runs[0].tasks[task][id_]
        for run in runs[1:]:
            other = run.tasks[task][id_]
            unlike = first.options and other.options and first.options != other.options
            if first.gold != other.gold or unlike:
                raise InputError(
                    f"question {id_} of {task} has gold {first.gold} of {first.options} options in {runs[0].name}, but "
                    f"{other.gold} of {other.options} in {run.name}",
                    fix="score both with the same question file; keys are those of the source, not as shown",
                    item=run.name,
                )


def is_clean(aligned: Aligned, task: str, id_: str, unclean: Mapping[str, frozenset[str]]) -> bool | None:
    """Whether a question is clean: False if anything says otherwise, True if something says so, None if nobody looked.

    Args:
        aligned: The runs.
        task: Its task.
        id_: Its id.
        unclean: Task → ids that a report found in training data; a task in it was looked at as a whole.
    """
    told = {run.tasks[task][id_].clean for run in aligned.having(task)}
    if task in unclean:
        told.add(id_ not in unclean[task])
    told.discard(None)
    return None if not told else False not in told
