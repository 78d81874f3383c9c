"""One function a format: a record in, a row out. Nothing here reads a file, draws a number or cuts a text.

hf         the record with all its evidence
medreason  the columns of the published dataset
sft        TRL: ``messages``, or ``prompt`` and ``completion``
sharegpt   LLaMA-Factory and axolotl: ``conversations`` of ``from`` and ``value``
alpaca     the same programs: ``instruction``, ``input``, ``output``
rl         TRL's GRPO and :mod:`medreason.training.rewards`: ``prompt`` and what a reward reads
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, NamedTuple

import polars as pl

from medreason.dataset.evidence import evidence_rows
from medreason.dataset.export import metadata as meta
from medreason.dataset.export.sheets import NameOf
from medreason.dataset.export.text import Form, answer_of, options_of, prompt_of, target_of
from medreason.dataset.write import SCHEMA
from medreason.records import Record, to_dict

Format = Literal["hf", "medreason", "sft", "sharegpt", "alpaca", "dpo", "rl"]
Shape = Literal["messages", "prompt-completion"]
MESSAGES = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
METADATA = pl.Struct(meta.SCHEMA)
_STANCE = {"supports": "is recorded in", "compatible": "is compatible with", "contradicts": "speaks against"}


@dataclass(frozen=True, slots=True)
class Ready:
    """A record as it is written: with its sheet, if there is one, and where that comes from.

    Attributes:
        record: The record.
        sheet: ``record``, ``graph`` or ``none``.
        stated: Licences that the user states, by source.
    """

    record: Record
    sheet: str = "none"
    stated: Mapping[str, str] = field(default_factory=dict)

    @property
    def metadata(self) -> dict[str, Any]:
        """What the row carries beside its text."""
        return meta.metadata(self.record, sheet=self.sheet, stated=self.stated)


class Texts(NamedTuple):
    """What a row's reader and writer see, for counting: the prompt and each target."""

    prompt: str
    targets: tuple[str, ...]


def said(role: str, text: str) -> list[dict[str, str]]:
    """One message, as TRL reads a conversation."""
    return [{"role": role, "content": text}]


# -- hf ----------------------------------------------------------------------------------------------------

_PATIENT = pl.Struct({
    "sex": pl.String, "age": pl.String, "fetal": pl.Boolean, "deceased": pl.Boolean,
    "treatments": pl.List(pl.String),
})  # fmt: skip
_SCORES = pl.List(
    pl.Struct({
        "option": pl.String, "evidence": pl.Float64, "picture": pl.Float64, "patient": pl.Float64, "total": pl.Float64,
    })
)  # fmt: skip
_EVIDENCE = pl.List(
    pl.Struct({
        "option": pl.String, "edge": pl.String, "stance": pl.String, "finding": pl.String, "weight": pl.Float64,
        "via": pl.String,
    })
)  # fmt: skip
HF: dict[str, Any] = {
    **SCHEMA,
    "evidence": _EVIDENCE,
    "patient": _PATIENT,
    "scores": _SCORES,
    "answer": pl.String,
    "model": pl.String,
    "synthetic": pl.Boolean,
    "evaluation_split": pl.Boolean,
}


def hf(ready: Ready) -> dict[str, Any]:
    """The whole record; evidence, scores and prompts as lists, because a struct of Parquet has fixed keys."""
    record, told = ready.record, ready.metadata
    row = to_dict(record)
    row["evidence"] = [{"option": key, **piece} for key, pieces in row["evidence"].items() for piece in pieces]
    if written := row["written"]:
        prompts = [{"name": name, "version": version} for name, version in written["prompts"].items()]
        row["written"] = {**written, "prompts": prompts}
    row["scores"] = [{"option": key, **score} for key, score in row["scores"].items()]
    row |= {key: told[key] for key in ("licence", "model", "synthetic", "evaluation_split")}
    row["answer"] = answer_of(record).partition(". ")[2]
    return {name: row[name] for name in HF}


def record_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the record that :func:`hf` made a row of; a record's own fields come back as they are."""
    own = {field.name for field in fields(Record)}
    told = {key: value for key, value in row.items() if key in own}
    if isinstance(pieces := told.get("evidence"), list):
        # An option without evidence has an empty list, where options were weighed at all.
        told["evidence"] = {o["key"]: [] for o in row["options"]} if row["scores"] else {}
        for piece in pieces:
            told["evidence"].setdefault(piece["option"], []).append(_without_option(piece))
    if isinstance(scores := told.get("scores"), list):
        told["scores"] = {score["option"]: _without_option(score) for score in scores}
    written = told.get("written")
    if isinstance(written, dict) and isinstance(written.get("prompts"), list):
        told["written"] = {**written, "prompts": {p["name"]: p["version"] for p in written["prompts"]}}
    return told


def _without_option(piece: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in piece.items() if name != "option"}


# -- medreason ---------------------------------------------------------------------------------------------


def medreason(ready: Ready) -> dict[str, Any]:
    """The six columns of the published dataset, its headings and its list of options; paths keep their relation."""
    record = ready.record
    text = {o.key: o.text for o in record.options}
    wording = {f.concept: f.text for f in record.findings}
    paths = [
        f"{wording[piece.finding]} -> {_STANCE[piece.stance]} -> {text[key]}"
        for key, pieces in record.evidence.items()
        for piece in pieces
        if key in text and piece.finding in wording
    ]
    process = record.steps[:-1] or record.steps
    parts = []
    if paths:
        parts.append("Finding reasoning paths:\n" + "\n".join(f"{n}. {p}" for n, p in enumerate(paths, 1)))
    parts.append("Reasoning Process:\n" + "\n".join(f"{n}. {s.text}" for n, s in enumerate(process, 1)))
    parts.append("Conclusion:\n" + record.steps[-1].text)
    return {
        "dataset_name": record.source,
        "id_in_dataset": record.id,
        "question": record.question,
        "answer": answer_of(record).partition(". ")[2],
        "reasoning": "\n\n".join(parts),
        "options": "Answer Choices:\n" + options_of(record.options),
    }


# -- what is trained on ------------------------------------------------------------------------------------

SFT: dict[Shape, dict[str, Any]] = {
    "messages": {"messages": MESSAGES, "metadata": METADATA},
    "prompt-completion": {"prompt": MESSAGES, "completion": MESSAGES, "metadata": METADATA},
}


def sft(ready: Ready, form: Form, shape: Shape) -> dict[str, Any]:
    """A conversation of one question and one reply."""
    asked, reply = said("user", prompt_of(ready.record, form)), said("assistant", target_of(ready.record, form))
    if shape == "messages":
        return {"messages": asked + reply, "metadata": ready.metadata}
    return {"prompt": asked, "completion": reply, "metadata": ready.metadata}


def sharegpt(ready: Ready, form: Form) -> dict[str, Any]:
    """The same conversation as ``from`` (``human``, ``gpt``) and ``value``."""
    turns = [("human", prompt_of(ready.record, form)), ("gpt", target_of(ready.record, form))]
    return {"conversations": [{"from": who, "value": text} for who, text in turns], **_plain(ready)}


def alpaca(ready: Ready, form: Form) -> dict[str, Any]:
    """The same as ``instruction``, ``input`` (always empty: the prompt is one text) and ``output``."""
    asked, reply = prompt_of(ready.record, form), target_of(ready.record, form)
    return {"instruction": asked, "input": "", "output": reply, **_plain(ready)}


def _plain(ready: Ready) -> dict[str, Any]:
    """Metadata for JSON lines: one text of JSON, because readers guess types there (a version is read as a date)."""
    return {"metadata": json.dumps(ready.metadata, ensure_ascii=False)}


# -- rl ----------------------------------------------------------------------------------------------------

_SHEET = SCHEMA["sheet"]
RL: dict[str, Any] = {
    "prompt": MESSAGES,
    "question": pl.String,
    "options": SCHEMA["options"],
    "findings": SCHEMA["findings"],
    "sheet": _SHEET,
    "answer": pl.String,
    "evidence": pl.List(
        pl.Struct({
            "id": pl.String, "option": pl.String, "finding": pl.String, "finding_name": pl.String,
            "wording": pl.String, "stance": pl.String, "bits": pl.Float64, "decisive": pl.Boolean,
            "edges": pl.List(pl.String),
        })
    ),
    "metadata": METADATA,
}  # fmt: skip


def rl(ready: Ready, form: Form, name_of: NameOf) -> dict[str, Any]:
    """A prompt and the columns that :mod:`medreason.training.rewards` reads; the evidence has ids of the sheet."""
    record = ready.record
    row = to_dict(record)
    columns = {name: row[name] for name in ("question", "options", "findings", "sheet")}
    evidence = evidence_rows(record, name_of)
    prompt = said("user", prompt_of(record, form))
    return {
        "prompt": prompt, **columns, "answer": record.answer_key, "evidence": evidence, "metadata": ready.metadata,
    }  # fmt: skip


def texts(ready: Ready, form: Form, *, target: bool = True) -> Texts:
    """The prompt and, unless only asked for the prompt, the target of a record."""
    return Texts(prompt_of(ready.record, form), (target_of(ready.record, form),) if target else ())
