"""MedQA (USMLE): vignettes with four or five options. https://github.com/jind11/MedQA"""

from __future__ import annotations

from medreason.questions.sources.base import Layout, Parts, Row, Spec
from medreason.questions.sources.columns import answer_letter, elaine, options_in, text_in


def _read(row: Row) -> Parts:
    options = options_in(row)
    return Parts(text_in(row, "question"), options, answer_letter(row, options))


MEDQA = Spec(
    name="medqa",
    kind="choice",
    licence="MIT",
    layouts=(Layout("medqa", ("question", "options", "answer_idx"), _read), elaine()),
    counts=(4, 5),
)
