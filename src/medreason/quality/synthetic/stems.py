"""The questions that the checker can read, and what they ask about; skeletons as in ``grammar``."""

from __future__ import annotations

import re
from typing import NamedTuple

from medreason.quality.synthetic.grammar import D, F, G, _list, tokens

_FS, _DS = _list(F), _list(D)
_V = r"graph (?P<graph>\S+ \S+?)"


_CASE = (
    rf"(?:a patient (?:has|presents with|is found to have) {_FS}|the findings in a patient are {_FS}"
    rf"|the following were noted in one patient: {_FS}|on examination, a patient shows {_FS}"
    rf"|a clinical report names {_FS}|a person is referred because of {_FS}|in a patient, these were noted: {_FS}"
    rf"|a work-up brings out {_FS}|one patient, several findings: {_FS}|a person comes to clinic with {_FS}"
    rf"|an individual under evaluation has {_FS}|the case notes of a patient mention {_FS}"
    rf"|{_FS} (?:has|have) been found in a patient|{_FS} (?:is|are) present in a patient)\."
)
_WHICH_DISORDER = (
    r"(?:which of these disorders (?:best explains the findings|accounts for all of them)"
    r"|which disorder (?:do the findings fit best|is recorded with all of these findings)"
    r"|which of the following is best supported by the recorded evidence|which option fits this picture best"
    r"|which of these conditions matches the findings most closely|which condition does the recorded evidence favour"
    r"|to which of these disorders does the picture belong best"
    r"|which of the disorders below covers the findings best)\?"
)
_APART = (
    rf"which finding best tells {D} apart from {D}\?",
    rf"two disorders are under consideration: {D} and {D}\. which finding separates them best\?",
    rf"{D} and {D} have several findings in common\. which of these findings differs most between them\?",
    rf"which of these findings is most useful to distinguish {D} from {D}\?",
    rf"a clinician hesitates between {D} and {D}\. which finding distinguishes them\?",
    rf"{D} or {D}\? which of these findings helps most to decide\?",
    rf"the choice lies between {D} and {D}\. which finding would settle it best\?",
    rf"by recorded frequency, which finding differs most between {D} and {D}\?",
    rf"{D} and {D} have features in common\. which of the following do they not share to a like degree\?",
    rf"which of the following findings sets {D} apart from {D}\?",
    rf"in the differential of {D} and {D}, which finding carries most weight\?",
    rf"for telling {D} from {D}, which finding is the best guide\?",
)
_ABSENT = (
    rf"which of these findings is not a recorded feature of {D}\?",
    rf"which finding has been looked for and not found in {D}\?",
    rf"which of the following is recorded as absent in {D}\?",
    rf"{D} is recorded with all of these findings but one\. which one\?",
    rf"which of these findings does the record of {D} exclude\?",
    rf"all but one of these findings are features of {D}\. which is the exception\?",
    rf"consider {D}\. which of the following findings is recorded as not present\?",
    rf"which of these findings speaks against {D}, as it is recorded as absent there\?",
    rf"in {D}, which of these findings is recorded as not observed\?",
    rf"a patient with {D} is examined\. which of these findings would be unexpected by the record\?",
    rf"which finding is out of place in {D}, going by its annotations\?",
    rf"of these findings, which one is on record as lacking in {D}\?",
)
_OPEN = (
    rf"(?:a patient has {_FS}; {_DS} are still open|a patient has {_FS}\. the differential has come down to {_DS}"
    rf"|with {_FS} on the list of findings, {_DS} remain possible"
    rf"|{_FS} (?:has|have) been found in a patient\. under consideration are {_DS}"
    rf"|a person presents with {_FS}\. still possible are {_DS}|findings so far: {_FS}\. candidates: {_DS}"
    rf"|after a first examination with {_FS}, the choice is narrowed to {_DS}"
    rf"|on examination, a patient shows {_FS}\. this leaves {_DS} open"
    rf"|{_DS} have to be told apart in a patient with {_FS}|a work-up brings out {_FS}\. left to consider are {_DS})\."
)
_WHICH_NEXT = (
    r"(?:which finding should be asked for next|which finding would be most informative to look for"
    r"|asking for which finding would narrow the choice most|which of the following would help most to decide"
    r"|which finding promises the largest gain of information|what should be looked for next"
    r"|the presence or absence of which finding tells most|which further finding separates these disorders best"
    r"|with all candidates equally likely at first, which finding is worth most"
    r"|which of these findings should be checked first)\?"
)
_GENE = (
    rf"of these genes, which one is recorded for {D} in the {_V}\?",
    rf"which of these genes does the {_V} associate with {D}\?",
    rf"{D} is associated with one of these genes in the {_V}\. which one\?",
    rf"in the {_V}, which gene is on record for {D}\?",
    rf"which gene below is listed for {D} in the {_V}\?",
    rf"going by the {_V}, which of these genes belongs to {D}\?",
    rf"which of the following is the gene recorded for {D} \({_V}\)\?",
    rf"the {_V} records a single gene for {D}\. which is it\?",
    rf"look at {D} in the {_V}: with which of these genes is it associated\?",
    rf"one of these genes is tied to {D} in the {_V}\. which\?",
    rf"for {D}, which of these genes does the {_V} name\?",
    rf"by the record of the {_V}, which gene goes with {D}\?",
)
_DISEASE = (
    rf"of these disorders, which one is recorded with {G} in the {_V}\?",
    rf"which of these disorders does the {_V} associate with {G}\?",
    rf"{G} is associated with one of these disorders in the {_V}\. which one\?",
    rf"in the {_V}, which disorder is on record for {G}\?",
    rf"which disorder below is listed for {G} in the {_V}\?",
    rf"going by the {_V}, which of these disorders belongs to {G}\?",
    rf"which of the following is the disorder recorded with {G} \({_V}\)\?",
    rf"look at {G} in the {_V}: with which of these disorders is it associated\?",
    rf"one of these disorders is tied to {G} in the {_V}\. which\?",
    rf"for {G}, which of these disorders does the {_V} name\?",
    rf"by the record of the {_V}, which disorder goes with {G}\?",
    rf"the gene is {G}\. with which of these disorders does the {_V} record it\?",
)
_FORMS = {
    kind: [re.compile(form) for form in forms]
    for kind, forms in {
        "diagnosis": (f"{_CASE} {_WHICH_DISORDER}",),
        "distinguish": _APART,
        "absent": _ABSENT,
        "next": (f"{_OPEN} {_WHICH_NEXT}",),
        "gene": _GENE,
        "disease": _DISEASE,
    }.items()
}


class Asked(NamedTuple):
    """What a question names: tokens of diseases, findings and genes, and the graph (source and version) or nothing."""

    diseases: list[str]
    findings: list[str]
    genes: list[str]
    graph: str


def asked(sentences: list[str], kind: str) -> Asked | None:
    """What a question of a kind names; ``None`` if it has no known form."""
    text = " ".join(sentences)
    for form in _FORMS[kind]:
        if match := form.fullmatch(text):
            graph = match.groupdict().get("graph") or ""
            return Asked(tokens(text, "D"), tokens(text, "F"), tokens(text, "G"), graph)
    return None
