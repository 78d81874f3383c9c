"""Marks that stand in rows of the report: an interval on a scale, shares of a whole. Text is the page's, so it stays
readable on a phone; colours come from its style sheet."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH = 200.0


def _x(value: float, low: float, high: float) -> str:
    place = (min(max(value, low), high) - low) / (high - low) * WIDTH
    return f"{place:.1f}"


def track(
    value: float | None, low: float | None, high: float | None, ends: tuple[float, float, float], told: str
) -> Markup:
    """An estimate with its interval on a scale; empty where there is none.

    Args:
        value: The estimate.
        low: Lower end of the interval; the scale's where it has no bound.
        high: Upper end, likewise.
        ends: Lower end of the scale, where no difference is, upper end.
        told: The same in words, for those who do not see it.
    """
    if value is None:
        return Markup("")
    first, middle, last = ends
    a, b = _x(first if low is None else low, first, last), _x(last if high is None else high, first, last)
    return Markup(
        f'<svg class="track" viewBox="0 0 {WIDTH:.0f} 16" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(told)}">'
        f'<line class="axis" x1="0" x2="{WIDTH:.0f}" y1="8" y2="8"/>'
        f'<line class="middle" x1="{_x(middle, first, last)}" x2="{_x(middle, first, last)}" y1="0" y2="16"/>'
        f'<line class="interval" x1="{a}" x2="{b}" y1="8" y2="8"/>'
        f'<line class="value" x1="{_x(value, first, last)}" x2="{_x(value, first, last)}" y1="3" y2="13"/></svg>'
    )


def stack(shares: Sequence[tuple[str, float]], told: str) -> Markup:
    """Shares of a whole side by side; the class of each part is its name."""
    parts, at = [], 0.0
    for name, share in shares:
        parts.append(f'<rect class="{escape(name)}" x="{at:.2f}" width="{share * WIDTH:.2f}" y="0" height="16"/>')
        at += share * WIDTH
    return Markup(
        f'<svg class="stack" viewBox="0 0 {WIDTH:.0f} 16" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(told)}">{"".join(parts)}</svg>'
    )
