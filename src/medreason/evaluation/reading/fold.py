"""Text as it is compared: case, width, accents, markdown and white space folded, and where each character came from.

What it is: a rewriting that loses no word. What it deliberately is not: stemming, spelling correction or any other
likeness; two texts are the same after folding or they are not. O(characters).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

_LATIN_END = 0x250
_PLAIN = {
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "′": "'",
    "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "。": ".", "、": ",", "【": "[", "】": "]",
    "「": "[", "」": "]", "『": "[", "』": "]", "《": "[", "》": "]", "〔": "[", "〕": "]",
    "İ": "I", "ı": "i", "ß": "s", "Đ": "D", "đ": "d", "Ł": "L", "ł": "l", "Ø": "O", "ø": "o",
    "≦": "≤", "≧": "≥", "➜": "→", "➔": "→", "⇒": "→", "⟶": "→",
}  # fmt: skip


class _Single(dict[int, int | str]):
    """Character → the one character that it is compared as, worked out once each."""

    def __missing__(self, code: int) -> int | str:
        char = chr(code)
        found = _PLAIN.get(char, char)
        if found == char:
            if 0x1F150 <= code <= 0x1F169 or 0x1F170 <= code <= 0x1F189:  # letters in black circles and squares
                found = chr(ord("A") + (code - 0x1F150) % 0x20)
            elif 0x249C <= code <= 0x24B5:  # letters in brackets
                found = chr(ord("A") + code - 0x249C)
            else:
                found = _one(char)
        self[code] = found
        return found


def _one(char: str) -> str:
    wide = unicodedata.normalize("NFKC", char)
    char = wide if len(wide) == 1 else char
    if ord(char) < _LATIN_END:
        parts = unicodedata.normalize("NFKD", char)
        if len(parts) > 1 and all(unicodedata.combining(c) for c in parts[1:]):
            char = parts[0]
    return char if len(char.lower()) == 1 else "?"


_SINGLE = _Single()
# White space and marks of Markdown, HTML and LaTeX that carry no word. Alternatives start with different characters.
_MARK = (
    r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mathsf|mathit|boldsymbol|bf|rm|displaystyle|left|right|quad|qquad"
    r"|large|Large|LARGE|huge|underline|emph|fbox|boxed|bm)(?![a-zA-Z])|\\[,;!()\[\]{}\\ ]"
    r"|</?(?:b|i|u|p|em|strong|span|div|br|li|ul|ol|center|font|code|mark|h[1-6])(?![a-zA-Z])[^<>\n]{0,80}>"
    r"|[*`~${}|\u200b\u200c\u200d\u200e\u200f\u2060\ufe0f\ufeff]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
    r"|(?:(?<=\n)|(?<=\n )|(?<![\s\S]))[#>]+"
)
# A single space stays as it is, so that most of a text is passed over.
_SPACE = re.compile(rf" ?(?:{_MARK}|[^\S ])(?:{_MARK}|\s)*|  (?:{_MARK}|\s)*")


class Folded:
    """A text ready for comparison.

    Attributes:
        text: Folded, upper and lower case kept; runs of white space and marks are one space, or one line break.
        low: The same in lower case, of the same length.
    """

    __slots__ = ("_from", "_to", "low", "text")

    def __init__(self, raw: str) -> None:
        plain = raw if raw.isascii() else raw.translate(_SINGLE)
        pieces: list[str] = []
        self._from: list[int] = []
        self._to: list[int] = []
        done = length = 0
        for run in _SPACE.finditer(plain):
            start, end = run.span()
            if end - start == 1 and plain[start] == "\n":
                continue
            blank = "\n" if _breaks(run.group()) else " "
            pieces += (plain[done:start], blank)
            length += start - done + 1
            self._from.append(end)
            self._to.append(length)
            done = end
        pieces.append(plain[done:])
        self.text = "".join(pieces)
        self.low = self.text.lower()

    def origin(self, place: int) -> int:
        """Where the character at ``place`` of the folded text stood in the text as given."""
        segment = bisect_right(self._to, place) - 1
        return place if segment < 0 else self._from[segment] + place - self._to[segment]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The piece of the text as given that the folded piece came from."""
        return self.origin(start), self.origin(end - 1) + 1 if end > start else self.origin(start)


def _breaks(run: str) -> bool:
    return "\n" in run or "<br" in run or "<p" in run or "</p" in run or "<li" in run
