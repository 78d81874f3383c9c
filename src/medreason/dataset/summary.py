"""The numbers of a run: funnel, accuracy with intervals, coverage-accuracy curve, blind rules.

A pure function of the outcomes; no clock, no host. Every rate comes per item (Wilson interval) and macro over the
answers' diseases (bootstrap over diseases), because a few diseases hold many cases.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

from medreason.statistics import Estimate, by_group, macro, wilson

CURVE_POINTS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def in_calibration_half(concept: str) -> bool:
    """Whether a disease belongs to the half on which the margin threshold was set (by hash of its id)."""
    return hashlib.sha256(f"calibration {concept}".encode()).digest()[0] % 2 == 0


def _estimate(e: Estimate) -> dict[str, Any]:
    if math.isnan(e.value):
        return {"value": None, "low": None, "high": None, "n": 0}
    return {"value": round(e.value, 4), "low": round(e.low, 4), "high": round(e.high, 4), "n": e.n}


def rate(pairs: Iterable[tuple[str, float]]) -> dict[str, Any]:
    """A rate of (disease, 0 … 1) pairs: per item and macro over diseases, each with a 95 % interval."""
    items = list(pairs)
    per_item = wilson(math.fsum(v for _, v in items), len(items))
    return {"per_item": _estimate(per_item), "macro_over_diseases": _estimate(macro(by_group(items)))}


def curve(audits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Coverage-accuracy curve: the surest share of the items, its smallest margin, how many of it are right."""
    ranked = sorted(audits, key=lambda a: -a["margin"])
    points = []
    for coverage in CURVE_POINTS:
        top = ranked[: math.ceil(coverage * len(ranked))]
        if top:
            pairs = [(a["answer"], float(a["right"])) for a in top]
            points.append({"coverage": coverage, "margin": top[-1]["margin"], "right": rate(pairs)})
    return points


def _accuracy(audits: list[dict[str, Any]]) -> dict[str, Any]:
    decided = [a for a in audits if a["decided"]]
    return {
        "answerable": len(audits),
        "decided": rate((a["answer"], float(a["decided"])) for a in audits),
        "right_among_decided": rate((a["answer"], float(a["right"])) for a in decided),
        "kept": rate((a["answer"], float(a["kept"])) for a in audits),
    }


def _chains(items: list[dict[str, Any]]) -> dict[str, Any]:
    """What a language model's chains came to; empty where none wrote any."""
    written = [o for o in items if "claims" in o]
    if not written:
        return {}
    kept = [o for o in written if o["kind"] == "record"]
    claims: Counter[str] = Counter()
    for outcome in kept:
        claims.update(outcome["claims"])
    return {
        "samples": sum(len(o["samples"]) for o in written),
        "hinted": sum("hinted" in o["row"].get("flags", ()) for o in kept),
        "claims": dict(sorted(claims.items())),
    }


def summarise(outcomes: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """All numbers of a run from its journalled outcomes."""
    items = list(outcomes)
    reached = [o for o in items if o["audit"] and o["audit"]["answer"]]
    audits = [{**o["audit"], "kept": o["kind"] == "record"} for o in reached]
    reasons = Counter(f"{o['row']['stage']}/{o['row']['reason']}" for o in items if o["kind"] == "rejection")
    rules: dict[str, list[tuple[str, float]]] = {}
    for audit in audits:
        for rule, value in audit["blind"].items():
            rules.setdefault(rule, []).append((audit["answer"], value))
    chains = _chains(items)
    return {
        **({"chains": chains} if chains else {}),
        "items": len(items),
        "kept": sum(o["kind"] == "record" for o in items),
        "rejected": dict(sorted(reasons.items())),
        "accuracy": _accuracy(audits),
        "accuracy_calibration_half": _accuracy([a for a in audits if in_calibration_half(a["answer"])]),
        "accuracy_report_half": _accuracy([a for a in audits if not in_calibration_half(a["answer"])]),
        "accuracy_name_overlap": _accuracy([a for a in audits if a["name_overlap"]]),
        "accuracy_no_name_overlap": _accuracy([a for a in audits if not a["name_overlap"]]),
        "coverage_accuracy_curve": curve(audits),
        "blind_rules": {rule: rate(pairs) for rule, pairs in rules.items()},
    }
