"""All statistics of a study as plain values: what ``results.json`` holds and the page shows."""

from __future__ import annotations

from collections import Counter
from typing import Any

from medreason.review.results import agreement, comparison
from medreason.review.results.tables import Tables
from medreason.review.store import StudyFile

NOTE = (
    "Intervals are 95 %. Those of agreement are over cases, about these reviewers; those of preferences, labels and "
    "scales draw whole reviewers and whole cases. With few reviewers who differ much they are too narrow "
    "(docs/agreement.md)."
)


def numbers(study: StudyFile, found: Tables) -> dict[str, Any]:
    """Flow, times, agreement, consistency and impressions; after unblinding preferences, labels and scales by arm.

    Agreement and comparisons leave repeats and declined cases out. Cost: some 2,000 draws of each statistic.
    """
    guesses = study.guesses()
    told: dict[str, Any] = {
        "study": {
            "title": study.protocol.title, "protocol": study.hash, "state": study.state, "created": study.created,
            "graph": study.graph, "cases": study.size, "overlap": study.protocol.overlap,
        },
        "note": NOTE,
        "flow": study.flow()._asdict(),
        "times": agreement.times(found),
        "agreement": agreement.agreement(found),
        "consistency": agreement.itself(found),
        "guesses": {
            "could_tell": dict(Counter(guess.could_tell for guess in guesses)),
            "cues": [guess.cue for guess in guesses if guess.cue.strip()],
        },
        "adjudicated": agreement.majority(found),
    }  # fmt: skip
    if found.arms:
        told["arms"] = list(found.arms)
        told["preferences"] = comparison.preferences(found) if found.preferences else None
        told["steps"] = comparison.steps(found)
        told["scales"] = comparison.scales(found)
        told["cases"] = comparison.cases(found)
    return told
