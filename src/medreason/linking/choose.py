"""Which candidate is taken: thresholds first, then, where they leave it open, a language model asked once.

What it is: the protocol a chooser must keep (all open mentions of a text in one call, NONE allowed), its prompt and
a strict reader of the reply. What it is not: a client; whoever calls a model brings the ``Chooser``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from medreason.linking.candidates import Candidate

NONE = "NONE"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a candidate is considered and when it is taken.

    Attributes:
        k: Candidates considered per mention.
        keep: A candidate counts only if its score is above this.
        accept: The best candidate is taken without asking if its score is above this.
        alone: Without a chooser, take the best candidate that was kept; otherwise take none.
        similar_only: Look for similar names by embedding only (the published method), not by trigrams.
    """

    k: int = 10
    keep: float = 0.35
    accept: float = 0.9
    alone: bool = True
    similar_only: bool = False


DEFAULT = Thresholds()
# The published values: 10 candidates by embedding, cosine above 0.70, taken above 0.85, else asked.
COMPAT = Thresholds(k=10, keep=0.70, accept=0.85, alone=False, similar_only=True)


@dataclass(frozen=True, slots=True)
class Open:
    """A mention that the thresholds left open: its wording, what it stands for, and its candidates, best first."""

    text: str
    meaning: str
    candidates: tuple[Candidate, ...]


class Chooser(Protocol):
    """What decides open mentions; one call a text."""

    def choose(self, text: str, mentions: Sequence[Open]) -> Sequence[str | None]:
        """For each mention the CURIE of one of its candidates, or ``None`` for none of them."""
        ...


class BadReply(ValueError):
    """A reply that is not what was asked for; the text says what is wrong."""


def prompt(text: str, mentions: Sequence[Open]) -> str:
    """The request for one text and all its open mentions; :func:`read_reply` reads the answer."""
    blocks = []
    for n, mention in enumerate(mentions, start=1):
        meaning = f" (here: {mention.meaning})" if mention.meaning != mention.text else ""
        lines = [f"{_LETTERS[i]}. {c.name} [{c.concept}]" for i, c in enumerate(mention.candidates[: len(_LETTERS)])]
        blocks.append("\n".join([f"Mention {n}: {mention.text}{meaning}", *lines, "NONE. none of these"]))
    joined = "\n\n".join(blocks)
    return (
        "Text:\n"
        f"{text}\n\n"
        "For each mention, which concept does the text mean? Choose by meaning, not by spelling; a broader or narrower "
        "concept is not the same one. If none is meant, answer NONE.\n\n"
        f"{joined}\n\n"
        'Reply with one JSON object from mention number to letter or NONE, such as {"1": "A", "2": "NONE"}, and '
        "nothing else."
    )


def read_reply(reply: str, mentions: Sequence[Open]) -> list[str | None]:
    """The chosen CURIEs of a reply to :func:`prompt`, in the order of the mentions.

    Raises:
        BadReply: not one JSON object, a mention without an answer, or a letter that was not offered.
    """
    match = re.search(r"\{.*\}", reply, re.DOTALL)
    try:
        answers = json.loads(match[0]) if match else None
    except (ValueError, RecursionError) as error:
        raise BadReply(f"not JSON: {error}") from error
    if not isinstance(answers, dict):
        raise BadReply("no JSON object")
    chosen: list[str | None] = []
    for n, mention in enumerate(mentions, start=1):
        answer = answers.get(str(n))
        if not isinstance(answer, str):
            raise BadReply(f"no answer for mention {n}")
        letter = answer.strip().upper().rstrip(".")
        if letter == NONE:
            chosen.append(None)
            continue
        at = _LETTERS.find(letter) if len(letter) == 1 else -1
        if not 0 <= at < len(mention.candidates):
            raise BadReply(f"{answer!r} was not offered for mention {n}")
        chosen.append(mention.candidates[at].concept)
    return chosen
