"""Texts in CSV files that people open in a spreadsheet, where a cell may be run as a formula."""

from __future__ import annotations

_STARTS = ("=", "+", "-", "@", "\t", "\r")


def cell(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it as a formula (OWASP, CSV Injection)."""
    return "'" + text if text.startswith(_STARTS) else text
