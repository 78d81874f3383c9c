"""Reads annotated corpora: GSC+ (JSON lines, HPO ids) and PubTator (NCBI disease, BC5CDR; MeSH and OMIM ids).

What it is: text, spans and the ids that annotators gave them, as CURIEs. What it is not: a judge of ids; whether an
id names a node of a graph is :mod:`medreason.linking.score`'s business.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from medreason.errors import InputError, UsageError

Format = Literal["gsc", "pubtator"]
FORMATS: tuple[Format, ...] = ("gsc", "pubtator")
_TEXT = re.compile(r"([^|\t]+)\|([ta])\|(.*)")
_MESH = re.compile(r"[CD]\d{6,9}")
_NONE = frozenset({"", "-", "-1"})


@dataclass(frozen=True, slots=True)
class Annotation:
    """A span, its type in the corpus (empty in GSC+) and its ids.

    Attributes:
        start: First character.
        end: One after the last character.
        text: The wording as the corpus gives it.
        type: Type in the corpus, e.g. ``Disease``, ``Modifier``.
        ids: CURIEs; several where the span names several concepts, none where the annotators found none.
    """

    start: int
    end: int
    text: str
    type: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """An annotated text; offsets of the annotations count its characters."""

    id: str
    text: str
    annotations: tuple[Annotation, ...]


def read_corpus(path: Path, form: str) -> list[Document]:
    """Documents of a corpus file (may be gzipped), in file order.

    Args:
        path: The file.
        form: ``gsc`` or ``pubtator``.

    Raises:
        UsageError: an unknown format.
        InputError: the file or a line cannot be read (the message names the line), or there is no document.
    """
    if form not in FORMATS:
        raise UsageError(f"unknown corpus format {form!r}", fix=f"give one of: {', '.join(FORMATS)}")
    lines = _lines(path)
    documents = list(_gsc(path.name, lines) if form == "gsc" else _pubtator(path.name, lines))
    if not documents:
        raise InputError("holds no document", fix=f"is it in the format {form}?", item=path.name)
    return documents


def _lines(path: Path) -> list[str]:
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        return data.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    except (OSError, EOFError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(
            f"cannot read: {cause}", fix="give a text file in UTF-8, plain or gzipped", item=path.name
        ) from error


def _gsc(name: str, lines: list[str]) -> Iterator[Document]:
    for n, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row: dict[str, Any] = json.loads(line)
            marks = [
                Annotation(int(a["start"]), int(a["end"]), str(a["text"]), "", (str(a["id"]),))
                for a in row["annotations"]
            ]
            document = Document(str(row["pmid"]), str(row["text"]), tuple(marks))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(
                f"not a document of GSC+: {type(error).__name__} {error}",
                fix="a line holds pmid, text and annotations with start, end, id and text",
                item=f"{name}:{n}",
            ) from error
        _check(document, f"{name}:{n}")
        yield document


def _pubtator(name: str, lines: list[str]) -> Iterator[Document]:
    """Blocks: ``id|t|title``, ``id|a|abstract``, then tab-separated spans and relations; a blank line ends one."""
    doc, texts, marks = "", dict[str, str](), list[Annotation]()
    for n, line in enumerate([*lines, ""], start=1):
        if match := _TEXT.fullmatch(line):
            if match[2] == "t" and texts:  # a block that no blank line ended
                yield _document(doc, texts, marks, f"{name}:{n}")
                texts, marks = {}, []
            if texts and match[1] != doc:
                raise _unreadable(f"the abstract of {match[1]} after the title of {doc}", f"{name}:{n}")
            doc = match[1]
            texts[match[2]] = match[3]
        elif not line.strip():
            if texts:
                yield _document(doc, texts, marks, f"{name}:{n}")
            texts, marks = {}, []
        else:
            cells = line.split("\t")
            if not texts or cells[0] != doc or len(cells) < 4:
                raise _unreadable("neither a text nor an annotation of the document above", f"{name}:{n}")
            if cells[1].isdigit():
                marks.append(_annotation(cells, f"{name}:{n}"))


def _annotation(cells: list[str], where: str) -> Annotation:
    if len(cells) < 5 or not cells[2].isdigit():
        raise _unreadable("an annotation has id, start, end, text, type and identifiers", where)
    given = re.split(r"[|+,]", cells[5]) if len(cells) > 5 else []
    ids = dict.fromkeys(qualified(i) for i in given if i.strip() not in _NONE)
    return Annotation(int(cells[1]), int(cells[2]), cells[3], cells[4], tuple(ids))


def _document(doc: str, texts: dict[str, str], marks: list[Annotation], where: str) -> Document:
    parts = [texts[part] for part in "ta" if part in texts]
    document = Document(doc, " ".join(parts), tuple(sorted(marks, key=lambda m: (m.start, m.end))))
    _check(document, where)
    return document


def _check(document: Document, where: str) -> None:
    for mark in document.annotations:
        if not 0 <= mark.start < mark.end <= len(document.text):
            raise _unreadable(
                f"the span {mark.start} to {mark.end} lies outside the {len(document.text)} characters"
                f" of document {document.id}",
                where,
            )


def _unreadable(cause: str, where: str) -> InputError:
    return InputError(f"cannot be read as a corpus: {cause}", fix="see docs/linking.md for the formats", item=where)


def qualified(raw: str) -> str:
    """A corpus id as a CURIE: ``D003866`` is ``MESH:D003866``; what has a prefix keeps it."""
    raw = raw.strip()
    return f"MESH:{raw}" if _MESH.fullmatch(raw) else raw
