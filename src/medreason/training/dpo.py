"""Direct preference optimization with TRL's DPOTrainer (Rafailov et al., arXiv 2305.18290): prompts are not trained.

The reference is the model as it was: a second copy where all weights are trained, the model without adapters with LoRA.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from medreason.training.data import TRAIN, VALIDATION
from medreason.training.run import Job, Made, Start, Trained, train

if TYPE_CHECKING:
    from medreason.training.recipe import Recipe
    from medreason.training.trainer import Step


def train_dpo(
    recipe: Recipe,
    *,
    before: Callable[[Start], None] = lambda _start: None,
    preparing: Callable[[int, int], None] = lambda _done, _of: None,
    progress: Step = lambda _step, _of, _loss: None,
) -> Trained:
    """Trains a model to prefer the better chain of each pair of an export of format ``dpo``.

    Arguments, result and errors are those of :func:`medreason.training.sft.train_sft`.
    """
    return train(recipe, "dpo", _made, before=before, preparing=preparing, progress=progress)


def _made(job: Job) -> Made:
    from datasets import Dataset
    from trl import DPOTrainer

    from medreason.training.arguments import dpo_arguments
    from medreason.training.load import adapters, open_model
    from medreason.training.prepare import dpo_columns
    from medreason.training.trainer import assembled

    recipe, prepared = job.recipe, job.prepared

    def rows_of(split: str) -> Any:
        rows = prepared.splits[split]
        return Dataset.from_dict(dpo_columns(rows)) if rows else None

    found, held_out = rows_of(TRAIN), rows_of(VALIDATION)
    args = dpo_arguments(recipe, job.place, job.steps(len(found)), validated=held_out is not None)
    reference = None if recipe.lora is not None else open_model(recipe, job.place)
    trainer = assembled(
        DPOTrainer,
        job,
        args,
        train_dataset=found,
        eval_dataset=held_out,
        peft_config=adapters(recipe),
        ref_model=reference,
    )
    return Made(trainer, len(found))
