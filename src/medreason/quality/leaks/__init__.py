"""What gives an answer away: every way of naming it, chains that leak it, and chains with it hidden."""

from medreason.quality.leaks.finder import LeakFinder, find_leaks
from medreason.quality.leaks.redact import Redactor

__all__ = ["LeakFinder", "Redactor", "find_leaks"]
