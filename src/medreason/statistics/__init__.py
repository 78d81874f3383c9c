"""Proportions, agreement, and comparisons with chance, each with its uncertainty; formulas on plain numbers alone.

rates      proportions (Wilson), macro averages (bootstrap over groups), means
agreement  kappa, sensitivity and specificity, the true share behind a judge's verdicts
chance     goodness of fit and guessing rules against chance, corrected for many rules
"""

from medreason.statistics.agreement import (
    Confusion,
    Rates,
    TrueShare,
    Weights,
    kappa,
    rates,
    true_share,
)
from medreason.statistics.chance import Guess, fit, guess, holm
from medreason.statistics.rates import RESAMPLES, Z95, Estimate, by_group, clustered, macro, mean, wilson

__all__ = [
    "RESAMPLES",
    "Z95",
    "Confusion",
    "Estimate",
    "Guess",
    "Rates",
    "TrueShare",
    "Weights",
    "by_group",
    "clustered",
    "fit",
    "guess",
    "holm",
    "kappa",
    "macro",
    "mean",
    "rates",
    "true_share",
    "wilson",
]
