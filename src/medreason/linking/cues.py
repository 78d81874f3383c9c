"""The cue words of :mod:`medreason.linking.context`: data, no behaviour. All in lower case as written."""

from __future__ import annotations

NEGATION, SHORT, BACKWARD, KIN, HISTORY, WHOLE, HARMLESS = (
    "negation", "short", "backward", "kin", "history", "whole", "harmless",
)  # fmt: skip


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> list[tuple[str, ...]]:
    return [tuple(part.split()) for part in text.split("|")]


_BE = "is|are|was|were|has been|have been|had been|being"
_GONE = (
    "absent|excluded|ruled out|not found|not present|not seen|not observed|not noted|not detected|not "
    "reported|"
    "not evident|not identified|not demonstrated|never seen|never observed|never noted|denied|lacking|missing"
)

PHRASES: dict[tuple[str, ...], str] = {}
# Reach forward over a whole list, to the end of the clause.
for _p in _phrases(
    "no|not|without|never|neither|nor|none|denies|denied|denying|deny|negative for|free of|free from|"
    "cannot|isnt|"
    "isn't|wasn't|weren't|aren't|doesn't|didn't|don't|hasn't|haven't|hadn't|excludes|excluded|rules out|"
    "ruled out|ruling out|rule out|nobody|no one|fails to show|failed to show|failed to reveal"
):
    PHRASES[_p] = NEGATION
# Reach forward to the next comma or "and": "absent speech, hypotonia and ataxia" excludes neither of the two.
for _p in _phrases("absence of|absent|lack of|lacks|lacked|lacking|rather than|instead of"):
    PHRASES[_p] = SHORT
# Reach backward: "seizures and ataxia were absent".
for _be in _BE.split("|"):
    for _also in ("", "also ", "all ", "both ", "each "):
        for _p in _phrases(_GONE):
            PHRASES[(*f"{_be} {_also}".split(), *_p)] = BACKWARD
for _p in _phrases("not present|not seen|not found|not observed|not noted|not detected|did not occur|do not occur"):
    PHRASES[_p] = BACKWARD
# Say neither.
for _p in _phrases(
    "not only|not just|not merely|no increase in|no increase|no change in|no change|no doubt|no further|"
    "no improvement in|no improvement|no response|no relief|no effect|no difference|no known cause|no cause|"
    "not necessarily|not certain|not sure|not ruled out|not excluded|not been ruled out|not been excluded|"
    "cannot be excluded|cannot be ruled out|could not be excluded|could not be ruled out|not be excluded|"
    "not be ruled out|with or without|with and without|whether or not|not due to|not because of|not "
    "caused by|"
    "not explained by|not explain|not respond|did not respond to|does not respond to|not improve|not "
    "improved|"
    "not resolve|not resolved|not responsive to|not controlled|not well|not fully|not completely|not always|"
    "not until|not yet known|no matter|no specific treatment|no treatment|if not|not unlike|not uncommon|"
    "not rare|"
    "not infrequently|without treatment|without improvement|without apparent cause|excluded from|"
    "has no longer improved|no benefit|no evidence that|in the absence of treatment|mother tongue|parent "
    "of origin"
):
    PHRASES[_p] = HARMLESS

_MALE = "father|brother|uncle|grandfather|nephew"
_FEMALE = "mother|sister|aunt|grandmother|niece"
_ANY = "parent|cousin|sibling|grandparent|relative|half-brother|half-sister|stepbrother"
for _word in f"{_MALE}|{_FEMALE}|{_ANY}".split("|"):
    PHRASES[(_word,)] = PHRASES[(_word + "s",)] = KIN
for _who in ("his", "her", "whose"):
    for _child in ("son", "daughter"):
        for _verb in ("has", "had", "died"):
            PHRASES[(_who, _child, _verb)] = HISTORY
for _p in _phrases(
    "family history of|family history includes|family history included|family history|family medical history|"
    "positive family history|strong family history|family members|family member"
):
    PHRASES[_p] = HISTORY
for _p in _phrases(
    "runs in the family|runs in his family|runs in her family|run in the family|run in his family|"
    "run in her family|in the family|in his family|in her family|in their family|mother's side|"
    "father's side|maternal side|paternal side"
):
    PHRASES[_p] = WHOLE

LONGEST = max(map(len, PHRASES))
FIRST_WORDS = frozenset({phrase[0] for phrase in PHRASES})

# "No seizures were noted": the verb is still to come. After "not", "without" and the rest it is not.
BARE = frozenset({"no", "none", "neither", "nobody"})

# End every scope.
TERMINATORS = _words(
    "but however although though except besides despite whereas while yet still because since until which "
    "who "
    "whom then instead apart nevertheless nonetheless otherwise unless only"
)
PRONOUNS = frozenset({"he", "she", "they", "it", "there", "we", "i"})
RELATIVES = frozenset({"who", "whose"})
JOINERS = frozenset({"and", "or", "nor", "but", "plus"})
PREPOSED = frozenset({"with", "without", "of", "by", "from", "for"})

# Finite verbs, which make a statement of their own; no bare forms ("did not have").
VERBS = _words(
    "is are was were has had shows showed showing reveals revealed presents presented develops developed "
    "exhibits "
    "exhibited displays displayed demonstrates demonstrated suffers suffered complains complained reports "
    "reported "
    "confirms confirmed appears appeared became becomes began begins remains remained includes included "
    "consists "
    "experienced experiences denies denied lacks lacked finds found detects detected notes noted suggests "
    "suggested measures measured can could may will would walks walked says said"
)

# A relative who reports is a witness; the finding is the patient's.
WITNESS_VERBS = _words(
    "reports reported report noticed notices notice notes noted note says said say states stated describes "
    "described describe recalls recalled recall complains complained brought brings bring observed observes "
    "observe concerned worried worry thinks thought felt sought seek gives gave mentions mentioned tells "
    "told saw "
    "sees add adds added explains explained remembers remembered believes believe fear feared consulted asks "
    "asked denies denied confirms confirmed became become seek"
)
OWNERS = _words("his her whose their patient's boy's girl's")
WITNESS_BEFORE = frozenset({"by", "to", "with", "from", "according", "tells", "told", "unlike", "like"})
