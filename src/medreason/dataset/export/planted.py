"""Chains with one planted error, each proven to be refused by the checker: the rejected side of preference pairs.

    number      a count, share or total of a step is another one
    polarity    what a step says is recorded is not, or the other way round
    finding     a step names another finding of the case
    option      a step names another option
    conclusion  the chain concludes for another option, and so does its answer

One step differs in one place, nothing else. A plant is kept only if the checker (:func:`medreason.quality.verify`)
finds nothing wrong with the chain before and something wrong with the planted step after. What it is not: the errors
that a model makes of itself; those are the failed samples of a run.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple, TypeVar

from medreason.quality.problem import Problem
from medreason.records import Record, Step

Error = Literal["number", "polarity", "finding", "option", "conclusion"]
ERRORS: tuple[Error, ...] = ("number", "polarity", "finding", "option", "conclusion")
T = TypeVar("T")
Check = Callable[[Record], list[Problem]]
# Plants of one kind that are shown to the checker before the kind is given up for a record.
TRIES = 6
# Rules that say how a sentence must be built or cited, not that it is false: alone they prove no error.
WEAK = frozenset("vocabulary sentence unused uncited citation order reasoning format".split())

_NUMBER = re.compile(r"\b(?P<k>\d+) (?:of|in|out of) (?:the )?(?P<n>\d+)\b|\b(?P<p>\d{1,2}) %")
# What is recorded, and its opposite; the first that is found in a place counts.
_FLIPS = (
    ("is not recorded", "is recorded"),
    ("are not recorded", "are recorded"),
    ("does not record", "records"),
    ("is not annotated with", "is annotated with"),
    ("has no record of", "has a record of"),
    ("looked for and not found", "looked for and found"),
    ("speaks against", "speaks for"),
    ("is recorded", "is not recorded"),
    ("are recorded", "are not recorded"),
    ("is annotated with", "is not annotated with"),
    ("is listed", "is not listed"),
    ("is documented", "is not documented"),
    ("was seen in", "was not seen in"),
    ("points towards", "points away from"),
    ("supports", "does not support"),
    ("counts in favour of", "counts against"),
)


class Planted(NamedTuple):
    """A chain with one error.

    Attributes:
        error: Kind of the error.
        step: Number of the step that holds it.
        steps: The whole chain.
        key: Option that it concludes for.
        rule: Rule of the checker that refused it.
        why: What the checker said.
    """

    error: Error
    step: int
    steps: tuple[Step, ...]
    key: str
    rule: str
    why: str


class _Change(NamedTuple):
    at: int
    text: str
    key: str


def plant(record: Record, check: Check, *, most: int = 1, seed: int = 0) -> list[Planted]:
    """Chains with one error each, of different kinds; fewer or none where no plant is refused.

    Args:
        record: A record; nothing is planted if the checker finds anything wrong with it.
        check: All problems of a record.
        most: Plants wanted, 1 to 5.
        seed: With the record's id, orders kinds and places: the same record always gets the same plants.

    Returns:
        At most one plant a kind. Cost: one check, and up to ``TRIES`` a kind.
    """
    if check(record):
        return []
    found: list[Planted] = []
    for error in _ordered(ERRORS, f"{seed}|{record.id}"):
        if len(found) >= most:
            break
        changes = _ordered(list(_CHANGES[error](record)), f"{seed}|{record.id}|{error}")
        for change in changes[:TRIES]:
            if (planted := _refused(record, error, change, check)) is not None:
                found.append(planted)
                break
    return found


def _refused(record: Record, error: Error, change: _Change, check: Check) -> Planted | None:
    was = record.steps[change.at]
    steps = (*record.steps[: change.at], replace(was, text=change.text), *record.steps[change.at + 1 :])
    # The joined text is made anew, so that nothing but the step itself can be refused.
    joined = "\n".join(f"{s.n}. {s.text}" for s in steps)
    problems = check(replace(record, steps=steps, reasoning=joined))
    # The chain was fine before, so that whatever is refused now is the plant.
    proof = next((p for p in problems if p.rule not in WEAK), None)
    return Planted(error, was.n, steps, change.key, proof.rule, proof.message) if proof else None


def _ordered(values: Sequence[T], salt: str) -> list[T]:
    def key(value: T) -> bytes:
        return hashlib.blake2b(f"{salt}|{value!r}".encode(), digest_size=8).digest()

    return sorted(values, key=key)


# -- the changes -------------------------------------------------------------------------------------------


def _numbers(record: Record) -> Iterator[_Change]:
    names = [o.text for o in record.options]
    for at, step in enumerate(record.steps):
        hidden = _spans(step.text, names)
        for match in _NUMBER.finditer(step.text):
            if any(a < match.end() and match.start() < b for a, b in hidden):
                continue
            group = "p" if match["p"] else "k"
            value, top = int(match[group]), 100 if match["p"] else int(match["n"])
            other = value + 1 if value < top else value - 1
            if other >= 0:
                a, b = match.span(group)
                yield _Change(at, step.text[:a] + str(other) + step.text[b:], record.chosen_key)


def _polarities(record: Record) -> Iterator[_Change]:
    for at, step in enumerate(record.steps):
        taken: list[tuple[int, int]] = []
        for said, flipped in _FLIPS:
            for match in re.finditer(rf"\b{re.escape(said)}\b", step.text):
                a, b = match.span()
                if any(a < y and x < b for x, y in taken):
                    continue
                taken.append((a, b))
                yield _Change(at, step.text[:a] + flipped + step.text[b:], record.chosen_key)


def _findings(record: Record) -> Iterator[_Change]:
    yield from _swapped(record, [f.text for f in record.findings], range(len(record.steps)))


def _options(record: Record) -> Iterator[_Change]:
    yield from _swapped(record, [o.text for o in record.options], range(len(record.steps) - 1))


def _conclusions(record: Record) -> Iterator[_Change]:
    last = len(record.steps) - 1
    text = {o.text: o.key for o in record.options}
    chosen = next(o.text for o in record.options if o.key == record.chosen_key)
    for other, key in text.items():
        if other != chosen and chosen in record.steps[last].text:
            yield _Change(last, record.steps[last].text.replace(chosen, other), key)


def _swapped(record: Record, names: Sequence[str], places: Sequence[int]) -> Iterator[_Change]:
    """Steps in which one of the names gives way, in one place, to another that the step does not hold."""
    for at in places:
        said = record.steps[at].text
        for a, b in _spans(said, names):
            for other in names:
                if other.casefold() not in said.casefold():
                    first = other[:1].upper() + other[1:] if said[a].isupper() else other
                    yield _Change(at, said[:a] + first + said[b:], record.chosen_key)


def _spans(text: str, names: Sequence[str]) -> list[tuple[int, int]]:
    """Where the names stand, longest first where they overlap."""
    longest = sorted({n for n in names if n}, key=len, reverse=True)
    if not longest:
        return []
    pattern = "|".join(rf"(?<!\w){re.escape(n)}(?!\w)" for n in longest)
    return [m.span() for m in re.finditer(pattern, text, re.IGNORECASE)]


_CHANGES: dict[Error, Callable[[Record], Iterator[_Change]]] = {
    "number": _numbers,
    "polarity": _polarities,
    "finding": _findings,
    "option": _options,
    "conclusion": _conclusions,
}
