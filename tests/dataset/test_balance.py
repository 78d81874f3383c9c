"""Counts and tests over a dataset: against numbers made by hand."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from medreason.dataset.balance import Balance, balance, letters, read_records, spread
from medreason.dataset.guesses import guesses, item_of
from medreason.errors import InputError, UsageError
from medreason.records import Option, Record, to_json
from tests.dataset.small import record


def with_options(name: str, answer: str, *texts: str, question: str = "") -> Record:
    """A record with these option texts whose answer is that text."""
    made = record(name, texts.index(answer), texts=texts)
    return replace(made, question=question or f"Patient {name} is ill in a way of their own, as told in note {name}.")


def test_the_effective_number_is_the_exponential_of_the_entropy() -> None:
    assert spread("abcd").effective == pytest.approx(4)
    assert spread("aaaa").effective == 1
    assert spread([]).effective == 0
    assert math.isnan(spread([]).most)
    # Half, a quarter, a quarter: entropy 1.5 bits.
    found = spread("aabc")
    assert found.effective == pytest.approx(2**1.5)
    assert (found.most, found.counts) == (0.5, {"a": 2, "b": 1, "c": 1})


def test_letters_of_sets_with_different_numbers_of_options() -> None:
    three = [with_options(f"t{i}", "bb", "aa", "bb", "cc") for i in range(30)]
    two = [with_options(f"u{i}", "aa", "aa", "bb") for i in range(30)]
    found = letters([*three, *two])
    assert found.counts == {"A": 30, "B": 30, "C": 0}
    assert found.fit.expected == pytest.approx({"A": 25, "B": 25, "C": 10})
    assert found.fit.statistic == pytest.approx(25 / 25 + 25 / 25 + 100 / 10)
    assert found.fit.p < 0.01
    assert letters([record(answer_key="")]).counts == {}


def test_a_set_whose_longest_option_is_right_is_found_out() -> None:
    told = [with_options(f"r{i}", "a longer name", "gout", "rash", "a longer name", "flu") for i in range(40)]
    found = guesses(told)
    longest = found["longest name"]
    assert (longest.guess.right.value, longest.guess.chance, longest.items) == (1.0, 0.25, 40)
    assert longest.p < 0.001
    assert found["shortest name"].guess.right.value == 0
    assert found["position C"].guess.right.value == 1
    # One disease alone: the average over diseases rests on one.
    assert longest.macro.n == 1


def test_words_of_the_question_and_likeness_of_options() -> None:
    question = "A boy with brittle bones and blue eyes: which is it?"
    told = [
        with_options("a", "brittle bones disease", "brittle bones disease", "kidney stones", "gall stones",
                     question=question),
        with_options("b", "kidney stones", "brittle bones disease", "kidney stones", "gall stones", question=question),
    ]  # fmt: skip
    found = guesses(told)
    assert found["most words shared with the question"].guess.right.value == 0.5
    # Kidney and gall stones share a word: each is as like the others as the other; the first is the odd one out.
    assert found["most similar to the other options, by words"].guess.right.value == 0.25
    assert found["least similar to the other options, by words"].guess.right.value == 0.5
    assert all(rule.guess.chance == pytest.approx(1 / 3) for rule in found.values())


def test_ties_are_chance_and_corrections_count_all_rules() -> None:
    told = [with_options(f"r{i}", "abc", "abc", "def", "ghi", "jkl") for i in range(12)]
    found = guesses(told)
    longest = found["longest name"]
    assert (longest.guess.right.value, longest.guess.p) == (0.25, 1)
    position = found["position A"]
    assert position.p == pytest.approx(min(1, position.guess.p * len(found)))
    assert len(found) == 9


def test_each_answer_disease_weighs_the_same() -> None:
    common = [with_options(f"c{i}", "very common", "very common", "rare", "odd") for i in range(8)]
    rare = [with_options("r", "odd", "very common", "rare", "odd")]
    unknown = with_options("u", "odd", "very common", "rare", "odd")
    unknown = replace(unknown, options=tuple(replace(o, concept="") for o in unknown.options))
    found = guesses([*common, *rare, unknown])["longest name"]
    assert found.guess.right.value == 0.8
    assert (found.macro.value, found.macro.n) == (0.5, 2)


def test_records_without_a_known_answer_are_left_out() -> None:
    assert item_of(record(answer_key="")) is None
    assert item_of(record(answer_key="Q")) is None
    assert item_of(record(texts=("alone",))) is None
    assert guesses([record(answer_key="")]) == {}


@pytest.fixture(scope="module")
def found() -> Balance:
    long = "Over two years the patient had fever, rash, gout, tremor, cough, and a stiff neck, and then fell ill again."
    records = [
        *(record(f"same{i}", 1, question=long) for i in range(3)),
        record("other answer", 2, question=long + " Once."),
        record("alone", 0, question="Nothing is like this sentence about a quiet afternoon in the hills.", margin=41.0),
        record("no answer", answer_key="", chosen_key="", organ_systems=(), margin=-1.0, question="Short and lonely."),
        record("two", 0, texts=("x", "y"), organ_systems=("heart", "lung"), source="", question="Two options alone."),
    ]
    return balance(records)


def test_near_duplicates_are_grouped_and_their_answers_compared(found: Balance) -> None:
    assert [g.ids for g in found.near] == [["same0", "same1", "same2", "other answer"]]
    assert found.near[0].answers == ["Glass fever", "Hollow heart, type B"]


def test_counts_of_everything_else(found: Balance) -> None:
    assert (found.records, found.answered) == (7, 6)
    assert found.systems.counts == {"heart": 6, "(none)": 1, "lung": 1}
    assert found.systems.items == 7
    assert found.sources.counts == {"own": 6, "(none)": 1}
    assert found.kinds.counts == {"choice, 5 options": 6, "choice, 2 options": 1}
    assert found.answers.counts["Glass fever"] == 3
    assert found.answers.most == 0.5
    assert found.margin.counts == {
        "below 0": 1, "0 to 5": 5, "5 to 10": 0, "10 to 20": 0, "20 to 40": 0, "from 40": 1,
    }  # fmt: skip
    assert (found.margin.quantiles[0.0], found.margin.quantiles[0.5], found.margin.quantiles[1.0]) == (-1, 3.5, 41)
    assert found.steps.counts == {"2": 7}


def test_the_threshold_is_handed_on_and_checked() -> None:
    text = "one two three four five six seven eight nine ten eleven twelve"
    records = [record("a", question=text), record("b", question=text + " thirteen fourteen fifteen")]
    assert balance(records).near == []
    assert [g.ids for g in balance(records, threshold=0.5).near] == [["a", "b"]]
    with pytest.raises(UsageError):
        balance(records, threshold=0)


def test_equal_input_gives_equal_output() -> None:
    records = [record(f"r{i}", i % 5) for i in range(20)]
    assert balance(records, seed=4) == balance(records, seed=4)


def test_files_are_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "dataset.jsonl"
    path.write_text(to_json(record("a")) + "\n\n" + to_json(record("b")) + "\n", encoding="utf-8")
    assert [r.id for r in read_records(tmp_path)] == [r.id for r in read_records(path)] == ["a", "b"]
    path.write_text(to_json(record("a")) + "\n" + json.dumps({"id": "b"}) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as told:
        read_records(path)
    assert told.value.item == "dataset.jsonl:2"
    path.write_text(2 * (to_json(record("a")) + "\n"), encoding="utf-8")
    with pytest.raises(InputError, match="second time"):
        read_records(path)
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(InputError, match="no record"):
        read_records(path)


def test_an_option_without_a_text_does_not_break_the_rules() -> None:
    options = (Option("A", ""), Option("B", "…"), Option("C", "gout"))
    assert set(guesses([record(options=options)])) >= {"longest name", "position A", "position C"}
