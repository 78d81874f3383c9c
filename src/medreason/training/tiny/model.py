"""A small decoder of the GPT-2 architecture, from nothing; and what it writes.

Not Llama's: its rotary positions tell how far apart two words are, a learned position tells in which sheet a word
stands. All prompts are equally long here, so that the second is what a model of two layers needs;
docs/training-tiny.md says what was tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from medreason.training.tiny.vocabulary import Vocabulary

if TYPE_CHECKING:
    import torch


class Shape(NamedTuple):
    """Size of a model.

    Attributes:
        width: Of the hidden states.
        layers: Blocks.
        heads: Of attention.
        context: Most tokens of prompt and reply.
    """

    width: int
    layers: int
    heads: int
    context: int = 128


def built(shape: Shape, vocabulary: Vocabulary, seed: int) -> Any:
    """A model with weights drawn from the seed; words in and out share their weights."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(seed)
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=vocabulary.size, n_embd=shape.width, n_inner=4 * shape.width, n_layer=shape.layers,
            n_head=shape.heads, n_positions=shape.context, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
            initializer_range=0.5 * shape.width**-0.5, use_cache=False, attn_implementation="sdpa",
            bos_token_id=None, eos_token_id=vocabulary.end, pad_token_id=vocabulary.pad,
        )
    )  # fmt: skip


def parameters(model: Any) -> int:
    """Weights that are trained, shared ones once."""
    return sum(p.numel() for p in model.parameters())


def written(model: Any, vocabulary: Vocabulary, prompts: Sequence[Sequence[int]], most: int, batch: int) -> list[str]:
    """What the model writes to each prompt: always the likeliest word, up to the end or ``most`` words.

    Prompts are put together by length, so that no row is filled up in front.
    """
    import torch

    device = next(model.parameters()).device
    found = [""] * len(prompts)
    by_length: dict[int, list[int]] = {}
    for i, prompt in enumerate(prompts):
        by_length.setdefault(len(prompt), []).append(i)
    model.eval()
    with torch.inference_mode():
        for _, places in sorted(by_length.items()):
            for start in range(0, len(places), batch):
                chosen = places[start : start + batch]
                rows = torch.tensor([prompts[i] for i in chosen], device=device)
                for i, ids in zip(chosen, _greedy(model, rows, vocabulary.end, most), strict=True):
                    found[i] = vocabulary.decode(ids)
    return found


def _greedy(model: Any, rows: torch.Tensor, end: int, most: int) -> list[list[int]]:
    import torch

    cache, fed, out = None, rows, []
    done = torch.zeros(len(rows), dtype=torch.bool, device=rows.device)
    for _ in range(most):
        found = model(input_ids=fed, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache = found.past_key_values
        fed = found.logits[:, -1].argmax(dim=-1, keepdim=True)
        out.append(fed[:, 0])
        done |= fed[:, 0] == end
        if bool(done.all()):
            break
    return [list(map(int, ids)) for ids in torch.stack(out, dim=1).tolist()]
