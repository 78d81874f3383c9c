"""The wording of disease and finding names, levelled: what different authors write differently becomes one key.

What it is: tables of general medical English, used to compare a mention with names ("renal carcinomas" and "kidney
neoplasm"). What it is not: a claim that the words are the same. A cancer is no benign neoplasm; levelling finds
candidates, and the wording itself, the kind of name and the hierarchy then decide between them.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import fuzz

from medreason.linking.ngrams import fold
from medreason.linking.normalise import words

Key = tuple[str, ...]

# Little words, and one that only ever follows another.
STOP = frozenset("of the in a an on at with and or to by due for from nos mellitus".split())
# General words for being ill: names that differ only in them are one name.
ILL = frozenset("disease disorder syndrome condition illness".split())
_HARM = frozenset(
    "toxicity injury damage dysfunction impairment complication disturbance lesion problem symptom".split()
)
# Words that name no organ, process or cause: they weigh a quarter of what their rarity would give them.
WEAK = (
    ILL
    | _HARM
    | frozenset(
        "type form system familial hereditary inherited congenital patient unspecified human primary idiopathic "
        "autosomal classic classical sporadic".split()
    )
)
WEAK_SHARE = 0.25
# One word for organs, growths, harm and amounts, whatever the author's choice.
_LEVEL = {
    word: level
    for level, group in {
        "neoplasm": "cancer tumor neoplasia neoplastic malignancy malignant carcinoma",
        "kidney": "renal nephro", "liver": "hepatic", "heart": "cardiac", "lung": "pulmonary", "brain": "cerebral",
        "stomach": "gastric", "bowel": "intestinal intestine", "skin": "cutaneous dermal", "eye": "ocular",
        "muscle": "muscular", "bone": "osseous skeletal", "nerve": "neural nervous",
        "paralysis": "palsy", "calcification": "calcinosis", "bladder": "vesical",
        "prostate": "prostatic", "breast": "mammary", "ovary": "ovarian", "uterus": "uterine",
        "pancreas": "pancreatic", "colon": "colonic", "blood": "hematologic", "mental": "psychiatric",
        "retina": "retinal", "cornea": "corneal", "spine": "spinal", "vein": "venous", "artery": "arterial",
        "vessel": "vascular", "infection": "infectious", "deficiency": "deficient deficit",
        "abnormality": "anomaly malformation defect abnormal", "adrenal": "suprarenal", "hemorrhage": "bleeding",
        "failure": "insufficiency", "seizure": "convulsion epileptic", "decreased": "reduced low",
        "increased": "elevated high raised", "esophagus": "esophageal", "larynx": "laryngeal",
        "testis": "testicular", "cervix": "cervical", "endometrium": "endometrial", "loss": "lost",
    }.items()
    for word in group.split()
}  # fmt: skip

# One word for an organ and what ails it.
_PARTS = {
    "nephropathy": ("kidney", "disease"), "hepatopathy": ("liver", "disease"), "cardiopathy": ("heart", "disease"),
    "myopathy": ("muscle", "disease"), "neuropathy": ("nerve", "disease"), "encephalopathy": ("brain", "disease"),
    "retinopathy": ("retina", "disease"), "arthropathy": ("joint", "disease"),
    "coagulopathy": ("coagulation", "disease"), "nephrotoxicity": ("kidney", "toxicity"),
    "hepatotoxicity": ("liver", "toxicity"), "cardiotoxicity": ("heart", "toxicity"),
    "myelotoxicity": ("marrow", "toxicity"), "ototoxicity": ("ear", "toxicity"),
}  # fmt: skip

# Adjectives of diseases → the noun: "ischemic" is "ischemia". Longest ending first.
_NOUNS = sorted(
    (
        ("tensive", "tension"), ("ptic", "psy"), ("kinetic", "kinesia"), ("otic", "osis"), ("betic", "bete"),
        ("mic", "mia"), ("penic", "penia"), ("phrenic", "phrenia"), ("rhythmic", "rhythmia"), ("pathic", "pathy"),
        ("trophic", "trophy"), ("axic", "axia"), ("plastic", "plasia"), ("sonian", "son"),
        ("pressive", "pression"), ("vulsive", "vulsion"), ("itic", "itis"), ("rhagic", "rhage"),
        ("matous", "ma"), ("plegic", "plegia"), ("gic", "gia"), ("toxic", "toxicity"), ("sclerotic", "sclerosis"),
        ("static", "stasis"), ("manic", "mania"), ("lytic", "lysis"), ("cystic", "cyst"), ("uric", "uria"),
        ("opic", "opia"), ("algesic", "algesia"),
    ),
    key=lambda pair: -len(pair[0]),
)  # fmt: skip
_TAIL = re.compile(r"\s*\((?:disease|disorder)\)$")


@lru_cache(maxsize=100_000)
def _level(word: str) -> Key:
    word = fold(word)
    for ending, noun in _NOUNS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            word = word[: -len(ending)] + noun
            break
    return tuple(_LEVEL.get(part, part) for part in (_PARTS.get(word) or word.split()))


def levelled(text: str) -> Key:
    """The levelled words of a name or mention, in order, without little words (unless nothing else is left)."""
    found = [part for word in words(_TAIL.sub("", text)) for part in _level(word)]
    return tuple(part for part in found if part not in STOP) or tuple(found)


def numbers(key: Key) -> Key:
    """Numbers and single letters of a key, sorted: what tells type 1 from type 2."""
    return tuple(sorted(word for word in key if len(word) == 1 or word.isdigit()))


@lru_cache(maxsize=500_000)
def alike(one: str, other: str) -> float:
    """How far two levelled words are the same, 0 to 1: equal, a general word for illness, one stem, one misspelt."""
    if one == other:
        return 1.0
    if one in ILL and other in ILL:
        return 0.9
    if (one in _HARM and other in ILL) or (one in ILL and other in _HARM):
        return 0.8
    if len(one) < 4 or len(other) < 4 or one.isdigit() or other.isdigit():
        return 0.0
    longest = max(len(one), len(other))
    if one[:4] == other[:4]:
        shared = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), longest)
        if shared / longest >= 0.62 and longest - shared <= 5:
            return 0.9
    if abs(len(one) - len(other)) > 3 or (one[0] != other[0] and one[-1] != other[-1]):
        return 0.0
    ratio = fuzz.ratio(one, other, score_cutoff=84) / 100
    return 0.9 * ratio if ratio > 0.84 else 0.0
