"""Records with only what a test needs."""

from dataclasses import replace
from typing import Any

from medreason.records import GraphRef, Patient, Record

_BARE = Record(
    id="r", source="test", question="", options=(), answer_key="A", chosen_key="A", margin=0.0, patient=Patient(),
    findings=(), organ_systems=(), evidence={}, scores={}, steps=(), reasoning="", excluded_publications=(),
    graph=GraphRef("", "", ""), teacher="test",
)  # fmt: skip


def stub(**given: Any) -> Record:
    """A record of nothing but what is given."""
    return replace(_BARE, **given)
