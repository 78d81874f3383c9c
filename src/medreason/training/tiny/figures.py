"""Draws the learning curves of a study in the style of the other figures: loss and share right over tokens."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from medreason.report.plots import BLUE, FORMATS, GREEN, GREY, INK, ORANGE, SOFT, STYLE, library
from medreason.training.tiny.arms import ARMS
from medreason.training.tiny.effects import Runs

LOOK = {
    "chain": (BLUE, "-", "o"), "answer": (ORANGE, "--", "s"), "answer_tokens": (ORANGE, "-", "D"),
    "shuffled": (GREY, ":", "^"), "answer_first": (GREEN, "-.", "v"),
}  # fmt: skip
TITLES = {
    "open": "Open book: diseases that no training question holds",
    "closed": "Closed book: new combinations of findings of seen diseases",
}


def curves(runs: Mapping[str, Runs], book: str) -> dict[str, bytes]:
    """The figure of one test by format; thin lines are seeds, thick ones their mean.

    Raises:
        UsageError: matplotlib is not installed.
    """
    matplotlib = library()
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullLocator

    with matplotlib.rc_context({**STYLE, "axes.grid.axis": "both"}):
        figure = Figure(figsize=(9.0, 4.6), layout="constrained")
        loss, right = figure.subplots(1, 2)
        for arm, of in runs.items():
            _lines(loss, arm, [[p["loss"] for p in r["curve"]] for r in of], of)
            _lines(right, arm, [[100 * p["right"] for p in r["curve"]] for r in of], of)
        right.axhline(20, color=INK, linewidth=0.9, linestyle=(0, (1, 2)))
        right.annotate("chance", (1, 20), xycoords=right.get_yaxis_transform(), xytext=(2, 0), va="center",
                       textcoords="offset points", fontsize=8.5, color=SOFT)  # fmt: skip
        right.set_ylim(0, 102)
        loss.set_yscale("log")
        # The style turns mathematical text off, in which a logarithmic axis writes its numbers.
        loss.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=30))
        loss.yaxis.set_major_formatter("{x:g}")
        loss.yaxis.set_minor_locator(NullLocator())
        loss.set_ylabel("training loss on the reply, nats a token")
        right.set_ylabel("right on the test, in %")
        for axes in (loss, right):
            axes.set_xlim(left=0)
            axes.set_xlabel("tokens trained on, prompt and reply, in millions")
        handles, labels = right.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
        layout: Any = figure.get_layout_engine()
        layout.set(rect=(0.0, 0.0, 1.0, 0.87))
        figure.text(0.012, 0.98, TITLES[book], va="top", fontsize=13, fontweight="bold")
        note = "Thin: one seed each; thick: their mean. The losses of different replies cannot be compared."
        figure.text(0.012, 0.92, note, va="top", fontsize=9, color=SOFT)
        return {form: _saved(figure, form, TITLES[book]) for form in FORMATS}


def _lines(axes: Any, arm: str, values: Sequence[Sequence[float]], of: Runs) -> None:
    colour, dash, marker = LOOK[arm]
    x = [p["tokens"] / 1e6 for p in of[0]["curve"]]
    for line in values:
        axes.plot(x, line, dash, color=colour, linewidth=0.7, alpha=0.4)
    mean = [sum(column) / len(column) for column in zip(*values, strict=True)]
    axes.plot(x, mean, dash, color=colour, linewidth=2, marker=marker, markersize=4, label=ARMS[arm].told)


def _saved(figure: Any, form: str, title: str) -> bytes:
    data = io.BytesIO()
    metadata = {"Date": None, "Creator": "medreason", "Title": title} if form == "svg" else {"Software": None}
    figure.savefig(data, format=form, dpi=200, metadata=metadata)
    return data.getvalue()
