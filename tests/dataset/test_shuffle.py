"""Options in new places: what moves along, what is left, and that the checker still finds nothing wrong."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from medreason.config import RunConfig
from medreason.dataset.balance import letters, read_records
from medreason.dataset.shuffle import FLAG, order, shuffle, shuffle_all
from medreason.engine import run
from medreason.kg.store import Graph
from medreason.quality.verify import verify_record
from medreason.records import Finding, Option, Record, SheetLine
from tests.dataset.small import KEYS, NAMES, record, saying
from tests.runs import medreason

VIGNETTES = Path(__file__).parents[2] / "src" / "medreason" / "data" / "vignettes.jsonl"


def moved(before: Record, seed: int = 3) -> tuple[Record, dict[str, str]]:
    """The shuffled record, and old letter → new letter."""
    done = shuffle(before, seed)
    assert done.left == ""
    new = {o.concept: o.key for o in done.record.options}
    return done.record, {o.key: new[o.concept] for o in before.options}


def test_every_reference_moves_with_its_option() -> None:
    before = record(answer=2)
    after, to = moved(before)
    assert [o.key for o in after.options] == list(KEYS)
    assert to != {key: key for key in KEYS}
    assert {o.text for o in after.options} == set(NAMES)
    for option in before.options:
        new = to[option.key]
        assert after.evidence[new] == before.evidence[option.key]
        assert after.scores[new] == before.scores[option.key]
        (line,) = [ln for ln in after.sheet if ln.option == new]
        assert line.text == f"line of {option.text}"
    assert (after.answer_key, after.chosen_key) == (to["C"], to["C"])
    assert list(after.evidence) == list(after.scores) == list(KEYS)
    assert [ln.id for ln in after.sheet] == [ln.id for ln in before.sheet]
    assert after.sheet[0].option == ""
    assert after.steps == before.steps
    assert after.flags == (f"{FLAG}3",)
    kept = ("id", "source", "question", "margin", "findings", "graph", "teacher", "reasoning", "patient")
    assert all(getattr(after, name) == getattr(before, name) for name in kept)


def test_the_order_follows_from_seed_id_and_options_alone() -> None:
    first, _ = moved(record("x", 1), 5)
    again, _ = moved(record("x", 1), 5)
    assert first == again
    # The same options in another order, and a shuffled record: the same outcome.
    turned = record("x", 3, texts=tuple(reversed(NAMES)))
    assert [o.text for o in order(turned, 5)] == [o.text for o in order(record("x", 1), 5)]
    twice = shuffle(first, 5).record
    assert twice == first
    assert shuffle(first, 6).record.flags == (f"{FLAG}6",)
    orders = {tuple(o.text for o in order(record("x"), seed)) for seed in range(40)}
    assert len(orders) > 25
    assert len({tuple(o.text for o in order(record(f"r{i}"), 1)) for i in range(40)}) > 25


def test_shuffling_balances_the_letters() -> None:
    records = [record(f"r{i}", 0) for i in range(2000)]
    assert letters(records).fit.p < 1e-4
    done = [s.record for s in shuffle_all(records, 11)]
    assert letters(done).fit.p > 0.01
    counts = Counter(r.answer_key for r in done)
    assert all(330 < counts[key] < 470 for key in KEYS)


@pytest.mark.parametrize(
    "text",
    [
        "Option A is out.",
        "Options A, C and E lack it; option B has it.",
        "The answer is C.",
        "Choices B/D are weak, and (A, B, C) share a rash.",
        "D. Iron lung disease is wrong.",
        "Glass fever (B) and (E) Jumping gout are close.",
        "Between option A and option B there is little.",
        "OPTION C: fits, candidate D does not.",
    ],
)
def test_sure_letters_are_rewritten(text: str) -> None:
    after, to = moved(saying(text))
    expected = "".join(
        to[c] if c in KEYS and not (left.isalpha() or right.isalpha()) else c
        for left, c, right in zip(" " + text[:-1], text, text[1:] + " ", strict=True)
    )
    assert after.steps[0].text == expected
    assert after.reasoning == f"1. {expected}"


@pytest.mark.parametrize(
    "text",
    [
        "A rash is seen. A feature on record is fever.",
        "A 7-year-old, and a diagnosis of hepatitis B.",
        "Hollow heart, type B fits; Hollow heart type B fits too.",
        "vitamin D and B cells are low in E1 and C-peptide.",
        "A stenosis or a loss: A thrombosis. A previous stroke.",
        "Patient's blood group A is common.",
    ],
)
def test_letters_of_names_and_articles_stay(text: str) -> None:
    after, to = moved(saying(text), 1)
    assert all(to[key] != key for key in "ABCD")
    assert after.steps[0].text == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("B fits better than the rest.", "the letter B"),
        ("A is best supported.", "the letter A"),
        ("A explains the rash.", "the letter A"),
        ("It must be C.", "the letter C"),
        ("Here (D) has it.", "the letter D"),
        ("The first option is out.", "by its place"),
        ("The last two are weak, the previous choice too.", "by its place"),
        ("See option 2.", "by its place"),
    ],
)
def test_what_may_be_a_letter_is_left_and_told(text: str, why: str) -> None:
    before = saying("Nothing here.", text)
    done = shuffle(before, 3)
    assert done.record is before
    assert why in done.left


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"texts": ("Rash", "Fever", "All of the above")}, "speaks of other options"),
        ({"texts": ("Rash", "Fever", "Both A and B")}, "speaks of other options"),
        ({"texts": ("Rash", "Fever", "None of these")}, "speaks of other options"),
        ({"texts": ("Rash",), "answer_key": "A"}, "no choice"),
        ({"kind": "boolean"}, "no choice"),
        ({"question": "Which? (A) rash (B) fever"}, "the question names options"),
        ({"question": "Is option B right?"}, "the question names options"),
        ({"context": ("The first option was tried.",)}, "the question names options"),
        ({"answer_key": "X"}, "an option 'X' that it does not have"),
        ({"options": (Option("yes", "yes"), Option("no", "no"))}, "capital letters"),
        ({"options": (Option("A", "x"), Option("A", "y"))}, "capital letters"),
        ({"sheet": (SheetLine("E1", "x", "Q"),)}, "an option 'Q'"),
    ],
)
def test_records_that_cannot_be_shuffled_say_why(changes: dict[str, Any], why: str) -> None:
    done = shuffle(record(**changes), 3)
    assert why in done.left
    assert done.record.flags == ()


def test_words_that_only_look_like_others_do_not_hinder() -> None:
    texts = ("Spinal cord disease", "Occipital horn syndrome", "A form of gout", "Vitamin D excess", "Rash")
    assert shuffle(record(texts=texts), 3).left == ""


def test_a_letter_in_a_findings_name_is_no_option() -> None:
    finding = Finding("HP:1", "B lymphocytopenia", "observed")
    assert shuffle(saying("It has B lymphocytopenia.", findings=(finding,)), 3).left == ""
    assert "the letter B" in shuffle(saying("It has B something."), 3).left


def test_two_options_of_one_text_keep_their_own_evidence() -> None:
    before = record(texts=("Rash", "Rash", "Fever"))
    same = tuple(replace(o, concept="X:1") for o in before.options)
    done = shuffle(replace(before, options=same), 3).record
    assert sorted(o.text for o in done.options) == ["Fever", "Rash", "Rash"]
    assert {repr(e) for e in done.evidence.values()} == {repr(e) for e in before.evidence.values()}


# -- on real records, before the checker -----------------------------------------------------------------


def test_shuffled_offline_records_hold(hpo_dir: Path, hpo: Graph, tmp_path: Path) -> None:
    out = tmp_path / "run"
    run(RunConfig(questions=VIGNETTES, source="jsonl", kg=hpo_dir, out=out))
    before = [r for r in read_records(out) if not verify_record(r, hpo)]
    assert len(before) > 20
    for seed in (1, 2):
        done = shuffle_all(before, seed)
        assert [s.left for s in done] == [""] * len(before)
        assert sum(s.record.answer_key != r.answer_key for s, r in zip(done, before, strict=True)) > 3
        assert [p for s in done for p in verify_record(s.record, hpo)] == []


@pytest.fixture(scope="module")
def authored(hpo_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    folder = tmp_path_factory.mktemp("authored")
    (folder / "cache").mkdir()
    (folder / "cache" / "hpo").symlink_to(hpo_dir)
    out = folder / "out"
    done = medreason("demo", "--chains", "authored", "--out", out, "--json", MEDREASON_CACHE=str(folder / "cache"))
    assert done.returncode == 0, done.stderr
    return read_records(out)


def test_shuffled_language_model_records_hold(authored: list[Record], hpo: Graph) -> None:
    done = shuffle_all(authored, 7)
    assert all(s.left == "" for s in done)
    assert sum(s.record.options != r.options for s, r in zip(done, authored, strict=True)) > 30
    assert [p for s in done for p in verify_record(s.record, hpo)] == []


def with_letters(before: Record) -> Record:
    """The record whose steps say "option E" where they named option E."""
    steps = []
    for step in before.steps:
        text = step.text
        for option in before.options:
            text = text.replace(option.text, f"option {option.key}")
        steps.append(replace(step, text=text[0].upper() + text[1:]))
    return replace(before, steps=tuple(steps), reasoning="\n".join(f"{s.n}. {s.text}" for s in steps))


def test_chains_that_name_letters_hold_after_shuffling_and_not_without_rewriting(
    authored: list[Record], hpo: Graph
) -> None:
    lettered = [r for r in map(with_letters, authored) if not verify_record(r, hpo)]
    assert len(lettered) > 20
    done = shuffle_all(lettered, 7)
    assert sum(s.left == "" for s in done) > 20
    kept = [(r, s.record) for r, s in zip(lettered, done, strict=True) if not s.left]
    changed = [(before, after) for before, after in kept if before.steps != after.steps]
    assert len(changed) > 20
    assert [p for _, after in kept for p in verify_record(after, hpo)] == []
    # The checker would notice letters that stay where they were.
    stale = [replace(after, steps=before.steps, reasoning=before.reasoning) for before, after in changed]
    assert sum(bool(verify_record(r, hpo)) for r in stale) > 0.9 * len(stale)


def test_the_seeds_differ() -> None:
    runs = [[s.record.answer_key for s in shuffle_all([record(f"r{i}") for i in range(50)], seed)] for seed in range(4)]
    assert all(a != b for a, b in pairwise(runs))
