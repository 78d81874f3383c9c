"""The tables of a comparison, as texts: the same for the terminal, for Markdown and for the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from medreason.evaluation.beyond import Calibration, Changed, Lengths
from medreason.evaluation.compare import Comparison
from medreason.evaluation.contrasts import CLEAN, FULL, MACRO, Contrast, Score
from medreason.evaluation.forest import SCOPES
from medreason.evaluation.grounded import KINDS, SILENT, Grounded
from medreason.evaluation.published import Beside, leaderboard
from medreason.evaluation.runs import told_left
from medreason.evaluation.verdicts import p_text, percent, points, reach, span, verdict
from medreason.statistics import Estimate

CHANGES = {
    "resampled": "asked again, unchanged", "shuffled": "options in another order", "hinted": "a wrong option suggested",
    "corrupted": "evidence changed",
}  # fmt: skip


class Table(NamedTuple):
    """A table.

    Attributes:
        name: Short, for the terminal and for links.
        title: What it shows.
        header: Names of the columns.
        rows: Cells.
        texts: Columns from the left that are texts, the others are numbers; below 0 the last one is a text, too.
        notes: What should be known of it.
    """

    name: str
    title: str
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    texts: int = 1
    notes: tuple[str, ...] = ()

    def is_text(self, column: int) -> bool:
        """Whether a column holds texts."""
        return column < abs(self.texts) or (self.texts < 0 and column == len(self.header) - 1)


def scope_name(scope: str) -> str:
    """A scope as it is shown."""
    return SCOPES.get(scope, scope)


def _pair(c: Contrast) -> str:
    return f"{c.second} − {c.first}"


def _share(e: Estimate) -> str:
    return "–" if e.n == 0 or math.isnan(e.value) else f"{percent(e.value)} ({span(e)})"


def _difference(e: Estimate) -> str:
    return f"{points(e.value)} ({reach(e)})"


def verdicts(found: Comparison) -> Table:
    """What every difference comes to, the pooled ones first."""
    order = sorted((c for c in found.contrasts if c.subset == FULL), key=lambda c: c.scope not in SCOPES)
    rows = [(scope_name(c.scope), _pair(c), verdict(c)) for c in order]
    return Table("verdicts", "What it comes to", ("questions", "pair", "verdict"), rows, 3)


def accuracies(found: Comparison) -> Table:
    """Accuracy of every run on every scope."""
    chance = {s.name: s for s in found.scopes if s.subset == FULL}
    several = len(found.aligned.runs) > 1
    rows = []
    for s in (s for s in found.scores if s.subset == FULL):
        unread = f"{s.unread:,} ({percent(s.unread / s.outputs)})" if s.unread else "0"
        head = (scope_name(s.scope), s.run) if several else (scope_name(s.scope),)
        rows.append((*head, f"{s.accuracy.n:,}" if s.scope != MACRO else f"{chance[s.scope].questions:,}",
                     _share(s.accuracy), percent(chance[s.scope].chance), unread))  # fmt: skip
    first = ("questions", "run") if several else ("questions",)
    header = (*first, "n", "right (95 %)", "by guessing", "unreadable")
    note = "Unreadable outputs count as wrong. By guessing: mean of 1 / options, where those were recorded."
    return Table("accuracy", "Accuracy", header, rows, len(first), (note,))


def differences(found: Comparison, subset: str = FULL) -> Table:
    """Every difference with its test, on all or on clean questions."""
    rows = []
    for c in (c for c in found.contrasts if c.subset == subset):
        boot = reach(c.bootstrap) if c.bootstrap is not None else "–"
        p = p_text(c.p) if c.p is not None else "–"
        corrected = p_text(c.corrected) if c.corrected is not None else "–"
        smallest = "–" if math.isnan(c.smallest) else f"{100 * c.smallest:.1f}"
        rows.append((scope_name(c.scope), _pair(c), _difference(c.difference), boot,
                     "–" if c.scope == MACRO else f"{c.only_second:,} / {c.only_first:,}", p, corrected,
                     smallest))  # fmt: skip
    header = ("questions", "pair", "points (95 %)", "bootstrap", "better / worse", "p", "p (Holm)",
              "can show")  # fmt: skip
    notes = (
        "Better / worse: questions on which the run before the minus sign does better or worse than the other. "
        "p: McNemar, exact (with samples or clusters: sign-flip test); p (Holm): corrected over tasks and pairs (all "
        "questions: over pairs). "
        "Can show: the smallest difference that is found with a chance of 80 %.",
    )
    if subset == FULL:
        return Table("differences", "Differences", header, rows, 2, notes)
    return Table("clean-differences", "Differences on clean questions", header, rows, 2)


def clean_beside_full(found: Comparison) -> Table | None:
    """Accuracy on the clean subset beside that on all questions; None where nothing is known of it."""
    clean = {(s.scope, s.run): s for s in found.scores if s.subset == CLEAN}
    rows = []
    for s in (s for s in found.scores if s.subset == FULL):
        own: Score | None = clean.get((s.scope, s.run))
        if own is not None:
            rows.append((scope_name(s.scope), s.run, _share(s.accuracy), _share(own.accuracy),
                         points(own.accuracy.value - s.accuracy.value)))  # fmt: skip
    if not rows:
        return None
    asked = {s.name: s.questions for s in found.scopes if s.subset == CLEAN}
    total = {s.name: s.questions for s in found.scopes if s.subset == FULL}
    counts = ", ".join(f"{scope_name(n)} {asked[n]:,} of {total[n]:,}" for n in asked if n != MACRO)
    header = ("questions", "run", "all (95 %)", "clean (95 %)", "clean minus all")
    return Table("clean", "Clean questions beside all", header, rows, 2, (f"Clean: {counts}.",))


def unreadable(found: Comparison) -> Table | None:
    """Outputs that could not be read, by task, run and reason; None where there are none."""
    rows = [
        (scope_name(s.scope), s.run, reason.replace("_", " "), f"{n:,}", percent(n / s.outputs))
        for s in found.scores if s.subset == FULL and s.scope not in SCOPES for reason, n in s.reasons.items()
    ]  # fmt: skip
    if not rows:
        return None
    return Table("unreadable", "Unreadable outputs", ("questions", "run", "why", "outputs", "share"), rows, 3)


def published_beside(told: Sequence[Beside]) -> Table | None:
    """Our accuracy beside the published one of the same model."""
    rows: list[tuple[str, ...]] = [
        (b.published.task, b.run, f"{b.published.model}, table {b.published.table}", f"{b.questions:,}",
         _share(b.ours), f"{100 * b.published.accuracy:.1f} %", points(b.difference),
         "inside" if b.within else "outside", b.published.note) for b in told
    ]  # fmt: skip
    if not rows:
        return None
    header: tuple[str, ...]
    header = ("questions", "run", "published as", "n", "ours (95 %)", "published", "ours minus it", "our interval",
              "note")  # fmt: skip
    if not any(row[-1] for row in rows):
        header, rows = header[:-1], [row[:-1] for row in rows]
    notes = (
        f"Source: {told[0].published.source}. Inside: the published number lies in our interval; another draw of "
        "questions could explain the difference. Outside: prompt, decoding, the rule that reads answers, or other "
        "questions must explain it. Where both asked the same questions, no draw of questions explains anything.",
    )
    return Table(
        "published",
        "Beside the published numbers of the same model",
        header,
        rows,
        -3 if header[-1] == "note" else 3,
        notes,
    )


def published_board(found: Comparison) -> Table | None:
    """Our runs above all published models on the same sets; None where no task has published numbers."""
    board = leaderboard(list(found.aligned.tasks))
    tasks = [t for t in found.aligned.tasks if any(t in values for _, _, values in board)]
    if not tasks:
        return None
    ours = {(s.run, s.scope): s.accuracy for s in found.scores if s.subset == FULL}
    rows = []
    for run in found.aligned.runs:
        rows.append(("here", run.name, *(_share(ours[run.name, t]) if (run.name, t) in ours else "–" for t in tasks)))
    for table, model, values in board:
        rows.append((f"table {table}", model, *(f"{100 * values[t]:.1f} %" if t in values else "–" for t in tasks)))
    notes = ("arXiv 2504.00993, tables 2 to 4; table 3 was transcribed by a third party. Other prompts, other rules to "
             "read answers, and not surely the same questions: a look, no test.",)  # fmt: skip
    return Table("board", "Beside published results", ("from", "model", *tasks), rows, 2, notes)


def left_out(found: Comparison) -> Table | None:
    """Questions that some run lacks."""
    rows = [(told_left(one),) for one in found.aligned.left]
    return Table("left", "Left out of the comparison", ("what",), rows) if rows else None


# -- beyond accuracy -----------------------------------------------------------------------------------------


def calibrations(found: Mapping[str, Calibration]) -> list[Table]:
    """Calibration of every run that gives confidences, and each one's reliability table."""
    if not found:
        return []
    rows = [
        (run, f"{c.n:,}", f"{c.without:,}", f"{c.ece.value:.3f} ({c.ece.low:.3f}–{c.ece.high:.3f})",
         f"{c.honest.value:.3f} ({c.honest.low:.3f}–{c.honest.high:.3f})",
         f"{c.brier.value:.3f} ({c.brier.low:.3f}–{c.brier.high:.3f})") for run, c in found.items()
    ]  # fmt: skip
    header = ("run", "outputs", "without", "calibration error (95 %)", "if confidence were right", "Brier (95 %)")
    notes = (
        "Calibration error: mean distance of confidence and share right over ten bins. It is above 0 even where "
        "confidence is right: compare it with the column beside it. Brier: mean squared distance, 0 best.",
    )
    bins = [
        (run, f"{b.low:.1f}–{b.high:.1f}", f"{b.n:,}", percent(b.confidence), _share(b.right))
        for run, c in found.items() for b in c.bins if b.n
    ]  # fmt: skip
    return [
        Table("calibration", "Confidence", header, rows, 1, notes),
        Table(
            "reliability",
            "Confidence and share right",
            ("run", "confidence", "outputs", "mean", "right (95 %)"),
            bins,
            2,
        ),
    ]


def output_lengths(found: Mapping[str, Lengths]) -> Table | None:
    """Characters of the outputs of every run."""

    def whole(value: float) -> str:
        return "–" if math.isnan(value) else f"{value:,.0f}"

    rows = [(run, f"{n.n:,}", *map(whole, n[1:])) for run, n in found.items()]
    header = ("run", "outputs", "first quartile", "median", "third quartile", "median of right", "median of wrong")
    return Table("length", "Length in characters", header, rows) if rows else None


def changes(found: Mapping[str, Sequence[Changed]]) -> Table | None:
    """What changed questions did to the answers of every run."""
    rows = [
        (CHANGES[c.condition], scope_name(c.task), run, f"{c.pairs:,}", f"{c.unread:,}", _share(c.flipped),
         "–" if c.followed is None else _share(c.followed), f"{100 * c.before:.1f} → {100 * c.after:.1f} %",
         _difference(c.difference)) for run, told in found.items() for c in told
    ]  # fmt: skip
    header = ("change", "questions", "run", "pairs", "unread", "answer changes (95 %)", "follows (95 %)", "right",
              "points (95 %)")  # fmt: skip
    notes = (
        "Pairs: outputs to the question as it is and to the changed one. Unread: one of both could not be read. "
        "Follows: of those that did not name the suggested option before, the share that names it then. Asked again, "
        "unchanged: how often answers change by themselves.",
    )
    return Table("changes", "When the question is changed", header, rows, 3, notes) if rows else None


def grounding(found: Mapping[str, Grounded], graph: str) -> Table | None:
    """Steps by what a graph says to them."""
    if not found:
        return None
    kinds = [kind for kind in KINDS if kind != SILENT]
    rows = [
        (run, f"{g.outputs:,}", f"{sum(g.steps.values()):,}", _share(g.checked),
         *(f"{g.steps[k]:,}: {_share(g.shares[k])}" if g.steps[k] else "0" for k in kinds)) for run, g in found.items()
    ]  # fmt: skip
    header = ("run", "outputs", "steps", "with a claim (95 %)", *(f"{k} (of those)" for k in kinds))
    notes = (
        f"Checked against {graph}, without a model. Unsupported means: not in this graph, never that it is wrong.",
    )
    return Table("grounding", "Do the steps hold?", header, rows, 1, notes)
