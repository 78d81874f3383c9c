"""Which option a sentence of the last step is for, in free prose."""

from __future__ import annotations

import re

from medreason.quality.prose import Sentence

# Words by which a last step says which option it is for.
_BEST = re.compile(
    r"\b(?:best|first|favou?r(?:s|ed|ing)?|most likely|preferred|strongest|foremost|leads?|leading|ahead of"
    r"|wins?|chosen"
    r"|convincing)\b",
    re.IGNORECASE,
)
_SECOND = re.compile(r"\b(?:second to|behind|weaker than|less likely than|loses? to|yields? to|below)\b", re.IGNORECASE)
_DENIED_CHOICE = re.compile(
    r"\b(?:is|are)(?: not|n['’]t) (?:\w+ ){0,2}(?:the (?:\w+ ){0,2}(?:option|one|choice)|best|preferred|favou?red)\b",
    re.IGNORECASE,
)


_LEANS = re.compile(r"\b(?:speaks?|argues?|counts?|weighs?|points?|supports?|answers?)\b", re.IGNORECASE)


def leans(sentence: Sentence) -> bool:
    """Whether a sentence says that something speaks for an option."""
    return _LEANS.search(sentence.text) is not None and re.search(r"\bagainst\b", sentence.text) is None


def denied(sentence: Sentence, chosen: str) -> bool:
    """Whether a sentence that names the chosen option alone says that it is not the one."""
    return sentence.options == {chosen} and _DENIED_CHOICE.search(sentence.text) is not None


def concluded(sentence: Sentence) -> str:
    """Key of the option that a sentence of the last step prefers, or nothing."""
    named = [n for n in sentence.named if n.option]
    if turn := _SECOND.search(sentence.text):
        return next((n.option for n in named if n.start >= turn.end()), "")
    match = _BEST.search(sentence.text)
    if match is None or not named:
        return ""
    if match.group().casefold().startswith("favo"):
        return next((n.option for n in named if n.start - match.end() in range(0, 12)), "")
    before = [n for n in named if n.end <= match.start()]
    return before[0].option if before else named[0].option
