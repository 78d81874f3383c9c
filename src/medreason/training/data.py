"""Reads what ``medreason export`` wrote for training, and proves that it is that and nothing else.

Rows are taken as they are: prompts are those that :func:`medreason.dataset.export.prompt_of` made, which is what an
evaluation asks. Nothing is tokenised here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from medreason.errors import InputError, UsageError

TRAIN, VALIDATION = "train", "validation"
EXPORT = "export.json"
Message = dict[str, str]
_AGAIN = "medreason export RUN --format {method} --out FOLDER"


class Example(NamedTuple):
    """A row: what is asked, and the reply to learn (``sft``), or the better and the worse one (``dpo``)."""

    id: str
    prompt: tuple[Message, ...]
    replies: tuple[str, ...]


class Data(NamedTuple):
    """An export.

    Attributes:
        folder: Where it lies.
        told: What its ``export.json`` says.
        sha256: Of its rows (:func:`medreason.dataset.export.files.data_sha256`).
        splits: Rows by split; ``train`` has at least one.
    """

    folder: Path
    told: Mapping[str, Any]
    sha256: str
    splits: Mapping[str, Sequence[Example]]


def load_data(folder: Path, method: Literal["sft", "dpo"], *, sha256: str = "") -> Data:
    """Opens an export. O(bytes): every file is hashed.

    Args:
        folder: What ``medreason export`` wrote.
        method: Its format must be this.
        sha256: What the rows must hash to; empty if it does not matter.

    Raises:
        InputError: it is no export, is damaged, or has other rows than ``export.json`` or ``sha256`` say.
        UsageError: it is of another format, or has nothing to train on.
    """
    from medreason.dataset.export.files import data_sha256

    told = _told(folder, method)
    hashed = _hashed(folder, told)
    found = data_sha256(hashed)
    if sha256 and found != sha256:
        raise InputError(
            f"the data are other rows than the recipe's data_sha256 says ({found[:16]}, not {sha256[:16]})",
            fix="give the export that the recipe means, or set data_sha256 anew",
            item=folder.name,
        )
    splits = {name: _rows(folder, one["files"], method) for name, one in told["splits"].items()}
    if not splits.get(TRAIN):
        raise UsageError(
            f"the export has no rows to train on (splits: {', '.join(splits) or 'none'})",
            fix="export again with --splits 0.9,0.1 or more records",
        )
    return Data(folder, told, found, splits)


def _told(folder: Path, method: str) -> dict[str, Any]:
    """``export.json``, of the right format."""
    again = _AGAIN.format(method=method)
    try:
        told = json.loads((folder / EXPORT).read_text(encoding="utf-8"))
        format_, splits = told["format"], told["splits"]
        [one["files"] for one in splits.values()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError("is no export for training", fix=f"make one: {again}", item=folder.name or ".") from None
    if format_ != method:
        raise UsageError(f"the data are an export of format {format_}, and the recipe trains {method}", fix=again)
    return dict(told)


def _hashed(folder: Path, told: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 by data file; those that ``export.json`` names must have the ones it says."""
    from medreason.dataset.export.files import digests

    stated = dict(told.get("files_sha256") or {})
    names = [name for one in told["splits"].values() for name in one["files"]]
    try:
        found = digests(folder, names)
    except OSError as error:
        cause = f"{Path(str(error.filename)).name} cannot be read ({error.strerror})"
        raise InputError(cause, fix="export again", item=folder.name) from None
    wrong = [name for name, digest in found.items() if stated.get(name, digest) != digest]
    if wrong:
        raise InputError(
            f"{wrong[0]} is not what the export wrote: its hash differs from {EXPORT}",
            fix="export again; rows are not to be changed by hand",
            item=folder.name,
        )
    return found


def _rows(folder: Path, files: Sequence[str], method: str) -> list[Example]:
    import polars as pl

    read = _pair if method == "dpo" else _conversation
    found: list[Example] = []
    for name in files:
        try:
            rows = pl.read_parquet(folder / name).to_dicts()
        except (OSError, pl.exceptions.PolarsError) as error:
            raise InputError(f"cannot be read ({error})", fix="export again", item=name) from None
        for at, row in enumerate(rows, 1):
            try:
                found.append(read(row))
            except (KeyError, TypeError, ValueError) as error:
                cause = f"row {at} is no row of format {method} ({error})"
                raise InputError(cause, fix="export again", item=name) from None
    return found


def _conversation(row: Mapping[str, Any]) -> Example:
    """A row of ``sft`` in either shape: everything before the last message is the prompt."""
    messages = row["messages"] if "messages" in row else [*row["prompt"], *row["completion"]]
    return Example(_id(row), _prompt(messages[:-1]), (_reply(messages[-1:]),))


def _pair(row: Mapping[str, Any]) -> Example:
    return Example(_id(row), _prompt(row["prompt"]), (_reply(row["chosen"]), _reply(row["rejected"])))


def _id(row: Mapping[str, Any]) -> str:
    return str(row["metadata"]["id"])


def _prompt(messages: Sequence[Mapping[str, str]]) -> tuple[Message, ...]:
    if not messages or messages[-1]["role"] != "user":
        raise ValueError("the prompt does not end with a user's message")
    return tuple({"role": str(m["role"]), "content": str(m["content"])} for m in messages)


def _reply(messages: Sequence[Mapping[str, str]]) -> str:
    if len(messages) != 1 or messages[0]["role"] != "assistant" or not messages[0]["content"].strip():
        raise ValueError("the reply is not one message of the assistant")
    return str(messages[0]["content"])
