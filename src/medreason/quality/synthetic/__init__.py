"""The checker of synthetic questions: reads record and graph alone, and shares no code with what wrote them.

A synthetic record says so in its source. It is refused unless every sentence of its question and its chain is one that
this room can read, everything that a sentence says stands on the edges that its step cites, and the answer follows by
the criterion of its kind (docs/synthesis.md).
"""

from medreason.quality.synthetic.check import SOURCE, check

__all__ = ["SOURCE", "check"]
