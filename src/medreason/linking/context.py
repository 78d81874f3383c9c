"""Whose finding it is, and whether it is there: negation and family history by cue words and clause scope.

In the manner of NegEx and ConText (Chapman 2001, Harkema 2009): a cue opens a scope that runs forward or
backward until the clause turns to something else. Lists stay under one cue ("no seizures, ataxia or tremor").
What it is not: a parser. It knows no certainty ("possible") and no time; "reflexes were normal" negates nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from medreason.linking import cues
from medreason.linking.normalise import HARD, SOFT, Token
from medreason.records import Status


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
    """Cue phrases, longest first and without overlaps; words inside a mention are no cue, nor are harmless ones."""
    found, at = [], 0
    while at < len(tokens):
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
        if self.words[at] in cues.RELATIVES:
            return False
        for i in range(at, len(self.tokens)):
            if i > at and (self._stops(i) or self._boundary(i)):
                return False
            if self._is_verb(i):
                return True
        return False

    def clause_start(self, at: int) -> int:
        """First token of the clause around ``at``."""
        while at > 0 and self.tokens[at].gap != HARD and self.words[at] not in cues.TERMINATORS:
            at -= 1
        return at

    def forward(self, cue: Cue) -> int:
        """Token after the last one a forward cue reaches."""
        short = cue.kind == cues.SHORT
        begin = self.clause_start(cue.first)
        verb = cue.kind != cues.KIN and any(self._is_verb(i) for i in range(begin, cue.last + 1))
        passed = False  # a mention or a member of a list lies between cue and here
        for at in range(cue.last + 1, len(self.tokens)):
            boundary = self._boundary(at)
            if self._stops(at) or (short and boundary and self.words[at - 1] not in {"or", "nor"}):
                return at
            if verb and boundary and self._new_clause(at):
                return at
            if self._is_verb(at):
                if verb and passed:
                    return at
                verb = True
            passed = passed or self.inside[at] or boundary
        return len(self.tokens)

    def backward(self, cue: Cue) -> int:
        """First token a backward cue reaches: its subject, with all members of a list, but no earlier object."""
        last_boundary = cue.first
        for at in range(cue.first - 1, -1, -1):
            if self._is_verb(at) or self.words[at] in cues.PREPOSED:
                return last_boundary if last_boundary < cue.first else at + 1
            if self.tokens[at].gap == HARD or self.words[at] in cues.TERMINATORS | cues.PRONOUNS:
                return at
            if self._boundary(at) and last_boundary == cue.first:
                last_boundary = at
        return 0

    def is_relative(self, cue: Cue) -> bool:
        """Whether a kinship word is the subject of its clause, not the patient or a witness."""
        before = self.words[max(0, cue.first - 4) : cue.first]
        if "old" in before[-2:] or self.words[cue.last + 1 : cue.last + 2] == ["of"]:
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
        before = scopes.words[max(0, cue.first - 3) : cue.first]
        if "in" in before and not scopes.tokens[cue.first].gap:
            return range(scopes.backward(Cue(cue.first - 1 - before[::-1].index("in"), cue.last, "")), cue.first)
        if not scopes.is_relative(cue):
            return range(0)
    return range(cue.last + 1, scopes.forward(cue))


def contexts(tokens: Sequence[Token], spans: Sequence[tuple[int, int]]) -> list[Context]:
    """Status and subject of each span of tokens (first, last inclusive; ascending, no overlaps). O(tokens)."""
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
