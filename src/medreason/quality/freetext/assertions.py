"""What a sentence says of two concepts that it names: that they belong together, that they do not, or neither.

Reads the words between two mentions by patterns that are written out here; where none fits, the two are *named
together* and nothing is claimed. Hedged sentences ("could suggest", "unlike", questions) claim less than plain ones.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Certainty = Literal["asserted", "suggested", "together"]
Said = Literal["present", "absent", "is_a", ""]

_ADVERB = r"(?:\w+ly |often |always |sometimes |also |then |thus |can |may |will |would )*"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(patterns)})\b", re.IGNORECASE)


# "Marfan syndrome … aortic aneurysm": verbs by which a disease has a finding.
_FORWARD = _any(
    rf"(?:is|are|was|were|being) {_ADVERB}(?:characteri[sz]ed|marked|accompanied|complicated) by",
    rf"(?:is|are|was|were|being) {_ADVERB}(?:associated with|linked (?:to|with)|known for)",
    "associated with", "characteri[sz]ed by",
    r"present(?:s|ing)? (?:\w+ )?(?:with|as)", r"manifest(?:s|ing)? (?:as|with|by|itself)",
    "caus(?:es?|ed|ing)", "leads? to", "leading to", "results? in", "resulting in", "produc(?:es?|ing)",
    "includ(?:es?|ing)", "features?", "shows?", "ha(?:s|ve|ving)", "involv(?:es?|ing)", "gives? rise to",
    "brings? (?:on|about)",
)  # fmt: skip
# "aortic aneurysm … Marfan syndrome": words by which a finding belongs to a disease.
_BACKWARD = _any(
    "(?:features?|signs?|symptoms?|manifestations?|complications?|hallmarks?|findings?) (?:of|in|for|with)",
    "(?:characteristics?|consequences?) (?:of|in|for|with)",
    r"(?:seen|found|common|typical|frequent|present|recorded) (?:\w+ ){0,3}?(?:in|with|of|for)",
    r"(?:reported|observed|characteristic|expected|classic) (?:\w+ ){0,3}?(?:in|with|of|for)",
    r"occurs? (?:\w+ ){0,2}?in", "caused by", "due to", "secondary to", "result(?:s|ing)? (?:from|of)",
    "associated with", "linked to",
)  # fmt: skip
_KIND = re.compile(
    r"^\W*(?:is|are),? (?:also )?(?:an?|one|the)? ?(?:[\w-]+ ){0,3}?(?:types?|forms?|kinds?|subtypes?|variants?"
    r"|examples?) of (?:an?|the)? ?(?:[\w-]+ )?$|^\W*(?:is|are) an? (?:[\w-]+ )?$",
    re.IGNORECASE,
)
_TREATS = re.compile(
    r"\b(?:treats?|treat(?:ed|ment)|used (?:to treat|for|in)|therapy|first[- ]line|indicated|effective|helps?|manages?"
    r"|drug of choice|choice (?:for|in))\b",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:not|never|no|without|lacks?|lacking|absence of|absent|neither|nor|cannot)\b|n['’]t\b", re.IGNORECASE
)
# A negation of the verb stands right before it, one of the finding right before the finding.
_NOT_BEFORE_VERB = re.compile(
    r"(?:\b(?:do|does|did|is|are|was|were|has|have|can|could|would|will|should|ca)(?: not|n['’]t)|\bnever|\bcannot"
    r"|\bnot)"
    r"(?: \w+){0,2} ?(?:an? |the )?$",
    re.IGNORECASE,
)
_NEITHER = re.compile(r"\b(?:neither|nor|none)\b", re.IGNORECASE)
_NO_FINDING = re.compile(r"\b(?:no|without|absence of|lack of|absent)(?: \w+)? ?$", re.IGNORECASE)
# What a record lacks is not what a disease lacks.
_RECORD = re.compile(
    r"\b(?:record(?:s|ed)?|listed|documented|line|lines|counts?|none|against|frequency)\b", re.IGNORECASE
)
_SELDOM = re.compile(
    r"\b(?:rarely|seldom|hardly|unlikely|usually|typically|generally|often|always|necessarily|commonly|usual|typical|common)\b",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\?|\b(?:could|might|may|possib\w*|suggest\w*|consider\w*|suspect\w*|think\w*|maybe|perhaps|likely|potential\w*"
    r"|rul(?:e|ing) out|differential|unlike|versus|vs|if|whether|would|hint\w*|point(?:s|ing)? (?:to|at)\w*|seems?"
    r"|wonder\w*|indicat\w+)\b",
    re.IGNORECASE,
)
_TURN = re.compile(
    r"[;:]|\b(?:but|while|whereas|although|though|however|yet|unlike|because|since|so|whether)\b", re.IGNORECASE
)
# One patient, not patients in general.
_CASE = re.compile(
    r"\b(?:(?:the|this|our|that) (?:patient|man|woman|boy|girl|child|infant|baby|guy|lady|person|case|kid)|he|she"
    r"|his|her"
    r"|patient's|\d+[- ]year[- ]old)\b",
    re.IGNORECASE,
)


class Assertion(NamedTuple):
    """What is said of two mentions: polarity or kind, how surely, and which words of the sentence say it (offsets)."""

    said: Said
    certainty: Certainty
    start: int
    end: int


NOTHING = Assertion("", "together", 0, 0)


def of_path() -> Assertion:
    """What two nodes of a path that follow each other say."""
    return Assertion("present", "asserted", 0, 0)


def read(sentence: str, first: tuple[int, int], second_start: int, *, disease_first: bool) -> Assertion:
    """What a sentence says of a disease and a finding.

    Args:
        sentence: The sentence.
        first: Where the first mention begins and ends in it.
        second_start: Where the second begins.
        disease_first: The first is the disease (or what is said to have the other).
    """
    first_start, first_end = first
    between = sentence[first_end:second_start]
    found = list((_FORWARD if disease_first else _BACKWARD).finditer(between))
    if len(found) != 1 or _TURN.search(between) or _CASE.search(sentence[: first_end + found[0].end()]):
        return NOTHING
    match = found[0]
    start, end = first_end + match.start(), first_end + match.end()
    free = between[match.end() :] if disease_first else sentence[:first_start]
    negative = bool(_NOT_BEFORE_VERB.search(between[: match.start()]) or _NO_FINDING.search(free))
    if _NEITHER.search(sentence[:second_start]) or (not negative and _NOT.search(between)):
        return NOTHING  # something is denied, and it cannot be told what
    if negative and _RECORD.search(sentence):
        return NOTHING
    seldom = negative and _SELDOM.search(sentence[max(0, start - 30) : second_start]) is not None
    hedged = _HEDGE.search(sentence) is not None
    return Assertion("absent" if negative else "present", "suggested" if hedged or seldom else "asserted", start, end)


def is_a(sentence: str, first_end: int, second_start: int) -> Assertion:
    """Whether a sentence says that the first is a kind of the second."""
    between = sentence[first_end:second_start]
    if not _KIND.match(between):
        return NOTHING
    hedged = _HEDGE.search(sentence) is not None
    return Assertion("is_a", "suggested" if hedged else "asserted", first_end, second_start)


def treats(sentence: str, first_end: int, second_start: int) -> Assertion:
    """Whether a sentence says that a drug treats what it names beside it."""
    between = sentence[first_end:second_start]
    if not _TREATS.search(between) or _TURN.search(between):
        return NOTHING
    negative = _NOT.search(between) is not None
    certainty: Certainty = "suggested" if _HEDGE.search(sentence) or _CASE.search(sentence) else "asserted"
    return Assertion("absent" if negative else "present", certainty, first_end, second_start)
