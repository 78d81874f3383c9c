"""The way of a run's items as one SVG figure: a band that runs down, and what leaves it at each stage, and why.

Widths are proportional to items; a flow that would be thinner than :data:`THINNEST` is drawn that thick, and the
band above it with it, so that widths add up everywhere. Two forms of one drawing: ``WIDE`` for a page, ``NARROW`` for a
phone. Colours come from the page's style sheet by class; :func:`sankey_file` brings its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from markupsafe import Markup, escape

from medreason.ledger import INTERNAL, KEPT, REPLY, Ledger, Left, Passage

THINNEST = 2.0
_BEND = 7.0
_HEAD, _LINE, _SMALL, _GAP = 24.0, 18.0, 15.0, 9.0


class Form(NamedTuple):
    """One form of the figure, in pixels of its own size.

    Attributes:
        name: Goes into class and ids.
        width: Of the figure.
        band: Width of the band for all items.
        text: Where the texts begin.
        fold: Characters of a line of small text; 0 leaves the meanings out.
    """

    name: str
    width: int
    band: int
    text: int
    fold: int


WIDE = Form("wide", 820, 250, 320, 72)
NARROW = Form("narrow", 350, 84, 126, 0)


class _End(NamedTuple):
    """A flow that leaves the band: its class, thickness, and lines of text (class, text)."""

    kind: str
    thick: float
    lines: tuple[tuple[str, str], ...]

    @property
    def high(self) -> float:
        """Height of its texts."""
        return sum(_SMALL if kind == "words" else _LINE for kind, _ in self.lines)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def thinnest_items(found: Ledger, form: Form = WIDE) -> int:
    """Below so many items a flow is drawn thicker than its share."""
    return math.ceil(THINNEST * found.items / form.band) if found.items else 0


def _share(value: float) -> str:
    if math.isnan(value):
        return ""
    return f"{100 * value:.1f} %" if value >= 0.001 or value == 0 else "< 0.1 %"


def _folded(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


class _Drawing:
    """The figure under way: shapes and texts from the top down."""

    def __init__(self, found: Ledger, form: Form) -> None:
        self._form = form
        self._unit = form.band / found.items
        self._parts: list[str] = []
        ends = [row.items for p in found.passages for row in p.left] + [found.kept]
        self._width = sum(map(self._thick, ends))
        # Many thin flows make the band wider than its share; the texts give way.
        self._at = max(form.text, round(self._width + _BEND) + 24)
        # Corners of the band's right side, from the top.
        self._edge: list[tuple[float, float]] = [(self._width, 22.0)]
        self._y = 22.0
        self._text(0, 14, "count", f"{found.items:,} items")
        for passage in found.passages:
            self._passage(passage)
        self._end(found)

    def _thick(self, items: int) -> float:
        return max(THINNEST, items * self._unit) if items else 0.0

    def _text(self, x: float, y: float, kind: str, text: str) -> None:
        self._parts.append(f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}">{escape(text)}</text>')

    def _passage(self, p: Passage) -> None:
        """A stage: its name and count, then the flows that leave there, the outermost first."""
        top = self._y
        told = "all went on" if not p.lost else f"{p.lost:,} left"
        if not p.entered:
            told = "none came so far"
        name = f'<tspan class="stage">{escape(_cut(p.stage, 20))}</tspan>'
        count = f'<tspan class="words" dx="8">{p.entered:,} in, {told}</tspan>' if p.entered else ""
        count = count or f'<tspan class="words" dx="8">{told}</tspan>'
        self._parts.append(f'<line class="grid" x1="0" x2="{self._form.width}" y1="{_n(top)}" y2="{_n(top)}"/>')
        self._parts.append(f'<text x="{self._at}" y="{_n(top + 17)}">{name}{count}</text>')
        self._y = top + _HEAD + 4
        for row in p.left:
            self._leave(self._why(row, p), top + 2)
        self._y += 4

    def _why(self, row: Left, p: Passage) -> _End:
        bad = p.stage == INTERNAL or row.reason.startswith(REPLY)
        count, share, reason = f"{row.items:,}", _share(row.share.value), _cut(row.reason, 40)
        kind = "fault" if bad else "lost"
        if not self._form.fold:
            return _End(kind, self._thick(row.items), (("why", f"{count} · {share}"), ("reason", _cut(reason, 28))))
        lines = (("why", f"{count} · {reason} · {share}"), *(("words", w) for w in _folded(row.words, self._form.fold)))
        return _End(kind, self._thick(row.items), lines if row.words else lines[:1])

    def _leave(self, end: _End, above: float) -> None:
        """One flow: down beside the band from ``above``, a quarter turn, and out to its text."""
        if not end.thick:
            return
        right = self._edge[-1][0]
        high = max(end.high, end.thick)
        top = self._y + (high - end.thick) / 2 if end.thick > _LINE else self._y + (_LINE - end.thick) / 2
        text = self._y + (high - end.high) / 2 if end.thick > _LINE else self._y
        left, out, turn = right - end.thick, self._at - 8.0, top - _BEND
        far, near = _BEND + end.thick, _BEND
        self._parts.append(
            f'<path class="flow {end.kind}" d="M{_n(left)} {_n(above)}V{_n(turn)}A{_n(far)} {_n(far)} 0 0 0 '
            f"{_n(right + near)} {_n(top + end.thick)}H{_n(out)}V{_n(top)}H{_n(right + near)}"
            f'A{_n(near)} {_n(near)} 0 0 1 {_n(right)} {_n(turn)}V{_n(above)}Z"/>'
        )
        self._edge += [(right, above), (left, above)]
        for kind, line in end.lines:
            step = _SMALL if kind == "words" else _LINE
            self._text(self._at, text + step - 4.5, kind, line)
            text += step
        self._y += max(high, end.high) + _GAP

    def _end(self, found: Ledger) -> None:
        """The records: what is left of the band turns out too."""
        top = self._y
        self._parts.append(f'<line class="grid" x1="0" x2="{self._form.width}" y1="{_n(top)}" y2="{_n(top)}"/>')
        self._y = top + 14
        share = _share(found.share.value)
        if not found.kept:
            self._text(self._at, top + 17, "stage", "no record")
        elif self._form.fold:
            self._leave(_End(KEPT, self._thick(found.kept), (("stage", f"{found.kept:,} records · {share}"),)), top + 2)
        else:
            lines = (("stage", f"{found.kept:,} records"), ("why", f"{share} of all"))
            self._leave(_End(KEPT, self._thick(found.kept), lines), top + 2)
        self._y += 10

    def svg(self) -> tuple[str, float]:
        """The shapes, the band beneath them, and the height."""
        bottom = self._edge[-1][1]
        corners = [(0.0, 22.0), *self._edge, (self._edge[-1][0], bottom), (0.0, bottom)]
        points = " ".join(f"{_n(x)},{_n(y)}" for x, y in dict.fromkeys(corners))
        return f'<polygon class="flow band" points="{points}"/>' + "".join(self._parts), self._y


def described(found: Ledger) -> str:
    """The figure in words, for who does not see it."""
    said = [f"{found.items:,} items were read."]
    for p in found.passages:
        if p.left:
            why = ", ".join(f"{row.items:,} {row.reason}" for row in p.left)
            said.append(f"{p.stage}: {p.entered:,} entered, {p.lost:,} left ({why}).")
    said.append(f"{found.kept:,} became records.")
    return " ".join(said)


def _figure(found: Ledger, form: Form, attributes: str, inside: Iterable[str] = ()) -> str:
    shapes, high = _Drawing(found, form).svg()
    name = f"funnel-{form.name}"
    return (
        f'<svg class="sankey {form.name}" viewBox="-2 0 {form.width + 2} {_n(high)}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc"{attributes}>'
        f'<title id="{name}-title">Where the items of the run ended</title>'
        f'<desc id="{name}-desc">{escape(described(found))}</desc>{"".join(inside)}{shapes}</svg>'
    )


def sankey_figure(found: Ledger) -> Markup:
    """Both forms for a page whose style sheet shows one of them; empty where no item was read."""
    if not found.items:
        return Markup()
    return Markup(_figure(found, WIDE, "") + _figure(found, NARROW, ""))


_LIGHT = {"ink": "#17242f", "soft": "#51616f", "line": "#d5dde3", "paper": "#ffffff", "accent": "#0b5c7a",
          "lost": "#8b99a4", "fault": "#a12622", "kept": "#14693f"}  # fmt: skip
_DARK = {"ink": "#e6edf2", "soft": "#a3b3bf", "line": "#33434f", "paper": "#121a20", "accent": "#6cc3e4",
         "lost": "#6b7a86", "fault": "#f2a19b", "kept": "#7fd3a2"}  # fmt: skip


def _style(colours: dict[str, str]) -> str:
    c = colours
    return (
        f".paper{{fill:{c['paper']}}}text{{fill:{c['ink']}}}.words{{fill:{c['soft']}}}.grid{{stroke:{c['line']}}}"
        f".band{{fill:{c['accent']}}}.lost{{fill:{c['lost']}}}.fault{{fill:{c['fault']}}}.kept{{fill:{c['kept']}}}"
    )


def sankey_file(found: Ledger) -> str:
    """The wide form as a file of its own, light and dark, with no font but the reader's.

    Raises:
        ValueError: no item was read.
    """
    if not found.items:
        raise ValueError("no item was read: there is nothing to draw")
    fonts = (
        'text{font:12.5px system-ui,"Segoe UI",Roboto,Arial,"DejaVu Sans",sans-serif}.stage{font-weight:600}'
        ".count{font-weight:600}.words{font-size:11.5px;font-weight:400}"
    )
    style = f"<style>{fonts}{_style(_LIGHT)}@media (prefers-color-scheme:dark){{{_style(_DARK)}}}</style>"
    paper = '<rect class="paper" x="-2" width="100%" height="100%"/>'
    size = f' xmlns="http://www.w3.org/2000/svg" width="{WIDE.width + 2}"'
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + _figure(found, WIDE, size, (style, paper)) + "\n"
