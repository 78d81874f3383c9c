"""The report of a comparison: one list of sections, written as Markdown, as a page, and as JSON.

What it is: a function of what was found; the same numbers give the same bytes. The page stands alone, without script
or request.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from medreason.evaluation import tables
from medreason.evaluation.beyond import Calibration, Changed, Lengths
from medreason.evaluation.compare import Comparison
from medreason.evaluation.contrasts import CLEAN, FULL
from medreason.evaluation.forest import NARROW, SCOPES, WIDE, forest
from medreason.evaluation.grounded import Grounded
from medreason.evaluation.published import Beside
from medreason.evaluation.tables import Table
from medreason.evaluation.verdicts import verdict

# Tables that a page folds away once they have more rows than this: details of what stands above them.
FOLDED = ("differences", "clean-differences", "unreadable", "board", "reliability", "left")
MOST_OPEN = 8
MARKDOWN, PAGE, JSON = "comparison.md", "comparison.html", "comparison.json"


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report tells; what is empty is left out.

    Attributes:
        found: The comparison.
        beside: Numbers beside published ones.
        calibration: By run.
        length: By run.
        changed: By run.
        grounded: By run.
        graph: Name and version of the graph behind ``grounded``.
    """

    found: Comparison
    beside: Sequence[Beside] = ()
    calibration: Mapping[str, Calibration] = field(default_factory=dict)
    length: Mapping[str, Lengths] = field(default_factory=dict)
    changed: Mapping[str, Sequence[Changed]] = field(default_factory=dict)
    grounded: Mapping[str, Grounded] = field(default_factory=dict)
    graph: str = ""


def sections(report: Report) -> list[Table]:
    """All tables of a report, in order."""
    found = report.found
    pairs = bool(found.contrasts)
    clean = tables.clean_beside_full(found)
    told = [
        tables.verdicts(found) if pairs else None,
        tables.accuracies(found),
        tables.differences(found) if pairs else None,
        clean,
        tables.differences(found, CLEAN) if pairs and clean is not None else None,
        tables.unreadable(found),
        tables.published_beside(report.beside),
        tables.published_board(found),
        *tables.calibrations(report.calibration),
        tables.output_lengths(report.length),
        tables.changes(report.changed),
        tables.grounding(report.grounded, report.graph),
        tables.left_out(found),
    ]
    return [table for table in told if table is not None]


def lead(found: Comparison) -> str:
    """What was compared, in one sentence."""
    asked = sum(len(ids) for ids in found.aligned.tasks.values())
    tasks = ", ".join(found.aligned.tasks)
    runs = ", ".join(run.name for run in found.aligned.runs)
    verb = f"{len(found.aligned.runs)} runs on the same questions" if len(found.aligned.runs) > 1 else "One run"
    return f"{verb}: {runs}. {asked:,} questions of {len(found.aligned.tasks)} " + (
        f"{'set' if len(found.aligned.tasks) == 1 else 'sets'}: {tasks}."
    )


def method(found: Comparison) -> list[str]:
    """How the numbers were made."""
    told = [
        "Accuracy is the share right of all questions; an output that could not be read is wrong. A question with "
        "several samples counts once, with the share that is right.",
        "Intervals are 95 %: Wilson for an accuracy, Newcombe (1998) for a difference. Where questions have several "
        "samples or hang together in clusters, whole clusters are drawn (bootstrap, percentile, 10,000 draws, seed "
        f"{found.seed}), and the test turns their signs round.",
    ]
    if found.contrasts:
        told += [
            "The test is McNemar's, exact. p values are corrected by Holm over tasks and pairs; those of all questions "
            "together over pairs. A difference is shown where the corrected p is below 0.05. The mean of the tasks has "
            "no test: there the interval decides, uncorrected.",
            "“All questions” and “mean of the tasks” stand on the tasks that every run has. They take the tasks as "
            "independent: sets that repeat each other's questions make these two intervals too narrow.",
        ]
    return [*told, "A difference that is not shown is not the same as no difference: see what the questions can show."]


# -- the forms ------------------------------------------------------------------------------------------------


def markdown(report: Report) -> str:
    """The report as Markdown."""
    parts = ["# Comparison", _plain(lead(report.found))]
    for table in sections(report):
        rule = ["---" if table.is_text(n) else "---:" for n in range(len(table.header))]
        lines = [table.header, rule, *table.rows]
        parts += [f"## {table.title}", "\n".join(f"| {' | '.join(map(_plain, line))} |" for line in lines)]
        parts += [_plain(note) for note in table.notes]
    parts += ["## How this was computed", "\n".join(f"- {_plain(line)}" for line in method(report.found))]
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    """A text that neither breaks a table nor means anything in Markdown or HTML."""
    from medreason.quality.language import printable

    told = printable(text.replace("\n", " "))
    for sign in ("\\", "|", "*", "_", "`", "[", "]", "#"):
        told = told.replace(sign, f"\\{sign}")
    return told.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def page(report: Report) -> str:
    """The report as one HTML text: no network, no script, no clock; a pure function of its argument."""
    from jinja2 import DictLoader, Environment, StrictUndefined

    from medreason.quality.language import printable

    sources = {
        "report.html": files("medreason.evaluation").joinpath("report.html").read_text(encoding="utf-8"),
        "page.css": files("medreason.report").joinpath("page.css").read_text(encoding="utf-8"),
    }
    environment = Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["printable"] = printable
    shown = [c for c in report.found.contrasts if c.subset == FULL]
    shown.sort(key=lambda c: c.scope in SCOPES)
    return environment.get_template("report.html").render(
        css=sources["page.css"],
        lead=lead(report.found),
        tables=(told := sections(report)),
        folded={table.name for table in told if table.name in FOLDED and len(table.rows) > MOST_OPEN},
        forest={"wide": forest(shown, WIDE), "narrow": forest(shown, NARROW)},
        method=method(report.found),
    )


def document(report: Report) -> dict[str, Any]:
    """Everything as one JSON document; shares from 0 to 1, null where there is no number."""
    found = report.found
    told: dict[str, Any] = {
        "runs": [run.name for run in found.aligned.runs],
        "tasks": {task: len(ids) for task, ids in found.aligned.tasks.items()},
        "left_out": [{**one._asdict(), "ids": list(one.ids)} for one in found.aligned.left],
        "seed": found.seed,
        "scopes": [s._asdict() for s in found.scopes],
        "scores": [s._asdict() for s in found.scores],
        "contrasts": [{**c._asdict(), "shown": c.shown, "verdict": verdict(c)} for c in found.contrasts],
        "published": [b._asdict() for b in report.beside],
        "calibration": {run: c._asdict() for run, c in report.calibration.items()},
        "length": {run: n._asdict() for run, n in report.length.items()},
        "changed": {run: [c._asdict() for c in cs] for run, cs in report.changed.items()},
        "grounded": {run: g._asdict() for run, g in report.grounded.items()},
        "graph": report.graph or None,
    }
    rounded: dict[str, Any] = _rounded(told)
    return rounded


def _rounded(value: Any) -> Any:
    """Named tuples as objects, numbers with six decimals, what is no number as null."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(v) for v in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
