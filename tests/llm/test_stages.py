"""Replies of the stages before the reasoning are read strictly: what was not offered is refused."""

import json
from typing import Any

import pytest

from medreason.linking.candidates import Candidate
from medreason.linking.choose import Open
from medreason.teachers.llm.stages import _choices, _kept

MENTIONS = [
    Open("AT", "ataxia telangiectasia", (Candidate("M:07", "ataxia telangiectasia", "ngrams", 0.6),)),
    Open("lump", "lump", (Candidate("M:01", "cyst", "ngrams", 0.5), Candidate("M:02", "tumour", "ngrams", 0.4))),
]


def read(shape: Any, value: object) -> Any:
    return shape.read(json.dumps(value), value)


def test_a_choice_is_a_letter_that_was_offered_or_none() -> None:
    chosen = [{"mention": 1, "choice": "NONE"}, {"mention": 2, "choice": " b "}]
    assert read(_choices(MENTIONS), {"choices": chosen}) == [None, "M:02"]


@pytest.mark.parametrize(
    "choices",
    [
        [],
        [{"mention": 1, "choice": "A"}],
        [{"mention": 1, "choice": "B"}, {"mention": 2, "choice": "A"}],
        [{"mention": 1, "choice": "AB"}, {"mention": 2, "choice": "A"}],
        [{"mention": 1, "choice": "A"}, {"mention": 2, "choice": 3}],
    ],
)
def test_another_choice_is_refused(choices: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError):
        read(_choices(MENTIONS), {"choices": choices})


def test_pruning_names_walks_that_exist() -> None:
    assert read(_kept({"E1", "E2"}), {"keep": ["E2"]}) == ["E2"]
    with pytest.raises(ValueError, match="E3 is no walk"):
        read(_kept({"E1", "E2"}), {"keep": ["E3"]})
