"""Memory of one device at the fullest moment of a training step, part by part, reckoned before anything is loaded.

What is counted is how :mod:`medreason.training.load` and :mod:`medreason.training.arguments` train: weights that are
trained are held in 32 bits (DeepSpeed keeps that copy itself, so that the model is read in bf16), AdamW keeps two
moments, TRL's head never builds the logits of all tokens at once. Sources: Rajbhandari et al. (arXiv 1910.02054) for
ZeRO, Korthikanti et al. (arXiv 2205.05198) for the way of counting activations, Dettmers et al. (arXiv 2305.14314) for
4-bit weights. Not counted: fragments that the allocator cannot use, beyond ``RESERVE``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from medreason.training.recipe import Recipe
    from medreason.training.shapes import Shape

# NF4 with double quantization: 4 bits a weight, and 8 bits for 64 weights, and 32 bits for 64 * 256 (QLoRA, section 3).
NF4 = (4 + 8 / 64 + 32 / (64 * 256)) / 8
# DeepSpeed's defaults: parameters gathered at a time at most, and in one group of its optimizer step.
LIVE = GROUP = 1_000_000_000
# TRL's head works in tiles of so many tokens by so many words. Without Triton (CPU) its backward pass holds eight such
# tiles in 32 bits and one of bits: logits scaled, normed and as probabilities, their gradient and what it is made of.
TILE_TOKENS, TILE_WORDS, CPU_TILES = 4096, 32_768, 8.25
# Libraries, CUDA's own and room that the allocator loses: on a GPU an assumption.
RESERVE = {"cpu": 700_000_000, "gpu": 1_500_000_000}


class Part(NamedTuple):
    """One part of the memory: its name, its bytes on one device, and the arithmetic."""

    name: str
    bytes: int
    how: str


class Memory(NamedTuple):
    """Memory of one device. At the fullest moment it holds ``held`` and what the fuller of two phases adds.

    Attributes:
        held: What lies there through the whole of a step.
        kept: Activations that wait for the backward pass.
        moments: What comes on top of ``kept`` for a while; only the largest counts.
        step: What the optimizer step takes, when no activations lie there any more; 0 bytes where it needs none.
        whole_logits: Bytes that the logits of all tokens would take if they were built, as without TRL's head.
    """

    held: tuple[Part, ...]
    kept: Part
    moments: tuple[Part, ...]
    step: Part
    whole_logits: int

    @property
    def peak(self) -> tuple[Part, ...]:
        """The parts that lie there beside ``held`` at the fullest moment."""
        passes = (self.kept, max(self.moments, key=lambda part: part.bytes))
        return passes if sum(part.bytes for part in passes) >= self.step.bytes else (self.step,)

    @property
    def total(self) -> int:
        """Bytes at the fullest moment."""
        return sum(part.bytes for part in (*self.held, *self.peak))


class Case(NamedTuple):
    """How a recipe trains a shape: widths in bytes, and over how many devices things are spread.

    Attributes:
        shape: The model.
        trained: Parameters that are trained.
        full: All parameters are trained.
        four: Linear layers are held in 4 bits.
        compute: Bytes of a number that is computed with.
        stream: Bytes of a number of the residual stream.
        weight: Bytes of a weight as held.
        trainable: Bytes of a trained weight as held.
        cast: Weights are held in 32 bits and computed with in 16.
        spread: Devices that share weights, gradients and optimizer; 1 where each has its own.
    """

    shape: Shape
    trained: int
    full: bool
    four: bool
    compute: int
    stream: int
    weight: int
    trainable: int
    cast: bool
    spread: int


def in_bf16(recipe: Recipe) -> bool:
    """The recipe computes in bf16 on the hardware that it names."""
    return recipe.precision == "bf16" or (recipe.precision == "auto" and recipe.hardware.accelerator != "cpu")


def case_of(recipe: Recipe, shape: Shape) -> Case:
    """How a recipe trains a shape.

    Raises:
        UsageError: adapters are asked for on layers that the model does not have.
    """
    half, lora, sharing = in_bf16(recipe), recipe.lora, recipe.distributed
    small = half and (lora is not None or sharing == "zero3")
    cast = half and not small and sharing != "fsdp2"
    four = lora is not None and lora.quantize == "4bit"
    return Case(
        shape=shape,
        trained=shape.parameters if lora is None else shape.adapters(lora.r, lora.targets),
        full=lora is None,
        four=four,
        compute=2 if half else 4,
        stream=4 if cast or not half else 2,
        weight=2 if small else 4,
        # Adapters are held in 32 bits, but not beside 4-bit weights or under ZeRO-3.
        trainable=2 if half and (four or sharing == "zero3") else 4,
        cast=cast,
        spread=recipe.batch.devices if sharing != "none" else 1,
    )


def memory_of(recipe: Recipe, shape: Shape, tokens: int) -> Memory:
    """Memory of one device.

    Args:
        recipe: How is trained.
        shape: What is trained.
        tokens: Tokens that a device works on at a time, padding included.

    Raises:
        UsageError: adapters are asked for on layers that the model does not have.
    """
    case = case_of(recipe, shape)
    layer = _layer(recipe, case, tokens)
    held = [*_weights(recipe, case), *_gradients(recipe, case), *_optimizer(recipe, case), *_gathered(recipe, case)]
    if recipe.gradient_checkpointing:
        size, again = shape.layers * case.stream * shape.hidden * tokens, layer
        how = f"{shape.layers} layers x {shape.hidden:,} x {case.stream} bytes, checkpointed"
    else:
        size, again = shape.layers * layer, 0
        how = f"{shape.layers} layers x {layer / tokens / 1e6:.3g} MB"
    ends = (2 * case.stream + 4) * shape.hidden * tokens  # embedding, last norm
    where = "cpu" if recipe.hardware.accelerator == "cpu" else "gpu"
    held.append(Part("libraries, reserve", RESERVE[where], "an assumption" if where == "gpu" else "as measured"))
    back = Part(
        "one layer, back", again + _back(case, tokens), "recomputed, and its gradients" if again else "gradients"
    )
    group = min(GROUP, case.trained // case.spread) if case.trainable == 2 and recipe.distributed == "zero3" else 0
    return Memory(
        held=tuple(held),
        kept=Part("activations kept", size + ends, f"{tokens:,} tokens x {how}"),
        moments=(back, _loss(recipe, case, tokens)),
        step=Part("optimizer step", 4 * group, "a group of gradients in 32 bits"),
        # Logits, the same in 32 bits, their log-softmax and its gradient.
        whole_logits=tokens * shape.vocab * (12 if case.compute == 4 else 14),
    )


# -- what lies there ---------------------------------------------------------------------------------------


def _weights(recipe: Recipe, case: Case) -> list[Part]:
    shape, n = case.shape, case.spread
    parts = []
    if case.four:
        rest = shape.parameters - shape.body
        parts.append(Part("weights, 4-bit", round(shape.body * NF4), f"{shape.body:,} x {8 * NF4:.3f} bits"))
        parts.append(Part("weights, others", rest * case.weight, f"{rest:,} x {case.weight} bytes"))
    else:
        parts.append(Part("weights", _share(shape.parameters * case.weight, n), _how(shape.parameters, case.weight, n)))
    if recipe.method == "dpo" and case.full:
        parts.append(Part("reference model", parts[0].bytes, "a second copy, not trained"))
    if case.cast and case.full:
        parts.append(Part("weights in bf16", 2 * shape.body, f"{shape.body:,} x 2 bytes, of one pass"))
    if not case.full:
        size = case.trained * case.trainable
        parts.append(Part("adapters", _share(size, n), _how(case.trained, case.trainable, n)))
    return parts


def _gradients(recipe: Recipe, case: Case) -> list[Part]:
    width, n = case.trainable, case.spread
    parts = [Part("gradients", _share(case.trained * width, n), _how(case.trained, width, n))]
    if recipe.batch.devices > 1 and recipe.distributed == "none":
        parts.append(Part("gradients to send", case.trained * width, "a second copy in buckets"))
    if recipe.distributed == "fsdp2" and recipe.batch.accumulate > 1:
        # FSDP2 adds up unsharded gradients until the last micro-batch (set_requires_gradient_sync).
        whole = case.trained * case.compute
        parts.append(Part("gradients, added up", whole, f"{_how(case.trained, case.compute, 1)}, not shared"))
    return parts


def _optimizer(recipe: Recipe, case: Case) -> list[Part]:
    own = recipe.distributed == "zero3" and case.trainable == 2  # moments and a copy of the weights, in 32 bits
    width = 12 if own else 2 * case.trainable
    how = _how(case.trained, width, case.spread)
    what = f"{how} (two moments{', and weights in 32 bits' if own else ''})"
    return [Part("optimizer", _share(case.trained * width, case.spread), what)]


def _gathered(recipe: Recipe, case: Case) -> list[Part]:
    shape = case.shape
    if recipe.distributed == "zero3":
        live = min(LIVE, shape.parameters)
        return [Part("weights gathered", live * case.compute, f"{live:,} x {case.compute} bytes at most")]
    if recipe.distributed == "fsdp2":
        live = 2 * shape.layer + shape.head * (1 if shape.tied else 2)
        return [Part("weights gathered", live * case.compute, f"two layers and both ends x {case.compute} bytes")]
    return []


# -- what one layer takes ----------------------------------------------------------------------------------


def _layer(recipe: Recipe, case: Case, tokens: int) -> int:
    """Bytes that one layer keeps for its backward pass, without checkpointing."""
    shape, w = case.shape, case.compute
    # Norms: their input in 32 bits, and, where their weight is trained, what it multiplies.
    each = 2 * shape.hidden * (4 + case.stream * case.full)
    if case.full:  # inputs of linear layers; autocast makes a copy for each of them
        each += shape.hidden * ((3 + 2) * 2 if case.cast else 2 * w)
    masked = recipe.packing or recipe.batch.per_device > 1  # with a mask keys and values are repeated
    each += w * (2 * shape.query + 2 * (shape.query if masked else shape.key)) + 4 * shape.heads
    each += w * shape.intermediate * (4 if case.full else 3)
    if recipe.attention == "eager":
        each += shape.heads * tokens * (4 + w)
    return tokens * (each + _adapted(recipe, case))


def _adapted(recipe: Recipe, case: Case) -> int:
    """Bytes a token that the adapters of one layer keep: input, mask of its dropout, and what is between the two."""
    if recipe.lora is None:
        return 0
    of, r = case.shape.targeted(recipe.lora.targets), recipe.lora.r
    mask = (4 if recipe.hardware.accelerator == "cpu" else 1) if recipe.lora.dropout else 0
    return sum(inner * (case.compute + mask) + r * case.compute for inner, _ in of.values())


def _back(case: Case, tokens: int) -> int:
    """Bytes at work while one layer is gone through backwards."""
    shape = case.shape
    grads = tokens * (3 * case.compute * shape.intermediate + 2 * case.stream * shape.hidden)
    largest = max(inner * outer for inner, outer in shape.linears().values())
    return grads + largest * (4 if case.full else 2 * case.four)


def _loss(recipe: Recipe, case: Case, tokens: int) -> Part:
    """Output layer and loss: a tile of logits, gradients of the last layer's output and of the layer's weights."""
    shape = case.shape
    tiles, width = (CPU_TILES, 4) if recipe.hardware.accelerator == "cpu" else (1, case.compute)
    rows, words = min(tokens, TILE_TOKENS), TILE_WORDS
    if tiles > 1:
        words = min(words, shape.vocab)
    found = round(tiles * rows * words) * width + tokens * shape.hidden * (4 + 2 * case.compute)
    how = f"{rows:,} x {words:,} logits at a time"
    if case.full:
        found += shape.head * (4 if case.stream == 4 else 4 + case.compute)
        how += f", gradients of {shape.head:,} weights"
    return Part("logits and loss", found, how)


def _share(size: int, devices: int) -> int:
    return -(-size // devices)


def _how(count: int, width: int, devices: int) -> str:
    return f"{count:,} x {width} bytes" + (f" / {devices}" if devices > 1 else "")
