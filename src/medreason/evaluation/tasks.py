"""The tasks for Inspect: ``inspect eval medreason/medqa -T data=FILE``, one for each known question set.

Needs the extra ``[eval]``. All tasks have the arguments of :func:`make_task`. A task's ``version`` is a hash of what is
asked, so that logs of other questions or other prompts are never taken for the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, cast

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageUser
from inspect_ai.solver import generate

from medreason.errors import UsageError
from medreason.evaluation.asking import Asked, Style, Variant, Way, asked
from medreason.evaluation.catalogue import KNOWN
from medreason.evaluation.scorer import answer_read
from medreason.evaluation.sets import QuestionSet, load_set
from medreason.evaluation.shots import draw_shots
from medreason.records import Record

# Variant → name of the condition in results.
CONDITION: dict[Variant, str] = {"": "", "order": "shuffled", "wrong-hint": "hinted", "corrupt-evidence": "corrupted"}


class Put(NamedTuple):
    """A set in the way it is asked.

    Attributes:
        samples: What Inspect asks.
        unfit: Items of which the variant cannot be made.
        unmoved: Items whose options could not be put in another order, although a seed was given.
    """

    samples: list[Sample]
    unfit: int
    unmoved: int


def put(found: QuestionSet, way: Way, shots: list[Record]) -> Put:
    """Makes the samples of a set.

    Raises:
        UsageError: the variant can be made of no item.
    """
    pairs = [(item, asked(item, way, shots)) for item in found.items]
    samples = [_sample(item, one, way, _cluster(found, item)) for item, one in pairs if one is not None]
    if not samples:
        why = "no question comes with evidence for its answer" if way.variant == "corrupt-evidence" else "none fits"
        raise UsageError(
            f"{way.variant} cannot be made of {found.known.name}: {why}",
            fix="leave the variant out, or give a dataset.jsonl with evidence sheets",
        )
    return Put(samples, len(pairs) - len(samples), sum(bool(one.left) for _, one in pairs if one is not None))


def _cluster(found: QuestionSet, item: Record) -> str:
    """What a question hangs together with: cases of one disease, or an earlier question that it repeats; else empty."""
    if found.known.reader == "phenopackets" or item.teacher:
        return next((o.concept for o in item.options if o.key == item.answer_key), "")
    return found.repeated.get(item.id, item.id if item.id in found.repeated.values() else "")


def _sample(item: Record, one: Asked, way: Way, cluster: str) -> Sample:
    messages: list[ChatMessage] = [
        ChatMessageUser(content=turn.text) if turn.role == "user" else ChatMessageAssistant(content=turn.text)
        for turn in one.turns
    ]
    metadata: dict[str, Any] = {
        "gold": item.answer_key,
        "options": one.options,
        "keys": one.keys,
        "source_options": {o.key: o.text for o in item.options},
        "condition": CONDITION[way.variant],
        "hint": one.lure,
        "cluster": cluster,
    }
    return Sample(input=messages, target=one.gold, id=item.id, metadata=metadata)


def make_task(
    name: str,
    data: str = "",
    style: str = "headings",
    evidence: bool = True,
    shuffle_seed: int | None = None,
    variant: str = "",
    shots: str = "",
    few_shot: int = 0,
    seed: int = 0,
    kg: str = "",
    items: int | None = None,
) -> Task:
    """A task of Inspect.

    Args:
        name: One of :data:`medreason.evaluation.catalogue.KNOWN`.
        data: File, folder or ``hf:…`` of the questions.
        style: ``headings``, ``tags`` or ``direct``.
        evidence: Show evidence sheets, where items have them.
        shuffle_seed: Seed of the option order; none leaves the source's order.
        variant: Empty, ``wrong-hint``, ``order`` or ``corrupt-evidence``.
        shots: File of few-shot examples.
        few_shot: How many of them.
        seed: Seed of examples, variants, and phenopacket questions.
        kg: Folder of the graph, for phenopackets.
        items: At most so many questions, the first ones.

    Raises:
        UsageError: an argument is not possible.
        InputError: the data cannot be read.
    """
    if not data:
        raise UsageError(f"no data for {name}", fix="give -T data=FILE (inspect) or --data FILE")
    found = load_set(name, data, kg=Path(kg) if kg else None, seed=seed, limit=items)
    way = Way(cast(Style, style), evidence, shuffle_seed, cast(Variant, variant), seed)
    return task_of(found, way, examples(found, way, shots, few_shot))


def examples(found: QuestionSet, way: Way, shots: str, few_shot: int) -> list[Record]:
    """The few-shot examples of a task; none where none are asked for.

    Raises:
        UsageError: a number without a file, or a file without a number; else as :func:`draw_shots`.
    """
    if bool(shots) != bool(few_shot):
        raise UsageError(
            "few-shot examples need a file and a number", fix="give --few-shot N and --shots FILE, or neither"
        )
    if not few_shot:
        return []
    return draw_shots(found.known.name, Path(shots), few_shot, seed=way.seed, style=way.style, against=found.items)


def task_of(found: QuestionSet, way: Way, shots: list[Record], *, name: str | None = None) -> Task:
    """The task of a set that is loaded; with a name it is known by that and its questions alone, not by a path."""
    done = put(found, way, shots)
    metadata = {
        "set": found.known.title,
        "files": [origin._asdict() for origin in found.origins],
        "rows": found.rows,
        "left_out": found.left_out,
        "notes": found.notes,
        "unfit": done.unfit,
        "unmoved": done.unmoved,
    }
    return Task(
        dataset=MemoryDataset(done.samples, name=found.known.name),
        solver=generate(),
        scorer=answer_read(),
        name=name,
        version=_version(done.samples),
        metadata=metadata,
    )


def _version(samples: list[Sample]) -> str:
    """SHA-256 over everything that is asked, 12 digits of it."""
    told = hashlib.sha256()
    for sample in samples:
        texts = [m.text for m in sample.input] if isinstance(sample.input, list) else [sample.input]
        told.update(json.dumps([sample.id, sample.target, texts], ensure_ascii=False).encode("utf-8", "replace"))
    return told.hexdigest()[:12]


def _register(name: str) -> Callable[..., Task]:
    def made(
        data: str = "", style: str = "headings", evidence: bool = True, shuffle_seed: int | None = None,
        variant: str = "", shots: str = "", few_shot: int = 0, seed: int = 0, kg: str = "", items: int | None = None,
    ) -> Task:  # fmt: skip
        return make_task(name, data, style, evidence, shuffle_seed, variant, shots, few_shot, seed, kg, items)

    made.__name__ = made.__qualname__ = name
    made.__doc__ = f"{KNOWN[name].title}; arguments as of :func:`make_task`."
    return cast("Callable[..., Task]", task(made, name=name))


TASKS: dict[str, Callable[..., Task]] = {name: _register(name) for name in KNOWN}
