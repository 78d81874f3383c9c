"""Humanity's Last Exam, its biomedical multiple-choice part, for evaluation only. https://huggingface.co/datasets/cais/hle

On the hub the options stand in the question after "Answer Choices:" and ``answer`` is a letter; another form has
``options`` and an ``answer`` that reads "C. text". ``rationale`` is the reference. Rejected: questions with an image,
of other categories than biology and medicine, and those to be answered in words.
"""

from __future__ import annotations

from medreason.questions.sources.base import BadRow, Layout, Parts, Row, Spec
from medreason.questions.sources.columns import answer_letter, options_in, split_choices, text_in, words_in

CATEGORY = "Biology/Medicine"


def _hub(row: Row) -> Parts:
    if row.get("image"):
        raise BadRow("has_image", "the question needs an image")
    if row.get("answer_type") != "multipleChoice":
        raise BadRow("not_multiple_choice", "the question is to be answered in words")
    if words_in(row, "category") not in ("", CATEGORY):
        raise BadRow("not_medical", f"the category is not {CATEGORY}")
    text, options = split_choices(text_in(row, "question"))
    key = answer_letter(row, options, "answer", "")
    return Parts(text, options, key, reference=words_in(row, "rationale"))


def _split(row: Row) -> Parts:
    if row.get("image"):
        raise BadRow("has_image", "the question needs an image")
    options = options_in(row)
    return Parts(text_in(row, "question"), options, answer_letter(row, options))


HLE = Spec(
    name="hle",
    kind="choice",
    licence="MIT; the authors ask not to republish it",
    layouts=(
        Layout("options", ("question", "options", "answer", "answer_idx"), _split),
        Layout("hub", ("question", "answer", "answer_type"), _hub),
    ),
    generation_splits=(),
    default_split="test",
)
