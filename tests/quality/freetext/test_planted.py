"""Sentences with claims planted in them, and what the checker must and must not make of each pair.

``no claim``: nothing may be claimed of the pair; ``not plain``: no plain claim, and no contradiction;
``not contradicted``: any reading but a contradiction; else the verdict.
"""

from collections import Counter
from pathlib import Path

import pytest

from medreason.kg.store import Graph
from medreason.quality.freetext.claims import FreeClaim, Reader
from medreason.quality.freetext.rows import Chain

PLANTED = [
    (line.split("\t")[0], [tuple(pair.split(" | ")) for pair in line.split("\t")[1:]])
    for line in Path(__file__).with_name("planted.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
VERDICTS = ("grounded", "derivable", "contradicted", "unsupported")


@pytest.fixture(scope="module")
def reader(hpo: Graph) -> Reader:
    return Reader(hpo)


def agrees(claim: FreeClaim | None, wanted: str) -> bool:
    """Whether what was read of a pair is what was planted."""
    if wanted == "no claim":
        return claim is None
    if wanted == "not contradicted":
        return claim is None or claim.verdict != "contradicted"
    if wanted == "not plain":
        return claim is None or (claim.certainty != "asserted" and claim.verdict != "contradicted")
    return claim is not None and claim.verdict == wanted


@pytest.mark.parametrize(("text", "pairs"), PLANTED, ids=[t[:50] for t, _ in PLANTED])
def test_planted(hpo: Graph, reader: Reader, text: str, pairs: list[tuple[str, str, str]]) -> None:
    found = {(hpo.name(c.head), hpo.name(c.tail)): c
             for c in reader.read(Chain("x", "", text, "", "text")).claims if c.checkable}  # fmt: skip
    for disease, finding, wanted in pairs:
        claim = found.get((disease, finding))
        assert agrees(claim, wanted), (disease, finding, wanted, claim)


def test_every_kind_is_planted() -> None:
    wanted = Counter(verdict for _, pairs in PLANTED for _, _, verdict in pairs)
    assert len(PLANTED) >= 40
    assert all(wanted[kind] >= 5 for kind in (*VERDICTS, "no claim", "not contradicted"))


def test_the_test_would_notice() -> None:
    claim = FreeClaim("x", 1, 0, 1, "a", "b", ((0, 1), (2, 3)), (0, 0), "has", "present", "asserted",
                      "contradicted", "", ())  # fmt: skip
    for wanted in ("grounded", "no claim", "not plain", "not contradicted"):
        assert not agrees(claim, wanted)
    assert not agrees(None, "grounded") and agrees(claim, "contradicted") and agrees(None, "no claim")
