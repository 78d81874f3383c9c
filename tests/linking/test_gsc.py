"""Document-level scores on the development part of GSC+ (abstracts annotated with HPO ids). Prints a table.

The corpus marks nested names too ("polydactyly" inside "preaxial polydactyly") and modes of inheritance, so both
are asked for. *all* counts every annotated id, *abnormality* those at or below HP:0000118, on both sides.
"""

from __future__ import annotations

import pytest
from benchmarks.linking import CORPUS, Corpus, found

from medreason.kg.store import Graph


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_file(), reason="GSC+ is not beside the repository (../shared/data/linking)")
def test_document_level_f1(hpo: Graph) -> None:
    corpus = Corpus(hpo, CORPUS)
    everything, abnormality = corpus.scores(found(hpo, corpus))
    print(f"\nGSC+ dev, {len(corpus.texts)} abstracts   P      R      F1")
    for label, s in (("all", everything), ("abnormality", abnormality)):
        print(f"{label:24s} {s.precision:.3f}  {s.recall:.3f}  {s.f1:.3f}")
    assert everything.f1 > 0.79
    assert abnormality.f1 > 0.80


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_file(), reason="GSC+ is not beside the repository (../shared/data/linking)")
def test_ids_of_an_older_release_are_scored_as_the_current_ones(hpo: Graph) -> None:
    corpus = Corpus(hpo, CORPUS)
    assert corpus.current({"HP:0002279", "HP:9999999"}) == {"HP:0001250", "HP:9999999"}
