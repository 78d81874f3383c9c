"""Preference pairs of one question: a kept chain, and one that the checker refused or that chose another option.

Rejected chains are failed samples of the same question (``samples.jsonl``: what a model got wrong of itself), and kept
chains with one planted error (:mod:`medreason.dataset.export.planted`). The column ``error`` tells which:
``chose_other``, ``not_grounded``, or ``planted_`` and the kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from medreason.dataset.export.planted import Planted
from medreason.dataset.export.rows import MESSAGES, METADATA, Ready, said
from medreason.dataset.export.text import Form, prompt_of, target_of
from medreason.errors import InputError
from medreason.records import Sample, Step

VERDICTS = ("chose_other", "not_grounded")
DPO: dict[str, Any] = {
    "prompt": MESSAGES,
    "chosen": MESSAGES,
    "rejected": MESSAGES,
    "error": pl.String,
    "step": pl.Int64,
    "why": pl.String,
    "metadata": METADATA,
}


class Pair(NamedTuple):
    """A rejected chain beside the record's own.

    Attributes:
        error: What is wrong with it.
        step: Number of the step that is wrong; 0 where the whole chain is, or it is not known.
        why: What the checker said.
        steps: Its steps.
        key: Option that it concludes for.
    """

    error: str
    step: int
    why: str
    steps: tuple[Step, ...]
    key: str


def of_samples(ready: Ready, samples: Sequence[Sample], form: Form) -> list[Pair]:
    """Failed samples of the record's question that can stand beside its chain.

    Left out: samples without steps or choice, hinted ones (the model was told the answer), those whose words are the
    chain's own, and those that hold marks of the form.
    """
    found = []
    own = target_of(ready.record, form)
    for sample in samples:
        keys = {o.key for o in ready.record.options}
        if sample.verdict not in VERDICTS or sample.hinted or not sample.steps or sample.chosen_key not in keys:
            continue
        try:
            other = target_of(ready.record, form, steps=sample.steps, key=sample.chosen_key)
        except InputError:
            continue
        if other != own:
            why = "; ".join(sample.problems)
            found.append(Pair(sample.verdict, 0, why, sample.steps, sample.chosen_key))
    return found


def of_planted(ready: Ready, planted: Sequence[Planted]) -> list[Pair]:
    """Planted chains, with the citations that the record's own steps have."""
    found = []
    for plant in planted:
        steps = tuple(
            Step(s.n, s.text, s.edges, own.cites) for s, own in zip(plant.steps, ready.record.steps, strict=True)
        )
        found.append(Pair(f"planted_{plant.error}", plant.step, plant.why, steps, plant.key))
    return found


def dpo(ready: Ready, pair: Pair, form: Form) -> dict[str, Any]:
    """A row in TRL's preference format: ``prompt``, ``chosen``, ``rejected`` as messages."""
    rejected = target_of(ready.record, form, steps=pair.steps, key=pair.key)
    return {
        "prompt": said("user", prompt_of(ready.record, form)),
        "chosen": said("assistant", target_of(ready.record, form)),
        "rejected": said("assistant", rejected),
        "error": pair.error,
        "step": pair.step,
        "why": pair.why,
        "metadata": ready.metadata,
    }
