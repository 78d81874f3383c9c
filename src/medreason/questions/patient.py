"""Reads age and sex of the patient from the text of a question; what is not plain stays unknown.

"A 34-year-old woman", "a boy of six months", "her 3-year-old son", "a newborn girl". The first age in the text is the
patient's; sex is read from the noun it describes, never from a pronoun, which may belong to a relative.
"""

from __future__ import annotations

import re

from medreason.records import Patient

_NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()
_COUNT = rf"(?P<n>\d{{1,3}}|{'|'.join(_NUMBERS)})"
_UNIT = r"(?P<unit>year|yr|month|week|day)s?"
_FEMALE = frozenset("woman girl female lady daughter schoolgirl".split())
_MALE = frozenset("man boy male gentleman son schoolboy".split())
_NOUN = rf"(?P<noun>{'|'.join(sorted(_FEMALE | _MALE))})"
# Up to three words may stand between an age and its noun: "a 34-year-old previously healthy woman".
_AFTER = rf"(?:[\s-]+[a-z-]+,?){{0,3}}?[\s-]+{_NOUN}\b"
_PATTERNS = tuple(
    re.compile(p, re.IGNORECASE)
    for p in (
        rf"\b{_COUNT}[\s-]+{_UNIT}[\s-]+old\b(?:{_AFTER})?",
        rf"\b(?:{_NOUN}|patient|person|child|infant|baby),?\s+(?:of|aged)\s+{_COUNT}(?:\s+{_UNIT})?\b",
        rf"\b(?P<new>newborn|neonate)\b(?:{_AFTER})?",
    )
)
_FIRST_NOUN = re.compile(rf"^\W*(?:an?|the|this|our)\s+(?:[a-z-]+\s+){{0,3}}?{_NOUN}\b", re.IGNORECASE)
_LETTER = {"year": "Y", "yr": "Y", "month": "M", "week": "W", "day": "D"}
MAX_YEARS = 125


def _sex(noun: str | None) -> str:
    word = (noun or "").lower()
    return "female" if word in _FEMALE else "male" if word in _MALE else ""


def read_patient(text: str) -> Patient:
    """Age and sex of the patient as a text tells them; both may be empty. O(length)."""
    found = [m for p in _PATTERNS if (m := p.search(text))]
    first = min(found, key=lambda m: m.start(), default=None)
    noun = first.groupdict().get("noun") if first else None
    if noun is None and (opening := _FIRST_NOUN.match(text)):
        noun = opening["noun"]
    sex = _sex(noun)
    age = _age(first) if first else ""
    return Patient(sex="female" if sex == "female" else "male" if sex == "male" else "", age=age)


def _age(match: re.Match[str]) -> str:
    groups = match.groupdict()
    if groups.get("new"):
        return "P0D"
    raw = groups["n"].lower()
    count = _NUMBERS.index(raw) + 1 if raw in _NUMBERS else int(raw)
    unit = _LETTER[(groups.get("unit") or "year").lower()]
    return f"P{count}{unit}" if unit != "Y" or count <= MAX_YEARS else ""
