"""One training from recipe to card: check everything, tell what will be done, train, keep best and last.

    checks -> data -> tokens -> model -> trainer -> (told) -> steps -> best/, last/, train.json

``sft.py`` and ``dpo.py`` differ in the trainer that they build; everything else is here.
"""

from __future__ import annotations

import os
import shutil
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from medreason.errors import InputError, UsageError
from medreason.training import checks, load, manifest
from medreason.training.card import card
from medreason.training.chat import Chat
from medreason.training.data import Data, load_data
from medreason.training.packing import check_apart
from medreason.training.prepare import Prepared, prepare, steps_of
from medreason.training.recipe import Recipe
from medreason.training.trainer import Step, curves, reporting

# Files of a checkpoint that are no part of the model.
_OWN = {
    "optimizer.pt",
    "optimizer.bin",
    "scheduler.pt",
    "scaler.pt",
    "training_args.bin",
    "README.md",
    "latest",
    checks.STATE,
}


class Start(NamedTuple):
    """What is known right before the first step.

    Attributes:
        recipe: The recipe.
        place: Device and precision.
        data: The export.
        prepared: Its rows as tokens.
        chat: How they were made.
        rows: Rows that the trainer reads an epoch; fewer than samples where they are packed.
        steps: Optimizer steps in all.
        resumed: Step from which it goes on; 0 for the beginning.
        parameters: Weights of the model.
        trained: Those that are trained.
    """

    recipe: Recipe
    place: checks.Place
    data: Data
    prepared: Prepared
    chat: Chat
    rows: int
    steps: int
    resumed: int
    parameters: int
    trained: int


class Trained(NamedTuple):
    """What a training came to.

    Attributes:
        last: Folder of the weights after the last step.
        best: Folder of the weights with the lowest validation loss; None without validation.
        told: What ``train.json`` holds.
        before: It had been finished by an earlier start, and nothing was done now.
    """

    last: Path
    best: Path | None
    told: dict[str, Any]
    before: bool = False


class Job(NamedTuple):
    """What the makers of trainers are given."""

    recipe: Recipe
    place: checks.Place
    prepared: Prepared
    model: Any
    tokenizer: Any
    steps: Callable[[int], int]


class Made(NamedTuple):
    """A trainer, and the rows that it reads an epoch."""

    trainer: Any
    rows: int


def train(
    recipe: Recipe,
    method: str,
    make: Callable[[Job], Made],
    *,
    before: Callable[[Start], None],
    preparing: Callable[[int, int], None],
    progress: Step,
) -> Trained:
    """Carries a recipe out, or goes on with it where it was stopped.

    Raises:
        UsageError: the recipe asks for what cannot be.
        InputError: data or model cannot be used.
        RunFolderError: ``out`` holds something else, or cannot be written.
    """
    # Read when huggingface_hub is first imported; the trainers do not send anything either way.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if recipe.method != method:
        raise UsageError(f"the recipe is for {recipe.method}", fix=f"medreason train {recipe.method} RECIPE")
    if recipe.chat_template is not None and not recipe.chat_template.is_file():
        raise InputError("the chat template is no file", fix="give a Jinja file", item=recipe.chat_template.name)
    checks.require_packages(recipe)
    data = load_data(recipe.data, recipe.method, sha256=recipe.data_sha256)
    known = {"recipe_sha256": recipe.sha256(), "data_sha256": data.sha256}
    checks.open_folder(recipe, known)
    _quiet()
    place = checks.place_of(recipe)
    chat = load.open_chat(recipe)
    prepared = prepare(data, chat, recipe, progress=preparing)
    known |= {"tokens_sha256": prepared.sha256, "model_sha256": load.model_sha256(recipe.model)}
    earlier = checks.open_folder(recipe, known)
    if earlier and earlier["status"] == "done":
        return _trained(recipe.out, earlier, before=True)
    made, start = _built(recipe, place, data, chat, prepared, make)
    trainer = made.trainer
    if place.first:
        before(start)
    trainer.add_callback(reporting(progress if place.first else lambda *_: None))
    told = {**known, **manifest.described(recipe, data, prepared, place), "model": _model(recipe, trainer, start)}
    told["sessions"] = [*(earlier or {}).get("sessions", ()), {"started": manifest.now(), "from_step": start.resumed}]
    with checks.writing(recipe.out, "the training"):
        if place.first:
            manifest.write_manifest(recipe.out, told)
            trainer.add_callback(curves(recipe.out / "tensorboard", start.resumed))
        begun = time.monotonic()
        trainer.train(resume_from_checkpoint=_last(recipe.out))
        told["sessions"][-1] |= {"seconds": round(time.monotonic() - begun, 1), "to_step": trainer.state.global_step}
        if place.first:
            told |= manifest.outcome(recipe.out, trainer.state, _best(trainer), checks.whole_checkpoints(recipe.out))
            _publish(recipe.out, told)
    trainer.accelerator.wait_for_everyone()
    return _trained(recipe.out, told if place.first else checks.open_folder(recipe, known) or told)


def _built(
    recipe: Recipe, place: checks.Place, data: Data, chat: Chat, prepared: Prepared, make: Callable[[Job], Made]
) -> tuple[Made, Start]:
    """The trainer with everything checked that needs the model."""
    from transformers import set_seed

    set_seed(recipe.seed)
    if place.first:
        checks.drop_broken(recipe.out)

    def steps(rows: int) -> int:
        return steps_of(rows, recipe.batch, recipe.optimizer)

    model = None if recipe.distributed == "zero3" else load.open_model(recipe, place)
    if recipe.packing and model is not None:
        check_apart(model)
    made = make(Job(recipe, place, prepared, model, chat.tokenizer, steps))
    trainer = made.trainer
    shared = {"zero3": trainer.is_deepspeed_enabled, "fsdp2": trainer.is_fsdp_enabled}
    if not shared.get(recipe.distributed, True):
        raise UsageError(f"{recipe.distributed} is not in force here", fix="start it with torchrun, on GPUs")
    load.stop_at(_bare(trainer.model), chat)
    weights = [(_numel(p), p.requires_grad, p.element_size()) for p in trainer.model.parameters()]
    parameters, trained = sum(n for n, _, _ in weights), sum(n for n, needed, _ in weights if needed)
    if place.first:
        saved = trained if recipe.lora is not None else parameters
        checks.check_disk(recipe.out, checks.need_bytes(saved, trained, 4, recipe.save.keep))
    whole = checks.whole_checkpoints(recipe.out)
    resumed = int(whole[-1].name.rpartition("-")[2]) if whole else 0
    start = Start(recipe, place, data, prepared, chat, made.rows, steps(made.rows), resumed, parameters, trained)
    return made, start


def _bare(model: Any) -> Any:
    """The model below adapters."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _numel(parameter: Any) -> int:
    """Weights of a parameter, of all devices together where it is shared by DeepSpeed."""
    return int(getattr(parameter, "ds_numel", parameter.numel()))


def _model(recipe: Recipe, trainer: Any, start: Start) -> dict[str, Any]:
    local = Path(recipe.model).is_dir()
    return {
        "name": Path(recipe.model).name if local else recipe.model,
        "local": local,
        "revision": getattr(_bare(trainer.model).config, "_commit_hash", None) or recipe.revision,
        "sha256": load.model_sha256(recipe.model),
        "parameters": start.parameters,
        "trained": start.trained,
    }


def _quiet() -> None:
    """The libraries' own bars and hints: everything worth telling is told by the caller's functions."""
    import datasets
    import transformers

    datasets.disable_progress_bars()
    warnings.filterwarnings("ignore", message=".*is deprecated", category=FutureWarning, module="transformers|trl")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()


# -- at the end --------------------------------------------------------------------------------------------


def _last(out: Path) -> str | None:
    whole = checks.whole_checkpoints(out)
    return str(whole[-1]) if whole else None


def _best(trainer: Any) -> int | None:
    """Step of the lowest validation loss."""
    losses = [(one["eval_loss"], one["step"]) for one in trainer.state.log_history if "eval_loss" in one]
    return int(min(losses)[1]) if losses else None


def _publish(out: Path, told: dict[str, Any]) -> None:
    """Puts the weights of best and last where they stay, with card and manifest beside them."""
    steps = {"last": told["steps"]}
    if told["best_step"] is not None:
        steps["best"] = told["best_step"]
    for name, step in steps.items():
        source = out / checks.CHECKPOINTS / f"checkpoint-{step}"
        beside = out / f".{name}.part"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        for file in _of_model(source):
            try:
                os.link(file, beside / file.name)  # the same bytes under two names take no room
            except OSError:
                shutil.copy2(file, beside / file.name)
        manifest.write_manifest(beside, told)
        manifest.write_text(beside / "README.md", card(told, name))
        shutil.rmtree(out / name, ignore_errors=True)
        beside.replace(out / name)
    manifest.write_manifest(out, told)


def _of_model(folder: Path) -> Iterable[Path]:
    return (f for f in sorted(folder.iterdir()) if f.is_file() and f.name not in _OWN and not f.match("rng_state*"))


def _trained(out: Path, told: dict[str, Any], *, before: bool = False) -> Trained:
    best = out / "best" if told.get("best_step") is not None else None
    return Trained(out / "last", best, told, before)
