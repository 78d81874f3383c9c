"""Reads the columns that many layouts share: texts, lettered options in their several forms, and answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from medreason.questions.sources.base import LETTERS, BadRow, Layout, Parts, Row
from medreason.records import Option

_LETTERED = re.compile(r"\s*\(?([A-Z])[.):]\s+(.*)", re.DOTALL)


def text_in(row: Row, column: str, reason: str = "no_question") -> str:
    """A column that must be a text, without outer spaces; it may be empty.

    Raises:
        BadRow: with ``reason``, where it is no text.
    """
    value = row.get(column)
    if not isinstance(value, str):
        raise BadRow(reason, f"the column {column} is no text")
    return value.strip()


def words_in(row: Row, column: str) -> str:
    """A column that may be a text, without outer spaces; anything else is empty."""
    value = row.get(column)
    return value.strip() if isinstance(value, str) else ""


def lettered(texts: Iterable[Any]) -> tuple[Option, ...]:
    """Texts as options A, B, C, …

    Raises:
        BadRow: ``malformed_options``, ``option_count``.
    """
    options = list(texts)
    if not all(isinstance(t, str) for t in options):
        raise BadRow("malformed_options", "an option is no text")
    if len(options) > len(LETTERS):
        raise BadRow("option_count", f"{len(options)} options, more than there are letters")
    return tuple(Option(key, text.strip()) for key, text in zip(LETTERS, options, strict=False))


def choices_in(row: Row, column: str) -> tuple[Option, ...]:
    """A list of option texts.

    Raises:
        BadRow: ``malformed_options``.
    """
    value = row.get(column)
    if not isinstance(value, list):
        raise BadRow("malformed_options", f"the column {column} is no list")
    return lettered(value)


def options_in(row: Row, column: str = "options") -> tuple[Option, ...]:
    """Options as a mapping ``{"A": text}`` or as a list of ``{key, value}`` or ``{letter, content}``.

    A mapping's null is an option that this row lacks (Parquet gives every row the keys of all).

    Raises:
        BadRow: ``malformed_options``.
    """
    value = row.get(column)
    if isinstance(value, dict):
        pairs = [(key, text) for key, text in value.items() if text is not None]
    elif isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
        pairs = [(e.get("key", e.get("letter")), e.get("value", e.get("content"))) for e in value]
    else:
        raise BadRow("malformed_options", f"the column {column} is neither a mapping nor a list of key and value")
    if not all(isinstance(part, str) for pair in pairs for part in pair):
        raise BadRow("malformed_options", f"the column {column} holds an option without a key or a text")
    return tuple(Option(key.strip().upper(), text.strip()) for key, text in pairs)


def letter_of_index(value: Any, first: int = 0) -> str:
    """A counted answer as a letter; a letter is left as it is, and no answer (null, -1) is empty.

    Raises:
        BadRow: ``bad_answer``.
    """
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value == -1):
        return ""
    if isinstance(value, str) and len(value.strip()) == 1 and value.strip().upper() in LETTERS:
        return value.strip().upper()
    if isinstance(value, bool) or not isinstance(value, int) or not first <= value < first + len(LETTERS):
        raise BadRow("bad_answer", f"the answer is no option number counted from {first}")
    return LETTERS[value - first]


def answer_letter(row: Row, options: tuple[Option, ...], letter: str = "answer_idx", text: str = "answer") -> str:
    """The key in the column ``letter``, compared with the answer in words where the column ``text`` has it.

    The words may be led by the letter ("C. text") or be the letter alone.

    Raises:
        BadRow: ``option_count``: there are no options; ``bad_answer``: no letter of one; ``answer_mismatch``: letter
            and words disagree.
    """
    if not options:
        raise BadRow("option_count", "the row has no options")
    value = row.get(letter)
    key = value.strip().upper() if isinstance(value, str) else ""
    option = next((o for o in options if o.key == key), None)
    if option is None:
        raise BadRow("bad_answer", f"the column {letter} is no letter of an option", options)
    words = words_in(row, text)
    led = _LETTERED.fullmatch(words)
    if led and led[1] == key:
        words = led[2]
    if words and words != key and " ".join(words.split()) != " ".join(option.text.split()):
        raise BadRow("answer_mismatch", f"the columns {letter} and {text} name different options", options)
    return key


def split_choices(text: str) -> tuple[str, tuple[Option, ...]]:
    """A question text and the options written after its last "Answer Choices:", one a line or in one line.

    Options are "A. text" or "(A) text". Only the letter that comes next begins an option, so that "P. aeruginosa" at
    the beginning of a line belongs to the option before. Without that heading there are no options.
    """
    found = list(re.finditer(r"\banswer choices\s*:", text, re.IGNORECASE))
    if not found:
        return text.strip(), ()
    stem, tail = text[: found[-1].start()].strip(), text[found[-1].end() :]
    starts: list[re.Match[str]] = []
    for match in re.finditer(r"(?:^|\n)\s*\(?([A-Z])[.):](?=\s|$)|(?<!\S)\(([A-Z])\)(?=\s)", tail):
        if len(starts) < len(LETTERS) and (match[1] or match[2]) == LETTERS[len(starts)]:
            starts.append(match)
    ends = [m.start() for m in starts[1:]] + [len(tail)]
    return stem, lettered(tail[m.end() : end] for m, end in zip(starts, ends, strict=True))


def one_answer(row: Row, column: str = "answer") -> str:
    """The letter in a list of one, as the elaine files have it.

    Raises:
        BadRow: ``several_answers``, ``bad_answer``.
    """
    value = row.get(column)
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise BadRow("bad_answer", f"the column {column} is no list of letters")
    if len(value) > 1:
        raise BadRow("several_answers", f"{len(value)} answers where one is expected")
    letter = letter_of_index(value[0]) if value else ""
    if not letter:
        raise BadRow("bad_answer", f"the column {column} names no option")
    return letter


def _elaine(row: Row) -> Parts:
    if row.get("text_only") is False:
        raise BadRow("has_image", "the question needs an image")
    text, options = text_in(row, "problem_text"), choices_in(row, "choices")
    return Parts(text, options, one_answer(row))


def elaine(read: Callable[[Row], Parts] = _elaine, *more: str) -> Layout:
    """The layout of the elaine files, which are test data: ``problem_text, choices[], answer[]`` and ``more``."""
    return Layout("elaine", ("problem_text", "choices", "answer", *more), read, test_data=True)


def elaine_parts(row: Row) -> Parts:
    """A row of the elaine layout.

    Raises:
        BadRow: why it is no question.
    """
    return _elaine(row)
