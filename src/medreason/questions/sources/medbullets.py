"""MedBullets, vignettes four or five options, evaluation only. https://github.com/HanjieChen/ChallengeClinicalQA

The options stand in columns ``opa`` to ``ope`` (the last is empty with four) or in a mapping; ``answer`` is the text
and ``answer_idx`` the letter. ``explanation`` is the reference.
"""

from __future__ import annotations

from medreason.questions.sources.base import Layout, Parts, Row, Spec
from medreason.questions.sources.columns import answer_letter, lettered, options_in, text_in, words_in
from medreason.records import Option

OPTIONS = ("opa", "opb", "opc", "opd")


def _columns(row: Row) -> Parts:
    last = words_in(row, "ope")
    return _parts(row, lettered([*(row[c] for c in OPTIONS), *([last] if last else [])]))


def _mapping(row: Row) -> Parts:
    return _parts(row, options_in(row))


def _parts(row: Row, options: tuple[Option, ...]) -> Parts:
    key = answer_letter(row, options)
    return Parts(text_in(row, "question"), options, key, words_in(row, "explanation"))


MEDBULLETS = Spec(
    name="medbullets",
    kind="choice",
    licence="not stated by the source",
    layouts=(
        Layout("options", ("question", "options", "answer_idx"), _mapping),
        Layout("columns", ("question", *OPTIONS, "answer_idx"), _columns),
    ),
    generation_splits=(),
    default_split="test",
    counts=(4, 5),
)
