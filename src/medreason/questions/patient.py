"""Reads age and sex of the patient from the text of a question; what is not plain stays unknown.

"A 34-year-old woman", "a boy of six months", "her 3-year-old son", "a newborn girl". The first age in the text is the
patient's, unless a relative bears it; sex is read from the noun it describes, never from a pronoun, which may belong
to a relative.
"""

from __future__ import annotations

import re

from medreason.records import Patient

_NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()
# No second half of "2.5" or "1/2".
_COUNT = rf"(?<![\d./])(?P<n>\d{{1,3}}|{'|'.join(_NUMBERS)})"
_UNIT = r"(?P<unit>year|yr|month|week|day)s?"
_FEMALE = frozenset("woman girl female lady daughter schoolgirl".split())
_MALE = frozenset("man boy male gentleman son schoolboy".split())
_NOUN = rf"(?P<noun>{'|'.join(sorted(_FEMALE | _MALE))})"
_RELATIVE = (
    "(?:grand)?(?:father|mother|parents?)|brother|sister|sibling|twin|uncle|aunt|cousin|nephew|niece|husband|wife"
)
# Up to three words may stand between an age and its noun ("a 34-year-old previously healthy woman"), none of which
# begins something else.
_WORD = (
    r"(?!(?:an?|and|are|as|at|brought|by|comes?|for|from|had|has|her|his|in|is|of|on|presents?|presented|the|to|was"
    r"|were|who|whose|with)\b)[a-z-]+"
)
_AFTER = rf"(?:[\s-]+{_WORD},?){{0,3}}?[\s-]+{_NOUN}\b"
_OF_ANOTHER = rf"(?!(?:[\s-]+{_WORD},?){{0,2}}?[\s-]+(?:{_RELATIVE})\b)"
_WHO = rf"\b(?:{_NOUN}|patient|person|child|infant|baby),?"
_PATTERNS = tuple(
    re.compile(p, re.IGNORECASE)
    for p in (
        rf"\b{_COUNT}[\s-]+{_UNIT}[\s-]+old\b{_OF_ANOTHER}(?:{_AFTER})?",
        rf"{_WHO}\s+aged\s+{_COUNT}(?:\s+{_UNIT})?\b",
        rf"{_WHO}\s+of\s+{_COUNT}\s+{_UNIT}\b",
        rf"\b(?P<new>newborn|neonate)\b(?!\s+(?:screen|hearing|period|nursery|care)){_OF_ANOTHER}(?:{_AFTER})?",
    )
)
_FIRST_NOUN = re.compile(rf"^\W*(?:an?|the|this|our)\s+(?:{_WORD}\s+){{0,3}}?{_NOUN}\b", re.IGNORECASE)
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
