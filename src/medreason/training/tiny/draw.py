"""Draws questions from the table: five like diseases, what is looked up of each, a case that fits one alone.

What cannot give the answer away: the five diseases and their sheets are drawn first, and kept only if each of the five
could be the answer; which one is, is drawn after that, all as likely. So options and sheets without the case tell
nothing, by construction. The case is one of the sets of :data:`SIZE` findings that the criterion of
:mod:`medreason.synth.diagnosis` allows: the answer has all on record, every other option one at least and lacks two.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from medreason.synth.diagnosis import POOL, RATIO, WRONG
from medreason.synth.draw import pick, seeded, shuffled, some
from medreason.training.tiny.table import ON, UNUSABLE, Table

SIZE = 4
"""Findings of a case."""
LOW = HIGH = 5
"""Findings on a sheet, least and most: the same, so that every prompt is equally long."""
DRY = 2000
LETTERS = "ABCDE"


class Question(NamedTuple):
    """A question, all in numbers of the table's rows and columns.

    Attributes:
        case: The findings, as they are told.
        options: The diseases, A to E.
        sheets: Of each option, which of the findings looked up are on record; complete with respect to the case.
        answer: Place of the right option.
    """

    case: tuple[int, ...]
    options: tuple[int, ...]
    sheets: tuple[tuple[int, ...], ...]
    answer: int

    @property
    def key(self) -> tuple[int, frozenset[int]]:
        """The right disease and the findings: what must not be in training where it is tested."""
        return self.options[self.answer], frozenset(self.case)


def _five(table: Table, fair: np.ndarray, rng: random.Random) -> list[int]:
    """Five rows, no two the same disorder, that share findings with the first; in an order of chance."""
    first = pick(rng, np.flatnonzero(fair).tolist())
    shared = ((table.cells[:, table.cells[first] == ON] == ON).sum(axis=1) >= 3) & fair
    size = table.sizes[first]
    shared &= (table.sizes <= RATIO * size) & (RATIO * table.sizes >= size) & (table.space == table.space[first])
    drawn = [first]
    for other in some(rng, np.flatnonzero(shared).tolist(), POOL):
        if other != first and not any(table.same(other, o) for o in drawn):
            drawn.append(other)
        if len(drawn) == WRONG + 1:
            return shuffled(rng, drawn)
    return []


def _looked_up(table: Table, five: Sequence[int], rng: random.Random) -> list[int]:
    """Findings to look up, none above another, so that any two options share one or two and each has :data:`LOW` to
    :data:`HIGH`. Step by step the finding is taken that brings most pairs together; chance decides between equals."""
    on = table.cells[list(five)] == ON
    held = on.sum(axis=0)
    open_ = ~(table.cells[list(five)] == UNUSABLE).any(axis=0) & (held > 0) & (held < len(five))
    pairs = np.array([on[i] & on[j] for i, j in combinations(range(len(five)), 2)])
    have, together = np.zeros(len(five), dtype=np.int64), np.zeros(len(pairs), dtype=np.int64)
    found: list[int] = []
    while have.min() < LOW or not together.all():
        gain = (pairs & (together == 0)[:, None]).sum(axis=0) - (pairs & (together > 1)[:, None]).sum(axis=0)
        gain = 2 * gain + (on & (have < LOW)[:, None]).sum(axis=0) - 4 * (on & (have >= HIGH)[:, None]).sum(axis=0)
        at = np.flatnonzero(open_ & (gain == gain[open_].max(initial=-99)))
        if not len(at) or gain[at[0]] <= 0:
            return []
        column = pick(rng, at.tolist())
        found.append(column)
        have += on[:, column]
        together += pairs[:, column]
        open_ &= table.apart[column]
    return found if have.max() <= HIGH else []


def _cases(sheets: Sequence[frozenset[int]], answer: int) -> list[tuple[int, ...]]:
    """All sets of findings that fit one option alone."""
    others = [s for i, s in enumerate(sheets) if i != answer]
    return [
        case
        for case in combinations(sorted(sheets[answer]), SIZE)
        if all(1 <= len(other.intersection(case)) <= SIZE - 2 for other in others)
    ]


def draw(table: Table, fair: np.ndarray, rng: random.Random) -> Question | None:
    """A question, or ``None`` where none came of it.

    Args:
        table: The table.
        fair: Which rows may be options.
        rng: Decides everything.
    """
    five = _five(table, fair, rng)
    looked = _looked_up(table, five, rng) if five else []
    if not looked:
        return None
    sheets = [frozenset(c for c in looked if table.cells[d, c] == ON) for d in five]
    fitting = [_cases(sheets, i) for i in range(len(five))]
    if not all(fitting):
        return None
    answer = int(rng.random() * len(five))
    case = tuple(shuffled(rng, pick(rng, fitting[answer])))
    return Question(case, tuple(five), tuple(tuple(shuffled(rng, sorted(s))) for s in sheets), answer)


def questions(table: Table, fair: np.ndarray, *seed: object) -> Iterator[Question]:
    """Questions, no two of the same options and findings; the seed alone decides. Ends after :data:`DRY` vain tries."""
    known: set[tuple[frozenset[int], frozenset[int]]] = set()
    at = last = 0
    while at - last < DRY:
        found = draw(table, fair, seeded("tiny", *seed, at))
        at += 1
        if found is not None and (key := (frozenset(found.options), frozenset(found.case))) not in known:
            known.add(key)
            last = at
            yield found
