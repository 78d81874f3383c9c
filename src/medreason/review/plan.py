"""How many cases, reviewers and hours a study needs, and how wide the interval of its preference will be.

The preference of two arms is wins and half of the ties. Its variance is split among reviewers, cases and single answers
(a crossed random-effects model), and the standard error follows from how many of each there are. The shares are
assumptions until a pilot shows them; docs/review.md says how to read them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from medreason.errors import UsageError
from medreason.statistics.power import difference_of_error
from medreason.statistics.rates import Z95


class Assumed(NamedTuple):
    """What is not known before the study.

    Attributes:
        ties: Share of ties, 0 to 1.
        reviewers: Share of the variance of one answer that lies between reviewers.
        cases: Share that lies between cases.
    """

    ties: float = 0.25
    reviewers: float = 0.05
    cases: float = 0.20


USUAL = Assumed()


class Plan(NamedTuple):
    """What a design costs and gives.

    Attributes:
        cases: Of one pair of arms.
        reviewers: All of them.
        overlap: Reviewers a case.
        answers: Without repeats.
        per_reviewer: Cases a reviewer, with repeats.
        minutes: For one reviewer.
        error: Standard error of the preference, 0 to 1.
        width: Width of its 95 % interval.
        smallest: Smallest difference from one half that is found with 80 % power at 5 %, two-sided.
    """

    cases: int
    reviewers: int
    overlap: int
    answers: int
    per_reviewer: int
    minutes: float
    error: float
    width: float
    smallest: float


def standard_error(cases: int, reviewers: int, overlap: int, assumed: Assumed = USUAL) -> float:
    """Standard error of the preference where no arm is better, which is where it is largest.

    One answer has the variance (1 - ties) / 4. With shares of it between reviewers and between cases::

        var = (1 - ties) / 4 * (r / reviewers + c / cases + (1 - r - c) / (cases * overlap))

    Raises:
        UsageError: a number is not positive, or shares do not add up to at most 1.
    """
    if min(cases, reviewers, overlap) < 1:
        raise UsageError("cases, reviewers and overlap are at least 1")
    if not (0 <= assumed.ties < 1 and min(assumed[1:]) >= 0 and assumed.reviewers + assumed.cases <= 1):
        raise UsageError("ties is a share below 1; the shares of reviewers and cases add up to at most 1")
    rest = 1 - assumed.reviewers - assumed.cases
    parts = assumed.reviewers / reviewers + assumed.cases / cases + rest / (cases * overlap)
    return math.sqrt((1 - assumed.ties) / 4 * parts)


def plan(cases: int, reviewers: int, overlap: int, *, repeats: float, minutes: float, assumed: Assumed = USUAL) -> Plan:
    """The design with its cost and its precision.

    Args:
        cases: Of one pair of arms.
        reviewers: All of them; each case gets ``overlap`` of them, or all if they are fewer.
        overlap: Reviewers a case.
        repeats: Share of cases that come twice.
        minutes: For one case.
        assumed: See :class:`Assumed`.

    Raises:
        UsageError: as :func:`standard_error`.
    """
    overlap = min(overlap, reviewers)
    error = standard_error(cases, reviewers, overlap, assumed)
    load = math.ceil(cases * overlap / reviewers * (1 + repeats))
    width = min(1.0, 2 * Z95 * error)
    return Plan(
        cases, reviewers, overlap, cases * overlap, load, load * minutes, error, width, difference_of_error(error)
    )


def cases_for(width: float, reviewers: int, overlap: int, assumed: Assumed = USUAL) -> int:
    """Fewest cases whose interval is at most so wide; 0 where no number is enough, as reviewers differ.

    Args:
        width: Of the 95 % interval, 0 to 1.
        reviewers: All of them.
        overlap: Reviewers a case.
        assumed: See :class:`Assumed`.
    """
    overlap = min(overlap, reviewers)
    one, many = (standard_error(n, reviewers, overlap, assumed) ** 2 for n in (1, 10**12))
    target = (width / (2 * Z95)) ** 2
    return math.ceil((one - many) / (target - many) * (1 - 1e-12)) if target > many else 0
