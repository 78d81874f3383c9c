"""Prompt files → messages. A prompt is a file with a version; its slots are filled in one pass, never recursively."""

from __future__ import annotations

import re
from functools import cache

from medreason.llm.request import Message, prompt_text

_PART = re.compile(r"^=== (system|user|assistant) ===$", re.MULTILINE)
_SLOT = re.compile(r"\{([a-z_]+)\}")


@cache
def _parts(name: str) -> tuple[tuple[str, str], ...]:
    pieces = _PART.split(prompt_text(name))
    return tuple((role, text.strip()) for role, text in zip(pieces[1::2], pieces[2::2], strict=True))


def slots(name: str) -> set[str]:
    """The slots that a prompt file has."""
    return {slot for _, text in _parts(name) for slot in _SLOT.findall(text)}


def render(name: str, **values: str) -> tuple[Message, ...]:
    """The messages of a prompt file with its slots filled; values are copied as they are.

    Raises:
        KeyError: a slot has no value.
    """
    return tuple(Message(role, _SLOT.sub(lambda m: values[m[1]], text)) for role, text in _parts(name))
