"""Statements that are known as whole sentences: every word is fixed, only names and numbers vary.

A slot is one letter: a disease ``D`` (``A`` and ``B`` for two), a finding ``f``, an annotated term ``t``, the concept
``a`` that both share, an onset or mode of inheritance ``o``, numbers ``x`` and ``y``.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from medreason.quality.language import Sentence, Token

Kind = Literal["related", "picture", "age", "sex"]
NUMBERS = frozenset("xy")
SLOTS = frozenset("ABDfatoxy")
_TOLD: dict[Kind, tuple[str, ...]] = {
    "related": (
        "D is recorded with t , which like f is -a kind of a : -a weaker link",
        "related to f , t is recorded for D ; both are kinds of a",
        "less directly , D lists t , and this shares a with f",
        "both f and t , on record for D , are kinds of a",
        "-a weaker link joins D to f by way of a : recorded there is t",
        "related as kinds of a are f and , on record for D , t",
        "D lists t , and a covers this and f alike",
        "near to f lies t , recorded for D : both come under a",
        "for f , D offers -a related term under a : t",
        "f and t , the latter on record for D , both belong to a",
        "with f , D shares a , recorded there as t",
        "through a , f is related to t , which D has on record",
    ),
    "age": (
        "the earliest onset recorded for D is o , and the patient is younger : -a point against it",
        "against D weighs the age : the earliest onset on record is o",
        "younger than the earliest onset on record for D ( o ) , the patient fits it less well",
    ),
    "sex": (
        "for D , o is recorded , and the patient is female : this weighs against it without ruling it out",
        "D is recorded with o , which in -a female patient weighs against it without ruling it out",
        "against D weighs , without ruling it out , that the patient is female and o is recorded",
    ),
    "picture": (
        "taken as -a whole , the record of A shares x bits -a feature with the case , that of B y",
        "per recorded feature , A shares x bits with the case and B y",
        "on average -a feature recorded for A shares x bits with the case , one recorded for B y",
        "as whole pictures , A and B share x and y bits -a feature with the case",
        "over the whole record the case shares x bits -a feature with A and y with B",
        "seen as -a whole , A agrees with the case by x bits -a feature , B by y",
        "the whole record of A agrees with the case by x bits -a feature , that of B by y",
        "-a feature on record for A shares on average x bits with the case , one for B y",
    ),
}


class Wording(NamedTuple):
    """A sentence that is known word by word, and the token in each of its slots."""

    kind: Kind
    slots: dict[str, Token]


def _shape(words: list[str]) -> tuple[str, ...]:
    """Template words with slots as a mark of what may fill them; ``-a`` is the article, not a slot."""
    marks = ("\x01" if w in NUMBERS else "\x00" if w in SLOTS else w.removeprefix("-") for w in words)
    return tuple(marks)


_KNOWN: dict[tuple[str, ...], tuple[Kind, list[str]]] = {
    _shape(told.split()): (kind, told.split()) for kind, all_told in _TOLD.items() for told in all_told
}


def known(sentence: Sentence) -> Wording | None:
    """The wording that a sentence follows word by word, or ``None``. O(tokens)."""
    marks = {"name": "\x00", "number": "\x01"}
    found = _KNOWN.get(tuple(marks.get(t.kind, t.text) for t in sentence))
    if found is None:
        return None
    kind, words = found
    return Wording(kind, {w: t for w, t in zip(words, sentence, strict=True) if w in SLOTS})


def says_against(sentence: Sentence, rule: str, disease: int, concept: int) -> bool:
    """Whether a sentence is a fixed statement that the patient's age or sex weighs against a disease."""
    told = known(sentence)
    return (
        told is not None
        and told.kind == rule
        and disease in told.slots["D"].concepts
        and concept in told.slots["o"].concepts
    )
