"""The report of a run: one self-contained HTML page, the same bytes for the same run."""

from medreason.report.page import render_report

__all__ = ["render_report"]
