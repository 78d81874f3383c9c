"""Near texts: what is told is right, and the share that is missed is the one the formula gives."""

import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medreason.errors import UsageError
from medreason.quality.near import (
    PERMUTATIONS,
    WordHasher,
    banding,
    candidates,
    distinct,
    groups,
    jaccards,
    joined,
    pairs,
    runs,
    shingled,
    signatures,
    words,
)

WORDS = [f"w{i}" for i in range(4000)]


def brute(texts: list[str], others: list[str], shingle: int) -> dict[tuple[int, int], float]:
    """The Jaccard index of all pairs, from plain sets of tuples."""

    def shingles(text: str) -> set[tuple[str, ...]]:
        told = words(text)
        width = min(shingle, len(told))
        return {tuple(told[i : i + width]) for i in range(len(told) - width + 1)} if told else set()

    left, right = [shingles(t) for t in texts], [shingles(t) for t in others]
    return {(i, j): len(a & b) / len(a | b) if a | b else 0.0 for i, a in enumerate(left) for j, b in enumerate(right)}


def changed(text: str, count: int, rng: random.Random) -> str:
    told = text.split()
    for place in rng.sample(range(len(told)), count):
        told[place] = rng.choice(WORDS)
    return " ".join(told)


def test_words_lose_case_punctuation_and_variants_of_unicode() -> None:
    assert words("The patient's pH, 7.35 (low); 12,000/µL!") == ["the", "patients", "ph", "7.35", "low", "12000", "μl"]
    assert words("ＣＯＰＤ ﬁne STRASSE straße") == ["copd", "fine", "strasse", "strasse"]
    assert words("45-year-old t4.5") == words("45-year-old t4.5 é")[:-1] == ["45", "year", "old", "t4.5"]
    assert words("患者は") == ["患", "者", "は"]
    assert words(" -- \n") == []


@settings(deadline=None)
@given(st.text(max_size=60))
def test_words_of_words_are_the_same_words(text: str) -> None:
    told = words(text)
    assert words(" ".join(told).upper().casefold()) == words(" ".join(told))
    assert all(not w.isspace() and w for w in told)


def test_hashes_are_the_same_in_another_process() -> None:
    script = "from medreason.quality.near import WordHasher; print(WordHasher(b'salt').one('fever'))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) == WordHasher(b"salt").one("fever") != WordHasher(b"pepper").one("fever")


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from("abc"), max_size=7), max_size=6), st.integers(1, 4))
def test_runs_are_equal_where_the_words_are(texts: list[list[str]], width: int) -> None:
    rows = runs(WordHasher()(texts), width, whole="never")
    told = [tuple(t[i : i + width]) for t in texts for i in range(len(t) - width + 1)]
    assert len(rows.flat) == len(told)
    assert len(set(rows.flat.tolist())) == len(set(told))
    assert {(a, int(h)) for a, h in zip(told, rows.flat, strict=True)}.__len__() == len(set(told))


def test_a_short_text_is_one_run_unless_left_out() -> None:
    rows = WordHasher()([["a"], ["a", "b"], [], ["b", "a"]])
    assert np.diff(runs(rows, 5).starts).tolist() == [1, 1, 0, 1]
    assert len(set(runs(rows, 5).flat.tolist())) == 3
    assert len(runs(rows, 5, whole="never").flat) == 0
    with pytest.raises(UsageError, match="0 words"):
        runs(rows, 0)


def test_joined_is_every_equal_pair() -> None:
    left, right = np.array([3, 1, 3], np.uint64), np.array([3, 2, 3, 1], np.uint64)
    assert joined(left, right).tolist() == [[0, 0], [0, 2], [1, 3], [2, 0], [2, 2]]
    assert joined(left, right[:0]).shape == (0, 2)


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8, 0.9, 1.0])
def test_bands_fit_the_signature_and_miss_little(threshold: float) -> None:
    bands = banding(threshold)
    assert bands.rows * bands.bands <= PERMUTATIONS
    assert bands.missed == pytest.approx((1 - threshold**bands.rows) ** bands.bands)
    assert bands.missed <= 1e-4


def test_the_figures_of_the_docstring() -> None:
    bands = banding(0.8)
    assert (bands.rows, bands.bands, round(bands.missed, 5)) == (5, 25, 0.00005)
    text = " ".join(WORDS[:30])
    other = " ".join("new" if i in (10, 20) else w for i, w in enumerate(WORDS[:30]))
    assert brute([text], [other], 5)[0, 0] == pytest.approx(16 / 36)


@pytest.mark.parametrize("threshold", [0.0, -1, 1.01, float("nan")])
def test_a_threshold_that_is_none_is_refused(threshold: float) -> None:
    with pytest.raises(UsageError, match="no likeness"):
        pairs(["a"], threshold=threshold)


@settings(deadline=None)
@given(st.lists(st.text(alphabet="ab ", max_size=12), max_size=8), st.integers(1, 3), st.sampled_from([0.3, 0.8, 1.0]))
def test_what_is_told_is_exact_and_equal_texts_are_never_missed(
    texts: list[str], shingle: int, threshold: float
) -> None:
    oracle = brute(texts, texts, shingle)
    told = pairs(texts, shingle=shingle, threshold=threshold)
    assert told == sorted(told)
    for pair in told:
        assert pair.a < pair.b
        assert pair.jaccard == pytest.approx(oracle[pair.a, pair.b])
        assert pair.jaccard >= threshold
    same = {ij for ij, s in oracle.items() if s == 1 and ij[0] < ij[1]}
    assert same <= {(p.a, p.b) for p in told}


def test_recall_against_brute_force() -> None:
    rng = random.Random(7)
    texts = [" ".join(rng.choices(WORDS, k=rng.randint(20, 160))) for _ in range(400)]
    others = [changed(t, rng.randint(0, 3), rng) for t in texts]
    truth = {ij for ij, s in brute(texts, others, 5).items() if s >= 0.8}
    found = {(p.a, p.b) for p in pairs(texts, others=others)}
    assert len(truth) > 150
    assert found <= truth
    assert len(found) >= 0.995 * len(truth)


def test_the_share_of_candidates_is_the_one_of_the_formula() -> None:
    rng = random.Random(3)
    texts = [" ".join(rng.sample(WORDS, 60)) for _ in range(600)]
    others = [changed(t, 15, rng) for t in texts]
    ours, theirs = shingled(texts, 1), shingled(others, 1)
    bands = banding(0.8)
    same = np.stack((np.arange(600), np.arange(600)), axis=1)
    likeness = jaccards(ours, theirs, same)
    found = candidates(signatures(ours), signatures(theirs), bands)
    met = np.count_nonzero(found[:, 0] == found[:, 1]) / 600
    expected = float(np.mean(1 - (1 - likeness**bands.rows) ** bands.bands))
    assert 0.85 < expected < 0.99
    assert met == pytest.approx(expected, abs=0.04)  # three standard errors
    agreed = float(np.mean(signatures(ours) == signatures(theirs)))
    assert agreed == pytest.approx(float(likeness.mean()), abs=0.01)


def test_groups_follow_chains_and_keep_an_order() -> None:
    base = [f"x{i}" for i in range(60)]
    near = [*base[:-1], "other"]
    texts = [" ".join(base), "alone", "", " ".join(near), "  ", " ".join(base).upper(), "Alone!"]
    assert groups(texts) == [[0, 3, 5], [1, 6]]
    assert groups(texts, seed=5) == groups(texts)
    assert groups([]) == []


def test_texts_without_words_are_like_nothing() -> None:
    assert pairs(["", "", "--"]) == []
    assert pairs(["", "a"], others=["", "a"]) == [(1, 1, 1.0)]
    assert pairs([], others=["a"]) == pairs(["a"], others=[]) == []


def test_a_text_repeated_often_is_one_group() -> None:
    texts = ["the same words each time"] * 5000 + ["some other words this time"]
    assert groups(texts) == [list(range(5000))]


def test_distinct_sorts_each_row() -> None:
    rows = distinct(runs(WordHasher()([["b", "a", "b"], [], ["a"]]), 1))
    assert np.diff(rows.starts).tolist() == [2, 0, 1]
    assert rows.row(0)[0] < rows.row(0)[1]
