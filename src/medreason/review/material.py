"""The cases of a study, and what of them reaches a browser: nothing of that names or orders by arm."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from medreason.records import from_dict
from medreason.review.answers import Side


@dataclass(frozen=True, slots=True)
class ShownEdge:
    """An edge in words, as a step cites it; ``in_graph`` is false for an id that the graph does not hold."""

    relation: str
    head: str
    tail: str
    polarity: str
    source: str
    evidence: tuple[str, ...]
    in_graph: bool


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step as it is read, with what it cites."""

    text: str
    edges: tuple[ShownEdge, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownSide:
    """One reasoning; ``answer`` is the key of the option it ends with, or empty."""

    steps: tuple[ShownStep, ...]
    answer: str = ""


@dataclass(frozen=True, slots=True)
class ShownItem:
    """A case on a reviewer's page. The reference answer is not among it, before or after."""

    vignette: str
    options: tuple[tuple[str, str], ...]
    sides: dict[Side, ShownSide]


@dataclass(frozen=True, slots=True)
class ArmText:
    """An arm's reasoning on a case, blinded.

    Attributes:
        shown: What reviewers read.
        origins: Number of the record's step that each shown step comes from; 0 where it is of no record.
    """

    shown: ShownSide
    origins: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A drawn question with the reasonings to judge.

    Attributes:
        id: The question's id.
        stratum: ``source``, ``organ_system``, ``difficulty`` of the case, those that are known.
        texts: By arm: two side by side, or one.
    """

    id: str
    stratum: dict[str, str]
    vignette: str
    options: tuple[tuple[str, str], ...]
    texts: dict[str, ArmText]

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that it shows, in its own, random order."""
        return tuple(self.texts)

    def shown(self, arms: tuple[str, ...]) -> ShownItem:
        """The case with these arms from left to right."""
        sides: tuple[Side, ...] = ("left", "right")
        return ShownItem(
            self.vignette, self.options, {side: self.texts[arm].shown for side, arm in zip(sides, arms, strict=False)}
        )

    def plain(self) -> dict[str, Any]:
        """As plain values, for the study file and the hash."""
        return dataclasses.asdict(self)


def case_of(values: Mapping[str, Any]) -> Case:
    """The inverse of :meth:`Case.plain`."""
    return from_dict(Case, dict(values))


@dataclass(frozen=True, slots=True)
class Material:
    """All that a study shows.

    Attributes:
        graph: Source, version and SHA-256 of the graph that steps cite; empty without.
        left_out: Why cases could not be drawn, and how many.
        available: Cases that could be.
    """

    cases: tuple[Case, ...]
    graph: str = ""
    left_out: dict[str, int] = field(default_factory=dict)
    available: int = 0
