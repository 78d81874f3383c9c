"""Draws the figures of ``medreason plot`` as SVG and PNG with matplotlib (extra ``plots``).

The same bytes for the same numbers and the same matplotlib: no date, fixed ids, letters as outlines. Colours are those
of Okabe and Ito (2008), which people with any colour vision tell apart; no figure says anything by colour alone.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

from medreason.errors import UsageError
from medreason.report.plot_numbers import Table

BLUE, ORANGE, GREEN, GREY, INK, SOFT, LINE = "#0072B2", "#D55E00", "#009E73", "#8a97a1", "#17242f", "#51616f", "#d5dde3"
WIDTH, ROW = 8.0, 0.34  # inches
FORMATS = ("svg", "png")
STYLE = {
    "svg.hashsalt": "medreason", "svg.fonttype": "path", "font.family": ["DejaVu Sans"], "font.size": 9.5,
    "text.color": INK, "axes.labelcolor": SOFT, "axes.edgecolor": LINE, "xtick.color": SOFT, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "axes.grid.axis": "x",
    "grid.color": LINE, "grid.linewidth": 0.7, "axes.axisbelow": True, "figure.facecolor": "white",
    "text.parse_math": False,
}  # fmt: skip


def library() -> Any:
    """The library, set to draw files.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise UsageError(
            "figures need matplotlib, which is not installed", fix="pip install 'medreason[plots]'"
        ) from error
    matplotlib.use("Agg")
    return matplotlib


def _cut(text: str, most: int = 46) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _short(name: str) -> str:
    """An organ system without the words that all of them begin with; other names as they are."""
    short = name.removeprefix("Abnormality of ").removeprefix("the ")
    return short if short == name else short[:1].upper() + short[1:]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.001 or share == 0 else "< 0.1 %"


def _rows(axes: Any, labels: Sequence[str]) -> range:
    """One row a label, the first on top."""
    places = range(len(labels))
    axes.set_yticks(places, [_cut(label) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    return places


def _told(axes: Any, place: float, x: float, text: str) -> None:
    axes.annotate(text, (x, place), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8.5, color=INK)


def _room(axes: Any, most: float) -> None:
    """Leaves room for the texts behind the bars."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(0, most * 1.38 or 1)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _bars(axes: Any, table: Table, labels: Sequence[str], column: int, axis: str) -> None:
    """Counts as bars, each with its number and its share."""
    places = _rows(axes, labels)
    values = [float(row[column]) for row in table.rows]
    axes.barh(places, values, height=0.62, color=BLUE)
    for place, row, value in zip(places, table.rows, values, strict=True):
        _told(axes, place, value, f"{value:,.0f} ({_percent(float(row[column + 1]))})")
    _room(axes, max(values))
    axes.set_xlabel(axis)


def _counts(axis: str) -> Callable[[Any, Table], None]:
    def draw(axes: Any, table: Table) -> None:
        _bars(axes, table, [_short(str(row[0])) for row in table.rows], 1, axis)

    return draw


def _shares(axes: Any, table: Table, labels: Sequence[str], column: int, n: int) -> None:
    """Shares as points with their intervals; ``column`` holds the share, its bounds follow."""
    places = _rows(axes, labels)
    for place, row in zip(places, table.rows, strict=True):
        value, low, high = (100 * float(cell) for cell in row[column : column + 3])
        axes.plot([low, high], [place, place], color=BLUE, linewidth=2.4, solid_capstyle="butt")
        axes.plot([value], [place], marker="o", markersize=6, color=BLUE)
        told = f"{value:.1f} % ({low:.1f} to {high:.1f}), {row[n]:,}"
        if high > 62:
            axes.annotate(
                told, (low, place), xytext=(-6, 0), textcoords="offset points", va="center", ha="right", fontsize=8.5
            )
        else:
            _told(axes, place, high, told)
    axes.set_xlim(0, 100)
    axes.set_xlabel("share in %")


def _yield(axes: Any, table: Table) -> None:
    _shares(axes, table, [f"{row[0]}: of {row[3]:,} {row[1]}" for row in table.rows], 4, 2)


def _grounding(axes: Any, table: Table) -> None:
    _shares(axes, table, [str(row[0]) for row in table.rows], 2, 1)


def _funnel(axes: Any, table: Table) -> None:
    """What is still under way, and what leaves it at each reason: bars that hang on one another."""
    *lost, kept = table.rows
    total = float(kept[3])
    places = _rows(axes, ["all items", *(f"{row[0]}: {str(row[1]).replace('_', ' ')}" for row in lost), "records"])
    axes.barh(0, total, height=0.62, color=BLUE)
    _told(axes, 0, total, f"{total:,.0f}")
    left = total
    for place, row in zip(places[1:], lost, strict=False):
        n = float(row[2])
        axes.barh(place, left - n, height=0.62, color=BLUE, alpha=0.22, linewidth=0)
        axes.barh(place, n, left=left - n, height=0.62, color=GREY, hatch="////", edgecolor="white", linewidth=0)
        _told(axes, place, left, f"−{n:,.0f} ({100 * float(row[4]):.1f} % of {row[3]:,})")
        left -= n
    axes.barh(places[-1], left, height=0.62, color=GREEN)
    _told(
        axes,
        places[-1],
        left,
        f"{left:,.0f} ({100 * float(kept[4]):.1f} %, {100 * float(kept[5]):.1f} to {100 * float(kept[6]):.1f})",
    )
    _room(axes, total)
    axes.set_xlabel("items")


def _coverage(axes: Any, table: Table) -> None:
    x = [100 * float(row[0]) for row in table.rows]
    for first, name, colour, dash, marker in (
        (3, "per item", BLUE, "-", "o"),
        (7, "macro over diseases", ORANGE, "--", "s"),
    ):
        value, low, high = ([100 * float(row[first + i]) for row in table.rows] for i in range(3))
        axes.fill_between(x, low, high, color=colour, alpha=0.16, linewidth=0)
        axes.plot(x, value, dash, marker=marker, markersize=4.5, color=colour, label=name)
    lowest = min(float(row[i]) for row in table.rows for i in (4, 8))
    axes.set_ylim(max(0.0, (100 * lowest) // 10 * 10), 100.6)
    axes.set_xlim(0, 103)
    axes.set_xlabel("coverage: share of the questions that is answered, the surest first, in %")
    axes.set_ylabel("right, in %")
    axes.grid(visible=True, axis="both")
    axes.legend(frameon=False, loc="lower left")


def _cost(axes: Any, table: Table) -> None:
    axes.step(
        [float(row[1]) for row in table.rows], [100 * float(row[2]) for row in table.rows], where="post", color=BLUE
    )
    axes.set_xlim(left=0)
    axes.set_ylim(0, 102)
    axes.set_xlabel("cost of a record's own requests (unit of the prices given)")
    axes.set_ylabel("records that cost at most so much, in %")
    axes.grid(visible=True, axis="both")


DRAWN: dict[str, Callable[[Any, Table], None]] = {
    "funnel": _funnel, "yield": _yield, "lengths": _counts("pieces of evidence"), "relations": _counts("edges cited"),
    "grounding": _grounding, "coverage": _coverage, "cost": _cost, "systems": _counts("records"),
}  # fmt: skip
TALL = {"coverage": 4.2, "cost": 3.8}


def render(table: Table, formats: Sequence[str]) -> dict[str, bytes]:
    """A figure's files by format.

    Args:
        table: Its numbers.
        formats: Of :data:`FORMATS`.

    Raises:
        UsageError: matplotlib is not installed.
    """
    matplotlib = library()
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        rows = len(table.rows) + (table.name == "funnel")
        height = TALL.get(table.name, 1.3 + ROW * rows)
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.add_subplot()
        DRAWN[table.name](axes, table)
        layout: Any = figure.get_layout_engine()
        layout.set(rect=(0.0, 0.0, 1.0, 1.0 - 0.62 / height))
        figure.text(0.012, 1 - 0.09 / height, table.title, va="top", fontsize=13, fontweight="bold")
        figure.text(0.012, 1 - 0.36 / height, table.note, va="top", fontsize=9, color=SOFT)
        found = {}
        for form in formats:
            data = io.BytesIO()
            metadata = (
                {"Date": None, "Creator": "medreason", "Title": table.title} if form == "svg" else {"Software": None}
            )
            figure.savefig(data, format=form, dpi=200, metadata=metadata)
            found[form] = data.getvalue()
    return found
