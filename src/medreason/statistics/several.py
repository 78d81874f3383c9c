"""p values of many comparisons, corrected for their number: no false finding at all, or a small share of them."""

from __future__ import annotations

from collections.abc import Mapping

from medreason.statistics.chance import holm

__all__ = ["benjamini_hochberg", "holm"]


def benjamini_hochberg(found: Mapping[str, float]) -> dict[str, float]:
    """p values corrected so that, of what stays below q, a share q is expected to be false; in the given order.

    Benjamini and Hochberg, Journal of the Royal Statistical Society B 1995;57:289. It holds for independent tests and
    for tests that depend on each other positively; Holm's correction holds always and is stricter.
    """
    ranked = sorted(found, key=lambda name: found[name], reverse=True)
    corrected: dict[str, float] = {}
    least = 1.0
    for place, name in enumerate(ranked):
        least = min(least, found[name] * len(ranked) / (len(ranked) - place))
        corrected[name] = least
    return {name: corrected[name] for name in found}
