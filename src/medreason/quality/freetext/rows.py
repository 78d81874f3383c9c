"""Reads chains from JSON lines of several shapes.

    published MedReason     question, answer, reasoning, options (dataset_name, id_in_dataset)
    HuatuoGPT-o1            Question, Complex_CoT, Response
    medreason               a record of ``dataset.jsonl``
    steps alone             steps, each with its text
    any other               reasoning, text or output; with id, question and answer where there are

The shape of a file is that of its rows, each read for itself; what is no chain is a rejection with its line.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from medreason.errors import InputError
from medreason.records import Rejection

FIELDS = "reasoning, text or output; Complex_CoT and Response; steps with a text; or a record of medreason"
_TEXTS = ("reasoning", "text", "output")


class Chain(NamedTuple):
    """One chain of reasoning as a text.

    Attributes:
        id: Its id, or file and line.
        question: The question, if there is one.
        text: The reasoning with its conclusion.
        answer: The answer in words, if there is one.
        shape: ``medreason-published``, ``huatuo``, ``medreason``, ``steps`` or ``text``.
        dataset: What its counts go under: the row's ``dataset_name`` or ``source``, else the shape.
    """

    id: str
    question: str
    text: str
    answer: str
    shape: str
    dataset: str = ""


def read_chains(path: Path) -> Iterator[Chain | Rejection]:
    """The chains of a file, lazily; a line that holds none is a rejection that says why.

    Raises:
        InputError: there is no such file, or it cannot be read.
    """
    if not path.is_file():
        raise InputError("there is no such file", fix="give a JSON lines file, .jsonl or .jsonl.gz", item=path.name)
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _read(line, f"{path.name}:{number}")
    except (OSError, EOFError) as error:
        raise InputError(f"cannot read the file: {error}", fix="give a JSON lines file", item=path.name) from error


def _read(line: bytes, where: str) -> Chain | Rejection:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Rejection(where, "read", "not_json", f"the line is no JSON object: {error}")
    if not isinstance(row, dict):
        return Rejection(where, "read", "not_json", "the line is no JSON object")
    if b"\\u" in line and any("\ud800" <= c <= "\udfff" for c in json.dumps(row, ensure_ascii=False)):
        return Rejection(where, "read", "not_text", "a text holds half a character (a lone surrogate)")
    found = _chain(row, where)
    if found is not None:
        found = found._replace(dataset=_text(row, "dataset_name", "source") or found.shape)
    if found is None:
        return Rejection(where, "read", "no_reasoning", f"no field has a reasoning text; known are {FIELDS}")
    if not found.text.strip():
        return Rejection(where, "read", "empty", "the reasoning is empty")
    return found


def _text(row: dict[str, Any], *names: str) -> str:
    return next((row[n] for n in names if isinstance(row.get(n), str)), "")


def _chain(row: dict[str, Any], where: str) -> Chain | None:
    id_ = str(row.get("id") or "")
    if isinstance(row.get("Complex_CoT"), str):
        response = _text(row, "Response")
        text = f"{row['Complex_CoT']}\n\nConclusion:\n{response}" if response else row["Complex_CoT"]
        return Chain(id_ or where, _text(row, "Question"), text, response, "huatuo")
    if "id_in_dataset" in row and isinstance(row.get("reasoning"), str):
        id_ = f"{row.get('dataset_name', '')}-{row['id_in_dataset']}"
        return Chain(id_, _text(row, "question"), row["reasoning"], _text(row, "answer"), "medreason-published")
    if isinstance(row.get("steps"), list) and isinstance(row.get("reasoning"), str):
        return Chain(id_ or where, _text(row, "question"), row["reasoning"], "", "medreason")
    if isinstance(row.get("steps"), list) and all(isinstance(s, dict) and _text(s, "text") for s in row["steps"]):
        told = "\n".join(f"{n}. {s['text']}" for n, s in enumerate(row["steps"], 1))
        return Chain(id_ or where, _text(row, "question"), told, _text(row, "answer"), "steps")
    if any(isinstance(row.get(n), str) for n in _TEXTS):
        return Chain(id_ or where, _text(row, "question"), _text(row, *_TEXTS), _text(row, "answer"), "text")
    return None
