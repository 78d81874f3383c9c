"""Words that do not belong in a chain, whatever they are said of: each rule with its patterns.

Knowledge from outside (genes, mechanisms, how common a disease is) is found by its words; a word that the question, an
option or the sheet has itself is free. That is a list and no understanding: a mechanism in words that a case may use
passes.
"""

from __future__ import annotations

import re

FORBIDDEN = {
    "certainty": re.compile(
        r"\b(?:the|a) (?:definite |final |correct )?diagnosis (?:is|of|must)\b|\b(?:is|as|clearly) the diagnosis\b"
        r"|\bconfirm(?:s|ed|ing|atory)?\b|\bpro(?:ves?|ven|of)\b|\bdefinit(?:e|ely|ive|ively)\b|\bcertain(?:ly|ty)?\b"
        r"|\bpathognomonic\b|\bdiagnostic\b|\b100 ?%|(?<!not )(?<!without )\brul(?:es|ed|ing) (?:\S+ ){0,12}?out\b"
        r"|\b(?:can|must|may) be ruled out\b|\b(?:excludes?|excluding)\b|\bno doubt\b|\bundoubted(?:ly)?\b"
        r"|\bunequivocal"
        r"|\bclinch\w*|\bspecific (?:for|to)\b|\bcan only be\b|\bno other (?:explanation|diagnosis)\b|\bconclusive"
        r"|\b(?:establish(?:es|ed)?|makes?) the diagnosis\b|\bincompatible with\b|\bimpossible\b",
        re.IGNORECASE,
    ),
    "absence": re.compile(
        r"\b(?:does|do|did|can)(?: ?not|n't) (?:occur|appear|cause|arise|happen|develop|exist)\b"
        r"|\bnever (?:occurs?|appears?|seen|found|presents?|shows?|develops?|has|have|causes?)\b"
        r"|\b(?:is|are) never\b|\bunheard of\b|\b(?:is|are) not (?:a |an )?(?:known )?(?:feature|part|sign"
        r"|symptom)s? of\b"
        r"|\b(?:patients|people|those) with (?:\S+ ){1,12}?(?:do not|never|don't) (?:have|show|get)\b",
        re.IGNORECASE,
    ),
    "leak": re.compile(
        r"\b(?:correct|right|given|reference|expected|provided|known|stated|true) (?:answer|option|key|choice"
        r"|solution)\b"
        r"|\banswer key\b|\b(?:as|since|because|that) the (?:answer|key|solution) (?:says|is|states|gives|names)\b"
        r"|\bthe answer (?:says|states|given)\b|\bthe (?:hint|solution)\b|\b(?:we|I) (?:are|am|were|was) told\b"
        r"|\b(?:is|being|known to be) (?:the )?correct\b|\b(?:must|has to|should) be (?:right|correct)\b"
        r"|\b(?:correct|right|expected|given) one\b|\banswer (?:stated|provided|expected|told|as given)\b"
        r"|\bthe answer (?:is|must be|was)\b|\bas (?:the )?answer(?: key)? (?:was |is )?given\b",
        re.IGNORECASE,
    ),
}
KNOWLEDGE = re.compile(
    r"\b(?:genes?|genetic\w*|genom\w*|mutations?|mutant|variants?|pathogenic|alleles?|encod(?:es?|ed|ing)|chromosom\w*"
    r"|deletions?|duplications?|autosomal|recessive|dominant|inherit\w*|heterozyg\w*|homozyg\w*|carrier|locus"
    r"|prevalen\w*|inciden(?:ce|ces)|epidemiolog\w*|worldwide|populations?|ethnic\w*|descent|ancestry"
    r"|commonest (?:cause|disorder|disease|form|reason)"
    r"|(?:most|more|less|least) common(?: (?:cause|disorder|disease|condition|form|reason|than|in)\b)"
    r"|most cases|typical(?:ly)? (?:present|of|for|in|feature|finding|sign)\w*|classic(?:al|ally)?|hallmark\w*|usually"
    r"|textbooks?|famous\w*|referral"
    r"|enzymatic|enzyme (?:defect|defic|that|which|lets|activity)|(?:faulty|missing|lacking) enzyme"
    r"|substrates?|accumulat\w*|proteins?|receptors?|channels?|collagen|fibres?|fibers?|elastin"
    r"|connective|autoantibod\w*|antibod\w*|autoimmun\w*|mitochondri\w*|metabolites?|pathways?|inflamm\w*"
    r"|deposit(?:s|ion)"
    r"|synthesis|misfold\w*|folding|signalling|signaling|secondary to|g(?:i|a)ves? rise|le(?:ads?|d|ading) to"
    r"|results? (?:in|from)|resulting (?:in|from)|caus(?:es|ed|ing|al)|due to|triggers?|triggered|produces|produced by"
    r"|aris(?:es?|ing) (?:from|because|through|as|when)|stems? from|impair(?:s|ing)|defective|mechanism\w*"
    r"|patho(?:physiolog|genes)\w*"
    r"|molecular|life expectancy|prognosis|mortality)\b",
    re.IGNORECASE,
)
