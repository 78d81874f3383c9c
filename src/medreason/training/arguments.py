"""A recipe in the words of TRL and transformers."""

from __future__ import annotations

from typing import Any

from medreason.training.checks import CHECKPOINTS, Place
from medreason.training.recipe import Recipe

_ZERO3 = {
    "bf16": {"enabled": "auto"},
    "zero_optimization": {
        "stage": 3,
        "overlap_comm": True,
        "contiguous_gradients": True,
        "reduce_bucket_size": "auto",
        "stage3_prefetch_bucket_size": "auto",
        "stage3_param_persistence_threshold": "auto",
        # Without it, checkpoints would hold no weights that from_pretrained reads.
        "stage3_gather_16bit_weights_on_model_save": True,
    },
    "gradient_accumulation_steps": "auto",
    "gradient_clipping": "auto",
    "train_batch_size": "auto",
    "train_micro_batch_size_per_gpu": "auto",
}
_FSDP2 = {
    "version": 2,
    "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
    "reshard_after_forward": True,
    "state_dict_type": "FULL_STATE_DICT",
}


def shared(recipe: Recipe, place: Place, steps: int, *, validated: bool) -> dict[str, Any]:
    """Arguments that both trainers take.

    Args:
        recipe: The recipe.
        place: Where it runs.
        steps: Optimizer steps in all; curves have about 200 points, and at least one of every ten steps.
        validated: There are rows to validate on.
    """
    optimizer, save = recipe.optimizer, recipe.save
    every = max(1, min(10, steps // 200))
    told: dict[str, Any] = {
        "output_dir": str(recipe.out / CHECKPOINTS),
        "per_device_train_batch_size": recipe.batch.per_device,
        "per_device_eval_batch_size": recipe.batch.per_device,
        "gradient_accumulation_steps": recipe.batch.accumulate,
        "learning_rate": optimizer.learning_rate,
        "lr_scheduler_type": optimizer.schedule,
        "warmup_steps": optimizer.warmup,
        "weight_decay": optimizer.weight_decay,
        "max_grad_norm": optimizer.clip,
        "num_train_epochs": optimizer.epochs,
        "max_steps": optimizer.max_steps or -1,
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "bf16": place.bf16,
        "use_cpu": place.device == "cpu",
        "dataloader_pin_memory": place.device == "cuda",
        "gradient_checkpointing": recipe.gradient_checkpointing,
        "logging_steps": every,
        "logging_first_step": True,
        "save_strategy": "steps",
        "save_steps": save.every,
        "save_total_limit": save.keep,
        "eval_strategy": "steps" if validated else "no",
        "eval_steps": save.every,
        "metric_for_best_model": "eval_loss" if validated else None,
        "greater_is_better": False if validated else None,
        "include_num_input_tokens_seen": "non_padding",
        "max_length": None,
        "report_to": list(recipe.log_to),
        "run_name": recipe.name,
        "disable_tqdm": True,
        "log_level": "error",
        "log_level_replica": "error",
        "ddp_find_unused_parameters": False,
    }
    if recipe.distributed == "zero3":
        told["deepspeed"] = _ZERO3
    elif recipe.distributed == "fsdp2":
        told |= {"fsdp": True, "fsdp_config": dict(_FSDP2)}
    return told


def sft_arguments(recipe: Recipe, place: Place, steps: int, length: int, *, validated: bool) -> Any:
    """What TRL's SFTTrainer is told."""
    from trl import SFTConfig

    own: dict[str, Any] = {"packing": recipe.packing, "shuffle_dataset": False}
    if recipe.packing:
        own["max_length"] = length
    return SFTConfig(**{**shared(recipe, place, steps, validated=validated), **own})


def dpo_arguments(recipe: Recipe, place: Place, steps: int, *, validated: bool) -> Any:
    """What TRL's DPOTrainer is told."""
    from trl import DPOConfig

    from medreason.training.recipe import DpoSection

    section = recipe.dpo or DpoSection()
    own = {"beta": section.beta, "loss_type": [section.loss]}
    return DPOConfig(**{**shared(recipe, place, steps, validated=validated), **own})
