"""Operations of a training. They follow Kaplan et al. (arXiv 2001.08361).

A training step takes 6 operations a weight and token, of which 2 are the forward pass, and 2 more where checkpointing
computes that again. Frozen weights need no gradients, which saves 2. Attention adds 2 a layer, width and squared length
of a sample for the forward pass, causal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from medreason.training.recipe import Recipe
    from medreason.training.shapes import Shape
    from medreason.training.volume import Laid


class Work(NamedTuple):
    """Operations of a whole training.

    Attributes:
        weights: Of products with weights.
        attention: Of scores and of sums that they weigh.
        formula: How those of the weights are counted.
        unsaved: What ``weights`` would be if all of them were trained; the same where they are.
    """

    weights: float
    attention: float
    formula: str
    unsaved: float

    @property
    def total(self) -> float:
        """All operations."""
        return self.weights + self.attention


def work_of(recipe: Recipe, shape: Shape, laid: Laid, epochs: float) -> Work:
    """Operations of so many epochs. Embeddings are looked up, not multiplied; padding is multiplied."""
    tokens, again = laid.tokens * epochs, 2 * recipe.gradient_checkpointing
    multiplied = shape.body + shape.head
    # TRL computes the output layer again in its backward pass, with checkpointing or without.
    unsaved = ((6 + again) * shape.body + 8 * shape.head) * tokens
    weights, formula = unsaved, f"{6 + again} x {multiplied:,} weights x {tokens:,.0f} tokens"
    if recipe.lora is not None:
        adapters = shape.adapters(recipe.lora.r, recipe.lora.targets)
        weights = ((4 + again) * shape.body + 6 * shape.head + (6 + again) * adapters) * tokens
        formula = f"{4 + again} x {multiplied:,} weights x {tokens:,.0f} tokens, and adapters"
    if not again:
        formula += ", output layer 2 more"
    forward = 2 * shape.layers * shape.query * laid.square * epochs
    attention = forward * (3 + recipe.gradient_checkpointing)
    if recipe.method == "dpo":  # the reference goes forward alone
        weights, unsaved = (sum_ + 2 * multiplied * tokens for sum_ in (weights, unsaved))
        attention += forward
        formula += ", 2 more of the reference"
    return Work(weights, attention, formula, unsaved)
