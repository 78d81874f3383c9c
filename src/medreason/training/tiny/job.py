"""One training of a study: one arm, one seed; what it learned, what it answers, what of its chains is true."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from medreason.training.tiny.arms import ARMS, SIZES, Arm
from medreason.training.tiny.data import Split, load, strangers, training
from medreason.training.tiny.loop import Plan, Point, Sample, train
from medreason.training.tiny.model import built, parameters, written
from medreason.training.tiny.text import Book, Item, letter_of, target_of
from medreason.training.tiny.truth import judged, read_sheets
from medreason.training.tiny.vocabulary import Vocabulary, learned

BATCH = 16
SPARE = 1.5
"""How much longer than the longest reply a model may write."""


class Job(NamedTuple):
    """A training.

    Attributes:
        book: Test.
        arm: Name of the arm.
        seed: Of weights, order and choice of questions.
        size: Name of the size.
        rate: Learning rate.
        device: Where it runs.
        part: Which questions are asked, ``test`` or ``dev``.
    """

    book: Book
    arm: str
    seed: int
    size: str
    rate: float
    device: str = "cpu"
    part: str = "test"

    @property
    def name(self) -> str:
        """Name of its file."""
        tuned = f"-{self.rate:g}" if self.part == "dev" else ""
        return f"{self.book}-{self.arm}-{self.seed}{tuned}"


def carried_out(job: Job, questions: Path, threads: int) -> dict[str, Any]:
    """Trains one model and asks it; everything that the study needs of it, as JSON.

    Args:
        job: What to do.
        questions: File of :func:`medreason.training.tiny.data.save`.
        threads: Of torch; the same numbers for the same count of threads.
    """
    import torch

    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(job.device == "cpu")
    start, size, arm = time.monotonic(), SIZES[job.size], ARMS[job.arm]
    split, _ = load(questions)
    vocabulary = learned(text for i in split.train for text in (i.prompt, target_of(i, "chain")))
    samples, epochs = _samples(job, split, vocabulary)
    model = built(size.shape, vocabulary, job.seed).to(job.device)
    asked: Sequence[Item] = split.test if job.part == "test" else split.dev
    most = int(SPARE * max(len(s.reply) for s in samples))
    curve: list[dict[str, Any]] = []
    replies: list[str] = []

    def reached(point: Point) -> None:
        last = len(curve) == size.points - 1
        few = asked if last else asked[: size.asked]
        replies[:] = written(model, vocabulary, vocabulary.encode(i.prompt for i in few), most, 200)
        right = sum(letter_of(r) == i.letter for r, i in zip(replies, few, strict=True)) / len(few)
        curve.append({**point._asdict(), "asked": len(few), "right": right})

    train(model, vocabulary, samples, Plan(job.rate, BATCH, epochs), job.seed, size.points, reached)
    return {
        **job._asdict(), "parameters": parameters(model), "vocabulary": vocabulary.size, "questions": len(samples),
        "epochs": epochs, "tokens": curve[-1]["tokens"], "trained_tokens": _trained(samples, epochs),
        "steps": curve[-1]["step"], "curve": curve, "seconds": round(time.monotonic() - start, 1),
        "items": [_item(r, i, job, arm) for r, i in zip(replies, asked, strict=True)],
    }  # fmt: skip


def _samples(job: Job, split: Split, vocabulary: Vocabulary) -> tuple[list[Sample], float]:
    """Samples and epochs of an arm; with equal tokens, as many epochs as the tokens of the chain arm allow."""
    size, arm = SIZES[job.size], ARMS[job.arm]
    wanted, epochs = size.questions[job.book], size.epochs[job.book]
    chained = training(split, job.seed, wanted)
    items = chained if arm.equal == "questions" else training(split, job.seed, len(split.train))
    others = strangers(items, job.seed) if arm.form == "shuffled" else [()] * len(items)

    def encoded(of: Sequence[Item], targets: Sequence[str]) -> list[Sample]:
        prompts, replies = vocabulary.encode(i.prompt for i in of), vocabulary.encode(targets)
        return [Sample(p, [*r, vocabulary.end]) for p, r in zip(prompts, replies, strict=True)]

    samples = encoded(items, [target_of(i, arm.form, o) for i, o in zip(items, others, strict=True)])
    if arm.equal == "tokens":
        budget = epochs * sum(s.tokens for s in encoded(chained, [target_of(i, "chain") for i in chained]))
        epochs = budget / sum(s.tokens for s in samples)
    return samples, epochs


def _trained(samples: Sequence[Sample], epochs: float) -> int:
    """Tokens that the loss is on, over all epochs."""
    return round(epochs * sum(len(s.reply) for s in samples))


def _item(reply: str, item: Item, job: Job, arm: Arm) -> dict[str, Any]:
    """What came of one question."""
    letter = letter_of(reply)
    found: dict[str, Any] = {"letter": letter, "right": letter == item.letter, "disease": item.disease}
    if arm.form != "answer":
        case, record = _on_record(item, job.book)
        of = judged(reply, case, record, 1 if job.book == "open" else 2)
        found |= {"true_steps": of.true, "true_verdicts": of.verdicts, "verdicts": of.of, "follows": of.follows}
    return found


def _on_record(item: Item, book: Book) -> tuple[list[str], dict[str, frozenset[str]]]:
    """Case and, of each option, which of its findings are on record: by the sheets, or closed book by the checked chain
    that the model was not shown."""
    if book == "open":
        return read_sheets(item.prompt)
    case = item.prompt.splitlines()[0].split()[1:]
    record = {}
    for step in item.steps:
        letter, _, *told = step.split()
        record[letter] = frozenset(f for f, v in zip(told[::2], told[1::2], strict=False) if v == "yes")
    return case, record
