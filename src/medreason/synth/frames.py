"""The sentences of synthetic questions and chains, as frames; docs/synthesis.md says what each kind states.

Slots: ``{D}`` a disease, ``{F}`` a finding, ``{G}`` a gene, ``{L}`` findings joined by *and*, ``{N}`` by *or*,
``{P}`` counts of patients by disease, ``{be}`` is or are. Every frame reads well after every opener of its kind.
"""

from __future__ import annotations

OPENERS = (
    "",
    "",
    "",
    "",
    "",
    "according to the graph, ",
    "as far as recorded, ",
    "in this version of the graph, ",
    "going by the annotations, ",
    "on the recorded evidence, ",
    "as the graph stands, ",
    "by what is on file, ",
)
CLOSERS = (
    "taken together, ",
    "therefore, ",
    "in sum, ",
    "all in all, ",
    "on this record, ",
    "weighing the options, ",
    "so, ",
    "thus, ",
    "hence, ",
    "from these entries, ",
)

HAS = (
    "{D} is recorded with {L}",
    "{D} is annotated with {L}",
    "the record of {D} lists {L}",
    "the graph lists {L} under {D}",
    "the graph records {L} for {D}",
    "{L} {be} recorded for {D}",
    "{L} {be} annotated to {D}",
    "{L} {be} on record for {D}",
    "for {D}, the entry holds {L}",
    "annotated to {D} {be} {L}",
    "among the recorded features of {D} {be} {L}",
    "the annotations of {D} include {L}",
    "the entry for {D} names {L}",
    "{D} has {L} on record",
    "on record for {D} {be} {L}",
    "the listed features of {D} include {L}",
)
LACKS = (
    "no annotation of {D} covers {N}",
    "{D} has no annotation for {N}",
    "the graph has nothing on record for {N} in {D}",
    "{L} {be} not recorded for {D}",
    "nothing in the record of {D} mentions {N}",
    "for {D}, {L} {be} unrecorded",
    "the entry for {D} is silent on {L}",
    "not on record for {D} {be} {L}",
    "{D} is without any annotation for {N}",
    "the record of {D} does not list {N}",
    "the annotations of {D} do not include {N}",
    "no entry under {D} names {N}",
)
UNSEEN = (
    "{F} {be} recorded as absent in {D}{c}",
    "the record of {D} lists {F} as not observed{c}",
    "for {D}, {F} {be} recorded as looked for and not seen{c}",
    "{D} is annotated with {F} as an excluded finding{c}",
    "the annotations of {D} exclude {F}{c}",
    "in {D}, {F} {be} marked as not present{c}",
    "the graph marks {F} as not found in {D}{c}",
    "the entry for {D} rules {F} out{c}",
    "recorded as absent from {D} {be} {F}{c}",
)
COUNTS = (
    "{P} had {F}",
    "the graph records {F} in {P}",
    "the graph counts {F} in {P}",
    "the counts for {F} are {P}",
    "as to {F}, the counts are {P}",
    "the annotations give {F} in {P}",
    "recorded with {F} are {P}",
    "counted with {F} are {P}",
    "the entries put {F} at {P}",
    "for {F}, the record has {P}",
)
NEAR = (
    ", so the shares are close",
    ", which is much the same",
    ", too alike to separate them",
    ", and that hardly differs",
    "; these shares lie close together",
    "; that tells them apart poorly",
)
FAR = (
    ", a clear difference",
    ", which sets them apart",
    ", and these shares lie far apart",
    ", so the shares differ clearly",
    "; that tells them apart well",
    "; these shares are far from each other",
)
GAIN = (
    ", worth {x} bits in expectation",
    ", an expected gain of {x} bits",
    "; asking for it would bring {x} bits on average",
    ", so its expected gain is {x} bits",
    "; the answer is worth {x} bits on average",
    ", which makes {x} bits of expected gain",
)
GENE = (
    "{G} is recorded with {D}",
    "{G} is on record for {D}",
    "the graph associates {G} with {D}",
    "the graph links {G} to {D}",
    "an association of {G} with {D} is on record",
    "{D} has {G} as a recorded gene",
    "for {G}, the graph holds an association with {D}",
    "among the associations of {G} is {D}",
    "{D} is listed under {G}",
    "{G} is listed for {D}",
    "the entry for {D} is tied to {G}",
    "one association on record joins {G} and {D}",
)
ONLY = (
    "{G} is the only gene recorded for {D}",
    "{G} alone is recorded for {D}",
    "no gene but {G} is recorded for {D}",
    "{D} has {G} as its one recorded gene",
    "for {D} the graph names {G} and no other gene",
    "the single gene on record for {D} is {G}",
    "the graph associates {D} with {G} alone",
    "{D} is tied to {G} and to no other gene",
    "the one gene listed for {D} is {G}",
    "among genes, only {G} is on record for {D}",
    "{G} is the sole gene listed for {D}",
    "the entry for {D} names one gene, {G}",
)

END_DIAGNOSIS = (
    "all {m} findings are recorded for {D}, and at most {j} for any other option",
    "{D} has all {m} findings on record, the next best option {j}",
    "the record of {D} covers all {m} findings, that of no other option more than {j}",
    "with all {m} findings on record, {D} is best supported; no other option has more than {j}",
    "{D} fits best: all {m} findings are recorded for it, against {j} at most elsewhere",
    "the recorded evidence supports {D} best, with {m} of {m} findings against {j} at most",
    "no option but {D} has all {m} findings on record; the others reach {j} at most",
    "{D} is the best supported option, as its record alone covers all {m} findings and the others stop at {j}",
)
END_APART = (
    "{F} is the finding that tells {D} and {E} apart",
    "of these findings, {F} separates {D} from {E} best",
    "{F} is the one that distinguishes {D} from {E}",
    "to tell {D} from {E}, {F} is the finding to go by",
    "the finding that differs between {D} and {E} is {F}",
    "{D} and {E} differ in {F}, and hardly in the other findings",
    "only {F} sets {D} clearly apart from {E}",
    "between {D} and {E}, {F} makes the difference",
)
END_ABSENT = (
    "{F} is the finding recorded as absent in {D}",
    "of these findings, {F} is the one that {D} is recorded without",
    "the finding that the record of {D} excludes is {F}",
    "{F} is the exception: all others are recorded as present in {D}",
    "all findings but {F} are recorded as present in {D}",
    "the record of {D} has every finding but {F} as present",
    "what {D} is recorded as lacking is {F}",
    "{F} alone is recorded as not present in {D}",
)
END_NEXT = (
    "{F} is the finding to ask for next, with {x} bits against {y} at most",
    "asking for {F} tells most: {x} bits, and no other option more than {y}",
    "the most informative question is about {F}, with {x} bits; the others bring {y} at most",
    "{F} should be asked for next, as {x} bits are expected and {y} at most elsewhere",
    "the largest expected gain, {x} bits, belongs to {F}; the next is {y}",
    "{F} comes first with {x} bits, ahead of {y} for the next best",
    "with {x} bits, {F} narrows the choice most; no other finding exceeds {y}",
    "next to be asked for is {F}: {x} bits against {y}",
)
END_GENE = (
    "{G} is the gene on record for {D}",
    "of these genes, {G} is the one recorded for {D}",
    "the gene recorded for {D} is {G}",
    "the option that the graph associates with {D} is {G}",
    "{D} is associated with {G}, and the other genes are recorded elsewhere",
    "{G} is the answer that the record gives for {D}",
    "only {G} among the options is recorded for {D}",
    "it is {G} that the graph records for {D}",
)
END_DISEASE = (
    "{D} is the disorder on record for {G}",
    "of these disorders, {D} is the one recorded with {G}",
    "the disorder recorded with {G} is {D}",
    "the option that the graph associates with {G} is {D}",
    "{G} is associated with {D}, and the other disorders are recorded with other genes",
    "{D} is the answer that the record gives for {G}",
    "only {D} among the options is recorded with {G}",
    "it is {D} that the graph records with {G}",
)
