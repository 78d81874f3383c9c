"""The wording of the questions: a first part and a question of its own, put together freely.

Slots as in :mod:`medreason.synth.frames`; ``{E}`` is a second disease, ``{O}`` the open diseases, ``{V}`` the source
and version of the graph. A patient has findings and nothing else: no age and no sex, since neither is on record.
"""

from __future__ import annotations

CASE = (
    "a patient has {L}.",
    "a patient presents with {L}.",
    "a patient is found to have {L}.",
    "the findings in a patient are {L}.",
    "the following were noted in one patient: {L}.",
    "on examination, a patient shows {L}.",
    "a clinical report names {L}.",
    "a person is referred because of {L}.",
    "in a patient, these were noted: {L}.",
    "a work-up brings out {L}.",
    "one patient, several findings: {L}.",
    "a person comes to clinic with {L}.",
    "an individual under evaluation has {L}.",
    "the case notes of a patient mention {L}.",
    "{L} {have} been found in a patient.",
    "{L} {be} present in a patient.",
)
ASK_DIAGNOSIS = (
    "which of these disorders best explains the findings?",
    "which disorder do the findings fit best?",
    "which of the following is best supported by the recorded evidence?",
    "which of these disorders accounts for all of them?",
    "which disorder is recorded with all of these findings?",
    "which option fits this picture best?",
    "which of these conditions matches the findings most closely?",
    "which condition does the recorded evidence favour?",
    "to which of these disorders does the picture belong best?",
    "which of the disorders below covers the findings best?",
)
ASK_APART = (
    "which finding best tells {D} apart from {E}?",
    "two disorders are under consideration: {D} and {E}. Which finding separates them best?",
    "{D} and {E} have several findings in common. Which of these findings differs most between them?",
    "which of these findings is most useful to distinguish {D} from {E}?",
    "a clinician hesitates between {D} and {E}. Which finding distinguishes them?",
    "{D} or {E}? Which of these findings helps most to decide?",
    "the choice lies between {D} and {E}. Which finding would settle it best?",
    "by recorded frequency, which finding differs most between {D} and {E}?",
    "{D} and {E} have features in common. Which of the following do they not share to a like degree?",
    "which of the following findings sets {D} apart from {E}?",
    "in the differential of {D} and {E}, which finding carries most weight?",
    "for telling {D} from {E}, which finding is the best guide?",
)
ASK_ABSENT = (
    "which of these findings is not a recorded feature of {D}?",
    "which finding has been looked for and not found in {D}?",
    "which of the following is recorded as absent in {D}?",
    "{D} is recorded with all of these findings but one. Which one?",
    "which of these findings does the record of {D} exclude?",
    "all but one of these findings are features of {D}. Which is the exception?",
    "consider {D}. Which of the following findings is recorded as not present?",
    "which of these findings speaks against {D}, as it is recorded as absent there?",
    "in {D}, which of these findings is recorded as not observed?",
    "a patient with {D} is examined. Which of these findings would be unexpected by the record?",
    "which finding is out of place in {D}, going by its annotations?",
    "of these findings, which one is on record as lacking in {D}?",
)
CASE_OPEN = (
    "a patient has {L}; {O} are still open.",
    "a patient has {L}. The differential has come down to {O}.",
    "with {L} on the list of findings, {O} remain possible.",
    "{L} {have} been found in a patient. Under consideration are {O}.",
    "a person presents with {L}. Still possible are {O}.",
    "findings so far: {L}. Candidates: {O}.",
    "after a first examination with {L}, the choice is narrowed to {O}.",
    "on examination, a patient shows {L}. This leaves {O} open.",
    "{O} have to be told apart in a patient with {L}.",
    "a work-up brings out {L}. Left to consider are {O}.",
)
ASK_NEXT = (
    "which finding should be asked for next?",
    "which finding would be most informative to look for?",
    "asking for which finding would narrow the choice most?",
    "which of the following would help most to decide?",
    "which finding promises the largest gain of information?",
    "what should be looked for next?",
    "the presence or absence of which finding tells most?",
    "which further finding separates these disorders best?",
    "with all candidates equally likely at first, which finding is worth most?",
    "which of these findings should be checked first?",
)
ASK_GENE = (
    "of these genes, which one is recorded for {D} in the graph {V}?",
    "which of these genes does the graph {V} associate with {D}?",
    "{D} is associated with one of these genes in the graph {V}. Which one?",
    "in the graph {V}, which gene is on record for {D}?",
    "which gene below is listed for {D} in the graph {V}?",
    "going by the graph {V}, which of these genes belongs to {D}?",
    "which of the following is the gene recorded for {D} (graph {V})?",
    "the graph {V} records a single gene for {D}. Which is it?",
    "look at {D} in the graph {V}: with which of these genes is it associated?",
    "one of these genes is tied to {D} in the graph {V}. Which?",
    "for {D}, which of these genes does the graph {V} name?",
    "by the record of the graph {V}, which gene goes with {D}?",
)
ASK_DISEASE = (
    "of these disorders, which one is recorded with {G} in the graph {V}?",
    "which of these disorders does the graph {V} associate with {G}?",
    "{G} is associated with one of these disorders in the graph {V}. Which one?",
    "in the graph {V}, which disorder is on record for {G}?",
    "which disorder below is listed for {G} in the graph {V}?",
    "going by the graph {V}, which of these disorders belongs to {G}?",
    "which of the following is the disorder recorded with {G} (graph {V})?",
    "look at {G} in the graph {V}: with which of these disorders is it associated?",
    "one of these disorders is tied to {G} in the graph {V}. Which?",
    "for {G}, which of these disorders does the graph {V} name?",
    "by the record of the graph {V}, which disorder goes with {G}?",
    "the gene is {G}. With which of these disorders does the graph {V} record it?",
)
