"""Wins, ties and losses, and strengths: published fits, an independent fit, and every way a fit can fail to exist."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medreason.statistics import Comparison, davidson, ranking, wilson, win_tie_loss

# Agresti, Categorical Data Analysis, 2002, table 10.10: American League baseball 1987, wins of row over column.
TEAMS = ["Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore"]
WINS = [[0, 7, 9, 7, 7, 9, 11], [6, 0, 7, 5, 11, 9, 9], [4, 6, 0, 7, 7, 8, 12], [6, 8, 6, 0, 6, 7, 10],
        [6, 2, 6, 7, 0, 7, 12], [4, 4, 5, 6, 6, 0, 6], [2, 4, 1, 3, 1, 7, 0]]  # fmt: skip
# Stigler, Statistical Science 1994;9:94: citations between statistics journals 1987 to 1989, as in R's BradleyTerry2.
JOURNALS = {("Biometrika", "Comm Statist"): (730, 0, 33), ("Biometrika", "JASA"): (498, 0, 320),
            ("Biometrika", "JRSS-B"): (221, 0, 284), ("Comm Statist", "JASA"): (68, 0, 813),
            ("Comm Statist", "JRSS-B"): (17, 0, 276), ("JASA", "JRSS-B"): (142, 0, 325)}  # fmt: skip
# Davidson, JASA 1970;65:317, example 2, chocolate puddings: the pairs of brands 1 to 4 (first, tie, second).
PUDDINGS = {("1", "2"): (19, 16, 22), ("1", "3"): (16, 12, 19), ("2", "3"): (19, 10, 19), ("1", "4"): (18, 13, 23),
            ("2", "4"): (23, 9, 19), ("3", "4"): (19, 15, 20)}  # fmt: skip


def test_strengths_and_errors_match_the_baseball_teams() -> None:
    """Estimates and standard errors against Baltimore as R's BradleyTerry2 gives them (Turner and Firth, Journal of
    Statistical Software 2012;48(9))."""
    counts = {(a, b): (WINS[i][j], 0, WINS[j][i]) for (i, a), (j, b) in combinations(enumerate(TEAMS), 2)}
    told = {"Boston": (1.1077, 0.3339), "Cleveland": (0.6839, 0.3319), "Detroit": (1.4364, 0.3396),
            "Milwaukee": (1.5814, 0.3433), "New York": (1.2476, 0.3359), "Toronto": (1.2945, 0.3367)}  # fmt: skip
    found = davidson(counts)
    for pair in found.versus:
        if pair.first == "Baltimore":
            assert (round(-pair.value, 4), round(pair.error, 4)) == told[pair.second]
    assert (found.tie, found.comparisons, found.why) == (0, 273, "")
    assert found.gradient < 1e-9
    assert sum(s.value for s in found.strengths) == pytest.approx(0, abs=1e-9)


def test_strengths_and_errors_match_the_journals() -> None:
    told = {"Comm Statist": (-2.9491, 0.1025), "JASA": (-0.4796, 0.0606), "JRSS-B": (0.2690, 0.0708)}
    for pair in davidson(JOURNALS).versus:
        if pair.first == "Biometrika":
            assert (round(-pair.value, 4), round(pair.error, 4)) == told[pair.second]


def davidsons_iteration(counts: dict[tuple[str, str], tuple[int, int, int]]) -> tuple[dict[str, float], float]:
    """Recomputed: the cyclic iteration of Davidson's paper, which shares nothing with Newton's method."""
    arms = sorted({a for pair in counts for a in pair})
    s, nu = dict.fromkeys(arms, 1.0), 1.0
    points = {a: sum(c[0] + c[1] / 2 if a == i else c[2] + c[1] / 2 for (i, j), c in counts.items() if a in (i, j))
              for a in arms}  # fmt: skip
    for _ in range(4000):
        below = dict.fromkeys(arms, 0.0)
        for (i, j), c in counts.items():
            total = s[i] + s[j] + nu * math.sqrt(s[i] * s[j])
            below[i] += sum(c) * (1 + nu / 2 * math.sqrt(s[j] / s[i])) / total
            below[j] += sum(c) * (1 + nu / 2 * math.sqrt(s[i] / s[j])) / total
        s = {a: points[a] / below[a] for a in arms}
        scale = math.exp(sum(map(math.log, s.values())) / len(arms))
        s = {a: x / scale for a, x in s.items()}
        ties = sum(c[1] for c in counts.values())
        nu = ties / sum(
            sum(c) * math.sqrt(s[i] * s[j]) / (s[i] + s[j] + nu * math.sqrt(s[i] * s[j]))
            for (i, j), c in counts.items()
        )
    return s, nu


def test_ties_match_davidsons_own_iteration_on_his_puddings() -> None:
    strengths, nu = davidsons_iteration(PUDDINGS)
    found = davidson(PUDDINGS)
    for arm in found.strengths:
        assert arm.value == pytest.approx(math.log(strengths[arm.arm]), abs=1e-8)
    assert found.tie == pytest.approx(nu, abs=1e-8)


def test_two_arms_have_the_counts_for_an_answer() -> None:
    found = davidson({("a", "b"): (30, 20, 10)})
    pair = found.versus[0]
    assert pair.value == pytest.approx(math.log(3))
    assert found.tie == pytest.approx(20 / math.sqrt(300))
    assert pair.error == pytest.approx(math.sqrt(1 / 30 + 1 / 10))
    assert found == davidson({("b", "a"): (10, 20, 30)})
    assert found == davidson({("a", "b"): (20, 20, 10), ("b", "a"): (0, 0, 10)})
    likelihood = 30 * math.log(0.5) + 20 * math.log(1 / 3) + 10 * math.log(1 / 6)
    assert found.log_likelihood == pytest.approx(likelihood)


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        ({}, "fewer than two arms"),
        ({("a", "b"): (0, 0, 0)}, "joins"),
        ({("a", "b"): (3, 1, 2), ("c", "d"): (3, 1, 2)}, "joins 'a', 'b' with 'c', 'd'"),
        ({("a", "b"): (3, 0, 0)}, "'a' never lost to, nor tied with, 'b'"),
        ({("a", "b"): (3, 0, 2), ("b", "c"): (4, 0, 0), ("a", "c"): (2, 0, 0)}, "'a', 'b' never lost to"),
        ({("a", "b"): (0, 5, 0)}, "every comparison is a tie"),
        ({("a", "b"): (5, 3, 0)}, "no bound together"),
        ({("a", "b"): (5, 0, 0), ("b", "c"): (5, 0, 0), ("a", "c"): (0, 3, 0)}, ""),  # the tie goes against both wins
    ],
)
def test_a_fit_that_does_not_exist_is_refused(counts: dict[tuple[str, str], tuple[int, int, int]], why: str) -> None:
    found = davidson(counts)
    assert why in found.why
    assert bool(found.why) == bool(why)
    if why:
        assert all(math.isnan(s.value) and s.high == math.inf for s in found.strengths)
        assert all(math.isnan(v.value) for v in found.versus)


def test_a_penalty_gives_a_fit_but_joins_no_groups() -> None:
    weak, strong = (davidson({("a", "b"): (9, 0, 0)}, penalty=p).versus[0] for p in (0.5, 5.0))
    assert weak.value == pytest.approx(math.log(9.5 / 0.5))
    assert 0 < strong.value < weak.value
    assert davidson({("a", "b"): (9, 0, 0)}, penalty=0.5).comparisons == 9
    assert "joins" in davidson({("a", "b"): (3, 1, 2), ("c", "d"): (3, 1, 2)}, penalty=0.5).why
    with pytest.raises(ValueError, match="penalty"):
        davidson(PUDDINGS, penalty=-1)


def test_what_is_no_count_is_refused() -> None:
    for counts in [{("a", "a"): (1, 1, 1)}, {("a", "b"): (1, -1, 1)}, {("a", "b"): (1, 1)}]:
        with pytest.raises(ValueError, match="three counts"):
            davidson(counts)  # type: ignore[arg-type]


cells = st.tuples(*[st.integers(0, 2)] * 3)


@settings(max_examples=150, deadline=None)
@given(st.lists(cells, min_size=3, max_size=3))
def test_what_is_refused_has_no_finite_fit_and_what_is_not_has(rows: list[tuple[int, int, int]]) -> None:
    """A vanishing penalty moves a fit that exists hardly at all, and one that does not without end."""
    counts = dict(zip([("a", "b"), ("a", "c"), ("b", "c")], rows, strict=True))
    found = davidson(counts)
    if found.why.startswith(("there", "no comparison")) or "tie, so" in found.why:
        return
    size = []
    for penalty in (1e-2, 1e-4):
        pulled = davidson({k: v for k, v in counts.items() if any(v)}, penalty=penalty)
        apart = [abs(v.value) for v in pulled.versus]
        size.append(max([*apart, abs(math.log(pulled.tie)) if found.tie else 0]))
    if found.why:
        assert size[1] > size[0] + 2
    else:
        assert size[1] < size[0] + 1
        assert found.gradient < 1e-7


def played(rng: np.random.Generator, reviewers: int, items: int, strengths: dict[str, float]) -> list[Comparison]:
    """Every reviewer compares every two arms of every item; half of the times the sides are turned."""
    found = []
    for i in range(items):
        for r in range(reviewers):
            for a, b in combinations(strengths, 2):
                first, second = (a, b) if rng.random() < 0.5 else (b, a)
                p, q = math.exp(strengths[first]), math.exp(strengths[second])
                tie = math.sqrt(p * q)
                result = rng.choice([1, 0, -1], p=np.asarray([p, tie, q]) / (p + tie + q))
                found.append(Comparison(f"r{r}", f"i{i}", first, second, int(result)))
    return found


def test_a_ranking_finds_the_strengths_it_was_made_of() -> None:
    rng = np.random.Generator(np.random.PCG64(5))
    true = {"a": 0.6, "b": 0.0, "c": -0.6}
    rows = played(rng, 6, 40, true)
    found = ranking(rows, draws=400)
    for strength in found.strengths:
        assert strength.low < true[strength.arm] < strength.high
        assert strength.low < strength.value < strength.high
    assert found.tie == pytest.approx(1, abs=0.25)
    assert (found.over, found.lost, found.comparisons) == ("reviewers and items", 0, 720)
    assert found.versus[1].low > 0  # a beats c
    assert ranking(rows, draws=400) == found
    assert ranking(rows, draws=400, seed=1) != found
    halves = [r._replace(result=r.result * 2) for r in rows]
    assert ranking(halves, draws=400) == found  # only the sign counts


def test_a_ranking_without_enough_gives_no_interval() -> None:
    rows = [Comparison("r", str(i), "a", "b", 1) for i in range(9)] + [Comparison("r", "x", "a", "b", -1)]
    found = ranking(rows)
    assert found.versus[0].value == pytest.approx(math.log(9))
    assert found.lost > 0.3  # in so many draws b never wins
    assert (found.versus[0].low, found.versus[0].high) == (-math.inf, math.inf)
    assert "a penalty of 0.5" in found.why
    pulled = ranking(rows, penalty=0.5)
    assert (pulled.why, pulled.lost, pulled.over) == ("", 0, "items")
    assert 0 < pulled.versus[0].low < pulled.versus[0].value < pulled.versus[0].high < 5
    one = ranking([Comparison("r", "i", "a", "b", 1), Comparison("r", "i", "a", "b", -1)])
    assert one.why == "no interval: one reviewer judged one item"
    assert ranking([]).why == "there are fewer than two arms"


def test_wins_ties_and_losses_do_not_hang_on_who_stands_first() -> None:
    rows = [Comparison(f"r{n % 4}", f"i{n // 4}", "a", "b", (n * 7) % 5 - 2) for n in range(40)]
    turned = [Comparison(c.reviewer, c.item, "b", "a", -c.result) for c in rows]
    found = win_tie_loss(rows, "a", "b")
    assert found == win_tie_loss(turned, "a", "b")
    assert (found.win.value, found.tie.value, found.loss.value) == (0.4, 0.2, 0.4)
    assert (found.rate.value, found.net.value) == (0.5, 0)
    assert (found.win.n, found.win.reviewers, found.win.items) == (40, 4, 10)
    other = win_tie_loss(rows, "b", "a")
    assert other.win.value == found.loss.value
    assert other.net.low == pytest.approx(-found.net.high)
    assert win_tie_loss([*rows, Comparison("r0", "i0", "a", "c", 1)], "a", "b") == found


def test_wins_ties_and_losses_at_their_ends() -> None:
    always = win_tie_loss([Comparison(f"r{r}", f"i{i}", "a", "b", 1) for r in range(3) for i in range(20)], "a", "b")
    assert (always.win.low, always.win.high) == (wilson(20, 20).low, 1)
    assert always.net.low == pytest.approx(2 * wilson(20, 20).low - 1)
    never = win_tie_loss([], "a", "b")
    assert math.isnan(never.win.value)
    assert (never.win.low, never.win.high, never.net.low) == (0, 1, -1)
    with pytest.raises(ValueError, match="itself"):
        win_tie_loss([], "a", "a")
