"""From text to concepts: detection of mentions, negation and family history, and linking to the graph.

What it is not: a model. All of it is a dictionary and rules, so that a link can be explained by a name.
Importing it costs nothing: a lexicon is built at first use, rapidfuzz is imported at first need.
"""

from __future__ import annotations

from medreason.linking.detect import Detection, detect
from medreason.linking.lexicon import Entry, Lexicon, lexicon
from medreason.linking.link import findings, link, link_option

__all__ = ["Detection", "Entry", "Lexicon", "detect", "findings", "lexicon", "link", "link_option"]
