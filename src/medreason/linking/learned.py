"""Names that annotators of a training corpus used for concepts: a lexicon made on the spot and never stored.

What it is: wordings with the one concept most annotations give them. What it is not: part of a graph or of this
program; corpora have their own licences, and a score reached with it is reported apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from medreason.linking.abbreviations import explained
from medreason.linking.corpora import Document
from medreason.linking.score import Equivalents

AGREEMENT = 2 / 3  # share of the annotations of a wording that one concept must have


def learned_names(
    documents: Iterable[Document], equivalents: Equivalents, types: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """Pairs of wording and CURIE, sorted.

    A wording counts if it names one concept that is in the graph, in at least two thirds of its annotations; a short
    form that its text explains is left out, because the next text may explain it otherwise.

    Args:
        documents: Training documents.
        equivalents: What ids stand for.
        types: Annotation types that count; all if none are given.
    """
    seen: defaultdict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for document in documents:
        short = explained(document.text)
        for mark in document.annotations:
            if mark.text not in short and (not types or mark.type in types):
                seen[mark.text.lower()][mark.ids] += 1
    pairs = []
    for wording, counts in seen.items():
        ids, n = counts.most_common(1)[0]
        nodes = sorted(equivalents.nodes(ids[0])) if len(ids) == 1 else []
        if nodes and n >= AGREEMENT * counts.total():
            pairs.append((wording, nodes[0]))
    return sorted(pairs)
