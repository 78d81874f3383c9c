"""Chains that name or give away the answer: a sentence in one of six ways, put into a step.

Each is a defect by construction: a chain must reach its option from the evidence, so that a sentence that takes it from
elsewhere (as given, as correct, by its letter, by an id) does not belong, whatever else is right.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace

from medreason.kg.store import Graph
from medreason.quality.leaks import LeakFinder
from medreason.quality.problem import Problem
from medreason.quality.verify import verify_record
from medreason.records import Record
from tests.quality.defects import Made, Plant
from tests.quality.flips import with_step

_CORRECT = ("The correct answer is {o}.", "The right answer is therefore {o}.", "{o} is the correct answer.")
_GIVEN = (
    "As the given answer says, {o} fits.", "This agrees with the given answer, {o}.", "The answer stated is {o}.",
)  # fmt: skip
_SINCE = (
    "Since {o} is the answer provided, the evidence must point to it.",
    "Because {o} was given as the answer, it holds.",
    "{o} must fit, as it is the answer we were given.",
)  # fmt: skip
_LETTER = (
    "So {k} must be right as stated.", "The answer is {k}.", "Option {k} is the expected one.",
    "This is why {k} is correct.",
)  # fmt: skip
_SHORT = ("The evidence is for {s}.", "This is what {s} looks like.", "Everything here is {s}.")
_ID = ("The path ends at {i}.", "The evidence leads to {i}.", "This is recorded under {i}.")


def _short(name: str) -> str:
    """An abbreviation by first letters: "Weill-Marchesani syndrome 1" is WMS; empty where it would be too short."""
    small = ("of", "and", "the", "with", "type")
    words = re.findall(r"[A-Za-z]+", name.partition(",")[0])
    made = "".join(w[0].upper() for w in words if w.casefold() not in small)
    return made if len(made) >= 3 else ""


def _told(*forms: str) -> Plant:
    def plant(record: Record, graph: Graph, rng: random.Random) -> Made:
        own = next(o for o in record.options if o.key == record.answer_key)
        words = {"o": own.text, "k": own.key, "s": _short(own.text), "i": own.concept}
        form = rng.choice(forms)
        if not all(words[w] for w in re.findall(r"\{(\w)\}", form)):
            return None
        step = rng.choice(record.steps)
        return with_step(record, replace(step, text=f"{step.text} {form.format(**words)}"))

    return plant


def find(record: Record, graph: Graph) -> list[Problem]:
    """What the checker and the finder of leaks say of a record."""
    sheet = [line.text for line in record.sheet]
    finder = LeakFinder(graph, record.id, record.question, record.options, record.answer_key, sheet)
    return [*verify_record(record, graph), *finder.find(record.steps)]


KINDS: dict[str, dict[str, Plant]] = {
    "answer named": {
        "called correct": _told(*_CORRECT), "as the given answer": _told(*_GIVEN), "since it is given": _told(*_SINCE),
        "by its letter": _told(*_LETTER), "by an abbreviation": _told(*_SHORT), "by an id": _told(*_ID),
    }
}  # fmt: skip
