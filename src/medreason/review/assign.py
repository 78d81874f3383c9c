"""Who judges which case, on which side which arm stands, in which order, and what comes twice.

A balanced incomplete design by greedy choice: each case gets as many reviewers as the protocol says, loads differ by at
most one, and any two reviewers share about equally many cases, so that everyone's agreement with everyone can be seen.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

# A repeat comes at least so many cases after the first sight, where there are enough.
APART = 8


class Slot(NamedTuple):
    """A task to be: the case, whether its sides are swapped against the case's own order, whether it is a repeat."""

    case: int
    swapped: bool
    repeat: bool


class Had(NamedTuple):
    """A task that there already is and that counts: its reviewer, its case, and whether its sides are swapped."""

    person: str
    case: int
    swapped: bool


def assign(
    cases: int, overlap: int, new: Sequence[str], had: Sequence[Had], repeats: float, rng: random.Random
) -> dict[str, list[Slot]]:
    """Tasks of new reviewers, in their order.

    What the reviewers before do not cover is shared out among the new ones. Then each new reviewer gets as many cases
    as the others have on average, those with the fewest reviewers first: nothing is taken away, nobody is left without.

    Args:
        cases: Number of cases.
        overlap: Reviewers that each case is to have; all new and old ones where they are fewer.
        new: Reviewers to be given tasks.
        had: Tasks that count already, repeats left out.
        repeats: Share of a reviewer's cases that come twice, 0 to 1.
        rng: Source of chance.

    Returns:
        Reviewer → tasks. O(cases x overlap x reviewers).
    """
    if not new:
        return {}
    chosen = _share_out(cases, overlap, new, had, rng)
    sides = _sides(chosen, had, rng)
    return {person: _order([(c, sides[person, c]) for c in chosen[person]], repeats, rng) for person in new}


def _share_out(
    cases: int, overlap: int, new: Sequence[str], had: Sequence[Had], rng: random.Random
) -> dict[str, list[int]]:
    who: list[set[str]] = [set() for _ in range(cases)]
    for task in had:
        who[task.case].add(task.person)
    before = Counter(task.person for task in had)
    wanted = [max(0, min(overlap, len(new) + len(w)) - len(w)) for w in who]
    met: Counter[tuple[str, str]] = Counter()
    for group in who:
        met.update((a, b) for a in group for b in group if a < b)
    chosen: dict[str, list[int]] = {person: [] for person in new}
    order = list(range(cases))
    rng.shuffle(order)
    for case in order:
        for _ in range(min(wanted[case], len(new))):
            group = who[case]
            free = [p for p in new if p not in group]
            if not free:
                break
            best = min(
                free,
                key=lambda p: (len(chosen[p]), sum(met[min(p, q), max(p, q)] for q in group), rng.random()),
            )
            met.update((min(best, q), max(best, q)) for q in group)
            group.add(best)
            chosen[best].append(case)
    share = min(cases, round(sum(before.values()) / len(before))) if before else 1
    for person in new:
        others = [case for case in range(cases) if person not in who[case]]
        others.sort(key=lambda case: (len(who[case]), rng.random()))
        for more in others[: max(0, share - len(chosen[person]))]:
            who[more].add(person)
            chosen[person].append(more)
    return chosen


def _sides(chosen: Mapping[str, Sequence[int]], had: Sequence[Had], rng: random.Random) -> dict[tuple[str, int], bool]:
    """Whether sides are swapped: as often as not for each case, and as nearly so as that allows for each reviewer."""
    by_case: Counter[int] = Counter()
    by_person: Counter[str] = Counter()
    for task in had:
        by_case[task.case] += 1 if task.swapped else -1
    groups: dict[int, list[str]] = {}
    for person, cases in chosen.items():
        for case in cases:
            groups.setdefault(case, []).append(person)
    order = sorted(groups)
    rng.shuffle(order)
    found = {}
    for case in order:
        # Who has had fewest swapped cases comes first.
        group = sorted(groups[case], key=lambda person: (by_person[person], rng.random()))
        half = (len(group) - by_case[case]) / 2
        lean = sum(by_person[person] for person in group)
        up = lean < 0 or (lean == 0 and rng.random() < 0.5)
        swaps = math.ceil(half) if up else math.floor(half)
        for n, person in enumerate(group):
            found[person, case] = n < swaps
            by_person[person] += 1 if n < swaps else -1
    return found


def _order(given: Sequence[tuple[int, bool]], repeats: float, rng: random.Random) -> list[Slot]:
    """A random order, with some of the early cases coming again, sides swapped, well after their first sight."""
    slots = [Slot(case, swapped, repeat=False) for case, swapped in given]
    rng.shuffle(slots)
    count = math.floor(len(slots) * repeats + 0.5) if repeats else 0
    if repeats and not count and len(slots) >= 5:
        count = 1
    gap = min(APART, max(1, len(slots) // 2))
    early = [slot for n, slot in enumerate(slots) if n + gap <= len(slots)]
    for slot in rng.sample(early, min(count, len(early))):
        first = slots.index(slot)
        place = rng.randint(min(first + gap, len(slots)), len(slots))
        slots.insert(place, Slot(slot.case, not slot.swapped, repeat=True))
    return slots
