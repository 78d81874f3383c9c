"""How often the intervals of a clinicians' review hold the truth, in simulated studies where the truth is known.

    python -m benchmarks.review_coverage agreement|rates|strengths

Each part takes one to three minutes. The figures in docs/agreement.md are what it prints.
"""

import math
import sys
from functools import partial
from itertools import combinations
from statistics import NormalDist

import numpy as np

from medreason.statistics import Comparison, davidson, fleiss, krippendorff, ranking, wilson
from medreason.statistics.cluster import means, percentiles, resample, weighted_means

CDF = NormalDist().cdf
# Items, raters, chance that a rater knows the class (else a guess by prevalence), prevalences. Kappa: chance squared.
AGREEMENT = [
    (30, 2, 0.8, (0.7, 0.3)),
    (30, 3, 0.8, (0.5, 0.5)),
    (60, 3, 0.8, (0.5, 0.5)),
    (60, 3, 0.8, (0.85, 0.15)),
    (100, 4, 0.7, (0.6, 0.3, 0.1)),
]
# Reviewers, items, reviewers an item, spread of the reviewers' and of the items' leaning (the noise of an answer is 1).
RATES = [
    (8, 40, 8, 0.0, 0.0),
    (8, 40, 8, 0.0, 0.6),
    (4, 40, 4, 0.4, 0.6),
    (8, 40, 8, 0.4, 0.6),
    (8, 100, 3, 0.4, 0.6),
    (12, 60, 3, 0.4, 0.6),
    (20, 60, 5, 0.4, 0.6),
    (2, 60, 2, 1.0, 0.6),
    (3, 60, 3, 1.0, 0.6),
    (4, 60, 4, 1.0, 0.6),
    (8, 60, 4, 1.0, 0.6),
]
MEAN, BAND = 0.3, 0.3
STRENGTHS = {"a": 0.6, "b": 0.0, "c": -0.6}


def agreement(runs: int = 400) -> None:
    print("items raters prevalence | Fleiss, Krippendorff")
    for items, raters, knows, shares in AGREEMENT:
        rng = np.random.Generator(np.random.PCG64(1))
        held = np.zeros(2)
        for _ in range(runs):
            truth = rng.choice(len(shares), size=(items, 1), p=shares)
            guess = rng.choice(len(shares), size=(items, raters), p=shares)
            ratings = np.where(rng.random((items, raters)) < knows, truth, guess).tolist()
            for i, found in enumerate((fleiss(ratings), krippendorff(ratings))):
                held[i] += found.low <= knows**2 <= found.high
        print(items, raters, shares, "|", *(f"{100 * h / runs:.1f} %" for h in held), flush=True)


def answers(
    rng: np.random.Generator, reviewers: int, items: int, each: int, of_reviewers: float, of_items: float
) -> tuple[list[str], list[str], np.ndarray]:
    leaning, appeal = rng.normal(0, of_reviewers, reviewers), rng.normal(0, of_items, items)
    who = [r for _ in range(items) for r in rng.permutation(reviewers)[:each]]
    what = [i for i in range(items) for _ in range(each)]
    felt = MEAN + leaning[who] + appeal[what] + rng.normal(size=len(who))
    result = np.where(felt > BAND, 1.0, np.where(felt > -BAND, 0.5, 0.0))
    return [str(r) for r in who], [str(i) for i in what], result[:, None]


def rates(runs: int = 300) -> None:
    print("reviewers items each spreads | over both, over items, Wilson | mean widths in points")
    for reviewers, items, each, of_reviewers, of_items in RATES:
        rng = np.random.Generator(np.random.PCG64(2))
        spread = math.sqrt(1 + of_reviewers**2 + of_items**2)
        true = (2 - CDF((BAND - MEAN) / spread) - CDF((-BAND - MEAN) / spread)) / 2
        held, width = np.zeros(3), np.zeros(3)
        for _ in range(runs):
            who, what, result = answers(rng, reviewers, items, each, of_reviewers, of_items)
            both = means(who, what, result.tolist(), draws=1000)[0]
            one = percentiles(resample([what], partial(weighted_means, values=result), draws=1000)[:, 0])
            plain = wilson(float(result.sum()), len(result))
            for i, (low, high) in enumerate((both[1:3], one[:2], plain[1:3])):
                held[i] += low <= true <= high
                width[i] += high - low
        shown = [f"{100 * h / runs:.1f} %" for h in held], [f"{100 * w / runs:.0f}" for w in width]
        print(reviewers, items, each, of_reviewers, of_items, "|", *shown[0], "|", *shown[1], flush=True)


def games(rng: np.random.Generator, reviewers: int, items: int, spread: float) -> list[Comparison]:
    """Each reviewer compares two arms, drawn by lot, of each item; reviewers and items shift the strengths."""
    shift = {
        (w, i, a): rng.normal(0, spread) for w, n in (("r", reviewers), ("i", items)) for i in range(n) for a in "abc"
    }
    pairs, found = list(combinations(STRENGTHS, 2)), []
    for i in range(items):
        for r in range(reviewers):
            a, b = pairs[rng.integers(3)]
            p, q = (math.exp(STRENGTHS[x] + shift["r", r, x] + shift["i", i, x]) for x in (a, b))
            weights = np.asarray([p, math.sqrt(p * q), q])
            result = int(rng.choice([1, 0, -1], p=weights / weights.sum()))
            found.append(Comparison(f"r{r}", f"i{i}", a, b, result))
    return found


def strengths(runs: int = 150) -> None:
    print("reviewers items spread | over both, large-sample (differences of two arms)")
    for reviewers, items, spread in [(6, 40, 0.0), (6, 40, 0.4)]:
        counts: dict[tuple[str, str], list[float]] = {}
        for c in games(np.random.Generator(np.random.PCG64(9)), 300, 300, spread):
            counts.setdefault((c.first, c.second), [0.0, 0.0, 0.0])[1 - int(c.result)] += 1
        true = {v[:2]: v.value for v in davidson(counts).versus}  # what a huge study fits
        rng = np.random.Generator(np.random.PCG64(3))
        held = np.zeros(2)
        for _ in range(runs):
            for v in ranking(games(rng, reviewers, items, spread), draws=400).versus:
                held += v.low <= true[v[:2]] <= v.high, abs(v.value - true[v[:2]]) <= 1.96 * v.error
        print(reviewers, items, spread, "|", *(f"{100 * h / runs / 3:.1f} %" for h in held), flush=True)


if __name__ == "__main__":
    {"agreement": agreement, "rates": rates, "strengths": strengths}[sys.argv[1]]()
