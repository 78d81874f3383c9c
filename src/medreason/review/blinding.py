"""What would tell an arm by its looks, taken away: markup, numbering, citation tags, typography, names of models.

What it is: one plain form for every arm, and the same cut into steps for all sides of a case. What it is not: a change
of what is said. Length, vocabulary and style stay, so reviewers are asked at the end whether they could tell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from medreason.quality.freetext.parts import split
from medreason.quality.prose import SENTENCE_END
from medreason.review.material import ShownEdge

_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe58\ufe63\uff0d", "-"),
        **dict.fromkeys("\u2014\u2015", " - "),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys(
            "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
        ),
        **dict.fromkeys("\u200b\u2060\ufeff\u00ad", ""),
        **dict.fromkeys("\u2192\u27f6\u21d2\u2794", "->"),
        **dict.fromkeys("\u2022\u25cf\u25aa\u25e6\u2023", ""),
        "\u2026": "...",
    }
)
# [HP:0001250], [E12, F3], 【E12】: what a text cites is shown beside the step, or not at all.
_TAG = r"(?:[EFC]\d{1,4}|E[0-9a-f]{16}|[A-Za-z]{2,12}:\d{3,})"
_CITATION = re.compile(rf"\s*[\[\u3010(]\s*{_TAG}(?:\s*[,;]\s*{_TAG})*\s*[\]\u3011)]")
_THOUGHT = re.compile(r"</?(?:think|thinking|thought|reasoning|answer|final_answer|output)\s*>", re.IGNORECASE)
_BOXED = re.compile(r"\$?\\(?:boxed|text|mathrm|mathbf)\{([^{}]*)\}\$?")
# Marks of chat templates, and markup as browsers know it; a comparison ("K <3.5") is neither.
_SPECIAL = re.compile(r"<\|[^|<>\n]{1,40}\|>")
_HTML = re.compile(r"</?(?:b|i|u|em|strong|p|br|span|div|ul|ol|li|code|pre|h[1-6]|table|tr|td|th)\s*/?>", re.IGNORECASE)
_RAISED = re.compile(r"<su[pb]>([^<>]{1,20})</su([pb])>", re.IGNORECASE)
_TABLE = re.compile(r"^[ \t]*\|(.*)\|[ \t]*$", re.MULTILINE)
_RULER = re.compile(r"^[ \t]*\|[\s:|-]+\|[ \t]*$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\((?:https?:[^)\s]*|#[^)\s]*)\)")
_EMPHASIS = (
    re.compile(r"(\*\*\*|\*\*|__)(?=\S)(.+?)(?<=\S)\1", re.DOTALL),
    re.compile(r"(?<![\w*])(\*)(?=\S)([^*\n]+?)(?<=\S)\1(?![\w*])"),
    re.compile(r"(?<![\w_])(_)(?=\S)([^_\n]+?)(?<=\S)\1(?![\w_])"),
    re.compile(r"(`{1,3})([^`]+)\1"),
)
_LINE_START = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+\u2022][ \t]+|(?:\*{3,}|-{3,}|_{3,}|={3,})[ \t]*$)", re.MULTILINE
)
_NUMBER = re.compile(r"^\s*(?:step\s+)?\d{1,3}\s*[.):]\s+(?=\S)|^\s*step\s+\d{1,3}\s*[-,]\s+(?=\S)", re.IGNORECASE)
_SELF = re.compile(
    r"\bas an? (?:ai|a\.i\.|artificial intelligence|(?:large )?language model|llm)"
    r"(?:[ -](?:large|language|model|assistant|system|ai))*\b,?\s*",
    re.IGNORECASE,
)
_NAMED_SELF = re.compile(
    r"\b(?:I am|I'm|my name is) (?:claude|gemini|llama|mistral|qwen|grok|gpt|chatgpt|copilot|an? (?:ai|llm))\b"
    r"[^.!?\n]*[.!?]?\s*",
    re.IGNORECASE,
)
_MODEL = re.compile(
    r"\b(?:chatgpt|gpt-?[2-9][\w.-]*|o[134]-(?:mini|preview)|huatuogpt[\w-]*|deepseek[\w-]*|qwen[\w.-]*"
    r"|llama[- ]?\d[\w.-]*|mi[sx]tral[- ]?\d[\w.-]*|claude[- ]\d[\w.-]*"
    r"|gemini[- ]\d[\w.-]*|medreason[\w-]*|med-?palm[\w-]*)\b",
    re.IGNORECASE,
)
# A sentence that says nothing but which option is chosen; the choice is shown under the reasoning.
_ANSWER = re.compile(
    r"^(?:so|thus|hence|therefore|in conclusion|overall)?,?\s*(?:the |my )?(?:final |correct |best |most likely )?"
    r"(?:answer|option|choice)(?: is| would be|:)*\s*(?:option\s*)?\(?(?P<key>[A-J])\)?\s*(?:[.:)]\s*[^.]*)?\.?$",
    re.IGNORECASE,
)
# What stands under "Final answer": an option's letter, with or without its text.
_OPTION = re.compile(r"^\(?(?P<key>[A-J])\)?(?:[.:)]?|[.:)]\s+\S.{0,120})$")


class Piece(NamedTuple):
    """A stretch of an arm's reasoning.

    Attributes:
        origin: Number of the record's step that it comes from; 0 where it is of no record.
    """

    text: str
    edges: tuple[ShownEdge, ...] = ()
    origin: int = 0


def clean(text: str) -> str:
    """The text without lone surrogates, which no file can hold: each becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def plain(text: str) -> str:
    """A step or sentence in one form for all arms: one line, no markup, plain dashes and quotes, a stop at its end.

    O(length). The words stay, but for citation tags, names of models and "as an AI language model".
    """
    text = unicodedata.normalize("NFC", clean(text)).translate(_TYPOGRAPHY)
    text = _BOXED.sub(r"\1", _SPECIAL.sub(" ", _THOUGHT.sub(" ", text)))
    text = _HTML.sub(" ", _RAISED.sub(lambda found: ("^" if found[2] in "pP" else "") + found[1], text))
    text = _TABLE.sub(lambda row: ", ".join(filter(None, map(str.strip, row[1].split("|")))), _RULER.sub("", text))
    text = _CITATION.sub("", _LINK.sub(r"\1", text))
    text = _LINE_START.sub("", text)
    for mark in _EMPHASIS:
        text = mark.sub(r"\2", text)
    text = _NUMBER.sub("", _MODEL.sub("the writer", _SELF.sub("", _NAMED_SELF.sub("", text))))
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"\s+([.,;:!?])(?=\s|$)", r"\1", text)
    text = re.sub(r"^[\s\-:,;.]+(?=\w)", "", text)
    if text and text[-1] not in ".!?":
        text = text.rstrip(",;:- ") + "."
    return text[:1].upper() + text[1:] if re.search(r"\w", text) else ""


def of_text(text: str) -> list[Piece]:
    """A model's output as steps: numbered ones, else paragraphs; headings and the bare choice of an option go."""
    return [piece for piece, key in _parts(text) if not key]


def chosen(text: str) -> str:
    """The option that an output names in a sentence of its own, the last one; empty where there is none.

    It is the sentence that :func:`of_text` and :func:`sentences` leave out, so what is taken away is shown elsewhere.
    """
    found = [key for piece, key in _parts(text) for key in (key, *map(_bare, _pieces(piece))) if key]
    return found[-1] if found else ""


def _parts(text: str) -> list[tuple[Piece, str]]:
    """Steps of an output with the option's key where that is all that one says."""
    text = _THOUGHT.sub("\n\n", text)
    found = []
    for step in split(text):
        piece = Piece(text[step.start : step.end])
        told = plain(piece.text)
        option = _OPTION.match(told) if step.section == "conclusion" else None
        if told:
            found.append((piece, option["key"] if option else _bare(piece)))
    return found


def _bare(piece: Piece) -> str:
    found = _ANSWER.match(plain(piece.text))
    return found["key"] if found else ""


def _pieces(piece: Piece) -> list[Piece]:
    return [piece._replace(text=part) for line in piece.text.split("\n") for part in SENTENCE_END.split(line)]


def sentences(piece: Piece) -> list[Piece]:
    """A step cut into its sentences; each keeps what the step cites."""
    return [one for one in _pieces(piece) if plain(one.text) and not _bare(one)]


def forms(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
    """A reasoning in steps and in sentences, both :func:`plain`; what says nothing, or only a choice, is left out."""
    steps = [piece for piece in pieces if not _bare(piece)]
    cut = [part for piece in steps for part in sentences(piece)]
    whole, parts = ([p._replace(text=plain(p.text)) for p in side if plain(p.text)] for side in (steps, cut))
    return whole, parts


def same_cut(sides: Sequence[Sequence[Piece]]) -> list[list[Piece]]:
    """All sides of a case in steps if each has two or more, else all in sentences."""
    both = [forms(side) for side in sides]
    stepped = all(len(steps) >= 2 for steps, _ in both)
    return [steps if stepped else parts for steps, parts in both]
