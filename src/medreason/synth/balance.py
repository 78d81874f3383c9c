"""Keeps what can be seen of the options from telling the answer, over all questions of a kind.

Questions are taken one after another. By each cue the right option is to stand at every place about as often, and over
all cues together nothing is to be learnt from where it stands; a question that would tilt this is refused. So the
questions kept depend on their order, which the seed alone decides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from medreason.synth.draw import Table

TOLERANCE, SLACK = 0.04, 4
DRIFT, LOOSE = 0.01, 4.0
"""What the mean place of the right option may differ from that of all, over the cues together: of a question, and of
the first ones."""


class _Even:
    """How often the right option stood at each place by one cue."""

    def __init__(self, options: int) -> None:
        self._counts = [0.0] * options
        self._total = 0

    def _span(self, places: Sequence[float]) -> range:
        """The places that the right option shares: one, if it is tied with none."""
        first = sum(p < places[0] for p in places)
        return range(first, first + sum(p == places[0] for p in places))

    def full(self, places: Sequence[float]) -> bool:
        """Whether that place is taken oftener than an even share by more than 4 % and four; never, if all are tied."""
        span = self._span(places)
        even = self._total / len(self._counts)
        many = sum(self._counts[at] for at in span) / len(span) > even * (1 + TOLERANCE) + SLACK
        return many and len(span) < len(self._counts)

    def add(self, places: Sequence[float]) -> None:
        """Counts one more; options that are all tied tell nothing."""
        span = self._span(places)
        if len(span) < len(self._counts):
            self._total += 1
            for at in span:
                self._counts[at] += 1 / len(span)


class _Drift:
    """How far the right options stand from the mean of their options, over all cues at once.

    The values of an option are, for each cue, its place and how extreme that is. The sum over the questions of (value
    of the right option - mean of its options) is the gradient of a conditional logit with all weights zero: while it
    stays near zero, such a logit learns nothing that tells the answer.
    """

    def __init__(self) -> None:
        self._sum: list[float] = []
        self._total = 0

    def _of(self, table: Table) -> list[float]:
        own: list[float] = []
        for places in table:
            last = len(places) - 1
            centred = [p / last - 0.5 for p in places]
            squares = [4 * c * c for c in centred]
            own += [centred[0], squares[0] - sum(squares) / len(squares)]
        return own

    def full(self, table: Table) -> bool:
        """Whether one more would move the sum further from zero than it may stand."""
        before = self._sum or [0.0] * (2 * len(table))
        after = math.hypot(*(a + b for a, b in zip(before, self._of(table), strict=True)))
        return after > max(DRIFT * self._total + LOOSE, math.hypot(*before))

    def add(self, table: Table) -> None:
        """Counts one more."""
        own = self._of(table)
        self._sum = [a + b for a, b in zip(self._sum, own, strict=True)] if self._sum else own
        self._total += 1


class Balance:
    """The questions of one kind.

    Args:
        options: Options a question.
        cues: Cues an option.
    """

    def __init__(self, options: int, cues: int) -> None:
        self._cues = [_Even(options) for _ in range(cues)]
        self._drift = _Drift()

    def takes(self, table: Table) -> bool:
        """Whether one more question keeps the balance; counts it, if so."""
        watched = list(zip(self._cues, table, strict=True))
        if any(even.full(places) for even, places in watched) or self._drift.full(table):
            return False
        for even, places in watched:
            even.add(places)
        self._drift.add(table)
        return True
