"""A small model from nothing, to try the whole way on a laptop: tokenizer of an export's own words, random weights.

It knows nothing and is no base for anything but trials: of a recipe, of a server, of a test. Architecture: Llama, as
transformers makes it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, NamedTuple

from medreason.errors import RunFolderError, UsageError
from medreason.training.data import TRAIN, load_data

Size = Literal["nano", "micro", "mini"]
# Width, layers, heads, words: some 0.1, 1.4 and 9 million weights.
SIZES: dict[Size, tuple[int, int, int, int]] = {
    "nano": (64, 2, 4, 512),
    "micro": (160, 4, 4, 1024),
    "mini": (320, 6, 8, 4096),
}
LONGEST = 8192
START, END, PAD = "<|im_start|>", "<|im_end|>", "<|pad|>"
# ChatML, written as a template of few words.
TEMPLATE = (
    "{% for m in messages %}{{ '" + START + "' + m['role'] + '\n' + m['content'] + '" + END + "\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '" + START + "assistant\n' }}{% endif %}"
)


class Scratch(NamedTuple):
    """What was made: its folder, weights, and words of the tokenizer."""

    folder: Path
    weights: int
    words: int


def scratch(data: Path, out: Path, *, size: Size = "nano", seed: int = 0) -> Scratch:
    """Makes a tokenizer from the training rows of an export, and a model with random weights, and saves both.

    Args:
        data: Folder of ``medreason export --format sft``; only its training split is read.
        out: A new folder.
        size: How large.
        seed: Of the weights; the same seed, data and torch give the same bytes.

    Raises:
        InputError: the data cannot be read.
        UsageError: torch, transformers or tokenizers is not installed.
        RunFolderError: ``out`` exists, or cannot be written.
    """
    if size not in SIZES:
        raise UsageError(f"there is no size {size!r}", fix=f"give one of {', '.join(SIZES)}")
    try:
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM
        from transformers.utils import logging
    except ImportError as error:
        raise UsageError(f"{error.name} is not installed", fix="pip install 'medreason[train]'") from None
    logging.disable_progress_bar()
    rows = load_data(data, "sft").splits[TRAIN]
    if out.exists():
        raise RunFolderError("is there already", fix="give a new --out", item=out.name)
    width, layers, heads, words = SIZES[size]
    texts = [m["content"] for row in rows for m in row.prompt] + [reply for row in rows for reply in row.replies]
    tokenizer = _tokenizer(texts, words)
    torch.manual_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=width, intermediate_size=3 * width, num_hidden_layers=layers,
            num_attention_heads=heads, num_key_value_heads=heads // 2, max_position_embeddings=LONGEST,
            tie_word_embeddings=True, bos_token_id=None,
            eos_token_id=tokenizer.convert_tokens_to_ids(END), pad_token_id=tokenizer.convert_tokens_to_ids(PAD),
        )
    )  # fmt: skip
    beside = out.with_name(f".{out.name}.part")
    try:
        model.save_pretrained(beside)
        tokenizer.save_pretrained(beside)
        made = {"made_by": "medreason train scratch", "size": size, "seed": seed, "data": data.name}
        (beside / "scratch.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
        beside.replace(out)
    except OSError as error:
        raise RunFolderError(
            f"cannot be written ({error.strerror or error})", fix="check --out and the disk", item=out.name
        ) from error
    return Scratch(out, model.num_parameters(), len(tokenizer))


def _tokenizer(texts: list[str], words: int) -> Any:
    """Byte pairs: every text can be written, and read back unchanged."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=words, initial_alphabet=alphabet, show_progress=False)
    )
    made.add_tokens([AddedToken(t, special=True, normalized=False) for t in (START, END, PAD)])
    found = PreTrainedTokenizerFast(tokenizer_object=made, eos_token=END, pad_token=PAD)
    found.chat_template = TEMPLATE
    return found
