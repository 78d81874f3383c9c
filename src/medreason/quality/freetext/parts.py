"""Splits a chain into sections, steps and sentences, each with its place in the text.

Sections are told by their headings, plain or bold or with hashes ("Finding reasoning paths:", "**Reasoning Process:**",
"### Conclusion"). In a section with numbers a number begins a step; without any, a paragraph does. A sentence with
an arrow (``->``, ``→``, ``-->``, ``=>``) is a path: its nodes take the place of sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from medreason.quality.prose import SENTENCE_END

Section = Literal["paths", "reasoning", "conclusion"]
_HEADING = re.compile(
    r"^[\s#*_>\-]*(?:\d+[.)]\s*)?"
    r"(?P<name>(?:finding )?reasoning paths?|reasoning(?: process| steps?)?|step[- ]by[- ]step reasoning|analysis"
    r"|thinking|final conclusion|conclusions?|final answer|final response|answer)\s*[*_]*\s*(?::|$)[\s*_]*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"^\s*(?:\*\*)?(?:step\s+)?(\d{1,3})[.):]\s+(?=\S)", re.IGNORECASE)
_BULLET = re.compile(r"^\s*[-*•–]\s+(?=\S)")
ARROW = re.compile(r"\s*(?:-{1,3}>|=>|→|⟶|⇒|➔)\s*")


class Sentence(NamedTuple):
    """A sentence, or a node of a path (character offsets in the chain, end exclusive)."""

    start: int
    end: int
    path: bool


class PartStep(NamedTuple):
    """One step: its number in the chain, from 1, its section, and its sentences in order."""

    n: int
    section: Section
    start: int
    end: int
    sentences: tuple[Sentence, ...]


class _Line(NamedTuple):
    start: int
    end: int
    section: Section
    begins: bool
    blank_before: bool


def _section(name: str) -> Section:
    low = name.casefold()
    if "path" in low:
        return "paths"
    return "conclusion" if any(w in low for w in ("conclusion", "answer", "response")) else "reasoning"


def _lines(text: str) -> Iterator[_Line]:
    """The lines that say something, without headings, numbers and bullets."""
    section: Section = "reasoning"
    blank = True
    at = 0
    for line in text.splitlines(keepends=True):
        start, at = at, at + len(line)
        body = line.rstrip()
        if not body.strip():
            blank = True
            continue
        end = start + len(body)
        if heading := _HEADING.match(body):
            section = _section(heading["name"])
            start += heading.end()
            blank = True
            if start >= end:
                continue
            body = body[heading.end() :]
        number = _NUMBER.match(body)
        mark = number or _BULLET.match(body)
        yield _Line(start + (mark.end() if mark else len(body) - len(body.lstrip())), end, section, bool(number), blank)
        blank = False


def split(text: str) -> tuple[PartStep, ...]:
    """The steps of a chain. Every character that says something is in exactly one sentence of one step. O(length)."""
    lines = list(_lines(text))
    numbered = {line.section for line in lines if line.begins}
    groups: list[list[_Line]] = []
    for line in lines:
        first = not groups or groups[-1][-1].section != line.section
        begins = line.begins if line.section in numbered else line.blank_before
        if first or begins:
            groups.append([line])
        else:
            groups[-1].append(line)
    return tuple(
        PartStep(n, g[0].section, g[0].start, g[-1].end, tuple(s for line in g for s in _sentences(text, line)))
        for n, g in enumerate(groups, 1)
    )


def _sentences(text: str, line: _Line) -> Iterator[Sentence]:
    for start, end in _pieces(text, line.start, line.end, SENTENCE_END):
        path = ARROW.search(text, start, end) is not None
        for a, b in _pieces(text, start, end, ARROW) if path else [(start, end)]:
            yield Sentence(a, b, path)


def _pieces(text: str, start: int, end: int, mark: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """The stretches between the marks that say something."""
    at = start
    for found in mark.finditer(text[start:end]):
        if text[at : start + found.start()].strip():
            yield at, start + found.start()
        at = start + found.end()
    if text[at:end].strip():
        yield at, end
