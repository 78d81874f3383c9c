"""Comparisons: what is counted, which test decides, what is left out, and how it is told."""

import math
from pathlib import Path

import numpy as np
import pytest

from medreason.errors import InputError, UsageError
from medreason.evaluation.compare import Comparison, compare
from medreason.evaluation.contrasts import CLEAN, FULL, MACRO, POOLED, Contrast, Score
from medreason.evaluation.results import Row
from medreason.evaluation.runs import align, make_run, names_of, told_left
from medreason.evaluation.verdicts import points, verdict
from medreason.statistics import Pairs, mcnemar, newcombe, wilson
from tests.evaluation.made import answers, drawn


def found(*runs: list[Row], seed: int = 0) -> Comparison:
    return compare(align([make_run(name, rows) for name, rows in zip("ABCDE", runs, strict=False)]), seed=seed)


def of(result: Comparison, scope: str, subset: str = FULL, pair: tuple[str, str] = ("A", "B")) -> Contrast:
    (one,) = [c for c in result.contrasts if (c.scope, c.subset, c.first, c.second) == (scope, subset, *pair)]
    return one


def score(result: Comparison, scope: str, run: str, subset: str = FULL) -> Score:
    (one,) = [s for s in result.scores if (s.scope, s.run, s.subset) == (scope, run, subset)]
    return one


def test_single_answers_are_counted() -> None:
    # A right on the first 6 of 10, B on 8: both 5, only A 1, only B 3, neither 1; one of B cannot be read.
    result = found(answers("t", "AAAAAABBBB"), answers("t", "AAAAA-AAAB"))
    one = of(result, "t")
    table = Pairs(both=5, first=3, second=1, neither=1)
    assert (one.only_first, one.only_second, one.clusters) == (1, 3, 10)
    assert one.difference == newcombe(table)
    assert one.p == mcnemar(table).p == one.corrected
    assert one.bootstrap is not None
    assert one.bootstrap.value == pytest.approx(0.2)
    assert one.bootstrap.low <= one.difference.low + 0.1
    a, b = score(result, "t", "A"), score(result, "t", "B")
    assert (a.accuracy, a.unread) == (wilson(6, 10), 0)
    assert (b.accuracy, b.unread, b.reasons) == (wilson(8, 10), 1, {"empty": 1})
    assert [s.name for s in result.scopes] == ["t"]


def test_which_comes_first_only_turns_the_sign() -> None:
    a, b = drawn("t", 150, 0.5, seed=1), drawn("t", 150, 0.6, seed=2)
    there, back = of(found(a, b), "t"), of(found(b, a), "t")
    assert back.difference[:3] == pytest.approx(
        (-there.difference.value, -there.difference.high, -there.difference.low)
    )
    assert (back.p, back.smallest) == (there.p, there.smallest)
    assert (back.only_first, back.only_second) == (there.only_second, there.only_first)


def test_samples_count_once_a_question() -> None:
    """Five samples that all say the same are worth one."""
    one_a, one_b = drawn("t", 120, 0.5, seed=3), drawn("t", 120, 0.62, seed=4)
    five_a, five_b = ([r._replace(sample=k) for r in rows for k in range(5)] for rows in (one_a, one_b))
    single, five = of(found(one_a, one_b), "t"), of(found(five_a, five_b), "t")
    assert five.p == pytest.approx(single.p)
    assert five.difference.value == pytest.approx(single.difference.value)
    assert five.difference.low == pytest.approx(single.difference.low, abs=0.02)
    assert (five.only_first, five.only_second) == (single.only_first, single.only_second)
    assert five.smallest == pytest.approx(single.smallest, rel=0.1)
    assert score(found(five_a, five_b), "t", "A").accuracy.n == 120


def test_runs_may_have_different_numbers_of_samples() -> None:
    a = drawn("t", 200, 0.5, seed=5, samples=3)
    b = drawn("t", 200, 0.7, seed=6, samples=2)
    one = of(found(a, b), "t")
    mean = [np.mean([r.right for r in rows if r.id == f"q{i}"]) for rows in (a, b) for i in range(200)]
    assert one.difference.value == pytest.approx(float(np.mean(mean[200:]) - np.mean(mean[:200])))
    assert one.shown
    assert one.p is not None
    assert one.p < 0.001


def test_clusters_make_it_less_certain() -> None:
    """Cases of one disease: twelve diseases of ten cases each, of which a whole disease is right or wrong."""
    rng = np.random.default_rng(8)
    a = answers("t", "B" * 120)
    b = answers("t", "".join("A" * 10 if right else "B" * 10 for right in rng.random(12) < 0.45))
    together = [[r._replace(cluster=f"d{i // 10}") for i, r in enumerate(rows)] for rows in (a, b)]
    apart, clustered = of(found(a, b), "t"), of(found(*together), "t")
    assert clustered.difference.value == apart.difference.value
    assert clustered.clusters == 12
    assert clustered.difference.high - clustered.difference.low > 2 * (apart.difference.high - apart.difference.low)
    assert apart.p is not None
    assert clustered.p is not None
    assert clustered.p > 1000 * apart.p
    assert "only 12 clusters" in verdict(clustered)


def test_intervals_keep_a_width_where_all_is_alike() -> None:
    rows = [r._replace(sample=k) for r in answers("t", "A" * 30) for k in range(2)]
    result = found(rows, rows)
    one = of(result, "t")
    assert one.difference.low < 0 < one.difference.high
    assert "both do the same on every question" in verdict(one)
    accuracy = score(result, "t", "A").accuracy
    assert accuracy.value == 1
    assert accuracy.low < 0.95


def test_pooled_and_macro() -> None:
    a = [*drawn("big", 400, 0.5, seed=1), *answers("small", "A" * 5 + "B" * 15)]
    b = [*drawn("big", 400, 0.5, seed=2), *answers("small", "A" * 15 + "B" * 5)]
    result = found(a, b)
    assert [s.name for s in result.scopes] == ["big", "small", POOLED, MACRO]
    parts = [of(result, task).difference for task in ("big", "small")]
    macro = of(result, MACRO)
    assert macro.difference.value == pytest.approx((parts[0].value + parts[1].value) / 2)
    assert macro.p is None
    assert macro.corrected is None
    widths = [e.high - e.low for e in parts]
    assert max(widths) / 2 < macro.difference.high - macro.difference.low < sum(widths) / 2
    pooled = of(result, POOLED)
    assert pooled.difference.n == 420
    assert abs(pooled.difference.value - parts[0].value) < abs(pooled.difference.value - parts[1].value)
    assert "not corrected for many comparisons" in verdict(macro)


def test_holm_runs_over_tasks_and_pairs() -> None:
    runs = [[*drawn("x", 200, p, seed=s), *drawn("y", 200, p, seed=s + 9)] for p, s in [(0.5, 1), (0.6, 2), (0.62, 3)]]
    result = found(*runs)
    tasks = [c for c in result.contrasts if c.scope in "xy"]
    assert len(tasks) == 6
    smallest = min(tasks, key=lambda c: c.p or 0)
    assert smallest.p is not None
    assert smallest.corrected == pytest.approx(min(1, 6 * smallest.p))
    pooled = [c for c in result.contrasts if c.scope == POOLED]
    least = min(pooled, key=lambda c: c.p or 0)
    assert least.p is not None
    assert least.corrected == pytest.approx(min(1, 3 * least.p))
    first = compare(result.aligned, against_first=True)
    assert {c.first for c in first.contrasts} == {"A"}
    assert len([c for c in first.contrasts if c.scope in "xy"]) == 4


def test_a_test_alone_is_not_enough_after_correction() -> None:
    """One of ten tasks at p 0.02 by chance is no finding, and the words say why."""
    a, b = [], []
    for n in range(10):
        a += answers(f"t{n}", "A" * 10 + "B" * 10)
        b += answers(f"t{n}", "A" * 10 + ("A" * 7 + "B" * 3 if n == 4 else "B" * 10))
    one = of(found(a, b), "t4")
    assert one.p == pytest.approx(2 / 2**7)
    assert one.corrected == pytest.approx(10 * 2 / 2**7)
    assert not one.shown
    assert "p 0.016 alone, 0.16 after correction for many comparisons" in verdict(one)


def test_the_clean_subset_stands_beside_the_full_set() -> None:
    a, b = answers("t", "A" * 30 + "B" * 10), answers("t", "A" * 30 + "A" * 10)
    known = frozenset(f"q{i}" for i in range(30, 40))
    result = compare(align([make_run("A", a), make_run("B", b)]), unclean={"t": known})
    assert of(result, "t").difference.value == 0.25
    clean = of(result, "t", CLEAN)
    assert (clean.difference.value, clean.difference.n) == (0, 30)
    assert score(result, "t", "B", CLEAN).accuracy == wilson(30, 30)
    assert not [c for c in found(a, b).contrasts if c.subset == CLEAN]
    # What a run itself says counts, too, and one that calls a question known wins.
    flagged = [r._replace(clean=int(r.id[1:]) >= 20) for r in a]
    own = compare(align([make_run("A", flagged), make_run("B", b)]), unclean={"t": known})
    assert of(own, "t", CLEAN).difference.n == 10


def test_what_only_one_has_is_named_and_left_out() -> None:
    a = [*answers("x", "AAAAAAAA"), *answers("y", "AB")]
    b = answers("x", "AAAA", start=2)
    aligned = align([make_run("A", a), make_run("B", b)])
    assert aligned.tasks == {"x": ["q2", "q3", "q4", "q5"], "y": ["q0", "q1"]}
    assert [told_left(one) for one in aligned.left] == [
        "B lacks 4 of x: q0, q1, q6, q7", "B lacks the task y (2 questions)",
    ]  # fmt: skip
    result = compare(aligned)
    assert [c.scope for c in result.contrasts] == ["x"]
    assert [(s.scope, s.run) for s in result.scores] == [("x", "A"), ("x", "B"), ("y", "A")]
    with pytest.raises(InputError, match="did not answer the same questions: B lacks 4 of x"):
        align(aligned.runs, strict=True)
    many = align([make_run("A", answers("x", "A" * 12)), make_run("B", answers("x", "A"))])
    assert told_left(many.left[0]) == "B lacks 11 of x: q1, q10, q11, q2, q3 and 6 more"
    assert align([make_run("A", a)], strict=True).left == []


def test_questions_that_are_not_the_same_are_an_error() -> None:
    for other, words in [(answers("x", "AA", "B"), "gold A of 4"), (answers("x", "AA", options=5), "A of 5 in B")]:
        with pytest.raises(InputError, match=words):
            align([make_run("A", answers("x", "AA")), make_run("B", other)])
    with pytest.raises(InputError, match="no question in common"):
        align([make_run("A", answers("x", "A")), make_run("B", answers("x", "A", start=1))])
    with pytest.raises(InputError, match="differ in gold"):
        make_run("A", [Row("x", "1", 4, "A", "A"), Row("x", "1", 4, "B", "A", 1)])
    with pytest.raises(InputError, match="no row answers a question as it is"):
        make_run("A", [Row("x", "1", 4, "A", "A", condition="shuffled")])


def test_options_that_were_not_recorded() -> None:
    told, silent = answers("x", "AB", options=5), [r._replace(options=0) for r in answers("x", "AA")]
    assert [s.chance for s in found(told, silent).scopes] == [0.2]
    (scope,) = found(silent).scopes
    assert math.isnan(scope.chance)


def test_changed_questions_stand_in_no_accuracy() -> None:
    rows = [*answers("x", "AB"), Row("x", "q1", 4, "A", None, condition="shuffled", why="empty")]
    one = score(found(rows), "x", "A")
    assert (one.accuracy.n, one.outputs, one.unread) == (2, 2, 0)


def test_names(tmp_path: Path) -> None:
    places = [tmp_path / "one" / "out", tmp_path / "two" / "out"]
    assert names_of(places) == ["one/out", "two/out"]
    assert names_of([tmp_path / "a.jsonl.gz", tmp_path / "b"]) == ["a", "b"]
    assert names_of(places, "x, y") == ["x", "y"]
    for told in ("x", "x,x", "x,"):
        with pytest.raises(UsageError, match="--names"):
            names_of(places, told)
    with pytest.raises(UsageError, match="one name"):
        names_of([places[0], places[0]])


def test_a_run_against_itself_shows_nothing() -> None:
    rows = drawn("t", 300, 0.5, seed=1)
    one = of(found(rows, rows), "t")
    assert (one.difference.value, one.p, one.shown) == (0, 1, False)
    assert "both do the same on every question" in verdict(one)


def test_words() -> None:
    worse = of(found(drawn("t", 900, 0.7, seed=1), drawn("t", 900, 0.5, seed=2)), "t")
    told = verdict(worse)
    assert told.startswith(f"A is better than B by {100 * -worse.difference.value:.1f} points")
    assert f"from {points(-worse.difference.high)} to {points(-worse.difference.low)}" in told
    even = of(found(drawn("t", 200, 0.5, seed=1), drawn("t", 200, 0.5, seed=2)), "t")
    assert verdict(even).startswith("no difference shown: the interval reaches from −")
    assert f"this set can show {100 * even.smallest:.1f} points or more" in verdict(even)
    two = of(found(answers("t", "AB"), answers("t", "BA")), "t")
    assert math.isnan(two.smallest)
    assert verdict(two).endswith("these questions cannot show any difference; only 2 questions")
    # Airway example (see tests/statistics): the interval leaves 0 out, the exact test does not.
    airway = of(found(answers("t", "A" * 2 + "B" * 19), answers("t", "AB" + "A" * 7 + "B" * 12)), "t")
    assert airway.difference.low > 0
    assert "the exact test, which decides, gives p 0.070" in verdict(airway)
    assert [points(v) for v in (0.034, -0.008, 0.0001, -0.0001)] == ["+3.4", "−0.8", "0.0", "0.0"]


def test_simulated_comparisons_keep_their_promise() -> None:
    """Of 200 pairs of equal runs few are called different; of 200 whose difference can be shown, most are."""
    wrong = caught = covered = 0
    for seed in range(200):
        a = drawn("t", 150, 0.5, seed=2 * seed, hard=0.3)
        b = drawn("t", 150, 0.5, seed=2 * seed + 1, hard=0.3)
        same = of(found(a, b), "t")
        wrong += same.shown
        covered += same.difference.low <= 0 <= same.difference.high
        better = of(found(a, drawn("t", 150, 0.5 + same.smallest * 1.15, seed=2 * seed + 1, hard=0.3)), "t")
        caught += better.shown
    assert wrong <= 14
    assert covered >= 184
    assert caught >= 130
