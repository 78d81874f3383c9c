"""The wordings by which a sentence ties two concepts, as patterns over masked sentences: data, no behaviour."""

from __future__ import annotations

import re

MASK = "\ue000"
M = f"{MASK}+"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE)


LY = r"(?:\w+ly |often |most |more |also |then |thus |very )*"
# "Marfan syndrome … ectopia lentis": verbs by which a disease has a finding.
CAUSES = (
    "caus(?:es?|ed|ing)", "leads? to", "leading to", "results? in", "resulting in", "produc(?:es?|ing)",
    "gives? rise to", "brings? (?:on|about)", "induc(?:es?|ing)",
)  # fmt: skip
HAS = (
    rf"(?:is|are|was|were|being) {LY}(?:characteri[sz]ed|marked|accompanied|complicated) by",
    rf"(?:is|are|was|were|being) {LY}(?:associated with|linked (?:to|with)|tied (?:to|with)|known for)",
    "associated with", "characteri[sz]ed by", "is (?:primarily |all |mainly )?about",
    rf"(?:is|are) (?:an? |the |one of the )?{LY}(?:\w+ ){{0,2}}?causes? of",
    r"present(?:s|ing)? (?:\w+ )?(?:with|as)", "manifest(?:s|ing)? (?:as|with|by)",
    "includ(?:es?|ing)", "features?", "shows?", "ha(?:s|ve|ving)", "involv(?:es?|ing)", "develops?", "exhibits?",
    "experiences?",
)  # fmt: skip
FORWARD, FORWARD_CAUSE = _any(*CAUSES, *HAS), _any(*CAUSES)
# "Ectopia lentis … Marfan syndrome": words by which a finding belongs to a disease.
DUE = ("caused by", "due to", "secondary to", "result(?:s|ing)? (?:from|of)", "side effects? (?:of|with|from)")
OF = (
    r"(?:features?|signs?|symptoms?|manifestations?|complications?|hallmarks?|findings?) (?:of|in|for|with)",
    "(?:characteristics?|consequences?) (?:of|in|for|with)",
    r"(?:seen|found|common|typical|frequent|present|recorded|reported|observed|characteristic|expected|classic"
    r"|textbook) "
    r"(?:(?!causes?\b)\w+ ){0,2}?(?:in|with|of|for)",
    r"(?:absent|lacking|missing) (?:in|from)",
    r"occurs? (?:\w+ ){0,2}?in", "associated with", "linked to",
)  # fmt: skip
BACKWARD, BACKWARD_CAUSE = _any(*DUE, *OF), _any(*DUE)
# A finding that points to a disease: the step of a differential diagnosis, never more than suggested.
POINTS = _any(
    "suggest(?:s|ing|ive of)?", "indicat(?:es?|ing|ive of)", r"points? (?:us )?(?:to|towards?|at)",
    "(?:is|are|be) consistent with", "fits? with", "(?:is|are) in keeping with", "raises? suspicion (?:of|for)",
)  # fmt: skip
AWAY = re.compile(
    r"\b(?:not|never|hardly|cannot|against|less|unlikely|rather|excludes?|rul\w+ out|away)\b|n['’]t\b", re.IGNORECASE
)
# Between a subject and its verb: auxiliaries, adverbs, a relative "which", a short form in brackets.
TO_VERB = re.compile(
    r"^(?:['’]s?)?(?:\s*\([^()]{1,40}\))?(?:\**:\**\s+(?:this|it)(?: [\w-]+){0,3}?)?,?\s*"
    r"(?:(?:which|that|also|can|cannot|may|might|could|will|would|should|do|does"
    r"|did|not|never|is|are|was|were|has|have|been|often|almost|always|sometimes|itself|alone|usually|patients"
    r"|mutations?|variants?|gene|deficiency|tends? to|as the underlying (?:condition|disease|disorder|cause)"
    r"|\w+ly|\w+n['’]t)[\s,]*)*$",
    re.IGNORECASE,
)
# Words after which a sentence speaks of something else.
ELSEWHERE = re.compile(
    r"[;:–—?]|\b(?:that|which|who|whose|where|when|while|whereas|because|than|if|unless|after|during|before|rather"
    r"|but|although|though|however|yet|unlike|since|so|whether|prevent\w*|treat\w*|avoid\w*|differs?|exclud\w+"
    r"|rul\w+ out|confused|mimic\w*|resembl\w+)\b",
    re.IGNORECASE,
)
TO_FINDING = re.compile(r"\b(?:due|from|by|to|for|is|are|was|were|through|via|does|do|its|their|it)\b", re.IGNORECASE)
TO_DISEASE = re.compile(r"\b(?:is|are|was|were|by|due|from|not|no|without|his|her|its)\b", re.IGNORECASE)
# A list of names: between two items commas, "and" and at most two plain words.
LIST = re.compile(
    r"^(?:(?:[\s,/]|and\b|or\b|plus\b|as well as\b|nor\b)+"
    rf"(?:(?!(?:with|in|of|by|whereas|while|but|although|unlike)\b)[\w-]+\s+){{0,2}}?{M})*",
    re.IGNORECASE,
)
NEW_SUBJECT = re.compile(r"^\s*(?:is|are|was|were|has|have|can|may|does|do|occurs?|causes?|leads?)\b", re.IGNORECASE)
NOT_SO = re.compile(r"^(?: [\w-]+){0,6} (?:does|do|did) not\b", re.IGNORECASE)
OF_ANOTHER = re.compile(r"\b(?:for|of|in|with|like)(?: the)? $", re.IGNORECASE)
KIND = re.compile(
    r"^(?:, (?:which|that))? (?:is|are),? (?:also )?(?:(?:an?|one|the) )?(?:[\w-]+ ){0,2}?(?:types?|forms?|kinds?"
    r"|subtypes?|variants?|examples?) of (?:(?:an?|the) )?(?:[\w-]+ ){0,3}?$|^\W*(?:is|are) an? (?:[\w-]+ )?$",
    re.IGNORECASE,
)
TREATS = _any(
    "treats?", "relieves?", rf"(?:is|are|be) {LY}(?:used|given|indicated|effective|recommended|approved|prescribed) "
    r"(?:to treat|(?:for|in|against)(?: the treatment of)?)",
    "(?:is|are) (?:the|a) (?:drug|treatment|therapy) (?:of choice )?(?:for|in)", "be used to treat",
)  # fmt: skip
TREATED = _any(rf"(?:is|are|be) {LY}(?:treated|managed) with", "responds? to")
NOT = re.compile(
    r"\b(?:not|never|no|without|lacks?|lacking|absence of|absent|missing|neither|nor|none|nothing|nowhere"
    r"|cannot|only)\b|n['’]t\b",
    re.IGNORECASE,
)
NONE_OF = re.compile(r"\b(?:none|neither|nothing)\b(?:(?!\b(?:but|yet|while)\b)[^;:])*$", re.IGNORECASE)
NEITHER = re.compile(r"\b(?:neither|nor|none|no|not)\b", re.IGNORECASE)
ABSENT_IN = re.compile(r"^(?:absent|lacking|missing)\b", re.IGNORECASE)
NO_FINDING = re.compile(r"\b(?:no|without|absence of|lack of|absent)(?: \w+)? ?$", re.IGNORECASE)
# What a record lacks is not what a disease lacks.
RECORD = re.compile(r"\b(?:record(?:s|ed)?|listed|documented|lines?|counts?|against|frequency)\b", re.IGNORECASE)
DEGREE = re.compile(
    r"\b(?:rarely|seldom|hardly|unlikely|usually|typically|generally|often|always|necessarily|commonly|usual|typical"
    r"|common|primarily|only|just)\b",
    re.IGNORECASE,
)
HEDGE = re.compile(
    r"\?|\b(?:could|might|may|possib\w*|suggest\w*|consider\w*|suspect\w*|think\w*|maybe|perhaps|likely|potential\w*"
    r"|rul(?:e|ing) out|differential|unlike|compared|versus|vs|if|whether|would|hint\w*|points? (?:to|at)\w*|seems?"
    r"|wonder\w*|indicat\w+)\b",
    re.IGNORECASE,
)
# One patient, not patients in general.
CASE = re.compile(
    r"\b(?:(?:the|this|our|that) (?:patient|man|woman|boy|girl|child|infant|baby|guy|lady|person|case|kid)|he|she|him"
    r"|his|her|patient's|\d+[- ]year[- ]old)\b",
    re.IGNORECASE,
)
GENERAL = re.compile(r"^(?:\s*\([^()]*\))?, which\b", re.IGNORECASE)
# "related to X, often has": the subject stands before X.
BESIDE = re.compile(r"\b(?:related to|near to|similar to|than|like|unlike|versus|between|besides|excluding) $", re.I)
# "signs of X, such as Y".
SIGNS_OF = re.compile(
    r"\b(?:signs|symptoms|features|findings|manifestations|complications) (?P<h>suggestive |indicative |typical )?of"
    r"(?: an?| the)? ?$",
    re.IGNORECASE,
)
SUCH_AS = re.compile(r"^,? ?(?:such as|like|including|are|include) ", re.IGNORECASE)
OTHER_SIGNS = re.compile(
    r"\band (?:signs?|features?|findings?|symptoms?)[^,]*$|\b(?:is|are|was|were)\b[^,]*,.*[^g]$", re.I
)
FRONT = re.compile(r"(?:^|[.,;]\s*)(?:in|among)(?: (?:the|patients|people|those|individuals|children|with))* ?$", re.I)
FRONTED = re.compile(
    r"^ (?:is|are|can be) (?P<n>not )?(?:\w+ly )?(?P<w>common|seen|typical|frequent|expected|found|observed|present"
    r"|absent|characteristic)\b",
    re.IGNORECASE,
)
