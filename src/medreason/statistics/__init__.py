"""Proportions, agreement, and comparisons with chance and with each other; formulas on plain numbers alone.

rates      proportions (Wilson), macro averages (bootstrap over groups), means
agreement  kappa, sensitivity and specificity, the true share behind a judge's verdicts
chance     goodness of fit and guessing rules against chance
paired     two on the same questions: McNemar, intervals of the difference, the sign-flip test
bootstrap  percentile and BCa intervals of any statistic; paired differences over clusters
power      the smallest difference that a set can show; what guessing reaches
several    many comparisons: Holm, Benjamini and Hochberg
raters     several raters: percent agreement, Fleiss, Krippendorff, Gwet, Cohen, with ratings missing
tables     prevalence, cross tables, coincidences; reviewers' agreement with themselves
cluster    intervals over reviewers and items that cross
preference wins, ties and losses of one arm against another
strength   Bradley and Terry's strengths with ties (Davidson)
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
from medreason.statistics.bootstrap import Resampled, bootstrap, paired_bootstrap
from medreason.statistics.chance import Guess, fit, guess, holm
from medreason.statistics.cluster import Clustered, crossed, shares
from medreason.statistics.paired import McNemar, Pairs, agresti_min, mcnemar, newcombe, odds_ratio, sign_flip
from medreason.statistics.power import chance_level, difference_of_error, paired_difference, unpaired_difference
from medreason.statistics.preference import Comparison, WinTieLoss, win_tie_loss
from medreason.statistics.raters import cohen, fleiss, gwet, krippendorff, percent_agreement
from medreason.statistics.rates import RESAMPLES, Z95, Estimate, by_group, clustered, macro, mean, wilson
from medreason.statistics.ratings import Agreement
from medreason.statistics.several import benjamini_hochberg
from medreason.statistics.strength import Ranking, Strength, Versus, davidson, ranking
from medreason.statistics.tables import (
    Consistency,
    CrossTable,
    Used,
    coincidences,
    consistency,
    cross_table,
    prevalence,
)

__all__ = [
    "RESAMPLES",
    "Z95",
    "Agreement",
    "Clustered",
    "Comparison",
    "Confusion",
    "Consistency",
    "CrossTable",
    "Estimate",
    "Guess",
    "McNemar",
    "Pairs",
    "Ranking",
    "Rates",
    "Resampled",
    "Strength",
    "TrueShare",
    "Used",
    "Versus",
    "Weights",
    "WinTieLoss",
    "agresti_min",
    "benjamini_hochberg",
    "bootstrap",
    "by_group",
    "chance_level",
    "clustered",
    "cohen",
    "coincidences",
    "consistency",
    "cross_table",
    "crossed",
    "davidson",
    "difference_of_error",
    "fit",
    "fleiss",
    "guess",
    "gwet",
    "holm",
    "kappa",
    "krippendorff",
    "macro",
    "mcnemar",
    "mean",
    "newcombe",
    "odds_ratio",
    "paired_bootstrap",
    "paired_difference",
    "percent_agreement",
    "prevalence",
    "ranking",
    "rates",
    "shares",
    "sign_flip",
    "true_share",
    "unpaired_difference",
    "wilson",
    "win_tie_loss",
]
