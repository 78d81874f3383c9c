"""The contamination check on made-up questions: what is refused, what is for review, what passes."""

import random

import numpy as np
import pytest

from medreason.errors import InputError, UsageError
from medreason.quality.contamination import (
    CLEAN,
    KINDS,
    REFUSE,
    REVIEW,
    Firewall,
    Item,
    Limits,
    Match,
    Verdict,
    known_sets,
    make_set,
)
from medreason.quality.contamination.items import GRAM, features, last_sentence
from medreason.quality.contamination.overlap import holders, known, weigh
from medreason.quality.contamination.panels import measures
from medreason.quality.near import Rows, words

CASE = (
    "A gardener of 52 years noticed that the little finger of her left hand no longer straightens after she pruned "
    "roses all spring; a firm cord can be felt in the palm, there is no pain, her father had the same in both hands, "
    "and she drinks two glasses of cider each evening."
)
ASKED = "Which structure of the hand is affected?"
OPTIONS = ("Palmar fascia", "Flexor tendon sheath", "Median nerve", "Joint capsule")
VALUES = (
    "Temperature is 37.1 °C (98.8 °F), pulse is 80/min, respirations are 16/min, blood pressure is 120/80 mm Hg, "
    "and oxygen saturation is 98% on room air. Hemoglobin 12 g/dL, leukocyte count 8,000/mm3, platelet count "
    "200,000/mm3, sodium 140 mEq/L, potassium 4.0 mEq/L, chloride 101 mEq/L, creatinine 1.0 mg/dL."
)
SHORT = Item("s", "Enzyme blocked by the mould toxin of orchards", ("Kinase B", "Lyase D", "Ligase F", "Mutase H"))
LONG = Item("e1", f"{CASE} {ASKED}", OPTIONS)


def filler(count: int, seed: int, length: int = 60) -> list[Item]:
    """Unlike texts, so that rarity has something to count."""
    rng = random.Random(seed)
    letters = "bcdfghklmnprst"
    vocabulary = ["".join(rng.choices(letters, k=2)) + "a" + rng.choice(letters) for _ in range(3000)]
    return [
        Item(f"f{seed}-{i}", " ".join(rng.choices(vocabulary, k=length)), tuple(rng.choices(vocabulary, k=4)))
        for i in range(count)
    ]


def verdict(item: Item, *evaluation: Item, limits: Limits | None = None) -> Verdict:
    known = make_set("held out", [*evaluation, *filler(30, 1)])
    return Firewall([known], limits or Limits()).check([item, *filler(30, 2)])[0]


def only(item: Item, *evaluation: Item) -> Match:
    (match,) = verdict(item, *evaluation).matches
    return match


# -- equal texts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "options", "kind"),
    [
        (LONG.text, OPTIONS, "identical"),
        (LONG.text.upper().replace(",", " ;"), OPTIONS, "equal"),
        (LONG.text, OPTIONS[::-1], "reordered"),
        (LONG.text.lower(), tuple(o.upper() for o in OPTIONS[1:] + OPTIONS[:1]), "reordered"),
        (LONG.text, OPTIONS[:3], "same_text"),
        (LONG.text, (), "same_text"),
        (LONG.text, ("Skin", "Bone"), "same_text"),
    ],
)
def test_equal_texts_are_refused_and_called_what_they_are(text: str, options: tuple[str, ...], kind: str) -> None:
    for original in (LONG, LONG._replace(id="e2")):
        found = only(Item("a", text, options), original)
        assert (found.verdict, found.reasons) == (REFUSE, (kind,))
        assert found.pairs[0].evaluation == original.id


def test_a_short_text_is_compared_whole_and_the_result_says_so() -> None:
    found = verdict(SHORT._replace(text=SHORT.text.upper() + "?", options=SHORT.options[::-1]), SHORT)
    assert (found.verdict, found.short) == (REFUSE, True)
    assert found.matches[0].reasons == ("reordered",)
    assert found.matches[0].runs == 0
    assert not verdict(LONG, LONG).short


def test_the_same_short_text_with_other_options_is_for_a_human() -> None:
    general = Item("g", "Which of these is true?", ("Bees see red", "Ants fly north"))
    found = only(general, general._replace(options=("Lead is light", "Gold rusts")))
    assert (found.verdict, found.reasons) == (REVIEW, ("other_options",))
    assert only(general, general._replace(options=())).verdict == REFUSE


def test_unlike_questions_are_clean() -> None:
    found = Firewall([make_set("held out", filler(200, 3))]).check([LONG, SHORT, *filler(200, 4)])
    assert {v.verdict for v in found} == {CLEAN}
    assert [v.item for v in found][:2] == ["e1", "s"]


@pytest.mark.parametrize("text", ["", "  ", "--"])
def test_a_text_without_words_matches_nothing(text: str) -> None:
    found = verdict(Item("a", text), Item("e", text))
    assert (found.verdict, found.matches) == (CLEAN, ())


# -- changed texts -------------------------------------------------------------------------------------------


def swapped(item: Item, *places: int) -> Item:
    told = item.text.split()
    for place in places:
        told[place] = "otherwise"
    return item._replace(text=" ".join(told))


def test_two_changed_words_are_found_in_long_and_short_texts() -> None:
    assert verdict(swapped(LONG, 12, 40), LONG).verdict == REFUSE
    middle = Item("m", " ".join(CASE.split()[:24]) + "?", OPTIONS)
    assert only(swapped(middle, 8, 16), middle).reasons == ("reworded",)
    assert only(swapped(middle, 8, 16)._replace(options=()), middle).verdict == REFUSE
    assert only(swapped(SHORT, 0, 5), SHORT).reasons == ("reworded",)


def test_a_short_text_whose_options_differ_is_not_taken_for_reworded() -> None:
    other = Item("o", "Enzyme blocked by the mould toxin of vineyards", ("Copper", "Tin", "Zinc", "Lead"))
    assert verdict(other, SHORT).verdict != REFUSE


def test_options_that_everybody_has_prove_nothing() -> None:
    asked = ("yes", "no", "maybe")
    ours = [i._replace(options=asked) for i in filler(60, 7, 9)]
    theirs = [i._replace(options=asked) for i in filler(60, 8, 9)]
    assert {v.verdict for v in Firewall([make_set("x", theirs)]).check(ours)} == {CLEAN}


def test_near_duplicates_obey_the_threshold() -> None:
    long = Item("l", " ".join([CASE, *(i.text for i in filler(3, 5))]))
    changed = swapped(long, 20, 90, 150)
    match = only(changed, long)
    assert match.reasons == ("near",)
    told = words(long.text), words(changed.text)
    sets = [{tuple(t[i : i + 5]) for i in range(len(t) - 4)} for t in told]
    assert match.pairs[0].jaccard == pytest.approx(len(sets[0] & sets[1]) / len(sets[0] | sets[1]))
    strict = verdict(changed, long, limits=Limits(near=0.99))
    assert "near" not in strict.matches[0].reasons


# -- overlap -------------------------------------------------------------------------------------------------


def test_another_question_about_the_same_case_is_told_as_that() -> None:
    other = Item("a", f"{CASE} What would you advise her to do first?", ("Wait", "Splint", "Operate", "Inject"))
    found = only(other, LONG)
    assert (found.verdict, found.reasons) == (REFUSE, ("shared_vignette",))
    assert found.pairs[0].options == "other"


def test_half_a_text_is_refused_a_fifth_is_for_review_less_is_clean() -> None:
    rest = filler(1, 6, 400)[0].text.split()
    copied = CASE.split()
    for own, expected in ((20, REFUSE), (180, REVIEW), (400, CLEAN)):
        item = Item("a", " ".join([*rest[:own], *copied]))
        evaluation = Item("e", " ".join([*copied, *filler(1, 9, 400)[0].text.split()]))
        match = only(item, evaluation)
        assert match.verdict == expected, own
        assert 0 < match.overlap < 1
    assert verdict(Item("a", " ".join([*rest, *copied])), Item("e", CASE)).verdict == REFUSE, "it holds all of it"


def test_the_overlap_is_the_formula() -> None:
    ours = [Item("a", " ".join(f"a{i}" for i in range(20)))]
    theirs = [
        Item("e1", " ".join([*(f"a{i}" for i in range(15)), "z"])),
        Item("e2", " ".join(f"a{i}" for i in range(14))),
    ]
    (found,) = Firewall([make_set("x", theirs)], Limits(review=0.01)).check(ours)
    # 8 runs of 13 words; the first two stand in three texts of three, the third in two, the rest in one.
    weights = [np.log(4 / 3), np.log(4 / 3), np.log(4 / 2), *[np.log(4)] * 5]
    match = found.matches[0]
    assert match.runs == 3
    assert match.overlap == pytest.approx(sum(weights[:3]) / sum(weights))
    by_id = {p.evaluation: p for p in match.pairs}
    assert by_id["e1"].overlap == pytest.approx(sum(weights[:3]) / sum(weights))
    assert by_id["e2"].overlap == pytest.approx(sum(weights[:2]) / sum(weights))
    assert by_id["e2"].covered == pytest.approx(1)


def test_a_phrase_that_all_share_counts_for_little() -> None:
    phrase = "which of the following is the most likely cause of the findings in this patient at this time"
    many = [i._replace(text=f"{i.text} {phrase}") for i in filler(100, 11, 30)]
    ours = [i._replace(text=f"{i.text} {phrase}") for i in filler(20, 12, 30)]
    found = Firewall([make_set("x", many)]).check(ours)
    assert {v.verdict for v in found} == {CLEAN}
    plain = (len(phrase.split()) - GRAM + 1) / (30 + len(phrase.split()) - GRAM + 1)
    assert all(0 < v.matches[0].overlap < plain / 3 for v in found)


def test_panels_of_values_are_told_and_never_refuse() -> None:
    ours = Item("a", f"{filler(1, 13, 20)[0].text} {VALUES}")
    theirs = Item("e", f"{filler(1, 14, 20)[0].text} {VALUES}")
    found = only(ours, theirs)
    assert found.verdict == CLEAN
    assert found.panels > 20
    assert found.overlap < 0.1
    alone = only(Item("a", VALUES), Item("e", f"{filler(1, 15, 40)[0].text} {VALUES}"))
    assert alone.verdict == CLEAN


@pytest.mark.parametrize(("word", "expected"), [("37.1", True), ("mmhg", True), ("hemoglobin", True), ("80", True),
                                                ("gardener", False), ("pain", False), ("t4", True)])  # fmt: skip
def test_what_measures(word: str, expected: bool) -> None:
    assert measures(word) is expected


def test_a_text_told_anew_is_for_a_human() -> None:
    told = (
        "This 52-year-old woman, who works as a gardener, cannot straighten the little finger of her left hand since "
        "pruning roses in spring. Her palm holds a firm cord without pain on touch. Both hands of her father were "
        "alike, and two glasses of cider are what she drinks. Which structure is diseased?"
    )
    found = only(Item("a", told, ("Palmar fascia", "Median nerve", "Skin", "Bone")), LONG)
    assert (found.verdict, found.reasons) == (REVIEW, ("retold",))
    assert 0.1 <= found.pairs[0].couples < 0.6


# -- several sets, order, limits -----------------------------------------------------------------------------


def test_each_set_is_told_apart_and_the_worst_counts() -> None:
    sets = [make_set("one", [*filler(20, 21), SHORT]), make_set("two", [LONG, *filler(20, 22)])]
    found = Firewall(sets).check([LONG, SHORT, *filler(5, 23)])
    assert [[m.set for m in v.matches] for v in found[:2]] == [["two"], ["one"]]
    assert [v.verdict for v in found] == [REFUSE, REFUSE, *[CLEAN] * 5]


def test_the_order_of_the_questions_changes_nothing() -> None:
    items = [LONG, swapped(LONG, 12, 40)._replace(id="x"), SHORT, *filler(20, 31)]
    firewall = Firewall([make_set("one", [LONG, SHORT, *filler(20, 32)])])
    forward = {v.item: v for v in firewall.check(items)}
    backward = {v.item: v for v in firewall.check(items[::-1])}
    assert {k: (v.verdict, [m.reasons for m in v.matches]) for k, v in forward.items()} == {
        k: (v.verdict, [m.reasons for m in v.matches]) for k, v in backward.items()
    }
    assert firewall.check([]) == []


def test_many_copies_are_counted_and_not_all_listed() -> None:
    found = only(LONG, *(LONG._replace(id=f"c{i}") for i in range(50)))
    assert (len(found.pairs), found.more) == (20, 30)


@pytest.mark.parametrize(
    "limits", [Limits(refuse=0.1, review=0.5), Limits(review=0), Limits(refuse=1.1), Limits(near=0), Limits(near=2)]
)
def test_limits_that_contradict_each_other_are_refused(limits: Limits) -> None:
    with pytest.raises(UsageError, match="cannot be"):
        Firewall([make_set("x", [LONG])], limits)


def test_sets_that_cannot_be_compared_together_are_refused() -> None:
    with pytest.raises(UsageError, match="no evaluation set"):
        Firewall([])
    with pytest.raises(UsageError, match="two evaluation sets"):
        Firewall([make_set("x", [LONG]), make_set("x", [SHORT])])
    with pytest.raises(UsageError, match="different salts"):
        Firewall([make_set("x", [LONG]), make_set("y", [SHORT], salt=b"other")])
    with pytest.raises(InputError, match="without questions"):
        make_set("x", [])
    with pytest.raises(UsageError, match="bytes"):
        make_set("x", [LONG], salt=b"")


# -- parts ---------------------------------------------------------------------------------------------------


def test_known_and_holders_against_plain_python() -> None:
    rng = np.random.default_rng(5)
    for most in (40, 1 << 60):
        flat = [np.unique(rng.integers(0, most, 12, dtype=np.uint64)) for _ in range(6)]
        rows = [Rows(np.concatenate(f), np.cumsum([0, *map(len, f)])) for f in (flat[:3], flat[3:])]
        held = holders(*rows)
        for table, counts in zip(rows, held, strict=True):
            assert counts.tolist() == [sum(v in f for f in flat) for v in table.flat]
        expected = [v in set(rows[1].flat.tolist()) for v in rows[0].flat.tolist()]
        assert known(rows[0].flat, np.sort(rows[1].flat)).tolist() == expected
    assert weigh(rows[0], rows[1]).our_sums.shape == (3,)


def test_features_do_not_depend_on_what_is_read_together() -> None:
    items = [LONG, SHORT, Item("v", VALUES)]
    alone = [features([i]) for i in items]
    together = features(items)
    for name in ("exact", "plain", "whole", "stem", "asked", "lengths"):
        assert getattr(together, name).tolist() == [getattr(f, name)[0] for f in alone]
    for name in ("options", "grams", "panels", "shingles", "couples"):
        rows = getattr(together, name)
        assert [rows.row(i).tolist() for i in range(3)] == [getattr(f, name).row(0).tolist() for f in alone]


def test_the_last_sentence_is_what_is_asked() -> None:
    assert last_sentence(LONG.text) == ASKED
    assert last_sentence("No end") == "No end"
    assert last_sentence("Is it so? ...") == "Is it so?"


def test_the_list_of_public_sets_holds_facts_and_no_text() -> None:
    from medreason.questions.sources import SOURCES

    known = known_sets()
    assert [k.name for k in known] == sorted((k.name for k in known), key=str.casefold)
    for one in known:
        assert one.source.startswith("https://")
        assert one.licence
        assert set(one.rows) <= set(one.splits)
        assert all(n > 0 for n in one.rows.values())
        if one.reader:
            assert not set(one.splits) & set(SOURCES[one.reader].generation_splits)
    assert set(KINDS) >= {"identical", "shared_vignette", "overlap", "retold"}
