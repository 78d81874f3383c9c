"""Whose finding it is, and whether it is there: negation and family history by cue words and clause scope.

In the manner of NegEx and ConText (Chapman 2001, Harkema 2009): a cue opens a scope that runs forward or
backward until the clause turns to something else. Lists stay under one cue ("no seizures, ataxia or tremor").
What it is not: a parser. It knows no certainty ("possible") and no time; "tone is normal" excludes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from medreason.linking import cues
from medreason.linking.normalise import HARD, SOFT, Token
from medreason.records import Status

REACH = 60  # tokens a scope spans at most; keeps the cost linear in a text without any full stop


class Context(NamedTuple):
    """Status and subject of one span."""

    status: Status
    subject: Literal["patient", "family"]


class Cue(NamedTuple):
    """A cue phrase at tokens ``first`` to ``last`` (inclusive)."""

    first: int
    last: int
    kind: str


def _find(tokens: Sequence[Token], inside: Sequence[bool]) -> list[Cue]:
    """Cue phrases, longest first, without overlaps; words of a mention are no cue, harmless ones neither."""
    found, at = [], 0
    while at < len(tokens):
        if tokens[at].lower not in cues.FIRST_WORDS:
            at += 1
            continue
        for size in range(min(cues.LONGEST, len(tokens) - at), 0, -1):
            kind = cues.PHRASES.get(tuple([t.lower for t in tokens[at : at + size]]))
            if kind is None or any(inside[at : at + size]):
                continue
            if any(t.gap == HARD for t in tokens[at + 1 : at + size]):
                continue
            if kind != cues.HARMLESS:
                found.append(Cue(at, at + size - 1, kind))
            at += size - 1
            break
        at += 1
    return found


class _Scopes:
    """Works out how far a cue reaches in one text."""

    def __init__(self, tokens: Sequence[Token], inside: Sequence[bool]) -> None:
        self.tokens = tokens
        self.words = [t.lower for t in tokens]
        self.inside = inside

    def _is_verb(self, at: int) -> bool:
        return self.words[at] in cues.VERBS and not self.inside[at]

    def _boundary(self, at: int) -> bool:
        """Whether a new member of a list, or a new clause, may begin at this token."""
        return self.tokens[at].gap == SOFT or (at > 0 and self.words[at - 1] in cues.JOINERS)

    def _stops(self, at: int) -> bool:
        word = self.words[at]
        if self.tokens[at].gap == HARD or (word in cues.TERMINATORS and not self.inside[at]):
            return True
        if word in cues.PRONOUNS:
            return self.words[at - 1] != "that"
        return word == "with" and self._boundary(at)

    def _new_clause(self, at: int) -> bool:
        """Whether the stretch from a boundary to the next one has a finite verb of its own."""
        for i in range(at, min(at + REACH, len(self.tokens))):
            if i > at and (self._stops(i) or self._boundary(i)):
                return False
            if self._is_verb(i):
                return True
        return False

    def clause_start(self, at: int) -> int:
        """First token of the clause around ``at``."""
        first = max(0, at - REACH)
        while at > first and self.tokens[at].gap != HARD and self.words[at] not in cues.TERMINATORS:
            at -= 1
        return at

    def forward(self, cue: Cue) -> int:
        """Token after the last one a forward cue reaches."""
        begin = self.clause_start(cue.first)
        verb = cue.kind != cues.KIN and any(self._is_verb(i) for i in range(begin, cue.last + 1))
        verb = verb or (cue.kind == cues.NEGATION and self.words[cue.first] not in cues.BARE)
        passed = False  # a mention or a member of a list lies between cue and here
        at = cue.last + 1
        if self.words[at : at + 1] and self.words[at] in cues.RELATIVES and cue.kind == cues.KIN:
            at += 1  # "his mother, who has …"
        end = min(at + REACH, len(self.tokens))
        for here in range(at, end):
            boundary = self._boundary(here)
            if self._stops(here) or (boundary and self._ends_list(cue, here)):
                return here
            if verb and boundary and self._new_clause(here):
                return here
            if self._is_verb(here):
                if verb and passed:
                    return here
                verb = True
            passed = passed or self.inside[here] or boundary
        return end

    def _ends_list(self, cue: Cue, at: int) -> bool:
        if cue.kind == cues.SHORT:
            return self.words[at - 1] not in {"or", "nor"}
        # "fever, no rash, and ataxia": the cue is one member of a list, the next one stands on its own
        tokens = self.tokens
        final = self.words[at - 1] == "and" and tokens[at - 1].gap == SOFT == tokens[cue.first].gap
        return final and cue.kind == cues.NEGATION and not any(t.gap for t in tokens[cue.last + 1 : at - 1])

    def backward(self, cue: Cue) -> int:
        """First token a backward cue reaches: its subject with all members of a list, no earlier object."""
        last_boundary = cue.first
        first = max(0, cue.first - REACH)
        for at in range(cue.first - 1, first - 1, -1):
            if self._is_verb(at) or self.words[at] in cues.PREPOSED:
                return last_boundary if last_boundary < cue.first else at + 1
            if self.tokens[at].gap == HARD or self.words[at] in cues.TERMINATORS | cues.PRONOUNS:
                return at
            if self._boundary(at) and last_boundary == cue.first:
                last_boundary = at
        return first

    def is_relative(self, cue: Cue) -> bool:
        """Whether a kinship word is the subject of its clause, not the patient or a witness."""
        before = self.words[max(0, cue.first - 5) : cue.first]
        followed = self.words[cue.last + 1 : cue.last + 2]
        if followed == ["of"] or ("old" in before[-1:] and not cues.OWNERS & set(before)):
            return False  # "a 30-year-old mother", "a mother of two"
        if set(before[-3:]) & cues.WITNESS_BEFORE:
            return False  # "brought by his mother", "born to healthy parents"
        for at in range(cue.last + 1, min(cue.last + 5, len(self.tokens))):
            if self.tokens[at].gap == HARD or self.inside[at]:
                return True
            if self.words[at] in cues.WITNESS_VERBS:
                return False  # "his mother reports that he …"
        return True


def _family(scopes: _Scopes, cue: Cue) -> range:
    if cue.kind == cues.WHOLE:
        return range(scopes.clause_start(cue.first), scopes.forward(cue))
    if cue.kind == cues.KIN:
        near = range(cue.first - 1, max(-1, cue.first - 4), -1)
        within = next((i for i in near if scopes.words[i] == "in" and not scopes.inside[i]), None)
        if within is not None:
            while within > 0 and scopes.words[within - 1] in cues.VERBS:  # "seizures were noted in his brother"
                within -= 1
            return range(scopes.backward(Cue(within, cue.last, cue.kind)), cue.first)
        if not scopes.is_relative(cue):
            return range(0)
    return range(cue.last + 1, scopes.forward(cue))


def contexts(tokens: Sequence[Token], spans: Sequence[tuple[int, int]]) -> list[Context]:
    """Status and subject of each span of tokens (first and last, ascending, no overlaps). O(tokens)."""
    inside = [False] * len(tokens)
    for first, last in spans:
        inside[first : last + 1] = [True] * (last - first + 1)
    scopes = _Scopes(tokens, inside)
    negated, family = set[int](), set[int]()
    for cue in _find(tokens, inside):
        if cue.kind in {cues.NEGATION, cues.SHORT}:
            negated.update(range(cue.last + 1, scopes.forward(cue)))
        elif cue.kind == cues.BACKWARD:
            negated.update(range(scopes.backward(cue), cue.first))
        else:
            family.update(_family(scopes, cue))
    return [
        Context("excluded" if first in negated else "observed", "family" if first in family else "patient")
        for first, _ in spans
    ]
