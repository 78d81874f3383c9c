"""Masking, tokens, sentences and vocabulary."""

import re

import pytest

from medreason.quality.language import _ROLES, COMPANIONS, VOCABULARY, Names, sentences, unreadable
from medreason.quality.problem import Wrong
from medreason.quality.reading import Quantity, read, senses
from medreason.teachers import phrases, prose

NAMES = Names(
    [(1, "Optic atrophy"), (2, "Optic atrophy 12"), (3, "Weird sp. nov."), (4, "Falls"), (5, "Cough"), (6, "cough")]
)


def test_the_longest_name_is_taken_and_words_are_not_cut() -> None:
    [tokens] = sentences("Optic atrophy 12 carries optic atrophy and coughing.", NAMES)
    assert [t.concepts for t in tokens if t.kind == "name"] == [(2,), (1,)]
    assert "coughing" in unreadable(tokens)


def test_a_name_may_hold_a_full_stop() -> None:
    assert len(sentences("Weird sp. nov. is recorded. Weird sp. nov. is absent.", NAMES)) == 2


def test_homonyms_and_words_give_several_senses() -> None:
    [tokens] = sentences("Cough falls.", NAMES)
    assert set(senses(tokens)) == {(5, 4), (5, -1), (6, 4), (6, -1)}
    assert read(tokens, (5, -1), lambda _: False).words[1] == "falls"


def test_an_unfinished_sentence_is_a_sentence() -> None:
    assert len(sentences("Cough is recorded. And", NAMES)) == 2
    assert sentences("", NAMES) == []


@pytest.mark.parametrize(
    "text", ["cough never", "cough!", "cough is rare", "cough is open", "less cough", "cough & cough", "½"]
)
def test_what_is_not_understood_is_unreadable(text: str) -> None:
    assert unreadable(sentences(text, NAMES)[0])


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("in 3 of the 4 patients", Quantity("count", k=3, n=4)),
        ("a count of 3 in 4 patients", Quantity("count", k=3, n=4)),
        ("12.5 %", Quantity("percent", percent=12.5)),
        ("as a very frequent feature", Quantity("grade", term="HP:0040281")),
        ("graded frequent", Quantity("grade", term="HP:0040282")),
        ("how often is left open", Quantity("open")),
        ("in it", None),
    ],
)
def test_frequencies(text: str, quantity: Quantity | None) -> None:
    [tokens] = sentences(text, NAMES)
    assert not unreadable(tokens)
    assert read(tokens, tuple(-1 for _ in tokens), lambda _: False).quantity == quantity


@pytest.mark.parametrize(
    "text", ["3 patients", "3 of 4 of 5", "3 of 4 graded frequent", "1.5 of 2", "9" * 5000 + " of 2"]
)
def test_numbers_that_belong_to_nothing_are_refused(text: str) -> None:
    [tokens] = sentences(text, NAMES)
    with pytest.raises(Wrong):
        read(tokens, tuple(-1 for _ in tokens), lambda _: False)


def test_roles_do_not_overlap() -> None:
    words = [w for role in _ROLES for w in _ROLES[role].split()]
    assert len(words) == len(set(words)) == len(VOCABULARY)
    assert set(COMPANIONS) <= set(VOCABULARY)


def test_the_vocabulary_covers_the_offline_teacher() -> None:
    # Fixed wordings are known as whole sentences (test_wordings.py).
    fixed = {"RELATED", "TOO_YOUNG", "FEMALE", "PICTURE"}
    texts = [str(value) for name, value in vars(phrases).items() if name.isupper() and name not in fixed]
    frames = re.sub(r"\{\w+\}|HP:\d+", " ", " ".join(texts)).lower()
    spoken = set(re.findall(r"[a-z]+", frames)) | set(prose._PLURAL.values()) | set(prose._SINGULAR.values())
    assert spoken <= set(VOCABULARY)
