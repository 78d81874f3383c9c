"""Chance that depends on its seed alone, and the choice of wrong options that give the right one away to nobody.

Only ``random.Random.random`` is used: its sequence is promised to stay the same between Python versions, that of
``shuffle`` and ``sample`` is not.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Callable, Sequence
from functools import cache
from typing import Generic, TypeVar

T = TypeVar("T")
SETS = 24
"""Sets of options looked at for one question: more do not lower what a blind rule finds."""


def seeded(*parts: object) -> random.Random:
    """A generator that depends on ``parts`` alone: the same on every machine and in every process."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return random.Random(int.from_bytes(digest[:16], "big"))


def below(rng: random.Random, n: int) -> int:
    """A whole number from 0 to ``n - 1``."""
    return min(int(rng.random() * n), n - 1)


def pick(rng: random.Random, items: Sequence[T]) -> T:
    """One of the items, each as likely."""
    return items[below(rng, len(items))]


def shuffled(rng: random.Random, items: Sequence[T]) -> list[T]:
    """The items in an order of chance."""
    found = list(items)
    for i in range(len(found) - 1, 0, -1):
        j = below(rng, i + 1)
        found[i], found[j] = found[j], found[i]
    return found


def some(rng: random.Random, items: Sequence[T], size: int) -> list[T]:
    """``size`` of the items (all, if there are fewer), each set as likely. O(size)."""
    rest = list(items)
    size = min(size, len(rest))
    for i in range(size):
        j = i + below(rng, len(rest) - i)
        rest[i], rest[j] = rest[j], rest[i]
    return rest[:size]


def weighted(rng: random.Random, items: Sequence[T], weights: Sequence[float], size: int) -> list[T]:
    """``size`` of the items without replacement, the heavier the likelier (Efraimidis and Spirakis, 2006)."""
    keyed = [(math.log(max(rng.random(), 1e-300)) / w, i) for i, w in enumerate(weights) if w > 0]
    return [items[i] for _, i in sorted(keyed, reverse=True)[:size]]


Table = tuple[tuple[float, ...], ...]
"""For each cue the place of every option, the right one first; 0 is the largest, ties share their mean place."""


def places(values: Sequence[float]) -> tuple[float, ...]:
    """The place of each value among all."""
    return tuple(sum(v > own for v in values) + (sum(v == own for v in values) - 1) / 2 for own in values)


class Cues(Generic[T]):
    """What can be seen of options without knowing the answer.

    Args:
        features: Values of one option.
        likenesses: How like two options are; an option's value is the mean over the others.
    """

    def __init__(self, features: Sequence[Callable[[T], float]], likenesses: Sequence[Callable[[T, T], float]]) -> None:
        self._features = [cache(f) for f in features]
        self._likenesses = [cache(f) for f in likenesses]

    def __len__(self) -> int:
        return len(self._features) + len(self._likenesses)

    def table(self, options: Sequence[T]) -> Table:
        """The places of all options by each cue."""
        found = [places([f(o) for o in options]) for f in self._features]
        for like in self._likenesses:
            found.append(places([round(sum(like(a, b) for b in options if b != a), 9) for a in options]))
        return tuple(found)


def balanced(rng: random.Random, right: T, pool: Sequence[T], cues: Cues[T], size: int) -> list[T]:
    """``size`` wrong options: of some random sets the one that puts the right option where chance wants it.

    The place of the right option by each cue is drawn first, every place as likely; the set that comes nearest to
    the places is taken.
    """
    wanted = [below(rng, size + 1) for _ in range(len(cues))]
    best, least = list[T](), math.inf
    for _ in range(SETS):
        chosen = some(rng, pool, size)
        cost = sum(abs(of[0] - w) for of, w in zip(cues.table([right, *chosen]), wanted, strict=True))
        if cost < least:
            best, least = chosen, cost
    return best
