"""What the checker reports: one problem, and nothing that could be mistaken for a repair."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """Something in a dataset that does not hold.

    Attributes:
        item: Id of the record, or file and line where a line cannot be read.
        step: Number of the step; 0 for the record as a whole.
        rule: Which rule is broken (one word, the same in every message of that rule).
        message: What is wrong, in one sentence.
    """

    item: str
    step: int
    rule: str
    message: str


class Wrong(Exception):
    """Raised inside the checker where a sentence or a claim does not hold; becomes a :class:`Problem`."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
