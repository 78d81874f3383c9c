"""What the small model reads and writes: one word a finding, one word a verdict, so that a question is 40 words long.

    case: ataxia seizure tremor short_stature        the case
    A ataxia scoliosis …                             open book: what is on record of option A, one line an option
    steps:                                           here the model begins
    A ataxia yes seizure no tremor no short_stature yes 2
    …
    answer C

A step is a shortened form of a step of :mod:`medreason.synth.diagnosis` ("D is recorded with … . D has no annotation
for …"): the same statements, finding by finding, and their number. Closed book, the line of an option and its step hold
the disease's name instead of a sheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from medreason.training.tiny.draw import LETTERS, Question
from medreason.training.tiny.table import ON, Table, word

Book = Literal["open", "closed"]
Form = Literal["answer", "chain", "shuffled", "answer_first"]
CASE, STEPS, ANSWER, YES, NO = "case:", "steps:", "answer", "yes", "no"


class Item(NamedTuple):
    """A question as text.

    Attributes:
        prompt: What the model reads.
        steps: The chain, one step an option.
        letter: The right answer.
        disease: Name of the right disease; not in an open-book prompt.
    """

    prompt: str
    steps: tuple[str, ...]
    letter: str
    disease: str


def item_of(table: Table, question: Question, book: Book) -> Item:
    """A question as text."""
    case = [table.words[f] for f in question.case]
    lines, steps = [f"{CASE} {' '.join(case)}"], []
    for letter, disease, sheet in zip(LETTERS, question.options, question.sheets, strict=True):
        name = word(table.rows[disease].name)
        head = letter if book == "open" else f"{letter} {name}"
        lines.append(head + (" " + " ".join(table.words[f] for f in sheet) if book == "open" else ""))
        found = [table.cells[disease, f] == ON for f in question.case]
        told = " ".join(f"{f} {YES if on else NO}" for f, on in zip(case, found, strict=True))
        steps.append(f"{head} {told} {sum(found)}")
    right = table.rows[question.options[question.answer]].name
    return Item("\n".join([*lines, STEPS]), tuple(steps), LETTERS[question.answer], right)


def target_of(item: Item, form: Form, other: Sequence[str] = ()) -> str:
    """What a model is trained to write.

    Args:
        item: The question.
        form: In which form.
        other: The chain of another question, for ``shuffled``.
    """
    answer = f"{ANSWER} {item.letter}"
    if form == "answer":
        return answer
    if form == "answer_first":
        return "\n".join([answer, *item.steps])
    return "\n".join([*(other if form == "shuffled" else item.steps), answer])


def letter_of(written: str) -> str:
    """The letter after the only ``answer`` of what a model wrote; empty where it cannot be read."""
    words = written.split()
    if words.count(ANSWER) != 1:
        return ""
    after = words[words.index(ANSWER) + 1 :][:1]
    return after[0] if after and after[0] in LETTERS else ""
