"""HuatuoGPT-o1: open questions with an answer in words. https://huggingface.co/datasets/FreedomIntelligence

Two forms: the SFT rows (the answer is ``Response``; the chain ``Complex_CoT`` is not read) and the verifiable problems.
"""

from __future__ import annotations

from medreason.questions.sources.base import Layout, Parts, Row, Spec
from medreason.questions.sources.columns import text_in


def _sft(row: Row) -> Parts:
    reference = text_in(row, "Response", "no_reference")
    return Parts(text_in(row, "Question"), reference=reference)


def _verifiable(row: Row) -> Parts:
    reference = text_in(row, "Ground-True Answer", "no_reference")
    return Parts(text_in(row, "Open-ended Verifiable Question"), reference=reference)


HUATUO = Spec(
    name="huatuo",
    kind="open",
    licence="Apache-2.0 (dataset card)",
    layouts=(
        Layout("sft", ("Question", "Response"), _sft),
        Layout("verifiable", ("Open-ended Verifiable Question", "Ground-True Answer"), _verifiable),
    ),
    default_split="train",
)
