"""A judge's verdicts against human labels: how often it errs, where, and which items a human should read again.

What it is: counts and published formulas (:mod:`medreason.statistics.agreement`) on labels and verdicts
(:mod:`medreason.quality.labels`). What it is not: a judge, nor a proof that the humans are right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from medreason.errors import InputError, UsageError
from medreason.quality.labels import Label
from medreason.statistics import Confusion, Rates, rates, true_share, wilson
from medreason.statistics.agreement import TrueShare

RULE = (
    "ties between raters first; then disagreements whose raters were split, the narrowest majority first; then the "
    "others; among equals what the judge alone calls good, then the subgroup with most disagreement, then the id"
)


class Group(NamedTuple):
    """A set of items: all, or those of a subgroup.

    Attributes:
        items: Lines.
        missing: Of them, those without a verdict.
        ties: Of them, those whose raters are tied (with or without a verdict).
        confusion: The rest, by label and verdict.
        rates: What the confusion table says.
    """

    items: int
    missing: int
    ties: int
    confusion: Confusion
    rates: Rates


class Raters(NamedTuple):
    """How well the humans agree among themselves: items with several raters, pairs of raters, and pairs that agree."""

    items: int
    pairs: int
    agree: int


class Case(NamedTuple):
    """An item for adjudication, and why."""

    label: Label
    why: str


class Calibration(NamedTuple):
    """A judge against human labels.

    Attributes:
        whole: All items.
        groups: Field → value → its items.
        missing: Ids without a verdict.
        ties: Ids whose raters are tied.
        raters: Agreement among the humans.
        queue: Items for adjudication, in the order of :data:`RULE`.
        notes: What cannot be estimated, and why.
    """

    whole: Group
    groups: dict[str, dict[str, Group]]
    missing: list[str]
    ties: list[str]
    raters: Raters
    queue: list[Case]
    notes: list[str]


# -- counting --------------------------------------------------------------------------------------------


def _group(labels: Sequence[Label]) -> Group:
    counts = {(human, judge): 0 for human in (True, False) for judge in (True, False)}
    for one in labels:
        if one.label is not None and one.judge is not None:
            counts[one.label, one.judge] += 1
    found = Confusion(counts[True, True], counts[True, False], counts[False, True], counts[False, False])
    missing = sum(one.judge is None for one in labels)
    return Group(len(labels), missing, sum(one.label is None for one in labels), found, rates(found))


def _grouped(labels: Sequence[Label], field: str) -> dict[str, Group]:
    members: dict[str, list[Label]] = {}
    for one in labels:
        for value in dict.fromkeys(one.values(field)):
            members.setdefault(value, []).append(one)
    return {value: _group(members[value]) for value in sorted(members, key=lambda v: (-len(members[v]), v))}


def _raters(labels: Sequence[Label]) -> Raters:
    several = [one.human for one in labels if len(one.human) > 1]
    pairs = sum(len(h) * (len(h) - 1) // 2 for h in several)
    apart = sum(sum(h) * (len(h) - sum(h)) for h in several)
    return Raters(len(several), pairs, pairs - apart)


def _notes(whole: Group) -> list[str]:
    found = whole.confusion
    notes = []
    if found.tp + found.fn == 0:
        notes.append("no human label is good: the sensitivity cannot be estimated")
    if found.tn + found.fp == 0:
        notes.append("every human label is good: the specificity cannot be estimated")
    if found.n in (found.tp, found.tn):
        notes.append("human and judge used one and the same label alone and could not disagree: kappa is not defined")
    elif 0 in (found.tp + found.fp, found.tn + found.fn):
        notes.append("the judge gave the same verdict on every item: it tells nothing apart")
    return notes


def calibrate(labels: Sequence[Label], by: Sequence[str] = ()) -> Calibration:
    """Confusion, rates, subgroups and the queue of a label file. O(labels x fields).

    Raises:
        InputError: no line has both a label and a verdict.
        UsageError: no line has a field that subgroups are asked by.
    """
    known = sorted({field for one in labels for field in one.fields})
    for field in by:
        if field not in known:
            told = f"there are: {', '.join(known)}" if known else "the lines have no field beside id, human and judge"
            raise UsageError(f"no line has the field {field!r}", fix=told)
    whole = _group(labels)
    if whole.confusion.n == 0:
        raise InputError(
            f"no line has both a human label and a verdict ({whole.missing:,} of {whole.items:,} without a verdict, "
            f"{whole.ties:,} with tied raters)",
            fix="let the judge answer the labelled items first, or add a rater where raters are tied",
        )
    groups = {field: _grouped(labels, field) for field in dict.fromkeys(by)}
    return Calibration(
        whole, groups, [one.id for one in labels if one.judge is None], [one.id for one in labels if one.label is None],
        _raters(labels), _queue(labels, groups), _notes(whole),
    )  # fmt: skip


def _queue(labels: Sequence[Label], groups: dict[str, dict[str, Group]]) -> list[Case]:
    """Items for adjudication in the order of :data:`RULE`."""

    def disagreement(one: Label) -> float:
        """Lower end of the share of disagreements, in the worst of the item's subgroups."""
        found = [groups[field][value].confusion for field in groups for value in one.values(field)]
        return max((wilson(c.fn + c.fp, c.n).low for c in found if c.n), default=0.0)

    cases = []
    for one in labels:
        if one.label is None:
            cases.append(((0, 0.0, 0, 0.0, one.id), Case(one, "raters tied")))
        elif one.judge is not None and one.judge != one.label:
            split = one.majority < 1
            why = "judge alone calls it good" if one.judge else "judge alone calls it not good"
            place = (1 if split else 2, one.majority, 0 if one.judge else 1, -disagreement(one), one.id)
            cases.append((place, Case(one, why + (", raters split" if split else ""))))
    return [case for _, case in sorted(cases, key=lambda pair: pair[0])]


# -- verdicts without labels -----------------------------------------------------------------------------


class Corrected(NamedTuple):
    """The true share behind verdicts without labels.

    Attributes:
        verdicts: Items with a verdict.
        missing: Items without one.
        labelled: Items that the label file holds too.
        share: Uncorrected and corrected.
    """

    verdicts: int
    missing: int
    labelled: int
    share: TrueShare


def corrected(verdicts: dict[str, bool | None], labels: Sequence[Label]) -> Corrected:
    """The share of truly good items among those with a verdict, the judge's errors taken from the labels."""
    given = [v for v in verdicts.values() if v is not None]
    found = _group(labels).confusion
    both = sum(one.id in verdicts for one in labels)
    return Corrected(len(given), len(verdicts) - len(given), both, true_share(sum(given), len(given), found))


# -- as JSON ---------------------------------------------------------------------------------------------


def queue_row(case: Case, by: Sequence[str] = ()) -> dict[str, Any]:
    """An item for adjudication as a row of the queue file: subgroup fields, or all where none are asked by."""
    one = case.label
    human: Any = list(one.human) if len(one.human) > 1 else one.human[0]
    fields = {k: v for k, v in one.fields.items() if not by or k in by}
    return {"id": one.id, "human": human, "judge": one.judge, "why": case.why} | fields
