"""Figures as SVG text: the coverage-accuracy curve and the path graph of a record.

Colours and fonts come from the page's style sheet by class, so that figures follow light, dark and print. Numbers
are rounded to a tenth of a pixel: the same bytes everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from markupsafe import Markup, escape

_PLOT = (56, 16, 560, 270)  # left, top, right, bottom of the plotting area in a 640 x 320 figure


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _ticks(low: float) -> list[float]:
    step = 0.1 if low >= 0.5 else 0.2
    count = round((1 - low) / step)
    return [round(low + i * step, 2) for i in range(count + 1)]


def curve_figure(points: Sequence[dict[str, Any]]) -> Markup:
    """Accuracy over coverage, per item with its 95 % band, and macro over diseases as a second line."""
    left, top, right, bottom = _PLOT
    lows = [p["right"][kind]["low"] for p in points for kind in ("per_item", "macro_over_diseases")]
    floor = max(0.0, min(0.8, int(min(lows, default=0.0) * 10) / 10))

    def x(coverage: float) -> float:
        return left + coverage * (right - left)

    def y(value: float) -> float:
        return bottom - (max(value, floor) - floor) / (1 - floor) * (bottom - top)

    parts = ['<svg class="figure" viewBox="0 0 640 320" role="img" aria-labelledby="curve-title">']
    parts.append('<title id="curve-title">Share of right answers over the share of questions decided</title>')
    for tick in _ticks(floor):
        parts.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{_n(y(tick))}" y2="{_n(y(tick))}"/>')
        parts.append(f'<text class="tick end" x="{left - 8}" y="{_n(y(tick) + 4)}">{round(100 * tick)} %</text>')
    for tick in (0.2, 0.4, 0.6, 0.8, 1.0):
        parts.append(f'<text class="tick mid" x="{_n(x(tick))}" y="{bottom + 20}">{round(100 * tick)} %</text>')
    parts.append(f'<text class="axis mid" x="{(left + right) // 2}" y="{bottom + 42}">questions decided</text>')
    item = [(x(p["coverage"]), p["right"]["per_item"]) for p in points]
    band = [f"{_n(a)},{_n(y(e['high']))}" for a, e in item]
    band += [f"{_n(a)},{_n(y(e['low']))}" for a, e in reversed(item)]
    parts.append(f'<polygon class="band" points="{" ".join(band)}"/>')
    for kind, name in (("macro_over_diseases", "macro"), ("per_item", "item")):
        line = [(x(p["coverage"]), y(p["right"][kind]["value"])) for p in points]
        drawn = " ".join(f"{_n(a)},{_n(b)}" for a, b in line)
        parts.append(f'<polyline class="line {name}" points="{drawn}"/>')
        parts += [f'<circle class="dot {name}" cx="{_n(a)}" cy="{_n(b)}" r="3"/>' for a, b in line]
    parts.append("</svg>")
    return Markup("".join(parts))


class PathEdge(NamedTuple):
    """A line of the path graph between two named boxes: relation as read from left to right, and stance."""

    left: str
    right: str
    relation: str
    stance: str


def _wrap(text: str, width: int) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    lines.append(line)
    return lines if len(lines) <= 3 else [*lines[:2], lines[2][: width - 1] + "…"]


_BOX_WIDTH, _ROW, _WIDTH = 196, 62, 860


def _boxes(names: Sequence[str], x: int, height: int, kind: str) -> tuple[dict[str, float], list[str]]:
    gap = height / (len(names) + 1) if names else 0
    centres, parts = {}, []
    for n, name in enumerate(names, 1):
        centre = gap * n
        centres[name] = centre
        lines = _wrap(name, 27)
        tall = 16 * len(lines) + 14
        parts.append(
            f'<rect class="box {kind}" x="{x}" y="{_n(centre - tall / 2)}" '
            f'width="{_BOX_WIDTH}" height="{tall}" rx="6"/>'
        )
        for i, line in enumerate(lines):
            at = centre - (len(lines) - 1) * 8 + i * 16 + 4
            parts.append(f'<text class="name mid" x="{x + _BOX_WIDTH // 2}" y="{_n(at)}">{escape(line)}</text>')
    return centres, parts


def _again(labels: dict[tuple[str, str], str], edge: PathEdge) -> int:
    """How many other relations are written beside the same box already."""
    return sum(1 for left, relation in labels if left == edge.left and relation != edge.relation)


def path_figure(
    findings: Sequence[str],
    terms: Sequence[str],
    diseases: Sequence[str],
    edges: Sequence[PathEdge],
    label: str,
) -> Markup:
    """Findings on the left, annotated terms between, diseases on the right; each line says its relation."""
    height = max(150, _ROW * max(len(findings), len(terms), len(diseases)) + 24)
    columns = (4, (_WIDTH - _BOX_WIDTH) // 2, _WIDTH - _BOX_WIDTH - 4)
    where: dict[str, tuple[int, float]] = {}
    boxes: list[str] = []
    for names, x, kind in zip((findings, terms, diseases), columns, ("finding", "term", "disease"), strict=True):
        centres, drawn = _boxes(names, x, height, kind)
        where.update({f"{kind}:{name}": (x, y) for name, y in centres.items()})
        boxes += drawn
    lines: list[str] = []
    labels: dict[tuple[str, str], str] = {}
    for edge in edges:
        (x1, y1), (x2, y2) = where[edge.left], where[edge.right]
        start, end = x1 + _BOX_WIDTH, x2
        bend = (end - start) / 2
        lines.append(
            f'<path class="link {escape(edge.stance)}" d="M{start} {_n(y1)} C{_n(start + bend)} {_n(y1)} '
            f'{_n(end - bend)} {_n(y2)} {end} {_n(y2)}"/>'
        )
        # Beside its left end, where lines have not met yet; once for all lines of a relation that leave a box.
        labels[edge.left, edge.relation] = (
            f'<text class="relation" x="{start + 8}" y="{_n(y1 - 5 + 18 * _again(labels, edge))}">'
            f"{escape(edge.relation)}</text>"
        )
    head = f'<svg class="paths" viewBox="0 0 {_WIDTH} {height}" role="img"><title>{escape(label)}</title>'
    return Markup(head + "".join([*lines, *boxes, *labels.values()]) + "</svg>")
