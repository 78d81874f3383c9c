"""Reads one sentence of a chain into what it names, how often, and with which polarity; judges nothing.

A sentence is read by the places of its names and the roles of its words (``language.py``), not by comparing it
with sentence frames. What two readers could understand differently is refused (:class:`Wrong`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice, product
from typing import Literal, NamedTuple

from medreason.quality.language import VOCABULARY, Role, Sentence, Token
from medreason.quality.problem import Wrong

GRADES = {
    "obligate": "HP:0040280",
    "very frequent": "HP:0040281",
    "frequent": "HP:0040282",
    "occasional": "HP:0040283",
    "very rare": "HP:0040284",
}
# What may stand with a term in the brackets after a finding.
_BRACKET_WORDS = frozenset(["as", "recorded", "there", "in", "the", "form", "of", "more", "exactly"])
_TERM_FOLLOWS = frozenset({"broader", "wider", "under"})
_FINDING_FOLLOWS = frozenset({"over", "than", "includes"})
_MOST_READINGS = 32
_MOST_DIGITS = 9


class Quantity(NamedTuple):
    """How often, as a sentence says it. Exactly one kind."""

    kind: Literal["count", "percent", "grade", "open", "aside"]
    k: int = 0
    n: int = 0
    percent: float = 0.0
    term: str = ""


class Said(NamedTuple):
    """A finding that a sentence names; ``term`` is the annotated term in brackets after it.

    ``rank`` says what the words before it make of it: the ``term`` above, the ``finding`` below, or nothing.
    """

    finding: int
    term: int | None
    rank: Literal["term", "finding", ""]


class Reading(NamedTuple):
    """A sentence as read. ``diseases`` are (place, node number), in order of mention."""

    words: tuple[str, ...]
    roles: Counter[Role]
    negations: tuple[int, ...]
    diseases: tuple[tuple[int, int], ...]
    said: tuple[Said, ...]
    quantity: Quantity | None

    @property
    def named(self) -> list[int]:
        """The diseases named, each once, in order of first mention."""
        return list(dict.fromkeys(number for _, number in self.diseases))

    def has(self, *phrase: str) -> bool:
        """Whether words follow each other directly."""
        return any(self.words[i : i + len(phrase)] == phrase for i in range(len(self.words)))


def senses(sentence: Sentence) -> Iterator[tuple[int, ...]]:
    """Which concept each token stands for (-1: none); several where a name is a homonym.

    The name of a finding may also be a plain word (*Falls*, a finding, and "under which … falls").
    """
    choices = [t.concepts + ((-1,) if not t.concepts or t.text.lower() in VOCABULARY else ()) for t in sentence]
    return islice(product(*choices), _MOST_READINGS)


def read(sentence: Sentence, sense: tuple[int, ...], is_disease: Callable[[int], bool]) -> Reading:
    """Reads a sentence in one of its senses; raises :class:`Wrong` where it cannot be read."""
    return _Reader(sentence, sense, is_disease).read()


class _Reader:
    def __init__(self, sentence: Sentence, chosen: tuple[int, ...], is_disease: Callable[[int], bool]) -> None:
        self._tokens = [
            Token("word", t.text.lower()) if t.kind == "name" and c < 0 else t
            for t, c in zip(sentence, chosen, strict=True)
        ]
        self._chosen = chosen
        self._is_disease = is_disease

    def read(self) -> Reading:
        roles: Counter[Role] = Counter()
        negations, diseases, said = [], [], []
        skip = 0
        for place, token in enumerate(self._tokens):
            if token.kind == "word":
                roles[VOCABULARY[token.text]] += 1
                if VOCABULARY[token.text] == "negation":
                    negations.append(place)
            elif token.kind == "name" and place >= skip:
                if self._is_disease(self._chosen[place]):
                    diseases.append((place, self._chosen[place]))
                else:
                    term, skip = self._bracket(place + 1)
                    said.append(Said(self._chosen[place], term, self._rank(place)))
        words = tuple(t.text if t.kind == "word" else "\x00" for t in self._tokens)
        return Reading(words, roles, tuple(negations), tuple(diseases), tuple(said), self._quantity(words))

    def _word(self, place: int) -> str:
        return self._tokens[place].text if 0 <= place < len(self._tokens) and self._is_word(place) else ""

    def _is_word(self, place: int) -> bool:
        return self._tokens[place].kind == "word"

    def _rank(self, place: int) -> Literal["term", "finding", ""]:
        before = self._word(place - 1)
        if before in _TERM_FOLLOWS:
            return "term"
        if before in _FINDING_FOLLOWS or (before == "which" and self._word(place - 2) == "under"):
            return "finding"
        return ""

    def _bracket(self, place: int) -> tuple[int | None, int]:
        """The term in brackets that start at a place, and the place after them; ``None`` if there is no term."""
        if place >= len(self._tokens) or self._tokens[place] != Token("mark", "("):
            return None, place
        end = next((i for i in range(place, len(self._tokens)) if self._tokens[i].text == ")"), -1)
        names = [i for i in range(place, end) if self._tokens[i].kind == "name"]
        if not names:
            return None, place
        others = [t for t in self._tokens[place + 1 : end] if t.kind != "name" and t.text != ","]
        if len(names) > 1 or any(t.text not in _BRACKET_WORDS for t in others):
            raise Wrong("sentence", "the brackets after a finding may hold one term, told by as, recorded there as, …")
        return self._chosen[names[0]], end + 1

    def _quantity(self, words: tuple[str, ...]) -> Quantity | None:
        found = [*self._numbers(), *_grades(words)]
        if any(VOCABULARY.get(w) == "open" for w in words):
            found.append(Quantity("open"))
        if "aside" in words:
            found.append(Quantity("aside"))
        if len(found) > 1:
            raise Wrong("frequency", "more than one frequency in one sentence")
        return found[0] if found else None

    def _numbers(self) -> list[Quantity]:
        tokens = self._tokens
        found = []
        place = 0
        while place < len(tokens):
            if tokens[place].kind != "number":
                place += 1
                continue
            end = self._count_end(place)
            if end:
                k, n = tokens[place].text, tokens[end].text
                if "." in k + n or len(k + n) > 2 * _MOST_DIGITS:
                    raise Wrong("number", f"{k} of {n} is no count")
                found.append(Quantity("count", k=int(k), n=int(n)))
                place = end + 1
            elif tokens[place + 1 : place + 2] == [Token("mark", "%")]:
                found.append(Quantity("percent", percent=float(tokens[place].text)))
                place += 2
            else:
                raise Wrong("number", f"the number {tokens[place].text} belongs to no count and no percentage")
        return found

    def _count_end(self, place: int) -> int:
        """Place of the second number of ``k of n``, ``k of the n``, ``k in n`` or ``c carriers among n``; else 0."""
        between: list[str] = []
        for end in range(place + 1, min(place + 4, len(self._tokens))):
            if self._tokens[end].kind == "number":
                return end if between in (["of"], ["of", "the"], ["in"], ["carriers", "among"]) else 0
            between.append(self._tokens[end].text)
        return 0


def _grades(words: tuple[str, ...]) -> list[Quantity]:
    found = []
    for place, word in enumerate(words):
        if word in {"frequent", "rare"} and place and words[place - 1] == "very":
            found.append(Quantity("grade", term=GRADES[f"very {word}"]))
        elif word in GRADES:
            found.append(Quantity("grade", term=GRADES[word]))
    return found
