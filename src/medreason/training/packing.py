"""Several samples in one row that do not see each other.

TRL packs samples whole (best fit decreasing) and gives each its own positions; attention then reads from the positions
where a sample begins: flash attention by lengths, ``sdpa`` and ``eager`` by a mask of blocks. Whether a model does
that is not taken for granted: :func:`check_apart` asks the model itself.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from medreason.errors import UsageError

# Share of the difference that leaking would make, below which two results are the same.
APART = 0.02


def pack(columns: dict[str, list[Any]], length: int, seed: int) -> Any:
    """Packs rows into rows of at most ``length`` tokens.

    Args:
        columns: ``input_ids`` and ``labels``; no row is longer than ``length``.
        length: Tokens a row.
        seed: Rows are shuffled before they are packed, so that neighbours are not of one source.

    Returns:
        A data set with ``input_ids``, ``labels`` and ``seq_lengths``, the lengths of the samples in each row.
    """
    from datasets import Dataset
    from trl import pack_dataset

    rows = Dataset.from_dict(columns).shuffle(seed=seed)
    packed = pack_dataset(rows, length, "bfd")
    held = Counter(n for lengths in packed["seq_lengths"] for n in lengths)
    if held != Counter(map(len, columns["input_ids"])):
        raise AssertionError("packing lost or cut a sample")
    return packed


def check_apart(model: Any) -> None:
    """Refuses to pack for a model whose samples would see each other. Three forward passes of 12 tokens.

    Raises:
        UsageError: the second of two packed samples is computed otherwise than alone.
    """
    import torch

    ids = torch.arange(12, device=model.device).remainder(model.config.get_text_config().vocab_size).flip(0)[None]
    alone, restart = torch.arange(6, device=model.device)[None], torch.arange(6, device=model.device).repeat(2)[None]
    was = model.training
    model.eval()
    with torch.no_grad():
        apart = model(input_ids=ids[:, 6:], position_ids=alone, use_cache=False).logits[0].float()
        packed = model(input_ids=ids, position_ids=restart, use_cache=False).logits[0, 6:].float()
        leaking = model(input_ids=ids, use_cache=False).logits[0, 6:].float()
    model.train(was)
    off, leak = float((packed - apart).abs().max()), float((leaking - apart).abs().max())
    if off > max(APART * leak, 1e-6):
        raise UsageError(
            f"packed samples see each other in this model (logits differ by {off:.2g}, by {leak:.2g} without packing)",
            fix="set packing to false, or attention to another implementation",
        )
