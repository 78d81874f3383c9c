"""What a sentence says of two concepts that it names: that they belong together, that they do not, or neither.

Patterns that are written out here read the words between, before and after two mentions; where none fits, the two are
only *named together* and nothing is claimed. Three degrees: ``asserted`` (a plain general statement), ``suggested``
(with a hedge, in a question, beside a comparison, or a finding that points to a disease) and ``together``.
What it is not: a parser. It would rather read nothing than the wrong thing.

Mentions reach this module masked: every name in the sentence is a run of ``MASK``, so that patterns see the grammar.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from medreason.quality.freetext import patterns as p
from medreason.quality.freetext.patterns import MASK

Certainty = Literal["asserted", "suggested", "together"]
Said = Literal["present", "absent", "is_a", ""]


class Assertion(NamedTuple):
    """What is said of two mentions: polarity or kind, how surely, and which words of the sentence say it (offsets)."""

    said: Said
    certainty: Certainty
    start: int
    end: int


class Pair(NamedTuple):
    """Two mentions in a masked sentence (offsets, end exclusive), the earlier first; ``denied``: the finding is."""

    text: str
    first: tuple[int, int]
    second: tuple[int, int]
    denied: bool = False

    @property
    def between(self) -> str:
        """The words between the two."""
        return self.text[self.first[1] : self.second[0]]

    @property
    def before(self) -> str:
        """The words before the first."""
        return self.text[: self.first[0]]

    @property
    def after(self) -> str:
        """The words after the second."""
        return self.text[self.second[1] :]


NOTHING = Assertion("", "together", 0, 0)


LONGEST_NODE = 80


def of_path(first: str, second: str) -> Assertion:
    """What two nodes of a path that follow each other say: nothing where one is a sentence or denies something."""
    if max(len(first), len(second)) > LONGEST_NODE or p.NOT.search(f"{first}\n{second}") or p.AWAY.search(first):
        return NOTHING
    case = speaks_of_the_case(f"{first}\n{second}")
    hedged = case or p.HEDGE.search(f"{first}\n{second}") is not None
    return Assertion("present", "suggested" if hedged else "asserted", 0, 0)


def speaks_of_the_case(sentence: str) -> bool:
    """Whether a sentence speaks of one patient."""
    return p.CASE.search(sentence) is not None


def _certainty(pair: Pair) -> Certainty:
    return "suggested" if p.HEDGE.search(pair.text) else "asserted"


def _result(pair: Pair, match: re.Match[str], *, negative: bool) -> Assertion:
    start, end = pair.first[1] + match.start(), pair.first[1] + match.end()
    clause = re.split(r"[,;:]|\bbut\b", pair.after)[0]
    if negative and p.RECORD.search(pair.before[-40:] + pair.between + clause):
        return NOTHING
    certainty = _certainty(pair)
    if negative and p.DEGREE.search(pair.text[max(0, start - 30) : pair.second[0]]):
        certainty = "suggested"
    return Assertion("absent" if negative else "present", certainty, start, end)


def disease_then_finding(pair: Pair, *, cause_only: bool = False) -> Assertion:
    """Reads "X causes Y", "X is not associated with Y", "In X, Y is common"; ``cause_only``: verbs of causing alone."""
    between, before = pair.between, pair.before
    if p.FRONT.search(before) and re.fullmatch(r", ?(?:\w+ ){0,2}", between) and (m := p.FRONTED.match(pair.after)):
        negative = bool(m["n"]) or m["w"].lower() == "absent"
        return Assertion("absent" if negative else "present", _certainty(pair), pair.first[1], pair.second[0])
    if not cause_only and (signs := _signs(pair)) is not None:
        return signs
    match = (p.FORWARD_CAUSE if cause_only else p.FORWARD).search(between)
    if p.BESIDE.search(before) or match is None or not p.TO_VERB.match(between[: match.start()]) or _not_in(before):
        return NOTHING
    if p.CASE.search(pair.text[: pair.first[1]]) and not p.GENERAL.match(between):
        return NOTHING
    rest = between[match.end() :]
    # "X causes A, and B is frequent", "X has it, Y does not": what follows has a verb of its own.
    new_clause = p.NEW_SUBJECT.match(p.LIST.sub("", pair.after, count=1)) or p.NOT_SO.match(pair.after)
    if new_clause or rest.endswith(" of the "):
        return NOTHING
    if p.ELSEWHERE.search(rest) or p.TO_FINDING.search(rest) or len(rest) > 160 or p.CASE.search(rest):
        return NOTHING
    verb_denied = p.NOT.search(between[: match.start()]) is not None
    finding_denied = p.NO_FINDING.search(rest) is not None
    if not finding_denied and p.NOT.search(rest):
        return NOTHING  # something else is denied, or it cannot be told what
    if verb_denied and finding_denied:
        return NOTHING
    return _result(pair, match, negative=verb_denied or finding_denied)


def _signs(pair: Pair) -> Assertion | None:
    """Reads "signs of X, such as Y"."""
    of, such = p.SIGNS_OF.search(pair.before), p.SUCH_AS.match(pair.between)
    if of is None or such is None or not p.LIST.fullmatch(f", {pair.between[such.end() :]}{MASK}") or pair.denied:
        return None
    certainty: Certainty = "suggested" if of["h"] else _certainty(pair)
    if p.CASE.search(pair.before):
        certainty = "suggested"
    return Assertion("present", certainty, pair.first[1] + such.start(), pair.first[1] + such.end())


def finding_then_disease(pair: Pair, *, cause_only: bool = False) -> Assertion:
    """Reads "Y is a feature of X", "Y, Z and W are seen in X", "Y is absent in X"; "Y suggests X" is suggested."""
    between = pair.between
    listed = p.LIST.match(between)
    match = (p.BACKWARD_CAUSE if cause_only else p.BACKWARD).search(between)
    if match is None or listed is None:
        return NOTHING if cause_only else _points(pair)
    middle, rest = between[listed.end() : match.start()], between[match.end() :]
    if MASK in middle or p.ELSEWHERE.search(middle) or p.FORWARD.search(middle) or len(middle) > 90:
        return NOTHING  # "a shunt that turned into another due to X": the nearest finding is meant
    if p.NONE_OF.search(pair.before) or p.BESIDE.search(pair.before) or p.NEITHER.search(match.group() + rest):
        return NOTHING  # "wider than Y, Z is recorded for X"; "recorded for neither X nor W"
    plain_rest = re.sub(p.M, "", rest)
    if p.ELSEWHERE.search(rest) or p.TO_DISEASE.search(plain_rest) or len(plain_rest) > 60:
        return NOTHING
    if p.CASE.search(pair.text[: pair.second[0]]) or _not_in(re.sub(r"\bno $|\bnot $", "", pair.before)):
        return NOTHING
    negative = bool(p.NOT.search(middle)) or bool(p.ABSENT_IN.match(match.group()))
    denied = bool(p.NO_FINDING.search(pair.before))
    if (negative and denied) or (p.NOT.search(middle) and p.ABSENT_IN.match(match.group())):
        return NOTHING
    return _result(pair, match, negative=negative or denied)


def _points(pair: Pair) -> Assertion:
    """Reads "the proteinuria suggests X": a finding of the case that is taken as a sign of a disease."""
    between = pair.between
    match = p.POINTS.search(between)
    if match is None or pair.denied or p.NO_FINDING.search(pair.before):
        return NOTHING
    rest = between[match.end() :]
    if p.AWAY.search(between[max(0, match.start() - 25) : match.start()]) or p.AWAY.search(rest) or MASK in rest:
        return NOTHING
    if p.OTHER_SIGNS.search(between[: match.end()]) or len(between) > 240:
        return NOTHING
    if p.ELSEWHERE.search(between[: match.start()]) or p.ELSEWHERE.search(rest) or len(rest) > 60:
        return NOTHING
    return Assertion("present", "suggested", pair.first[1] + match.start(), pair.first[1] + match.end())


def _not_in(before: str) -> bool:
    """Whether something is denied before the first mention, in the same clause."""
    clause = re.split(r"[;:,–—]", before)[-1]
    return p.NOT.search(clause) is not None


def is_a(pair: Pair) -> Assertion:
    """Whether a sentence says that the first is a kind of the second."""
    if not p.KIND.match(pair.between) or p.NOT.search(pair.before) or p.OF_ANOTHER.search(pair.before):
        return NOTHING
    return Assertion("is_a", _certainty(pair), pair.first[1], pair.second[0])


def treats(pair: Pair, *, drug_first: bool) -> Assertion:
    """Whether a sentence says that a drug treats what it names beside it."""
    match = (p.TREATS if drug_first else p.TREATED).search(pair.between)
    if match is None or not p.TO_VERB.match(pair.between[: match.start()]) or _not_in(pair.before):
        return NOTHING
    rest = pair.between[match.end() :]
    if p.ELSEWHERE.search(rest) or p.NOT.search(rest) or p.CASE.search(pair.text) or len(rest) > 80:
        return NOTHING
    return _result(pair, match, negative=p.NOT.search(pair.between[: match.start()]) is not None)
