"""What a comparison comes to, in plain words and short numbers."""

from __future__ import annotations

import math

from medreason.evaluation.contrasts import FEW, LEVEL, Contrast
from medreason.statistics import Estimate


def points(share: float) -> str:
    """A difference of shares in points: "+3.4", "−0.8", "0.0"."""
    told = f"{100 * share:+.1f}"
    return "0.0" if told in ("+0.0", "-0.0") else told.replace("-", "−")


def p_text(p: float) -> str:
    """A p value: "0.032", "< 0.001"."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def percent(share: float) -> str:
    """A share as "23.4 %", or a dash where there is none."""
    return "–" if math.isnan(share) else f"{100 * share:.1f} %"


def span(e: Estimate) -> str:
    """The interval of a share in percent: "20.1–27.0"."""
    return f"{100 * e.low:.1f}–{100 * e.high:.1f}"


def reach(e: Estimate) -> str:
    """The interval of a difference in points: "−2.1 to +4.0"."""
    return f"{points(e.low)} to {points(e.high)}"


def verdict(c: Contrast) -> str:
    """What a contrast comes to: who is better, or what could have been seen."""
    value, low, high, n = c.difference
    between = f"the interval reaches from {reach(c.difference)} points"
    few = ""
    if c.clusters < FEW:
        few = f"; only {c.clusters} {'questions' if c.clusters == c.difference.n else 'clusters'}"
    if c.shown:
        better, worse = (c.second, c.first) if value > 0 else (c.first, c.second)
        if value < 0:  # told from the side of the better one
            between = f"the interval reaches from {reach(Estimate(-value, -high, -low, n))} points"
        tested = "not corrected for many comparisons"
        if c.corrected is not None:
            tested = f"p {p_text(c.corrected)} after correction"
        return f"{better} is better than {worse} by {100 * abs(value):.1f} points: {between}; {tested}{few}"
    can = "these questions cannot show any difference"
    if not math.isnan(c.smallest):
        can = f"this set can show {100 * c.smallest:.1f} points or more"
    if c.only_first == c.only_second == 0:
        return f"no difference shown: both do the same on every question; {can}{few}"
    return f"no difference shown: {between}{_tested(c)}; {can}{few}"


def _tested(c: Contrast) -> str:
    """Where interval and test, or the test before and after correction, do not say the same."""
    if c.p is None or c.corrected is None:
        return ""
    if c.p < LEVEL:
        return f"; p {p_text(c.p)} alone, {p_text(c.corrected)} after correction for many comparisons"
    leaves_out = not c.difference.low <= 0 <= c.difference.high
    return f"; the exact test, which decides, gives p {p_text(c.p)}" if leaves_out else ""
