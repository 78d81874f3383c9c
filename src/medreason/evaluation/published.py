"""Published accuracies, to set beside one's own: the harness calibrated on a model whose numbers others measured.

The numbers are those of the tables 2 to 4 of arXiv 2504.00993; table 3 was transcribed by a third party. They are
stated without intervals, and neither the prompts nor the rule that read the answers are ours.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from medreason.errors import UsageError
from medreason.evaluation.compare import Comparison
from medreason.evaluation.contrasts import FULL
from medreason.statistics import Estimate

FILE = "data/evaluation/published.csv"


class Published(NamedTuple):
    """One published number.

    Attributes:
        source: Where it stands.
        table: Which table.
        model: The model, as it is called there.
        task: Our name of the set.
        accuracy: Share right, 0 to 1.
        note: What should be known of it.
    """

    source: str
    table: str
    model: str
    task: str
    accuracy: float
    note: str


class Beside(NamedTuple):
    """Our accuracy beside a published one of the same model.

    Attributes:
        run: Our run.
        questions: How many questions it was asked.
        ours: Its accuracy with its interval.
        published: The published number.
        difference: Ours minus the published, in shares.
        within: Whether the published number lies in our interval: then the sampling of questions alone may explain it.
    """

    run: str
    questions: int
    ours: Estimate
    published: Published
    difference: float
    within: bool


@cache
def numbers() -> tuple[Published, ...]:
    """All published numbers that the package holds, in the order of the tables."""
    text = files("medreason").joinpath(FILE).read_text(encoding="utf-8")
    return tuple(
        Published(
            row["source"], row["table"], row["model"], row["task"], round(float(row["accuracy"]) / 100, 4), row["note"]
        ) for row in csv.DictReader(text.splitlines())
    )  # fmt: skip


def models() -> list[str]:
    """The models with published numbers, in the order of the tables."""
    return list(dict.fromkeys(p.model for p in numbers()))


def model_of(told: str) -> str:
    """The model of a name, whatever its case.

    Raises:
        UsageError: no such model; the nearest is suggested.
    """
    for model in models():
        if model.casefold() == told.strip().casefold():
            return model
    near = difflib.get_close_matches(told.casefold(), [m.casefold() for m in models()], 1, 0.5)
    close = next((m for m in models() if near and m.casefold() == near[0]), "")
    fix = (f"did you mean {close!r}? " if close else "") + f"there are {', '.join(models())}"
    raise UsageError(f"no numbers are published for the model {told!r}", fix=fix)


def beside(found: Comparison, run: str, model: str) -> list[Beside]:
    """Our numbers of a run beside all published ones of a model, by task; the same number of two tables stands once.

    Args:
        found: The comparison.
        run: Name of the run that is this model.
        model: As :func:`model_of` gives it.
    """
    told: list[Beside] = []
    for score in found.scores:
        if score.run != run or score.subset != FULL:
            continue
        seen: set[float] = set()
        for one in numbers():
            if (one.model, one.task) == (model, score.scope) and one.accuracy not in seen:
                seen.add(one.accuracy)
                ours = score.accuracy
                within = ours.low <= one.accuracy <= ours.high
                told.append(Beside(run, ours.n, ours, one, ours.value - one.accuracy, within))
    return told


def leaderboard(tasks: Sequence[str]) -> list[tuple[str, str, dict[str, float]]]:
    """Table, model and its published accuracies on some tasks, for models that have any; in the order of the tables."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for one in numbers():
        if one.task in tasks:
            found.setdefault((one.table, one.model), {})[one.task] = one.accuracy
    return [(table, model, values) for (table, model), values in found.items()]
