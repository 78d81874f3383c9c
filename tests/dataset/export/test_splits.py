"""Splits: no answer, id or near text in two of them; the same whoever orders the records."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreason.dataset.export.splits import answer_name, shares_of, split
from medreason.errors import UsageError
from medreason.quality.near import pairs
from medreason.records import Option, Record
from tests.dataset.small import record

WORDS = "alder birch cedar elder hazel larch maple olive poplar rowan spruce walnut willow yew".split()


def case(i: int, concept: str, text: str = "", question: str = "") -> Record:
    rng = random.Random(i)
    told = question or " ".join(rng.choices(WORDS, k=30))
    options = (Option("A", text or f"name of {concept}", concept), Option("B", "other", "X:other"))
    return record(f"r{i}", options=options, question=told)


def many(n: int = 400, concepts: int = 60) -> list[Record]:
    rng = random.Random(1)
    return [case(i, f"X:{rng.randrange(concepts)}") for i in range(n)]


def apart(records: list[Record], of: list[str]) -> None:
    """Asserts that nothing crosses."""
    homes: dict[str, set[str]] = {}
    for one, name in zip(records, of, strict=True):
        homes.setdefault(answer_name(one), set()).add(name)
        homes.setdefault("id " + one.id.partition("#")[0], set()).add(name)
    assert all(len(names) == 1 for names in homes.values())
    for pair in pairs([r.question for r in records], threshold=0.8):
        assert of[pair.a] == of[pair.b]


def test_nothing_crosses_and_the_shares_are_near() -> None:
    records = many()
    records += [case(1000 + i, f"Y:{i}", question=records[i].question + " end") for i in range(40)]
    found = split(records)
    apart(records, found.of)
    counts = Counter(found.of)
    assert abs(counts["train"] - 352) <= 15 and abs(counts["test"] - 44) <= 15 and abs(counts["validation"] - 44) <= 15
    assert sum(len(g.members) for g in found.groups) == len(records)


def test_the_order_of_records_changes_nothing_and_the_seed_does() -> None:
    records = many(120)
    of = dict(zip((r.id for r in records), split(records).of, strict=True))
    mixed = random.Random(3).sample(records, len(records))
    assert dict(zip((r.id for r in mixed), split(mixed).of, strict=True)) == of
    assert dict(zip((r.id for r in records), split(records, seed=1).of, strict=True)) != of


def test_one_text_with_two_concepts_and_one_disorder_with_two_names_stay_together() -> None:
    records = [case(i, f"X:{i}", text="Glass fever" if i < 2 else f"n {i}") for i in range(30)]
    for seed in range(8):
        of = split(records, (0.5, 0.5), seed=seed).of
        assert of[0] == of[1]

    def same(a: str, b: str) -> bool:
        return {a, b} == {"X:5", "X:9"}

    assert {split(records, (0.5, 0.5), seed=s).of[5] == split(records, (0.5, 0.5), seed=s).of[9] for s in range(8)} == {
        True,
        False,
    }
    assert all((of := split(records, (0.5, 0.5), seed=s, same=same).of)[5] == of[9] for s in range(8))


def test_a_repeated_id_stays_with_its_first() -> None:
    records = [case(0, "X:0"), *(case(i, f"X:{i}") for i in range(2, 20))]
    records.append(replace(case(1, "X:1"), id="r0#2"))
    for seed in range(8):
        of = split(records, (0.5, 0.5), seed=seed).of
        assert of[0] == of[-1]


def test_a_disease_larger_than_a_split_goes_to_train() -> None:
    records = [case(i, "X:big" if i < 300 else f"X:{i}") for i in range(400)]
    for seed in range(5):
        found = split(records, seed=seed)
        assert set(found.of[:300]) == {"train"} and set(found.of) == {"train", "validation", "test"}


def test_one_share_takes_everything() -> None:
    assert set(split(many(20), (1.0,)).of) == {"train"}
    assert set(split(many(20), (0.0, 0.0, 1.0)).of) == {"test"}
    assert split([]).of == []


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)), max_size=40), st.integers(0, 5))
def test_no_answer_crosses_whatever_the_records(drawn: list[tuple[int, int]], seed: int) -> None:
    records = [case(i, f"X:{c}", question=" ".join(WORDS[q : q + 8])) for i, (c, q) in enumerate(drawn)]
    apart(records, split(records, seed=seed).of)


@pytest.mark.parametrize("text", ["", "0.8,0.1", "0.8,0.1,0.1,0", "a", "1.2,-0.2", "nan"])
def test_impossible_shares_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="are no splits"):
        shares_of(text)


def test_shares_are_read() -> None:
    assert shares_of("0.8,0.1,0.1") == (0.8, 0.1, 0.1) and shares_of("1") == (1.0,)
