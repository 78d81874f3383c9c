"""TRL's trainers, changed in four: no telemetry, no preparation, safe checkpoints, evaluation without a trace."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medreason.training.checks import writing
from medreason.training.load import open_model

if TYPE_CHECKING:
    from medreason.training.run import Job

Step = Callable[[int, int, float | None], None]


class Guarded:
    """Goes before a trainer of TRL among the bases of a class."""

    def _send_telemetry(self) -> None:
        """TRL tells its makers of each training; nothing is told from here."""

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """The card is written by :mod:`medreason.training.card`."""

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        """Rows come as tokens, with what is trained of them; TRL is not to tokenise, mark or cut anything."""
        return dataset

    def evaluate(self, *arguments: Any, **options: Any) -> Any:
        """Evaluates without drawing from the random numbers of the training: how often does not change the weights."""
        import torch

        parent: Any = super()
        devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
        with torch.random.fork_rng(devices=devices):
            return parent.evaluate(*arguments, **options)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Saves whole or not at all.

        Raises:
            RunFolderError: the disk is full or cannot be written; earlier checkpoints stay.
        """
        own: Any = self
        parent: Any = super()
        folder = Path(own.args.output_dir) / f"checkpoint-{own.state.global_step}"
        try:
            with writing(Path(own.args.output_dir).parent, folder.name):
                parent._save_checkpoint(model, trial)
        except BaseException:
            if not (folder / "trainer_state.json").is_file():
                shutil.rmtree(folder, ignore_errors=True)
            raise


def guarded(base: type) -> Any:
    """A trainer class of TRL with :class:`Guarded` before it."""
    return type(f"Guarded{base.__name__}", (Guarded, base), {})


def reporting(step: Step) -> Any:
    """A callback of transformers that tells steps done, steps in all, and the loss where one was logged."""
    from transformers import TrainerCallback

    def on_step_end(_self: Any, _args: Any, state: Any, _control: Any, **_: Any) -> None:
        step(state.global_step, state.max_steps, None)

    def on_log(_self: Any, _args: Any, state: Any, _control: Any, logs: Any = None, **_: Any) -> None:
        if "loss" in (logs or {}):
            step(state.global_step, state.max_steps, float(logs["loss"]))

    return type("Reporting", (TrainerCallback,), {"on_step_end": on_step_end, "on_log": on_log})()


def assembled(base: type, job: Job, args: Any, **options: Any) -> Any:
    """A guarded trainer of TRL. It writes nothing yet."""
    from transformers import PrinterCallback

    # With DeepSpeed the weights are shared while they are read, which the arguments, made before, arrange.
    model = job.model if job.model is not None else open_model(job.recipe, job.place)
    trainer = guarded(base)(model=model, args=args, processing_class=job.tokenizer, **options)
    trainer.remove_callback(PrinterCallback)
    return trainer


def curves(folder: Path, resumed: int) -> Any:
    """A callback that draws curves for TensorBoard; points after the step at which it goes on are drawn anew."""
    from torch.utils.tensorboard import SummaryWriter
    from transformers.integrations import TensorBoardCallback

    return TensorBoardCallback(SummaryWriter(str(folder), purge_step=resumed + 1 if resumed else None))
