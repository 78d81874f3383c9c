"""The options of a question, and which of them a piece of text names: by its whole text, or by its key.

An option's text counts where the same words and signs stand in the same order, after folding; nothing that is merely
like it does. Of options that match at one place the longest counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from medreason.evaluation.reading.fold import Folded

# A word, a number with thousands, or a sign that changes a meaning.
_SIGN = r"(?<![\w)\]])-(?=\.?\d)"
_SYMBOLS = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # scripts without spaces between words: each character counts
_TOKEN = rf"\d{{1,3}}(?:,\d{{3}}){{1,6}}(?![\d,])|[{_SYMBOLS}]|[^\W_{_SYMBOLS}]{{1,200}}|[<>≤≥=+%↑↓±]|{_SIGN}"
TOKEN = re.compile(_TOKEN)
_NEXT = re.compile(rf"(?:(?!{_SIGN})[^\w<>≤≥=+%↑↓±]|_){{0,6}}({_TOKEN})")


def tokens(text: str) -> tuple[str, ...]:
    """Words and signs of a text, in lower case."""
    return tuple(t.replace(",", "") for t in TOKEN.findall(Folded(text).low))


class Named(NamedTuple):
    """Options that a piece of text names (several: they have one text), and where the piece ends."""

    keys: tuple[str, ...]
    end: int


class Options:
    """Options of one question, indexed.

    Attributes:
        keys: Key as compared (upper case) → key, for keys of one letter or of digits.
        all: Every key, in order.
        words: Option texts that are one of yes, no, maybe and the like, to their keys.
    """

    def __init__(self, options: Mapping[str, str]) -> None:
        self.all = tuple(options)
        self.keys = {k.strip().upper(): k for k in options if _short(k.strip())}
        self.numbered = any(k.isdigit() for k in self.keys)
        self._index: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
        entries: dict[tuple[str, ...], list[str]] = {}
        for key, text in options.items():
            bare = _unlabelled(key, text)
            forms = {tokens(text)} if bare == text else {tokens(text), tokens(bare)}
            if not _short(key.strip()):
                forms.add(tokens(key))
            for form in forms - {()}:
                entries.setdefault(form, []).append(key)
        for form, keys in sorted(entries.items(), key=lambda e: (-len(e[0]), e[0])):
            self._index.setdefault(form[0], []).append((form, tuple(keys)))
        self.polar = {form[0] for form in entries if len(form) == 1 and form[0] in _POLAR}
        # Letters as written that are a key and the text of another option: "B" where the text of A reads "B".
        self.doubtful = {
            t.strip() for o, t in options.items() if self.keys.get(t.strip().upper(), o) != o and len(t.strip()) < 4
        }

    def at(self, low: str, place: int) -> Named | None:
        """The longest option text that starts at ``place`` of a folded text in lower case."""
        first = TOKEN.match(low, place)
        if first is None:
            return None
        for form, keys in self._index.get(first.group().replace(",", ""), ()):
            end = first.end()
            for token in form[1:]:
                found = _NEXT.match(low, end)
                if found is None or found.group(1).replace(",", "") != token:
                    break
                end = found.end()
            else:
                return Named(keys, end)
        return None


_POLAR = {"yes", "no", "maybe", "true", "false"}


def _short(key: str) -> bool:
    return (len(key) == 1 and key.isalpha()) or (key.isdigit() and len(key) < 4)


def _unlabelled(key: str, text: str) -> str:
    start = text.lstrip()
    if not start.startswith((key, f"({key}")):
        return text
    return re.sub(rf"^\(?{re.escape(key)}\s?[).:]\s*", "", start)


@lru_cache(maxsize=256)
def _indexed(items: tuple[tuple[str, str], ...]) -> Options:
    return Options(dict(items))


def indexed(options: Mapping[str, str]) -> Options:
    """Options indexed; samples of one question share the work."""
    return _indexed(tuple(options.items()))
