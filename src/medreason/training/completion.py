"""Reads a completion: its thinking, its steps with what they cite, and its final answer. Never guesses.

Two forms, those of ``medreason export --format sft``:

    ## Thinking                      <think>
    1. … [E1, E4]                    1. … [E1, E4]
    ## Final Answer                  </think>
    B. Galactosemia                  B. Galactosemia

Text is folded first (Unicode NFKC, no invisible characters), so that look-alikes and zero-width signs gain nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

LONGEST_ANSWER = 300
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_THINKING = re.compile(r"^#{1,6} *thinking *:?\s*$|<think>", re.IGNORECASE | re.MULTILINE)
_FINAL = re.compile(r"^#{1,6} *final answer *:?\s*$|</think>", re.IGNORECASE | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} *final answer *:?\s*$", re.IGNORECASE | re.MULTILINE)
_STEP = re.compile(r"^[ \t]*(\d{1,3})[.)][ \t]+(?=\S)", re.MULTILINE)
_CITES = re.compile(r"\[([^\[\]\n]{1,200})\]")
_LINE = re.compile(r"^[EFC]\d{1,3}$")
_KEY = re.compile(
    r"^(?:(?:the |my )?(?:final )?answer(?: is)?:?|option|choice)?\s*"
    r"[(*_]{0,3}(?P<key>[A-Za-z])[)*_]{0,3}(?P<rest>$|[\s.:)\-].*)",
    re.IGNORECASE | re.DOTALL,
)


class WrittenStep(NamedTuple):
    """A step as a model wrote it: its number, its text without citations, and the lines that it cites, once each."""

    n: int
    text: str
    cites: tuple[str, ...]


class Completion(NamedTuple):
    """A completion taken apart.

    Attributes:
        before: Text before the thinking.
        steps: Numbered steps of the thinking.
        loose: Text of the thinking that belongs to no step.
        answer: Text of the final answer.
        thinkings: How often a thinking begins.
        finals: How often a final answer begins.
    """

    before: str
    steps: tuple[WrittenStep, ...]
    loose: str
    answer: str
    thinkings: int
    finals: int


def text_of(completion: str | Sequence[Mapping[str, Any]]) -> str:
    """The text of a completion in either of TRL's forms: a string, or messages (those of the assistant are joined)."""
    if isinstance(completion, str):
        return completion
    said = [m.get("content") for m in completion if m.get("role", "assistant") == "assistant"]
    return "\n".join(s for s in said if isinstance(s, str))


def folded(text: str) -> str:
    """NFKC form without invisible characters."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def read(completion: str | Sequence[Mapping[str, Any]]) -> Completion:
    """Takes a completion apart; what is missing is empty. O(length)."""
    text = folded(text_of(completion))
    begin = _THINKING.search(text)
    finals = list(_FINAL.finditer(text, begin.end() if begin else 0))
    headings = len(_HEADING.findall(text[finals[0].end() :])) if finals else 0
    # A heading right after </think> is the same place said twice.
    doubled = bool(finals) and finals[0].group().startswith("<") and headings == 1
    before = text[: begin.start()] if begin else text[: finals[0].start()] if finals else text
    inside = text[begin.end() : finals[0].start() if finals else len(text)] if begin else ""
    answer = text[finals[-1].end() :] if finals else ""
    marks = list(_STEP.finditer(inside))
    ends = [*(mark.start() for mark in marks[1:]), len(inside)]
    steps = [_step(int(mark[1]), inside[mark.end() : end]) for mark, end in zip(marks, ends, strict=False)]
    loose = inside[: marks[0].start()] if marks else inside
    return Completion(
        before.strip(), tuple(steps), loose.strip(), answer.strip(),
        len(_THINKING.findall(text)), len(finals) - doubled,
    )  # fmt: skip


def _step(n: int, body: str) -> WrittenStep:
    cites: dict[str, None] = {}

    def taken(match: re.Match[str]) -> str:
        ids = [part.strip() for part in re.split(r"[,;]", match[1])]
        if not all(_LINE.match(i) for i in ids):
            return match[0]
        cites.update(dict.fromkeys(ids))
        return ""

    text = _CITES.sub(taken, body)
    return WrittenStep(n, re.sub(r"\s+", " ", text).strip(), tuple(cites))


def answer_key(completion: Completion, options: Sequence[Mapping[str, Any]]) -> str:
    """Key of the option that the final answer names; empty where it names none or more than one, or is too long.

    A letter counts alone ("B", "(B)", "Answer: B") or before the text of its own option ("B. Galactosemia"); an
    option's text counts alone. A letter with another option's text names two, hence none.
    """
    answer = completion.answer
    if not answer or len(answer) > LONGEST_ANSWER or completion.finals != 1:
        return ""
    said = _plain(answer)
    texts = {str(o["key"]): _plain(str(o["text"])) for o in options}
    named = {key for key, text in texts.items() if text and _holds(said, text)}
    # "Mucopolysaccharidosis type I" stands in "… type IS": the longest of nested names counts.
    named = {k for k in named if not any(k != j and texts[k] in texts[j] and texts[k] != texts[j] for j in named)}
    match = _KEY.match(answer.strip())
    letter = match["key"].upper() if match else ""
    if letter not in {k.upper() for k in texts}:
        letter = ""
    rest = _plain(match["rest"]) if match and letter else ""
    if letter and not rest:
        return next(k for k in texts if k.upper() == letter)
    if len(named) != 1:
        return ""
    key = next(iter(named))
    if letter and letter != key.upper() and rest:
        return ""
    return (
        key
        if said in (texts[key], f"{key.casefold()} {texts[key]}", f"answer {key.casefold()} {texts[key]}")
        or (letter == key.upper() and rest == texts[key])
        else ""
    )


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _holds(text: str, part: str) -> bool:
    return f" {part} " in f" {text} "
