"""Reads an OBO 1.2/1.4 ontology file into plain term records.

What it is: a line reader for ``[Term]`` stanzas with the tags this project uses. What it is not: a reasoner;
``intersection_of`` and tags that no caller uses are passed over.
Format: https://owlcollab.github.io/oboformat/doc/GO.format.obo-1_4.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from medreason.errors import InputError
from medreason.records import Synonym

_QUOTED = re.compile(r'^"((?:[^"\\]|\\.)*)"\s*(.*)$')
_TAG = re.compile(r"^[\w-]+:")
_ESCAPE = re.compile(r"\\(.)")


@dataclass(slots=True)
class OboTerm:
    """A term as the file gives it; ``replaced_by`` and ``alt_ids`` let retired ids resolve."""

    id: str = ""
    name: str = ""
    definition: str = ""
    parents: list[str] = field(default_factory=list)
    synonyms: list[Synonym] = field(default_factory=list)
    xrefs: list[str] = field(default_factory=list)
    alt_ids: list[str] = field(default_factory=list)
    replaced_by: str = ""
    obsolete: bool = False
    namespace: str = ""
    relationships: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Ontology:
    """An OBO file: header tags (first value of each) and terms by id, in file order."""

    header: dict[str, str]
    terms: dict[str, OboTerm]


def _unquote(value: str) -> tuple[str, str]:
    match = _QUOTED.match(value)
    if match is None:
        return value, ""
    text = _ESCAPE.sub(lambda m: {"n": " ", "t": " "}.get(m.group(1), m.group(1)), match.group(1))
    return text, match.group(2)


def _synonym(value: str) -> Synonym:
    text, rest = _unquote(value)
    words = rest.split("[", 1)[0].split()
    return Synonym(text, words[0] if words else "RELATED", words[1] if len(words) > 1 else "")


def _apply(term: OboTerm, tag: str, value: str) -> None:
    match tag:
        case "id":
            term.id = value
        case "name":
            term.name = value
        case "def":
            term.definition = _unquote(value)[0]
        case "is_a":
            term.parents.append(value.split(" ! ", 1)[0].split("{", 1)[0].strip())
        case "synonym":
            term.synonyms.append(_synonym(value))
        case "xref":
            term.xrefs.append(value.split(" ", 1)[0])
        case "alt_id":
            term.alt_ids.append(value)
        case "replaced_by":
            term.replaced_by = value
        case "namespace":
            term.namespace = value.strip()
        case "relationship":
            words = value.split(" ! ", 1)[0].split("{", 1)[0].split()
            if len(words) == 2:
                term.relationships.append((words[0], words[1]))
        case "is_obsolete":
            term.obsolete = value == "true"


def _begin(line: str) -> OboTerm | None:
    return OboTerm() if line == "[Term]" else None


def _fault(line: str, current: OboTerm | None) -> str:
    """What is wrong with a line of a term, read strictly; empty if nothing."""
    if current is None or not line.strip() or line.startswith("!") or _TAG.match(line):
        return ""
    return f"{line[:40]!r} is no 'tag: value'"


def _left(term: OboTerm | None) -> str:
    """What is wrong with a term at its end, read strictly; empty if nothing."""
    if term is None or (term.id and (term.name or term.obsolete)):
        return ""
    return f"the term {term.id} has no name" if term.id else "a term without id ends here"


def read_obo(path: Path, name: str = "", *, strict: bool = False) -> Ontology:
    """Reads an OBO file.

    Args:
        path: The file.
        name: What error messages call it, if not by its own name.
        strict: Also refuse lines inside terms that are no tag, and terms without id or name.

    Raises:
        InputError: the file is missing, not UTF-8, or holds no term.
    """
    name = name or path.name
    header: dict[str, str] = {}
    terms: dict[str, OboTerm] = {}
    current: OboTerm | None = None
    in_header, fault, number = True, "", 0
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):  # noqa: B007 - an error names the last line
                line = line.rstrip("\n")  # noqa: PLW2901 - the stripped line is the line
                if line.startswith("["):
                    fault = fault or (strict and _left(current)) or ""
                    in_header, current = False, _begin(line)
                    if fault:
                        break
                    continue
                if strict and (fault := _fault(line, current)):
                    break
                tag, sep, value = line.partition(": ")
                if not sep:
                    continue
                if in_header:
                    header.setdefault(tag, value)
                elif current is not None:
                    _apply(current, tag, value)
                    if tag == "id":
                        terms[value] = current
    except UnicodeDecodeError as error:
        from medreason.kg.sources.text import undecodable_line

        item = f"{name}:{undecodable_line(path)}"
        raise InputError(f"the ontology is not UTF-8: {error.reason}", fix="save it as UTF-8", item=item) from error
    except OSError as error:
        raise InputError(f"cannot read the ontology: {error}", fix="give a UTF-8 OBO file", item=name) from error
    fault = fault or (strict and _left(current)) or ""
    if fault:
        raise InputError(fault, fix="the file is damaged or cut short: fetch it again", item=f"{name}:{number}")
    if not terms:
        raise InputError("no [Term] stanza in the file", fix="give an OBO ontology such as hp.obo", item=name)
    return Ontology(header, terms)
