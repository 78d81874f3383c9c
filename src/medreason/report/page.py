"""Renders the report of a run from its rows, its manifest and the graph."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from medreason.kg.store import Graph
from medreason.report.content import choose, distributions, shown
from medreason.report.figures import curve_figure

REASONS = {
    "gold_not_annotated": "the solved disease has no phenotype annotation in this graph release",
    "no_evidence_after_exclusion": "nothing is left once the case's own publication is set aside",
    "no_fair_distractors": "no four comparable disorders to choose between",
    "margin_too_small": "the best option's lead is below the threshold",
    "evidence_favours_other": "the recorded evidence favours another option than the key",
    "no_adequate_evidence": "no recorded evidence speaks for any option",
    "no_findings": "no finding of the question was found in the graph",
    "no_answer_key": "the question carries no answer key",
    "finding_not_in_graph": "none of the findings is in this graph release",
    "no_diagnosis": "not exactly one solved diagnosis",
    "malformed": "the item cannot be read",
    "unreadable": "the file breaks off",
    "unknown_field": "a field is not in the schema",
    "duplicate_id": "the id occurs twice",
    "internal_error": "a fault of the program: please report it",
}


def _funnel(summary: dict[str, Any]) -> list[dict[str, Any]]:
    top = max(1, summary["items"])
    rows = []
    for name, count in summary["rejected"].items():
        stage, reason = name.split("/", 1)
        rows.append({"stage": stage, "reason": reason, "words": REASONS.get(reason, ""), "count": count})
    order = {"read": 0, "question": 1, "link": 2, "reason": 3, "accept": 4}
    rows.sort(key=lambda r: (order.get(r["stage"], 9), -r["count"]))
    kept = {"stage": "kept", "reason": "record", "words": "every step cites the graph", "count": summary["kept"]}
    return [{**r, "width": round(100 * r["count"] / top, 1)} for r in (*rows, kept)]


def _calls(llm: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Sums by stage and in all."""
    return [*llm["stages"].items(), ("all", llm["total"])] if llm else []


def percent(estimate: dict[str, Any]) -> str:
    """An estimate as "91.9 % (86.1 to 97.0)"."""
    if estimate["value"] is None:
        return "not measured"
    return f"{100 * estimate['value']:.1f} % ({100 * estimate['low']:.1f} to {100 * estimate['high']:.1f})"


def render_report(graph: Graph, manifest: dict[str, Any], records: Sequence[dict[str, Any]]) -> str:
    """The page as one HTML text: no network, no clock, no path; a pure function of its arguments.

    Args:
        graph: The graph that the records cite.
        manifest: The run's manifest.
        records: Rows of ``dataset.jsonl``.
    """
    from jinja2 import DictLoader, Environment, StrictUndefined

    sources = {n: files("medreason.report").joinpath(n).read_text(encoding="utf-8") for n in ("page.html", "page.css")}
    environment = Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = percent
    summary = manifest["summary"]
    chosen = [shown(graph, record) for record in choose(records)]
    return environment.get_template("page.html").render(
        css=sources["page.css"],
        manifest=manifest,
        config=manifest["identity"]["config"],
        calls=_calls(manifest.get("llm") or {}),
        summary=summary,
        funnel=_funnel(summary),
        curve=curve_figure(summary["coverage_accuracy_curve"]) if summary["coverage_accuracy_curve"] else "",
        parts=distributions(graph, records),
        chosen=chosen,
        total=len(records),
    )
