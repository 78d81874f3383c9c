"""The cue words of :mod:`medreason.linking.context`: data, no behaviour. All in lower case as written."""

from __future__ import annotations

# Forward over a list, to the next comma or "and", backward; relatives; what only looks like a cue.
NEGATION, SHORT, BACKWARD = "negation", "short negation", "backward negation"
KIN, FAMILY, WHOLE = "kin", "family history", "whole clause"
UNCERTAIN, MAYBE, UNCERTAIN_BACK = "uncertain", "short uncertain", "backward uncertain"
HYPOTHETICAL, HYPOTHETICAL_BACK = "hypothetical", "backward hypothetical"
HISTORY, PRIOR = "history", "short history"
HARMLESS = "harmless"
# Passed over between a finding and "in his brother".
REPORTED = frozenset(
    "been also present diagnosed documented seen known evident described reported noted found observed recorded".split()
)


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
    "ruled out|ruling out|excluding|nobody|no one|fails to show|failed to show|failed to reveal"
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
for _p in _phrases(
    "not present|not seen|not found|not observed|not noted|not detected|did not occur|do not occur|not occurred|"
    "never occurred|never present"
):
    PHRASES[_p] = BACKWARD
for _could in ("could", "can"):
    for _p in _phrases("demonstrated|found|detected|shown|seen|elicited|identified|observed|documented"):
        PHRASES[(_could, "not", "be", *_p)] = BACKWARD
for _be in ("is", "are", "was", "were"):
    for _p in _phrases("a feature|features|part|part of the picture|among the findings"):
        PHRASES[(_be, "not", *_p)] = BACKWARD
# At the end of a clause these reach backward: "Cleft palate: absent.", "contractures are not".
CLOSING: frozenset[tuple[str, ...]] = frozenset(
    [*_phrases("absent|excluded|denied|lacking|missing|none|no|negative|ruled out|not present|not seen|not found")]
    + [(_be, "not") for _be in ("is", "are", "was", "were", "has", "have", "had", "did", "does")]
)
# Say neither.
for _p in _phrases(
    "not only|not just|not merely|no increase in|no increase|no change in|no change|no doubt|no further|"
    "no improvement in|no improvement|no response|no relief|no effect|no difference|no known cause|no cause|"
    "not necessarily|not certain|not sure|with or without|with and without|whether or not|not due to|"
    "not because of|not "
    "caused by|"
    "not explained by|not explain|not respond|did not respond to|does not respond to|not improve|not "
    "improved|"
    "not resolve|not resolved|not responsive to|not controlled|not well|not fully|not completely|not always|"
    "not until|not yet known|no matter|no specific treatment|no treatment|if not|not unlike|not uncommon|"
    "not rare|not relieved by|not relieved|not painful|not tender|"
    "not infrequently|no longer|patches without hair|without treatment|without improvement|without apparent cause|"
    "excluded from|"
    "has no longer improved|no benefit|no evidence that|in the absence of treatment|mother tongue|parent "
    "of origin"
):
    PHRASES[_p] = HARMLESS

# Whether it is there is open.
for _p in _phrases(
    "suspicion of|suspicion for|suspicious for|suggestive of|equivocal for|concern for|"
    "concerning for|worrisome for|possibility of|thought to have|thought to be|believed to have|appears to have|"
    "appeared to have|seems to have|seemed to have|may|might|could be|could have|could represent|could reflect|"
    "could indicate|whether|differential diagnosis includes|differential diagnosis included|"
    "differential diagnoses include|differential diagnoses included|differential includes|differential included|"
    "cannot exclude|could not exclude|cannot rule out|could not rule out|not possible to exclude"
):
    PHRASES[_p] = UNCERTAIN
for _p in _phrases(
    "possible|possibly|probable|probably|presumed|presumably|suspected|questionable|perhaps|apparent|apparently|"
    "putative|likely"
):
    PHRASES[_p] = MAYBE
for _be in ("is", "are", "was", "were"):
    for _p in _phrases(
        "suspected|likely|possible|probable|unlikely|considered|questionable|debated|in question|presumed|"
        "not excluded|not ruled out|suspected to be present|considered likely|considered unlikely"
    ):
        PHRASES[(_be, *_p)] = UNCERTAIN_BACK
for _not in ("cannot", "could not", "can not"):
    for _p in _phrases("be excluded|be ruled out|be confirmed|be excluded with certainty"):
        PHRASES[(*_not.split(), *_p)] = UNCERTAIN_BACK
for _p in _phrases("not been excluded|not been ruled out|not be excluded|not be ruled out|versus|vs"):
    PHRASES[_p] = UNCERTAIN_BACK
# Spoken of, but of nobody: what may come, what is looked for, what is guarded against.
for _p in _phrases(
    "if|unless|in case of|in the event of|should|risk of|risk for|risks of|at risk of|at risk for|predisposed to|"
    "predisposition to|predisposes to|susceptible to|susceptibility to|prone to|screening for|screened for|"
    "screen for|"
    "surveillance for|surveillance of|monitoring for|monitored for|monitor for|watch for|watched for|watching for|"
    "look for|looked for|looking for|to prevent|prevention of|prophylaxis against|prophylaxis for|prophylaxis of|"
    "rule out|to exclude|evaluated for|evaluate for|evaluation for|assessed for|assess for|assessment for|"
    "tested for|test for|testing for|examined for|checked for|check for|searched for|search for|work-up for|"
    "workup for|"
    "can cause|may cause|could cause|can lead to|may lead to|can result in|may result in|return for|"
    "vaccinated against|"
    "counseled about|counselled about|warned of|warned about|fear of|afraid of|worried about developing"
):
    PHRASES[_p] = HYPOTHETICAL
# Over and done with, or long known.
for _p in _phrases(
    "history|histories|h o|history was unremarkable except for|history is unremarkable except for|status post|"
    "s p|known history of|previously had|previously diagnosed with|"
    "in the past had|had previously"
):
    PHRASES[_p] = HISTORY
for _p in _phrases("previous|prior|past|former|earlier episodes of|remote"):
    PHRASES[_p] = PRIOR
for _p in _phrases(
    "history of present illness|history of the present illness|natural history|present history|history taking|"
    "in may|since may|last may|prior to|previous to|past the|likely to|most likely due to|likely due to|"
    "should be noted|should note|as if|even if|should not|it should|no risk of|not at risk|more likely|less likely|"
    "apparent at|apparent on|past year|past week|past month|past weeks|past months|past years|past days|past two|"
    "past three|past six|past few|past several|previous year|previous day|prior year"
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
            PHRASES[(_who, _child, _verb)] = FAMILY
for _p in _phrases(
    "family history of|family history includes|family history included|family history|family medical history|"
    "family history is notable for|family history was notable for|positive family history|strong family history|"
    "family members|family member"
):
    PHRASES[_p] = FAMILY
for _p in _phrases(
    "runs in the family|runs in families|runs in his family|runs in her family|run in the family|run in his family|"
    "run in her family|in the family|in his family|in her family|in their family|mother's side|"
    "father's side|maternal side|paternal side"
):
    PHRASES[_p] = WHOLE

# Number of words of the phrases that begin with a word, longest first.
SIZES: dict[str, tuple[int, ...]] = {
    first: tuple(sorted({len(p) for p in (*PHRASES, *CLOSING) if p[0] == first}, reverse=True))
    for first in {p[0] for p in (*PHRASES, *CLOSING)}
}
# Words that are a cue alone, and the second words of the longer cues: most words end the search here.
ALONE = frozenset({p[0] for p in (*PHRASES, *CLOSING) if len(p) == 1})
SECOND: dict[str, frozenset[str]] = {
    first: frozenset({p[1] for p in (*PHRASES, *CLOSING) if p[0] == first and len(p) > 1}) for first in SIZES
}

# "No seizures were noted": the verb is still to come. After "not", "without" and the rest it is not.
BARE = frozenset({"no", "none", "neither", "nobody"})

# End every scope.
TERMINATORS = _words(
    "but however although though except besides despite whereas while yet still because since until which "
    "who "
    "owing due whom then instead apart nevertheless nonetheless otherwise unless only"
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
    ""
    "settled resolved improved persisted worsened progressed disappeared occurred occurs started stopped led underwent "
    "received required persists worsens improves ended remits ensued "
    "suggested measures measured can could may will would walks walked says said"
)

# A relative who reports is a witness; the finding is the patient's.
WITNESS_VERBS = _words(
    "reports reported report noticed notices notice notes noted note says said say states stated describes "
    "described describe recalls recalled recall complains complained brought brings bring observed observes "
    "observe concerned worried worry thinks thought felt sought seek gives gave mentions mentioned tells "
    "told saw "
    "sees add adds added explains explained remembers remembered believes believe fear feared consulted asks "
    "asked deny denies denied confirms confirmed became become seek"
)
SAID_OF = frozenset({"said", "reported", "noted", "described", "thought", "found"})  # "his aunt was said to have"
PASSIVE = frozenset({"is", "are", "was", "were", "been", "be"})
OWNERS = _words("his her whose their patient's boy's girl's")
WITNESS_BEFORE = frozenset({"by", "to", "with", "from", "according", "tells", "told", "unlike", "like"})
