"""The conformance set: every output is read as it is labelled, and nothing is invented."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from medreason.evaluation.reading import read_answer

SET = Path(__file__).parents[2] / "src" / "medreason" / "data" / "evaluation" / "answers.jsonl"
REAL = Path(__file__).parents[3] / "shared" / "data" / "outputs" / "thoughtsource-dev.jsonl.gz"


def test_every_label_is_met() -> None:
    rows = [json.loads(line) for line in SET.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 300
    assert {r["label"] is None for r in rows} == {True, False}
    off = [r["id"] for r in rows if read_answer(r["output"], r["options"]).key != r["label"]]
    assert off == []


def test_rules_of_others_are_what_they_say() -> None:
    from benchmarks.answers import best_answer_is, flexible_extract, mirage, simple_evals, verdict

    options = {"A": "lung", "B": "heart"}
    assert best_answer_is("The best answer is B.", options) == "B"
    assert flexible_extract("It is (A), or rather (B).", options) == "B"
    assert flexible_extract("The heart, surely.", options) == "B"
    assert mirage('{"answer_choice": "B. heart"}', options) == "B"
    assert mirage("nothing here", options) == "A"
    assert mirage("", options) is None
    assert simple_evals("answer: $B$", options) == "B"
    assert [verdict(*p) for p in (("A", "A"), ("A", None), (None, "A"), ("A", "B"), (None, None))] == [
        "right", "invented", "missed", "wrong", "right"
    ]  # fmt: skip


@pytest.mark.skipif(not REAL.is_file(), reason="the real ThoughtSource replies are not here")
def test_real_replies_agree_with_their_authors_scores() -> None:
    from benchmarks.answers import thoughtsource

    found = thoughtsource(REAL, None)
    assert found["scored"] == 2800
    assert found["agree"] >= 2772
    assert Counter(found["differ"]).total() == found["scored"] - found["agree"]
