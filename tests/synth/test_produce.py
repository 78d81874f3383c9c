"""What comes out of ``medreason.synth``: labels, letters, shares, balance, the same bytes whoever works."""

from collections import Counter
from pathlib import Path

import pytest

from medreason.errors import UsageError
from medreason.kg.store import Graph
from medreason.records import Record, to_json
from medreason.synth import SHARES, Made, chosen, produce
from medreason.synth.balance import Balance
from medreason.synth.draw import places, seeded, shuffled, some, weighted
from medreason.synth.produce import REPEATS, shares


def quiet(_: int, __: int) -> None:
    pass


@pytest.fixture(scope="module")
def made(hpo_dir: Path) -> Made:
    return produce(hpo_dir, 300, 5, list(SHARES), 1, quiet)


def test_every_record_says_that_it_is_synthetic(made: Made) -> None:
    assert len(made.records) == 300
    for record in made.records:
        kind = record.flags[1].removeprefix("synthetic_")
        assert record.source == "synthetic"
        assert record.flags[0] == "synthetic"
        assert kind in SHARES
        assert record.flags[2] in {"difficulty_easy", "difficulty_medium", "difficulty_hard"}
        assert record.teacher.startswith("synthetic/")
        assert not record.clinician_reviewed
        assert record.id.startswith(f"syn-{kind}-")
        assert record.licence


def test_ids_are_unique_and_in_order(made: Made) -> None:
    ids = [r.id for r in made.records]
    assert ids == sorted(set(ids))


def test_letters_are_balanced_in_every_kind(made: Made) -> None:
    for kind in SHARES:
        of_kind = [r for r in made.records if r.flags[1] == f"synthetic_{kind}"]
        letters = Counter(r.answer_key for r in of_kind)
        assert len(letters) == len(of_kind[0].options) == 5
        assert max(letters.values()) - min(letters.values()) <= 1


def test_two_workers_make_the_same_as_one(made: Made, hpo_dir: Path) -> None:
    other = produce(hpo_dir, 300, 5, list(SHARES), 2, quiet)
    assert list(map(to_json, other.records)) == list(map(to_json, made.records))
    assert other.manifest == made.manifest


def test_another_seed_makes_others(made: Made, hpo_dir: Path) -> None:
    other = produce(hpo_dir, 20, 6, ["gene"], 1, quiet)
    assert not {r.id for r in other.records} & {r.id for r in made.records}


def test_a_kind_that_runs_dry_is_told_and_filled_by_others(hpo_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REPEATS, "absent", 0)
    found = produce(hpo_dir, 40, 1, ["absent", "gene"], 1, quiet)
    assert len(found.records) == 40
    assert found.manifest["short"] == {"absent": found.manifest["kinds"]["absent"]["asked_for"]}
    assert found.manifest["kinds"]["gene"]["made"] == 40


def test_no_fact_is_asked_about_with_the_same_options_twice(made: Made) -> None:
    sets = [(r.question, frozenset(o.concept for o in r.options)) for r in made.records]
    assert len(set(sets)) == len(sets)


def test_the_chain_does_not_know_the_letters(made: Made) -> None:
    for record in made.records:
        for option in record.options:
            assert f"option {option.key}" not in record.reasoning
    in_order = [_told_in_order(r) for r in made.records]
    assert sum(in_order) < 0.15 * len(in_order)


def _names(text: str, name: str) -> bool:
    return name in text or name[:1].lower() + name[1:] in text


def _told_in_order(record: Record) -> bool:
    """Whether the steps take the options in the order of their letters."""
    places = [[i for i, s in enumerate(record.steps) if _names(s.text, o.text)][:1] for o in record.options]
    return places == sorted(places)


def test_shares_add_up() -> None:
    assert shares(100, list(SHARES)) == SHARES
    assert sum(shares(7, list(SHARES)).values()) == 7
    assert shares(10, ["gene"]) == {"gene": 10}


def test_kinds_are_named_or_all() -> None:
    assert chosen("") == list(SHARES)
    assert chosen("gene, absent") == ["gene", "absent"]
    for wrong in ("gene,gene", "riddle"):
        with pytest.raises(UsageError, match=wrong.partition(",")[0]):
            chosen(wrong)


def test_nothing_to_make_is_refused(hpo_dir: Path) -> None:
    with pytest.raises(UsageError, match="nothing to make"):
        produce(hpo_dir, 0, 1, ["gene"], 1, quiet)


def test_balance_refuses_what_would_tilt_one_cue() -> None:
    balance = Balance(4, 1)
    first = [balance.takes(((0.0, 1.0, 2.0, 3.0),)) for _ in range(40)]
    assert first[:4] == [True] * 4
    assert not any(first[10:])
    assert balance.takes(((1.5, 1.5, 1.5, 1.5),)), "where all are tied, the cue tells nothing"


def test_places_count_from_the_largest() -> None:
    assert places([5.0, 1.0, 7.0]) == (1.0, 2.0, 0.0)
    assert places([5.0, 5.0, 7.0]) == (1.5, 1.5, 0.0)


def test_chance_depends_on_its_seed_alone() -> None:
    assert shuffled(seeded(1, "a"), range(9)) == shuffled(seeded(1, "a"), range(9))
    assert shuffled(seeded(1, "a"), range(9)) != shuffled(seeded(2, "a"), range(9))
    assert sorted(some(seeded(3), range(9), 20)) == list(range(9))
    assert weighted(seeded(4), ["a", "b"], [0.0, 1.0], 2) == ["b"]


def test_the_findings_of_a_case_are_on_record_for_the_answer(made: Made, hpo: Graph) -> None:
    for record in made.records:
        if record.flags[1] == "synthetic_diagnosis":
            answer = next(o for o in record.options if o.key == record.answer_key)
            profile = set(hpo.profile[hpo.require(answer.concept)].tolist())
            assert all(hpo.require(f.concept) in profile for f in record.findings)


def test_balance_refuses_a_drift_that_no_single_place_shows() -> None:
    # By both cues the answers stand near the middle: no longest or shortest, yet a rule could learn it.
    balance = Balance(5, 2)
    middle = ((1.0, 0.0, 2.0, 3.0, 4.0), (2.0, 0.0, 1.0, 3.0, 4.0))
    spread = ((0.0, 1.0, 2.0, 3.0, 4.0), (4.0, 0.0, 1.0, 2.0, 3.0))
    taken = sum(balance.takes(middle) for _ in range(400))
    assert taken < 30
    assert balance.takes(spread)
