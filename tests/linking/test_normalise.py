from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreason.linking.normalise import HARD, NONE, SOFT, normal_form, tokenise, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("oedema", "edema"), ("oesophageal", "esophageal"), ("diarrhoea", "diarrhea"), ("fibre", "fiber"),
        ("anaemia", "anemia"), ("haemorrhage", "hemorrhage"), ("dyspnoea", "dyspnea"), ("tumour", "tumor"),
        ("paediatric", "pediatric"), ("localised", "localized"), ("leucocytes", "leukocyte"),
        ("coeliac", "celiac"), ("gynaecomastia", "gynecomastia"), ("goitre", "goiter"),
        ("neuropathies", "neuropathy"), ("seizures", "seizure"), ("vertebrae", "vertebra"),
        ("naevi", "nevus"), ("centres", "centers"),
        ("metastases", "metastasis"), ("diagnoses", "diagnosis"), ("phalanges", "phalanx"),
        ("teeth", "tooth"),
        ("carcinomata", "carcinoma"), ("bronchi", "bronchus"), ("masses", "mass"), ("reflexes", "reflex"),
        ("Crohn's", "Crohn"), ("paralysed", "paralyzed"), ("analyses", "analysis"),
    ],
)  # fmt: skip
def test_spellings_and_numbers_of_a_word_meet(one: str, other: str) -> None:
    assert normal_form(one) == normal_form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("hypertonia", "hypotonia"), ("gas", "ga"), ("ileum", "ilium"), ("colour", "colon"), ("us", "u")],
)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("micro-cephaly", "microcephaly"),
        ("X-linked", "X linked"),
        ("type II", "type 2"),
        ("type V", "type 5"),
        ("Factor VIII deficiency", "factor 8 deficiency"),
        ("Ehlers-Danlos", "Ehlers Danlos"),
    ],
)
def test_phrases_that_are_the_same(one: str, other: str) -> None:
    assert words(one) == words(other)


def test_a_lone_letter_is_no_roman_numeral() -> None:
    assert words("I saw X and V") == ("i", "saw", "x", "and", "v")
    assert words("46,XX") == ("46", "xx")


def test_gaps_say_what_stands_before_a_token() -> None:
    tokens = tokenise("Mild ataxia, fever (high). No rash; e.g. 2.5 cm")
    assert [t.gap for t in tokens] == [HARD, NONE, SOFT, SOFT, HARD, NONE, HARD, NONE, HARD, NONE]
    assert tokens[8].lower == "2.5"


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_offsets_are_ascending_and_match_any_text(text: str) -> None:
    end = 0
    for token in tokenise(text):
        assert end <= token.start < token.end <= len(text)
        assert text[token.start : token.end].lower().replace("’", "'").replace("-", "") in {
            token.lower, token.lower.replace("-", "")
        } or not text.isascii()  # fmt: skip
        end = token.end


@given(st.text(st.sampled_from("aegIVXs -'’.,1oetypehypo"), max_size=40))
def test_words_is_tokenise_without_offsets(text: str) -> None:
    assert words(text) == tuple(t.norm for t in tokenise(text))
