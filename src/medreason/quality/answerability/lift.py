"""The numbers of an answerability run: how often each arm is right, and the lift of the chain over the controls.

Pure functions of (item, arm, credit). A credit is the share of an item's samples that were right (or the expected share
where options tie). Intervals: bootstrap over the answers' diseases, because items with one answer are not independent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from medreason.statistics import Estimate, by_group, clustered, mean

Arm = Literal["chain", "none", "other"]
ARMS: tuple[Arm, ...] = ("chain", "none", "other")
CONTROLS: tuple[Arm, ...] = ("none", "other")
Verdict = Literal["adds", "not shown", "fails", "incomplete"]
RIGHT = 0.5


class Answered(NamedTuple):
    """One item with its credits.

    Attributes:
        id: Id of the record.
        answer: What items are clustered by: concept or text of the answer.
        credits: Share of right answers by arm, 0 to 1; an arm without any reply is absent.
        unread: Replies that name no option, by arm; they count as wrong.
    """

    id: str
    answer: str
    credits: Mapping[Arm, float]
    unread: Mapping[Arm, int]

    def lift(self, control: Arm) -> float | None:
        """Credit with the chain less credit of a control; ``None`` where one of them is missing."""
        if "chain" not in self.credits or control not in self.credits:
            return None
        return self.credits["chain"] - self.credits[control]

    @property
    def verdict(self) -> Verdict:
        """``adds``: more often right than wrong with the chain, and more often than in both controls; ``not shown``:
        right with it, and not less so in a control; ``fails``: not right with it."""
        lifts = [lift for c in CONTROLS if (lift := self.lift(c)) is not None]
        if len(lifts) < len(CONTROLS):
            return "incomplete"
        if self.credits["chain"] <= RIGHT:
            return "fails"
        return "adds" if min(lifts) > 0 else "not shown"


def _shown(estimate: Estimate) -> dict[str, Any]:
    if not estimate.n:
        return {"value": None, "low": None, "high": None, "n": 0}
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in estimate._asdict().items()}


def _macro(pairs: Sequence[tuple[str, float]], seed: int) -> Estimate:
    """Mean over answers of their mean lift."""
    groups = by_group(pairs)
    return mean([math.fsum(groups[g]) / len(groups[g]) for g in sorted(groups)], seed=seed)


def summarise(items: Sequence[Answered], seed: int = 0) -> dict[str, Any]:
    """All numbers of a run: each arm, each lift (per item and macro over answers), verdicts, unread replies."""
    arms = {arm: [(i.answer, i.credits[arm]) for i in items if arm in i.credits] for arm in ARMS}
    lifts = {c: [(i.answer, lift) for i in items if (lift := i.lift(c)) is not None] for c in CONTROLS}
    verdicts = [i.verdict for i in items]
    return {
        "items": len(items),
        "right": {arm: _shown(clustered(pairs, seed=seed)) for arm, pairs in arms.items()},
        "lift": {
            control: {
                "per_item": _shown(clustered(pairs, seed=seed)),
                "macro_over_answers": _shown(_macro(pairs, seed)),
            }
            for control, pairs in lifts.items()
        },
        "verdicts": {v: verdicts.count(v) for v in ("adds", "not shown", "fails", "incomplete")},
        "unread": {arm: sum(i.unread.get(arm, 0) for i in items) for arm in ARMS},
    }
