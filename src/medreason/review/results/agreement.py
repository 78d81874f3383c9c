"""How far reviewers agree with each other and with themselves; nothing here needs to know an arm."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from medreason.review.answers import MIRROR, SCALES, STEP_LABELS
from medreason.review.results.tables import OWN_PREFERENCES, Row, Tables
from medreason.statistics import (
    Agreement,
    Consistency,
    Estimate,
    cohen,
    coincidences,
    consistency,
    fleiss,
    gwet,
    krippendorff,
    percent_agreement,
    prevalence,
)
from medreason.statistics.agreement import Weights

# The five preferences that have an order; "both unsafe" stands outside it.
ORDERED = OWN_PREFERENCES[:5]
VALUES = (1, 2, 3, 4, 5)
Ratings = list[list[Any]]


def plain(value: float) -> float | None:
    """A number for JSON: ``None`` where it is not defined or has no bound."""
    return round(value, 6) if math.isfinite(value) else None


def estimate(e: Estimate) -> dict[str, Any]:
    """A proportion for JSON."""
    return {"value": plain(e.value), "low": plain(e.low), "high": plain(e.high), "n": e.n}


def told(found: Agreement) -> dict[str, Any]:
    """A coefficient for JSON, with the reason where it is not known."""
    return {
        "value": plain(found.value), "low": plain(found.low) if math.isfinite(found.value) else None,
        "high": plain(found.high) if math.isfinite(found.value) else None, "observed": plain(found.observed),
        "expected": plain(found.expected), "items": found.items, "ratings": found.ratings, "why": found.why,
    }  # fmt: skip


def ratings(rows: Iterable[Row], unit: Sequence[str], value: str) -> tuple[list[str], list[dict[str, Any]]]:
    """Case and labels by reviewer of each unit, repeats left out."""
    found: dict[tuple[Any, ...], dict[str, Any]] = defaultdict(dict)
    for row in rows:
        if not row["repeat"]:
            found[tuple(row[key] for key in unit)][row["person"]] = row[value]
    units = sorted(found, key=lambda key: tuple(map(str, key)))
    return [str(key[0]) for key in units], [found[key] for key in units]


def coefficients(
    clusters: Sequence[str], by_person: Sequence[dict[str, Any]], classes: Sequence[Any], *, weights: Weights = "none"
) -> dict[str, Any]:
    """All coefficients that fit: with ``weights`` the weighted ones and alpha by order (and by distance of numbers)."""
    people = sorted({person for unit in by_person for person in unit})
    rows: Ratings = [[unit.get(person) for person in people] for unit in by_person]
    known = list(classes)
    found = {"percent": percent_agreement(rows, known, clusters=clusters)}
    if len(people) == 2:
        first, second = [row[0] for row in rows], [row[1] for row in rows]
        found["cohen"] = cohen(first, second, known, clusters=clusters)
        if weights != "none":
            found["cohen_weighted"] = cohen(first, second, known, weights, clusters=clusters)
    found["fleiss"] = fleiss(rows, known, clusters=clusters)
    found["krippendorff_nominal"] = krippendorff(rows, "nominal", known, clusters=clusters)
    found["gwet_ac1"] = gwet(rows, known, clusters=clusters)
    if weights != "none":
        found["percent_weighted"] = percent_agreement(rows, known, weights, clusters=clusters)
        found["fleiss_weighted"] = fleiss(rows, known, weights, clusters=clusters)
        found["krippendorff_ordinal"] = krippendorff(rows, "ordinal", known, clusters=clusters)
        if all(isinstance(one, int) for one in known):
            found["krippendorff_interval"] = krippendorff(rows, "interval", known, clusters=clusters)
        found["gwet_ac2"] = gwet(rows, known, weights, clusters=clusters)
    used = prevalence(rows, known, clusters=clusters)
    table = coincidences(rows, known)
    return {
        "units": len(rows), "reviewers": len(people), "weights": weights,
        "coefficients": {name: told(one) for name, one in found.items()},
        "prevalence": [{"label": u.label, "ratings": u.ratings, "share": estimate(u.share)} for u in used],
        "coincidences": {"classes": known, "counts": table.counts, "left_out": table.left_out},
    }  # fmt: skip


def agreement(found: Tables) -> dict[str, Any]:
    """Agreement on steps, on each scale, and on the preference, each as far as it was asked."""
    result: dict[str, Any] = {}
    if found.steps:
        result["steps"] = coefficients(*ratings(found.steps, ("case", "side", "step"), "label"), STEP_LABELS)
    for scale in SCALES:
        rows = [row for row in found.scales if row["scale"] == scale]
        if rows:
            units = ratings(rows, ("case", "side"), "value")
            result[f"scale_{scale}"] = coefficients(*units, VALUES, weights="quadratic")
    if found.preferences:
        result["preference"] = coefficients(*ratings(found.preferences, ("case",), "own"), OWN_PREFERENCES)
        ordered = [row for row in found.preferences if row["own"] in ORDERED]
        if ordered:
            units = ratings(ordered, ("case",), "own")
            result["preference_ordered"] = coefficients(*units, ORDERED, weights="linear")
    return result


def itself(found: Tables) -> dict[str, Any]:
    """Agreement of reviewers with themselves, from the repeats, whose sides were swapped."""
    result: dict[str, Any] = {}
    by_task = {row["task"]: row for row in found.preferences}
    pairs = [(r["person"], by_task[r["repeat_of"]]["shown"], r["shown"]) for r in found.preferences
             if r["repeat_of"] in by_task]  # fmt: skip
    if pairs:
        result["preference"] = _itself(consistency(pairs, MIRROR))
        way = {"left": "left", "right": "right", "tie": "tie", "unsafe": "unsafe"}
        turned = {"left": "right", "tie": "tie", "unsafe": "unsafe", "right": "left"}
        coarse = [(p, way[a.rpartition("_")[2]], way[b.rpartition("_")[2]]) for p, a, b in pairs]
        result["direction"] = _itself(consistency(coarse, turned))
    answers = {row["task"]: row for row in found.answers}
    first = {(r["task"], r["side"], r["step"]): r["label"] for r in found.steps if not r["repeat"]}
    steps = [(r["person"], first[key], r["label"]) for r in found.steps if r["repeat"]
             and (key := (answers[r["task"]]["repeat_of"], r["side"], r["step"])) in first]  # fmt: skip
    if steps:
        result["steps"] = _itself(consistency(steps, {label: label for label in STEP_LABELS}))
    return result


def _itself(found: Consistency) -> dict[str, Any]:
    return {
        "same": estimate(found.same), "kappa": told(found.kappa), "same_side": estimate(found.same_side),
        "repeats": found.repeats, "reviewers": found.reviewers,
    }  # fmt: skip


def times(found: Tables) -> dict[str, Any]:
    """Active time on a case, in seconds: median and quartiles of all reviewers and of each; declined cases left out."""

    def quartiles(values: list[float]) -> dict[str, Any]:
        if not values:
            return {"n": 0, "median": None, "low": None, "high": None}
        cut = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
        return {"n": len(values), "median": round(cut[1], 1), "low": round(cut[0], 1), "high": round(cut[2], 1)}

    rows = [row for row in found.answers if not row["outside_specialty"]]
    people = dict.fromkeys(row["person"] for row in rows)
    return {
        "all": quartiles([row["seconds"] for row in rows]),
        "by_reviewer": {p: quartiles([r["seconds"] for r in rows if r["person"] == p]) for p in people},
    }


def majority(found: Tables) -> list[Row]:
    """Decisions beside what the reviewers said, repeats left out."""
    result = []
    for row in found.adjudicated:
        if row["what"] == "step":
            key = (row["case"], row["side"], row["step"])
            labels = Counter(
                r["label"] for r in found.steps if not r["repeat"] and (r["case"], r["side"], r["step"]) == key
            )
        else:
            labels = Counter(r["own"] for r in found.preferences if not r["repeat"] and r["case"] == row["case"])
        ranked = labels.most_common()
        top = ranked[0][0] if ranked and (len(ranked) == 1 or ranked[0][1] > ranked[1][1]) else ""
        result.append({**row, "labels": dict(ranked), "majority": top, "same": top == row["label"]})
    return result
