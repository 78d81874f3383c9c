"""Names out of sentences: every concept that a record may name becomes one character of a private range.

What is left is a skeleton of plain words, numbers and tokens, which :mod:`medreason.quality.synthetic.grammar` knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from medreason.quality.facts import Facts
from medreason.quality.problem import Wrong

STARTS = {"disease": 0xE000, "phenotype": 0xE800, "gene": 0xF000}
ROOM = 0x800
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_SPLIT = re.compile(r"(?<=[.?]) (?=[A-Z\ue000-\uf8ff0-9])")


@lru_cache(maxsize=65536)
def _bounded(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


class Masks:
    """The tokens of one record."""

    def __init__(self, facts: Facts, nodes: Iterable[int]) -> None:
        self.node: dict[str, int] = {}
        variants: dict[str, str] = {}
        graph = facts.graph
        used = dict.fromkeys(STARTS, 0)
        for node in sorted(set(nodes)):
            kind = graph.node_types[int(graph.node_type[node])]
            if kind not in STARTS:
                raise Wrong("name", f"{graph.curie(node)} is neither disease, finding nor gene")
            token = chr(STARTS[kind] + used[kind])
            used[kind] += 1
            if used[kind] >= ROOM:
                raise Wrong("name", "the record names too much")
            self.node[token] = node
            name = facts.name(node)
            cases = {name} if kind == "gene" else {name, name[:1].lower() + name[1:], name[:1].upper() + name[1:]}
            for variant in cases:
                if variant in variants:
                    raise Wrong("name", f"two concepts of the record are called {name}")
                variants[variant] = token
        self._variants = sorted(variants.items(), key=lambda v: (-len(v[0]), v[0]))

    def mask(self, text: str) -> str:
        """The text with every name a token."""
        if _PRIVATE.search(text):
            raise Wrong("sentence", "the text has characters of a private range")
        for variant, token in self._variants:
            if variant in text:
                text = _bounded(variant).sub(token, text)
        return text

    def sentences(self, text: str) -> list[str]:
        """The masked sentences of a text, first letter lowered."""
        return [s[:1].lower() + s[1:] for s in _SPLIT.split(self.mask(text))]
