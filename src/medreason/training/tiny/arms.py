"""What is compared, and how large: arms, sizes, and the arithmetic of equal questions and equal tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from medreason.errors import UsageError
from medreason.training.tiny.model import Shape
from medreason.training.tiny.text import Book, Form


class Arm(NamedTuple):
    """A way of training.

    Attributes:
        form: What is written.
        equal: Whether it is trained on as many ``questions`` as the chain arm, or on as many ``tokens``.
        told: In words.
    """

    form: Form
    equal: str
    told: str


ARMS: Mapping[str, Arm] = {
    "chain": Arm("chain", "questions", "chain, then answer"),
    "answer": Arm("answer", "questions", "answer alone, as many questions"),
    "answer_tokens": Arm("answer", "tokens", "answer alone, as many tokens"),
    "shuffled": Arm("shuffled", "questions", "another question's chain, then answer"),
    "answer_first": Arm("answer_first", "questions", "answer, then chain"),
}
BOOKS: Mapping[Book, tuple[str, ...]] = {
    "open": ("chain", "answer", "answer_tokens", "shuffled", "answer_first"),
    "closed": ("chain", "answer", "answer_tokens"),
}
"""Arms of each test; the first is compared with every other."""


class Size(NamedTuple):
    """How large a study is.

    Attributes:
        shape: Of the model.
        findings: Words for findings, open and closed book.
        diseases: Diseases of the closed-book test.
        pool: Distinct training questions that are made, open and closed book; the arm of equal tokens takes all.
        questions: How many of them an arm of equal questions is trained on.
        epochs: How often each; the arm of equal tokens goes on until it has seen as many tokens.
        test: Test questions.
        dev: Questions for choosing the rate.
        points: Of a learning curve.
        asked: Test questions asked at a point before the last.
    """

    shape: Shape
    findings: Mapping[str, int] = {"open": 128, "closed": 48}
    diseases: int = 24
    pool: Mapping[str, int] = {"open": 12_000, "closed": 6_000}
    questions: Mapping[str, int] = {"open": 6_000, "closed": 3_000}
    epochs: Mapping[str, float] = {"open": 4.0, "closed": 5.0}
    test: int = 400
    dev: int = 200
    points: int = 8
    asked: int = 200


SIZES: Mapping[str, Size] = {
    "quick": Size(
        Shape(32, 1, 2), pool={"open": 200, "closed": 400},
        questions={"open": 64, "closed": 64}, epochs={"open": 1.0, "closed": 1.0},
        test=24, dev=8, points=2, asked=8,
    ),
    "small": Size(Shape(64, 2, 4)),
    "long": Size(Shape(64, 2, 4), epochs={"open": 8.0, "closed": 10.0}),
    "large": Size(
        Shape(256, 6, 8), findings={"open": 256, "closed": 64}, diseases=32, pool={"open": 60_000, "closed": 12_000},
        questions={"open": 30_000, "closed": 6_000}, test=800,
    ),
}  # fmt: skip
RATES: tuple[float, ...] = (1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2)
TRIED = ("chain", "answer_tokens")
"""Arms that ``--tune`` tries every rate in; ``answer`` takes the rate of the second, the others that of the first."""
CHOSEN: Mapping[str, Mapping[str, float]] = {
    "open": {"chain": 5e-3, "answer": 5e-4},
    "closed": {"chain": 2.5e-3, "answer": 5e-4},
}
"""By test and whether there is a chain: the best of :data:`RATES` on development questions; for the answer alone, open
book, where none rises above chance, one of the two with the lowest training loss."""


def size_of(name: str) -> Size:
    """A size by its name.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in SIZES:
        raise UsageError(f"there is no size {name}", fix=f"one of {', '.join(SIZES)}")
    return SIZES[name]


def rate_of(book: str, arm: str) -> float:
    """Learning rate of an arm."""
    return CHOSEN[book]["answer" if ARMS[arm].form == "answer" else "chain"]
