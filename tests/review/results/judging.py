"""Reviewers who answer a made study as a test tells them, arm by arm."""

from collections.abc import Callable
from typing import Any

from medreason.review.answers import Body
from tests.review.server.made import ARMS, Made

FIRST, SECOND = ARMS
# Reviewer, number of the case, arm → labels of its steps.
Labels = Callable[[str, int, str], list[str]]
# Reviewer, number of the case → much, slightly, tie, unsafe; and the arm preferred.
Prefers = Callable[[str, int], tuple[str, str]]


def number(made: Made, key: str) -> int:
    """Number of a task's case."""
    import sqlite3

    with sqlite3.connect(made.path) as base:
        return int(base.execute("SELECT case_n FROM tasks WHERE key = ?", (key,)).fetchone()[0])


def judge(
    made: Made, labels: Labels, prefers: Prefers, *, value: Callable[[str, int, str], int] = lambda *_: 4, **more: Any
) -> None:
    """Everybody answers everything; a repeat is answered like the first sight, arm by arm."""
    asked = made.study.protocol.asked.scales
    for person in made.study.people():
        if person.role != "reviewer":
            continue
        for task in made.study.tasks(person.id):
            n, arms = number(made, task.key), made.arms(task.key)
            strength, better = prefers(person.name, n)
            side = next((s for s, arm in arms.items() if arm == better), "")
            preference = {"tie": "tie", "unsafe": "both_unsafe"}.get(strength, f"{strength}_{side}")
            body = {
                "steps": {s: labels(person.name, n, arm) for s, arm in arms.items()},
                "scales": {s: dict.fromkeys(asked, value(person.name, n, arm)) for s, arm in arms.items()},
                "preference": preference if len(arms) == 2 else None, "confidence": 3, "seconds": 30.0 + n, **more,
            }  # fmt: skip
            made.study.save(task.key, Body.model_validate(body), base=0, done=True)


def unblind(made: Made) -> None:
    made.study.freeze("dee")
    made.study.unblind("dee")
