"""Runs made up for tests: answers drawn by seed, no text of any question."""

from collections.abc import Sequence

import numpy as np

from medreason.evaluation.results import Row

KEYS = "ABCDEFGHIJ"


def drawn(
    task: str, n: int, right: float, *, seed: int, options: int = 4, unread: float = 0.0, samples: int = 1,
    hard: float = 0.35, first: int = 0,
) -> list[Row]:  # fmt: skip
    """Answers to ``n`` questions, some of which are hard for everybody."""
    rng, shared = np.random.default_rng(seed), np.random.default_rng(len(task) + n)
    shifts = shared.normal(0, hard, n)
    rows = []
    for i in range(first, first + n):
        gold = KEYS[i % options]
        for sample in range(samples):
            key: str | None = gold
            if rng.random() > np.clip(right + shifts[i - first], 0.02, 0.98):
                key = KEYS[(i + 1 + int(rng.integers(options - 1))) % options]
            if rng.random() < unread:
                key = None
            rows.append(
                Row(
                    task, f"q{i}", options, gold, key, sample, "final" if key else "", "" if key else "no_statement",
                    length=int(400 + 300 * rng.random()),
                )
            )  # fmt: skip
    return rows


def answers(task: str, said: str, gold: str = "A", *, options: int = 4, start: int = 0) -> list[Row]:
    """One row a letter; ``-`` is an output that could not be read."""
    return [
        Row(task, f"q{start + i}", options, gold, None if key == "-" else key, why="empty" if key == "-" else "")
        for i, key in enumerate(said)
    ]


def changed(rows: Sequence[Row], condition: str, keys: str, hints: str = "") -> list[Row]:
    """The same questions changed, answered with these keys."""
    return [
        row._replace(condition=condition, key=None if key == "-" else key, hint=hints[n] if hints else "")
        for n, (row, key) in enumerate(zip(rows, keys, strict=True))
    ]
