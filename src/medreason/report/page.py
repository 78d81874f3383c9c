"""Renders the report of a run from its rows, its manifest and the graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from medreason.kg.store import Graph
from medreason.ledger import flow_name, ledger
from medreason.report.content import choose, distributions, shown
from medreason.report.figures import curve_figure
from medreason.report.sankey import NARROW, WIDE, sankey_figure, thinnest_items
from medreason.statistics import Estimate


def _samples(records: Sequence[dict[str, Any]]) -> list[tuple[str, int]]:
    """Records by the sample in which their chain was kept; empty where no language model wrote in samples."""
    counts: Counter[tuple[bool, int]] = Counter()
    for record in records:
        if written := record["written"]:
            counts[bool(written["hinted"]), 0 if written["hinted"] else written["sample"] + 1] += 1
    return [("after the answer was told" if hinted else f"sample {n}", c) for (hinted, n), c in sorted(counts.items())]


def _calls(llm: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Sums by stage and in all."""
    return [*llm["stages"].items(), ("all", llm["total"])] if llm else []


def percent(estimate: dict[str, Any]) -> str:
    """An estimate as "91.9 % (86.1 to 97.0)"."""
    if estimate["value"] is None:
        return "not measured"
    return f"{100 * estimate['value']:.1f} % ({100 * estimate['low']:.1f} to {100 * estimate['high']:.1f})"


def share(estimate: Estimate) -> str:
    """The same of an :class:`medreason.statistics.Estimate`; empty where there was nothing to share."""
    return percent(estimate._asdict()) if estimate.n else ""


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
    environment.filters |= {"percent": percent, "share": share}
    summary = manifest["summary"]
    chosen = [shown(graph, record) for record in choose(records)]
    found = ledger(summary["rejected"], summary["kept"], flow_name(manifest["identity"]["config"]))
    return environment.get_template("page.html").render(
        css=sources["page.css"],
        manifest=manifest,
        config=manifest["identity"]["config"],
        calls=_calls(manifest.get("llm") or {}),
        summary=summary,
        funnel=found,
        sankey=sankey_figure(found),
        thinnest={form.name: thinnest_items(found, form) for form in (WIDE, NARROW)},
        samples=_samples(records),
        curve=curve_figure(summary["coverage_accuracy_curve"]) if summary["coverage_accuracy_curve"] else "",
        parts=distributions(graph, records),
        chosen=chosen,
        total=len(records),
    )
