"""The sentence frames of the offline teacher, as data.

Slots: ``{f}`` a finding of the case (with the annotated term, where the disease is annotated more narrowly),
``{t}`` an annotated term, ``{D}`` a disease, ``{A}``/``{B}`` best option and runner-up, ``{q}`` a frequency,
``{c}``/``{N}`` carriers of a finding and annotated diseases, ``{S}`` an organ system.

Rules that keep the prose checkable: a sentence makes one kind of statement; polarity is said with few plain
words (*not*, *no*, *absent*, *lacks*, *against*); numbers are digits; no sentence says what the diagnosis is.
``quality/language.py`` lists, independently, the words that may occur.
"""

from __future__ import annotations

FREQUENCY_COUNT = (
    "in {k} of {n} reported {patients}",
    "in {k} of the {n} {patients} studied",
    "for {k} of {n} {patients} in the cited reports",
    "in {k} of {n} {patients} described",
    "with a count of {k} in {n} {patients}",
)
FREQUENCY_TERM = (
    "as {an} {grade} feature",
    "under the grade {grade}",
    "with the frequency grade {grade}",
    "and graded {grade}",
)
FREQUENCY_PERCENT = ("at a rate of {p} %", "in about {p} % of patients", "with a frequency of {p} %")
FREQUENCY_OPEN = (
    "with its frequency left open",
    "at a frequency the source leaves open",
    "(frequency unstated)",
    "(how often is left open)",
)
FREQUENCY_ASIDE = ("(count set aside)", "with its count set aside", "(its count set aside with the own paper)")
GRADES = {
    "HP:0040280": ("an", "obligate"),
    "HP:0040281": ("a", "very frequent"),
    "HP:0040282": ("a", "frequent"),
    "HP:0040283": ("an", "occasional"),
    "HP:0040284": ("a", "very rare"),
}

WIDER = "{f} (recorded there as {t})"
NARROWER = ("{f} (as {t})", "{f} (recorded there as {t})", "{f} (in the form of {t})", "{f} (more exactly, {t})")

ORGAN = (
    "{f} {point} to {S}.",
    "{f} {come} under {S}.",
    "Under {S} {fall} {f}.",
    "{S} is touched by {f}.",
    "Grouped by system, {f} {belong} to {S}.",
    "{f} {place} the case within {S}.",
    "One group of findings, {f}, {sit} within {S}.",
    "Within {S} the case shows {f}.",
    "The picture includes {S}, through {f}.",
    "The case involves {S}, by way of {f}.",
)
OWN_PAPER = (
    "What the own paper of this case reports is set aside throughout.",
    "Throughout, what the own paper of this case reports is set aside.",
    "Set aside throughout: what the own paper of this case reports.",
    "The own paper of this case is set aside here.",
    "Here the own paper of this case is set aside.",
    "Set aside here: the own paper of this case.",
)
SELECTIVE = (
    "The most selective finding is {f}, carried by {c} of {N} annotated diseases.",
    "Most telling is {f}: {c} of {N} annotated diseases carry it.",
    "{f} narrows the field most, with {c} of {N} annotated diseases carrying it.",
    "Of all findings {f} is the rarest, on record for {c} of {N} annotated diseases.",
    "{f} deserves most weight: {c} of {N} annotated diseases are recorded with it.",
    "Only {c} of {N} annotated diseases carry {f}, which makes it the most selective finding.",
    "The finding that separates best is {f}, recorded for {c} of {N} annotated diseases.",
    "With {c} carriers among {N} annotated diseases, {f} is the most selective finding.",
)
ABSENT_HERE = (
    "Looked for and absent: {f}.",
    "The patient lacks {f}.",
    "{f} {was} looked for and found absent.",
    "Also of note, {f} {is} absent here.",
    "On the absent side: {f}.",
    "Absent in this patient: {f}.",
)

SUPPORT = (
    "{D} is recorded with {f} {q}.",
    "{f} is recorded in {D} {q}.",
    "For {D}, the graph records {f} {q}.",
    "{f} fits {D}, where it is recorded {q}.",
    "{f} speaks for {D}: it is recorded there {q}.",
    "In {D}, {f} has been reported {q}.",
    "{f} counts in favour of {D}, having been reported {q}.",
    "Reports of {D} describe {f} {q}.",
    "{D} accounts for {f}, which is documented {q}.",
    "The annotations of {D} list {f} {q}.",
    "{f} agrees with {D}; it is documented {q}.",
    "{D} would explain {f}, reported there {q}.",
    "{f} is in keeping with {D}, described {q}.",
    "Documented {q}, {f} supports {D}.",
    "{f} is a recorded feature of {D} {q}.",
    "Among the recorded features of {D} is {f}, seen {q}.",
    "{f} is known in {D}, where sources report it {q}.",
    "Sources on {D} report {f} {q}.",
    "The finding of {f} matches {D}, noted {q}.",
    "{D} carries {f} on record {q}.",
    "{f} finds a place in {D}, observed {q}.",
    "With {D}, {f} has been observed {q}.",
    "{f} points towards {D}, in which it is noted {q}.",
    "Seen {q}, {f} is consistent with {D}.",
)
MORE = (
    "{D} also carries {f} on record.",
    "Recorded as well: {f} in {D}.",
    "To this {D} adds {f}.",
    "{f} {is} likewise recorded for {D}.",
    "Further support for {D} comes from {f}.",
    "Beyond that, {D} accounts for {f}.",
    "The same record of {D} holds {f}.",
    "{f} {fit} {D} too.",
    "Next to these, {f} {is} among the features of {D}.",
    "{D} explains {f} besides.",
    "In the same direction, {f} {is} reported in {D}.",
    "{D} likewise carries {f}.",
    "{f} {is} on record for {D} as well.",
    "On record for {D} besides: {f}.",
)
COMPATIBLE = (
    "{D} is recorded with {t}, the broader term over {f}, which is compatible.",
    "{f} is compatible with {D}, whose record stops at the broader {t} {q}.",
    "Less directly, {D} lists {t}, under which {f} falls.",
    "{t}, wider than {f}, is recorded for {D} {q}: compatible, and weaker.",
    "The record of {D} stops at {t}, which includes {f}: compatible.",
    "As to {f}, {D} has the wider {t} on record {q}.",
    "{f} belongs under {t}, which {D} shows on record {q}.",
    "{D} reaches {f} only by way of the broader {t} {q}.",
    "For {f}, {D} offers the broader {t} {q}, a weaker link.",
    "A weaker link joins {D} to {f}: the broader {t} is recorded {q}.",
)
# Fixed wordings: the checker knows these as whole sentences (quality/wordings.py).
RELATED = (
    "{D} is recorded with {t}, which like {f} is a kind of {a}: a weaker link.",
    "Related to {f}, {t} is recorded for {D}; both are kinds of {a}.",
    "Less directly, {D} lists {t}, and this shares {a} with {f}.",
    "Both {f} and {t}, on record for {D}, are kinds of {a}.",
    "A weaker link joins {D} to {f} by way of {a}: recorded there is {t}.",
    "Related as kinds of {a} are {f} and, on record for {D}, {t}.",
    "{D} lists {t}, and {a} covers this and {f} alike.",
    "Near to {f} lies {t}, recorded for {D}: both come under {a}.",
    "For {f}, {D} offers a related term under {a}: {t}.",
    "{f} and {t}, the latter on record for {D}, both belong to {a}.",
    "With {f}, {D} shares {a}, recorded there as {t}.",
    "Through {a}, {f} is related to {t}, which {D} has on record.",
)
TOO_YOUNG = (
    "The earliest onset recorded for {D} is {o}, and the patient is younger: a point against it.",
    "Against {D} weighs the age: the earliest onset on record is {o}.",
    "Younger than the earliest onset on record for {D} ({o}), the patient fits it less well.",
)
FEMALE = (
    "For {D}, {o} is recorded, and the patient is female: this weighs against it without ruling it out.",
    "{D} is recorded with {o}, which in a female patient weighs against it without ruling it out.",
    "Against {D} weighs, without ruling it out, that the patient is female and {o} is recorded.",
)
PICTURE = (
    "Taken as a whole, the record of {A} shares {x} bits a feature with the case, that of {B} {y}.",
    "Per recorded feature, {A} shares {x} bits with the case and {B} {y}.",
    "On average a feature recorded for {A} shares {x} bits with the case, one recorded for {B} {y}.",
    "As whole pictures, {A} and {B} share {x} and {y} bits a feature with the case.",
    "Over the whole record the case shares {x} bits a feature with {A} and {y} with {B}.",
    "Seen as a whole, {A} agrees with the case by {x} bits a feature, {B} by {y}.",
    "The whole record of {A} agrees with the case by {x} bits a feature, that of {B} by {y}.",
    "A feature on record for {A} shares on average {x} bits with the case, one for {B} {y}.",
)
AGAINST_EXCLUDED = (
    "Against {D} stands {f}: recorded there {q}, yet absent in this patient.",
    "{f} is absent here, although {D} is recorded with it {q}; that speaks against {D}.",
    "{D} is recorded with {f} {q}, and its absence in this patient counts against {D}.",
    "The patient lacks {f}, recorded in {D} {q}, which weighs against it.",
    "That {f} was looked for and is absent argues against {D}, where it is recorded {q}.",
    "{f}, reported in {D} {q}, is absent in this patient, a point against {D}.",
    "A point against {D} is the absence of {f}, documented there {q}.",
    "Since {f} is reported in {D} {q}, its absence here weighs against {D}.",
)
AGAINST_UNSEEN_COUNT = (
    "{f} was looked for in {D} and seen in {k} of {n} reported {patients}, which speaks against it.",
    "Against {D}: {f} was seen in {k} of {n} {patients} examined for it.",
    "A point against {D} is that {k} of {n} reported {patients} showed {f}.",
    "With {k} of {n} {patients} showing {f}, the reports on {D} weigh against it.",
    "{k} of {n} reported {patients} with {D} had {f}, which counts against it.",
    "Reports looked for {f} in {D} and saw it in {k} of {n} {patients}; this weighs against {D}.",
)
AGAINST_UNSEEN = (
    "{D} is annotated as lacking {f}, which speaks against it.",
    "Against {D}: the source states that {f} is absent in it.",
    "The annotation of {D} marks {f} as absent, a point against it.",
    "{f} is marked absent in {D}, which counts against it.",
)
UNRECORDED = (
    "{f} {is} not recorded for {D}.",
    "No annotation of {D} names {f}.",
    "For {D}, {f} {is} not on record.",
    "{D} has no record of {f}.",
    "{f} {remain} unrecorded in {D}.",
    "The graph does not record {f} in {D}.",
    "On {f} the annotations of {D} say nothing.",
    "{D} is not annotated with {f}.",
    "{f} {has} no annotation in {D}.",
    "The record of {D} does not mention {f}.",
    "{D} leaves {f} without a record.",
    "There is no edge from {D} to {f}.",
    "As for {f}, nothing is recorded in {D}.",
    "The records used here do not list {f} for {D}.",
    "{D} does not list {f}.",
    "In {D}, {f} {is} not reported.",
    "{f} {is} not among the recorded features of {D}.",
    "No edge joins {D} to {f}.",
    "{f} {has} no place in the record of {D}.",
    "Nothing on {f} is recorded for {D}.",
    "The graph holds no edge from {D} to {f}.",
    "Of {f}, the graph states nothing for {D}.",
    "{D} is not recorded with {f}.",
    "Among the features of {D}, {f} {is} not noted.",
    "There is no record of {f} in {D}.",
)
NO_EDGE = (
    "No finding of the case is on record for {D}.",
    "For {D} the graph records nothing of this picture.",
    "{D} has no edge to any finding of the case.",
)

COMPARE_ONE = (
    "{f} tells {A}, recorded with it {q}, from {B}, which is not.",
    "{A} is recorded with {f} {q}, whereas {B} is not.",
    "{f} separates the two: {A} has it on record {q}, {B} does not.",
    "Between the two leading options, {A} carries {f} {q} and {B} does not.",
    "The sharpest contrast lies in {f}: it is reported in {A} {q}, but {B} is not annotated with it.",
    "Set side by side, {A} accounts for {f} {q}, whereas {B} does not.",
    "{A} moves ahead on {f}, documented {q}, where {B} has no record of it.",
    "The choice turns on {f}: {A} lists it {q}, but {B} does not.",
    "{f} draws the line: {A} is annotated with it {q}, and {B} is not.",
    "Weighed side by side, {A} has {f} recorded {q}, but {B} has no such edge.",
)
COMPARE_BOTH = (
    "Both {A} and {B} account for {f}, but the sum of the evidence is larger for {A}.",
    "{f} is on record for {A} as well as {B}; taken together, more of the case is recorded for {A}.",
    "{A} and {B} share {f}, but the other findings add up further for {A}.",
    "With {f} common to {A} and {B}, the remaining record carries {A} ahead.",
    "{B} explains {f} as {A} does, but the total lies with {A}.",
    "{f} belongs to the record of both {A} and {B}; over all findings {A} gathers more.",
)

CONCLUSION = (
    "On the recorded evidence, {A} is best supported, chiefly by {f}.",
    "Taken together, {A} is best supported by the recorded evidence, above all through {f}.",
    "Of the options, {A} is best supported by the recorded evidence, with {f} weighing most.",
    "The recorded evidence best supports {A}, resting mainly on {f}.",
    "Best supported by the recorded evidence is {A}, for which {f} weigh most.",
    "All in all, the recorded evidence best supports {A}; {f} carry most of the weight.",
    "In sum, {A} is best supported by what is recorded, first of all by {f}.",
    "So far as the graph records it, {A} is best supported, mainly by {f}.",
    "Weighing all options, {A} is best supported by the recorded evidence, led by {f}.",
    "The option best supported by the recorded evidence is {A}, on the strength of {f}.",
    "With {f} in the lead, {A} is best supported by the recorded evidence.",
    "By the record alone, {A} is best supported, and {f} contribute most.",
)
