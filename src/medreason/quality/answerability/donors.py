"""For each item another item whose chain stands in its place: the control that asks whether any chain would do.

The donor has another answer and, where the dataset allows it, shares no option with the item and comes from the same
group (the organ system that the item's findings touch most).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from medreason.records import Option, Record

# How many members of a group are looked at for a donor that shares no option; more hardly find one where these do not.
MOST_TRIED = 50


class Donor(NamedTuple):
    """Where an item's foreign chain comes from.

    Attributes:
        at: Position of the donor among the records.
        same_group: Whether both are of one disease group.
        shares: Whether the two questions have an option in common.
    """

    at: int
    same_group: bool
    shares: bool


def group(record: Record) -> str:
    """The disease group of a record: the organ system that its findings touch most; empty where none is known."""
    return record.organ_systems[0] if record.organ_systems else ""


def answer_of(record: Record) -> Option:
    """The option that is the answer."""
    return next(o for o in record.options if o.key == record.answer_key)


def _mark(option: Option) -> str:
    return option.concept or option.text.casefold().strip()


def donors(records: Sequence[Record], seed: int = 0, turn: int = 0) -> list[Donor | None]:
    """A donor for each record, by seed; ``turn`` 1, 2, … gives further ones. ``None``: no other answer in the dataset.

    O(n x 50): each group is shuffled once, and members are tried in turn from the item's own place on.
    """
    rng = np.random.default_rng(seed)
    members: dict[str, list[int]] = defaultdict(list)
    for i in rng.permutation(len(records)).tolist():
        members[group(records[i])].append(i)
    everyone = [i for found in members.values() for i in found]
    place = {i: at for found in members.values() for at, i in enumerate(found)}
    anywhere = {i: at for at, i in enumerate(everyone)}
    marks = [{_mark(o) for o in r.options} for r in records]
    answers = [_mark(answer_of(r)) for r in records]

    def ranked(i: int, pool: Sequence[int], at: int) -> list[int]:
        """Members with another answer, in the order after the item's own place."""
        near = [pool[(at + 1 + k) % len(pool)] for k in range(min(len(pool) - 1, MOST_TRIED))]
        return [j for j in near if answers[j] != answers[i]]

    out: list[Donor | None] = []
    for i, record in enumerate(records):
        own, any_ = ranked(i, members[group(record)], place[i]), ranked(i, everyone, anywhere[i])
        # Evidence on a shared option is true of this item too: a chain from far off is the fairer control.
        apart = [[j for j in pool if not marks[i] & marks[j]] for pool in (own, any_)]
        found = list(dict.fromkeys(j for pool in (*apart, own, any_) for j in pool))
        if not found:
            out.append(None)
            continue
        j = found[turn % len(found)]
        out.append(Donor(j, group(records[j]) == group(record), bool(marks[i] & marks[j])))
    return out
