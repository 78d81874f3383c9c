"""The words that a student model reads and writes: one prompt, one target. Training and evaluation share them.

What a prompt holds: the question, the evidence where it is to be cited, the options, and in which form to reply. What a
target holds is read back by :mod:`medreason.training.completion`; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from medreason.errors import InputError
from medreason.records import Option, Record, SheetLine, Step

Think = Literal["headings", "tags"]
_FORMS: Mapping[Think, tuple[str, str]] = {
    "headings": ("## Thinking", "## Final Answer"),
    "tags": ("<think>", "</think>"),
}
_ASKED = {
    "headings": 'Think in numbered steps under "## Thinking", then give the letter and the text of your choice under '
    '"## Final Answer".',
    "tags": "Think in numbered steps between <think> and </think>, then give the letter and the text of your choice.",
}
_CITE = " After each step, cite in square brackets the lines of evidence that it rests on, such as [F1, E2]."
# What would be read as a heading, a tag or a citation if a question or a chain brought it along.
_MARKS = re.compile(
    r"^#{1,6} *(?:thinking|final answer) *:?\s*$|</?think>|\[\s*[EFC]\d{1,3}(?:\s*[,;]\s*[EFC]\d{1,3})*\s*\]",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Form:
    """How chains are written.

    Attributes:
        think: ``headings`` (``## Thinking`` … ``## Final Answer``) or ``tags`` (``<think>`` … ``</think>``).
        citations: The prompt holds the evidence, and each step ends with the ids of the lines it rests on.
    """

    think: Think = "headings"
    citations: bool = True


def options_of(options: Sequence[Option]) -> str:
    """The options as they stand in a prompt: ``A. text``, one a line."""
    return "\n".join(f"{option.key}. {_one_line(option.text)}" for option in options)


def prompt_of(record: Record, form: Form = Form()) -> str:
    """What a student is asked: question, context, evidence, options and form of the reply.

    Args:
        record: Question, options and sheet; the answer key, the chain and the scores are not read.
        form: With citations, the evidence stands in the prompt, if the record has a sheet.

    Returns:
        Text whose only list of options is the one at its end.
    """
    parts = [record.question.strip()]
    if form.citations and record.sheet:
        parts.append("Evidence:\n" + "\n".join(line_of(line) for line in record.sheet))
    elif record.context:
        parts.append("Context:\n" + "\n".join(map(_one_line, record.context)))
    parts.append("Options:\n" + options_of(record.options))
    parts.append(_ASKED[form.think] + (_CITE if form.citations and record.sheet else ""))
    return "\n\n".join(parts)


def line_of(line: SheetLine) -> str:
    """A line of evidence in a prompt: its id, the option that it is about, and what it says."""
    about = f" ({line.option})" if line.option else ""
    return f"{line.id}{about} {_one_line(line.text)}"


def answer_of(record: Record, key: str = "") -> str:
    """The final answer: letter and text of an option, by default of the right one.

    Raises:
        InputError: no option has the key.
    """
    wanted = key or record.answer_key
    for option in record.options:
        if option.key == wanted:
            return f"{option.key}. {_one_line(option.text)}"
    raise InputError(f"no option has the key {wanted!r}", fix="drop this record", item=record.id)


def target_of(record: Record, form: Form = Form(), *, steps: Sequence[Step] = (), key: str = "") -> str:
    """What a student is to write: numbered steps, then the answer.

    Args:
        record: The record.
        form: How it is written.
        steps: Other steps than the record's.
        key: Another answer than the right one.

    Raises:
        InputError: no option has the key, or a step holds a mark of the form and would be read as another thing.
    """
    begin, end = _FORMS[form.think]
    known = {line.id for line in record.sheet}
    told = []
    for n, step in enumerate(steps or record.steps, 1):
        said = _one_line(step.text)
        if _MARKS.search(said):
            raise InputError(f"step {n} holds a heading, a tag or a citation", fix="drop this record", item=record.id)
        cites = [c for c in step.cites if c in known] if form.citations else []
        told.append(f"{n}. {said}" + (f" [{', '.join(cites)}]" if cites else ""))
    gap = "\n\n" if form.think == "headings" else "\n"
    return f"{begin}\n" + "\n".join(told) + f"{gap}{end}\n{answer_of(record, key)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
