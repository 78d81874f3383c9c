"""The shape of a language model: layers and widths, from which its weights are counted exactly without loading them.

Known are decoders as Llama, Mistral, Qwen2 and Qwen3 are built: grouped-query attention, a gated feed-forward part, two
norms a layer. Anything else is refused rather than guessed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from medreason.errors import InputError, UsageError

FAMILIES = ("llama", "mistral", "qwen2", "qwen3")
_CONFIG = "config.json"


class Shape(NamedTuple):
    """A decoder.

    Attributes:
        family: ``model_type`` of its ``config.json``.
        layers: Decoder layers.
        hidden: Width of the residual stream.
        intermediate: Width of the feed-forward part.
        heads: Heads of queries.
        kv_heads: Heads of keys and of values.
        head_dim: Width of a head.
        vocab: Rows of the embedding.
        tied: Embedding and output layer are one matrix.
        qkv_bias: Queries, keys and values have a bias.
        out_bias: The attention's output layer has a bias.
        mlp_bias: The feed-forward layers have biases.
        qk_norm: Queries and keys are normed, each by a weight of ``head_dim``.
    """

    family: str
    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    tied: bool = False
    qkv_bias: bool = False
    out_bias: bool = False
    mlp_bias: bool = False
    qk_norm: bool = False

    @property
    def query(self) -> int:
        """Width of all queries of a token."""
        return self.heads * self.head_dim

    @property
    def key(self) -> int:
        """Width of all keys of a token; that of the values is the same."""
        return self.kv_heads * self.head_dim

    def linears(self) -> dict[str, tuple[int, int]]:
        """Linear layers of a decoder layer: name → inputs, outputs."""
        return {
            "q_proj": (self.hidden, self.query),
            "k_proj": (self.hidden, self.key),
            "v_proj": (self.hidden, self.key),
            "o_proj": (self.query, self.hidden),
            "gate_proj": (self.hidden, self.intermediate),
            "up_proj": (self.hidden, self.intermediate),
            "down_proj": (self.intermediate, self.hidden),
        }

    @property
    def head(self) -> int:
        """Weights of the output layer, which are those of the embedding too where the two are tied."""
        return self.vocab * self.hidden

    @property
    def body(self) -> int:
        """Weights of all linear layers of all decoder layers, without biases."""
        return self.layers * sum(inner * outer for inner, outer in self.linears().values())

    @property
    def layer(self) -> int:
        """Parameters of one decoder layer."""
        biases = self.qkv_bias * (self.query + 2 * self.key) + self.out_bias * self.hidden
        biases += self.mlp_bias * (2 * self.intermediate + self.hidden)
        norms = 2 * self.hidden + self.qk_norm * 2 * self.head_dim
        return self.body // self.layers + biases + norms

    @property
    def parameters(self) -> int:
        """All parameters; tied ones once."""
        return self.layers * self.layer + self.hidden + self.head * (1 if self.tied else 2)

    def adapters(self, rank: int, targets: tuple[str, ...] | str) -> int:
        """Parameters of low-rank adapters: ``rank * (inputs + outputs)`` for each layer that gets one.

        Raises:
            UsageError: a target is no linear layer of this model.
        """
        return rank * self.layers * sum(inner + outer for inner, outer in self.targeted(targets).values())

    def targeted(self, targets: tuple[str, ...] | str) -> dict[str, tuple[int, int]]:
        """The linear layers that get adapters.

        Raises:
            UsageError: a target is no linear layer of this model.
        """
        linears = self.linears()
        if isinstance(targets, str):
            return linears
        unknown = [t for t in targets if t not in linears]
        if unknown:
            raise UsageError(
                f"lora.targets: {unknown[0]} is no linear layer of this model",
                fix=f"choose from {', '.join(linears)}, or all-linear",
            )
        return {name: linears[name] for name in targets}


_LLAMA_8B = Shape("llama", 32, 4096, 14336, 32, 8, 128, 128_256)
# The models of the shipped recipes: hub name → shape and where it is published.
KNOWN: Mapping[str, tuple[Shape, str]] = {
    "meta-llama/Llama-3.1-8B-Instruct": (_LLAMA_8B, "config.json of the hub; arXiv 2407.21783, table 3"),
    "mistralai/Mistral-7B-Instruct-v0.3": (
        Shape("mistral", 32, 4096, 14336, 32, 8, 128, 32_768),
        "config.json of the hub; arXiv 2310.06825, table 1, vocabulary as of v0.3",
    ),
    "FreedomIntelligence/HuatuoGPT-o1-8B": (_LLAMA_8B, "built on Llama-3.1-8B (arXiv 2412.18925)"),
    "deepseek-ai/DeepSeek-R1-Distill-Llama-8B": (_LLAMA_8B, "built on Llama-3.1-8B (arXiv 2501.12948)"),
}


def shape_of(model: str) -> tuple[Shape, str]:
    """The shape of a model, and where it is from.

    Args:
        model: A folder with a ``config.json`` (weights are not needed), or a hub name of :data:`KNOWN`.

    Raises:
        InputError: neither, or a model of another kind.
    """
    folder = Path(model)
    if folder.is_dir():
        return read_shape(folder), _CONFIG
    if model in KNOWN:
        return KNOWN[model]
    raise InputError(
        "the shape of this model is not known here, and nothing is downloaded",
        fix=f"put its {_CONFIG} into a folder and give --model FOLDER",
        item=model,
    )


def read_shape(folder: Path) -> Shape:
    """The shape that a folder's ``config.json`` tells.

    Raises:
        InputError: it cannot be read, lacks a number, or is of a model of another kind.
    """
    fix = f"give a folder with the {_CONFIG} of a model of type {', '.join(FAMILIES)}"
    try:
        told: Any = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        family = str(told["model_type"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{_CONFIG} cannot be read ({error})", fix=fix, item=folder.name) from None
    if family not in FAMILIES:
        raise InputError(f"models of type {family} are not known here", fix=fix, item=folder.name)
    try:
        return _shape(family, told)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise InputError(f"{_CONFIG} lacks a number that is needed ({error})", fix=fix, item=folder.name) from None


def _shape(family: str, told: Mapping[str, Any]) -> Shape:
    hidden, heads = int(told["hidden_size"]), int(told["num_attention_heads"])
    bias = bool(told.get("attention_bias"))
    found = Shape(
        family=family,
        layers=int(told["num_hidden_layers"]),
        hidden=hidden,
        intermediate=int(told["intermediate_size"]),
        heads=heads,
        kv_heads=int(told.get("num_key_value_heads") or heads),
        head_dim=int(told.get("head_dim") or (128 if family == "qwen3" else hidden // heads)),
        vocab=int(told["vocab_size"]),
        tied=bool(told.get("tie_word_embeddings")),
        qkv_bias=family == "qwen2" or (bias and family != "mistral"),
        out_bias=bias and family in {"llama", "qwen3"},
        mlp_bias=family == "llama" and bool(told.get("mlp_bias")),
        qk_norm=family == "qwen3",
    )
    if min(found[1:8]) < 1:
        raise ValueError("every size is at least 1")
    return found
