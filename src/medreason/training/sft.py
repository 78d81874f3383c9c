"""Supervised fine-tuning with TRL's SFTTrainer: loss on the replies' tokens and their stop tokens, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from medreason.training.data import TRAIN, VALIDATION
from medreason.training.run import Job, Made, Start, Trained, train

if TYPE_CHECKING:
    from medreason.training.recipe import Recipe
    from medreason.training.trainer import Step


def train_sft(
    recipe: Recipe,
    *,
    before: Callable[[Start], None] = lambda _start: None,
    preparing: Callable[[int, int], None] = lambda _done, _of: None,
    progress: Step = lambda _step, _of, _loss: None,
) -> Trained:
    """Fine-tunes a model on an export of format ``sft``; stopped, the same call goes on from the last checkpoint.

    Args:
        recipe: What is trained on what (:func:`medreason.training.recipe.load_recipe`).
        before: Called once, right before the first step, with everything that is then known.
        preparing: Called with rows turned into tokens, and rows in all.
        progress: Called with steps done, steps in all, and the loss where it was logged.

    Returns:
        Where the weights are, and what ``train.json`` holds. On a CPU in 32 bits, a training that was stopped and one
        that was not end with the same bits.

    Raises:
        UsageError: a package is missing, or recipe, data and machine do not fit each other.
        InputError: data or model cannot be used, or a row is longer than allowed.
        RunFolderError: ``recipe.out`` holds something else, or the disk is too small.
    """
    return train(recipe, "sft", _made, before=before, preparing=preparing, progress=progress)


def _made(job: Job) -> Made:
    from datasets import Dataset
    from trl import SFTTrainer

    from medreason.training.arguments import sft_arguments
    from medreason.training.load import adapters
    from medreason.training.packing import pack
    from medreason.training.prepare import sft_columns
    from medreason.training.trainer import assembled

    recipe, prepared = job.recipe, job.prepared

    def rows_of(split: str) -> Any:
        rows = prepared.splits[split]
        if not rows:
            return None
        columns = sft_columns(rows)
        return pack(columns, prepared.max_length, recipe.seed) if recipe.packing else Dataset.from_dict(columns)

    found, held_out = rows_of(TRAIN), rows_of(VALIDATION)
    args = sft_arguments(recipe, job.place, job.steps(len(found)), prepared.max_length, validated=held_out is not None)
    trainer = assembled(SFTTrainer, job, args, train_dataset=found, eval_dataset=held_out, peft_config=adapters(recipe))
    return Made(trainer, len(found))
