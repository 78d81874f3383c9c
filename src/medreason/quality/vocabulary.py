"""Finds the names that a question's evidence sheet allows, in free text: options, findings, recorded terms.

Words are compared without capitals, plural s and punctuation; of names that overlap the longest counts. An option is
also found by the part of its name that no other option shares ("tuberous sclerosis" for "Tuberous sclerosis-1").
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from medreason.kg.store import Graph
from medreason.records import Concept, Finding, Option, SheetLine

_WORD = re.compile(r"[^\W_]+(?:['’]s)?", re.UNICODE)
_NUMBERING = re.compile(r"^(?:\d+[a-z]?|[ivx]+|type|a|b|c)$")
SHORTEST = 3
SHORTEST_BEGINNING = 7
# Words that begin many names and stand for none of them.
_GENERAL = frozenset(
    "autosomal congenital primary familial hereditary juvenile infantile neonatal severe isolated multiple early adult "
    "x linked disorder syndrome disease deficiency intellectual mental developmental acute chronic combined short "
    "progressive microcephaly ataxia anemia cataract epilepsy seizure hearing deafness cardiomyopathy neuropathy "
    "dystrophy spastic muscular periodic peripheral retinal skeletal immunodeficiency neurodevelopmental".split()
)


class Named(NamedTuple):
    """A name in a text (character offsets); of an option (its key) or of a concept (its CURIEs)."""

    start: int
    end: int
    option: str
    concepts: frozenset[str]


class Token(NamedTuple):
    """A word as compared, and where it stands."""

    word: str
    start: int
    end: int


def content(text: str) -> set[str]:
    """The longer words of a text, folded."""
    return {t.word for t in tokens(text) if len(t.word) > 3}


def tokens(text: str) -> list[Token]:
    """The words of a text, folded."""
    return [Token(_folded(m.group()), m.start(), m.end()) for m in _WORD.finditer(text)]


def _folded(word: str) -> str:
    low = word.casefold()
    low = low[:-2] if low.endswith(("'s", "’s")) else low
    if len(low) > 4 and low.endswith("ies"):
        return low[:-3] + "y"
    return low[:-1] if len(low) > 3 and low.endswith("s") and not low.endswith(("ss", "us", "is")) else low


def _key(text: str) -> tuple[str, ...]:
    return tuple(t.word for t in tokens(text))


class Vocabulary:
    """The names of one question.

    Args:
        graph: Where concepts have their names.
        options: The question's options.
        findings: The findings of the case, with their wordings.
        lines: The sheet.
    """

    def __init__(
        self, graph: Graph, options: Sequence[Option], findings: Sequence[Finding], lines: Iterable[SheetLine]
    ) -> None:
        self._graph = graph
        self._options: dict[tuple[str, ...], str] = {}
        self._concepts: dict[tuple[str, ...], set[str]] = defaultdict(set)
        whole, parts = _option_names(options, self._concept)
        ends = {self._current(o.concept) for o in options if o.concept}
        named = {c for line in lines for c in line.concepts} | {f.concept for f in findings}
        for curie in {self._current(c) for c in named} - ends:
            if (concept := self._concept(curie)) is not None:
                for name in (concept.name, *(s.text for s in concept.synonyms)):
                    self._add(name, curie)
        for finding in findings:
            self._add(finding.text, self._current(finding.concept))
        for option, words in [*whole, *((o, w) for o, w in parts if w not in self._concepts)]:
            self._options.setdefault(words, option)  # a part that is a finding's name ("optic atrophy") is that finding
        self._firsts: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for words in {*self._options, *self._concepts}:
            self._firsts[words[0]].append(words)

    def _current(self, curie: str) -> str:
        return self._graph.current_id(curie) or curie

    def _concept(self, curie: str) -> Concept | None:
        number = self._graph.number(curie) if curie else None
        return None if number is None else self._graph.concept_at(number)

    def _add(self, name: str, curie: str) -> None:
        key = _key(name)
        if key and sum(map(len, key)) >= SHORTEST:
            self._concepts[key].add(curie)

    def find(self, text: str) -> list[Named]:
        """The names in a text, in their order, without overlaps."""
        words = tokens(text)
        found: list[tuple[int, int, tuple[str, ...]]] = []
        for at, token in enumerate(words):
            for name in self._firsts.get(token.word, ()):
                if tuple(t.word for t in words[at : at + len(name)]) == name:
                    found.append((at, at + len(name), name))
        taken: set[int] = set()
        chosen = []
        for at, end, name in sorted(found, key=lambda f: (f[0] - f[1], f[0])):
            if taken.isdisjoint(range(at, end)):
                taken.update(range(at, end))
                span = words[at].start, words[end - 1].end
                chosen.append(Named(*span, self._options.get(name, ""), frozenset(self._concepts.get(name, ()))))
        return sorted(chosen)


_Names = list[tuple[str, tuple[str, ...]]]


def _option_names(options: Sequence[Option], concept: Callable[[str], Concept | None]) -> tuple[_Names, _Names]:
    """Key and name of each option: whole names, and parts that one option alone has."""
    whole: list[tuple[str, tuple[str, ...]]] = []
    for option in options:
        names = [option.text]
        known = concept(option.concept)
        if known is not None:
            names += [known.name, *(s.text for s in known.synonyms)]
        for name in names:
            key = _key(name)
            if key and sum(map(len, key)) >= SHORTEST:
                whole.append((option.key, key))
        whole.append((option.key, ("option", option.key.casefold())))
    parts = {(key, part) for key, name in whole for part in _parts(name) if name[0] != "option"}
    for option in options:
        pieces = [p.strip() for p in option.text.split(",")]
        for text in (" ".join(reversed(pieces)), " ".join([*pieces[1:2], pieces[0]]), pieces[0]):
            parts |= {(option.key, part) for part in (_key(text), *_parts(_key(text)))}
        parts |= {(option.key, part) for part in _beginnings(_key(option.text))}
    holders = Counter(part for _, part in parts)
    alone = sorted((key, part) for key, part in parts if holders[part] == 1 and sum(map(len, part)) > SHORTEST)
    return whole, alone


def _beginnings(name: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The first words of a long name, which stand for it; not where they are a general word of many names."""
    for end in range(1, len(name)):
        if name[0] not in _GENERAL and sum(map(len, name[:end])) >= SHORTEST_BEGINNING:
            yield name[:end]


def _parts(name: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """A name without the numbering at its end."""
    end = len(name)
    while end > 1 and _NUMBERING.match(name[end - 1]):
        end -= 1
        yield name[:end]
