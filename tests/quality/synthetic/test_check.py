"""The checker of synthetic records: nothing that was made is refused, and what is planted is found."""

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from medreason.kg.store import Graph
from medreason.quality.synthetic import check
from medreason.quality.verify import verify, verify_record
from medreason.records import Record, to_json
from medreason.synth import SHARES, produce
from tests.quality.synthetic.plants import PLANTS

OF_EACH = 12


@pytest.fixture(scope="module")
def made(hpo_dir: Path) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    everything = produce(hpo_dir, 240, 5, list(SHARES), 1, lambda _, __: None).records
    for record in everything:
        found.setdefault(record.flags[1], []).append(record)
    return found


def test_nothing_that_was_made_is_refused(made: dict[str, list[Record]], hpo: Graph) -> None:
    problems = [p for records in made.values() for r in records for p in check(r, hpo)]
    assert problems == []
    assert set(made) == {f"synthetic_{kind}" for kind in SHARES}


def test_what_is_planted_is_found(made: dict[str, list[Record]], hpo: Graph) -> None:
    planted: Counter[str] = Counter()
    missed: list[str] = []
    for of_kind, records in made.items():
        for record, other in pairwise(records[: OF_EACH + 1]):
            for plant in PLANTS:
                for changed in plant(record, other, hpo):
                    planted[of_kind] += 1
                    assert changed != record, plant.__name__
                    if not verify_record(changed, hpo):
                        missed.append(f"{of_kind} {plant.__name__}: {[s.text for s in changed.steps]}")
    assert all(count >= 200 for count in planted.values()), planted
    assert len(missed) <= 0.01 * planted.total(), missed[:5]
    assert missed == []


def test_each_kind_of_plant_is_planted(made: dict[str, list[Record]], hpo: Graph) -> None:
    several = [(a, b) for records in made.values() for a, b in pairwise(records[:5])]
    assert all(any(True for a, b in several for _ in plant(a, b, hpo)) for plant in PLANTS)


def test_verify_hands_synthetic_records_over(made: dict[str, list[Record]], hpo: Graph, tmp_path: Path) -> None:
    records = [r for of_kind in made.values() for r in of_kind[:3]]
    file = tmp_path / "dataset.jsonl"
    file.write_text("".join(to_json(r) + "\n" for r in records), encoding="utf-8")
    report = verify(file, hpo)
    assert (report.records, report.problems) == (len(records), [])
    bad = json.loads(to_json(records[0]))
    bad["steps"][0]["edges"] = bad["steps"][1]["edges"]
    file.write_text(json.dumps(bad), encoding="utf-8")
    assert verify(file, hpo).bad_records == 1


def test_the_label_decides_even_without_the_source(made: dict[str, list[Record]], hpo: Graph) -> None:
    record = made["synthetic_gene"][0]
    assert [p.rule for p in check(replace(record, source="jsonl"), hpo)] == ["source"]
    assert verify_record(replace(record, source="jsonl", flags=()), hpo)


def test_a_name_of_two_concepts_or_a_private_character_is_refused(made: dict[str, list[Record]], hpo: Graph) -> None:
    record = made["synthetic_absent"][0]
    assert check(replace(record, question=record.question + "\ue000"), hpo)[0].rule == "sentence"
