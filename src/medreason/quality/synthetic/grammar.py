"""The sentences that the checker can read: one pattern a kind of statement, over skeletons without names.

A sentence that no pattern matches from end to end is refused. What a sentence says is then read off its tokens: which
disease, which findings, which numbers, in their order.
"""

from __future__ import annotations

import re
from typing import NamedTuple

D, F, G = "[\ue000-\ue7ff]", "[\ue800-\uefff]", "[\uf000-\uf7ff]"
_TERMS = "obligate|very frequent|frequent|occasional|very rare"
_OFTEN = rf"(?:\d+ of \d+ patients|[\d.]+ % of patients|{_TERMS})"
_ITEM = rf"{F}(?: \((?:recorded as {F}(?:: {_OFTEN})?|{_OFTEN})\))?"
_PATIENTS = rf"\d+ of \d+ patients with {D}"
_X = r"\d+\.\d\d"


def _list(item: str, word: str = "and") -> str:
    return rf"{item}(?:[,;] {item})*(?:;? {word} {item})?"


_L, _NAMES, _OR, _P, _DS = _list(_ITEM), _list(F), _list(F, "or"), _list(_PATIENTS), _list(D)
_BE = "(?:is|are)"
_OPENING = (
    r"(?:(?:according to the graph|as far as recorded|in this version of the graph|going by the annotations"
    r"|on the recorded evidence|as the graph stands|by what is on file), )?"
)
_CLOSING = (
    r"(?:taken together|therefore|in sum|all in all|on this record|weighing the options|so|thus|hence"
    r"|from these entries), "
)
_SIMILAR = (
    r"(?:, (?:so the shares are close|which is much the same|too alike to separate them|and that hardly differs)"
    r"|; (?:these shares lie close together|that tells them apart poorly))"
)
_DIFFERENT = (
    r"(?:, (?:a clear difference|which sets them apart|and these shares lie far apart|so the shares differ clearly)"
    r"|; (?:that tells them apart well|these shares are far from each other))"
)
_BITS = (
    rf"(?:, (?:worth {_X} bits in expectation|an expected gain of {_X} bits|so its expected gain is {_X} bits"
    rf"|which makes {_X} bits of expected gain)"
    rf"|; (?:asking for it would bring {_X} bits on average|the answer is worth {_X} bits on average))"
)
_COUNTED = (
    rf"(?:{_P} had {F}|the graph (?:records|counts) {F} in {_P}|the counts for {F} are {_P}"
    rf"|as to {F}, the counts are {_P}|the annotations give {F} in {_P}|(?:recorded|counted) with {F} are {_P}"
    rf"|the entries put {F} at {_P}|for {F}, the record has {_P})"
)

STATEMENTS: dict[str, list[str]] = {
    "has": [
        rf"{D} is (?:recorded|annotated) with {_L}",
        rf"the (?:record of {D} lists|annotations of {D} include|entry for {D} names) {_L}",
        rf"the listed features of {D} include {_L}",
        rf"the graph (?:lists {_L} under|records {_L} for) {D}",
        rf"{_L} {_BE} (?:recorded for|annotated to|on record for) {D}",
        rf"for {D}, the entry holds {_L}",
        rf"(?:annotated to|among the recorded features of|on record for) {D} {_BE} {_L}",
        rf"{D} has {_L} on record",
    ],
    "lacks": [
        rf"no (?:annotation of {D} covers|entry under {D} names) {_OR}",
        rf"{D} (?:has no|is without any) annotation for {_OR}",
        rf"the graph has nothing on record for {_OR} in {D}",
        rf"{_NAMES} {_BE} not recorded for {D}",
        rf"nothing in the record of {D} mentions {_OR}",
        rf"for {D}, {_NAMES} {_BE} unrecorded",
        rf"the entry for {D} is silent on {_NAMES}",
        rf"not on record for {D} {_BE} {_NAMES}",
        rf"the (?:record of {D} does|annotations of {D} do) not (?:list|include) {_OR}",
    ],
    "unseen": [
        rf"{F} {_BE} recorded as absent in {D}(?: \(0 of \d+ patients\))?",
        rf"the record of {D} lists {F} as not observed(?: \(0 of \d+ patients\))?",
        rf"for {D}, {F} {_BE} recorded as looked for and not seen(?: \(0 of \d+ patients\))?",
        rf"{D} is annotated with {F} as an excluded finding(?: \(0 of \d+ patients\))?",
        rf"the annotations of {D} exclude {F}(?: \(0 of \d+ patients\))?",
        rf"in {D}, {F} {_BE} marked as not present(?: \(0 of \d+ patients\))?",
        rf"the graph marks {F} as not found in {D}(?: \(0 of \d+ patients\))?",
        rf"the entry for {D} rules {F} out(?: \(0 of \d+ patients\))?",
        rf"recorded as absent from {D} {_BE} {F}(?: \(0 of \d+ patients\))?",
    ],
    "near": [_COUNTED + _SIMILAR],
    "far": [_COUNTED + _DIFFERENT],
    "gain": [_COUNTED + _BITS],
    "gene": [
        rf"{G} is (?:recorded with|on record for|listed for) {D}",
        rf"the graph (?:associates {G} with|links {G} to) {D}",
        rf"an association of {G} with {D} is on record",
        rf"{D} has {G} as a recorded gene",
        rf"for {G}, the graph holds an association with {D}",
        rf"among the associations of {G} is {D}",
        rf"{D} is listed under {G}",
        rf"the entry for {D} is tied to {G}",
        rf"one association on record joins {G} and {D}",
    ],
    "only": [
        rf"{G} is the (?:only gene recorded|sole gene listed) for {D}",
        rf"{G} alone is recorded for {D}",
        rf"no gene but {G} is recorded for {D}",
        rf"{D} has {G} as its one recorded gene",
        rf"for {D} the graph names {G} and no other gene",
        rf"the (?:single gene on record|one gene listed) for {D} is {G}",
        rf"the graph associates {D} with {G} alone",
        rf"{D} is tied to {G} and to no other gene",
        rf"among genes, only {G} is on record for {D}",
        rf"the entry for {D} names one gene, {G}",
    ],
}
CONCLUSIONS: dict[str, list[str]] = {
    "diagnosis": [
        rf"all (?P<m>\d+) findings are recorded for {D}, and at most (?P<j>\d+) for any other option",
        rf"{D} has all (?P<m>\d+) findings on record, the next best option (?P<j>\d+)",
        rf"the record of {D} covers all (?P<m>\d+) findings, that of no other option more than (?P<j>\d+)",
        rf"with all (?P<m>\d+) findings on record, {D} is best supported; no other option has more than (?P<j>\d+)",
        rf"{D} fits best: all (?P<m>\d+) findings are recorded for it, against (?P<j>\d+) at most elsewhere",
        rf"the recorded evidence supports {D} best, with (?P<m>\d+) of (?P=m) findings against (?P<j>\d+) at most",
        rf"no option but {D} has all (?P<m>\d+) findings on record; the others reach (?P<j>\d+) at most",
        rf"{D} is the best supported option, as its record alone covers all (?P<m>\d+) findings"
        r" and the others stop at (?P<j>\d+)",
    ],
    "distinguish": [
        rf"{F} is the finding that tells {D} and {D} apart",
        rf"of these findings, {F} separates {D} from {D} best",
        rf"{F} is the one that distinguishes {D} from {D}",
        rf"to tell {D} from {D}, {F} is the finding to go by",
        rf"the finding that differs between {D} and {D} is {F}",
        rf"{D} and {D} differ in {F}, and hardly in the other findings",
        rf"only {F} sets {D} clearly apart from {D}",
        rf"between {D} and {D}, {F} makes the difference",
    ],
    "absent": [
        rf"{F} is the finding recorded as absent in {D}",
        rf"of these findings, {F} is the one that {D} is recorded without",
        rf"the finding that the record of {D} excludes is {F}",
        rf"{F} is the exception: all others are recorded as present in {D}",
        rf"all findings but {F} are recorded as present in {D}",
        rf"the record of {D} has every finding but {F} as present",
        rf"what {D} is recorded as lacking is {F}",
        rf"{F} alone is recorded as not present in {D}",
    ],
    "next": [
        rf"{F} is the finding to ask for next, with (?P<x>{_X}) bits against (?P<y>{_X}) at most",
        rf"asking for {F} tells most: (?P<x>{_X}) bits, and no other option more than (?P<y>{_X})",
        rf"the most informative question is about {F}, with (?P<x>{_X}) bits; the others bring (?P<y>{_X}) at most",
        rf"{F} should be asked for next, as (?P<x>{_X}) bits are expected and (?P<y>{_X}) at most elsewhere",
        rf"the largest expected gain, (?P<x>{_X}) bits, belongs to {F}; the next is (?P<y>{_X})",
        rf"{F} comes first with (?P<x>{_X}) bits, ahead of (?P<y>{_X}) for the next best",
        rf"with (?P<x>{_X}) bits, {F} narrows the choice most; no other finding exceeds (?P<y>{_X})",
        rf"next to be asked for is {F}: (?P<x>{_X}) bits against (?P<y>{_X})",
    ],
    "gene": [
        rf"{G} is the gene on record for {D}",
        rf"of these genes, {G} is the one recorded for {D}",
        rf"the gene recorded for {D} is {G}",
        rf"the option that the graph associates with {D} is {G}",
        rf"{D} is associated with {G}, and the other genes are recorded elsewhere",
        rf"{G} is the answer that the record gives for {D}",
        rf"only {G} among the options is recorded for {D}",
        rf"it is {G} that the graph records for {D}",
    ],
    "disease": [
        rf"{D} is the disorder on record for {G}",
        rf"of these disorders, {D} is the one recorded with {G}",
        rf"the disorder recorded with {G} is {D}",
        rf"the option that the graph associates with {G} is {D}",
        rf"{G} is associated with {D}, and the other disorders are recorded with other genes",
        rf"{D} is the answer that the record gives for {G}",
        rf"only {D} among the options is recorded with {G}",
        rf"it is {D} that the graph records with {G}",
    ],
}
STATED = {kind: [re.compile(f"{_OPENING}{form}\\.") for form in forms] for kind, forms in STATEMENTS.items()}
CONCLUDED = {kind: [re.compile(f"{_CLOSING}{form}\\.") for form in forms] for kind, forms in CONCLUSIONS.items()}
_ITEMS = re.compile(rf"({F})(?: \((?:recorded as ({F})(?:: )?)?({_OFTEN})?\))?")
_COUNT = re.compile(rf"(\d+) of (\d+) patients with ({D})")
_NUMBER = re.compile(_X)
_ZERO = re.compile(r"\(0 of (\d+) patients\)")
_TOKENS = {kind: re.compile(kind_of) for kind, kind_of in (("D", D), ("F", F), ("G", G))}


class Item(NamedTuple):
    """A finding of a list: its token, that of the narrower term on record (or empty), how often (or empty)."""

    finding: str
    term: str
    often: str


class Said(NamedTuple):
    """What a sentence says: its kind, its tokens in order, and its numbers."""

    kind: str
    diseases: list[str]
    findings: list[str]
    genes: list[str]
    items: list[Item]
    counts: list[tuple[int, int, str]]
    bits: list[str]
    patients: int


def tokens(sentence: str, kind: str) -> list[str]:
    """The tokens of a kind (D, F or G) in their order."""
    return _TOKENS[kind].findall(sentence)


def read(sentence: str) -> Said | None:
    """What a sentence of a chain says; ``None`` if it is none that is known."""
    for kind, forms in STATED.items():
        if any(form.fullmatch(sentence) for form in forms):
            zero = _ZERO.search(sentence)
            return Said(
                kind, tokens(sentence, "D"), tokens(sentence, "F"), tokens(sentence, "G"),
                [Item(*found) for found in _ITEMS.findall(sentence)],
                [(int(k), int(n), d) for k, n, d in _COUNT.findall(sentence)],
                _NUMBER.findall(sentence), int(zero[1]) if zero else 0,
            )  # fmt: skip
    return None


def concluded(sentence: str, kind: str) -> re.Match[str] | None:
    """The match of a conclusion of a kind."""
    return next((m for form in CONCLUDED[kind] if (m := form.fullmatch(sentence))), None)
