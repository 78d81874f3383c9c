"""Planted errors: one place differs, the checker refuses each, and the chain before was fine."""

from dataclasses import replace
from pathlib import Path

import pytest

from medreason.cli._export_graph import ExportGraph
from medreason.dataset.export.intake import take
from medreason.dataset.export.pairs import of_planted, of_samples
from medreason.dataset.export.planted import ERRORS, WEAK, plant
from medreason.dataset.export.rows import Ready
from medreason.dataset.export.text import Form
from medreason.quality.problem import Problem
from medreason.records import Record, Sample, Step
from tests.dataset.small import record


@pytest.fixture(scope="module", params=["offline", "authored"])
def records(request: pytest.FixtureRequest) -> list[Record]:
    return take(request.getfixturevalue(f"{request.param}_run")).records[:8]


def test_each_kind_is_planted_in_one_step_and_refused(records: list[Record], knowledge: ExportGraph) -> None:
    met = set()
    for one in records:
        found = plant(one, knowledge.problems, most=5)
        assert len({p.error for p in found}) == len(found)
        for p in found:
            met.add(p.error)
            differs = [a.n for a, b in zip(one.steps, p.steps, strict=True) if a != b]
            assert differs == [p.step]
            was, now = one.steps[p.step - 1], p.steps[p.step - 1]
            assert (was.edges, was.cites) == (now.edges, now.cites) and was.text != now.text
            joined = "\n".join(f"{s.n}. {s.text}" for s in p.steps)
            rules = {q.rule for q in knowledge.problems(replace(one, steps=p.steps, reasoning=joined))}
            assert p.rule in rules - WEAK
            assert (p.key != one.answer_key) == (p.error == "conclusion")
            if p.error == "conclusion":
                assert p.step == len(one.steps)
                assert next(o.text for o in one.options if o.key == p.key) in now.text
    assert met == set(ERRORS)


def test_the_same_record_gets_the_same_plants_and_a_seed_others(records: list[Record], knowledge: ExportGraph) -> None:
    first = [plant(r, knowledge.problems) for r in records]
    assert [plant(r, knowledge.problems) for r in records] == first
    assert [plant(r, knowledge.problems, seed=1) for r in records] != first
    assert all(len(one) == 1 for one in first)
    assert len({one[0].error for one in first}) > 1


def test_nothing_is_planted_where_the_checker_refuses_nothing_or_the_chain_before() -> None:
    one = record(steps=(Step(1, "Falling sickness is recorded in 2 of 3.", ()), Step(2, "Falling sickness it is.", ())))
    assert plant(one, lambda _: [], most=5) == []
    assert plant(one, lambda r: [Problem(r.id, 1, "claim", "wrong")], most=5) == []


def test_what_only_breaks_a_rule_of_wording_proves_nothing() -> None:
    one = record(steps=(Step(1, "Falling sickness is recorded in 2 of 3.", ()), Step(2, "Falling sickness it is.", ())))
    for rule, wanted in (("unused", 0), ("sentence", 0), ("claim", 1)):

        def check(r: Record, rule: str = rule) -> list[Problem]:
            return [] if r.steps == one.steps else [Problem(r.id, 0, rule, "wrong")]

        assert bool(plant(one, check)) == bool(wanted)


def test_numbers_inside_names_are_left_alone() -> None:
    texts = ("Type 2 of 3 fever", "Glass fever")
    one = record(texts=texts, steps=(Step(1, "Type 2 of 3 fever has it in 1 of 4.", ()), Step(2, "So be it.", ())))

    def check(r: Record) -> list[Problem]:
        return [] if r.steps == one.steps else [Problem(r.id, 1, "number", "wrong")]

    texts_found = {p.steps[0].text for s in range(20) for p in plant(one, check, most=5, seed=s) if p.error == "number"}
    assert texts_found == {"Type 2 of 3 fever has it in 2 of 4."}


def test_planted_pairs_keep_the_citations_of_the_record(knowledge: ExportGraph, authored_run: Path) -> None:
    one = take(authored_run).records[0]
    for pair in of_planted(Ready(one, "record"), plant(one, knowledge.problems, most=5)):
        assert [s.cites for s in pair.steps] == [s.cites for s in one.steps]
        assert pair.error.startswith("planted_") and pair.why


def test_only_blind_failed_samples_with_a_choice_become_pairs() -> None:
    one = record()
    sample = Sample("r1", 0, False, "B", "chose_other", ("it chose B",), (Step(1, "Glass fever it is.", ()),), "k")
    bad = [
        replace(sample, hinted=True),
        replace(sample, chosen_key=""),
        replace(sample, verdict="unreadable"),
        replace(sample, steps=()),
        replace(sample, steps=(Step(1, "so [E1]", ()),)),
        replace(sample, steps=one.steps, chosen_key=one.answer_key, verdict="not_grounded"),
    ]
    found = of_samples(Ready(one, "record"), [sample, *bad], Form())
    assert [(p.error, p.key, p.why) for p in found] == [("chose_other", "B", "it chose B")]
