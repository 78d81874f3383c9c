"""A recipe: everything that decides what is trained on what, in one annotated YAML file, checked before anything loads.

A key that is not known is an error with a suggestion. Paths are relative to the recipe's file. Shipped recipes stand in
``recipes/`` and are named without path or ending: ``tiny-cpu``. With ``base: NAME`` a recipe takes over everything that
it does not say itself from another one, section by section.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from medreason.errors import InputError, UsageError
from medreason.yamlfile import explain, read_mapping

Method = Literal["sft", "dpo"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LoraConfig(_Section):
    """Section ``lora``: low-rank adapters instead of all weights (Hu et al., arXiv 2106.09685).

    Attributes:
        r: Rank.
        alpha: Scale; the update is multiplied by ``alpha / r``.
        dropout: Share of inputs of the adapters that are dropped in training.
        targets: Names of the layers that get adapters, or ``all-linear``.
        quantize: ``4bit`` loads the frozen weights as NF4 (Dettmers et al., arXiv 2305.14314); needs a GPU and the
            package bitsandbytes.
    """

    r: int = Field(default=16, ge=1, le=1024)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.05, ge=0, lt=1)
    targets: tuple[str, ...] | Literal["all-linear"] = "all-linear"
    quantize: Literal["none", "4bit"] = "none"


class BatchConfig(_Section):
    """Section ``batch``: an optimizer step sees ``per_device * accumulate * devices`` samples (or packed rows)."""

    per_device: int = Field(default=1, ge=1)
    accumulate: int = Field(default=16, ge=1)
    devices: int = Field(default=1, ge=1)

    @property
    def samples(self) -> int:
        """Samples of one optimizer step."""
        return self.per_device * self.accumulate * self.devices


class OptimizerConfig(_Section):
    """Section ``optimizer``: AdamW and its schedule.

    Attributes:
        learning_rate: Highest rate.
        schedule: How it falls after warm-up.
        warmup: Share of the steps over which it rises, 0 to 1.
        weight_decay: Decoupled decay.
        clip: Largest norm of the gradient.
        epochs: Passes over the data; ignored where ``max_steps`` is given.
        max_steps: Optimizer steps; 0 for as many as the epochs need.
    """

    learning_rate: float = Field(default=5e-6, gt=0, le=1)
    schedule: Literal["cosine", "linear", "constant_with_warmup"] = "cosine"
    warmup: float = Field(default=0.05, ge=0, lt=1)
    weight_decay: float = Field(default=0.1, ge=0)
    clip: float = Field(default=1.0, gt=0)
    epochs: float = Field(default=3.0, gt=0)
    max_steps: int = Field(default=0, ge=0)


class SaveConfig(_Section):
    """Section ``save``: checkpoints every so many steps; the best by validation loss and the last are kept."""

    every: int = Field(default=200, ge=1)
    keep: int = Field(default=2, ge=2)


class DpoSection(_Section):
    """Section ``dpo``: direct preference optimization (Rafailov et al., arXiv 2305.18290).

    Attributes:
        beta: How strongly the model is held to the reference.
        loss: Form of the loss, as TRL names it.
    """

    beta: float = Field(default=0.1, gt=0)
    loss: Literal["sigmoid", "ipo"] = "sigmoid"


class HardwareConfig(_Section):
    """Section ``hardware``: what the recipe is written for; ``train plan`` reckons with it.

    Attributes:
        accelerator: ``cpu`` or the name of a GPU.
        memory_gb: Memory of one device, in GB (10⁹ bytes).
        peak_tflops: Highest dense rate of one device in the recipe's precision, in 10¹² operations a second, by its
            data sheet; 0 if not known.
        utilisation: Share of that peak which is reckoned with.
    """

    accelerator: str = "cpu"
    memory_gb: float = Field(default=16, gt=0)
    peak_tflops: float = Field(default=0, ge=0)
    utilisation: float = Field(default=0.35, gt=0, le=1)


class Recipe(_Section):
    """A recipe.

    Attributes:
        name: Name of the recipe.
        method: ``sft`` or ``dpo``.
        model: Folder or hub name of the model to start from.
        revision: Commit of a hub model; empty for its newest.
        data: Folder that ``medreason export --format sft`` (or ``dpo``) wrote.
        data_sha256: What the export's rows must hash to; empty to take what ``export.json`` says.
        out: Folder for weights, checkpoints and records of the training; must be new, or of the same recipe.
        chat_template: File of a Jinja chat template, for a model without one; empty for the model's own.
        max_length: Tokens of a sample (prompt, reply and the template's own) at most; 0 for the longest of the data.
        drop_long: Longer samples are left out and counted; otherwise one of them stops the training.
        packing: Several samples share a row of ``max_length`` tokens and do not see each other.
        precision: ``bf16`` or ``fp32``; ``auto`` takes bf16 where the device has it.
        attention: Implementation as transformers names it; ``auto`` takes what the device and packing need.
        gradient_checkpointing: Trades time for memory.
        distributed: How several devices share the weights.
        seed: Seed of order, initialisation of adapters and dropout.
        log_to: Where curves go beside TensorBoard.
    """

    NO_IDENTITY: ClassVar[set[str]] = {"data", "out", "hardware", "log_to", "name", "save"}

    name: str = Field(pattern=r"^[\w.-]+$")
    method: Method = "sft"
    model: str = Field(min_length=1)
    revision: str = ""
    data: Path
    data_sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    out: Path
    chat_template: Path | None = None
    max_length: int = Field(default=0, ge=0)
    drop_long: bool = False
    packing: bool = False
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    attention: Literal["auto", "eager", "sdpa", "flash_attention_2"] = "auto"
    gradient_checkpointing: bool = True
    distributed: Literal["none", "zero3", "fsdp2"] = "none"
    seed: int = Field(default=2002, ge=0)
    log_to: tuple[Literal["wandb", "trackio"], ...] = ()
    batch: BatchConfig = BatchConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    lora: LoraConfig | None = None
    dpo: DpoSection | None = None
    save: SaveConfig = SaveConfig()
    hardware: HardwareConfig = HardwareConfig()

    @model_validator(mode="after")
    def _whole(self) -> Recipe:
        if self.dpo is not None and self.method != "dpo":
            raise ValueError("section dpo: the method is sft")
        if self.packing and self.method != "sft":
            raise ValueError("packing: only sft packs")
        if self.distributed != "none" and self.batch.devices < 2:
            raise ValueError(f"distributed: {self.distributed} needs batch.devices of 2 or more")
        if self.lora is not None and self.lora.quantize == "4bit" and self.batch.devices > 1:
            raise ValueError("lora.quantize: 4bit weights are not shared between devices here; set batch.devices to 1")
        return self

    def identity(self) -> dict[str, Any]:
        """What decides the weights: everything but paths, names, the machine and how often is saved."""
        told = self.model_dump(mode="json", exclude=self.NO_IDENTITY | {"chat_template"})
        template = hashlib.sha256(self.chat_template.read_bytes()).hexdigest() if self.chat_template else ""
        if Path(self.model).is_dir():  # told by its name: from another working folder it has another path
            told["model"] = Path(self.model).resolve().name
        return {**told, "chat_template_sha256": template}

    def sha256(self) -> str:
        """SHA-256 of :meth:`identity`."""
        return hashlib.sha256(json.dumps(self.identity(), sort_keys=True).encode()).hexdigest()


def shipped() -> list[str]:
    """Names of the recipes that come with the package."""
    folder = files("medreason.training").joinpath("recipes")
    return sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml"))


def recipe_file(name: str) -> Path:
    """The file of a recipe: a path, or the name of a shipped one.

    Raises:
        InputError: there is neither.
    """
    if name in shipped():
        return Path(str(files("medreason.training").joinpath("recipes", f"{name}.yaml")))
    if Path(name).is_file():
        return Path(name)
    near = difflib.get_close_matches(name, shipped(), n=1)
    hint = f", did you mean {near[0]}?" if near else ""
    raise InputError(
        f"there is no such recipe{hint}", fix=f"give a YAML file, or one of {', '.join(shipped())}", item=name
    )


def recipe_values(name: str) -> dict[str, Any]:
    """The keys of a recipe with those of its bases beneath, paths made absolute or relative to the working folder.

    Raises:
        InputError: a file is missing, cannot be read or is no mapping; a base leads back to where it came from.
    """
    return _with_bases(recipe_file(name), ())


def _with_bases(file: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    if file.resolve() in seen:
        way = " -> ".join(p.name for p in (*seen, file))
        raise InputError(f"the bases go round: {way}", fix="take the key base out of one of them", item=file.name)
    values = read_mapping(file, "recipe")
    for key in ("data", "out", "chat_template"):
        if isinstance(values.get(key), str):
            values[key] = file.parent / Path(values[key]).expanduser()
    # A model is a folder if there is one of that name beside the recipe; else it is a name of the hub.
    if isinstance(values.get("model"), str) and (file.parent / values["model"]).is_dir():
        values["model"] = str(file.parent / values["model"])
    base = values.pop("base", None)
    if base is None:
        return values
    if not isinstance(base, str):
        raise InputError("base: give the name of one recipe", fix=f"one of {', '.join(shipped())}", item=file.name)
    beside = file.parent / base
    try:
        beneath = beside if beside.is_file() else recipe_file(base)
    except InputError as error:
        raise InputError(f"base {base}: {error.cause}", fix=error.fix, item=file.name) from None
    return _laid_over(_with_bases(beneath, (*seen, file.resolve())), values)


def _laid_over(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Both, section by section; ``null`` takes a section away."""
    merged = dict(base)
    for key, value in values.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = _laid_over(base[key], value) if both else value
    return merged


def load_recipe(name: str, **options: Any) -> Recipe:
    """Reads a recipe and lays the given options over it (``data``, ``out``, ``model``, …; ``None`` is not given).

    Paths in the file are relative to it, those of options to the working folder.

    Raises:
        InputError: the file or one of its bases cannot be read, or is no mapping.
        UsageError: keys unknown, missing or of wrong value, all named at once.
    """
    values = recipe_values(name) | {key: value for key, value in options.items() if value is not None}
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise UsageError(
            explain(error, Recipe, missing=" (in the file, or as --{option})", told={}),
            fix="docs/training.md lists the keys",
            item=recipe_file(name).name,
        ) from error
