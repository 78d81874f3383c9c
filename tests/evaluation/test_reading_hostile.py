"""Texts of 200,000 characters that are made to be slow: the answer behind them is found all the same."""

from __future__ import annotations

import pytest

from medreason.evaluation.reading import read_answer

OPTIONS = {"A": "a a a a a b", "B": "is is", "C": "xyz"}
SEEDS = (
    "answer ", "(", "A ", "\nB", "{", "\\boxed{", "<answer>", "<", "not ", "option ", "\\", "_", "a a ",
    "1,000", "'", "x", "答案",
)  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS, ids=repr)
def test_long_texts_are_read_to_their_end(seed: str) -> None:
    text = (seed * (200_000 // len(seed) + 1))[:200_000]
    reading = read_answer(f"{text}\n\n.\n\nFinal answer: C", OPTIONS)
    hidden = seed in ("<answer>", "\\boxed{")  # an unclosed mark holds all that follows, or 300 characters of it
    assert reading.key == "C" or hidden
    assert reading.start <= reading.end <= len(text) + 30


def test_deep_brackets_do_not_break() -> None:
    assert read_answer("{" * 100_000 + "[" * 100_000, OPTIONS).key is None
    assert read_answer("<think>" * 20_000 + "</think>" * 20_000 + "The answer is C.", OPTIONS).key == "C"
