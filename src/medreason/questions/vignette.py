"""Words a case as a short vignette: age at last examination, sex, findings with onset, excluded findings.

Only what is given here can reach a question: nothing about variants, genes, diagnosis, disease onset, file or
publication is passed in. What is unknown is said to be unknown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from medreason.kg.naming import join, sentence_case
from medreason.records import Finding, Patient

MAX_YEARS, MAX_WEEKS = 125, 45
QUESTION = "Which of these disorders best explains the findings?"
ONSET_WORDS = {
    "HP:0030674": "before birth",
    "HP:0011460": "before birth",
    "HP:0011461": "before birth",
    "HP:0034199": "in the first trimester",
    "HP:0034198": "in the second trimester",
    "HP:0034197": "in the third trimester",
    "HP:0003577": "at birth",
    "HP:0003623": "in the newborn period",
    "HP:0003593": "in infancy",
    "HP:0011463": "in childhood",
    "HP:0003621": "between 5 and 15 years of age",
    "HP:0410280": "before the age of 16 years",
    "HP:0003581": "in adulthood",
    "HP:0011462": "in young adulthood",
    "HP:0025708": "in young adulthood",
    "HP:0025709": "in young adulthood",
    "HP:0025710": "in young adulthood",
    "HP:0003596": "in middle age",
    "HP:0003584": "after the age of 60 years",
}
_DURATION = re.compile(r"^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T.*)?$")
_SEX = {"MALE": ("man", "boy", "male"), "FEMALE": ("woman", "girl", "female")}


class Age(NamedTuple):
    """An age: years, months and days after birth; or weeks of gestation; or an onset class; or nothing."""

    years: int = -1
    months: int = 0
    days: int = 0
    gestation_weeks: int = -1
    gestation_days: int = 0
    onset_class: str = ""

    @property
    def known(self) -> bool:
        """Whether years or gestation are known."""
        return self.years >= 0 or self.gestation_weeks >= 0


def parse_duration(text: str) -> Age:
    """An ISO 8601 duration such as ``P3Y6M`` as an age.

    Raises:
        ValueError: not a duration of years, months, weeks and days.
    """
    match = _DURATION.match(text)
    if match is None or text in {"P", "PT"}:
        raise ValueError(f"{text!r} is not an ISO 8601 duration such as P3Y6M")
    years, months, weeks, days = (int(g or 0) for g in match.groups())
    days += 7 * weeks
    if years + months / 12 + days / 365 > MAX_YEARS:
        raise ValueError(f"{text!r} is no human age")
    return Age(years + months // 12, months % 12, days)


def gestation(weeks: int, days: int = 0) -> Age:
    """An age before birth.

    Raises:
        ValueError: no time in a pregnancy.
    """
    if not (0 <= weeks <= MAX_WEEKS and 0 <= days <= 6):
        raise ValueError(f"{weeks} weeks and {days} days is no gestational age")
    return Age(gestation_weeks=weeks, gestation_days=days)


def _units(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"


def age_words(age: Age) -> str:
    """An age as "34 years", "3 years and 6 months", "10 days" or "22 weeks of gestation"."""
    if age.gestation_weeks >= 0:
        extra = f" and {_units(age.gestation_days, 'day')}" if age.gestation_days else ""
        return f"{_units(age.gestation_weeks, 'week')}{extra} of gestation"
    if age.years >= 6 or (age.years and not age.months):
        return _units(age.years, "year")
    if age.years:
        return f"{_units(age.years, 'year')} and {_units(age.months, 'month')}"
    if age.months:
        return _units(age.months, "month")
    return _units(age.days, "day") if age.days else "birth"


def onset_words(age: Age) -> str:
    """When a finding was first noted, or an empty text."""
    if age.known:
        words = age_words(age)
        return f"noted at {words}" if words == "birth" or age.gestation_weeks >= 0 else f"noted at the age of {words}"
    words = ONSET_WORDS.get(age.onset_class, "")
    return f"noted {words}" if words else ""


def _person(age: Age, sex: str) -> str:
    adult, child, adjective = _SEX.get(sex, ("person", "child", ""))
    if age.gestation_weeks >= 0:
        return f"{adjective} fetus".strip()
    if not age.known:
        return f"{adjective} patient".strip()
    if age.years >= 18:
        return adult
    if age.years >= 1:
        return child
    kind = "newborn" if not age.months and age.days < 28 else "infant"
    return f"{adjective} {kind}".strip()


def _who(age: Age, sex: str, *, deceased: bool) -> str:
    person = _person(age, sex)
    if age.gestation_weeks >= 0:
        text = f"this {person}, examined at {age_words(age)},"
    elif age.years >= 6 or (age.years >= 1 and not age.months):
        text = f"at last examination this {age.years}-year-old {person}"
    elif age.known:
        stage = "on the day of birth" if age_words(age) == "birth" else f"at the age of {age_words(age)}"
        text = f"at last examination, {stage}, this {person}"
    elif stage := ONSET_WORDS.get(age.onset_class, ""):
        text = f"examined {stage} (exact age not recorded), this {person}"
    else:
        text = f"at last examination this {person} of unrecorded age"
    notes = [] if sex in _SEX else ["sex not recorded"]
    if deceased:
        notes.append("deceased")
    return f"{text} ({', '.join(notes)})" if notes else text


def patient_of(age: Age, sex: str, *, deceased: bool = False) -> Patient:
    """The patient as the vignette's words tell, no more exactly: "7-year-old" is ``P7Y``."""
    known: dict[str, Literal["female", "male"]] = {"FEMALE": "female", "MALE": "male"}
    told = ""
    if age.gestation_weeks < 0 and age.known:
        if age.years >= 6 or (age.years and not age.months):
            told = f"P{age.years}Y"
        elif age.years:
            told = f"P{age.years}Y{age.months}M"
        else:
            told = f"P{age.months}M" if age.months else f"P{age.days}D"
    return Patient(sex=known.get(sex, ""), age=told, fetal=age.gestation_weeks >= 0, deceased=deceased)


def vignette(findings: Sequence[Finding], age: Age, sex: str, *, deceased: bool = False) -> str:
    """The question text of a case.

    Args:
        findings: Observed and excluded findings; ``text`` is their wording, ``onset`` words or empty.
        age: Age at last examination (not at onset).
        sex: ``MALE``, ``FEMALE`` or anything else for unknown.
        deceased: Whether the patient has died.
    """
    observed = [f"{f.text} ({f.onset})" if f.onset else f.text for f in findings if f.status == "observed"]
    excluded = [f.text for f in findings if f.status == "excluded"]
    parts = [f"{sentence_case(_who(age, sex, deceased=deceased))} had {join(observed)}."]
    if excluded:
        verb = "was" if len(excluded) == 1 else "were"
        parts.append(f"{sentence_case(join(excluded))} {verb} looked for and not found.")
    return " ".join([*parts, QUESTION])
