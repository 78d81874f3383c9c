"""New places for the options of a dataset's records, by seed, with every reference to a letter moved along.

The order of an item's options follows from the seed, the item's id and the options alone: it is the same in every
dataset, whatever order they had before, and every order is equally likely. Letters are thus balanced up to chance, and
not forced to be equal: then an item's letter would change with its neighbours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from medreason.dataset.letters import Rewriter, Unsafe, lists_options, speaks_of_others
from medreason.records import Option, Record

FLAG = "options_shuffled:"


class Shuffled(NamedTuple):
    """A record after shuffling.

    Attributes:
        record: With its options in their new places, or as it was.
        left: Why it was left as it was; empty where it was shuffled.
    """

    record: Record
    left: str


def order(record: Record, seed: int) -> tuple[Option, ...]:
    """The options in their new order, with their old keys (SHA-256 of seed, id, text and concept)."""

    def place(option: Option) -> bytes:
        told = "\0".join((str(seed), record.id, option.text, option.concept, option.key))
        if sum((o.text, o.concept) == (option.text, option.concept) for o in record.options) == 1:
            told = told.rsplit("\0", 1)[0]
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).digest()

    return tuple(sorted(record.options, key=place))


def _unfit(record: Record) -> str:
    """Why a record cannot be shuffled at all; empty where it can."""
    keys = [o.key for o in record.options]
    if record.kind != "choice" or len(keys) < 2:
        return "it is no choice among options"
    if len(set(keys)) < len(keys) or any(len(k) != 1 or not "A" <= k <= "Z" for k in keys):
        return "its options are not keyed by different capital letters"
    for option in record.options:
        if speaks_of_others(option.text):
            return f"option {option.key} speaks of other options or of its place"
    letters = "".join(sorted(keys))
    if any(lists_options(text, letters) for text in (record.question, *record.context)):
        return "the question names options by letter or place"
    strange = {*record.evidence, *record.scores, *(line.option for line in record.sheet), record.answer_key}
    strange |= {record.chosen_key}
    if strange - {*keys, ""}:
        return f"it speaks of an option {min(strange - {*keys, ''})!r} that it does not have"
    return ""


def shuffle(record: Record, seed: int) -> Shuffled:
    """The record with its options in new places; answer, choice, evidence, scores, sheet and prose follow.

    Steps keep their order and their words, but for sure references to letters. The flag ``options_shuffled:SEED`` tells
    that the requests behind a language model's chain showed the options otherwise.
    """
    if why := _unfit(record):
        return Shuffled(record, why)
    ordered = order(record, seed)
    moved = {old.key: place.key for old, place in zip(ordered, record.options, strict=True)}
    rewrite = Rewriter(record, moved)
    try:
        steps = tuple(replace(step, text=rewrite(step.text)) for step in record.steps)
        told = "\n".join(f"{s.n}. {s.text}" for s in record.steps)
        same = record.reasoning == told
        reasoning = "\n".join(f"{s.n}. {s.text}" for s in steps) if same else rewrite(record.reasoning)
    except Unsafe as error:
        return Shuffled(record, str(error))
    keys = [o.key for o in record.options]
    back = {new: old for old, new in moved.items()}
    flags = tuple(f for f in record.flags if not f.startswith(FLAG))
    return Shuffled(
        replace(
            record,
            options=tuple(replace(old, key=key) for old, key in zip(ordered, keys, strict=True)),
            answer_key=moved.get(record.answer_key, ""),
            chosen_key=moved.get(record.chosen_key, ""),
            evidence={key: record.evidence[back[key]] for key in keys if back[key] in record.evidence},
            scores={key: record.scores[back[key]] for key in keys if back[key] in record.scores},
            steps=steps,
            reasoning=reasoning,
            sheet=tuple(
                replace(line, option=moved.get(line.option, ""), text=rewrite.sure_only(line.text))
                for line in record.sheet
            ),
            flags=(*flags, f"{FLAG}{seed}"),
        ),
        "",
    )


def shuffle_all(records: Iterable[Record], seed: int) -> list[Shuffled]:
    """Each record shuffled on its own."""
    return [shuffle(record, seed) for record in records]
