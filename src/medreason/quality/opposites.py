"""The checker's own reading of which names are opposites (docs/scoring.md); the teacher's is ``kg.opposites``."""

from __future__ import annotations

from functools import lru_cache

# One scale a line, its sides apart by a bar; a star stands for any ending.
_SCALES = """
    long tall | short
    large macro* big | small micro*
    hyper* increased elevated high excessive excess | hypo* decreased reduced low diminished deficient deficiency
    advanced accelerated precocious early | delayed late
    thick full dense | thin sparse
    wide broad | narrow
    deep deeply | shallow
    prominent protruding | depressed flat
    upslanted | downslanted
    poly* | oligo*
    tachy* | brady*
    brachy* | dolicho*
    varus vara varum | valgus valga valgum
    alkalosis | acidosis
    obesity overweight | underweight cachexia
    gain | loss
    prognathia | retrognathia micrognathia
    hypermobility laxity | contracture contractures limitation limited stiffness
    """.strip().splitlines()
SCALES = [tuple(side.split() for side in line.split("|")) for line in _SCALES]


def _words(name: str) -> list[str]:
    return "".join(c if c.isalnum() or c == "_" else " " for c in name.lower()).split()


def _on(side: list[str], words: list[str]) -> bool:
    return any(w.startswith(form[:-1]) if form.endswith("*") else w == form for form in side for w in words)


@lru_cache(maxsize=65536)
def places(name: str) -> tuple[frozenset[int], frozenset[int]]:
    """Scales on whose first, and on whose second side alone a name stands."""
    words = _words(name)
    first = {i for i, (one, _) in enumerate(SCALES) if _on(one, words)}
    second = {i for i, (_, other) in enumerate(SCALES) if _on(other, words)}
    return frozenset(first - second), frozenset(second - first)


def opposite(name: str, other: str) -> bool:
    """Whether two names stand on different sides of one scale."""
    (first, second), (other_first, other_second) = places(name), places(other)
    return bool(first & other_second or second & other_first)
