"""MedXpertQA, up to ten options, for evaluation only. https://huggingface.co/datasets/TsinghuaC3I/MedXpertQA

``label`` is a letter alone. The options stand in their own column, in the question after "Answer Choices:", or in
both; questions with images (the MM part) are rejected.
"""

from __future__ import annotations

from medreason.questions.sources.base import BadRow, Layout, Parts, Row, Spec
from medreason.questions.sources.columns import answer_letter, options_in, split_choices, text_in


def _read(row: Row) -> Parts:
    if row.get("images"):
        raise BadRow("has_image", "the question needs an image")
    text, embedded = split_choices(text_in(row, "question"))
    options = options_in(row) if row.get("options") is not None else embedded
    return Parts(text, options, answer_letter(row, options, "label"))


MEDXPERTQA = Spec(
    name="medxpertqa",
    kind="choice",
    licence="MIT",
    layouts=(Layout("medxpertqa", ("question", "label"), _read),),
    generation_splits=(),
    default_split="test",
    counts=(2, 10),
)
