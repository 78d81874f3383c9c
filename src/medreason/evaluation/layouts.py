"""How a row of a question set becomes an item to be asked: the readers of question sources, without a graph.

More lenient than the sources are, because a published number counts every published question: options that repeat a
text, are empty or lettered with a gap stay in. What cannot be asked or scored (an image, no key) is left out, with why.
An item is a :class:`medreason.records.Record` without evidence of its own, so that training and evaluation ask alike;
its ``reasoning`` is the source's explanation, where there is one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from medreason.dataset.export.rows import record_of
from medreason.questions.sources import SOURCES
from medreason.questions.sources.base import BadRow, Layout, Parts, Row, Spec, layout_of
from medreason.questions.sources.columns import (
    answer_letter,
    choices_in,
    letter_of_index,
    options_in,
    text_in,
    words_in,
)
from medreason.records import GraphRef, Kind, Option, Patient, Record, from_dict

# MMLU-Pro's categories that are taken for medical, as in the evaluation of HuatuoGPT-o1 (arXiv 2412.18925).
MMLU_PRO_MEDICAL = frozenset({"health", "biology"})
_RECORD = frozenset({"id", "question", "options", "answer_key", "steps", "graph", "teacher"})


def _mapped(row: Row) -> Parts:
    options = options_in(row)
    return Parts(text_in(row, "question"), options, answer_letter(row, options), words_in(row, "explanation"))


def _own(row: Row) -> Parts:
    """Rows of ``questions/jsonl.py``: ``question`` or ``stem``, ``options`` with key and text, ``answer_key``."""
    text = row.get("question", row.get("stem"))
    if not isinstance(text, str):
        raise BadRow("no_question", "the field question is no text")
    value = row["options"]
    if isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
        value = [{"key": e.get("key"), "value": e.get("text", e.get("value"))} for e in value]
    options = options_in({"options": value})
    key = row.get("answer_key", row.get("answer_idx")) or ""
    if not isinstance(key, str):
        raise BadRow("bad_answer", "the answer key is no text")
    context = row.get("context")
    told = tuple(c for c in context if isinstance(c, str)) if isinstance(context, list) else ()
    return Parts(text.strip(), options, key.strip(), words_in(row, "explanation"), told)


def _mmlu_pro(row: Row) -> Parts:
    category = words_in(row, "category")
    if category.casefold() not in MMLU_PRO_MEDICAL:
        raise BadRow("not_medical", f"the category {category!r} is none of {', '.join(sorted(MMLU_PRO_MEDICAL))}")
    options = list(choices_in(row, "options"))
    while options and options[-1].text == "N/A":  # places left over in lists of ten
        options.pop()
    return Parts(text_in(row, "question"), tuple(options), letter_of_index(row.get("answer")))


def _mirage(row: Row) -> Parts:
    options = options_in(row)
    return Parts(text_in(row, "question"), options, answer_letter(row, options, "answer", ""))


GENERIC = (
    Layout("options and letter", ("question", "options", "answer_idx"), _mapped),
    Layout("own", ("question", "options", "answer_key"), _own),
    Layout("own", ("stem", "options"), _own),
    Layout("own", ("question", "options"), _own),
)


def reader_of(name: str) -> Spec:
    """The reader of a source, widened by the plain forms in which anyone may have saved its questions.

    Args:
        name: A question source, or ``mmlu_pro``, ``mirage``, ``questions``.
    """
    own: dict[str, tuple[Layout, ...]] = {
        "mmlu_pro": (Layout("mmlu_pro", ("question", "options", "answer", "category"), _mmlu_pro), *GENERIC),
        "mirage": (Layout("mirage", ("question", "options", "answer"), _mirage),),
        "questions": GENERIC,
    }
    if name in own:
        return Spec(name, "choice", "", own[name])
    spec = SOURCES[name]
    return replace(spec, layouts=(*spec.layouts, *GENERIC)) if spec.kind == "choice" else spec


def settle(spec: Spec, rows: list[Any], *, from_zero: bool) -> None:
    """Writes into the rows what no single one tells (MedMCQA: whether answers count from 0).

    Raises:
        UsageError: the rows do not tell.
    """
    if spec.settle is not None:
        objects = [row for row in rows if isinstance(row, dict) and "cop" in row]
        if objects:
            spec.settle(objects, 0 if from_zero else None)


def item_of(spec: Spec, row: Any, name: str) -> Record:
    """A row as an item to be asked.

    Args:
        spec: From :func:`reader_of`.
        row: JSON value of the row.
        name: Id of the item.

    Raises:
        BadRow: why it cannot be asked or scored.
    """
    if not isinstance(row, dict):
        raise BadRow("malformed", "a JSON object is expected")
    if row.keys() >= _RECORD:
        return _checked(replace(_record(row), id=name))
    parts = layout_of(spec, row).read(row)
    kind: Kind = "boolean" if spec.kind == "boolean" else "choice"
    item = make_item(name, spec.name, parts.text, parts.options, parts.answer_key, kind, context=parts.context)
    return _checked(replace(item, reasoning=parts.reference, flags=parts.flags, licence=spec.licence))


def _record(row: Row) -> Record:
    from pydantic import ValidationError

    try:
        return from_dict(Record, record_of(row))
    except ValidationError as error:
        first = error.errors()[0]
        raise BadRow("malformed", f"a record with a wrong field {'.'.join(map(str, first['loc']))}") from error


def make_item(
    name: str, source: str, text: str, options: tuple[Option, ...], key: str, kind: Kind = "choice", *,
    context: tuple[str, ...] = (),
) -> Record:  # fmt: skip
    """A record that holds a question and nothing else."""
    return Record(
        id=name, source=source, question=text, options=options, answer_key=key, chosen_key="", margin=0.0,
        patient=Patient(), findings=(), organ_systems=(), evidence={}, scores={}, steps=(), reasoning="",
        excluded_publications=(), graph=GraphRef("", "", ""), teacher="", kind=kind, context=context,
    )  # fmt: skip


def _checked(item: Record) -> Record:
    keys = [o.key for o in item.options]
    if not item.question.strip():
        raise BadRow("no_question", "the question has no text")
    if len(keys) < 2:
        raise BadRow("option_count", f"{len(keys)} options")
    if len(set(keys)) < len(keys) or any(len(k) != 1 or not "A" <= k <= "Z" for k in keys):
        raise BadRow("option_keys", f"the options are keyed {', '.join(keys)}, not by different capital letters")
    if not item.answer_key:
        raise BadRow("no_answer_key", "the question has no key")
    if item.answer_key not in keys:
        raise BadRow("bad_answer", f"the answer {item.answer_key!r} is none of the {len(keys)} options")
    if not item.options[keys.index(item.answer_key)].text.strip():
        raise BadRow("empty_answer", f"option {item.answer_key}, the answer, is empty")
    return item


def is_odd(item: Record) -> bool:
    """Whether two options have the same words, or one has none."""
    texts = [" ".join(o.text.casefold().split()) for o in item.options]
    return len(set(texts)) < len(texts) or "" in texts
