import pytest

from medreason.questions.vignette import QUESTION, Age, age_words, onset_words, parse_duration, vignette
from medreason.records import Finding


def observed(text: str, onset: str = "") -> Finding:
    return Finding("HP:1", text, "observed", onset=onset)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("P34Y", "34 years"),
        ("P3Y6M", "3 years and 6 months"),
        ("P1Y", "1 year"),
        ("P7Y5M", "7 years"),
        ("P10D", "10 days"),
        ("P2W", "14 days"),
        ("P1M", "1 month"),
        ("P18M", "1 year and 6 months"),
        ("P0D", "birth"),
    ],
)
def test_durations_are_worded(text: str, words: str) -> None:
    assert age_words(parse_duration(text)) == words


@pytest.mark.parametrize("text", ["", "P", "34", "34Y", "P-3Y"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("age", "sex", "deceased", "start"),
    [
        (Age(34), "FEMALE", False, "At last examination this 34-year-old woman had"),
        (Age(8), "MALE", True, "At last examination this 8-year-old boy (deceased) had"),
        (Age(0, 0, 10), "MALE", False, "At last examination, at the age of 10 days, this male newborn had"),
        (
            Age(0, 5),
            "UNKNOWN_SEX",
            False,
            "At last examination, at the age of 5 months, this infant (sex not recorded)",
        ),
        (Age(), "FEMALE", False, "At last examination this female patient of unrecorded age had"),
        (Age(gestation_weeks=22), "MALE", False, "This male fetus, examined at 22 weeks of gestation, had"),
        (
            Age(onset_class="HP:0003581"),
            "MALE",
            False,
            "Examined in adulthood (exact age not recorded), this male patient",
        ),
    ],
)
def test_people_are_worded_as_what_is_known(age: Age, sex: str, deceased: bool, start: str) -> None:
    text = vignette([observed("seizure")], age, sex, deceased=deceased)
    assert text.startswith(start)
    assert text.endswith(QUESTION)


def test_findings_onsets_and_exclusions_reach_the_text() -> None:
    text = vignette(
        [observed("nyctalopia", "noted in childhood"), observed("ataxia"), Finding("HP:2", "seizure", "excluded")],
        Age(40),
        "MALE",
    )
    assert "had nyctalopia (noted in childhood) and ataxia." in text
    assert "Seizure was looked for and not found." in text


def test_onset_of_a_finding_is_worded_only_where_known() -> None:
    assert onset_words(Age(3)) == "noted at the age of 3 years"
    assert onset_words(Age(onset_class="HP:0003593")) == "noted in infancy"
    assert onset_words(Age()) == ""
