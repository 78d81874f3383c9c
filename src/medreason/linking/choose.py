"""Which candidate is taken: thresholds first, then, where they leave it open, a language model asked once.

What it is: thresholds, and the protocol a chooser must keep (all open mentions of a text in one call, none of the
candidates allowed). What it is not: a client; the stage that asks a model is :mod:`medreason.teachers.llm.stages`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from medreason.linking.candidates import Candidate


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a candidate is considered and when it is taken.

    Attributes:
        k: Candidates considered per mention.
        keep: A candidate counts only if its score is above this.
        accept: The best candidate is taken without asking if its score is above this.
        alone: Without a chooser, take the best candidate that was kept; otherwise take none.
        similar_only: Look for similar names by embedding only (the published method), not by trigrams.
    """

    k: int = 10
    keep: float = 0.35
    accept: float = 0.9
    alone: bool = True
    similar_only: bool = False


DEFAULT = Thresholds()
# The published values: 10 candidates by embedding, cosine above 0.70, taken above 0.85, else asked.
COMPAT = Thresholds(k=10, keep=0.70, accept=0.85, alone=False, similar_only=True)


@dataclass(frozen=True, slots=True)
class Open:
    """A mention that the thresholds left open: its wording, what it stands for, and its candidates, best first."""

    text: str
    meaning: str
    candidates: tuple[Candidate, ...]


class Chooser(Protocol):
    """What decides open mentions; one call a text."""

    def choose(self, text: str, mentions: Sequence[Open]) -> Sequence[str | None]:
        """For each mention the CURIE of one of its candidates, or ``None`` for none of them."""
        ...
