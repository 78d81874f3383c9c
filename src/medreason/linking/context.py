"""Whose finding it is, whether it is there, and since when: cue words and how far they reach.

In the manner of NegEx and ConText (Chapman 2001, Harkema 2009): a cue opens a scope that runs forward or
backward until the clause turns to something else. Lists stay under one cue ("no seizures, ataxia or tremor").
What it is not: a parser. It weighs no degrees ("possible" and "probable" are both uncertain), and "tone is
normal" excludes nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Sequence
from itertools import compress
from typing import Literal, NamedTuple

from medreason.linking import cues
from medreason.linking.normalise import COLON, HARD, NONE, SOFT
from medreason.records import Scope, Status

_ONE = frozenset({cues.SHORT, cues.MAYBE, cues.PRIOR})  # reach one member of a list
_OPEN = frozenset({cues.UNCERTAIN, cues.HYPOTHETICAL})
_NOTED = cues.VERBS | cues.REPORTED
_ENDS = cues.TERMINATORS | cues.PRONOUNS
_MARKED = cues.VERBS | _ENDS | {"with"}  # where something may end, beside commas and joining words
_OWN_VERB = frozenset({cues.NEGATION, *_OPEN})  # stand for a statement of their own
REACH = 60  # tokens a scope spans at most; keeps the cost linear in a text without any full stop


_SCOPES: tuple[Scope, ...] = ("hypothetical", "uncertain", "history")  # the first that applies counts
_MARKS = {
    cues.NEGATION: ("negated", ""), cues.SHORT: ("negated", ""), cues.BACKWARD: ("negated", "back"),
    cues.KIN: ("family", "family"), cues.FAMILY: ("family", "family"), cues.WHOLE: ("family", "family"),
    cues.UNCERTAIN: ("uncertain", ""), cues.MAYBE: ("uncertain", ""), cues.UNCERTAIN_BACK: ("uncertain", "back"),
    cues.HYPOTHETICAL: ("hypothetical", ""), cues.HYPOTHETICAL_BACK: ("hypothetical", "back"),
    cues.HISTORY: ("history", ""), cues.PRIOR: ("history", ""),
}  # fmt: skip


class Context(NamedTuple):
    """Status, subject and scope of one span."""

    status: Status
    subject: Literal["patient", "family"]
    scope: Scope


_PLAIN = Context("observed", "patient", "")


class Cue(NamedTuple):
    """A cue phrase at tokens ``first`` to ``last`` (inclusive)."""

    first: int
    last: int
    kind: str


_is_cue = cues.SIZES.__contains__


def _find(words: Sequence[str], gaps: Sequence[int], inside: Sequence[bool]) -> list[Cue]:
    """Cue phrases, longest first, without overlaps; words of a mention are no cue, harmless ones neither."""
    found: list[Cue] = []
    free = 0  # first token no cue has taken
    alone, second, final = cues.ALONE, cues.SECOND, len(words) - 1
    for at in compress(range(len(words)), map(_is_cue, words)):
        word = words[at]
        if word not in alone and at < final and words[at + 1] not in second[word]:
            continue
        if at < free:
            continue
        for size in cues.SIZES[word]:
            end = at + size
            if end > len(words):
                continue
            phrase = tuple(words[at:end])
            kind = cues.PHRASES.get(phrase)
            if phrase in cues.CLOSING and (end == len(words) or gaps[end] >= HARD):
                kind = cues.BACKWARD
            if kind is None or any(inside[at:end]) or (size > 1 and max(gaps[at + 1 : end]) >= HARD):
                continue
            if kind != cues.HARMLESS:
                found.append(Cue(at, end - 1, kind))
            free = end
            break
    return found


class _Scopes:
    """Works out how far a cue reaches in one text; what lies behind the token ``last`` need not be exact."""

    def __init__(
        self, words: Sequence[str], gaps: Sequence[int], inside: Sequence[bool], opened: Container[int], last: int
    ) -> None:
        self.words = words
        self.gaps = gaps
        self.opened = opened
        self.inside = inside
        self.last = last

    def _is_verb(self, at: int) -> bool:
        return self.words[at] in cues.VERBS and not self.inside[at]

    def _boundary(self, at: int) -> bool:
        """Whether a new member of a list, or a new clause, may begin at this token."""
        return self.gaps[at] == SOFT or (at > 0 and self.words[at - 1] in cues.JOINERS)

    def _stops(self, at: int) -> bool:
        word = self.words[at]
        if self.gaps[at] >= HARD or (word in cues.TERMINATORS and not self.inside[at]):
            return True
        if word in cues.PRONOUNS:
            return self.words[at - 1] != "that"
        return word == "with" and self._boundary(at)

    def _new_clause(self, at: int) -> bool:
        """Whether the stretch from a boundary to the next one has a finite verb of its own."""
        for i in range(at, min(at + REACH, len(self.words))):
            if i > at and (self._stops(i) or self._boundary(i)):
                return False
            if self._is_verb(i):
                return True
        return False

    def clause_start(self, at: int) -> int:
        """First token of the clause around ``at``."""
        first = max(0, at - REACH)
        while at > first and self.gaps[at] < HARD and self.words[at] not in cues.TERMINATORS:
            at -= 1
        return at

    def forward(self, cue: Cue) -> int:
        """Token after the last one a forward cue reaches."""
        verb = False
        if cue.kind != cues.KIN:
            begin = self.clause_start(cue.first)
            verb = not cues.VERBS.isdisjoint(self.words[begin : cue.last + 1]) and any(
                self._is_verb(i) for i in range(begin, cue.last + 1)
            )
        bare = self.words[cue.first] in cues.BARE and self.words[cue.first - 1 : cue.first] != ["with"]
        verb = verb or (cue.kind in _OWN_VERB and not bare)
        passed = False  # a mention or a member of a list lies between cue and here
        at = cue.last + 1
        if at < len(self.words) and self.gaps[at] < HARD:
            if self.words[at] in cues.RELATIVES and cue.kind == cues.KIN:
                at += 1  # "his mother, who has …"
            elif cue.kind in _OPEN and self.words[at] in cues.PRONOUNS:
                at += 1  # "if she has …"
        after_colon = at if at < len(self.words) and self.gaps[at] == COLON else -1  # "Family history: …"
        end = min(at + REACH, len(self.words))
        words, gaps, inside = self.words, self.gaps, self.inside
        for here in range(at, min(end, self.last + 1)):
            if not gaps[here] and words[here] not in _MARKED and words[here - 1] not in cues.JOINERS:
                passed = passed or inside[here]
                continue
            boundary = self._boundary(here)
            if (self._stops(here) and here != after_colon) or (boundary and self._ends_list(cue, here)):
                return here
            if here in self.opened and not passed and cue.kind == cues.NEGATION and not bare:
                return here  # "she cannot straighten her arms (limited elbow extension)"
            if verb and boundary and self._new_clause(here):
                return here
            if self._is_verb(here):
                if passed and (verb or cue.kind == cues.HISTORY):
                    return here
                verb = True
            passed = passed or inside[here] or boundary
        return end

    def _ends_list(self, cue: Cue, at: int) -> bool:
        if cue.kind in _ONE:
            return self.words[at - 1] not in {"or", "nor"}
        # "fever, no rash, and ataxia": the cue is one member of a list, the next one stands on its own
        gaps = self.gaps
        final = self.words[at - 1] == "and" and gaps[at - 1] == SOFT == gaps[cue.first]
        return final and cue.kind == cues.NEGATION and not any(gaps[cue.last + 1 : at - 1])

    def backward(self, cue: Cue) -> int:
        """First token a backward cue reaches: its subject with all members of a list, no earlier object."""
        last_boundary = cue.first
        first = max(0, cue.first - REACH)
        for at in range(cue.first - 1, first - 1, -1):
            if self._is_verb(at) or self.words[at] in cues.PREPOSED:
                return last_boundary if last_boundary < cue.first else at + 1
            if self.gaps[at] >= HARD or self.words[at] in _ENDS:
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
        for at in range(cue.last + 1, min(cue.last + 5, len(self.words))):
            if self.gaps[at] >= HARD or self.inside[at]:
                return True
            if self.words[at] in cues.WITNESS_VERBS:
                # "his mother reports that he …", but "his aunt was said to have …"
                return self.words[at] in cues.SAID_OF and self.words[at - 1] in cues.PASSIVE
        return True


def _family(scopes: _Scopes, cue: Cue) -> range:
    if cue.kind == cues.WHOLE:
        return range(scopes.clause_start(cue.first), scopes.forward(cue))
    if cue.kind == cues.KIN:
        near = range(cue.first - 1, max(-1, cue.first - 4), -1)
        within = next((i for i in near if scopes.words[i] == "in" and not scopes.inside[i]), None)
        if within is not None:
            while within > 0 and scopes.words[within - 1] in _NOTED:  # "seizures were noted in his brother"
                within -= 1
            return range(scopes.backward(Cue(within, cue.last, cue.kind)), cue.first)
        if not scopes.is_relative(cue):
            return range(0)
    return range(cue.last + 1, scopes.forward(cue))


def contexts(
    words: Sequence[str], gaps: Sequence[int], spans: Sequence[tuple[int, int]], opened: Container[int] = ()
) -> list[Context]:
    """Status, subject and scope of each span of tokens (first and last, ascending, no overlaps). O(tokens).

    ``opened`` holds the tokens after an opening bracket.
    """
    inside = [False] * len(words)
    for first, last in spans:
        inside[first : last + 1] = [True] * (last - first + 1)
    firsts = [first for first, _ in spans]
    scopes = _Scopes(words, gaps, inside, opened, firsts[-1] if firsts else 0)
    marks: dict[int, set[str]] = {}  # by the first token of a span
    for cue in _find(words, gaps, inside):
        mark, reach = _MARKS[cue.kind]
        if reach == "family":
            reached = _family(scopes, cue)
        elif not _may_reach(cue, firsts, gaps, back=reach == "back"):
            continue
        elif reach == "back":
            reached = range(scopes.backward(cue), cue.first)
        else:
            reached = range(cue.last + 1, scopes.forward(cue))
        for first in firsts[bisect_left(firsts, reached.start) : bisect_left(firsts, reached.stop)]:
            marks.setdefault(first, set()).add(mark)
    return [_context(marks[first]) if first in marks else _PLAIN for first in firsts]


def _may_reach(cue: Cue, firsts: Sequence[int], gaps: Sequence[int], *, back: bool) -> bool:
    """Whether a span stands near enough: most cues share their clause with none, and need no closer look."""
    if back:
        at = bisect_left(firsts, cue.first) - 1
        return at >= 0 and max(gaps[firsts[at] + 1 : cue.first], default=NONE) < HARD
    at = bisect_right(firsts, cue.last)
    # A colon may follow the cue, or one word after it: "if she: …".
    return at < len(firsts) and max(gaps[cue.last + 3 : firsts[at] + 1], default=NONE) < HARD


def _context(marks: set[str]) -> Context:
    return Context(
        "excluded" if "negated" in marks else "observed",
        "family" if "family" in marks else "patient",
        next((name for name in _SCOPES if name in marks), ""),
    )
