"""Reads a sentence of free prose: which finding it ties to which option, in what sense, and with what count.

Names are found by :mod:`medreason.quality.vocabulary` and replaced by one sign each, of the same length, so that the
patterns below see the grammar alone. A :class:`Statement` is read only where a pattern is sure of it; what no pattern
reads is left to the coarser check of names that stand in one sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from medreason.quality.vocabulary import Named

Sense = Literal["recorded", "not recorded", "for", "against"]

SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[A-Z0-9(\"“])|(?<=[.!?;])\s+(?=[a-z][\w-]* syndrome|von )")

_FIRST_FINDING, _FIRST_OPTION, _REST = 0xE000, 0xE400, "\ue800"
_F = r"[\ue000-\ue3ff]\ue800*(?!\ue800)(?: ?\([^()\ue000-\ue800]*\))?"
_O = r"[\ue400-\ue7ff]\ue800*(?!\ue800)"
_SEP = (
    r"(?:,? (?:and|or|nor|as well as|plus|along with|together with) |, )"
    r"(?:(?:the|a|an|its|his|her|their|both|also|then|even|in turn) ){0,2}"
)
_FL = rf"{_F}(?:{_SEP}{_F})*"
_OL = rf"{_O}(?:(?:,? (?:and|or|nor) |, )(?:(?:for|in|of|with|from|by) )?{_O})*"
# Lists of findings and of options, for other modules that read masked sentences.
FINDINGS, OPTIONS = _FL, _OL
_BREAK = r"but|while|whereas|although|though|than|because|since|unlike|without"
_GAP = rf"(?:(?!\b(?:{_BREAK})\b|, (?:and|yet|or|so|nor)\b)[^\ue000-\ue800;:–—])"
_REC = (
    r"(?:on record|recorded|documented|listed|seen|found|reported|described|noted|observed|unrecorded|missing|lacking"
    r"|unexplained|present|shared)"
)
_HAS = (
    r"(?:has|have|had|having|shows?|showing|carr(?:y|ies)|carrying|records?|recording|shares?|sharing|accounts? for"
    r"|explains?|explaining|covers?|covering|includes?|brings?|offers?|features?)"
)
_HAS_NOT = (
    r"(?:lacks?|lacking|miss(?:es)?|(?:has|have|with|shows?|carr(?:y|ies)) no(?:t|ne of| record of| entry for)?"
    r"|(?:does|do|did|can)(?: not|n't|not) (?:\w+ )?(?:have|explain|show|carry|record|share|include|account for|cover)"
    r"|fails? to (?:explain|show|account for)|leaves? out|says? nothing (?:of|about)|has nothing for)"
)
_FOR = (
    r"(?:supports?|favou?rs?|speaks? (?:for|in favou?r of)|argues? for|counts? for|agrees? with|fits?|matche?s?|backs?"
    r"|points? (?:to|towards?))"
)
_AGAINST = (
    r"(?:(?:speaks?|argues?|counts?|weighs?|tells?|points?|stands?|(?:is|are)(?: \w+)?(?: evidence)?) against"
    r"|contradicts?|(?:does|do) not (?:fit|agree with|match|support|suit)|points? away from|is hard to reconcile with)"
)
_OBJECTS = rf"{_O}(?:(?:,? (?:and|or|nor) |, )(?:(?:for|in|of|with|from|by) )?{_O}(?! (?:[a-z]+ )?{_HAS}\b))*"
_OF = r"(?:for|in|with|of|by|among|under|from)"
_WHOM = r"(?:(?:the|all|its|both|patients?|people|those|cases?|record) ){0,3}(?:(?:of|with) )?"
_NOT = re.compile(r"\b(?:not|never|nowhere|no|none|unrecorded|missing|lacking|unexplained|hardly|neither)\b|n't\b")
_LATER_NOT = re.compile(r"^[^.;]{0,40}\b(?:they|it|both|these|those) (?:is|are|was|were) (?:not|nowhere)\b")
_UNSAID = re.compile(
    r"\b(?:nor|no|without|not)(?: (?:is|are|was|were|has|have))?(?: (?:the|an?|his|her|any))? $"
    r"|\b(?:neither|none of)\b(?:(?!\b(?:and|but|while|whereas|yet)\b)[^;:])*$",
    re.IGNORECASE,
)

_PASSIVE = re.compile(
    rf"(?P<f>{_FL}|\b(?:[Tt]hey|[Tt]hese|[Bb]oth|it)\b)"
    rf"(?:, (?:(?:which|rare|on record|known|carried) [^,;:]{{0,60}}|too|also|likewise|in contrast"
    r"|in turn),|, (?:both of |all of )?which(?= (?:is|are|was|were)\b)|,)? "
    rf"(?!and\b|or\b|which\b)(?P<g>{_GAP}{{0,70}}?)\b(?P<r>{_REC})\b(?P<h>{_GAP}{{0,60}}?)\b{_OF} "
    rf"{_WHOM}(?P<o>{_OBJECTS}|it\b(?!s))"
)
_THEN_NOT = re.compile(
    rf",? ?(?:(?:and|but|yet|though) )?(?:(?:it|they|both|all) )?(?:(?:is|are|was|were) )?(?:not|nor)\b"
    rf"(?: (?:yet|itself|also|either|at all))?(?: {_REC})?(?: (?:itself|at all))? {_OF} {_WHOM}(?P<o>{_OBJECTS})"
)
_THEN = re.compile(
    rf",? (?:but|and|yet) (?:(?:it|they) )?(?:(?:is|are|was|were) )?(?:also |indeed )?{_REC}(?: [a-z]+){{0,2}} {_OF} "
    rf"{_WHOM}(?P<o>{_OBJECTS})"
)
_FRONTED = re.compile(
    rf"(?:^|[;:,] |\b(?:and|but|while|whereas|because|that|although|since|as|both) )(?:[Ff]or|[Ii]n|[Ww]ith|[Uu]nder) "
    rf"{_WHOM}(?P<o>{_OL})(?: alike| too)?,? (?P<p>(?:(?:the|an?|both|neither|no|only|even|his|her|also) ){{0,2}})"
    rf"(?P<f>{_FL}),? (?:is|are|was|were|remains?|stays?|has been|have been)\b(?P<g>{_GAP}{{0,40}}?)\b(?P<r>{_REC})\b"
    rf"(?!{_GAP}{{0,60}}\b{_OF} {_WHOM}{_O})"
)
_ACTIVE = re.compile(
    rf"(?P<o>{_OL}),? (?P<g>(?:[a-z]+ ){{0,3}}?)(?P<v>{_HAS}) (?P<h>(?:[a-z-]+ ){{0,3}}?)"
    rf"(?P<f>{_FL})(?P<t>[^;:]{{0,40}})"
)
_LACKS = re.compile(
    rf"(?P<o>{_OL}),? (?:[a-z]+ ){{0,2}}?{_HAS_NOT} (?:(?:the|an?|any|either|both|of) ){{0,2}}(?P<f>{_FL})"
)
_SPEAKS = re.compile(
    rf"(?P<f>{_FL}),? (?P<g>(?:(?!(?:and|or|but|the|nor|whose|which)\b)[a-z]+ ){{0,3}}?)(?P<v>{_FOR}|{_AGAINST}) "
    rf"{_WHOM}(?P<o>{_OL})"
)
_STANDS = re.compile(rf"\b[Aa]gainst (?P<o>{_O}),? (?:stands?|speaks?|counts?|is|are)\b(?: [a-z]+){{0,2}} (?P<f>{_FL})")
_LESS = re.compile(rf"(?P<f>{_FL}),? makes? (?P<o>{_O}) (?:less|un)[ -]?likely")
_SUITS = re.compile(
    rf"(?P<o>{_OL}) (?:is|are) (?:[a-z]+ )?(?:consistent|compatible|in keeping) with (?:the |an? )?(?P<f>{_FL})"
)
_SOME = re.compile(r"\b(?:only|no|not|neither|nothing|little|none|related|broader|less|for|in place of|instead of)\b")
_SINGULAR = re.compile(r"(?:s|had|having|ing)$|s for$")


class Statement(NamedTuple):
    """Findings and options that a sentence ties together, by their places among the names of the sentence.

    Attributes:
        findings: Places of the findings.
        options: Places of the options.
        sense: What is said of every pair of the two.
        start: Where in the sentence the words stand.
        end: Where they end.
    """

    findings: tuple[int, ...]
    options: tuple[int, ...]
    sense: Sense
    start: int
    end: int


class Sentence:
    """One sentence with its names.

    Attributes:
        text: The sentence.
        named: Names in their order.
        masked: The text with every name replaced by a sign of the same length.
    """

    def __init__(self, text: str, named: Sequence[Named]) -> None:
        self.text = text
        self.named = list(named)
        masked = text
        for i, name in enumerate(self.named[:1000]):
            sign = chr((_FIRST_OPTION if name.option else _FIRST_FINDING) + i)
            masked = masked[: name.start] + sign + _REST * (name.end - name.start - 1) + masked[name.end :]
        self.masked = masked

    @property
    def options(self) -> set[str]:
        """Keys of the options that are named."""
        return {n.option for n in self.named if n.option}

    @property
    def concepts(self) -> frozenset[str]:
        """All concepts that are named."""
        return frozenset().union(*(n.concepts for n in self.named))

    def statements(self) -> list[Statement]:
        """What the sentence surely says of findings and options."""
        return list(dict.fromkeys([*self._passive(), *self._active(), *self._weighed()]))

    def _made(self, match: re.Match[str], findings: str, options: str, sense: Sense, end: int = 0) -> Statement:
        # "…, and X and Y are": the list that the verb belongs to begins behind the comma.
        parts = re.split(r", (?:and|or) ", findings)
        listed = parts[-1] if re.search(r" (?:and|or|nor) ", parts[-1]) else findings
        return Statement(places(listed), places(options), sense, match.start(), end or match.end())

    def _passive(self) -> Iterator[Statement]:
        for match in _PASSIVE.finditer(self.masked):
            before = self.masked[: match.start()]
            denied = bool(_UNSAID.search(before) or _NOT.search(match["g"].rpartition(", ")[2] + match["r"]))
            if _NOT.search(match["h"]) or (match["r"] == "missing" and "patient" in match["h"]):
                continue
            if _LATER_NOT.search(self.masked[match.end() :]):
                continue
            sense: Sense = "not recorded" if denied else "recorded"
            findings = match["f"]
            if not places(findings):
                lists = list(re.finditer(_FL, before))
                if not lists or (findings == "it" and re.search(_O, before[lists[-1].end() :])):
                    continue
                findings = lists[-1].group()
            options = match["o"]
            if not places(options):
                earlier = re.findall(_O, before)
                if len(set(earlier)) != 1:
                    continue
                options = earlier[0]
            yield self._made(match, findings, options, sense)
            rest = self.masked[match.end() :]
            if then := _THEN_NOT.match(rest):
                yield self._made(match, findings, then["o"], "not recorded", match.end() + then.end())
            elif denied and (then := _THEN.match(rest)):
                yield self._made(match, findings, then["o"], "recorded", match.end() + then.end())
        for match in _FRONTED.finditer(self.masked):
            denied = bool(_NOT.search(match["g"] + match["r"] + match["p"]))
            if match["r"] == "missing" and "patient" in self.masked[match.end() : match.end() + 30]:
                continue
            yield self._made(match, match["f"], match["o"], "not recorded" if denied else "recorded")

    def _active(self) -> Iterator[Statement]:
        for match in _LACKS.finditer(self.masked):
            yield self._made(match, match["f"], match["o"], "not recorded")
        for match in _ACTIVE.finditer(self.masked):
            words = match["g"] + match["h"]
            if _SOME.search(words) or _NOT.search(match["t"]) or _UNSAID.search(self.masked[: match.start()]):
                continue
            options = re.findall(_O, match["o"])
            held = options[-1] if _SINGULAR.search(match["v"]) else match["o"]
            yield self._made(match, match["f"], held, "recorded")

    def _weighed(self) -> Iterator[Statement]:
        for match in _SPEAKS.finditer(self.masked):
            against = re.fullmatch(_AGAINST, match["v"]) is not None
            if _NOT.search(match["g"]) or _UNSAID.search(self.masked[: match.start()]):
                continue
            yield self._made(match, match["f"], match["o"], "against" if against else "for")
        for pattern in (_STANDS, _LESS):
            for match in pattern.finditer(self.masked):
                yield self._made(match, match["f"], match["o"], "against")
        for match in _SUITS.finditer(self.masked):
            yield self._made(match, match["f"], match["o"], "for")


def places(signs: str) -> tuple[int, ...]:
    """The places, among a sentence's names, of the signs in a piece of its masked text."""
    found = [ord(c) for c in signs if _FIRST_FINDING <= ord(c) < ord(_REST)]
    return tuple(n - (_FIRST_OPTION if n >= _FIRST_OPTION else _FIRST_FINDING) for n in found)
