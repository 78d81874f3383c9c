"""Answers that are a line of their own: "B", "(C) aspirin", an option's text, "Yes." before an explanation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medreason.evaluation.reading import forms
from medreason.evaluation.reading.finals import Statement
from medreason.evaluation.reading.values import Reader, Value

_START = re.compile(r"[\s\-*•→✅✔☑>\"'(\[:=.]{0,6}")
_HEDGE = re.compile(
    r"(?:(?:probably|maybe|perhaps|likely|most likely|i think|i guess|i believe|i'd say|i would say|possibly|sure"
    r"|okay|ok|well|hmm+"
    r"|option|choice|letter|answer|it's|it is|i'm not (?:entirely |completely |quite |100% )?sure,? but"
    r"|not sure,? but|my guess|clearly|definitely|certainly|obviously|surely|absolutely|so"
    r"|therefore|thus|hence)(?![a-z])"
    r"[,:!.]? ?){1,3}"
)
_MARKER = re.compile(
    r"(?:(?<=\n)|(?<![\s\S]))[\s\-*•>\"'(\[]{0,4}(?:option |choice |answer )?\(?([a-z]|\d{1,2})\)?(?:[).:\]]| -)(?=\s"
    r"|$)"
)
_INLINE = re.compile(r"(?<=[\s(])\(?([a-z])[).:](?= )")
_LAST = re.compile(r"[ \n)\]\"'.*]*\Z")
_SHORT = 40
_MARKS = (".", ")", ":", "]", " -", " :")
_GOES_ON = (
    ".",
    ")",
    ":",
    ",",
    " because",
    " since",
    " and not ",
    " not ",
    " rather ",
    " instead ",
    " over ",
    " but ",
    " as ",
    " -",
    "]",
    "\n",
    ";",
)
_POLAR = re.compile(r"[\s\"'*]*([a-z]+)(?=[,.;:!] ?|\s*\n|\s*$| - )")


def _value(reader: Reader, start: int) -> Value | None:
    begin = _START.match(reader.low, start)
    place = begin.end() if begin else start
    if (hedge := _HEDGE.match(reader.low, place)) is not None:
        again = _START.match(reader.low, hedge.end())
        return reader.at(again.end() if again else hedge.end(), far=False)
    return reader.at(place, far=False)


def _listed(reader: Reader) -> list[str]:
    """Keys that start a line, in order."""
    found = (reader.options.keys.get(m.group(1).upper()) for m in _MARKER.finditer(reader.low))
    return [k for k in found if k is not None]


def _inline_list(reader: Reader, start: int, stop: int, key: str) -> bool:
    """Whether a line that starts with the first option goes on with the next ones: "A) x B) y C) z"."""
    first = reader.options.all[0] if reader.options.all else ""
    later = {reader.options.keys.get(m.group(1).upper()) for m in _INLINE.finditer(reader.low, start, stop)}
    return bool(first) and key == first and len(reader.options.all) > 1 and reader.options.all[1] in later


def _made(value: Value, weight: int, rule: str) -> Statement:
    return Statement(value.start, value.end, weight, rule, value.key, "" if value.key else value.how)


def lines(reader: Reader) -> Iterator[Statement]:
    """Statements of the first and of the last line, where these are no part of a list of options."""
    low = reader.low
    begin, end = len(low) - len(low.lstrip()), len(low.rstrip())
    if begin >= end:
        return
    if _series(reader):
        yield Statement(begin, end, 4, "answers to several questions", None, "several")
        return
    listed = _listed(reader)
    yield from _polar(reader, begin)
    first_stop, last_start = low.find("\n", begin, end), low.rfind("\n", begin, end) + 1
    first = _value(reader, begin)
    if first is not None:
        yield from _first_line(reader, first, (begin, end if first_stop < 0 else first_stop, end), listed)
    if last_start > begin:
        yield from _last_line(reader, last_start, listed)
    yield from _last_words(reader, (begin, max(last_start, begin), end), listed)


def _first_line(reader: Reader, first: Value, places: tuple[int, int, int], listed: list[str]) -> Iterator[Statement]:
    begin, stop, end = places
    if _inline_list(reader, begin, stop, first.key or ""):
        yield Statement(begin, stop, 1, "list of options", None, "several")
    elif first.how == "not_an_option":
        if stop == end and end - first.start < _SHORT:
            yield _made(first, 3, "first line")
    elif len(set(listed)) < 2 or (first.how == "letter" and reader.ends(first) and _ends_line(reader, first)):
        # "C) aspirin tablets": the mark behind the letter makes the line an answer, whatever follows the text.
        marked = first.how == "both" and reader.low.startswith(_MARKS, first.start + 1)
        goes_on = first.how in ("letter", "both", "several", "text") and reader.low.startswith(_GOES_ON, first.end)
        if reader.ends(first) or marked or goes_on:
            yield _made(first, 3 if first.how != "text" else 1, "first line")
    elif first.key in listed:
        yield Statement(first.start, first.end, 1, "list of options", None, "several")


def _last_line(reader: Reader, start: int, listed: list[str]) -> Iterator[Statement]:
    last = _value(reader, start)
    if last is None or last.how == "not_an_option" or not _ends_line(reader, last):
        return
    others = listed[:-1] if listed and last.how != "text" and listed[-1] == last.key else listed
    if len(set(listed)) < 2 or last.key in others or (last.how == "letter" and not others):
        yield _made(last, 3 if last.how != "text" else 1, "last line")


def _last_words(reader: Reader, places: tuple[int, int, int], listed: list[str]) -> Iterator[Statement]:
    """A last sentence that is an option and nothing else."""
    low, (begin, line, end) = reader.low, places
    start = max(low.rfind(mark, begin, end - 1) for mark in (". ", "! ", ": ", "? ")) + 2
    if start <= line or len(set(listed)) > 1 or _inline_list(reader, line, end, reader.options.all[0]):
        return
    last = reader.at(start, far=False)
    if last is None or last.how not in ("both", "text", "letter") or not _LAST.match(low, last.end):
        return
    if not forms.CONDITION.search(low, reader.sentence_start(start - 2), start):
        yield _made(last, 1, "last words")


def _series(reader: Reader) -> bool:
    """Whether numbered lines hold several answers: those of several questions."""
    return len({m.group(1) for m in forms.SERIES.finditer(reader.low)}) > 1


def _ends_line(reader: Reader, value: Value) -> bool:
    return re.compile(r"[)\]\"'.,;!: ]{0,4}(?:\n|$)").match(reader.low, value.end) is not None


def _polar(reader: Reader, begin: int) -> Iterator[Statement]:
    """ "Yes, …" at the start, for questions whose options are yes and no."""
    found = _POLAR.match(reader.low, begin)
    if found is None or found.group(1) not in reader.options.polar:
        return
    named = reader.options.at(reader.low, found.start(1))
    if named is not None and len(named.keys) == 1:
        yield Statement(found.start(1), found.end(1), 3, "first word", named.keys[0])
