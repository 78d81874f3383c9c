"""Breaks real records in known ways and counts what the checker misses."""

import random
from collections import Counter
from itertools import islice

import pytest

from medreason.kg.store import Graph
from medreason.quality.verify import verify_record
from medreason.records import Record
from tests.quality.flips import FLIPS, flips
from tests.quality.mutations import MUTATIONS, any_status_flipped
from tests.quality.real import records
from tests.shared import CASES, shared_file

COUNT = 110
# True statements of another disease or finding ("not recorded" of both) cannot be told from the original.
FLOOR = {"name_swapped": 0.9, "finding_swapped": 0.9}


@pytest.fixture(scope="module")
def real(hpo: Graph) -> list[Record]:
    return list(islice(records(shared_file(CASES), hpo, every=13), COUNT))


def test_unbroken_records_hold(real: list[Record], hpo: Graph) -> None:
    assert len(real) >= 100
    assert [p for record in real for p in verify_record(record, hpo)] == []


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
