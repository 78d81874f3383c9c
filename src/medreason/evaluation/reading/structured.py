"""Answers in marks that hold nothing else: JSON fields, ``\\boxed{}``, ``<answer>``, ``####``, bold.

Broken JSON is read field by field: a text behind a field's name counts, whatever else is wrong with the object.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple


class Piece(NamedTuple):
    """A marked piece of an output.

    Attributes:
        start: Place in the output, with its marks.
        end: Behind it.
        inner: Place of what it holds.
        text: What it holds.
        rule: Which kind of mark.
        weight: As for statements.
    """

    start: int
    end: int
    inner: int
    text: str
    rule: str
    weight: int = 4


_BOXED = re.compile(r"\\(?:boxed|fbox)\s{0,3}(\{)|\\boxed\s(?=[A-Za-z0-9])")
_TAG_NAMES = (
    "answer|final_answer|finalanswer|final-answer|final|ans|choice|option|solution|result|selected|prediction|label"
)
_TAG = re.compile(rf"<\s?({_TAG_NAMES})(?:\s[^<>\n]{{0,80}})?>|\[({_TAG_NAMES})\](?=[\s\S]{{1,200}}\[/)", re.IGNORECASE)
_HASHES = re.compile(r"(?:(?<=\n)|(?<![\s\S]))####[ \t]*(?=[^\s#])([^\n]{1,200})")
_MOST_BOXED = 2000
_FIELD = re.compile(r"""(?P<quote>["'“”])\s?(?P<name>[A-Za-z][A-Za-z _-]{0,30})\s?["'“”]\s{0,4}:\s{0,20}""")
_RANKS = {
    **dict.fromkeys("finalanswer finalchoice finalanswerchoice".split(), 3),
    **dict.fromkeys(
        "answerchoice answer answerletter answerkey correctanswer correctoption correctchoice selectedoption"
        " selectedanswer selectedchoice chosenoption chosenanswer prediction predictedanswer answeroption bestanswer"
        " antwort respuesta reponse".split(),
        2,
    ),
    **dict.fromkeys("choice option letter selected selection final result label response key".split(), 1),
}
_TEXTS = frozenset("answertext optiontext choicetext answervalue answercontent text value".split())
_STRING = {
    '"': re.compile(r'"((?:[^"\\]|\\.)*)("|$)', re.DOTALL),
    "'": re.compile(r"'((?:[^'\\\n]|\\.|'(?=\w))*)('|$)", re.DOTALL),
}
_BARE = re.compile(r"(null|none|true|false|-?\d+(?:\.\d+)?|[A-Za-z])(?![\w])", re.IGNORECASE)
_LIST = re.compile(r"\[([^\[\]{}]{0,300})\]")


class Field(NamedTuple):
    """The answer field of one JSON object, a text field beside it, and the region of the object."""

    piece: Piece
    beside: str
    region: tuple[int, int]


def _string(text: str, place: int) -> tuple[str, int, int] | None:
    """A field's value as text, and where it stands."""
    char = text[place : place + 1]
    if char in '"“”' and char:
        found = (
            _STRING['"'].match(text, place)
            if char == '"'
            else re.compile(r"[“”]([^“”\"]{0,2000})[“”\"]").match(text, place)
        )
        return (found.group(1), found.start(1), found.end()) if found else None
    if char == "'":
        found = _STRING["'"].match(text, place)
        return (found.group(1), found.start(1), found.end()) if found else None
    if char == "[" and (found := _LIST.match(text, place)) is not None:
        return found.group(1).replace('"', " ").replace("'", " "), found.start(1), found.end()
    if char == "{":
        return None
    found = _BARE.match(text, place)
    return (found.group(1), found.start(1), found.end()) if found else None


class _Named(NamedTuple):
    start: int
    end: int
    inner: int
    held: str
    rank: int
    beside: bool


def _named(text: str) -> list[list[_Named]]:
    """Fields that may hold an answer, by object; objects end where a brace closes between two fields."""
    objects: list[list[_Named]] = []
    place, last = text.find("{"), -1
    while (found := _FIELD.search(text, place)) is not None:
        place = found.end()
        value = _string(text, place)
        if value is None:
            continue
        held, inner, end = value
        place = max(place, end)
        name = re.sub(r"[ _-]", "", found["name"].lower())
        rank = _RANKS.get(name, 0)
        if not rank and name not in _TEXTS:
            continue
        if last < 0 or "}" in text[last : found.start()]:
            objects.append([])
        objects[-1].append(_Named(found.start(), end, inner, held, rank, name in _TEXTS))
        last = end
    return objects


def fields(text: str) -> list[Field]:
    """The answer field of each JSON object: of those of the highest rank the last. O(characters)."""
    if "{" not in text:
        return []
    objects = [o for o in _named(text) if any(f.rank for f in o)]
    out: list[Field] = []
    done = 0
    for number, held in enumerate(objects):
        best = max(held, key=lambda f: (f.rank, f.start))
        opened = text.find("{", done)
        close = text.rfind("}") if number + 1 == len(objects) else text.find("}", held[-1].end)
        done = len(text) if close < held[-1].end else close + 1
        beside = next((f.held for f in reversed(held) if f.beside and f is not best), "")
        piece = Piece(best.start, best.end, best.inner, _unescaped(best.held), "JSON field")
        out.append(Field(piece, beside, (opened, done)))
    return out


def _unescaped(held: str) -> str:
    if "\\" not in held:
        return held
    try:
        return str(json.loads(f'"{held}"', strict=False))
    except ValueError:
        return held.replace("\\n", " ").replace('\\"', '"')


def _closing(text: str, opened: int) -> int:
    depth = 0
    for i in range(opened, min(len(text), opened + _MOST_BOXED)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if not depth:
            return i
    return -1


def pieces(text: str) -> list[Piece]:
    """Boxed, tagged and hashed pieces in order. O(characters)."""
    found: list[Piece] = []
    if "\\" not in text and "<" not in text and "[" not in text and "#" not in text:
        return found
    done = 0
    for box in _BOXED.finditer(text):
        if box.start() < done:
            continue
        if box.group(1) is None:
            found.append(Piece(box.start(), box.end() + 1, box.end(), text[box.end()], "boxed"))
            continue
        close = _closing(text, box.start(1))
        close = min(len(text), box.end() + 300) if close < 0 else close
        found.append(Piece(box.start(), min(len(text), close + 1), box.end(), text[box.end() : close], "boxed"))
        done = close
    closers = {name: _Ends(text, name) for name in {(m[1] or m[2]).lower() for m in _TAG.finditer(text)}}
    done = 0
    for tag in _TAG.finditer(text):
        if tag.start() < done:
            continue
        name = (tag[1] or tag[2]).lower()
        stop, after = closers[name].behind(tag.end())
        inner = text[tag.end() : stop]
        if not inner.strip():
            done = after
            continue
        found.append(Piece(tag.start(), after, tag.end(), inner, "tag"))
        done = after
    found += [Piece(m.start(), m.end(), m.start(1), m.group(1), "hashes") for m in _HASHES.finditer(text)]
    return sorted(found)


class _Ends:
    """Places of the closing tags of one name."""

    def __init__(self, text: str, name: str) -> None:
        self._length = len(text)
        self._at = [(m.start(), m.end()) for m in re.finditer(rf"[<\[]\s?/\s?{name}\s?[>\]]", text, re.IGNORECASE)]
        self._next = 0

    def behind(self, place: int) -> tuple[int, int]:
        while self._next < len(self._at) and self._at[self._next][0] < place:
            self._next += 1
        return self._at[self._next] if self._next < len(self._at) else (self._length, self._length)


_BOLD = re.compile(
    r"(?<!\*)\*\*(?!\*)([^*\n]{1,200}?)\*\*(?!\*)|<(b|strong)>([^<>\n]{1,200})</(?:b|strong)>"
    r"|(?<!_)__(?!_)([^_\n]{1,200})__(?!_)"
)


def bold(text: str) -> list[Piece]:
    """Pieces in bold."""
    out = []
    for m in _BOLD.finditer(text):
        group = 1 if m.group(1) is not None else 3 if m.group(3) is not None else 4
        out.append(Piece(m.start(), m.end(), m.start(group), m.group(group), "bold", 2))
    return out


def without_tags(text: str, found: list[Piece]) -> str:
    """The text with the marks of tags, not what they hold, blanked out."""
    out, done = [], 0
    for piece in found:
        if piece.rule == "tag" and piece.start >= done:
            inner_end = piece.inner + len(piece.text)
            out += [
                text[done : piece.start],
                " " * (piece.inner - piece.start),
                piece.text,
                " " * (piece.end - inner_end),
            ]
            done = piece.end
    return "".join([*out, text[done:]])
