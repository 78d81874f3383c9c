"""Answers every item of a dataset in three ways (its chain, no chain, another item's), and writes what comes of it.

The flow of ``medreason answerability``: records → donors → hidden reasoning per arm → answers → lifts. A model's
replies are in ``journal.sqlite`` of the output folder before they count, so the same command goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medreason.config import RunConfig
from medreason.dataset.write import DATASET, replace_text
from medreason.engine_llm import PROMPTS, asking, client
from medreason.errors import InputError, WaitingError
from medreason.kg.store import Graph
from medreason.llm.ask import Failure
from medreason.llm.files import FilesClient, Pending
from medreason.llm.request import prompt_version
from medreason.quality.answerability.donors import Donor, answer_of, donors
from medreason.quality.answerability.lift import ARMS, Answered, Arm, summarise
from medreason.quality.answerability.offline import OfflineAnswerer
from medreason.quality.leaks import Redactor
from medreason.quality.leaks.redact import Mask
from medreason.records import Question, Record, Step, to_json
from medreason.teachers.llm.answers import Answers

ROWS, SUMMARY = "answerability.jsonl", "answerability.json"
OFFLINE = "offline"
Progress = Callable[[int, int], None]


def _silent(_done: int, _total: int) -> None:
    """No progress is shown."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of a dataset.

    Attributes:
        records: The items; each has an answer key.
        donors: Whose chain stands in for each item's own, in the control.
        writers: Whose chain is tested; the item's own, or a planted foreign one.
        mask: What is hidden in the reasoning.
        seed: Seed of donors and of the bootstrap.
    """

    records: Sequence[Record]
    donors: Sequence[Donor]
    writers: Sequence[Record]
    mask: Mask = "all"
    seed: int = 0

    def steps(self, i: int, arm: Arm) -> tuple[Step, ...]:
        """The steps that an arm shows of item i, the conclusion left out."""
        source = {"chain": self.writers[i], "other": self.records[self.donors[i].at]}.get(arm)
        return source.steps[:-1] if source else ()


def make_plan(records: Sequence[Record], *, seed: int = 0, mask: Mask = "all", foreign: bool = False) -> Plan:
    """A plan for a dataset; ``foreign`` tests another item's chain in the place of each own (a check of the filter).

    Raises:
        InputError: fewer than two different answers, so that no item has a donor.
    """
    found = donors(records, seed)
    own = donors(records, seed, turn=1) if foreign else None
    known = [d for d in found if d is not None]
    if len(known) < len(records) or not records:
        raise InputError(
            "an item has no other item with another answer to compare with",
            fix="give a dataset with at least two different answers",
        )
    writers = list(records) if own is None else [records[d.at] for d in own if d is not None]
    return Plan(records, known, writers, mask, seed)


# -- without a model -------------------------------------------------------------------------------------


def answer_offline(plan: Plan, graph: Graph, progress: Progress = _silent) -> list[Answered]:
    """Answers from cited edges alone; see :mod:`medreason.quality.answerability.offline`."""
    answerer = OfflineAnswerer(graph)
    out = []
    for i, record in enumerate(plan.records):
        credits: dict[Arm, float] = {arm: answerer.read(record, plan.steps(i, arm)).credit for arm in ARMS}
        out.append(Answered(record.id, _answer(record), credits, {}))
        progress(i + 1, len(plan.records))
    return out


def _answer(record: Record) -> str:
    option = answer_of(record)
    return option.concept or option.text.casefold()


# -- with a model ----------------------------------------------------------------------------------------


def answer_with_model(plan: Plan, graph: Graph, config: RunConfig, progress: Progress = _silent) -> list[Answered]:
    """Asks a model ``llm.samples`` times an item and arm; replies are journalled in the folder ``out``.

    Raises:
        LLMError: the run cannot go on; what was answered is journalled.
        WaitingError: requests wait for their responses (files instead of a network).
    """
    config.out.mkdir(parents=True, exist_ok=True)
    return asyncio.run(_Asked(plan, graph, config, progress).all())


class _Asked:
    """One pass of a model over the items."""

    def __init__(self, plan: Plan, graph: Graph, config: RunConfig, progress: Progress) -> None:
        self._plan = plan
        self._graph = graph
        self._config = config
        self._progress = progress
        self._pending = 0
        self._done: dict[int, Answered] = {}

    async def all(self) -> list[Answered]:
        """All items, as many at once as calls may be in flight."""
        async with client(self._config, self._config.out) as kept:
            answers = Answers(self._graph, kept.chat, asking(self._config))
            waiting = iter(range(len(self._plan.records)))
            async with asyncio.TaskGroup() as group:
                for _ in range(min(len(self._plan.records), self._config.llm.most)):
                    group.create_task(self._worker(answers, waiting))
            if isinstance(kept.chat, FilesClient):
                wave = await kept.chat.finish()
                if self._pending:
                    raise WaitingError(
                        f"{self._pending} requests wait for {wave.waiting} responses",
                        fix="put the responses beside the requests, then run the same command: it goes on",
                    )
        return [self._done[i] for i in range(len(self._plan.records))]

    async def _worker(self, answers: Answers, waiting: Iterator[int]) -> None:
        for i in waiting:
            self._done[i] = await self._item(answers, i)
            self._progress(len(self._done), len(self._plan.records))

    async def _item(self, answers: Answers, i: int) -> Answered:
        record = self._plan.records[i]
        question = Question(
            record.id, record.source, record.question, record.options, record.answer_key, kind=record.kind,
            context=record.context,
        )  # fmt: skip
        credits: dict[Arm, float] = {}
        unread: dict[Arm, int] = {}
        for arm in ARMS:
            reasoning = self._reasoning(i, arm)
            right: list[bool] = []
            for sample in range(self._config.llm.samples):
                try:
                    found = await answers.rederived(question, reasoning, sample)
                except Pending:
                    self._pending += 1
                    continue
                if isinstance(found, Failure):
                    continue
                right.append(found.right)
                unread[arm] = unread.get(arm, 0) + (not found.said)
            if right:
                credits[arm] = sum(right) / len(right)
        return Answered(record.id, _answer(record), credits, unread)

    def _reasoning(self, i: int, arm: Arm) -> str:
        """An arm's reasoning with the names of its own question's options hidden, and of this question's."""
        record = self._plan.records[i]
        source = {"chain": self._plan.writers[i], "other": self._plan.records[self._plan.donors[i].at]}.get(arm)
        if source is None:
            return ""
        text = self._redactor(source).steps(source.steps)
        return text if source is record else self._redactor(record).text(text)

    def _redactor(self, record: Record) -> Redactor:
        spoken = [f.text for f in record.findings]
        return Redactor(self._graph, record.question, record.options, record.answer_key, self._plan.mask, spoken)


# -- what is written -------------------------------------------------------------------------------------


def rows(plan: Plan, answered: Sequence[Answered]) -> Iterator[dict[str, Any]]:
    """One row an item: credits, lifts and verdict, and whose chain was the control."""
    for item, donor in zip(answered, plan.donors, strict=True):
        yield {
            "id": item.id,
            "credits": dict(item.credits),
            "lift": {"none": item.lift("none"), "other": item.lift("other")},
            "verdict": item.verdict,
            "donor": plan.records[donor.at].id,
            "donor_same_group": donor.same_group,
            "donor_shares_option": donor.shares,
        }


def summary(plan: Plan, answered: Sequence[Answered], graph: Graph, config: RunConfig | None) -> dict[str, Any]:
    """The numbers with everything that they depend on."""
    asked: dict[str, Any] = {"answerer": OFFLINE}
    if config is not None:
        prompts = {name: prompt_version(name) for name in PROMPTS["answerability"]}
        asked = {"answerer": config.model, "samples": config.llm.samples, "mask": plan.mask, "prompts": prompts}
    return {
        **asked,
        "seed": plan.seed,
        "graph": {"source": graph.ref.source, "version": graph.ref.version, "sha256": graph.ref.sha256},
        "foreign_chains": plan.writers[0] is not plan.records[0],
        "donors": {
            "same_group": sum(d.same_group for d in plan.donors),
            "share_an_option": sum(d.shares for d in plan.donors),
        },
        **summarise(answered, plan.seed),
    }


def write(
    folder: Path, plan: Plan, answered: Sequence[Answered], found: dict[str, Any], keep: Collection[str] = ()
) -> None:
    """Writes ``answerability.jsonl`` (a row an item) and ``answerability.json`` (the numbers).

    With verdicts to keep also ``dataset.jsonl``: the records that have one of them, as they were.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DATASET).unlink(missing_ok=True)  # of an earlier call, with other verdicts
    if keep:
        kept = (r for r, a in zip(plan.records, answered, strict=True) if a.verdict in keep)
        replace_text(folder / DATASET, (to_json(r) + "\n" for r in kept))
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows(plan, answered))
    replace_text(folder / ROWS, lines)
    replace_text(folder / SUMMARY, [json.dumps(found, indent=1, ensure_ascii=False) + "\n"])
