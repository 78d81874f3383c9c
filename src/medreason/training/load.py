"""Opens tokenizer and model of a recipe; everything that goes wrong there is one clear error."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from medreason.errors import InputError
from medreason.training.chat import Chat, chat_of
from medreason.training.checks import Place
from medreason.training.recipe import Recipe


def open_chat(recipe: Recipe) -> Chat:
    """The recipe's tokenizer with its chat template.

    Raises:
        InputError: tokenizer or template cannot be read.
        UsageError: there is no template, or it cannot be trained on.
    """
    from transformers import AutoTokenizer

    template = ""
    if recipe.chat_template is not None:
        try:
            template = recipe.chat_template.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"the chat template cannot be read ({error})", fix="give a Jinja file", item=recipe.chat_template.name
            ) from None
    try:
        tokenizer = AutoTokenizer.from_pretrained(recipe.model, revision=recipe.revision or None)
    except Exception as error:  # whatever the library meets in a folder or at the hub
        raise _unopened("tokenizer", recipe, error) from error
    return chat_of(tokenizer, template=template)


def open_model(recipe: Recipe, place: Place) -> Any:
    """The model. Weights that are trained are held in 32 bits, since steps of 5e-6 vanish in the 8 bits of bf16.

    DeepSpeed keeps its own 32-bit copy, and frozen weights below adapters are not changed: both are held in bf16.

    Raises:
        InputError: it cannot be opened.
    """
    import torch
    from transformers import AutoModelForCausalLM

    own: dict[str, Any] = {"attn_implementation": place.attention, "revision": recipe.revision or None}
    small = place.bf16 and (recipe.lora is not None or recipe.distributed == "zero3")
    own["dtype"] = torch.bfloat16 if small else torch.float32
    if recipe.lora is not None and recipe.lora.quantize == "4bit":
        from transformers import BitsAndBytesConfig

        own["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16 if place.bf16 else torch.float32,
        )
        own["device_map"] = {"": 0}
    try:
        return AutoModelForCausalLM.from_pretrained(recipe.model, **own)
    except Exception as error:  # whatever the library meets in a folder or at the hub
        raise _unopened("model", recipe, error) from error


def adapters(recipe: Recipe) -> Any:
    """What peft is told of the adapters; None where all weights are trained."""
    if recipe.lora is None:
        return None
    from peft import LoraConfig

    targets = recipe.lora.targets
    return LoraConfig(
        r=recipe.lora.r,
        lora_alpha=recipe.lora.alpha,
        lora_dropout=recipe.lora.dropout,
        target_modules=targets if isinstance(targets, str) else list(targets),
        task_type="CAUSAL_LM",
    )


def stop_at(model: Any, chat: Chat) -> None:
    """Lets generation with these weights end at the token that was trained as the end, beside those that it knows."""
    known = model.generation_config.eos_token_id
    ends = [] if known is None else [known] if isinstance(known, int) else list(known)
    if chat.stop not in ends:
        model.generation_config.eos_token_id = [*ends, chat.stop] if ends else chat.stop


def model_sha256(model: str) -> str:
    """SHA-256 over the files of a model folder that decide what it computes; empty for a model of the hub. O(bytes)."""
    folder = Path(model)
    if not folder.is_dir():
        return ""
    from medreason.dataset.export.files import data_sha256, digests

    wanted = ("config.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "chat_template.jinja")
    names = [p.name for p in folder.iterdir() if p.name in wanted or p.suffix in {".safetensors", ".bin"}]
    return data_sha256(digests(folder, names))


def text_sha256(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _unopened(what: str, recipe: Recipe, error: Exception) -> InputError:
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return InputError(
        f"the {what} cannot be opened: {line}",
        fix="give a folder with a model, or a name of the hub and a way to it (HF_HUB_OFFLINE unset, perhaps a token)",
        item=recipe.model,
    )
