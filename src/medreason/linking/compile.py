"""Turns the names of a graph into the tables of a recogniser: words to numbers, bags of numbers to names.

A bag is the sorted numbers of the words of a name that carry meaning. Besides each name as written, a bag
is made for the variants a reader would accept: without a remark in brackets, with a phrase of ``phrases.tsv``
replaced, with "disorder" for "abnormality". A variant never displaces a name: it is kept only where no name
of the graph has the bag. The result is plain JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from medreason.linking import tables
from medreason.linking.forms import STOP, head, representative
from medreason.linking.lexicon import Entry, names_of, usable
from medreason.linking.normalise import words

if TYPE_CHECKING:
    from medreason.kg.store import Graph
    from medreason.records import Concept

Words = tuple[str, ...]
UNKNOWN, SKIPPED, FIRST = 0, 1, 2  # numbers of a word of no name, of a little word, of the first real word
VARIANT = 5  # Entry.rank of a generated name, the same as a related synonym's

LETTER = "lettera"  # the A of "type A", which is no article
_LETTER = re.compile(r"(?<=\w) A(?=$|[ ,])")
_BRACKETS = re.compile(r"\s*\([^()]*\)\s*")
_INTENSIFIERS = frozenset({"conspicuously", "unusually", "markedly", "strikingly"})
_ALONE = frozenset({"Sporadic"})
_ABNORMAL, _DISORDER, _IMPAIRED = head("abnormal"), head("disorder"), head("impaired")


@cache
def _phrases() -> tuple[tuple[Words, Words], ...]:
    pairs = [(words(r["one"]), words(r["other"])) for r in tables.rows("phrases")]
    return (*pairs, *((b, a) for a, b in pairs))


def _replaced(name: Words) -> Iterator[Words]:
    for old, new in _phrases():
        size = len(old)
        for at in range(len(name) - size + 1):
            if name[at : at + size] == old:
                yield name[:at] + new + name[at + size :]


def variants(text: str, name: Words) -> Iterator[Words]:
    """Other wordings of a name, as normalised words; none of them equals ``name``."""
    if "(" in text and (plain := words(_BRACKETS.sub(" ", text))) and len(plain) > 1:
        yield plain
    yield from _replaced(name)
    if len(name) > 2 and name[0] in _INTENSIFIERS:
        yield name[1:]  # "conspicuously happy disposition"
    if any(head(w) == _ABNORMAL for w in name) and len(name) > 1:
        for word in (_DISORDER, _IMPAIRED):
            yield tuple([word if head(w) == _ABNORMAL else w for w in name])


class Compiler:
    """Collects names; :meth:`tables` gives the result. Cost: about 4 s for the 44,000 names of HPO."""

    def __init__(self) -> None:
        self._names: list[tuple[Words, Entry]] = []
        self._variants: list[tuple[Words, Entry]] = []

    def add(self, entry: Entry) -> None:
        """Takes one name with its variants."""
        name = words(_LETTER.sub(" lettera", entry.text))
        if not name or not usable(entry.text):
            return
        self._names.append((name, entry))
        if entry.cased:
            return
        for variant in variants(entry.text, name):
            self._variants.append((variant, entry._replace(rank=VARIANT, kind="variant")))

    def tables(self) -> dict[str, Any]:
        """``words``: word to number; ``bags``: list of (numbers, entries)."""
        known = {word for name, _ in (*self._names, *self._variants) for word in name}
        numbers: dict[str, int] = {}
        heads: dict[str, int] = {}
        for word in sorted(known):
            meaning = self._meaning(word, known)
            numbers[word] = SKIPPED if word in STOP else heads.setdefault(meaning, len(heads) + FIRST)
        self._variants += [*self._shortened(), *self._divided(known)]
        bags: dict[tuple[int, ...], list[Entry]] = {}
        for source, generated in ((self._names, False), (self._variants, True)):
            taken = set(bags) if generated else set()
            for name, entry in source:
                bag = tuple(sorted([numbers[w] for w in name if w not in STOP]))
                if bag and bag not in taken:
                    bags.setdefault(bag, []).append(entry)
        return {
            "words": numbers | {h: n for h, n in heads.items() if h not in numbers},
            "bags": [(bag, _sorted(entries)) for bag, entries in bags.items()],
        }

    def _shortened(self) -> list[tuple[Words, Entry]]:
        """ "Odontogenic keratocysts" for "… of the jaw": names whose first words occur with one concept only."""
        owners: dict[str, int] = {}
        for name, entry in self._names:
            for word in name:
                owners[word] = entry.number if owners.get(word, entry.number) == entry.number else -1
        shortened = []
        for name, entry in self._names:
            before = name[: name.index("of")] if "of" in name else ()
            if len(before) > 1 and any(owners[w] >= 0 for w in before):
                shortened.append((before, entry._replace(rank=VARIANT, kind="variant")))
        return shortened

    def _divided(self, known: set[str]) -> list[tuple[Words, Entry]]:
        """ "Brain stem" for "brainstem": a word of a name that is two other words of names, written apart."""
        parts: dict[str, tuple[str, str]] = {}
        for word in known:
            for at in range(3, len(word) - 3):
                if word.isalpha() and len(word) < 14 and word[:at] in known and word[at:] in known:
                    parts.setdefault(word, (word[:at], word[at:]))
        divided = []
        for name, entry in self._names:
            for at, word in enumerate(name):
                if word in parts and not entry.cased:
                    apart = (*name[:at], *parts[word], *name[at + 1 :])
                    divided.append((apart, entry._replace(rank=VARIANT, kind="variant")))
        return divided

    @staticmethod
    def _meaning(word: str, known: set[str]) -> str:
        for _ in range(3):
            better = representative(word, known)
            if better == word:
                break
            word = better
        return word


def _sorted(entries: Iterable[Entry]) -> list[Entry]:
    kept: dict[tuple[int, str], Entry] = {}
    for entry in sorted(entries):
        kept.setdefault((entry.number, entry.text), entry)
    return list(kept.values())


def _is_mention(concept: Concept, text: str) -> bool:
    """Whether a name that is no finding's is more than a qualifier ("severe") or a heading ("inheritance")."""
    name = concept.name
    heading = name.lower() == concept.type.replace("_", " ") or " " not in name
    return name in _ALONE or (not heading and " " in text)


def compile_names(graph: Graph, types: tuple[str, ...]) -> dict[str, Any]:
    """The tables for all names of the concepts of these types, and the further names of ``names.tsv``."""
    compiler = Compiler()
    numbers: set[int] = set()
    for number in range(graph.n_nodes):
        concept = graph.concept_at(number)
        if concept.type in types:
            numbers.add(number)
            for entry in names_of(concept, number):
                if concept.type == "phenotype" or _is_mention(concept, entry.text):
                    compiler.add(entry)
    for row in tables.rows("names"):
        known = graph.number(row["concept"])
        if known is not None and known in numbers:
            compiler.add(Entry(1, known, row["kind"], "EXACT", row["name"], False))
    named = {row[c] for row in tables.rows("ranges") for c in ("concept_low", "concept_high") if row[c]}
    nodes = {concept: graph.number(concept) for concept in sorted(named)}
    measured = {concept: node for concept, node in nodes.items() if node in numbers}
    return compiler.tables() | {"measured": measured}
