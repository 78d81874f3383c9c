"""Rows of an export as tokens: measured, refused where too long, never cut, and hashed."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from medreason.errors import InputError
from medreason.training.chat import OPENING, Chat, Tokens
from medreason.training.data import TRAIN, VALIDATION, Data

if TYPE_CHECKING:
    from medreason.training.recipe import BatchConfig, OptimizerConfig, Recipe

IGNORED = -100
Progress = Callable[[int, int], None]


class Dropped(NamedTuple):
    """A row that stays out because it is longer than the limit, with its tokens."""

    id: str
    split: str
    tokens: int


class Prepared(NamedTuple):
    """All rows as tokens.

    Attributes:
        splits: Rows of ``train`` and ``validation``; the latter may be empty.
        max_length: Tokens of the longest row allowed: the recipe's limit, or the longest row where it sets none.
        dropped: Rows left out.
        sha256: Of all tokens and what of them is trained; another tokenizer, template or row gives another.
        notes: What a reader should know.
    """

    splits: Mapping[str, Sequence[Tokens]]
    max_length: int
    dropped: Sequence[Dropped]
    sha256: str
    notes: Sequence[str]

    def tokens(self, split: str) -> tuple[int, int]:
        """Tokens of a split, and how many of them are trained."""
        rows = self.splits[split]
        trained = sum(len(reply) for row in rows for reply in row.replies)
        return trained + sum(len(row.prompt) * len(row.replies) for row in rows), trained


def prepare(data: Data, chat: Chat, recipe: Recipe, *, progress: Progress = lambda _done, _of: None) -> Prepared:
    """Encodes the rows for training and validation. O(characters).

    Raises:
        InputError: a row is longer than ``max_length`` and ``drop_long`` is not set; a text would be changed.
    """
    names = (TRAIN, VALIDATION)
    total = sum(len(data.splits.get(name, ())) for name in names)
    splits: dict[str, list[Tokens]] = {name: [] for name in names}
    dropped: list[Dropped] = []
    done = 0
    for name in names:
        for example in data.splits.get(name, ()):
            row = chat.encode(example)
            if recipe.max_length and row.length > recipe.max_length:
                dropped.append(Dropped(row.id, name, row.length))
            else:
                splits[name].append(row)
            done += 1
            progress(done, total)
    if dropped and not recipe.drop_long:
        raise _too_long(dropped, recipe.max_length)
    if not splits[TRAIN]:
        raise InputError(
            "every row to train on is longer than max_length", fix=_RAISE.format(max(d.tokens for d in dropped))
        )
    longest = max(row.length for rows in splits.values() for row in rows)
    return Prepared(splits, recipe.max_length or longest, dropped, _sha256(splits), _notes(data, chat))


_RAISE = "set max_length to {0} (or 0 for the longest row), or leave long rows out by drop_long: true"


def _too_long(dropped: Sequence[Dropped], limit: int) -> InputError:
    most = max(dropped, key=lambda d: d.tokens)
    more = f"; {len(dropped)} rows are longer than the limit" if len(dropped) > 1 else ""
    return InputError(
        f"has {most.tokens:,} tokens, and max_length is {limit:,}{more}; nothing is cut",
        fix=_RAISE.format(most.tokens),
        item=most.id,
    )


def _sha256(splits: Mapping[str, Sequence[Tokens]]) -> str:
    found = hashlib.sha256()
    for name, rows in splits.items():
        found.update(name.encode())
        for row in rows:
            for part in (row.prompt, *row.replies):
                found.update(len(part).to_bytes(8, "little"))
                found.update(np.asarray(part, dtype="<i4").tobytes())
    return found.hexdigest()


def _notes(data: Data, chat: Chat) -> list[str]:
    told = list(chat.notes)
    replies = [reply for example in data.splits[TRAIN] for reply in example.replies]
    if chat.opened and not all(reply.startswith(OPENING) for reply in replies):
        told.append(
            "replies do not begin with <think>, which the prompt opens: medreason export --think tags fits better"
        )
    if data.told.get("evaluation_split"):
        told.append(f"{data.told['evaluation_split']:,} questions are test data: report no results on those sets")
    if not data.told.get("files_sha256"):
        told.append("the export has no hashes of its files, so that changes made since would not be seen")
    return told


# -- columns -----------------------------------------------------------------------------------------------


def sft_columns(rows: Sequence[Tokens]) -> dict[str, list[Any]]:
    """``input_ids`` and ``labels``; a prompt's labels are ignored by the loss."""
    return {
        "input_ids": [[*row.prompt, *row.replies[0]] for row in rows],
        "labels": [[*([IGNORED] * len(row.prompt)), *row.replies[0]] for row in rows],
    }


def dpo_columns(rows: Sequence[Tokens]) -> dict[str, list[Any]]:
    """``prompt_ids``, ``chosen_ids`` and ``rejected_ids``; the loss reads the last two."""
    return {
        "prompt_ids": [row.prompt for row in rows],
        "chosen_ids": [row.replies[0] for row in rows],
        "rejected_ids": [row.replies[1] for row in rows],
    }


def steps_of(rows: int, batch: BatchConfig, optimizer: OptimizerConfig) -> int:
    """Optimizer steps over so many rows (packed ones where rows are packed)."""
    if optimizer.max_steps:
        return optimizer.max_steps
    batches = math.ceil(math.ceil(rows / batch.per_device) / batch.devices)
    return math.ceil(optimizer.epochs * math.ceil(batches / batch.accumulate))
