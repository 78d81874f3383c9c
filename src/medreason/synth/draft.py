"""A question with its chain, before it has letters; and the record it becomes."""

from __future__ import annotations

import hashlib
import random
from typing import Literal, NamedTuple

from medreason.records import Finding, GraphRef, Option, Patient, Record, Step
from medreason.synth.draw import Table, shuffled

VERSION = "1"
TEACHER = f"synthetic/{VERSION}"
SOURCE = "synthetic"
LETTERS = "ABCDE"
Difficulty = Literal["easy", "medium", "hard"]


class Choice(NamedTuple):
    """An option: node number and text."""

    node: int
    text: str


class Said(NamedTuple):
    """A step: its text and the edges (numbers) that it stands on."""

    text: str
    edges: tuple[int, ...]


class Draft(NamedTuple):
    """A question with its chain; the right option comes first, letters are given later.

    Attributes:
        kind: Kind of question.
        fact: What is asked, as text: equal for repeats of the same fact.
        question: The stem.
        options: The right option, then the wrong ones.
        steps: The chain.
        findings: Concept ids and names of what the patient is said to have.
        hard: Points of difficulty, see docs/synthesis.md.
        table: Where each option stands by each cue.
    """

    kind: str
    fact: str
    question: str
    options: tuple[Choice, ...]
    steps: tuple[Said, ...]
    findings: tuple[tuple[str, str], ...] = ()
    hard: int = 0
    table: Table = ()


def difficulty(points: int) -> Difficulty:
    """``easy`` without a point, ``medium`` with one, ``hard`` with more."""
    return "easy" if points == 0 else "medium" if points == 1 else "hard"


class Finished(NamedTuple):
    """A draft as a worker hands it over: everything but the letters, ids resolved."""

    draft: Draft
    concepts: tuple[str, ...]
    steps: tuple[Step, ...]
    order: tuple[int, ...]

    @property
    def id(self) -> str:
        """Id of the record: a hash of the question, the options and the chain, whatever their letters."""
        told = [self.draft.question, *self.concepts, *(step.text for step in self.steps)]
        return f"syn-{self.draft.kind}-{hashlib.sha256(chr(31).join(told).encode()).hexdigest()[:16]}"


def finished(draft: Draft, curies: list[str], edges: list[list[str]], rng: random.Random) -> Finished:
    """Resolves ids and draws the order of the wrong options."""
    steps = tuple(Step(n, s.text, tuple(e)) for n, (s, e) in enumerate(zip(draft.steps, edges, strict=True), 1))
    order = tuple(shuffled(rng, range(1, len(draft.options))))
    return Finished(draft, tuple(curies), steps, order)


def record(found: Finished, letter: int, graph: GraphRef, licence: str) -> Record:
    """The record, with the right option at place ``letter`` (0 for A)."""
    draft = found.draft
    places = [*found.order[:letter], 0, *found.order[letter:]]
    options = tuple(Option(LETTERS[at], draft.options[i].text, found.concepts[i]) for at, i in enumerate(places))
    key = LETTERS[letter]
    return Record(
        id=found.id,
        source=SOURCE,
        question=draft.question,
        options=options,
        answer_key=key,
        chosen_key=key,
        margin=0.0,
        patient=Patient(),
        findings=tuple(Finding(concept, text, "observed") for concept, text in draft.findings),
        organ_systems=(),
        evidence={o.key: () for o in options},
        scores={},
        steps=found.steps,
        reasoning="\n".join(f"{s.n}. {s.text}" for s in found.steps),
        excluded_publications=(),
        graph=graph,
        teacher=TEACHER,
        flags=("synthetic", f"synthetic_{draft.kind}", f"difficulty_{difficulty(draft.hard)}"),
        licence=licence,
    )
