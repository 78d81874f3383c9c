"""Which words mean the same inside a name: *renal* and *kidney*, *ataxic* and *ataxia*, *raised* and *increased*.

Two sources: the table ``equivalents.tsv``, and rules of word formation that lead from an adjective
or participle to its noun. A rule counts only where the noun is a word of some name in the graph.
What it is not: a stemmer. Opposites ("increased", "decreased") never meet, because no rule touches a prefix.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import cache

from medreason.linking import tables
from medreason.linking.normalise import normal_form

STOP = frozenset(
    {
        "of", "the", "in", "a", "an", "on", "at", "his", "her", "their", "its", "morphology", "to", "for", "into",
        "this", "that", "these", "both", "or", "and", "system",
    }
)  # fmt: skip

# Ending of the adjective or participle, ending of the noun. All that fit are tried, in this order.
_ENDINGS = (
    ("plastic", "plasia"), ("ectatic", "ectasia"), ("istic", "ism"), ("itic", "itis"), ("eptic", "epsy"),
    ("otic", "osis"), ("etic", "esis"), ("ytic", "ysis"), ("tic", "sis"), ("ic", "ia"), ("ic", "y"), ("ic", "us"),
    ("ic", "ism"), ("rectic", "rexia"),
    ("matous", "ma"), ("atous", "a"), ("ous", "y"), ("ese", "esity"), ("id", "idity"), ("ified", "ification"),
    ("ated", "ation"), ("ed", "ation"), ("ened", "ening"), ("ed", "ing"), ("ed", "ion"), ("ed", "e"),
    ("ed", ""), ("ent", "ence"), ("ant", "ance"), ("ive", "ion"), ("ly", ""), ("ally", ""), ("ily", "y"),
    ("f", "fness"), ("e", "eness"), ("stic", "sticity"),
)  # fmt: skip
_BY_LETTER = {letter: [e for e in _ENDINGS if e[0][-1] == letter] for letter in {e[0][-1] for e in _ENDINGS}}
ADJECTIVE = ("al", "ic", "ous", "ar", "ary", "ory", "ine")
SHORTEST = 4  # letters left of an ending


def nouns(word: str) -> Iterator[str]:
    """Nouns an adjective, adverb or participle may come from (``hypotonic`` → ``hypotonia``, ``hypotony`` …)."""
    for ending, noun in _BY_LETTER.get(word[-1:], ()):
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST:
            yield word[: len(word) - len(ending)] + noun


@cache
def _table() -> dict[str, tuple[str, str]]:
    """Normal form of every form of the table, with the head of its group and the group's kind."""
    found: dict[str, tuple[str, str]] = {}
    for row in tables.rows("equivalents"):
        for form in (row["word"], *row["forms"].split()):
            found.setdefault(normal_form(form), (normal_form(row["word"]), row["kind"]))
    return found


def head(word: str) -> str:
    """The word that stands for the group of a normalised word; the word itself where it has no group."""
    known = _table().get(word)
    return known[0] if known else word


def is_body_part(word: str) -> bool:
    """Whether a normalised word stands for a part of the body, as noun or adjective."""
    known = _table().get(word)
    return known is not None and known[1] == "body"


def is_adjective(word: str) -> bool:
    """Whether a normalised word is the adjective of a body part, which belongs to the noun after it."""
    known = _table().get(word)
    return known is not None and known[1] == "body" and known[0] != word and word.endswith(ADJECTIVE)


def representative(word: str, known: Container[str]) -> str:
    """The group head of a word, or that of a noun it comes from, as long as ``known`` has it; else the word."""
    if word in _table():
        return head(word)
    for noun in nouns(word):
        if noun in known:
            return head(noun)
    return word
