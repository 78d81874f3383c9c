"""Every way in which a text may name one option: names, synonyms, abbreviations, parts, inflections, letter, ids.

Used to hide an option in a chain (:mod:`medreason.quality.leaks.redact`) and to find chains that give the answer away
(:mod:`medreason.quality.leaks.finder`). Words are compared folded, as in :mod:`medreason.quality.vocabulary`,
abbreviations with their capitals. What it cannot find: a paraphrase that shares no word with any name ("the disorder of
fibrillin").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from medreason.kg.store import Graph
from medreason.quality.vocabulary import Token, tokens
from medreason.records import Concept, Option

NameKind = Literal["name", "synonym", "abbreviation", "part", "inflection", "letter", "identifier"]
SHORTEST = 3
SHORTEST_WORD = 5
# An inflected form shares so many letters with its word, and this share of them: achondroplasia, achondroplastic.
SHARED_LETTERS = 6
SHARED_SHARE = 0.7
LONGEST_ABBREVIATION = 8
_NUMBERING = re.compile(r"^(?:\d+[a-z]?|[ivx]+[a-z]?|type|[a-z])$")
_ABBREVIATION = re.compile(r"^(?=(?:.*[A-Z]){2})[A-Z][A-Za-z0-9-]*$")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_SMALL = frozenset("of the and with in to for by or from a an due without".split())
# Words of many names that stand for none of them.
_GENERAL = frozenset(
    "syndrome disease disorder deficiency type form congenital familial hereditary autosomal recessive dominant "
    "linked primary secondary juvenile infantile neonatal adult onset early acute chronic isolated multiple "
    "related associated susceptibility included complex combined progressive severe benign malignant".split()
)
_LETTER = (
    r"(?:\b(?:options?|answers?|choices?|candidates?|letter|key)\s*[:=]?\s*\(?{key}\b\)?|\({key}\)|(?m:^\s*{key}[.):]))"
)


_CACHE: WeakKeyDictionary[Graph, frozenset[str]] = WeakKeyDictionary()


# Taken along after a name: "Zellweger" hides "Zellweger syndrome".
_HEADS = frozenset({"syndrome", "disease", "disorder"})


class NamedAt(NamedTuple):
    """A place in a text (character offsets, end exclusive) that names an option."""

    start: int
    end: int
    kind: NameKind


class AnswerNames:
    """The names of one option of a question.

    Args:
        graph: Where the concept has its names; ``None``: only the option's own text counts.
        question: Text of the question: what it says itself names no option.
        options: All options.
        key: Key of the option.
        spoken: Names that belong to the case (its findings): they name no option, nor does a word of them alone.

    Raises:
        KeyError: no option has this key.
    """

    def __init__(
        self, graph: Graph | None, question: str, options: Sequence[Option], key: str, spoken: Sequence[str] = ()
    ) -> None:
        own = next((o for o in options if o.key == key), None)
        if own is None:
            raise KeyError(key)
        self.option = own
        concept = _concept(graph, own)
        self._names: dict[tuple[str, ...], NameKind] = {}
        for name in [own.text, *([concept.name] if concept else [])]:
            self._add(name, "name")
        for synonym in concept.synonyms if concept else ():
            self._add(synonym.text, "synonym")
        others = [n for o in options if o.key != key for n in _texts(o, _concept(graph, o))]
        said = {t.word for text in (question, *others, *spoken) for t in tokens(text)}
        findings = _finding_words(graph) if graph is not None else frozenset[str]()
        taken = {tuple(t.word for t in tokens(text)) for text in others}
        case = {tuple(t.word for t in tokens(text)) for text in spoken}
        pieces = [tuple(t.word for t in tokens(text.split(",")[0])) for text in _texts(own, concept)]
        for part in (part for name in (*self._names, *pieces) for part in (name, *_parts(name))):
            if part not in taken | case and (len(part) > 1 or not set(part) <= said) and set(part) - _GENERAL:
                self._names.setdefault(part, "part")
        whole = {t.word for text in _texts(own, concept) for t in tokens(text)}
        self._all = whole - _SMALL
        self._words = {w for w in whole if len(w) >= SHORTEST_WORD and w not in _GENERAL | said | findings}
        self._short = _abbreviations(own, concept, question, others)
        self._firsts: dict[str, list[tuple[str, ...]]] = {}
        for words in self._names:
            self._firsts.setdefault(words[0], []).append(words)
        self._said = said | findings
        self._letter = re.compile(_LETTER.format(key=re.escape(key)), re.IGNORECASE) if key else None
        self._ids = _identifiers(own, concept)

    def _add(self, name: str, kind: NameKind) -> None:
        pieces = [p.strip() for p in name.split(",")]
        bare = [*_BRACKETS.findall(name), _BRACKETS.sub(" ", name)] if "(" in name else []
        for text in dict.fromkeys((name, " ".join(reversed(pieces)), " ".join([*pieces[1:2], pieces[0]]), *bare)):
            key = tuple(t.word for t in tokens(text))
            if sum(map(len, key)) >= SHORTEST and not (kind == "synonym" and _ABBREVIATION.match(name)):
                self._names.setdefault(key, kind)

    def find(self, text: str) -> list[NamedAt]:
        """The places that name the option, in their order, without overlaps; the longest name wins. O(words)."""
        found = [
            *self._whole(text, tokens(text)),
            *(NamedAt(*m.span(), "identifier") for m in self._ids.finditer(text)),
            *(NamedAt(*m.span(), "letter") for m in (self._letter.finditer(text) if self._letter else ())),
            *(NamedAt(*m.span(), "abbreviation") for m in (self._short.finditer(text) if self._short else ())),
        ]
        chosen: list[NamedAt] = []
        for place in sorted(found, key=lambda p: (p.start - p.end, p.start)):
            if all(place.end <= c.start or place.start >= c.end for c in chosen):
                chosen.append(place)
        return sorted(chosen)

    def _whole(self, text: str, words: list[Token]) -> Iterator[NamedAt]:
        for at, token in enumerate(words):
            for name in self._firsts.get(token.word, ()):
                if tuple(t.word for t in words[at : at + len(name)]) == name:
                    last = at + len(name) - 1
                    while words[last + 1 : last + 2] and words[last + 1].word in _HEADS:
                        last += 1
                    yield NamedAt(token.start, _closed(text, token.start, words[last].end), self._names[name])
            if token.word in self._words:
                yield self._spread(text, words, at, "part")
            elif token.word not in self._said and any(_inflected(token.word, w) for w in self._words):
                yield self._spread(text, words, at, "inflection")

    def _spread(self, text: str, words: list[Token], at: int, kind: NameKind) -> NamedAt:
        """A telling word with the words of the option's names beside it: "Cockayne" takes "syndrome" along."""
        first = last = at
        while first and words[first - 1].word in self._all and _close(text, words[first - 1], words[first]):
            first -= 1
        while (
            last + 1 < len(words) and words[last + 1].word in self._all and _close(text, words[last], words[last + 1])
        ):
            last += 1
        return NamedAt(words[first].start, words[last].end, kind)


# -- the pieces of names -----------------------------------------------------------------------------------


def _close(text: str, a: Token, b: Token) -> bool:
    """Whether two words stand in one phrase."""
    return set(text[a.end : b.start]) <= set(" -,")


def _closed(text: str, start: int, end: int) -> int:
    """The end of a name, the bracket that it opened included."""
    return end + 1 if text[start:end].count("(") > text[start:end].count(")") and text[end : end + 1] == ")" else end


def _concept(graph: Graph | None, option: Option) -> Concept | None:
    number = graph.number(option.concept) if graph is not None and option.concept else None
    return None if graph is None or number is None else graph.concept_at(number)


def _texts(option: Option, concept: Concept | None) -> list[str]:
    return [option.text, *([concept.name, *(s.text for s in concept.synonyms)] if concept else [])]


def _finding_words(graph: Graph) -> frozenset[str]:
    """Every word of the names of findings, once per graph: such a word tells a finding as well as a disease."""
    if graph not in _CACHE:
        code = graph.node_types.index("phenotype") if "phenotype" in graph.node_types else -1
        names = (graph.concept_at(int(n)).name for n in np.flatnonzero(graph.node_type == code))
        _CACHE[graph] = frozenset(t.word for name in names for t in tokens(name))
    return _CACHE[graph]


def _parts(name: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """A name without its numbering and without general words at its ends."""
    end = len(name)
    while end > 1 and (_NUMBERING.match(name[end - 1]) or name[end - 1] in _GENERAL):
        end -= 1
        if sum(map(len, name[:end])) > SHORTEST:
            yield name[:end]
    start = 0
    while start < end - 1 and name[start] in _GENERAL:
        start += 1
        if sum(map(len, name[start:end])) > SHORTEST:
            yield name[start:end]


def _inflected(word: str, of: str) -> bool:
    """Whether two words share their beginning as forms of one word do."""
    if min(len(word), len(of)) <= SHARED_LETTERS:
        return False
    shared = next((i for i, (a, b) in enumerate(zip(word, of, strict=False)) if a != b), min(len(word), len(of)))
    return shared >= SHARED_LETTERS and shared >= SHARED_SHARE * max(len(word), len(of))


def initials(name: str) -> str:
    """First letters of the words of a name, in capitals: WMS of "Weill-Marchesani syndrome 1"."""
    words = [t.word for t in tokens(name) if t.word not in _SMALL]
    while words and _NUMBERING.match(words[-1]):
        words.pop()
    return "".join(w[0].upper() for w in words if w[0].isalpha())


def _abbreviations(
    own: Option, concept: Concept | None, question: str, others: Iterable[str]
) -> re.Pattern[str] | None:
    """Abbreviations of an option that neither the question nor another option has."""
    texts = _texts(own, concept)
    given = {t for t in texts if _ABBREVIATION.match(t) and len(t) <= LONGEST_ABBREVIATION}
    forms = {form for t in texts for form in (t.split(",")[0], t.replace(",", " "), " ".join(reversed(t.split(","))))}
    made = {i for form in forms if len(i := initials(form)) in range(SHORTEST, LONGEST_ABBREVIATION)}
    foreign = {initials(t) for t in others} | {t for t in others if _ABBREVIATION.match(t)}
    known = set(re.findall(r"[A-Za-z0-9-]+", question))
    kept = sorted((given | made) - foreign - known, key=lambda t: (-len(t), t))
    if not kept:
        return None
    return re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, kept)) + r")(?:-?\d+[A-Z]?)?(?:s|['’]s)?(?![\w-])")


def _identifiers(own: Option, concept: Concept | None) -> re.Pattern[str]:
    """Ids of the concept, with prefix or as a bare number of at least five digits."""
    curies = {own.concept, *([concept.id, *concept.xrefs] if concept else [])} - {""}
    forms = set()
    for curie in curies:
        prefix, _, local = curie.rpartition(":")
        forms.add(rf"{re.escape(prefix)}\s*[:_#]?\s*{re.escape(local)}" if prefix else re.escape(local))
        if local.isdigit() and len(local) >= SHORTEST_WORD:
            forms.add(rf"#?{local}")
    return re.compile(
        r"(?<![\w])(?:" + "|".join(sorted(forms, key=lambda f: (-len(f), f))) + r")(?!\w)" if forms else r"(?!)"
    )


def merged(places: Iterable[NamedAt]) -> list[NamedAt]:
    """Places without overlaps, in their order; where two overlap the one that begins first is made longer."""
    out: list[NamedAt] = []
    for place in sorted(places):
        if out and place.start < out[-1].end:
            out[-1] = out[-1]._replace(end=max(out[-1].end, place.end))
        else:
            out.append(place)
    assert all(a.end <= b.start for a, b in pairwise(out))
    return out
