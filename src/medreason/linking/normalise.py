"""Tokens with character offsets, and the normal form under which two spellings of a word are the same.

A normal form is lower case, American, singular; hyphens and apostrophes are gone; a Roman numeral that is
surely one is a digit. Names and texts go through the same function, so a rule may be crude (``diabetes`` →
``diabete``) as long as it keeps different words apart.
What it is not: a stemmer or a lemmatiser. ``renal`` and ``kidney``, ``ataxic`` and ``ataxia`` stay apart.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

# What stands before a token: space or hyphen; comma, bracket or slash; the end of a clause; a colon.
NONE, SOFT, HARD, COLON = 0, 1, 2, 3


class Token(NamedTuple):
    """A word of a text, ``text[start:end]``: in lower case, in normal form, and what stands before it."""

    start: int
    end: int
    lower: str
    norm: str
    gap: int


# A word is letters and digits with inner apostrophes; a decimal number is one word.
WORD = re.compile(r"\d+(?:\.\d+)+(?![^\W\d_])|[^\W_]+(?:['’][^\W_]+)*")
# A clause ends at ; : ? ! or an empty line, and at a full stop before a space, quote or bracket ("e.g." too).
_HARD = re.compile(r"[;:?!]|\.(?=[\s\"'”’)\]])|\n\s*\n|\s[–—-]+\s")
_SOFT = re.compile(r"[,()\[\]/\n]|…")

# Prefixes written with and without a hyphen: "micro-cephaly" is "microcephaly", "X-linked" stays two words.
PREFIXES = frozenset({
    "anti", "arthro", "bi", "brachy", "brady", "cardio", "cerebro", "cranio", "dys", "electro", "extra",
    "gastro", "hemi", "hepato", "hydro", "hyper", "hypo", "infra", "inter", "intra", "macro", "mega", "meso",
    "meta", "micro", "mono", "multi", "myo", "neo", "nephro", "neuro", "non", "oligo", "osteo", "pan", "para",
    "peri", "poly", "post", "pre", "pseudo", "retro", "semi", "sub", "super", "supra", "tachy", "tetra",
    "trans", "tri", "ultra", "uni",
})  # fmt: skip

# British → American inside a word. Every pattern is of Greek or Latin medical stock.
_SPELLING = re.compile(
    r"oedem|oesoph|oestr|foet|noea|rrhoe|coeli|coelo|amoeb|haem|aemi|naem|paed|caec|faec|naec|aesth|aetiol"
    r"|leuco|sulph|isation|praem"
)
_NO_DIGRAPH = re.compile(r"leuco|sulph|isation")
_SPELLED = {
    "leuco": "leuko", "sulph": "sulf", "isation": "ization", "rrhoe": "rrhe", "noea": "nea", "coeli": "celi",
    "coelo": "celo", "amoeb": "ameb", "foet": "fet",
}  # fmt: skip
_OUR = re.compile(
    r"^(behavi|col|discol|fav|flav|harb|hum|lab|neighb|od|rum|tum|vap|vig)our(?=$|s$|ed$|ing$|al$|less$|ation$)"
)
_RE = re.compile(r"((?:cen|li|me|spec|lus|goi|thea)t|(?:fi|cali)b)re(?=s?$)")
_ISE = re.compile(r"(?<=[b-df-hj-np-tv-z]i)s(?=e$|es$|ed$|ing$)|(?<=ly)s(?=e$|ed$|ing$)")
_WORDS = {
    "grey": "gray", "mould": "mold", "caesarean": "cesarean", "orthopaedic": "orthopedic", "naevus": "nevus",
    "naevi": "nevus", "manoeuvre": "maneuver", "fontanelle": "fontanel", "fontanelles": "fontanel",
    "crises": "crisis", "stigmata": "stigma", "α": "alpha", "β": "beta",
    "γ": "gamma", "δ": "delta", "feet": "foot", "teeth": "tooth", "phalanges": "phalanx",
    "irides": "iris", "testes": "testis", "nares": "naris", "pelves": "pelvis", "femora": "femur",
    "varices": "varix", "cortices": "cortex", "appendices": "appendix", "indices": "index", "apices": "apex",
    "vertices": "vertex", "cervices": "cervix", "helices": "helix", "metastases": "metastasis",
    "stases": "stasis", "biceps": "biceps", "species": "species", "series": "series", "caries": "caries",
    "scabies": "scabies", "rabies": "rabies", "facies": "facies", "leaves": "leaf", "calves": "calf",
    "halves": "half", "men": "man", "women": "woman", "children": "child", "lice": "louse",
    "diverticula": "diverticulum", "septa": "septum", "atria": "atrium", "crania": "cranium", "ova": "ovum",
    "bacteria": "bacterium", "sterna": "sternum", "ganglia": "ganglion", "labia": "labium", "ilea": "ileum",
    "bronchi": "bronchus", "nevi": "nevus", "emboli": "embolus", "thrombi": "thrombus", "calculi": "calculus",
    "foci": "focus", "nuclei": "nucleus", "fungi": "fungus", "humeri": "humerus", "radii": "radius",
    "nasi": "nasus", "villi": "villus", "sulci": "sulcus", "gyri": "gyrus", "canthi": "canthus",
    "tophi": "tophus", "halluces": "hallux", "pollices": "pollex", "carcinomata": "carcinoma",
    "chalazia": "chalazion", "comedones": "comedo", "phenomena": "phenomenon", "larynges": "larynx",
    "pharynges": "pharynx", "meninges": "meninx", "scapulae": "scapula", "sequelae": "sequela",
    "keratoses": "keratosis", "pneumoniae": "pneumoniae",
}  # fmt: skip

_NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV")
ROMAN = {numeral: str(i) for i, numeral in enumerate(_NUMERALS, start=1)}
_ROMANS = frozenset(ROMAN)
COUNTED = frozenset({"type", "grade", "stage", "class", "factor", "degree", "group", "subtype", "syndrome"})


def american(word: str) -> str:
    """American spelling of a lower-case word (``oesophageal`` → ``esophageal``)."""
    if "ae" in word or "oe" in word or _NO_DIGRAPH.search(word):
        word = _SPELLING.sub(lambda m: _SPELLED.get(m[0]) or m[0].replace("ae", "e").replace("oe", "e"), word)
    if "our" in word:
        return _OUR.sub(r"\1or", word)
    if word.endswith(("tre", "bre", "tres", "bres")):
        return _RE.sub(r"\1er", word)
    return _ISE.sub("z", word) if len(word) > 6 and "s" in word[-4:] else word


# Ending, shortest word it applies to, letters to cut, letters to add; the first that fits counts.
_ENDINGS = (
    ("omata", 6, 2, ""), ("ae", 4, 1, ""), ("ss", 4, 0, ""), ("us", 4, 0, ""), ("is", 4, 0, ""),
    ("ies", 5, 3, "y"), ("oses", 7, 2, "is"), ("yses", 7, 2, "is"), ("eses", 7, 2, "is"),
    ("sses", 5, 2, ""), ("shes", 5, 2, ""), ("ches", 5, 2, ""), ("xes", 5, 2, ""), ("s", 4, 1, ""),
)  # fmt: skip


def singular(word: str) -> str:
    """Singular of a lower-case word by its ending; words of up to three letters stay."""
    if word[-1:] in "sea":
        for ending, shortest, cut, added in _ENDINGS:
            if word.endswith(ending) and len(word) >= shortest:
                return word[: len(word) - cut] + added
    return word


@lru_cache(maxsize=100_000)
def normal_form(word: str) -> str:
    """Normal form of one word as written, without knowledge of its neighbours (see module text)."""
    word = word.lower().replace("’", "'")
    if word.endswith("'s"):
        word = word[:-2]
    word = word.replace("'", "")
    known = _WORDS.get(word)
    if known is not None:
        return known
    word = american(word)
    return _WORDS.get(word) or singular(word)


def words(text: str) -> tuple[str, ...]:
    """The normal forms of ``tokenise(text)``, without offsets: a third of the time, for names."""
    plain = text.replace(" ", "").isalpha()
    found = text.split() if plain else WORD.findall(text)
    if "-" in text or "‐" in text or "‑" in text or not _ROMANS.isdisjoint(found):
        return tuple([t.norm for t in tokenise(text)])
    return tuple([normal_form(word) for word in found])


@lru_cache(maxsize=10_000)
def gap_code(between: str) -> int:
    """What a stretch between two words is: ``NONE``, ``SOFT`` or ``HARD``."""
    if between in {"", " ", "-"}:
        return NONE
    if _HARD.search(between):
        return COLON if between.strip() == ":" else HARD
    return SOFT if _SOFT.search(between) else NONE


def tokenise(text: str) -> tuple[Token, ...]:
    """Splits a text into tokens, left to right; ``text[t.start:t.end]`` is the word as written. O(len(text)).

    A prefix and the word after its hyphen are one token. II, III, IV, VI … XV in capitals become digits;
    I, V and X only after a word such as "type", because alone they are a pronoun, a nerve or a chromosome.
    """
    tokens: list[Token] = []
    end = 0
    for match in WORD.finditer(text):
        word, gap = match[0], gap_code(text[end : match.start()]) if tokens else HARD
        last = tokens[-1] if tokens else None
        joined = text[end : match.start()] in {"-", "‐", "‑"}
        if last is not None and joined and last.lower in PREFIXES and word[0].isalpha():
            whole = text[last.start : end].replace("-", "") + word
            tokens[-1] = Token(last.start, match.end(), whole.lower(), normal_form(whole), last.gap)
        else:
            norm = normal_form(word)
            counted = last is not None and gap == NONE and last.norm in COUNTED
            if word in ROMAN and (len(word) > 1 or counted):
                norm = ROMAN[word]
            tokens.append(Token(match.start(), match.end(), word.lower().replace("’", "'"), norm, gap))
        end = match.end()
    return tuple(tokens)
