"""Counts over read chains: verdicts, how surely things are said, and how much of a text can be checked at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from medreason.quality.freetext.assertions import Certainty
from medreason.quality.freetext.claims import FreeClaim, Read
from medreason.quality.freetext.lookup import VERDICTS
from medreason.statistics import Estimate, clustered

CERTAINTIES: tuple[Certainty, ...] = ("asserted", "suggested", "together")


def _shown(estimate: Estimate) -> dict[str, Any]:
    if not estimate.n:
        return {"value": None, "low": None, "high": None, "n": 0}
    shown: dict[str, Any] = {k: round(v, 4) if isinstance(v, float) else v for k, v in estimate._asdict().items()}
    if estimate.low == estimate.high:  # all alike, or one chain: a bootstrap says nothing
        shown |= {"low": None, "high": None}
    return shown


def of_claims(claims: Sequence[FreeClaim]) -> dict[str, dict[str, int]]:
    """Claims by certainty and verdict."""
    found = Counter((c.certainty, c.verdict) for c in claims)
    return {certainty: {v: found[certainty, v] for v in VERDICTS} for certainty in CERTAINTIES}


def supported(claim: FreeClaim) -> bool:
    """Whether the graph has what a claim says."""
    return claim.verdict in ("grounded", "derivable")


def of_chains(read: Sequence[Read]) -> dict[str, Any]:
    """Counts of some chains; shares with bootstrap intervals over chains (of one chain the interval has no width)."""
    claims = [c for r in read for c in r.claims]
    sentences = [(r.chain.id, (s.start, s.end), {(c.start, c.end) for c in r.claims if c.checkable})
                 for r in read for step in r.steps for s in step.sentences if not s.path]  # fmt: skip
    spoken: Counter[str] = Counter()
    for r in read:
        spoken.update(r.spoken)
    return {
        "chains": len(read),
        "steps": sum(len(r.steps) for r in read),
        "sentences": len(sentences),
        "path_nodes": sum(s.path for r in read for step in r.steps for s in step.sentences),
        "claims": of_claims(claims),
        "checkable": sum(c.checkable for c in claims),
        "supported_of_asserted": _shown(_share(c for c in claims if c.certainty == "asserted")),
        "supported_of_checkable": _shown(_share(c for c in claims if c.checkable)),
        "sentences_with_a_claim": _shown(clustered((i, float(place in held)) for i, place, held in sentences)),
        "spoken": dict(spoken),
    }


def _share(claims: Iterable[FreeClaim]) -> Estimate:
    return clustered((c.chain, float(supported(c))) for c in claims)


def summarise(read: Sequence[Read]) -> dict[str, Any]:
    """Counts of all chains, and of each dataset among them."""
    groups: dict[str, list[Read]] = {}
    for r in read:
        groups.setdefault(r.chain.dataset, []).append(r)
    return {**of_chains(read), "datasets": {name: of_chains(groups[name]) for name in sorted(groups)}}
