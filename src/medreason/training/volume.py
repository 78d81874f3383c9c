"""How much there is to read: rows and tokens of an export, without a tokenizer.

Tokens are counted where the export counted them (``medreason export --tokenizer``): its quantiles give the characters a
token, and each row's characters then its tokens. Otherwise they are estimated from characters alone, and said so.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from medreason.training.data import TRAIN, Example

if TYPE_CHECKING:
    from pathlib import Path

    from medreason.training.recipe import Recipe

# Assumptions: characters a token of English text with medical terms, and tokens that a chat template adds to a row.
CHARACTERS, TEMPLATE = 3.5, 25
_LEVELS = ("0.5", "0.9", "0.99")


class Volume(NamedTuple):
    """What is trained on.

    Attributes:
        lengths: Tokens of each row to train on: the longer sequence of a pair.
        read: Tokens that the model reads an epoch: both sequences of a pair.
        how: ``counted`` by the export, ``estimated`` from characters, or ``given``.
        note: Where the numbers are from, in a sentence.
    """

    lengths: tuple[int, ...]
    read: int
    how: str
    note: str

    @property
    def rows(self) -> int:
        """Rows to train on."""
        return len(self.lengths)


class Laid(NamedTuple):
    """Rows as they are put before the model.

    Attributes:
        rows: Rows that the trainer reads an epoch: packed ones where rows are packed.
        tokens: Tokens of an epoch, padding included.
        widest: Tokens that a device works on at a time, at most.
        square: Sum over samples of their squared length, as attention computes it.
        too_long: Rows over ``max_length``, which are left out here.
    """

    rows: int
    tokens: int
    widest: int
    square: int
    too_long: int


def given(rows: int, tokens: int) -> Volume:
    """Rows of one length, where there is no export yet."""
    return Volume((tokens,) * rows, rows * tokens, "given", f"{rows:,} rows of {tokens:,} tokens, as given")


def of_export(folder: Path, method: str, *, sha256: str = "") -> Volume:
    """Rows and tokens of an export. O(bytes).

    Raises:
        InputError: it is no export, or is damaged.
        UsageError: it is of another format, or has nothing to train on.
    """
    from medreason.training.data import load_data

    data = load_data(folder, "dpo" if method == "dpo" else "sft", sha256=sha256)
    texts = {name: [_characters(row) for row in rows] for name, rows in data.splits.items()}
    everything = [prompt + max(replies) for rows in texts.values() for prompt, replies in rows]
    ratio, how, note = _ratio(data.told.get("tokens"), everything)
    rows = texts[TRAIN]
    lengths = tuple(round((prompt + max(replies)) / ratio) + TEMPLATE for prompt, replies in rows)
    read = sum(round((prompt + reply) / ratio) + TEMPLATE for prompt, replies in rows for reply in replies)
    return Volume(lengths, read, how, note)


def _characters(row: Example) -> tuple[int, list[int]]:
    return sum(len(message["content"]) for message in row.prompt), [len(reply) for reply in row.replies]


def _ratio(told: Mapping[str, Any] | None, characters: Sequence[int]) -> tuple[float, str, str]:
    """Characters a token, and where that is from."""
    counted = (told or {}).get("total")
    plus = f", and {TEMPLATE} a row for the chat template"
    if not counted:
        return CHARACTERS, "estimated", f"the export counted no tokens: {CHARACTERS} characters each are assumed{plus}"
    ordered = sorted(characters)
    # The places that the quantiles of the export were read at (method "higher").
    places = [math.ceil(float(level) * (len(ordered) - 1)) for level in _LEVELS]
    ratio = sum(ordered[place] for place in places) / max(1, sum(int(counted[level]) for level in _LEVELS))
    note = f"{ratio:.2f} characters a token by the counts in export.json, whose tokenizer may be another{plus}"
    return ratio, "counted", note


def laid_out(volume: Volume, recipe: Recipe) -> Laid:
    """Rows packed or padded as the recipe says. O(n log n).

    Packing is best fit decreasing, as TRL's; padding that of a random order.
    """
    limit = recipe.max_length or max(volume.lengths)
    fitting = [n for n in volume.lengths if n <= limit]
    too_long = volume.rows - len(fitting)
    if not fitting:
        return Laid(0, 0, 0, 0, too_long)
    several = recipe.batch.per_device
    if recipe.packing:
        rows = _packed(fitting, limit)
        # Without flash attention a mask keeps samples apart, and whole rows are multiplied.
        apart = recipe.attention == "flash_attention_2"
        square = sum(n * n for n in fitting) if apart else 2 * sum(n * n for n in rows)
        return Laid(len(rows), sum(rows), several * max(rows), square, too_long)
    order = list(fitting)
    random.Random(recipe.seed).shuffle(order)
    batches = [order[at : at + several] for at in range(0, len(order), several)]
    padded = sum(len(batch) * max(batch) for batch in batches)
    square = sum(len(batch) * max(batch) ** 2 for batch in batches)
    if recipe.method == "dpo":  # better and worse reply, each behind the prompt
        share = volume.read / sum(volume.lengths)
        return Laid(len(fitting), round(padded * share), 2 * several * max(fitting), round(square * share), too_long)
    return Laid(len(fitting), padded, several * max(fitting), square, too_long)


def _packed(lengths: Sequence[int], limit: int) -> list[int]:
    """Tokens of each packed row: each sample goes where it leaves the least room."""
    room: list[tuple[int, int]] = []  # room left, row
    rows: list[int] = []
    for length in sorted(lengths, reverse=True):
        at = bisect_left(room, (length, -1))
        left, row = room.pop(at) if at < len(room) else (limit, len(rows))
        if row == len(rows):
            rows.append(0)
        rows[row] += length
        if left > length:
            insort(room, (left - length, row))
    return rows
