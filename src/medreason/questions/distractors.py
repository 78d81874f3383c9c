"""Draws four fair wrong options for a case, so that the options alone give the answer away to no one.

A fair distractor shares at least two observed findings with the case (annotated with the finding or a
descendant), is of the same id space, is annotated about as richly as the solved disease, and is another
disorder than the solved disease and than every other option.

Taking the nearest neighbours would put the solved disease in the middle of the set: "most similar to the
others" then finds it in 62 % of items. So the place that the solved disease takes among the five (by likeness
to the others, by number of annotations, by length of name) is drawn first, uniformly and by seed; then many
sets of four are drawn from the pool and the one that comes nearest to those places is taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from medreason.kg.source import HAS_PHENOTYPE
from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.questions.disorders import DisorderIndex

N_DISTRACTORS = 4
MIN_SHARED = 2
MIN_ANNOTATIONS = 8
MAX_RATIO = 2.0
# Pool and number of sets looked at: larger values change the blind rules by less than their error.
POOL = 40
SETS = 512

# How often the solved disease is asked to be the most annotated option, the second, … : below 1/5 for the first,
# because in about one case in eight its own paper leaves it so few annotations that it cannot but be the first.
ANNOTATION_PLACES = (0.12, 0.22, 0.22, 0.22, 0.22)

F64 = NDArray[np.float64]


def seeded(*parts: object) -> np.random.Generator:
    """A generator that depends on ``parts`` alone: the same on every machine and in every process."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


class Blind(NamedTuple):
    """What can be seen of five options without the case: one value an option, larger is more."""

    likeness: F64
    weighted_likeness: F64
    annotations: F64
    name_length: F64


class DistractorIndex:
    """Draws distractors on one graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._disorders = DisorderIndex(graph)
        has = (graph.relation == graph.relation_code(HAS_PHENOTYPE)) & graph.present
        self._counts = np.bincount(graph.head[has], minlength=graph.n_nodes)
        prefixes = np.char.partition(graph.node_ids, b":")[:, 0]
        self._space = np.unique(prefixes, return_inverse=True)[1]
        indptr = graph.carriers.indptr
        carriers = np.maximum(np.diff(indptr), 1)
        # Whole numbers, so that sums are exact and ranks equal on every machine, whatever the order of adding.
        self._information: F64 = np.rint(1000 * np.log2(graph.annotated_diseases / carriers))

    def annotation_counts(self, view: GraphView) -> NDArray[np.int64]:
        """Distinct terms each node is annotated with as present, under ``view``."""
        if not view.changed_profiles:
            return self._counts
        counts = self._counts.copy()
        for disease in view.changed_profiles:
            counts[disease] = len(view.annotated_terms(disease))
        return counts

    def pool(self, view: GraphView, solved: int, observed: Sequence[int]) -> NDArray[np.int64]:
        """All fair distractors of a case but for the same-disorder test, as sorted node numbers."""
        counts = self.annotation_counts(view)
        shared = np.zeros(self._graph.n_nodes, dtype=np.int16)
        for term in observed:
            shared[view.carriers(term)] += 1
        size = counts[solved]
        fair = (
            (shared >= MIN_SHARED)
            & (self._space == self._space[solved])
            & (counts >= MIN_ANNOTATIONS)
            & (counts <= MAX_RATIO * size)
            & (counts * MAX_RATIO >= size)
        )
        fair[solved] = False
        return np.flatnonzero(fair)

    def draw(self, view: GraphView, solved: int, observed: Sequence[int], rng: np.random.Generator) -> list[int]:
        """Four distractors, or fewer than four where the pool gives no fair set (then reject the item)."""
        members: list[int] = []
        for candidate in rng.permutation(self.pool(view, solved, observed)).tolist():
            if not self._disorders.same(solved, candidate):
                members.append(candidate)
                if len(members) == POOL:
                    break
        if len(members) < N_DISTRACTORS:
            return []
        everyone = np.asarray([solved, *members])
        sets = self._sets(everyone, rng)
        if not len(sets):
            return []
        wanted = np.asarray([rng.integers(0, 5), rng.choice(5, p=ANNOTATION_PLACES), rng.integers(0, 5)])
        # Once as the case sees the graph, once as a reader who knows nothing of the case sees it.
        bare = GraphView(self._graph)
        cost = _distance(self._blind(view, everyone), sets, wanted, weight=1.0)
        cost += _distance(self._blind(bare, everyone), sets, wanted, weight=4.0)
        return [int(n) for n in everyone[sets[int(np.argmin(cost)), 1:]]]

    def _sets(self, everyone: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """Random sets of options (positions in ``everyone``, the solved disease first), no two the same disorder."""
        apart = self._apart(everyone.tolist())
        order = rng.random((SETS, len(everyone) - 1)).argsort(axis=1)[:, :N_DISTRACTORS] + 1
        sets = np.concatenate([np.zeros((SETS, 1), dtype=np.int64), order], axis=1)
        pairs = apart[sets[:, :, None], sets[:, None, :]]
        whole: NDArray[np.bool_] = pairs.sum(axis=(1, 2)) == (N_DISTRACTORS + 1) * N_DISTRACTORS
        return sets[whole]

    def _apart(self, numbers: Sequence[int]) -> NDArray[np.bool_]:
        size = len(numbers)
        apart = ~np.eye(size, dtype=np.bool_)
        for i in range(size):
            for j in range(i):
                apart[i, j] = apart[j, i] = not self._disorders.same(numbers[i], numbers[j])
        return apart

    def _blind(self, view: GraphView, numbers: NDArray[np.int64]) -> tuple[F64, F64, F64, F64]:
        profiles = [view.profile(n) for n in numbers.tolist()]
        annotated = self.annotation_counts(view)
        terms, columns = np.unique(np.concatenate(profiles), return_inverse=True)
        member = np.zeros((len(numbers), len(terms)))
        member[np.repeat(np.arange(len(numbers)), [len(p) for p in profiles]), columns] = 1.0
        counts = np.asarray([float(annotated[n]) for n in numbers])
        lengths = np.asarray([float(len(self._graph.concept_at(n).name)) for n in numbers])
        return _jaccard(member, np.ones(len(terms))), _jaccard(member, self._information[terms]), counts, lengths

    def blind(self, view: GraphView, numbers: Sequence[int]) -> Blind:
        """What case-blind rules see of a set of options (mean likeness to the other options, counts, lengths)."""
        plain, weighted, counts, lengths = self._blind(view, np.asarray(numbers))
        others = max(len(numbers) - 1, 1)
        return Blind(
            (plain.sum(axis=1) - np.diag(plain)) / others,
            (weighted.sum(axis=1) - np.diag(weighted)) / others,
            counts,
            lengths,
        )


def _jaccard(member: F64, weight: F64) -> F64:
    """Pairwise weighted Jaccard: weight of the shared columns over weight of the columns in either."""
    shared = (member * weight) @ member.T
    own = np.diag(shared)
    union = own[:, None] + own[None, :] - shared
    likeness: F64 = np.zeros(shared.shape)
    np.divide(shared, union, out=likeness, where=union > 0)
    return likeness


def _places(values: F64) -> F64:
    """Place of each row's first value among the row, 0 for the largest; ties share their mean place."""
    first, rest = values[:, :1], values[:, 1:]
    above: F64 = np.sum(rest > first, axis=1, dtype=np.float64)
    return above + np.sum(rest == first, axis=1, dtype=np.float64) / 2


def _distance(
    blind: tuple[F64, F64, F64, F64], sets: NDArray[np.int64], wanted: NDArray[np.int64], *, weight: float
) -> F64:
    """How far each set puts the solved disease from the wanted places.

    Args:
        blind: Likeness, information-weighted likeness, annotation counts and name lengths of everyone.
        sets: Option sets, shape (sets, 5), the solved disease in column 0.
        wanted: Place 0 … 4 for likeness, annotations and name length.
        weight: Of the annotation counts. High for the bare graph: a solved disease loses annotations with its
            own paper, so among options matched on what is left it tends to be the most annotated one on the
            whole graph (0.33 of items at equal weights, 0.20 expected by chance).
    """
    plain, weighted, counts, lengths = blind
    cost: F64 = np.abs(_places(lengths[sets]) - wanted[2])
    for matrix in (plain, weighted):
        likeness = matrix[sets[:, :, None], sets[:, None, :]].sum(axis=2)
        cost += np.abs(_places(likeness) - wanted[0])
    cost += weight * np.abs(_places(counts[sets]) - wanted[1])
    return cost
