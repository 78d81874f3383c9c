"""What a recipe would take: steps, tokens, memory and time, reckoned before a library of training is imported.

Nothing here is measured. memory.py reckons memory, work.py operations, volume.py rows and tokens, shapes.py parameters.
"""

from __future__ import annotations

import math
import shlex
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from medreason.errors import UsageError
from medreason.training.checks import need_bytes
from medreason.training.memory import Memory, case_of, in_bf16, memory_of
from medreason.training.prepare import steps_of
from medreason.training.recipe import Recipe, load_recipe, recipe_values
from medreason.training.shapes import Shape, shape_of
from medreason.training.volume import Laid, Volume, given, laid_out, of_export
from medreason.training.work import Work, work_of

_NEAR = 0.9


class Plan(NamedTuple):
    """What a recipe would take.

    Attributes:
        recipe: The recipe.
        shape: Its model.
        known_from: Where the shape is from.
        volume: Its data.
        laid: Its data packed or padded.
        steps: Optimizer steps.
        epochs: Passes over the data in these steps.
        at_once: Tokens that a device works on at a time, for which memory is reckoned.
        memory: Memory of one device.
        work: Operations.
        seconds: Time of all steps on the recipe's hardware; None where its rate is not known.
        warnings: What may go wrong.
        notes: What the numbers rest on.
    """

    recipe: Recipe
    shape: Shape
    known_from: str
    volume: Volume
    laid: Laid
    steps: int
    epochs: float
    at_once: int
    memory: Memory
    work: Work
    seconds: float | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def plan_of(
    name: str,
    *,
    data: Path | None = None,
    model: str | None = None,
    rows: int | None = None,
    row_tokens: int | None = None,
) -> Plan:
    """The plan of a recipe file or a shipped recipe.

    Args:
        name: File, or name of a shipped recipe.
        data: Export instead of the recipe's.
        model: Folder or hub name instead of the recipe's.
        rows: Rows to reckon with where there is no export yet.
        row_tokens: Tokens of each of them.

    Raises:
        InputError: recipe, data or shape of the model cannot be read.
        UsageError: the recipe is wrong, or there is nothing to reckon with.
    """
    without = rows is not None or row_tokens is not None
    if without and data is not None:
        raise UsageError("--rows and --row-tokens are for planning without data", fix="leave out --data or both")
    if without and (rows is None or row_tokens is None):
        raise UsageError("--rows and --row-tokens belong together", fix="give both")
    missing = {key: Path(key.upper()) for key in ("data", "out") if key not in recipe_values(name)}
    if data is not None:
        missing["data"] = data
    recipe = load_recipe(name, model=model, **missing)
    if rows is not None and row_tokens is not None:
        return plan(recipe, given(rows, row_tokens))
    if data is None and "data" in missing:
        raise UsageError(
            "there are no data to plan for", fix="give --data EXPORT, or --rows N --row-tokens N", item=recipe.name
        )
    return plan(recipe, of_export(recipe.data, recipe.method, sha256=recipe.data_sha256))


def plan(recipe: Recipe, volume: Volume) -> Plan:
    """The plan of a recipe for so much data.

    Raises:
        InputError: the model's shape is not known, or every row is too long.
        UsageError: adapters are asked for on layers that the model does not have.
    """
    shape, known_from = shape_of(recipe.model)
    laid = laid_out(volume, recipe)
    if not laid.rows:
        raise UsageError(
            f"every row is longer than max_length ({recipe.max_length:,} tokens)",
            fix=f"set max_length to {max(volume.lengths):,} or more, or to 0",
        )
    steps = steps_of(laid.rows, recipe.batch, recipe.optimizer)
    epochs = recipe.optimizer.epochs
    if recipe.optimizer.max_steps:
        epochs = steps * recipe.batch.samples / laid.rows
    at_once = laid.widest
    if volume.how == "given" and recipe.max_length:  # the longest rows are not known: as long as they may be
        at_once = recipe.max_length * recipe.batch.per_device * (2 if recipe.method == "dpo" else 1)
    memory = memory_of(recipe, shape, at_once)
    work = work_of(recipe, shape, laid, epochs)
    rate = recipe.hardware.peak_tflops * 1e12 * recipe.hardware.utilisation * recipe.batch.devices
    seconds = work.total / rate if rate else None
    found = Plan(recipe, shape, known_from, volume, laid, steps, epochs, at_once, memory, work, seconds, (), ())
    return found._replace(warnings=tuple(_warnings(found)), notes=tuple(_notes(found)))


# -- what is said ------------------------------------------------------------------------------------------


def _warnings(found: Plan) -> list[str]:
    recipe, laid = found.recipe, found.laid
    told, room, needed = [], recipe.hardware.memory_gb * 1e9, found.memory.total
    if needed > room:
        told.append(f"{needed / 1e9:,.1f} GB do not fit into the {room / 1e9:g} GB of {recipe.hardware.accelerator}")
    elif needed > _NEAR * room:
        told.append(f"{needed / 1e9:,.1f} GB nearly fill the {room / 1e9:g} GB of {recipe.hardware.accelerator}")
    if laid.too_long:
        what = "are left out" if recipe.drop_long else "stop the training, unless drop_long is set"
        told.append(f"{laid.too_long:,} rows are longer than max_length, by these counts, and {what}")
    if laid.rows < recipe.batch.samples:
        told.append(f"an epoch has {laid.rows:,} rows, and one step takes {recipe.batch.samples:,}")
    return told


def _notes(found: Plan) -> list[str]:
    recipe, hardware = found.recipe, found.recipe.hardware
    told = [f"tokens: {found.volume.note}", f"shape of the model: {found.known_from}"]
    if found.seconds is None:
        told.append("time: hardware.peak_tflops is not given")
    else:
        told.append(
            f"time: {100 * hardware.utilisation:g} % of {hardware.peak_tflops:g} TFLOPS of {hardware.accelerator} are "
            "assumed; loading, validation and saving are not in it"
        )
    logits = found.memory.whole_logits
    told.append(f"memory: TRL's head works in tiles; logits of all tokens at once would take {logits / 1e9:.1f} GB")
    told.append(f"disk: checkpoints take up to {_disk(found) / 1e9:,.1f} GB")
    if recipe.packing and recipe.attention != "flash_attention_2":
        told.append("packing: without flash attention whole rows are multiplied, samples masked apart")
    if recipe.batch.devices > 1 and recipe.distributed != "zero3":
        host = recipe.batch.devices * found.shape.parameters * case_of(recipe, found.shape).weight
        told.append(f"host: each process reads the whole model first, {host / 1e9:,.0f} GB of main memory in all")
    return told


def _disk(found: Plan) -> int:
    trained = case_of(found.recipe, found.shape).trained
    saved = trained if found.recipe.lora is not None else found.shape.parameters
    return need_bytes(saved, trained, 4, found.recipe.save.keep)


def memory_line(found: Plan) -> str:
    """Memory in a line, as it stands in the headers of shipped recipes."""
    room = f"{found.recipe.hardware.memory_gb:g}"
    return f"{found.memory.total / 1e9:.1f} of {room} GB a device, at {found.at_once:,} tokens at a time"


def time_line(found: Plan) -> str:
    """Time in a line, as it stands in the headers of shipped recipes."""
    if found.seconds is None:
        return "not known: hardware.peak_tflops is not given"
    return f"{span(found.seconds)}, {found.steps:,} steps over {found.laid.tokens:,} tokens an epoch"


def span(seconds: float) -> str:
    """A time with two figures, in the unit that suits it."""
    for size, name in ((86_400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 1.5 * size:
            amount = seconds / size
            return f"{amount:.1f} {name}" if amount < 9.95 else f"{amount:,.0f} {name}"
    return f"{math.ceil(seconds):,} seconds"


def launcher(recipe: Recipe) -> list[str]:
    """What goes before ``medreason`` where a recipe is for several devices."""
    if recipe.batch.devices == 1:
        return []
    count = ["--num_processes", str(recipe.batch.devices), "--no_python"]
    if recipe.distributed == "none":
        return ["accelerate", "launch", "--multi_gpu", *count]
    file = files("medreason.training").joinpath("recipes", "accelerate", f"{recipe.distributed}.yaml")
    return ["accelerate", "launch", "--config_file", str(file), *count]


def command_of(found: Plan, name: str, *, data: str = "", model: str = "") -> str:
    """The command line that carries a recipe out; what neither the file nor the caller says stands in capitals."""
    said = recipe_values(name)
    given_ = {
        "data": data or ("" if "data" in said else "DATA"),
        "model": model,
        "out": "" if "out" in said else "OUT",
    }
    options = [word for key, value in given_.items() if value for word in (f"--{key}", value)]
    return shlex.join([*launcher(found.recipe), "medreason", "train", found.recipe.method, name, *options])


def told(found: Plan) -> dict[str, Any]:
    """A plan as one JSON document; memory in bytes, time in seconds."""
    recipe, memory, work = found.recipe, found.memory, found.work
    return {
        "recipe": recipe.name,
        "method": recipe.method,
        "model": {
            "name": recipe.model,
            "parameters": found.shape.parameters,
            "trained": case_of(recipe, found.shape).trained,
            "shape": found.shape._asdict(),
            "known_from": found.known_from,
        },
        "data": {
            "rows": found.volume.rows,
            "too_long": found.laid.too_long,
            "rows_read": found.laid.rows,
            "tokens": found.volume.read,
            "tokens_with_padding": found.laid.tokens,
            "longest": max(found.volume.lengths),
            "how": found.volume.how,
        },
        "steps": found.steps,
        "epochs": found.epochs,
        "samples_per_step": recipe.batch.samples,
        "memory": {
            "tokens_at_once": found.at_once,
            "bf16": in_bf16(recipe),
            "held": {part.name: part.bytes for part in memory.held},
            "kept": memory.kept.bytes,
            "moments": {part.name: part.bytes for part in memory.moments},
            "optimizer_step": memory.step.bytes,
            "total": memory.total,
            "whole_logits": memory.whole_logits,
            "device": int(recipe.hardware.memory_gb * 1e9),
        },
        "operations": {
            "weights": work.weights,
            "attention": work.attention,
            "total": work.total,
            "weights_if_all_were_trained": work.unsaved,
        },
        "seconds": found.seconds,
        "hardware": recipe.hardware.model_dump(mode="json"),
        "warnings": list(found.warnings),
        "notes": list(found.notes),
    }
