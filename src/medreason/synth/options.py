"""What can be seen of an option without knowing the answer: what is balanced over the questions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from medreason.synth.draw import Cues
from medreason.synth.world import World


def content_words(text: str) -> set[str]:
    """Words of four letters or more, lower case."""
    return {w for w in text.lower().replace("-", " ").replace(",", " ").split() if len(w) > 3}


@lru_cache(maxsize=65536)
def _trigrams(text: str) -> frozenset[str]:
    padded = f"  {text.lower()} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


def _spelling(world: World, a: int, b: int) -> float:
    """Jaccard index of the runs of three letters in two names."""
    x, y = _trigrams(world.name(a)), _trigrams(world.name(b))
    return len(x & y) / len(x | y)


def of_findings(world: World, told: Sequence[int]) -> Cues[int]:
    """Diseases with the finding, its edges, length of the name in letters and words, words of the stem; likeness."""
    words = content_words(" ".join(world.name(n) for n in told))
    return Cues(
        (
            lambda t: float(len(world.carriers(t))),
            lambda t: float(world.rows[t]),
            lambda t: float(len(world.name(t))),
            lambda t: float(len(world.name(t).split())),
            lambda t: float(len(words & content_words(world.name(t)))),
        ),
        (world.close, lambda a, b: _spelling(world, a, b)),
    )


def of_diseases(world: World, told: Sequence[int]) -> Cues[int]:
    """Number of annotations, length of the name, words in common with the stem; likeness in graph and spelling."""
    words = content_words(" ".join(world.name(n) for n in told))
    return Cues(
        (
            lambda d: float(world.sizes[d]),
            lambda d: float(len(world.name(d))),
            lambda d: float(len(words & content_words(world.name(d)))),
        ),
        (world.alike, lambda a, b: _spelling(world, a, b)),
    )


def of_genes(world: World) -> Cues[int]:
    """Number of associated diseases and length of the symbol; likeness of symbols."""
    return Cues(
        (lambda g: float(len(world.genes[g])), lambda g: float(len(world.name(g)))),
        (lambda a, b: _spelling(world, a, b),),
    )
