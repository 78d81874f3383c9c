"""The training loop, in plain torch: no trainer's extras, every number in sight, nothing drawn but from the seed.

A trainer of a library would do; but an experiment on the effect of the text wants as little as possible between text
and loss, and steps of 60 ms want little bookkeeping around them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from medreason.synth.draw import seeded, shuffled
from medreason.training.tiny.vocabulary import Vocabulary

if TYPE_CHECKING:
    import torch

MASKED = -100


class Sample(NamedTuple):
    """A prompt and a reply with its end, as ids."""

    prompt: list[int]
    reply: list[int]

    @property
    def tokens(self) -> int:
        """Of both."""
        return len(self.prompt) + len(self.reply)


class Plan(NamedTuple):
    """How a run learns.

    Attributes:
        rate: Highest learning rate; a twentieth of the steps of warm-up, then a cosine to a tenth.
        batch: Samples a step.
        epochs: How often each sample is seen.
    """

    rate: float
    batch: int = 32
    epochs: float = 1.0


class Point(NamedTuple):
    """A point of a learning curve: after so many steps and tokens (prompt and reply), the mean loss since the last."""

    step: int
    tokens: int
    loss: float


def _batch(samples: Sequence[Sample], pad: int, device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    longest = max(s.tokens for s in samples)
    ids = torch.full((len(samples), longest), pad)
    labels = torch.full((len(samples), longest), MASKED)
    for i, s in enumerate(samples):
        ids[i, : s.tokens] = torch.tensor(s.prompt + s.reply)
        labels[i, len(s.prompt) : s.tokens] = torch.tensor(s.reply)
    return ids.to(device), labels.to(device)


def batches(samples: Sequence[Sample], plan: Plan, seed: int) -> list[list[int]]:
    """Places of the samples of each step: every epoch in another order of chance, the last one perhaps in part."""
    wanted = round(plan.epochs * len(samples))
    order: list[int] = []
    turn = 0
    while len(order) < wanted:
        order += shuffled(seeded("order", seed, turn), range(len(samples)))
        turn += 1
    order = order[:wanted]
    return [order[i : i + plan.batch] for i in range(0, wanted - plan.batch + 1, plan.batch)]


def rate_at(step: int, steps: int, plan: Plan) -> float:
    """Learning rate of a step."""
    warm = max(1, steps // 20)
    if step < warm:
        return plan.rate * (step + 1) / warm
    return plan.rate * (0.1 + 0.45 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm))))


def train(
    model: Any, vocabulary: Vocabulary, samples: Sequence[Sample], plan: Plan, seed: int,
    points: int, reached: Callable[[Point], None],
) -> None:  # fmt: skip
    """Trains the model in place; the loss is on the reply and its end alone.

    Args:
        model: On its device.
        vocabulary: For the filling.
        samples: What is trained on.
        plan: Rate, batch and epochs.
        seed: Of the order.
        points: How many points the learning curve has.
        reached: Told of each point; may ask the model in between.
    """
    import torch

    device = next(model.parameters()).device
    steps = batches(samples, plan, seed)
    weights = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": weights, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98))
    marks = {math.ceil(len(steps) * (i + 1) / points) for i in range(points)}
    tokens, losses = 0, list[float]()
    model.train()
    for step, places in enumerate(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(step, len(steps), plan)
        chosen = [samples[i] for i in places]
        ids, labels = _batch(chosen, vocabulary.pad, device)
        logits = model(input_ids=ids[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=MASKED)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        tokens += sum(s.tokens for s in chosen)
        losses.append(loss.item())
        if step + 1 in marks:
            reached(Point(step + 1, tokens, sum(losses) / len(losses)))
            losses.clear()
            model.train()
