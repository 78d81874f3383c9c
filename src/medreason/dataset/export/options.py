"""What an export is asked for, and what it asks of a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from medreason.dataset.export.planted import ERRORS
from medreason.dataset.export.rows import Format, Shape
from medreason.dataset.export.splits import SHARES
from medreason.dataset.export.text import Form
from medreason.errors import UsageError
from medreason.quality.problem import Problem
from medreason.records import Record, SheetLine

FORMATS: tuple[Format, ...] = ("hf", "medreason", "sft", "sharegpt", "alpaca", "dpo", "rl")
# Formats that hold prompts.
PROMPTED: frozenset[Format] = frozenset({"sft", "sharegpt", "alpaca", "dpo", "rl"})


class Knowledge(Protocol):
    """What an export asks of a graph, where one is given."""

    def require(self, records: list[Record]) -> None:
        """Refuses records that cite another graph."""

    def name(self, concept: str) -> str:
        """Name of a concept by its CURIE."""

    def sheet(self, record: Record) -> tuple[SheetLine, ...]:
        """The evidence sheet of a record's question; empty where there is none."""

    def same(self, a: str, b: str) -> bool:
        """Whether two concepts are one disorder."""

    def problems(self, record: Record) -> list[Problem]:
        """What the checker finds wrong with a record."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is exported, and how.

    Attributes:
        format: One of ``FORMATS``.
        form: How prompts and targets are written.
        shape: Of ``sft``: ``messages`` or ``prompt-completion``.
        shares: Shares of train, validation and test.
        seed: Orders groups of the splits, and planted errors.
        planted: Planted pairs a record at most, 0 to 5 (``dpo``).
        max_tokens: Rows with more tokens stay out; 0 for no limit.
        include_evaluation_split: Records from test data enter, and the card says so.
        licences: Licence by source, where the records state none.
    """

    format: Format
    form: Form = field(default_factory=Form)
    shape: Shape = "messages"
    shares: tuple[float, ...] = SHARES
    seed: int = 0
    planted: int = 1
    max_tokens: int = 0
    include_evaluation_split: bool = False
    licences: Mapping[str, str] = field(default_factory=dict)

    def check(self, *, counts_tokens: bool) -> None:
        """Refuses what contradicts itself.

        Raises:
            UsageError: names the option.
        """
        if self.format not in FORMATS:
            raise UsageError(f"there is no format {self.format!r}", fix=f"give one of {', '.join(FORMATS)}")
        if self.max_tokens and (not counts_tokens or self.format not in PROMPTED):
            raise UsageError("--max-tokens has nothing to count", fix="give --tokenizer and a format with prompts")
        if counts_tokens and self.format not in PROMPTED:
            raise UsageError(f"--tokenizer: {self.format} holds no prompts", fix="leave it out, or export sft")
        if self.format == "rl" and not self.form.citations:
            raise UsageError("the rewards of rl read citations", fix="leave out --no-citations")
        if not 0 <= self.planted <= len(ERRORS):
            raise UsageError(f"--planted {self.planted}: there are {len(ERRORS)} kinds", fix="give 0 to 5")
