"""Age and sex: as a text tells them, and as a phenopacket gives them."""

import pytest

from medreason.kg.patient import years
from medreason.quality.onsets import days
from medreason.quality.rules import patient as told_rightly
from medreason.questions.patient import read_patient
from medreason.questions.vignette import Age, gestation, parse_duration, patient_of, vignette
from medreason.records import Finding, Patient
from tests.quality.stub import stub


@pytest.mark.parametrize(
    ("text", "sex", "age"),
    [
        ("A 34-year-old woman presents with fever.", "female", "P34Y"),
        ("A 34 year old woman presents with fever.", "female", "P34Y"),
        ("We saw a 3-month-old boy with seizures.", "male", "P3M"),
        ("A two-week-old girl feeds badly.", "female", "P2W"),
        ("A 10-day-old male newborn is floppy.", "male", "P10D"),
        ("A newborn girl is floppy.", "female", "P0D"),
        ("A man aged 50 falls.", "male", "P50Y"),
        ("A boy of six months cries.", "male", "P6M"),
        ("A patient aged 7 years falls.", "", "P7Y"),
        ("A 34-year-old previously healthy, athletic woman faints.", "female", "P34Y"),
        ("A 45-year-old accountant is tired.", "", "P45Y"),
        ("A woman brings her 3-year-old son.", "male", "P3Y"),
        ("A man with ataxia was seen.", "male", ""),
        ("A 30-year-old man and his 60-year-old father have ataxia.", "male", "P30Y"),
        # Ages and nouns of others.
        ("A woman has ataxia, as her 60-year-old father has.", "female", ""),
        ("A man has ataxia; his 12-year-old twin sister is well. He is a man aged 12.", "male", "P12Y"),
        ("A 5-year-old brought by a woman has a rash.", "", "P5Y"),
        ("A patient whose son is well has a rash.", "", ""),
        ("A woman of three children is tired.", "female", ""),
        ("Newborn screening was normal in this 3-year-old girl.", "female", "P3Y"),
        # Not plain.
        ("A 2.5-year-old boy falls.", "", ""),
        ("A 2 1/2-year-old boy falls.", "", ""),
        ("A 3-week history of fever.", "", ""),
        ("He has had a cough for two years.", "", ""),
        ("A 340-year-old man.", "male", ""),
        ("", "", ""),
    ],
)
def test_a_text_tells_age_and_sex(text: str, sex: str, age: str) -> None:
    assert read_patient(text) == Patient(sex=sex, age=age)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("age", "sex", "expected"),
    [
        (parse_duration("P34Y"), "FEMALE", Patient(sex="female", age="P34Y")),
        (parse_duration("P7Y5M"), "MALE", Patient(sex="male", age="P7Y")),  # as the vignette tells it
        (parse_duration("P3Y6M2D"), "MALE", Patient(sex="male", age="P3Y6M")),
        (parse_duration("P18M"), "OTHER_SEX", Patient(age="P1Y6M")),
        (parse_duration("P5M3D"), "MALE", Patient(sex="male", age="P5M")),
        (parse_duration("P2W"), "MALE", Patient(sex="male", age="P14D")),
        (parse_duration("P0D"), "FEMALE", Patient(sex="female", age="P0D")),
        (gestation(22, 3), "MALE", Patient(sex="male", fetal=True)),
        (Age(), "FEMALE", Patient(sex="female")),
        (Age(onset_class="HP:0003581"), "UNKNOWN_SEX", Patient()),
    ],
)
@pytest.mark.parametrize("deceased", [False, True])
def test_a_phenopacket_gives_age_and_sex_and_the_checker_reads_them(
    age: Age, sex: str, expected: Patient, deceased: bool
) -> None:
    made = patient_of(age, sex, deceased=deceased)
    assert made == Patient(sex=expected.sex, age=expected.age, fetal=expected.fetal, deceased=deceased)
    text = vignette([Finding("HP:1", "seizure", "observed")], age, sex, deceased=deceased)
    assert list(told_rightly(stub(source="phenopackets", question=text, patient=made))) == []
    others = {
        Patient(sex="female" if made.sex != "female" else "male", age=made.age, fetal=made.fetal, deceased=deceased),
        Patient(sex=made.sex, age="P61Y", fetal=made.fetal, deceased=deceased),
        Patient(sex=made.sex, age=made.age, fetal=not made.fetal, deceased=deceased),
        Patient(sex=made.sex, age=made.age, fetal=made.fetal, deceased=not deceased),
    }
    for other in others:
        wrong = stub(source="phenopackets", question=text, patient=other)
        assert [p.rule for p in told_rightly(wrong)] == ["patient"]


@pytest.mark.parametrize("age", ["P0D", "P27D", "P4W", "P1M", "P12M", "P1Y", "P3Y6M", "P192M", "P1Y2M3W4D", "P120Y"])
def test_teacher_and_checker_reckon_an_age_alike(age: str) -> None:
    told, reckoned = years(Patient(age=age)), days(Patient(age=age))
    assert told is not None
    assert reckoned is not None
    assert told * 365.25 == pytest.approx(reckoned)


@pytest.mark.parametrize("age", ["", "P", "34", "34Y", "P-3Y", "P3", "P3D2Y", "3 years", "P3Y "])
def test_what_is_no_duration_is_no_age(age: str) -> None:
    assert years(Patient(age=age)) is None
    assert days(Patient(age=age)) is None


@pytest.mark.parametrize("age", ["", "P3Y"])
def test_a_fetus_counts_as_newborn(age: str) -> None:
    assert years(Patient(fetal=True, age=age)) == 0.0
    assert days(Patient(fetal=True, age=age)) == 0.0
