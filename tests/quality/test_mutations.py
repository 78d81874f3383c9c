"""Breaks real records in known ways and counts what the checker misses."""

import random
from collections import Counter
from itertools import islice

import pytest

from medreason.kg.store import Graph
from medreason.quality.verify import verify_record
from medreason.questions.vignette import parse_duration, patient_of, vignette
from medreason.records import Finding, Question, Record
from medreason.teachers.offline import OfflineTeacher
from tests.quality.flips import FLIPS, flips
from tests.quality.mutations import MUTATIONS, RARE, any_status_flipped
from tests.quality.real import record_of, records
from tests.shared import CASES, shared_file

COUNT = 110
# True statements of another disease or finding ("not recorded" of both) cannot be told from the original.
FLOOR = {"name_swapped": 0.9, "finding_swapped": 0.9}


@pytest.fixture(scope="module")
def real(hpo: Graph) -> list[Record]:
    return list(islice(records(shared_file(CASES), hpo, every=13), COUNT))


@pytest.fixture(scope="module")
def touched(real: list[Record], hpo: Graph) -> list[Record]:
    """The same cases with a patient whose age or sex weighs against the chosen option, told anew by the teacher."""
    teacher, made = OfflineTeacher(hpo, margin=0.0), []
    for record in real:
        for age, sex in (("P0D", "FEMALE"), ("P2Y", "MALE"), ("P10Y", "FEMALE")):
            told = patient_of(parse_duration(age), sex)
            who = vignette([Finding("", "@", "observed")], parse_duration(age), sex).split(" had ", 1)[0]
            text = f"{who} had {record.question.split(' had ', 1)[1]}"
            asked = Question(
                record.id, record.source, text, record.options, findings=record.findings, patient=told,
                excluded_publications=record.excluded_publications,
            )  # fmt: skip
            again = record_of(asked, hpo, teacher)
            if again and again.scores[again.chosen_key].patient:
                made.append(again)
                break
    return made


def test_records_of_other_patients_hold(touched: list[Record], hpo: Graph) -> None:
    assert len(touched) >= 20, len(touched)
    assert [p for record in touched for p in verify_record(record, hpo)] == []


def test_unbroken_records_hold(real: list[Record], hpo: Graph) -> None:
    assert len(real) >= 100
    assert [p for record in real for p in verify_record(record, hpo)] == []


@pytest.mark.parametrize("name", RARE)
def test_mutants_that_few_records_allow_are_caught(
    name: str, real: list[Record], touched: list[Record], hpo: Graph
) -> None:
    draw = random.Random(name)
    mutants = [m for record in (*real, *touched) if (m := RARE[name](record, hpo, draw)) is not None]
    assert len(mutants) >= 20, len(mutants)
    assert [m.id for m in mutants if not verify_record(m, hpo)] == []


@pytest.mark.parametrize("name", [*MUTATIONS, any_status_flipped.__name__])
def test_mutants_are_caught(name: str, real: list[Record], hpo: Graph) -> None:
    mutate = {**MUTATIONS, any_status_flipped.__name__: any_status_flipped}[name]
    draw = random.Random(name)
    mutants = [m for record in real if (m := mutate(record, hpo, draw)) is not None]
    assert len(mutants) >= 100
    caught = sum(bool(verify_record(m, hpo)) for m in mutants)
    assert caught / len(mutants) >= FLOOR.get(name, 0.99)


def test_every_polarity_flip_is_caught(real: list[Record], hpo: Graph) -> None:
    missed: Counter[str] = Counter()
    tried = 0
    for record in real[::10]:
        for label, mutant in flips(record, hpo):
            tried += 1
            missed[label] += not verify_record(mutant, hpo)
    assert tried > 10 * len(FLIPS)
    assert not +missed
