"""How the arms compare: preferences, strengths, labels and scales; only of a study that is unblinded."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import combinations
from typing import Any

from medreason.review.answers import SCALES, STEP_LABELS
from medreason.review.results.agreement import plain
from medreason.review.results.tables import Row, Tables
from medreason.statistics import Clustered, Comparison, ranking, shares, win_tie_loss
from medreason.statistics.cluster import means

STRATA = ("source", "organ_system", "difficulty")
# Preferences as seen from an arm.
GIVEN = ("much", "slightly", "tie", "slightly_other", "much_other", "both_unsafe")


def clustered(found: Clustered) -> dict[str, Any]:
    """A mean for JSON; ends without a bound are ``None``."""
    return {
        "value": plain(found.value), "low": plain(found.low), "high": plain(found.high), "n": found.n,
        "reviewers": found.reviewers, "items": found.items, "over": found.over,
    }  # fmt: skip


def result_of(own: str) -> int | None:
    """1 where the case's first side is preferred, -1 for the second, 0 for a tie; ``None`` for both unsafe."""
    if own == "both_unsafe":
        return None
    return 1 if own.endswith("first") else -1 if own.endswith("second") else 0


def comparisons(rows: list[Row]) -> list[Comparison]:
    """Preferences as comparisons of arms; repeats and "both unsafe" are left out."""
    found = []
    for row in rows:
        result = result_of(row["own"])
        if result is not None and not row["repeat"]:
            found.append(Comparison(row["person"], row["case"], row["arm_first"], row["arm_second"], result))
    return found


def versus(rows: list[Row], arm: str, other: str) -> dict[str, Any]:
    """Wins, ties, losses of an arm against another, the share of "both unsafe", and every answer as given."""
    own = [r for r in rows if not r["repeat"] and {r["arm_first"], r["arm_second"]} == {arm, other}]
    found = win_tie_loss(comparisons(own), arm, other)
    given = Counter(_named(row, arm) for row in own)
    unsafe = shares(
        [r["person"] for r in own], [r["case"] for r in own], [[float(r["own"] == "both_unsafe")] for r in own]
    )[0] if own else None  # fmt: skip
    return {
        "arm": arm, "other": other, **{name: clustered(one) for name, one in found._asdict().items()},
        "both_unsafe": clustered(unsafe) if unsafe else None,
        "given": {name: given.get(name, 0) for name in GIVEN},
    }  # fmt: skip


def _named(row: Row, arm: str) -> str:
    """A preference as seen from an arm: ``much``, ``slightly``, ``tie``, ``slightly_other``, ``much_other``."""
    own = str(row["own"])
    strength, _, side = own.rpartition("_")
    if side not in {"first", "second"}:
        return own
    return strength if row[f"arm_{side}"] == arm else f"{strength}_other"


def preferences(found: Tables) -> dict[str, Any]:
    """Every pair of arms over all, by specialty of the reviewer, by stratum, and by case; and all arms' strengths."""
    pairs = list(combinations(found.arms, 2))
    groups: dict[str, dict[str, list[Row]]] = {name: defaultdict(list) for name in ("specialty", *STRATA)}
    for row in found.preferences:
        for specialty in (row["specialties"] or "(none)").split("; "):
            groups["specialty"][specialty].append(row)
        for name in STRATA:
            groups[name][row[name] or "(none)"].append(row)
    rank = ranking(comparisons(found.preferences)) if comparisons(found.preferences) else None
    return {
        "pairs": [versus(found.preferences, a, b) for a, b in pairs],
        "by": {
            name: {value: [versus(rows, a, b) for a, b in pairs] for value, rows in sorted(members.items())}
            for name, members in groups.items() if members
        },
        "ranking": None if rank is None else {
            "strengths": [
                {"arm": s.arm, "value": plain(s.value), "low": plain(s.low), "high": plain(s.high)}
                for s in rank.strengths
            ],
            "tie": plain(rank.tie), "comparisons": rank.comparisons, "over": rank.over, "why": rank.why,
        },
    }  # fmt: skip


def steps(found: Tables) -> list[dict[str, Any]]:
    """By arm, the share of each label among its steps, with intervals over reviewers and cases; repeats left out."""
    result = []
    for arm in found.arms:
        rows = [row for row in found.steps if row["arm"] == arm and not row["repeat"]]
        if not rows:
            continue
        values = [[float(row["label"] == label) for label in STEP_LABELS] for row in rows]
        told = shares([r["person"] for r in rows], [r["case"] for r in rows], values)
        result.append(
            {"arm": arm, "labels": {label: clustered(one) for label, one in zip(STEP_LABELS, told, strict=True)}}
        )
    return result


def scales(found: Tables) -> dict[str, Any]:
    """Means by arm and scale, and differences of two arms rated by the same reviewer on the same case."""
    result: dict[str, Any] = {"means": [], "differences": []}
    rows = [row for row in found.scales if not row["repeat"]]
    for scale in SCALES:
        own = [row for row in rows if row["scale"] == scale]
        if not own:
            continue
        for arm in found.arms:
            given = [row for row in own if row["arm"] == arm]
            told = means(
                [r["person"] for r in given], [r["case"] for r in given], [[float(r["value"])] for r in given]
            )[0]
            result["means"].append({"scale": scale, "arm": arm, **clustered(told)})
        by_task: dict[str, dict[str, Row]] = defaultdict(dict)
        for row in own:
            by_task[row["task"]][row["arm"]] = row
        for arm, other in combinations(found.arms, 2):
            both = [(t[arm], t[other]) for t in by_task.values() if arm in t and other in t]
            if both:
                told = means([a["person"] for a, _ in both], [a["case"] for a, _ in both],
                             [[float(a["value"] - b["value"])] for a, b in both])[0]  # fmt: skip
                result["differences"].append({"scale": scale, "arm": arm, "other": other, **clustered(told)})
    return result


def cases(found: Tables) -> list[dict[str, Any]]:
    """One row a case: preferences, steps called incorrect or harmful by arm, mean accuracy by arm; repeats left out."""
    result = []
    for case in dict.fromkeys(row["case"] for row in found.answers):
        own = [r for r in found.preferences if r["case"] == case and not r["repeat"]]
        wins: Counter[str] = Counter()
        for row in own:
            sign = result_of(row["own"])
            wins[
                "both unsafe" if sign is None else "tie" if not sign else row["arm_first" if sign > 0 else "arm_second"]
            ] += 1
        bad = Counter(r["arm"] for r in found.steps
                      if r["case"] == case and not r["repeat"] and r["label"] in {"incorrect", "harmful"})  # fmt: skip
        judged = {r["arm"] for r in found.steps if r["case"] == case}
        rated: dict[str, list[int]] = defaultdict(list)
        for r in found.scales:
            if r["case"] == case and not r["repeat"] and r["scale"] == "accuracy":
                rated[r["arm"]].append(r["value"])
        result.append({
            "case": case, "preferences": dict(wins), "refused_steps": {arm: bad[arm] for arm in sorted(judged)},
            "accuracy": {arm: round(math.fsum(v) / len(v), 2) for arm, v in sorted(rated.items())},
            "declined": sum(r["outside_specialty"] for r in found.answers if r["case"] == case and not r["repeat"]),
        })  # fmt: skip
    return result
