"""Keeps what can be seen of the options from telling the answer, over all questions of a kind.

Questions are taken one after another. By each cue the right option is to stand at every place about as often; a
question that would tilt this is refused. So the questions kept depend on their order, which the seed alone decides.
"""

from __future__ import annotations

from collections.abc import Sequence

from medreason.synth.draw import Table

TOLERANCE, SLACK = 0.04, 4


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


class Balance:
    """The questions of one kind.

    Args:
        options: Options a question.
        cues: Cues an option.
    """

    def __init__(self, options: int, cues: int) -> None:
        self._cues = [_Even(options) for _ in range(cues)]

    def takes(self, table: Table) -> bool:
        """Whether one more question keeps the balance; counts it, if so."""
        watched = list(zip(self._cues, table, strict=True))
        if any(even.full(places) for even, places in watched):
            return False
        for even, places in watched:
            even.add(places)
        return True
