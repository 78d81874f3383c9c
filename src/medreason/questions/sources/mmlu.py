"""MMLU, its medical subjects, four options. https://huggingface.co/datasets/cais/mmlu

``dev``, ``validation`` and ``test`` are for evaluation; ``auxiliary_train`` names no subject, so nothing of it is
medical by its own word. In practice the source is for evaluation only.
"""

from __future__ import annotations

from medreason.questions.sources.base import BadRow, Layout, Parts, Row, Spec
from medreason.questions.sources.columns import choices_in, elaine, letter_of_index, text_in, words_in

MEDICAL = frozenset(
    "anatomy clinical_knowledge college_biology college_medicine high_school_biology human_aging medical_genetics "
    "nutrition professional_medicine virology".split()
)


def _read(row: Row) -> Parts:
    subject = words_in(row, "subject")
    if subject not in MEDICAL:
        raise BadRow("not_medical", f"the subject {subject!r} is none of {', '.join(sorted(MEDICAL))}")
    letter = letter_of_index(row.get("answer"))
    return Parts(text_in(row, "question"), choices_in(row, "choices"), letter)


MMLU = Spec(
    name="mmlu",
    kind="choice",
    licence="MIT",
    layouts=(Layout("mmlu", ("question", "choices", "answer", "subject"), _read), elaine()),
    generation_splits=("auxiliary_train",),
    counts=(4, 4),
)
