"""The effect of chains: difference of two arms on the same questions, over seeds and over questions, with tests."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from medreason.statistics.bootstrap import paired_bootstrap
from medreason.statistics.chance import holm
from medreason.statistics.paired import Pairs, mcnemar, sign_flip
from medreason.statistics.rates import Estimate

Runs = Sequence[Mapping[str, Any]]
"""Results of one arm, one a seed."""


class Effect(NamedTuple):
    """Share right of the chain arm less that of another.

    Attributes:
        other: Name of the other arm.
        seeds: Difference of each seed, in their order.
        over_seeds: Mean with its 95 % t interval: what other weights, orders and training questions would give, on the
            same test questions.
        over_items: The same mean with a 95 % bootstrap interval over diseases: what other test questions would give,
            of the same models.
        p: Sign-flip test on the questions, right answers added up over the seeds; exact, two-sided. With one seed it is
            McNemar's exact test.
        mcnemar: Of each seed: right by the chain arm alone, by the other alone, exact p.
        corrected: ``p`` after Holm's correction over the comparisons of one test.
    """

    other: str
    seeds: tuple[float, ...]
    over_seeds: Estimate
    over_items: Estimate
    p: float
    mcnemar: tuple[tuple[int, int, float], ...]
    corrected: float = math.nan


def share_right(run: Mapping[str, Any]) -> float:
    """Share of the questions answered right; what cannot be read is wrong."""
    right = [bool(i["right"]) for i in run["items"]]
    return sum(right) / len(right)


def t_interval(values: Sequence[float]) -> Estimate:
    """Mean with Student's 95 % interval; without a width of its own below two values, then -inf to inf."""
    n = len(values)
    mean = math.fsum(values) / n
    if n < 2:
        return Estimate(mean, -math.inf, math.inf, n)
    error = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1) / n)
    half = t_quantile(n - 1) * error
    return Estimate(mean, mean - half, mean + half, n)


def t_quantile(df: int, level: float = 0.975) -> float:
    """Quantile of Student's distribution above one half, by bisection on its integral (Simpson's rule)."""
    scale: float = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(df * math.pi)

    def density(x: float) -> float:
        return scale * math.pow(1 + x * x / df, -(df + 1) / 2)

    low, high = 0.0, 200.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if 0.5 + _integral(density, middle) < level else (low, middle)
    return (low + high) / 2


def _integral(density: Callable[[float], float], end: float, parts: int = 2000) -> float:
    width = end / parts
    inner = math.fsum(density(i * width) * (4 if i % 2 else 2) for i in range(1, parts))
    return (density(0.0) + density(end) + inner) * width / 3


def effect(other: str, chain: Runs, against: Runs) -> Effect:
    """Compares two arms, seed by seed and question by question.

    Args:
        other: Name of the arm that the chain arm is compared with.
        chain: Runs of the chain arm.
        against: Runs of the other, of the same seeds in the same order and the same questions.
    """
    assert [r["seed"] for r in chain] == [r["seed"] for r in against]
    pairs = []
    sums = [0] * len(chain[0]["items"])
    for a, b in zip(chain, against, strict=True):
        assert [i["disease"] for i in a["items"]] == [i["disease"] for i in b["items"]]
        right = [(bool(x["right"]), bool(y["right"])) for x, y in zip(a["items"], b["items"], strict=True)]
        pairs.append(
            Pairs(*(right.count(kind) for kind in ((True, True), (True, False), (False, True), (False, False))))
        )
        sums = [s + x - y for s, (x, y) in zip(sums, right, strict=True)]
    seeds = tuple((p.first - p.second) / p.n for p in pairs)
    diseases = [str(i["disease"]) for i in chain[0]["items"]]
    by_disease: dict[str, int] = {}
    for disease, difference in zip(diseases, sums, strict=True):
        by_disease[disease] = by_disease.get(disease, 0) + difference
    drawn = paired_bootstrap((d, s / len(pairs)) for d, s in zip(diseases, sums, strict=True))
    return Effect(
        other, seeds, t_interval(seeds), Estimate(drawn.value, drawn.low, drawn.high, drawn.n),
        sign_flip(list(by_disease.values())), tuple((p.first, p.second, mcnemar(p).p) for p in pairs),
    )  # fmt: skip


def effects(runs: Mapping[str, Runs]) -> list[Effect]:
    """The chain arm against every other, the p values corrected for their number (Holm)."""
    found = [effect(name, runs["chain"], of) for name, of in runs.items() if name != "chain"]
    corrected = holm({e.other: e.p for e in found})
    return [e._replace(corrected=corrected[e.other]) for e in found]


class Reached(NamedTuple):
    """What an arm reached, over its seeds.

    Attributes:
        right: Share right, mean with its t interval.
        unread: Share of answers that could not be read; they count as wrong.
        true_steps: Share of the steps of a whole chain that were written and are true; ``nan`` without chains.
        true_verdicts: The same of single verdicts.
        follows: Share of answers that are the option with most by the chain's own count.
        sound: Of the right answers, the share with every step true.
        tokens: Tokens trained on a seed, prompt and reply; then those that the loss is on.
        questions: Distinct training questions.
        epochs: How often each was seen.
        loss: Mean training loss at the end.
    """

    right: Estimate
    unread: float
    true_steps: float
    true_verdicts: float
    follows: float
    sound: float
    tokens: tuple[int, int]
    questions: int
    epochs: float
    loss: float


def reached(runs: Runs, steps: int = 5) -> Reached:
    """What an arm reached."""
    items = [i for r in runs for i in r["items"]]
    chains = "true_steps" in items[0]
    right = [i for i in items if i["right"]]

    def mean(values: Sequence[float]) -> float:
        return math.fsum(values) / len(values) if values else math.nan

    return Reached(
        t_interval([share_right(r) for r in runs]),
        mean([not i["letter"] for i in items]),
        mean([i["true_steps"] / steps for i in items]) if chains else math.nan,
        mean([i["true_verdicts"] / i["verdicts"] for i in items]) if chains else math.nan,
        mean([i["follows"] for i in items]) if chains else math.nan,
        mean([i["true_steps"] == steps for i in right]) if chains else math.nan,
        (round(mean([r["tokens"] for r in runs])), round(mean([r["trained_tokens"] for r in runs]))),
        runs[0]["questions"], mean([r["epochs"] for r in runs]), mean([r["curve"][-1]["loss"] for r in runs]),
    )  # fmt: skip
