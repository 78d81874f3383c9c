"""Files of outputs made elsewhere, read as outputs with their options and the right key; ``.gz`` is read too.

    mirage   {"dataset": "medqa", "id": "7", "options": {"A": "..."}, "gold": "A", "outputs": ["..."]}
    jsonl    {"id": "7", "options": {"A": "..."}, "answer": "A", "output": "..."}; also outputs (a list), task, gold
    lm-eval  the samples_*.jsonl of lm-evaluation-harness (--log_samples), for tasks that generate text

What it is: one strict reader a format; the first line that cannot be used is an error with its place. What it
deliberately is not: a guesser of formats, or of a right key that is not there.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from medreason.errors import InputError, UsageError

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Row = dict[str, Any]


class Output(NamedTuple):
    """One output to be read.

    Attributes:
        task: Name of the benchmark.
        question: Id of the question; several outputs of one question are samples.
        sample: Number of the sample, from 0.
        text: What the model gave; empty where there is nothing.
        options: Key → text.
        gold: The right key.
        where: File and line.
    """

    task: str
    question: str
    sample: int
    text: str
    options: dict[str, str]
    gold: str
    where: str


class _Unusable(Exception):
    """A row cannot be used; the message says why."""


class _Item(NamedTuple):
    task: str
    question: str
    texts: list[str]
    options: dict[str, str]
    gold: str


def read_outputs(path: Path, kind: str) -> Iterator[Output]:
    """The outputs of a file, in order.

    Args:
        path: The file.
        kind: ``mirage``, ``jsonl`` or ``lm-eval``.

    Raises:
        UsageError: no such format.
        InputError: no such file, a line that cannot be used, or nothing in it.
    """
    if kind not in READERS:
        raise UsageError(f"--format {kind} is not known", fix=f"give one of: {', '.join(READERS)}")
    seen: dict[tuple[str, str], int] = {}
    for where, row in _rows(path):
        try:
            item = READERS[kind](row, _stem(path))
        except _Unusable as error:
            raise InputError(str(error), fix=f"mend or drop this line; is it of --format {kind}?", item=where) from None
        for text in item.texts or [""]:
            name = (item.task, item.question)
            seen[name] = seen.get(name, -1) + 1
            yield Output(item.task, item.question, seen[name], text, item.options, item.gold, where)
    if not seen:
        raise InputError("no output in the file", fix="give a file with at least one line", item=path.name)


def _stem(path: Path) -> str:
    name = path.name.removesuffix(".gz").removesuffix(".jsonl").removesuffix(".json")
    return re.sub(r"_\d{4}-\d{2}-\d{2}T[\d.:-]+$", "", name.removeprefix("samples_"))


def _rows(path: Path) -> Iterator[tuple[str, Row]]:
    if not path.is_file():
        raise InputError("no such file", fix="check the path", item=path.name)
    number = 0
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8-sig")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8-sig") as lines
        ):
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield f"{path.name}:{number}", _object(line, f"{path.name}:{number}")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise InputError(
            f"the file breaks off or is not UTF-8 text ({error})",
            fix="give the whole file",
            item=f"{path.name}:{number + 1}",
        ) from error


def _object(line: str, where: str) -> Row:
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(
            f"not valid JSON ({error.msg} at character {error.pos})", fix="mend or drop this line", item=where
        ) from None
    except (ValueError, RecursionError):
        raise InputError(
            "JSON nested thousands deep, or a number of thousands of digits", fix="drop this line", item=where
        ) from None
    if not isinstance(found, dict):
        raise InputError("a JSON object is expected", fix="mend or drop this line", item=where)
    return found


# -- parts of a row ------------------------------------------------------------------------------------------


def _options(value: Any) -> dict[str, str]:
    if isinstance(value, list):
        if all(isinstance(o, str) for o in value) and len(value) <= len(LETTERS):
            value = dict(zip(LETTERS, value, strict=False))
        elif all(isinstance(o, dict) and isinstance(o.get("key"), str) for o in value):
            value = {o["key"]: o.get("text") for o in value}
    if not isinstance(value, dict) or len(value) < 2 or not all(isinstance(t, str) for t in value.values()):
        raise _Unusable("options must be an object of at least two texts, or a list of texts")
    return {str(k): t for k, t in value.items()}


def _gold(value: Any, options: dict[str, str]) -> str:
    keys = list(options)
    if isinstance(value, bool) or value is None:
        raise _Unusable("the right key is missing")
    if isinstance(value, int):
        if not 0 <= value < len(keys):
            raise _Unusable(f"the right answer {value} is no place among {len(keys)} options")
        return keys[value]
    text = str(value).strip()
    bare = text.strip("() .")
    if bare in options:
        return bare
    if bare.upper() in options:
        return bare.upper()
    same = [k for k, t in options.items() if t.strip() == text]
    if len(same) != 1:
        raise _Unusable(f"the right answer {text[:40]!r} is none of the keys {', '.join(keys)}")
    return same[0]


def _texts(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(t, str) or t is None for t in found):
        raise _Unusable("the output must be a text, or a list of texts")
    return [t or "" for t in found]


def _name(value: Any, field: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise _Unusable(f"the field {field} is missing or not a text")
    return str(value)


def _first(row: Row, *names: str) -> Any:
    return next((row[n] for n in names if row.get(n) is not None), None)


# -- formats -------------------------------------------------------------------------------------------------


def _mirage(row: Row, stem: str) -> _Item:
    options = _options(row.get("options"))
    if not isinstance(row.get("outputs"), list):
        raise _Unusable("the field outputs must be a list of texts")
    task = _name(row.get("dataset") or stem, "dataset")
    return _Item(task, _name(row.get("id"), "id"), _texts(row["outputs"]), options, _gold(row.get("gold"), options))


def _jsonl(row: Row, stem: str) -> _Item:
    options = _options(_first(row, "options", "choices"))
    names = ("outputs", "output", "response", "prediction", "completion")
    if not any(n in row for n in names):
        raise _Unusable(f"none of the fields {', '.join(names)} is there")
    gold = _gold(_first(row, "answer_key", "answer_idx", "gold", "label", "answer"), options)
    task = _name(_first(row, "task", "dataset") or stem, "task")
    return _Item(task, _name(row.get("id"), "id"), _texts(_first(row, *names)), options, gold)


def _doc_options(doc: Row) -> dict[str, str]:
    """Options under the names that public tasks give them."""
    choices = _first(doc, "options", "choices", "endings")
    if isinstance(choices, dict) and isinstance(choices.get("text"), list):
        return _options(dict(zip(choices.get("label") or LETTERS, choices["text"], strict=False)))
    if choices is not None:
        return _options(choices)
    for names in (("opa", "opb", "opc", "opd"), tuple(f"ending{i}" for i in range(10)), tuple(LETTERS[:10])):
        if all(isinstance(doc.get(n), str) for n in names[:2]):
            return _options([doc[n] for n in names if isinstance(doc.get(n), str)])
    raise _Unusable("the options are not in doc: fields options, choices, opa…, ending0… or A… are expected")


def _lm_eval(row: Row, stem: str) -> _Item:
    doc, replies = row.get("doc"), row.get("resps")
    if not isinstance(doc, dict) or not isinstance(replies, list):
        raise _Unusable("the fields doc and resps of a log of samples are not there")
    flat = [t for r in replies for t in (r if isinstance(r, list) else [r])]
    if not all(isinstance(t, str) for t in flat):
        raise _Unusable("resps holds log-likelihoods, no text: such a task has no answers to read")
    options = _doc_options(doc)
    gold = _gold(_number(_first(row, "target"), _first(doc, "answer_idx", "cop", "label", "answer")), options)
    return _Item(
        _name(row.get("task_name") or stem, "task_name"), _name(row.get("doc_id"), "doc_id"), flat, options, gold
    )


def _number(target: Any, answer: Any) -> Any:
    """The target; one that is a number in writing is a place."""
    value = target if target not in (None, "") else answer
    return int(value) if isinstance(value, str) and re.fullmatch(r"\s*\d+\s*", value) else value


READERS: dict[str, Callable[[Row, str], _Item]] = {"mirage": _mirage, "jsonl": _jsonl, "lm-eval": _lm_eval}
