"""The differences of pairs of runs as one SVG figure: a forest plot.

A row is a scope: the interval of the difference as a line, its value as a mark, filled where a difference is shown and
hollow where none is. The grey band says which differences the questions could hardly show. Two forms of one drawing,
``WIDE`` for a page and ``NARROW`` for a phone; colours come from the page's style sheet by class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from medreason.evaluation.contrasts import MACRO, POOLED, Contrast
from medreason.evaluation.verdicts import points, reach
from medreason.quality.language import printable

SCOPES = {POOLED: "all questions", MACRO: "mean of the tasks"}
_HEAD, _AXIS, _MARK = 46.0, 40.0, 5.0


class Form(NamedTuple):
    """One form of the figure, in pixels of its own size.

    Attributes:
        name: Goes into class and ids.
        width: Of the figure.
        left: Where the plot begins.
        right: Where it ends.
        row: Height of a row.
        label: Most characters of a name.
    """

    name: str
    width: int
    left: int
    right: int
    row: float
    label: int


WIDE = Form("wide", 860, 190, 600, 27.0, 26)
NARROW = Form("narrow", 350, 18, 332, 46.0, 22)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _cut(text: str, most: int) -> str:
    text = printable(text)
    return text if len(text) <= most else text[: most - 1] + "…"


def ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Round numbers from at or below ``low`` to at or above ``high``, 0 among them; in points."""
    low, high = min(low, 0.0), max(high, 0.0)
    step = next(
        s for power in range(-1, 4) for s in (10.0**power, 2 * 10.0**power, 5 * 10.0**power) if (high - low) / s <= most
    )
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [n * step for n in range(first, max(last, first + 1) + 1)]


def forest(contrasts: Sequence[Contrast], form: Form = WIDE) -> Markup:
    """The figure of some contrasts, grouped by pair; empty without any.

    Args:
        contrasts: Of one subset, in the order in which they are shown within a pair.
        form: :data:`WIDE` or :data:`NARROW`.
    """
    if not contrasts:
        return Markup("")
    pairs = list(dict.fromkeys((c.first, c.second) for c in contrasts))
    ends = [100 * x for c in contrasts for x in (c.difference.low, c.difference.high)]
    drawing = _Drawing(form, ticks(min(ends), max(ends), 7 if form is WIDE else 5))
    for first, second in pairs:
        drawing.pair(first, second, [c for c in contrasts if (c.first, c.second) == (first, second)])
    return drawing.done(contrasts)


class _Drawing:
    """The figure under way, from the top down."""

    def __init__(self, form: Form, marks: Sequence[float]) -> None:
        self._form, self._ticks = form, marks
        self._parts: list[str] = []
        self._y = 0.0

    def _x(self, share: float) -> float:
        low, high = self._ticks[0], self._ticks[-1]
        place = min(1.0, max(0.0, (100 * share - low) / (high - low)))
        return self._form.left + place * (self._form.right - self._form.left)

    def _text(self, x: float, y: float, kind: str, text: str) -> None:
        self._parts.append(f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}">{escape(text)}</text>')

    def pair(self, first: str, second: str, rows: Sequence[Contrast]) -> None:
        """One pair: its title, its rows, its axis."""
        form, top = self._form, self._y + _HEAD
        name = form.label if form is NARROW else 34
        self._text(0, self._y + 18, "pair", f"{_cut(second, name)} minus {_cut(first, name)}")
        self._text(form.left, self._y + 38, "axis", f"← {_cut(first, 18)} better")
        self._text(form.right, self._y + 38, "axis end", f"{_cut(second, 18)} better →")
        bottom = top + form.row * len(rows) + 4
        for tick in self._ticks:
            x = self._x(tick / 100)
            kind = "zero" if tick == 0 else "grid"
            self._parts.append(f'<line class="{kind}" x1="{_n(x)}" x2="{_n(x)}" y1="{_n(top - 2)}" y2="{_n(bottom)}"/>')
            self._text(x, bottom + 15, "axis mid", points(tick / 100).removesuffix(".0"))
        for n, row in enumerate(rows):
            self._row(row, top + form.row * n)
        self._text(form.right, bottom + 31, "axis end", "points")
        self._y = bottom + _AXIS

    def _row(self, c: Contrast, top: float) -> None:
        form = self._form
        middle = top + form.row - (13.5 if form is WIDE else 14)
        told = f"{points(c.difference.value)} ({reach(c.difference)})"
        label = SCOPES.get(c.scope, c.scope)
        kind = "name sum" if c.scope in SCOPES else "name"
        if form is WIDE:
            self._text(0, middle + 4.5, kind, _cut(label, form.label))
            self._text(form.right + 16, middle + 4.5, "name", told)
        else:
            self._text(0, top + 16, kind, _cut(label, form.label - 4))
            self._text(form.width, top + 16, "name end", told)
        if not math.isnan(c.smallest):
            left, right = self._x(-c.smallest), self._x(c.smallest)
            self._parts.append(
                f'<rect class="unseen" x="{_n(left)}" y="{_n(middle - 8)}" width="{_n(right - left)}" height="16"/>'
            )
        low, value, high = (self._x(v) for v in (c.difference.low, c.difference.value, c.difference.high))
        shown = "shown" if c.shown else "open"
        self._parts.append(
            f'<line class="reach {shown}" x1="{_n(low)}" x2="{_n(high)}" y1="{_n(middle)}" y2="{_n(middle)}"/>'
        )
        self._parts.append(_mark(value, middle, shown, diamond=c.scope in SCOPES))

    def done(self, contrasts: Sequence[Contrast]) -> Markup:
        """The whole figure, with its description for those who cannot see it."""
        form = self._form
        told = "; ".join(
            f"{SCOPES.get(c.scope, c.scope)}, {c.second} minus {c.first}: {points(c.difference.value)} points, "
            f"{reach(c.difference)}" for c in contrasts
        )  # fmt: skip
        return Markup(
            f'<svg class="forest {form.name}" viewBox="0 0 {form.width} {_n(self._y)}" role="img" '
            f'aria-labelledby="forest-{form.name}-title forest-{form.name}-text">'
            f'<title id="forest-{form.name}-title">Differences with 95 % intervals</title>'
            f'<desc id="forest-{form.name}-text">{escape(printable(told))}</desc>{"".join(self._parts)}</svg>'
        )


def _mark(x: float, y: float, shown: str, *, diamond: bool) -> str:
    if not diamond:
        return f'<circle class="mark {shown}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(_MARK)}"/>'
    r = _MARK + 1.5
    corners = f"{_n(x - r)},{_n(y)} {_n(x)},{_n(y - r)} {_n(x + r)},{_n(y)} {_n(x)},{_n(y + r)}"
    return f'<polygon class="mark {shown}" points="{corners}"/>'
