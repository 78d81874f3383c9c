"""Compares runs on the same questions: who is better, how sure that is, and what the questions could show at all.

The flow: aligned runs → for each task, for all tasks pooled and for their mean (macro) the accuracy of each run and the
difference of each pair → p values corrected for their number → a verdict in plain words. Unreadable outputs count as
wrong and are shown. A question with several samples counts once, with the share that is right; questions of one
cluster are drawn together.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from medreason.evaluation.contrasts import (
    CLEAN,
    FULL,
    MACRO,
    POOLED,
    Contrast,
    Score,
    accuracy_of,
    contrast,
    joined,
    macro_contrast,
)
from medreason.evaluation.runs import Aligned, Asked, Run, is_clean
from medreason.statistics.power import chance_level
from medreason.statistics.several import holm


class Scope(NamedTuple):
    """What was asked.

    Attributes:
        name: Task, :data:`POOLED` or :data:`MACRO`.
        subset: :data:`FULL` or :data:`CLEAN`.
        questions: How many.
        chance: What guessing gets right; ``nan`` where the number of options was not recorded.
        fewest: Fewest options of a question.
        most: Most options.
    """

    name: str
    subset: str
    questions: int
    chance: float
    fewest: int
    most: int


class Comparison(NamedTuple):
    """Everything that was found; scopes in the order of tasks, then pooled, then macro, full set first."""

    aligned: Aligned
    scopes: list[Scope]
    scores: list[Score]
    contrasts: list[Contrast]
    seed: int


def compare(
    aligned: Aligned,
    *,
    unclean: Mapping[str, frozenset[str]] | None = None,
    against_first: bool = False,
    seed: int = 0,
) -> Comparison:
    """Compares all runs.

    Args:
        aligned: The runs and their common questions.
        unclean: Task → ids known from training data, of a contamination report.
        against_first: Whether the others are compared with the first alone, not with each other.
        seed: Of the bootstrap.
    """
    subsets = {FULL: aligned.tasks}
    clean = {
        task: [id_ for id_ in ids if is_clean(aligned, task, id_, unclean or {})] for task, ids in aligned.tasks.items()
    }
    if any(clean.values()):
        subsets[CLEAN] = {task: ids for task, ids in clean.items() if ids}
    scopes: list[Scope] = []
    scores: list[Score] = []
    contrasts: list[Contrast] = []
    pairs = [(a, b) for a, b in combinations(aligned.runs, 2) if not against_first or a is aligned.runs[0]]
    for subset, tasks in subsets.items():
        view = _View(aligned, subset, tasks, seed)
        scopes += view.scopes()
        scores += [score for run in aligned.runs for score in view.scores(run)]
        contrasts += _corrected([c for a, b in pairs for c in view.contrasts(a, b)])
    order = {name: n for n, name in enumerate(dict.fromkeys(scope.name for scope in scopes))}
    scores.sort(key=lambda s: (s.subset != FULL, order[s.scope]))
    contrasts.sort(key=lambda c: (c.subset != FULL, order[c.scope]))
    return Comparison(aligned, scopes, scores, contrasts, seed)


def _corrected(found: Sequence[Contrast]) -> list[Contrast]:
    """Holm over tasks and pairs; pooled values apart, over pairs."""
    corrected: dict[str, float] = {}
    for pooled in (False, True):
        family = {str(n): c.p for n, c in enumerate(found) if c.p is not None and (c.scope == POOLED) == pooled}
        corrected |= holm(family)
    return [c._replace(corrected=corrected.get(str(n))) for n, c in enumerate(found)]


class _View:
    """One subset of the questions of some runs."""

    def __init__(self, aligned: Aligned, subset: str, tasks: Mapping[str, list[str]], seed: int) -> None:
        self._aligned, self._subset, self._tasks, self._seed = aligned, subset, tasks, seed
        # Pooled and macro stand on the tasks that every run has.
        self._shared = [task for task in tasks if len(aligned.having(task)) == len(aligned.runs)]

    def _named(self) -> dict[str, list[str]]:
        """Scope → its tasks."""
        found = {task: [task] for task in self._tasks}
        if len(self._shared) > 1:
            found[POOLED] = found[MACRO] = self._shared
        return found

    def _asked(self, run: Run, tasks: Sequence[str]) -> list[Asked]:
        return [run.tasks[task][id_] for task in tasks for id_ in self._tasks[task]]

    def _options(self, task: str) -> list[int]:
        """Options of each question of a task, by whichever run recorded them."""
        having = self._aligned.having(task)
        return [max(run.tasks[task][id_].options for run in having) for id_ in self._tasks[task]]

    def scopes(self) -> list[Scope]:
        """What was asked."""
        found: list[Scope] = []
        for name, tasks in self._named().items():
            options = [most for task in tasks for most in self._options(task)]
            chance = chance_level(options) if all(options) else math.nan
            if name == MACRO:
                chance = math.fsum(s.chance for s in found if s.name in tasks) / len(tasks)
            found.append(Scope(name, self._subset, len(options), chance, min(options), max(options)))
        return found

    def scores(self, run: Run) -> list[Score]:
        """How a run did on every scope that it has."""
        found: list[Score] = []
        for name, tasks in self._named().items():
            if any(task not in run.tasks for task in tasks):
                continue
            asked = self._asked(run, tasks)
            if name == MACRO:
                accuracy = joined([s.accuracy for s in found if s.scope in tasks], 0.0)
            else:
                accuracy = accuracy_of(asked, seed=self._seed)
            reasons = self._reasons(run, tasks)
            outputs = sum(a.samples for a in asked)
            found.append(Score(name, self._subset, run.name, accuracy, outputs, sum(reasons.values()), reasons))
        return found

    def _reasons(self, run: Run, tasks: Sequence[str]) -> dict[str, int]:
        asked = {task: set(self._tasks[task]) for task in tasks}
        found = Counter(
            row.why or "no reason told"
            for row in run.rows
            if row.key is None and not row.condition and row.id in asked.get(row.task, ())
        )
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def contrasts(self, first: Run, second: Run) -> list[Contrast]:
        """The difference of two runs on every scope that both have."""
        found: list[Contrast] = []
        for name, tasks in self._named().items():
            if any(task not in run.tasks for task in tasks for run in (first, second)):
                continue
            told = (name, self._subset, first.name, second.name)
            if name == MACRO:
                found.append(macro_contrast(told, [c for c in found if c.scope in tasks]))
            else:
                pairs = zip(self._asked(first, tasks), self._asked(second, tasks), strict=True)
                found.append(contrast(told, list(pairs), seed=self._seed))
        return found
