"""Splits that no disease crosses: records are joined into groups first, and a group goes to one split as a whole.

Two records belong together if their answers are the same concept, or the same words where there is no concept; if a
judge of sameness says that their answers are one disorder (:mod:`medreason.questions.disorders`, given a graph); if
their questions are nearly the same (:mod:`medreason.quality.near`); or if one id is the other's with a suffix ``#2``.

What it does not see: a disease that stands among the wrong options, or in the stem, of a record of another split.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

from medreason.errors import UsageError
from medreason.quality.near import groups as near_groups
from medreason.quality.near import words
from medreason.records import Option, Record

NAMES = ("train", "validation", "test")
SHARES = (0.8, 0.1, 0.1)
# Likeness of questions from which they may not be in two splits (Jaccard index of word shingles).
NEAR = 0.8
Same = Callable[[str, str], bool]
_SUFFIX = re.compile(r"#\d+$")


class Group(NamedTuple):
    """Records that stay together: the smallest of their answers' names, and their places."""

    name: str
    members: list[int]


class Splits(NamedTuple):
    """Who goes where.

    Attributes:
        of: Name of the split of each record.
        groups: Groups of records, in the order in which they were given out.
    """

    of: list[str]
    groups: list[Group]


def shares_of(text: str) -> tuple[float, ...]:
    """Reads ``0.8,0.1,0.1``: shares of train, validation and test; later ones may be left out.

    Raises:
        UsageError: not one to three shares of 0 to 1 that add up to 1.
    """
    try:
        shares = tuple(float(part) for part in text.split(","))
    except ValueError:
        shares = ()
    if not 1 <= len(shares) <= len(NAMES) or not all(0 <= s <= 1 for s in shares) or abs(sum(shares) - 1) > 1e-6:
        raise UsageError(
            f"{text!r} are no splits", fix="give up to three shares that add up to 1: --splits 0.8,0.1,0.1"
        )
    return shares


def answer_name(record: Record) -> str:
    """What the answer is called for splitting: its concept id, else its words."""
    answer = _answer(record)
    return answer.concept or " ".join(words(answer.text))


def split(
    records: Sequence[Record], shares: Sequence[float] = SHARES, *, seed: int = 0, same: Same | None = None
) -> Splits:
    """Gives every record a split; the same records, shares and seed give the same splits, in any order of records.

    Args:
        records: The records; each has an answer.
        shares: Shares of records that train, validation and test should come near, as :func:`shares_of` reads them.
        seed: Orders the groups.
        same: Whether two concept ids are one disorder; asked for each pair of answers, O(answers²).

    Returns:
        Splits as near to the shares as whole groups allow: a disease with a third of all records stays whole.
    """
    groups = _groups(records, same)
    names = [name for name, share in zip(NAMES, shares, strict=False) if share > 0]
    left = {name: share * len(records) for name, share in zip(NAMES, shares, strict=False) if share > 0}
    # What could not be undone in a small split is given out first, largest first; all else by hash.
    large = min(left.values(), default=0) / 2

    def order(group: Group) -> tuple[int, str]:
        size = len(group.members)
        return (-size if size > large else 0, _hashed(seed, group.name))

    found = [""] * len(records)
    given = sorted(groups, key=order)
    for group in given:
        name = max(names, key=lambda n: (left[n], -names.index(n)))
        left[name] -= len(group.members)
        for member in group.members:
            found[member] = name
    return Splits(found, given)


def _hashed(seed: int, name: str) -> str:
    return hashlib.blake2b(f"{seed}|{name}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _answer(record: Record) -> Option:
    return next(o for o in record.options if o.key == record.answer_key)


def _groups(records: Sequence[Record], same: Same | None) -> list[Group]:
    root = list(range(len(records)))

    def find(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    def join(members: Sequence[int]) -> None:
        for other in members[1:]:
            a, b = find(members[0]), find(other)
            root[max(a, b)] = min(a, b)

    answers = [answer_name(r) for r in records]
    for key in (answers, [" ".join(words(_answer(r).text)) for r in records], [_SUFFIX.sub("", r.id) for r in records]):
        held: dict[str, list[int]] = defaultdict(list)
        for i, name in enumerate(key):
            held[name].append(i)
        for members in held.values():
            join(members)
    for members in near_groups([r.question for r in records], threshold=NEAR):
        join(members)
    if same is not None:
        first = {name: i for i, name in reversed(list(enumerate(answers))) if _answer(records[i]).concept}
        for a, b in combinations(sorted(first), 2):
            if find(first[a]) != find(first[b]) and same(a, b):
                join([first[a], first[b]])
    found: dict[int, list[int]] = defaultdict(list)
    for i in range(len(records)):
        found[find(i)].append(i)
    return [Group(min(answers[i] for i in members), members) for members in found.values()]
